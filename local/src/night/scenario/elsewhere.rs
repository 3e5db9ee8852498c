//! A scenario in another fleet: its regions played by that fleet's, its moments moved with their turns.

mod casting;
mod refusal;
mod title;

use super::{
    Approve, Ending, Expect, Failover, Hand, Publish, Rerun, Restore, Scenario, ScenarioError, SetAside, Untranslatable,
};
use crate::world::{Behaviour, Fault, FeatureChange, Moment};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{Forecast, Turn, forecast};
use meridian_domain::{Fleet, RegionName, Version};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// From a night's beginning to its wave's first region, as nights go: a minute to the publication, and what its evaluation takes.
const TO_THE_WAVE: SignedDuration = SignedDuration::from_secs(80);

/// Which region plays which, and when its turn is.
pub(super) struct Cast<'a> {
    scenario: &'a Scenario,
    /// The fleet that the scenario was written for.
    there: &'a Fleet,
    /// The fleet whose regions play it.
    here: &'a Fleet,
    /// The part, a region that the scenario was written for, and who plays it; in the order of the wave.
    parts: Vec<(RegionName, RegionName)>,
    written_for: Forecast,
    own: Forecast,
}

impl Scenario {
    /// The same night in `own`'s regions. Home plays home. What happens to the region with the least traffic alone happens to the one
    /// with the least there; otherwise the others play the others in the order of the wave, those to which something happens first.
    /// What happens in a region's turn happens in that of whoever plays it. A scenario that says how `own`'s regions end stays as it is.
    ///
    /// # Errors
    /// What it expects would not follow from it in `own`, or it names a region that neither fleet has.
    pub fn in_fleet(&self, written_for: &Fleet, own: &Fleet) -> Result<Scenario, ScenarioError> {
        if self.is_for(written_for, own) {
            return Ok(self.clone());
        }
        // A region that nobody plays would be left out, and what happens there would happen everywhere.
        self.within(written_for)?;
        let refused = |why| ScenarioError::Untranslatable { name: self.name.clone(), why };
        let cast = Cast::of(self, written_for, own).map_err(refused)?;
        match cast.refusal() {
            Some(why) => Err(refused(why)),
            None => Ok(cast.play()),
        }
    }

    /// True if `own` has every region that it names, and it was written for `own`: it says how each region ends that the other fleet
    /// lacks, or names one of those.
    fn is_for(&self, written_for: &Fleet, own: &Fleet) -> bool {
        let is_spoken_of =
            |name: &RegionName| self.expect.serves.contains_key(name) || written_for.region(name).is_some();
        let each = own.regions.iter().all(|region| is_spoken_of(&region.name));
        self.within(own).is_ok()
            && (each || self.within(written_for).is_err() || self.loses_what_only(own, written_for))
    }

    /// Whether it loses us-east-1, which one fleet has and the other has not: where people hear from is another loss than a region.
    fn loses_what_only(&self, has: &Fleet, has_not: &Fleet) -> bool {
        let mut places = self.fault.iter().filter(|own| own.is_outside()).filter_map(|own| own.region.as_ref());
        places.any(|place| has.region(place).is_some() && has_not.region(place).is_none())
    }

    /// The regions that something happens to.
    fn named(&self, regions: &[RegionName]) -> BTreeSet<RegionName> {
        let faults = self.fault.iter().filter(|own| !own.is_outside()).filter_map(|own| own.region.clone());
        let behaviours = self.behaviour.iter().filter_map(|own| own.region.clone());
        let features = self.feature.iter().filter_map(|own| own.region.clone());
        let overrides = self.overrides.iter().filter_map(|own| own.region.clone());
        let hands = self.hand.iter().map(|own| own.region.clone());
        let moved = self.failover.iter().flat_map(|own| std::iter::once(&own.from).chain(&own.to)).cloned();
        let restored = self.restore.iter().map(|own| own.region.clone());
        let people = overrides.chain(hands).chain(moved).chain(restored);
        let mut frozen = Vec::new();
        let freezes = self.policy.get("freeze").and_then(Value::as_array).into_iter().flatten();
        freezes.filter_map(|freeze| freeze.get("regions")?.as_array()).flatten().for_each(|region| {
            frozen.extend(region.as_str().and_then(|region| region.parse().ok()));
        });
        // Where all are new, it is nothing that happens to one.
        let new = self.new.iter().filter(|_| !self.all_are_new(regions)).cloned();
        faults.chain(behaviours).chain(features).chain(people).chain(frozen).chain(new).collect()
    }

