//! What the audit asks of a start: an update, or a region's first endpoint.

use super::{Audit, require};
use crate::fleet::endpoint::{EndpointStatus, Target};
use crate::fleet::names::RegionName;
use crate::fleet::{Kind, NothingCaptured, OrderPolicy};
use crate::ledger::Violation;
use crate::ledger::history::OpenUpdate;
use crate::ledger::overrides::Rule;
use crate::ledger::reason::Seen;
use meridian_judge::CapturedVerdict;

impl Audit<'_> {
    pub(super) fn update(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let history = self.history(region);
        let open = self.open(region);
        let back = open.and_then(|update| update.back.as_ref());
        let serving = history.and_then(|history| history.serving.as_ref()).map(|serving| &serving.target);
        let endpoint = self.endpoint(region);
        let on_back = endpoint.zip(back).is_some_and(|(endpoint, back)| {
            endpoint.status == EndpointStatus::InService && endpoint.config == back.config && serving == Some(back)
        });
        let mut broken = self.start(region, target);
        broken.extend(require(on_back, Violation::WayBackNotServed { region: region.clone() }));
        broken
    }

    /// I5: only where nothing ever served is there nothing to roll back to.
    pub(super) fn create(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let mut broken = self.start(region, target);
        broken.extend(require(self.is_new(region), Violation::NotNew { region: region.clone() }));
        broken
    }

    /// A release is kept where nothing runs as it is started elsewhere, on an active's evidence.
    pub(super) fn keeping(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let version = target.version.clone();
        let mut broken = self.ready(region, target);
        broken.extend(require(self.is_dark(region), Violation::NotNew { region: region.clone() }));
        broken.extend(require(self.is_carried(region), Violation::NoEvidence { region: region.clone(), version }));
        broken
    }

    /// What every start must keep.
    fn start(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let version = &target.version;
        let intended = self.open(region).is_some_and(|update| update.target == *target);
        let suits = self.is_shadowed(region, target);
        let unsuited = Violation::ShadowNotPassed { region: region.clone(), version: version.clone() };
        let mut broken = self.ready(region, target);
        broken.extend(require(suits, unsuited));
        broken.extend(self.tries(region));
        broken.extend(self.bake(region, self.open(region).and_then(|update| update.bake)));
        broken.extend(require(intended, Violation::NoIntent { region: region.clone(), version: version.clone() }));
        broken
    }

    /// The release may go there, and now.
    fn ready(&self, region: &RegionName, target: &Target) -> Vec<Violation> {
        let version = &target.version;
        let history = self.history(region);
        let attested = history.is_some_and(|history| history.attested.contains(&target.release));
        let approved = self.sight.hub.approved.contains(&target.release) && self.sight.approved == Seen::Known(true);
        let mut broken = require(!self.deferred(region), Violation::AlreadyDeferred { region: region.clone() });
        broken.extend(self.stopped(region));
        broken.extend(self.ground(region));
        broken.extend(self.freeze(region));
        broken.extend(self.skew());
        broken.extend(self.mid_shift(region));
        broken.extend(require(attested, Violation::NotAttested { region: region.clone(), version: version.clone() }));
        broken.extend(require(approved, Violation::NotApproved { version: version.clone() }));
        broken.extend(self.order(region));
        broken.extend(self.lease());
        broken
    }

    /// A shadow that failed lets nothing start, and one that says nothing only what policy lets. A first release has none.
    fn is_shadowed(&self, region: &RegionName, target: &Target) -> bool {
        let Some(policy) = &self.fleet.shadow else { return true };
        let verdict = self.history(region).and_then(|own| own.shadowed.get(&target.release)).map(|own| own.verdict);
        let enough = verdict == Some(CapturedVerdict::Pass) || policy.nothing_captured == NothingCaptured::GoOn;
        verdict != Some(CapturedVerdict::Fail) && enough || self.is_new(region)
    }

    /// I13, I10: nothing starts where it is unknown what serves, or for a wave that is over.
    pub(super) fn ground(&self, region: &RegionName) -> Vec<Violation> {
        let known = self.history(region).is_none_or(|history| history.unknown.is_none());
        let mut broken = require(known, Violation::ServingUnknown { region: region.clone() });
        let over = self.sight.hub.ended.contains_key(&self.sight.execution);
        broken.extend(require(!over, Violation::WaveOver));
        broken
    }

    /// I9: what the judge may err is split over policy's tries. Beyond them only a person starts.
    fn tries(&self, region: &RegionName) -> Vec<Violation> {
        let (release, resumed) = (self.sight.release, self.sight.hub.resumed.contains_key(&self.sight.execution));
        let before = self.history(region).and_then(|history| history.tries.get(&release)).map_or(0, Vec::len);
        let left = before < usize::try_from(self.fleet.wave.tries).unwrap_or(usize::MAX);
        require(!resumed || left, Violation::TriesUsedUp { region: region.clone() })
    }

    /// Nobody is left further behind than policy allows without having been told.
    fn skew(&self) -> Vec<Violation> {
        let place = |release| self.sight.hub.line.iter().position(|own| own.release == release).map_or(0, |at| at + 1);
        let newest = place(self.sight.release);
        let told = |region: &RegionName| {
            self.sight.hub.skew_told.iter().any(|(own, release)| own == region && place(*release) >= newest)
        };
        let behind = self.fleet.regions.iter().filter(|region| {
            let serving = self.history(&region.name).and_then(|history| history.serving.as_ref());
            let own = serving.map_or(newest, |serving| place(serving.target.release));
            let ahead = self.sight.hub.line.iter().take(newest).skip(own);
            let ahead = ahead.filter(|own| self.sight.hub.barred(&own.release).is_none()).count();
            ahead > usize::try_from(self.fleet.wave.skew_releases).unwrap_or(usize::MAX)
        });
        let behind = behind.filter(|region| region.kind != Kind::Joining && !self.set_aside(Rule::Skew, &region.name));
        let behind = behind.filter(|region| !told(&region.name));
        behind.map(|region| Violation::TooFarBehind { region: region.name.clone() }).collect()
    }

    /// The preflight of I3: a frozen region starts only on an override that still counts.
    pub(super) fn freeze(&self, region: &RegionName) -> Vec<Violation> {
        let frozen = self.fleet.frozen(region, self.now, self.now);
        let free = frozen.is_none() || self.set_aside(Rule::Freeze, region);
        require(free, Violation::Frozen { region: region.clone() })
    }

    fn set_aside(&self, what: Rule, region: &RegionName) -> bool {
        self.sight.hub.overrides.iter().any(|own| own.counts(what, region, self.now))
    }

    /// I7: nothing starts in a halted fleet, for a condemned release, or for one in quarantine.
    fn stopped(&self, region: &RegionName) -> Vec<Violation> {
        let hub = &self.sight.hub;
        let region_halted = self.fleet.regions.iter().any(|other| {
            let own = other.name == *region;
            let history = self.history(&other.name);
            history.is_some_and(|history| if own { history.halt.is_some() } else { history.halts_fleet() })
        });
        let version = || self.sight.version.clone();
        let mut broken = require(hub.halt.is_none() && !region_halted, Violation::HaltStands);
        broken.extend(hub.barred(&self.sight.release).map(|by| Violation::Barred { version: version(), by }));
        let against = self.fleet.regions.iter().find(|region| {
            let history = self.history(&region.name);
            history.is_some_and(|history| history.evidence_against(&self.sight.release).is_some())
        });
        broken.extend(against.map(|own| Violation::EvidenceAgainst { region: own.name.clone(), version: version() }));
        broken
    }

    fn mid_shift(&self, region: &RegionName) -> Vec<Violation> {
        let others = self.fleet.regions.iter().map(|other| &other.name).filter(|other| *other != region);
        others
            .filter(|other| !self.deferred(other))
            .flat_map(|other| match self.history(other) {
                Some(history) => {
                    let moving = history.update.as_ref().is_some_and(|update| {
                        let wave = (update.execution.clone(), other.clone());
                        let left = self.sight.hub.deferred.contains_key(&wave);
                        let lights = history.lighting().is_some();
                        !update.confirmed && !left && !lights && !self.abandoned(other, update)
                    });
                    require(!moving, Violation::MidShift { region: other.clone() })
                }
                None => vec![Violation::UnseenNotDeferred { region: other.clone() }],
            })
            .collect()
    }

    /// Nobody is known to have called it, nobody may any more, and nothing moves there.
    fn abandoned(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        let lease = self.sight.hub.lease.as_ref();
        let held = lease.is_some_and(|lease| lease.holder == update.execution && lease.until > self.now);
        let called = update.started || update.decision.is_some();
        let still = match (self.endpoint(region), update.back.as_ref()) {
            (Some(endpoint), Some(back)) => {
                endpoint.status == EndpointStatus::InService && endpoint.config == back.config
            }
            (None, None) => self.is_new(region),
            _ => false,
        };
        !held && !called && still
    }

    fn order(&self, region: &RegionName) -> Vec<Violation> {
        if self.set_aside(Rule::Order, region) {
            return Vec::new();
        }
        let listed: Vec<RegionName> = self.fleet.regions.iter().map(|region| region.name.clone()).collect();
        let recorded = self.sight.hub.orders.get(&self.sight.execution).map(|order| &order.regions);
        let order = recorded.unwrap_or(&listed);
        // An order by traffic is the wave's own: it cannot be read off the policy.
        let known = recorded.is_some() || self.fleet.order == OrderPolicy::Fixed;
        let named = listed.iter().all(|region| order.contains(region));
        let mut broken = require(known && named, Violation::OrderNotOnRecord);
        let unwaited = |name: &RegionName| {
            let own = self.fleet.region(name);
            own.is_some_and(|own| matches!(own.kind, Kind::Joining | Kind::PilotLight))
        };
        let earlier = order.iter().take_while(|before| *before != region);
        for before in earlier.filter(|before| !self.deferred(before) && !unwaited(before)) {
            let missing = Violation::NoEvidence { region: before.clone(), version: self.sight.version.clone() };
            broken.extend(require(self.serves(before), missing));
        }
        broken
    }
}
