//! Every sentence that a person reads: on the terminal, in pages, pipeline messages, the ledger's history and reports. Decisions are
//! data in [`meridian_domain`] and [`meridian_judge`], the only crates of ours that this one may know. They never read a sentence.

mod advice;
mod audit;
mod captured;
mod causes;
pub mod evaluating;
pub mod failure;
pub mod files;
mod gate;
mod headline;
pub mod judging;
pub mod layout;
pub mod ledger;
mod order;
pub mod pages;
mod region;
mod replay;
mod revert;
mod runbook;
mod step;
pub mod unseen;
mod wait;
mod wave;
mod way_back;
mod why;

pub use causes::causes_of_a_revert;
pub use replay::replay_warning;
pub use runbook::Runbook;

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
