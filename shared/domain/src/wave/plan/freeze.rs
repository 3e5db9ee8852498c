//! Freezes (`[[freeze]]`): no start within one. A frozen region lags on record, and nobody is paged for what policy says;
//! while the whole fleet is frozen, the wave holds. An update in progress goes on, and a way back never asks (I6).

use super::{Plan, View};
use crate::fleet::{Frozen, Region};
use crate::ledger::overrides::{Override, Rule};
use crate::ledger::reason::{Gate, Reason, RegionState, Stopped, Wait};

impl View<'_> {
    /// The freeze that keeps `region` from starting: one that holds, or begins before an update that starts now would be
    /// over. An override of it counts.
    pub(super) fn freeze_of(&self, region: &Region) -> Option<Frozen> {
        let frozen = self.fleet.keeps_out(region, self.now)?;
        self.sight.hub.overridden(Rule::Freeze, &region.name, self.now).is_none().then_some(frozen)
    }

    /// What follows from a freeze: to hold where nobody may start, to wait where it is over in a moment, else to leave this
    /// region as it is.
    pub(super) fn frozen(&self, frozen: &Frozen) -> Plan {
        if self.fleet.regions.iter().all(|region| self.freeze_of(region).is_some()) {
            return self.hold(frozen);
        }
        if frozen.from <= self.now && frozen.until.duration_since(self.now) <= self.fleet.wave.region_patience {
            return Plan::wait(Wait::Freeze { region: self.name(), frozen: frozen.clone() });
        }
        self.left_by_policy(Gate::Frozen(frozen.clone()))
    }

    /// Left behind for what policy says: nobody is paged for it.
    pub(super) fn left_by_policy(&self, why: impl Into<Reason>) -> Plan {
        let serving = self.history().and_then(|history| history.serving.as_ref());
        let state = match serving {
            Some(serving) => RegionState::Stays { version: serving.target.version.clone() },
            None => RegionState::ServesNothing,
        };
        let why = Reason::LeftBehind { why: Box::new(why.into()), state };
        self.leave_on_record(&self.region.name, why, false)
    }

    /// The whole fleet is frozen: for as long as policy lets a wave wait.
    fn hold(&self, frozen: &Frozen) -> Plan {
        let until = self.sight.since + self.fleet.wave.hold;
        if self.now < until {
            return Plan::wait(Wait::FleetFreeze { frozen: frozen.clone() });
        }
        let stopped = Stopped::FrozenTooLong { frozen: frozen.clone(), held: self.fleet.wave.hold };
        self.refuse(Gate::Stopped(Box::new(stopped)))
    }

    /// Rules that were set aside for this region's start.
    pub(super) fn set_aside(&self) -> Vec<Override> {
        let counts = [Rule::Freeze, Rule::Order];
        let counts = counts.iter().filter_map(|rule| self.sight.hub.overridden(*rule, &self.region.name, self.now));
        counts.cloned().collect()
    }
}
