//! A scenario in another fleet: its regions played by that fleet's, its moments moved with their turns.

use super::{Approve, Ending, Expect, Publish, Rerun, Scenario, ScenarioError, SetAside};
use crate::world::{Behaviour, Fault, FeatureChange, Moment};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{Forecast, forecast};
use meridian_domain::{Fleet, RegionName};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// From a release's publication to its wave's first region, as nights go.
const TO_THE_WAVE: SignedDuration = SignedDuration::from_mins(3);

/// Which region plays which, and when its turn is.
pub(super) struct Cast<'a> {
    scenario: &'a Scenario,
    /// The part, a region that the scenario was written for, and who plays it; in the order of the wave.
    parts: Vec<(RegionName, RegionName)>,
    written_for: Forecast,
    own: Forecast,
}

impl Scenario {
    /// The same night in `own`'s regions: home plays home, and the others the parts of the others in the order of the wave, those to
    /// which something happens first. What happens in a region's turn happens in that of whoever plays it. A scenario that names only
    /// regions of `own` stays as it is.
    ///
    /// # Errors
    /// The scenario needs more regions than `own` has, or names one that neither fleet has.
    pub fn in_fleet(&self, written_for: &Fleet, own: &Fleet) -> Result<Scenario, ScenarioError> {
        // It has to say how each region ends.
        if self.expect.serves.keys().all(|region| own.region(region).is_some()) {
            return Ok(self.clone());
        }
        // A region that nobody plays would be left out, and what happens there would happen everywhere.
        self.within(written_for)?;
        Ok(Cast::of(self, written_for, own)?.play(own))
    }

    /// The regions that something happens to.
    fn named(&self, regions: &[RegionName]) -> BTreeSet<RegionName> {
        let faults = self.fault.iter().filter_map(|own| own.region.clone());
        let behaviours = self.behaviour.iter().filter_map(|own| own.region.clone());
        let features = self.feature.iter().filter_map(|own| own.region.clone());
        let overrides = self.overrides.iter().filter_map(|own| own.region.clone());
        let mut frozen = Vec::new();
        let freezes = self.policy.get("freeze").and_then(Value::as_array).into_iter().flatten();
        freezes.filter_map(|freeze| freeze.get("regions")?.as_array()).flatten().for_each(|region| {
            frozen.extend(region.as_str().and_then(|region| region.parse().ok()));
        });
        // Where all are new, it is nothing that happens to one.
        let new = self.new.iter().filter(|_| !self.all_are_new(regions)).cloned();
        faults.chain(behaviours).chain(features).chain(overrides).chain(frozen).chain(new).collect()
    }

    fn all_are_new(&self, regions: &[RegionName]) -> bool {
        regions.iter().all(|region| self.new.contains(region))
    }
}

impl<'a> Cast<'a> {
    fn of(scenario: &'a Scenario, written_for: &Fleet, own: &Fleet) -> Result<Self, ScenarioError> {
        let begins = scenario.start.saturating_add(TO_THE_WAVE).unwrap_or(scenario.start);
        let plan = |fleet: &Fleet| forecast(fleet, begins, &BTreeMap::new());
        let mut cast = Cast { scenario, parts: Vec::new(), written_for: plan(written_for), own: plan(own) };
        let named = scenario.named(&cast.written_for.order.regions);
        let parts: Vec<&RegionName> =
            cast.written_for.order.regions.iter().filter(|region| **region != written_for.home).collect();
        let players: Vec<&RegionName> = cast.own.order.regions.iter().filter(|region| **region != own.home).collect();
        let needed: Vec<&RegionName> = parts.iter().copied().filter(|part| named.contains(*part)).collect();
        if needed.len() > players.len() {
            return Err(ScenarioError::TooFewRegions {
                name: scenario.name.clone(),
                fleet: own.name.clone(),
                needed: needed.len() + 1,
                has: players.len() + 1,
            });
        }
        let mut spare = players.len() - needed.len();
        let mut chosen = parts.into_iter().filter(|part| {
            let fills = !named.contains(*part) && spare > 0;
            spare -= usize::from(fills);
            fills || named.contains(*part)
        });
        let mut played: Vec<(RegionName, RegionName)> =
            players.into_iter().map_while(|player| Some((chosen.next()?.clone(), player.clone()))).collect();
        played.push((written_for.home.clone(), own.home.clone()));
        let place = |part: &RegionName| cast.written_for.order.regions.iter().position(|region| region == part);
        played.sort_by_key(|(part, _)| place(part));
        cast.parts = played;
        Ok(cast)
    }

