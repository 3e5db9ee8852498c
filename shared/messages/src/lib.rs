//! What a person reads of a decision or of the ledger: on the terminal, in pages, in pipeline messages, in the history, in an alarm's
//! description; and why a customer has no score. Decisions are data in [`meridian_domain`] and [`meridian_judge`], the only crates of
//! ours that this one may know. They never read a sentence.
//!
//! Sentences of other things stay beside what they are about, where this crate does not know it or nothing else tells it:
//!
//! - the report's (`wording` in `shared/evaluation`), `meridian doctor`'s findings and a night's story (`local/src/night`): they are
//!   of data that those alone have;
//! - the cost page's (`page` in `shared/cost`): of prices and amounts, which that crate alone has. Its lines carry marks, by which
//!   the command line colours them;
//! - headings and tables of the command line's pages (`cli/src`): how things stand beside each other, not what is said of one;
//! - the fixed words of `/health`'s answer (`status` in `shared/handlers`): for checks and programs, which compare them. The log says
//!   the rest;
//! - log lines, and what an adapter says where AWS said nothing (`no answer in time`): quoted, as AWS's own words are;
//! - errors of files and arguments that a person gave, policy's among them: thiserror enums, told where they are met and kept nowhere.
//!   So are [`ChainError`](meridian_domain::ChainError) and [`EntryError`](meridian_domain::EntryError), of what a bucket gave;
//! - model files' (`shared/xgboost`): a library that stands alone; what is kept of its words is quoted.

mod advice;
mod alarms;
mod audit;
mod captured;
mod causes;
pub mod chains;
mod compared;
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
mod order;
mod overview;
pub mod pages;
mod reading;
mod region;
mod replay;
mod revert;
mod runbook;
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

    /// What people call a region: its title, or its name where the fleet does not know it.
    pub fn title(self, region: &'a RegionName) -> &'a str {
        self.fleet.title(region)
    }
}
