//! What a person reads of a decision or of the ledger: on the terminal, in pages, in pipeline messages, in the history, in an alarm's
//! description; and why a customer has no score. Decisions are data in [`meridian_domain`] and [`meridian_judge`], the only crates of
//! ours that this one may know. They never read a sentence.
//!
//! Sentences of other things stay beside what they are about, where this crate does not know it or nothing else tells it:
//!
//! - the report's (`wording` in `shared/evaluation`; `summary` and `compare` in `cli/src` at a terminal), a night's story and end
//!   (`local/src/night`, `cli/src/night.rs`), and how the local world names its faults and what is wrong with its settings
//!   (`local/src/world`): they are of data that those alone have;
//! - the cost page's (`page` in `shared/cost`): of prices and amounts, which that crate alone has. Its lines carry marks, by which
//!   the command line colours them;
//! - a simulation's (`proof/src`, `cli/src/simulate`): tables with notes, promises, random histories, and what breaks an invariant. They
//!   are of runs, not of decisions; a ledger entry's reason within them is told by this crate;
//! - headings and tables of the command line's pages (`cli/src`): how things stand beside each other, not what is said of one. A cell
//!   such as `unknown` or `nothing yet` belongs to its table;
//! - help, progress lines, `meridian init`'s questions and next steps, and how programs call a served night (`cli/src`, `shared/desk`):
//!   of commands and files;
//! - the names of single values, where a table, a line or a random history shows them (`Display` in `shared/domain` and
//!   `shared/judge`, such as `too few records` of a verdict on captured requests), and what the registry is told as `verdict`, such as
//!   `cannot be evaluated` (`shadow_eval` in `shared/handlers`): words, no sentences;
//! - the fixed words of `/health`'s answer (`status` in `shared/handlers`): for checks and programs, which compare them. The log says
//!   the rest;
//! - log lines, and the words of the errors that the local world's services answer (`local/src/services`): quoted, as AWS's own words
//!   are;
//! - errors of files and arguments that a person gave, policy's among them: thiserror enums, or texts in `cli/src`, `shared/desk` and
//!   what reads an argument for clap; told where they are met and kept nowhere. So are what cannot be deployed of `template.yaml` and
//!   `samconfig.toml` (`DeploymentError` in `shared/deployment`: a place, and its finding as text), and
//!   [`ChainError`](meridian_domain::ChainError) and [`EntryError`](meridian_domain::EntryError), of what a bucket gave;
//! - model files' (`shared/xgboost`): a library that stands alone; what is kept of its words is quoted.

mod advice;
mod alarms;
mod audit;
mod captured;
mod causes;
pub mod chains;
mod compared;
pub mod doctor;
pub mod evaluating;
mod events;
pub mod failure;
pub mod files;
pub mod forecast;
pub mod front;
mod gate;
mod headline;
pub mod judging;
pub mod layout;
pub mod ledger;
pub mod moment;
pub mod operator;
mod order;
mod overview;
pub mod pages;
pub mod ping;
pub mod probe;
mod reading;
pub mod recovery;
mod region;
mod replay;
mod revert;
mod runbook;
pub mod smoke;
mod step;
mod suggestion;
pub mod unseen;
mod wait;
mod wave;
mod way_back;
mod why;

pub use alarms::alarm_description;
pub use causes::{causes_of_a_revert, causes_of_a_rollback};
pub use overview::interrupted;
pub use replay::replay_warning;
pub use runbook::Runbook;
pub use suggestion::or_rather;

use crate::why::listed;
use meridian_domain::{Fleet, RegionName};

/// Speaks about one fleet: reasons name regions, people read their titles.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    fleet: &'a Fleet,
}

impl<'a> Voice<'a> {
    /// Speaks about `fleet`.
    pub fn of(fleet: &'a Fleet) -> Self {
        Self { fleet }
    }

    /// "EU, AU and JP".
    pub(crate) fn all(self, regions: &[RegionName]) -> String {
        let titles: Vec<String> = regions.iter().map(|region| self.title(region).to_owned()).collect();
        listed(&titles)
    }

    /// What people call a region: its title, or its name where the fleet does not know it.
    pub fn title(self, region: &'a RegionName) -> &'a str {
        self.fleet.title(region)
    }
}