    fn player(&self, part: &RegionName) -> Option<&RegionName> {
        self.parts.iter().find(|(own, _)| own == part).map(|(_, player)| player)
    }

    /// The wave's moments, where the scenario was written and here.
    fn moments(&self) -> Vec<(Timestamp, Timestamp)> {
        let turn = |plan: &Forecast, region: &RegionName| {
            let turn = plan.turns.iter().find(|turn| turn.region == *region)?;
            Some([turn.starts, turn.canary, turn.decides, turn.on_release, turn.judged])
        };
        let turns =
            self.parts.iter().filter_map(|(part, player)| turn(&self.written_for, part).zip(turn(&self.own, player)));
        let mut moments: Vec<_> = turns.flat_map(|(there, here)| there.into_iter().zip(here)).collect();
        let over = |plan: &Forecast| plan.turns.last().map_or(plan.starts, |turn| turn.judged);
        moments.push((over(&self.written_for), over(&self.own)));
        moments.push((self.written_for.settles, self.own.settles));
        moments
    }

    /// By how much later what happens at `at` happens here: as much as the last of the wave's moments before it, and yet before the
    /// next one, which comes sooner where a region between them has no player.
    fn delay(&self, at: Timestamp) -> SignedDuration {
        let moments = self.moments();
        let before = moments.iter().filter(|(there, _)| *there <= at).max_by_key(|(there, _)| *there);
        let Some((there, here)) = before else { return SignedDuration::ZERO };
        let next = moments.iter().filter(|(there, _)| *there > at).min_by_key(|(there, _)| *there);
        let delay = here.duration_since(*there);
        next.map_or(delay, |(_, here)| delay.min(here.duration_since(at)))
    }

    fn moved(&self, moment: Moment, by: SignedDuration) -> Moment {
        let at = moment.after(self.scenario.start);
        Moment::At(at.saturating_add(by).unwrap_or(at))
    }

    fn moment(&self, moment: Moment) -> Moment {
        self.moved(moment, self.delay(moment.after(self.scenario.start)))
    }

    /// A span keeps its length, and moves as its beginning does.
    fn span(&self, from: Option<Moment>, until: Option<Moment>) -> (Option<Moment>, Option<Moment>) {
        let start = self.scenario.start;
        let by = from.or(until).map_or(SignedDuration::ZERO, |moment| self.delay(moment.after(start)));
        let begins = from.map_or(start, |moment| moment.after(start));
        let until = until.map(|moment| self.moved(Moment::At(moment.after(begins)), by));
        (from.map(|moment| self.moved(moment, by)), until)
    }

    fn play(&self, own: &Fleet) -> Scenario {
        let region = |part: &Option<RegionName>| part.as_ref().and_then(|part| self.player(part)).cloned();
        let scenario = self.scenario;
        let longer = self.longer();
        let fault = |fault: &Fault| {
            let (from, until) = self.span(fault.from, fault.until);
            Fault { region: region(&fault.region), from, until, ..fault.clone() }
        };
        let behaviour = |behaviour: &Behaviour| {
            let (from, until) = self.span(behaviour.from, behaviour.until);
            Behaviour { region: region(&behaviour.region), from, until, ..behaviour.clone() }
        };
        let feature = |change: &FeatureChange| {
            let from = change.from.map(|moment| self.moment(moment));
            FeatureChange { region: region(&change.region), from, ..change.clone() }
        };
        let set_aside = |rule: &SetAside| SetAside {
            at: self.moment(rule.at),
            region: region(&rule.region),
            lasts: rule.lasts + longer,
            ..rule.clone()
        };
        Scenario {
            lasts: scenario.lasts + longer,
            publish: scenario.publish.iter().map(|own| Publish { at: self.moment(own.at), ..own.clone() }).collect(),
            approve: scenario.approve.iter().map(|own| Approve { at: self.moment(own.at), ..own.clone() }).collect(),
            rerun: scenario.rerun.iter().map(|own| Rerun { at: self.moment(own.at), ..own.clone() }).collect(),
            overrides: scenario.overrides.iter().map(set_aside).collect(),
            new: self.new_regions(own),
            policy: self.policy(own),
            fault: scenario.fault.iter().map(fault).collect(),
            behaviour: scenario.behaviour.iter().map(behaviour).collect(),
            feature: scenario.feature.iter().map(feature).collect(),
            expect: self.expect(own),
            ..scenario.clone()
        }
    }

