//! What follows where the days before say that the release is worse. Nothing rings, and nothing is in flight.

use super::rollback::RollbackView;
use super::{Finish, Plan};
use crate::fleet::ProbationAction;
use crate::fleet::endpoint::Target;
use crate::fleet::names::ReleaseId;
use crate::ledger::Record;
use crate::ledger::history::{RegionHistory, WorseOnRecord};
use crate::ledger::reason::{Quiet, Return, Seen, WayBackReason};
use crate::wave::probation::Probation;
use meridian_judge::LEAST_DAYS;

impl RollbackView<'_> {
    /// What probation asks for; none where it has nothing to say.
    ///
    /// A finding is on record before anything follows from it, so that a call that dies is finished by the next one, and people
    /// are paged once.
    pub(super) fn on_probation(&self, history: &RegionHistory, from: &Target) -> Option<Plan> {
        let back = history.previous.as_ref()?;
        match history.found_worse(&from.release) {
            Some(WorseOnRecord { worse, action: ProbationAction::Act, .. }) => {
                let why = WayBackReason::WorseThanBefore(worse.clone());
                return Some(self.roll_back(back, why.into()));
            }
            Some(WorseOnRecord { action: ProbationAction::Tell, .. }) => {
                return Some(self.nothing(Quiet::WorseTold { version: from.version.clone() }));
            }
            None => {}
        }
        let found = match &self.sight.probation {
            Seen::Known(found) => found.as_ref()?,
            Seen::Unknown(why) => return Some(self.nothing(Quiet::DaysUnread { why: why.clone() })),
        };
        Some(self.judged(found, from))
    }

    fn judged(&self, found: &Probation, from: &Target) -> Plan {
        let Some(worse) = found.worse() else {
            let days = found.days();
            return Plan::finish(
                Finish::Done,
                if days < LEAST_DAYS {
                    Quiet::TooFewDays { days, needed: LEAST_DAYS }
                } else {
                    Quiet::LikeBefore { days }
                },
            );
        };
        let (region, version) = (self.name(), from.version.clone());
        let told = Return::WorseThanBefore { region: region.clone(), version, worse: worse.clone() };
        self.tell(Record::ProbationFound { region, target: from.clone(), worse, action: found.action }, told)
    }
}

/// Why probation rolls this release back, where it is on record that it does.
pub(super) fn acts_on(history: &RegionHistory, release: &ReleaseId) -> Option<WayBackReason> {
    let found = history.found_worse(release).filter(|found| found.action == ProbationAction::Act)?;
    Some(WayBackReason::WorseThanBefore(found.worse.clone()))
}
