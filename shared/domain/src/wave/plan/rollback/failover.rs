//! The region is to carry another's customers: it makes itself ready with its own means.

use super::{Act, Plan, RollbackView};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::ledger::Record;
use crate::ledger::failover::FailoverStep;
use crate::ledger::history::{Carries, RegionHistory};
use crate::ledger::reason::{Quiet, Seen, Step};
use std::num::NonZeroU32;

impl RollbackView<'_> {
    /// Instances first, then the golden records prove what serves (I4). Once the customers were sent back, the usual bounds.
    pub(super) fn carry(&self, history: &RegionHistory, endpoint: &EndpointView, target: &Target) -> Option<Plan> {
        let carries = history.carries.as_ref()?;
        if carries.over {
            return self.as_usual(history, target);
        }
        if carries.ready.is_some() && !history.deregistered {
            return None;
        }
        self.more_instances(history, endpoint, target, carries)
            .or_else(|| carries.ready.is_none().then(|| self.proved_ready(history, target, carries)))
    }

    /// Instances for the own customers and another region's, where the fleet scales.
    fn more_instances(
        &self,
        history: &RegionHistory,
        endpoint: &EndpointView,
        target: &Target,
        carries: &Carries,
    ) -> Option<Plan> {
        let floor = self.fleet.scaling.as_ref()?.to_carry(self.fleet, self.region, &carries.from, self.now);
        let (region, from, least) = (self.name(), carries.from.clone(), floor.least);
        // What was registered before this was asked is another hour's, or for another region.
        let known = history.scaled.as_ref().is_some_and(|own| own.at >= carries.since || own.floor == floor);
        if let Some(registered) = self.register(history, target, (floor, known), Step::Carries { region, from, least })
        {
            return Some(registered);
        }
        if self.sight.unscaled.is_some() {
            return Some(self.quiet());
        }
        // What was registered is waited for: the hour may ask for more meanwhile, and target tracking brings that.
        let floor = &history.scaled.as_ref()?.floor;
        let has = endpoint.instances.map_or(0, NonZeroU32::get);
        (!floor.is_met(endpoint.instances)).then(|| self.nothing(Quiet::AwaitsInstances { has, least: floor.least }))
    }

    fn proved_ready(&self, history: &RegionHistory, target: &Target, carries: &Carries) -> Plan {
        let least = self.fleet.scaling.as_ref().and(history.scaled.as_ref()).map(|own| own.floor.least);
        match &self.sight.golden {
            None => Plan::act(Act::AskGolden, self.name(), target.clone()),
            Some(Seen::Known(golden)) if golden.proves() => {
                let step = Step::ReadyToCarry { region: self.name(), from: carries.from.clone() };
                self.tell(Record::Failover(FailoverStep::Ready { least, golden: golden.asked }), step)
            }
            Some(Seen::Known(golden)) => {
                let (right, asked, version) = (golden.right, golden.asked, target.version.clone());
                self.nothing(Quiet::GoldenWrong { right, asked, version })
            }
            Some(Seen::Unknown(why)) => self.nothing(Quiet::GoldenUnasked { why: why.clone() }),
        }
    }
}