    /// By how much longer the night lasts: each wave by as much as this fleet's is longer, and by what instances may be late.
    fn longer(&self) -> SignedDuration {
        let over = |plan: &Forecast| plan.settles.duration_since(plan.starts);
        let slow = self.own.ends_latest.duration_since(self.own.ends);
        let waves = i32::try_from(self.scenario.publish.len()).unwrap_or(i32::MAX);
        ((over(&self.own) - over(&self.written_for)).max(SignedDuration::ZERO) + slow).saturating_mul(waves)
    }

    /// Where all regions are new, all of this fleet's are.
    fn new_regions(&self, own: &Fleet) -> Vec<RegionName> {
        if self.scenario.all_are_new(&self.written_for.order.regions) {
            return own.regions.iter().map(|region| region.name.clone()).collect();
        }
        self.scenario.new.iter().filter_map(|part| self.player(part)).cloned().collect()
    }

    /// Each region ends as the one whose part it plays; those beyond, as the last one does, or the one before if something happens to
    /// the last one alone. How executions end, unless all end well, depends on how many regions there are, and what people are told
    /// with it.
    fn expect(&self, own: &Fleet) -> Expect {
        let (expect, named) = (&self.scenario.expect, self.scenario.named(&self.written_for.order.regions));
        let mut last = self.written_for.order.regions.iter().rev();
        let usual = last.next().filter(|last| named.len() != 1 || !named.contains(*last)).or_else(|| last.next());
        let usual = usual.and_then(|part| expect.serves.get(part));
        let ends = |player: &RegionName| {
            let part = self.parts.iter().find(|(_, own)| own == player).and_then(|(part, _)| expect.serves.get(part));
            part.or(usual).map(|version| (player.clone(), version.clone()))
        };
        let serves = own.regions.iter().filter_map(|region| ends(&region.name)).collect();
        let ends_well = |endings: &Vec<Ending>| endings.iter().all(|ending| *ending == Ending::Succeeded);
        let executions = expect.executions.clone().filter(ends_well);
        // By when depends on how long the fleet's canaries take.
        Expect { serves, by: None, advice: None, executions, ..expect.clone() }
    }

    /// The policy with the players' names. What it says of regions was reckoned for others: of that only stays that no schedule takes
    /// instances away at night, where one does here.
    fn policy(&self, own: &Fleet) -> toml::Table {
        let player = |name: &str| name.parse().ok().and_then(|part: RegionName| self.player(&part).cloned());
        let mut policy = self.scenario.policy.clone();
        let of_regions = policy.remove("region");
        rename(&mut policy, &|text| player(text).map(|player| player.to_string()));
        let mut of_regions = of_regions.as_ref().and_then(Value::as_array).into_iter().flatten();
        let by_day = of_regions.any(|region| region.get("night_instances").is_some());
        let scheduled = own.regions.iter().filter(|region| by_day && region.night_instances.is_some());
        let regions = scheduled.map(|region| {
            let instances = Value::Integer(region.instances.into());
            let name = Value::String(region.name.to_string());
            Value::Table([("name".to_owned(), name), ("night_instances".to_owned(), instances)].into_iter().collect())
        });
        let regions: Vec<Value> = regions.collect();
        if !regions.is_empty() {
            policy.insert("region".to_owned(), Value::Array(regions));
        }
        policy
    }
}

fn rename(table: &mut toml::Table, name: &dyn Fn(&str) -> Option<String>) {
    table.iter_mut().for_each(|(_, value)| rename_value(value, name));
}

fn rename_value(value: &mut Value, name: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => *text = name(text).unwrap_or_else(|| std::mem::take(text)),
        Value::Array(list) => list.iter_mut().for_each(|value| rename_value(value, name)),
        Value::Table(table) => rename(table, name),
        _ => {}
    }
}
