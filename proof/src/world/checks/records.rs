//! What is written to the ledgers, held against what is so and what its writer has seen.

use super::{A_MINUTE, Broken, Wrong, breach, hold, replaced_at};
use crate::world::{Caller, Seconds, Who, World};
use meridian_domain::reason::JobFailure;
use meridian_domain::{Kind, Record, Verdict};
use meridian_judge::{COUNTS_DELAY, Judgement};

/// A record is about to be written to a region's chain.
pub(in crate::world) fn on_record(world: &mut World, region: usize, record: &Record, caller: &Caller) {
    let looked = caller.looked;
    of_home(world, region, record, caller);
    fresh(world, region, record, caller);
    taken(world, region, record);
    if let Record::FullLoadJudged { target, judgement, .. } = record {
        let release = world.setting.release_of(target);
        return at_full_load(world, region, release, judgement.as_ref());
    }
    if let Record::Kept { target, .. } = record {
        return keeps(world, region, world.setting.release_of(target), looked);
    }
    let (target, settled) = match record {
        Record::Confirmed { target, .. } => (target, false),
        Record::Settled { target, .. } => (target, true),
        _ => return,
    };
    let release = world.setting.release_of(target);
    let Some(place) = world.regions.get(region) else { return };
    let mut holds = place.served_at(release, looked);
    if settled {
        holds &= place.update.is_none_or(|update| update.target != release || update.since >= looked);
    }
    hold(world, holds, || Wrong::NotServing { settled }.of(region, release));
}

/// I2, I3: what a pilot light keeps is approved, attested there, and serves in an active region, proved.
fn keeps(world: &mut World, region: usize, release: usize, looked: Seconds) {
    let setting = world.setting.clone();
    let Some((id, _)) = setting.releases.get(release) else { return };
    let attested = world.regions.get(region).is_some_and(|place| place.chain.history.attested.contains(id));
    let approved = world.is_approved(id);
    hold(world, attested && approved, || Wrong::NotApproved.of(region, release));
    let shown = world.regions.iter().enumerate().any(|(other, place)| {
        setting.kind(other) == Kind::Active
            && place.served_at(release, looked)
            && place.chain.history.confirmed.contains_key(id)
    });
    hold(world, shown, || Wrong::KeptUnshown.of(region, release));
}

/// I11: a region's chain takes nothing from the wave of a home that it knows to be replaced.
fn of_home(world: &mut World, region: usize, record: &Record, caller: &Caller) {
    let Some(number) = caller.execution().filter(|_| !matches!(record, Record::HomeMoved { .. })) else { return };
    let replaced = replaced_at(world, region, number).is_some();
    let actor = world.executions.get(number).map(|execution| execution.actor.clone());
    if let Some(actor) = actor.filter(|_| replaced) {
        breach(world, Broken::Replaced { region, actor });
    }
}

/// I11: a wave decides nothing about a region from a look at its endpoint that is older than what another has written there
/// since. What has happened, what is owed, and who is home may be written at any time.
fn fresh(world: &mut World, region: usize, record: &Record, caller: &Caller) {
    let Some(execution) = caller.execution().and_then(|number| world.executions.get(number)) else { return };
    if matches!(record, Record::UpdateStarted { .. } | Record::PageOwed { .. } | Record::HomeMoved { .. }) {
        return;
    }
    let seen = caller.seen.get(region).copied().flatten().unwrap_or(0) as usize;
    let Some(place) = world.regions.get(region) else { return };
    let stale = place.chain.entries.iter().skip(seen).any(|stored| stored.entry.actor != execution.actor);
    let actor = execution.actor.clone();
    hold(world, !stale, || Broken::StaleLook { region, actor, record: Box::new(record.clone()) });
}

/// I8: an update is said to have started only where SageMaker has taken one to its target since it was intended.
fn taken(world: &mut World, region: usize, record: &Record) {
    let Record::UpdateStarted { execution } = record else { return };
    let Some(place) = world.regions.get(region) else { return };
    let Some(open) = place.chain.history.update.as_ref().filter(|open| open.execution == *execution) else { return };
    let release = world.setting.release_of(&open.target);
    let runs = place.update.is_some_and(|update| update.target == release);
    let since = place.taken.get(release).copied().flatten();
    let taken = runs || since.is_some_and(|at| at >= open.at.as_second());
    hold(world, taken, || Wrong::NeverTaken.of(region, release));
}

/// A record is about to be written to the hub's chain.
pub(in crate::world) fn on_hub_record(world: &mut World, record: &Record, caller: &Caller) {
    match record {
        Record::HomeMoved { .. } => world.tally.moves += 1,
        Record::JobFailed { why, .. } => {
            if let JobFailure::StepRefused { step, violations } = &**why {
                breach(world, Broken::Refused { step: step.clone(), notes: violations.clone() });
            }
        }
        // Where it is the last action's, which looks at every region: a wave that fails before goes by their ledgers.
        Record::WaveEnded { release, lagging, .. } if verifies(world, caller) => {
            let setting = world.setting.clone();
            let number = setting.releases.iter().position(|(id, _)| id == release).unwrap_or(0);
            for (region, policy) in setting.fleet.regions.iter().enumerate() {
                let lags = lagging.contains(&policy.name) || policy.kind == Kind::Joining;
                let serves = world.had_at(region, number, caller.looked);
                hold(world, lags || serves, || Wrong::SaidToServe { execution: None }.of(region, number));
            }
        }
        _ => {}
    }
}

fn verifies(world: &World, caller: &Caller) -> bool {
    matches!(caller.who, Who::Wave(job) if job.action == world.setting.targets.len())
}

/// I3: what failed at full load is no evidence, and nothing is told before the minutes have passed and their counts come.
fn at_full_load(world: &mut World, region: usize, release: usize, judgement: Option<&Judgement>) {
    let failed = judgement.is_some_and(|judgement| judgement.verdict == Verdict::Fail);
    hold(world, !failed, || Wrong::FullLoad { failed: true }.of(region, release));
    let setting = &world.setting;
    let minutes = setting.fleet.guardrail.full_load_minutes() + COUNTS_DELAY;
    let Some(place) = world.regions.get(region).filter(|place| place.serves_alone() == Some(release)) else { return };
    // Or since it was confirmed: later the same release's traffic may move once more, by an update of I11's remaining race or by a
    // person's hand.
    let id = setting.releases.get(release).map(|(id, _)| *id);
    let confirms = |record: &Record| matches!(record, Record::Confirmed { target, .. } if Some(target.release) == id);
    let confirmed = place.chain.newest_first().filter(|(_, record)| confirms(record)).last();
    let since = confirmed.map_or(place.took_over, |(at, _)| at.min(place.took_over));
    let early = judgement.is_some() && world.now - since < minutes * A_MINUTE;
    hold(world, !early, || Wrong::FullLoad { failed: false }.of(region, release));
}
