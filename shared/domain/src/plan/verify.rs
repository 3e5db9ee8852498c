//! The wave's last action: every region's soak is over and every region serves the release, or the wave says which lag.

use super::ending::let_go;
use super::unknown::unknown_words;
use super::{Act, Finish, Next, Plan, Sight, Stage, View};
use crate::endpoint::Seen;
use crate::fleet::{Fleet, Kind, Region};
use crate::ledger::Record;
use crate::names::{Actor, RegionName};
use crate::runbook::Runbook;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How one region stands at the end of a wave.
enum Standing {
    /// Serves the release, on record.
    Settled,
    /// A step is due before that can be said.
    Step(Box<Plan>),
    /// Still soaking, or still going back.
    NotYet(String),
    /// Does not serve the release.
    Lags(String),
}

/// What to do next to close the wave.
pub fn verify(fleet: &Fleet, sight: &Sight, now: Timestamp) -> Plan {
    let ended = sight.hub.ended.get(&sight.execution);
    // A wave that a newer release has overtaken, and that has moved nothing, has nothing to verify.
    let open = fleet.regions.first().filter(|_| ended.is_none());
    if let Some(exit) = open.and_then(|region| View::new(fleet, region, sight, now).superseded()) {
        return exit;
    }
    let mut waiting = None;
    let mut moving: Vec<(RegionName, String)> = Vec::new();
    let mut lagging: Vec<(RegionName, String)> = Vec::new();
    let mut halted = false;
    for region in &fleet.regions {
        let view = View::new(fleet, region, sight, now);
        halted |= view.history().is_some_and(|history| history.halt.is_some());
        match view.standing() {
            Standing::Settled => {}
            Standing::Step(plan) => return *plan,
            Standing::NotYet(why) => {
                // One that goes back, or is not proved, serves the release no more than one that stands still.
                if !view.history().is_some_and(|history| history.serves(&sight.release)) {
                    moving.push((region.name.clone(), why.clone()));
                }
                waiting = waiting.or(Some(why));
            }
            Standing::Lags(why) => lagging.push((region.name.clone(), format!("{}: {why}", region.title))),
        }
    }
    // A halted fleet is not waited for (I7): what still moves there is `rollback`'s. Nor is a wave whose end is on record: what
    // moves is a newer one's.
    if let Some(why) = waiting.filter(|_| !halted && ended.is_none()) {
        return lease(fleet, sight, now).unwrap_or_else(|| Plan::wait(why));
    }
    lagging.extend(moving);
    let mut all = format!("every region serves {}", sight.version);
    if let Some(names) = ended {
        if names.is_empty() && !lagging.is_empty() {
            all = format!("every region served {} when the wave ended", sight.version);
        }
        lagging = as_recorded(fleet, names, lagging);
    }
    close(fleet, sight, now, &lagging, &all)
}

/// The regions that the wave ended without, with what is known of them now. A newer wave may have moved them and others since.
fn as_recorded(fleet: &Fleet, names: &[RegionName], lagging: Vec<(RegionName, String)>) -> Vec<(RegionName, String)> {
    let mut now: BTreeMap<RegionName, String> = lagging.into_iter().collect();
    let title = |name: &RegionName| fleet.region(name).map_or_else(|| name.to_string(), |region| region.title.clone());
    let since = |name: &RegionName| format!("{}: it did not when the wave ended", title(name));
    names.iter().map(|name| (name.clone(), now.remove(name).unwrap_or_else(|| since(name)))).collect()
}

fn lease(fleet: &Fleet, sight: &Sight, now: Timestamp) -> Option<Plan> {
    fleet.regions.first().and_then(|region| View::new(fleet, region, sight, now).lease())
}

