//! The wave's last action: every region's soak is over and every region serves the release, or the wave says which lag.

use super::all_clear::AllClear;
use super::ending::{Ended, end_wave};
use super::{Act, Finish, Next, Plan, Sight, Stage, View};
use crate::fleet::names::{Actor, RegionName};
use crate::fleet::{Fleet, Kind, Region};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::reason::{Lagging, Seen, Step, Wait, WaveEnd};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How one region stands at the end of a wave.
enum Standing {
    /// Serves the release, on record.
    Settled,
    /// A step is due before that can be said.
    Step(Box<Plan>),
    /// Still soaking, or still rolling back.
    NotYet(Lagging),
    /// Does not serve the release.
    Lags(Lagging),
}

/// What to do next to close the wave.
pub fn verify(fleet: &Fleet, sight: &Sight, now: Timestamp) -> Plan {
    let ended = sight.hub.ended.get(&sight.execution);
    // A wave that a newer release has overtaken, and that has moved nothing, has nothing to verify.
    let open = fleet.regions.first().filter(|_| ended.is_none());
    let first = open.map(|region| View::new(fleet, region, sight, now));
    if let Some(step) = first.and_then(|view| view.superseded().or_else(|| view.late_word())) {
        return step;
    }
    let mut waiting = None;
    let mut moving: Vec<(RegionName, Lagging)> = Vec::new();
    let mut lagging: Vec<(RegionName, Lagging)> = Vec::new();
    let mut halted = false;
    for region in &fleet.regions {
        let view = View::new(fleet, region, sight, now);
        halted |= view.halted().is_some();
        match view.standing() {
            Standing::Settled => {}
            Standing::Step(plan) => return *plan,
            Standing::NotYet(why) => {
                // One that rolls back, or is not proved, serves the release no more than one that stands still; what its ledger
                // says is older than what was seen.
                let soaks = why == Lagging::Soaks && view.history().is_some_and(|own| own.serves(&sight.release));
                if !soaks {
                    moving.push((region.name.clone(), why.clone()));
                }
                waiting = waiting.or(Some(Wait::Lag { region: region.name.clone(), why }));
            }
            Standing::Lags(why) => lagging.push((region.name.clone(), why)),
        }
    }
    // A halted fleet is not waited for (I7): what still moves there is `rollback`'s. Nor is a wave whose end is on record: what
    // moves is a newer one's.
    if let Some(why) = waiting.filter(|_| !halted && ended.is_none()) {
        return lease(fleet, sight, now).unwrap_or_else(|| Plan::wait(why));
    }
    lagging.extend(moving);
    let then = ended.is_some_and(|names| names.is_empty() && !lagging.is_empty());
    if let Some(names) = ended {
        lagging = as_recorded(names, lagging);
    }
    close(fleet, sight, now, lagging, then)
}

/// The regions that the wave ended without, with what is known of them now. A newer wave may have moved them and others since.
fn as_recorded(names: &[RegionName], lagging: Vec<(RegionName, Lagging)>) -> Vec<(RegionName, Lagging)> {
    let mut now: BTreeMap<RegionName, Lagging> = lagging.into_iter().collect();
    names.iter().map(|name| (name.clone(), now.remove(name).unwrap_or(Lagging::DidNotThen))).collect()
}

fn lease(fleet: &Fleet, sight: &Sight, now: Timestamp) -> Option<Plan> {
    fleet.regions.first().and_then(|region| View::new(fleet, region, sight, now).lease())
}

/// Ends the wave. Where no region lags, each serves the release, or did `then`, when the wave ended.
fn close(fleet: &Fleet, sight: &Sight, now: Timestamp, lagging: Vec<(RegionName, Lagging)>, then: bool) -> Plan {
    let ended = sight.hub.ended.contains_key(&sight.execution);
    let skew = fleet.regions.first().and_then(|region| View::new(fleet, region, sight, now).skew(None));
    if let Some(tell) = skew.filter(|_| !ended) {
        return tell;
    }
    let told = ended || is_known(fleet, sight, now, &lagging) || sight.paged.contains_key(&fleet.home);
    let names: Vec<RegionName> = lagging.iter().map(|(region, _)| region.clone()).collect();
    let overrides = sight.hub.overrides.iter().filter(|own| own.until > now).cloned().collect();
    let version = sight.version.clone();
    let all_clear = if lagging.is_empty() && !ended { AllClear::due(fleet, sight) } else { None };
    let end = if lagging.is_empty() {
        WaveEnd::Complete { version, then, overrides }
    } else {
        WaveEnd::Incomplete { version, lagging, overrides }
    };
    if !told {
        return Plan::new(Next::Page { region: fleet.home.clone(), advice: Advice::LookAtEndpoints }, end);
    }
    if let Some(all_clear) = all_clear.as_ref().filter(|_| sight.advised.is_none()) {
        return all_clear.tell(fleet, sight);
    }
    let how = if names.iter().all(|region| is_joining(fleet, region)) { Finish::Done } else { Finish::Failed };
    // One that did not go out is the next wave's to tell.
    let told = all_clear.filter(|_| sight.advised == Some(true));
    let ended = Ended { lagging: names, cleared: told.map(|over| over.cleared).unwrap_or_default() };
    end_wave(fleet, sight, now, ended, &end).unwrap_or_else(|| Plan::finish(how, end))
}