    /// True if it says how its executions end, and each ends well.
    fn ends_well(&self) -> bool {
        let ends_well = |endings: &Vec<Ending>| endings.iter().all(|ending| *ending == Ending::Succeeded);
        self.expect.executions.as_ref().is_some_and(ends_well)
    }

    fn all_are_new(&self, regions: &[RegionName]) -> bool {
        regions.iter().all(|region| self.new.contains(region))
    }
}

impl<'a> Cast<'a> {
    fn of(scenario: &'a Scenario, there: &'a Fleet, here: &'a Fleet) -> Result<Self, Untranslatable> {
        let begins = scenario.start.saturating_add(TO_THE_WAVE).unwrap_or(scenario.start);
        let plan = |fleet: &Fleet| forecast(fleet, begins, &BTreeMap::new());
        let (written_for, own) = (plan(there), plan(here));
        let mut cast = Cast { scenario, there, here, parts: Vec::new(), written_for, own };
        cast.parts = cast.chosen()?;
        Ok(cast)
    }

    fn named(&self) -> BTreeSet<RegionName> {
        self.scenario.named(&self.written_for.order.regions)
    }

    fn player(&self, part: &RegionName) -> Option<&RegionName> {
        self.parts.iter().find(|(own, _)| own == part).map(|(_, player)| player)
    }

    fn part(&self, player: &RegionName) -> Option<&RegionName> {
        self.parts.iter().find(|(_, own)| own == player).map(|(part, _)| part)
    }

    /// The turns of a part, where the scenario was written and here; of the wave's first one where no region is named.
    fn turns(&self, part: Option<&RegionName>) -> Option<(&Turn, &Turn)> {
        let part = part.or_else(|| self.written_for.order.regions.first())?;
        turn(&self.written_for, part).zip(turn(&self.own, self.player(part)?))
    }

    /// The wave's moments, where the scenario was written and here: those of its last region there are those of the last one here,
    /// whoever plays it. A turn that comes earlier here than the turns before it there says nothing of the others' moments.
    fn moments(&self) -> Vec<(Timestamp, Timestamp)> {
        let turns = self.parts.iter().filter_map(|(part, _)| self.turns(Some(part)));
        let last = self.written_for.turns.last().zip(self.own.turns.last());
        let mut moments: Vec<_> = turns.chain(last).flat_map(moments_of).collect();
        moments.push((self.written_for.settles, self.own.settles));
        moments.sort_by_key(|(there, _)| *there);
        let mut latest = Timestamp::MIN;
        moments.retain(|(_, here)| {
            let follows = *here >= latest;
            latest = latest.max(*here);
            follows
        });
        moments
    }

