//! Liveness: what a history has come to, once nothing moves any more, and whether it may stand so.

use super::{Liveness, Wrong, breach, hold};
use crate::world::World;
use meridian_domain::reason::Gate;
use meridian_domain::resume::resume;
use meridian_domain::{Actor, Kind, Projection, Reason, RegionName};

/// How a history ended, once nothing moves any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// Every region serves the newest release.
    Newest,
    /// Every region serves one release, an older one.
    OneRelease,
    /// A halt stands.
    Halted,
    /// Evidence condemned the release.
    Condemned,
    /// The last wave said on record which regions lag, and paged.
    Stopped,
}

/// Liveness: what the history has come to, and whether it may stand so. Run once nothing moves.
pub fn ending(world: &mut World) -> Option<Ending> {
    truth_is_on_record(world);
    let setting = world.setting.clone();
    // One that is only being brought in may lag: it is said on record, and holds up nobody.
    let counts = |region: &usize| setting.kind(*region) != Kind::Joining;
    let releases: Vec<Option<usize>> =
        (0..world.regions.len()).filter(counts).map(|region| world.is_on(region)).collect();
    let newest = world.executions.iter().map(|execution| execution.release).max().unwrap_or(0);
    let hub = &world.hub().history;
    let halted = hub.halt.is_some() || world.regions.iter().any(|place| place.chain.history.halt.is_some());
    // A page that neither the pager nor the ledger took counts: the failed execution is all that tells (docs/proof.md).
    let told = world.tally.pages + world.tally.lost > 0 || lags_by_policy(world, newest);
    let owed = world.regions.iter().any(|place| !place.chain.history.owed.is_empty());
    let id = world.setting.releases.get(newest).map(|(id, _)| *id);
    let condemned = id.is_some_and(|id| world.hubs.iter().any(|hub| hub.history.condemned.contains_key(&id)));
    let last = last_execution(world);
    let ended = last.is_some_and(|actor| hub.ended.contains_key(actor));
    let ending = match () {
        () if releases.iter().all(|release| *release == Some(newest)) => Ending::Newest,
        () if halted => Ending::Halted,
        () if condemned => Ending::Condemned,
        () if releases.windows(2).all(|pair| pair.first() == pair.last()) => Ending::OneRelease,
        () if ended => Ending::Stopped,
        () => {
            breach(world, Liveness::EndsUnsaid { releases }.into());
            return None;
        }
    };
    let open = has_open_try(world);
    hold(world, !open, || Liveness::OpenTry.into());
    hold(world, ending == Ending::Newest || told, || Liveness::EndsUnpaged { ending }.into());
    hold(world, !owed, || Liveness::PageOwed.into());
    Some(ending)
}

/// Liveness where one region's services alone were ill and nothing speaks against the release: the wave has brought it to every
/// other region, before anybody starts another execution, and people got one page at most; two, where the region was `mute`. One that two calls side
/// by side both sent counts once.
/// Run once nothing moves.
pub fn only_the_ill_region_waits(world: &mut World, ill: usize, mute: bool) {
    let newest = world.executions.iter().map(|execution| execution.release).max().unwrap_or(0);
    let behind = (0..world.regions.len()).find(|region| *region != ill && world.is_on(*region) != Some(newest));
    if let Some(other) = behind {
        breach(world, Liveness::OtherBehind { ill, other }.into());
    }
    let (pages, sent) = (world.subjects.len(), world.tally.pages as usize);
    hold(world, pages <= 1 + usize::from(mute) && sent <= pages + 1, || Liveness::PagedOften { ill, pages }.into());
}

/// Whether home should go on with what the newest release's last wave left undecided.
fn has_open_try(world: &World) -> bool {
    let fleet = &world.setting.fleet;
    let names = fleet.regions.iter().map(|policy| &policy.name);
    let regions = names.zip(&world.regions).map(|(name, place)| (name, &place.chain.history));
    let hub = &world.hub().history;
    let Some(due) = resume(fleet, hub, world.timestamp()) else { return false };
    // A home that has taken over evaluates nothing: what it does not know as approved waits for a deployment.
    let moved = world.home() != world.setting.home();
    due.is_due_in(fleet, regions) && (!moved || hub.approved.contains(&due.release))
}

/// Whether every region that does not serve the newest release was left behind by the last wave for a freeze, or because its tries
/// did not decide: nobody is paged for what policy says.
fn lags_by_policy(world: &World, newest: usize) -> bool {
    let setting = &world.setting;
    let Some(last) = last_execution(world) else { return false };
    let by_policy = |name: &RegionName| {
        let why = world.hub().history.deferred.get(&(last.clone(), name.clone()));
        why.is_some_and(|why| is_for_freeze(why) || why.undecided().is_some())
    };
    let policies = setting.fleet.regions.iter().enumerate();
    let mut lagging =
        policies.filter(|(region, policy)| policy.kind != Kind::Joining && world.is_on(*region) != Some(newest));
    lagging.all(|(_, policy)| by_policy(&policy.name))
}

/// The last execution of home's, or of the home before where it has had none.
fn last_execution(world: &World) -> Option<&Actor> {
    let home = world.home();
    let own = world.executions.iter().rfind(|execution| execution.home == home);
    own.or(world.executions.last()).map(|execution| &execution.actor)
}

/// A history that does not come to rest.
pub fn never_rests(world: &mut World) {
    let stands = world.executions.iter().map(|execution| execution.stand).collect();
    breach(world, Liveness::NeverRests { stands }.into());
}

/// In the end the ledgers say what is: what serves, and nothing in flight.
fn truth_is_on_record(world: &mut World) {
    let setting = world.setting.clone();
    one_home(world);
    for region in 0..setting.targets.len() {
        let Some(place) = world.regions.get(region) else { continue };
        if place.broken || setting.kind(region) == Kind::PilotLight {
            continue;
        }
        let history = &place.chain.history;
        let named = history.serving.as_ref().map(|serving| setting.release_of(&serving.target));
        let (blue, moving) = (place.blue, place.update.is_some());
        // A confirmed update whose soak nobody closed is settled by the next wave.
        let open = history.update.as_ref().filter(|update| !update.confirmed);
        let open = open.map(|update| setting.release_of(&update.target));
        hold(world, !moving, || Liveness::EndpointMoves { region }.into());
        if let Some(release) = open {
            breach(world, Wrong::NeverClosed.of(region, release));
        }
        hold(world, named == Some(blue), || Wrong::OtherOnRecord { named }.of(region, blue));
    }
}

/// In the end every region says who is home, where home has moved.
fn one_home(world: &mut World) {
    let setting = world.setting.clone();
    let home = world.home();
    if home == setting.home() {
        return;
    }
    let name = setting.fleet.regions.get(home).map(|policy| &policy.name);
    let elsewhere = world.regions.iter().position(|place| place.chain.history.home() != name);
    if let Some(region) = elsewhere {
        breach(world, Liveness::OtherHome { region, home }.into());
    }
}

/// A call that goes round for ever.
pub fn never_ends(world: &mut World, who: crate::world::Who) {
    breach(world, Liveness::NeverEnds { who }.into());
}

/// True where a region was left behind because a freeze held.
pub(crate) fn is_for_freeze(why: &Reason) -> bool {
    matches!(why, Reason::LeftBehind { why, .. } if matches!(**why, Reason::Gate(Gate::Frozen(_))))
}