/// Ends the wave: `all` is what to say where no region lags.
fn close(fleet: &Fleet, sight: &Sight, now: Timestamp, lagging: &[(RegionName, String)], all: &str) -> Plan {
    let ended = sight.hub.ended.contains_key(&sight.execution);
    let skew = fleet.regions.first().and_then(|region| View::new(fleet, region, sight, now).skew(None));
    if let Some(tell) = skew.filter(|_| !ended) {
        return tell;
    }
    let overrides: String =
        sight.hub.overrides.iter().filter(|own| own.until > now).map(|own| format!("; {own}")).collect();
    let words = if lagging.is_empty() {
        format!("{all}{overrides}")
    } else {
        let list: Vec<&str> = lagging.iter().map(|(_, why)| why.as_str()).collect();
        format!("not every region serves {}: {}{overrides}", sight.version, list.join("; "))
    };
    if !ended && !is_known(fleet, sight, lagging) && !sight.paged.contains(&fleet.home) {
        let region = fleet.home.clone();
        let advice = "Nobody was told of these regions before: look at their endpoints before anything else.";
        let advice = Runbook::Pages.after(advice);
        return Plan::new(Next::Page { region, advice }, words);
    }
    let names = lagging.iter().map(|(region, _)| region.clone()).collect();
    if let Some(plan) = let_go(sight, now, names, &words) {
        return plan;
    }
    let how = if lagging.iter().all(|(region, _)| is_joining(fleet, region)) { Finish::Done } else { Finish::Failed };
    Plan::finish(how, words)
}

/// A region that is only being brought in keeps no wave from being finished.
fn is_joining(fleet: &Fleet, region: &RegionName) -> bool {
    fleet.region(region).is_some_and(|region| region.kind == Kind::Joining)
}

/// Whether the people on call have been told already: a deferral and a halt page when they happen, unless that page is owed.
fn is_known(fleet: &Fleet, sight: &Sight, lagging: &[(RegionName, String)]) -> bool {
    lagging.iter().all(|(name, _)| {
        let deferred = sight.hub.deferred.contains_key(&(sight.execution.clone(), name.clone()));
        let history = sight.regions.get(name).and_then(Seen::known);
        deferred
            || is_joining(fleet, name)
            || history.is_some_and(|history| history.halt.is_some() && history.owed.is_empty())
            || fleet.region(name).is_none()
    })
}

impl View<'_> {
    fn standing(&self) -> Standing {
        let (region, sight): (&Region, &Sight) = (self.region, self.sight);
        if let Some(why) = sight.hub.deferred.get(&(sight.execution.clone(), region.name.clone())) {
            return Standing::Lags(format!("deferred, {why}"));
        }
        let Some(history) = self.history() else {
            return Standing::Lags("its ledger cannot be seen".to_owned());
        };
        if let Some(why) = &history.halt {
            return Standing::Lags(format!("halted, {why}"));
        }
        let endpoint = match sight.endpoints.get(&region.name) {
            Some(Seen::Known(Some(endpoint))) => endpoint,
            Some(Seen::Known(None)) => return Standing::Lags("it has no endpoint".to_owned()),
            Some(Seen::Unknown(why)) => return self.patiently(format!("its endpoint cannot be seen: {why}")),
            None => return Standing::Lags("its endpoint was not looked at".to_owned()),
        };
        match Stage::of(endpoint, &self.target, history, self.now) {
            Stage::UnknownBytes => {
                Standing::Lags(format!("which bytes it serves is unknown, {}", unknown_words(endpoint)))
            }
            Stage::OnTarget => self.settle(),
            Stage::Elsewhere => Standing::Lags(format!("it names configuration {}", endpoint.config)),
            Stage::Broken => Standing::Lags(format!("its endpoint is {:?}", endpoint.status)),
            Stage::GoingBack => Standing::NotYet(format!("{} is going back", region.title)),
            _ => Standing::NotYet(format!("{} soaks", region.title)),
        }
    }

    /// A look that failed may succeed the next time, but not for ever.
    fn patiently(&self, why: String) -> Standing {
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
            return Standing::Lags("it names the release's configuration, but nobody proved it".to_owned());
        }
        match self.sight.golden.get(&self.region.name) {
            None => Standing::Step(Box::new(self.act(Act::AskGolden, "which model answers, now that soak is over"))),
            Some(Seen::Unknown(why)) => self.patiently(format!("its golden records cannot be asked: {why}")),
            Some(Seen::Known(golden)) if !golden.proves() => {
                Standing::Lags(format!("{} of {} golden records were answered right", golden.right, golden.asked))
            }
            Some(Seen::Known(_)) => {
                let record = Record::Settled { target: self.target.clone(), execution: self.brought_by() };
                Standing::Step(Box::new(self.tell(record, format!("{}'s soak is over", self.title()))))
            }
        }
    }
}
