//! Pages about home: it is lost, it has moved for that, it answers again.

use crate::Voice;
use jiff::Timestamp;
use meridian_domain::RegionName;
use serde::Serialize;

/// What a deputy tells of home.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeNotice {
    /// It does not answer the deputy, nor most other regions: people are asked to move it.
    Lost {
        /// When the deputy put on record that it does not.
        since: Timestamp,
        /// The other regions that it does not answer.
        with: Vec<RegionName>,
    },
    /// Most regions have said that the deputy is home from now on, and it is.
    Taken {
        /// The home that was.
        from: RegionName,
    },
    /// It answers the deputy again that had asked people to move it.
    Answers {
        /// That home, which another one may have taken the place of.
        home: RegionName,
        /// When the deputy had put on record that it does not.
        since: Timestamp,
    },
}

impl Voice<'_> {
    /// What a page of a lost home is called, which `deputy` sends.
    pub(crate) fn lost_home_title(self, deputy: &RegionName) -> String {
        format!("home ({}) does not answer: {} can take over", self.title(&self.fleet.home), self.title(deputy))
    }

    pub(super) fn home_title(self, notice: &HomeNotice, deputy: &RegionName) -> String {
        match notice {
            HomeNotice::Lost { .. } => self.lost_home_title(deputy),
            HomeNotice::Taken { from } => {
                format!("home ({}) does not answer: {} is home now", self.title(from), self.title(deputy))
            }
            HomeNotice::Answers { home, .. } => format!("home ({}) answers again", self.title(home)),
        }
    }

    pub(super) fn of_home(self, notice: &HomeNotice, deputy: &RegionName) -> String {
        let title = self.title(deputy);
        match notice {
            HomeNotice::Lost { since, with } => {
                let others =
                    if with.is_empty() { String::new() } else { format!(", nor does it answer {}", self.all(with)) };
                format!("{} has not answered {title} since {}{others}", ledger_of(&self.fleet.home), second(*since))
            }
            HomeNotice::Taken { from } => format!(
                "{} did not answer most regions for {:#}. By their word {title} is home, with the hub's ledger as far as a copy of it was kept",
                ledger_of(from),
                self.fleet.home_patience
            ),
            HomeNotice::Answers { home, since } => {
                format!("{} answers {title} again, as it had not since {}", ledger_of(home), second(*since))
            }
        }
    }

    pub(super) fn holds_without_home(self, notice: &HomeNotice) -> String {
        match notice {
            HomeNotice::Lost { .. } => {
                "Each region serves what it serves and rolls back by itself. Where home is lost, and not only cut off, no release \
                 starts and its own pages do not come. No endpoint was changed."
                    .to_owned()
            }
            HomeNotice::Taken { from } => format!(
                "It goes on with the wave that was open and with what was evaluated. {} starts nothing any more once it has read any other \
                 region's ledger. No new release is evaluated.",
                self.title(from)
            ),
            HomeNotice::Answers { home, .. } if *home == self.fleet.home => {
                "Home goes on by itself, within wave.until also with a wave that its loss ended, unless it has moved meanwhile: meridian home show."
                    .to_owned()
            }
            HomeNotice::Answers { home, .. } => format!(
                "{} is home by what is deployed here. What is deployed in {} acts as home too, unless the move reached its ledger.",
                self.title(&self.fleet.home),
                self.title(home)
            ),
        }
    }

    pub(super) fn steps_without_home(self, notice: &HomeNotice, deputy: &RegionName) -> String {
        match notice {
            HomeNotice::Lost { .. } => format!(
                "Find out how long it will last: waiting costs the nightly release and nothing else. Where that is too long, \
                 meridian home move --to {} --lost, and then the runbook's next steps.",
                self.title(deputy)
            ),
            HomeNotice::Taken { from } => format!(
                "Find out how long it will last. Where {} is lost for longer than the next release can wait, or both ledgers have gone on, \
                 the runbook's second step; else, once no wave runs, meridian home move --to {}, which says so.",
                self.title(from),
                self.title(from)
            ),
            HomeNotice::Answers { home, .. } if *home == self.fleet.home => {
                "Do not move home any more. Where it was moved, give the same meridian home move again: the old home may not know it."
                    .to_owned()
            }
            HomeNotice::Answers { home, .. } => {
                format!("Give the same meridian home move again, with the fleet.toml that says home = \"{home}\": it tells the old home, once.")
            }
        }
    }
}

fn ledger_of(home: &RegionName) -> String {
    format!("The ledger of home ({home})")
}

fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