    /// By how much later what happens at `at` happens here: as much as the last of the wave's moments before it, and yet before the
    /// next one, which comes sooner where a region between them has no player. What happens to a region in its own turn goes by that
    /// turn's moments alone.
    fn delay(&self, region: Option<&RegionName>, at: Timestamp) -> SignedDuration {
        let own = region.and_then(|region| self.turns(Some(region)));
        let own = own.filter(|(there, _)| (there.starts..there.judged).contains(&at));
        let moments = own.map_or_else(|| self.moments(), |turns| moments_of(turns).collect());
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

    fn moment(&self, region: Option<&RegionName>, moment: Moment) -> Moment {
        self.moved(moment, self.delay(region, moment.after(self.scenario.start)))
    }

    /// A span keeps its length, and moves as its beginning does. One without a beginning keeps its distance to what last began in the
    /// same region before its end.
    fn span(
        &self,
        region: Option<&RegionName>,
        from: Option<Moment>,
        until: Option<Moment>,
    ) -> (Option<Moment>, Option<Moment>) {
        let start = self.scenario.start;
        let begins = from.map_or(start, |moment| moment.after(start));
        let ends = until.map(|moment| moment.after(begins));
        let moves_with = from.map(|_| begins).or_else(|| ends.map(|at| self.begun(region, at).unwrap_or(at)));
        let by = moves_with.map_or(SignedDuration::ZERO, |at| self.delay(region, at));
        let until = ends.map(|at| self.moved(Moment::At(at), by));
        (from.map(|moment| self.moved(moment, by)), until)
    }

    /// When the last of what goes wrong in a region before a moment began.
    fn begun(&self, region: Option<&RegionName>, before: Timestamp) -> Option<Timestamp> {
        let region = region?;
        let faults = self.scenario.fault.iter().map(|own| (own.region.as_ref(), own.from));
        let behaviours = self.scenario.behaviour.iter().map(|own| (own.region.as_ref(), own.from));
        let same = faults.chain(behaviours).filter(|(own, _)| *own == Some(region));
        let begun = same.filter_map(|(_, from)| Some(from?.after(self.scenario.start)));
        begun.filter(|from| *from <= before).max()
    }

    /// A share of a canary's requests that is small there leaves as few of them here, where more come.
    fn traffic(&self, own: &Behaviour) -> f64 {
        let is_small = own.traffic > 0.0 && own.traffic < 1.0;
        let turns = self.turns(own.region.as_ref()).filter(|(_, here)| is_small && here.plan.green > 0);
        let fewer = turns.map_or(1.0, |(there, here)| (there.plan.green as f64 / here.plan.green as f64).min(1.0));
        own.traffic * fewer
    }

    /// What one instance carries, at the same share of its load as where the scenario was written.
    fn capacity(&self, own: &Behaviour) -> Option<f64> {
        let load = |turn: &Turn| turn.plan.rps / f64::from(turn.plan.size.of);
        let more = self.turns(own.region.as_ref()).map_or(1.0, |(there, here)| load(here) / load(there));
        own.capacity_rps.map(|capacity| capacity * more)
    }

    fn play(&self) -> Scenario {
        let region = |part: &Option<RegionName>| part.as_ref().and_then(|part| self.player(part)).cloned();
        let scenario = self.scenario;
        let longer = self.longer();
        let fault = |fault: &Fault| {
            let (from, until) = self.span(fault.region.as_ref(), fault.from, fault.until);
            let place = if fault.is_outside() { fault.region.clone() } else { region(&fault.region) };
            Fault { region: place, from, until, ..fault.clone() }
        };
        let behaviour = |behaviour: &Behaviour| {
            let (from, until) = self.span(behaviour.region.as_ref(), behaviour.from, behaviour.until);
            let (traffic, capacity_rps) = (self.traffic(behaviour), self.capacity(behaviour));
            Behaviour { region: region(&behaviour.region), from, until, traffic, capacity_rps, ..behaviour.clone() }
        };
        let feature = |change: &FeatureChange| {
            let from = change.from.map(|moment| self.moment(change.region.as_ref(), moment));
            FeatureChange { region: region(&change.region), from, ..change.clone() }
        };
        let set_aside = |rule: &SetAside| SetAside {
            at: self.moment(rule.region.as_ref(), rule.at),
            region: region(&rule.region),
            lasts: rule.lasts + longer,
            ..rule.clone()
        };
        let place = |own: &RegionName| self.player(own).unwrap_or(own).clone();
        let hand = |own: &Hand| {
            let at = self.moment(Some(&own.region), own.at);
            Hand { at, region: place(&own.region), ..own.clone() }
        };
        let moved = |own: &Failover| {
            let (at, from) = (self.moment(Some(&own.from), own.at), place(&own.from));
            Failover { at, from, to: own.to.as_ref().map(place), ..own.clone() }
        };
        let restore = |own: &Restore| {
            let [at, to] = [own.at, own.to].map(|moment| self.moment(Some(&own.region), moment));
            Restore { at, region: place(&own.region), to }
        };
        Scenario {
            title: self.title(),
            lasts: scenario.lasts + longer,
            publish: scenario
                .publish
                .iter()
                .map(|own| Publish { at: self.moment(None, own.at), ..own.clone() })
                .collect(),
            approve: scenario
                .approve
                .iter()
                .map(|own| Approve { at: self.moment(None, own.at), ..own.clone() })
                .collect(),
            rerun: scenario.rerun.iter().map(|own| Rerun { at: self.moment(None, own.at), ..own.clone() }).collect(),
            overrides: scenario.overrides.iter().map(set_aside).collect(),
            hand: scenario.hand.iter().map(hand).collect(),
            failover: scenario.failover.iter().map(moved).collect(),
            restore: scenario.restore.iter().map(restore).collect(),
            new: self.new_regions(),
            policy: self.policy(),
            fault: scenario.fault.iter().map(fault).collect(),
            behaviour: scenario.behaviour.iter().map(behaviour).collect(),
            feature: scenario.feature.iter().map(feature).collect(),
            expect: self.expect(),
            ..scenario.clone()
        }
    }

    /// By how much longer the night lasts: each wave by as much as this fleet's is longer, and by what instances may be late. A further
    /// try is a wave of its own.
    fn longer(&self) -> SignedDuration {
        let over = |plan: &Forecast| plan.settles.duration_since(plan.starts);
        let slow = self.own.ends_latest.duration_since(self.own.ends);
        let executions = self.scenario.expect.executions.as_ref().map_or(0, Vec::len);
        let waves = i32::try_from(self.scenario.publish.len().max(executions)).unwrap_or(i32::MAX);
        ((over(&self.own) - over(&self.written_for)).max(SignedDuration::ZERO) + slow).saturating_mul(waves)
    }

    /// Where all regions are new, all of this fleet's are.
    fn new_regions(&self) -> Vec<RegionName> {
        if self.scenario.all_are_new(&self.written_for.order.regions) {
            return self.here.regions.iter().map(|region| region.name.clone()).collect();
        }
        self.scenario.new.iter().filter_map(|part| self.player(part)).cloned().collect()
    }

    /// How executions end, unless all end well, depends on how many regions there are, and what people are told with it. By when a
    /// region is on the release depends on how long the fleet's canaries take.
    fn expect(&self) -> Expect {
        let expect = &self.scenario.expect;
        let ends = |region: &RegionName| Some((region.clone(), self.ends(region)?.clone()));
        let serves = self.here.regions.iter().filter_map(|region| ends(&region.name)).collect();
        let executions = expect.executions.clone().filter(|_| self.scenario.ends_well());
        Expect { serves, by: None, advice: None, executions, ..expect.clone() }
    }

    /// A region ends as the one whose part it plays. One without a part ends as its neighbour in the wave does, the one before it first, if
    /// nothing happens to that one; else as the last one does, or the one before if something happens to the last one alone.
    fn ends(&self, region: &RegionName) -> Option<&Version> {
        let (serves, named) = (&self.scenario.expect.serves, self.named());
        if let Some(part) = self.part(region) {
            return serves.get(part);
        }
        let order = &self.own.order.regions;
        let place = order.iter().position(|own| own == region)?;
        let before = order.iter().take(place).rev().find_map(|own| self.part(own));
        let after = order.iter().skip(place).find_map(|own| self.part(own));
        let quiet = |part: &&RegionName| !named.contains(*part);
        let mut last = self.written_for.order.regions.iter().rev();
        let usual = || last.next().filter(|last| named.len() != 1 || quiet(last)).or_else(|| last.next());
        serves.get(before.filter(quiet).or_else(|| after.filter(quiet)).or_else(usual)?)
    }

    /// The policy with the players' names. What it says of regions was reckoned for others: of that only stays that no schedule takes
    /// instances away at night, where one does here.
    fn policy(&self) -> toml::Table {
        let player = |name: &str| name.parse().ok().and_then(|part: RegionName| self.player(&part).cloned());
        let mut policy = self.scenario.policy.clone();
        let of_regions = policy.remove("region");
        rename(&mut policy, &|text| player(text).map(|player| player.to_string()));
        let mut of_regions = of_regions.as_ref().and_then(Value::as_array).into_iter().flatten();
        let by_day = of_regions.any(|region| region.get("night_instances").is_some());
        let scheduled = self.here.regions.iter().filter(|region| by_day && region.night_instances.is_some());
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

fn turn<'p>(plan: &'p Forecast, region: &RegionName) -> Option<&'p Turn> {
    plan.turns.iter().find(|turn| turn.region == *region)
}

/// A turn's moments, where the scenario was written and here.
fn moments_of((there, here): (&Turn, &Turn)) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let of = |turn: &Turn| [turn.starts, turn.canary, turn.decides, turn.on_release, turn.judged];
    of(there).into_iter().zip(of(here))
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
