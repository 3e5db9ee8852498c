//! A night on one machine: a scenario, run to its end, told as it happens.

mod error;
mod features;
mod hand;
mod keys;
mod machine;
mod models;
mod options;
mod people;
mod report;
mod scenario;
mod session;
mod setup;
mod site;
mod story;
mod teller;

pub use error::NightError;
pub use meridian_messages::ledger::Tone;
pub use options::{Functions, Options};
pub use report::{
    Decision, ExecutionEnd, Explained, HubProjection, PageSent, Problem, REPORT_SCHEMA, RegionEnd, Report, Requests,
    Unexpected,
};
pub use scenario::{
    Ending, Expect, ModelName, Pages, Publish, Rerun, Scenario, ScenarioError, SetAside, SignedBy, Untranslatable,
    names,
};
pub use session::Session;
pub use site::Site;
pub use story::{Line, Narrator};

/// Runs a night on the reference fleet, or what the scenario makes of it, telling each line as it happens.
///
/// # Errors
/// What kept the night from being run. A night that ends otherwise than its scenario expects is no error.
pub fn run(scenario: &Scenario, options: &Options, tell: &mut dyn FnMut(&Line)) -> Result<Report, NightError> {
    let mut night = Session::begin(Site::of_scenario(scenario)?, scenario, options)?;
    night.run_until(scenario.end(), tell)?;
    night.report()
}