/// A region that is only being brought in keeps no wave from being finished.
fn is_joining(fleet: &Fleet, region: &RegionName) -> bool {
    fleet.region(region).is_some_and(|region| region.kind == Kind::Joining)
}

/// Whether the people on call have been told already: a deferral and a halt page when they happen, unless that page is overdue.
fn is_known(fleet: &Fleet, sight: &Sight, now: Timestamp, lagging: &[(RegionName, Lagging)]) -> bool {
    lagging.iter().all(|(name, _)| {
        let deferred = sight.hub.deferred.contains_key(&(sight.execution.clone(), name.clone()));
        let history = sight.regions.get(name).and_then(Seen::known);
        deferred
            || is_joining(fleet, name)
            || history.is_some_and(|history| history.halt.is_some() && !history.owes_overdue(now))
            || fleet.region(name).is_none()
    })
}

impl View<'_> {
    fn standing(&self) -> Standing {
        let (region, sight): (&Region, &Sight) = (self.region, self.sight);
        if let Some(why) = sight.hub.deferred.get(&(sight.execution.clone(), region.name.clone())) {
            return Standing::Lags(Lagging::Deferred(Box::new(why.clone())));
        }
        let Some(history) = self.history() else {
            return Standing::Lags(Lagging::LedgerUnseen);
        };
        if let Some(why) = &history.halt {
            return Standing::Lags(Lagging::Halted(Box::new(why.clone())));
        }
        let endpoint = match sight.endpoints.get(&region.name) {
            Some(Seen::Known(Some(own))) if self.is_its_own(history, own) && history.has(&sight.release) => {
                return Standing::Settled;
            }
            Some(Seen::Known(Some(endpoint))) => endpoint,
            Some(Seen::Known(None)) if region.kind == Kind::PilotLight => {
                return if history.has(&sight.release) { Standing::Settled } else { Standing::Lags(Lagging::NotKept) };
            }
            Some(Seen::Known(None)) => return Standing::Lags(Lagging::NoEndpoint),
            Some(Seen::Unknown(why)) => return self.patiently(Lagging::EndpointUnseen { why: why.clone() }),
            None => return Standing::Lags(Lagging::EndpointNotRead),
        };
        match Stage::of(endpoint, &self.target, history, self.now) {
            Stage::UnknownBytes => Standing::Lags(Lagging::BytesUnknown(endpoint.status)),
            Stage::OnTarget => self.settle(),
            Stage::Elsewhere => Standing::Lags(Lagging::NamesConfig { config: endpoint.config.clone() }),
            Stage::Broken => Standing::Lags(Lagging::EndpointIs(endpoint.status)),
            Stage::RollingBack => Standing::NotYet(Lagging::RollingBack),
            _ => Standing::NotYet(Lagging::Soaks),
        }
    }

    /// A look that failed may succeed the next time, but not for ever.
    fn patiently(&self, why: Lagging) -> Standing {
        let longest = self.fleet.guardrail.soak + self.fleet.wave.region_patience;
        if self.now.duration_since(self.sight.since) < longest { Standing::NotYet(why) } else { Standing::Lags(why) }
    }

    /// The wave whose update it was: this one may have left the release here, and has no more to say of it (`has_left`).
    pub(super) fn brought_by(&self) -> Actor {
        let history = self.history();
        let update = history.and_then(|history| history.update.as_ref()).filter(|update| update.target == self.target);
        let confirmed = history.and_then(|history| history.confirmed.get(&self.sight.release));
        update.map(|update| &update.execution).or(confirmed).unwrap_or(&self.sight.execution).clone()
    }

    /// I4's last look: `InService` on the target, and the golden records once more.
    fn settle(&self) -> Standing {
        let settled = self.history().is_some_and(|history| {
            // A newer wave's update may be open by now: that is not this one's soak.
            let soaks = history.update.as_ref().is_some_and(|update| update.target == self.target);
            let named = history.serving.as_ref().is_some_and(|serving| serving.target == self.target);
            named && !soaks && history.serves(&self.sight.release)
        });
        if settled {
            return Standing::Settled;
        }
        if !self.history().is_some_and(|history| history.serves(&self.sight.release)) {
            return Standing::Lags(Lagging::Unproved);
        }
        match self.sight.golden.get(&self.region.name) {
            None => Standing::Step(Box::new(self.act(Act::AskGolden))),
            Some(Seen::Unknown(why)) => self.patiently(Lagging::GoldenUnasked { why: why.clone() }),
            Some(Seen::Known(golden)) if !golden.proves() => {
                Standing::Lags(Lagging::GoldenWrong { right: golden.right, asked: golden.asked })
            }
            Some(Seen::Known(_)) => {
                let record = Record::Settled { target: self.target.clone(), execution: self.brought_by() };
                Standing::Step(Box::new(self.tell(record, Step::SoakOver { region: self.name() })))
            }
        }
    }
}
