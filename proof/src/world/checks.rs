//! The invariants, held against what is true and not against what anybody believes.
//!
//! Each check runs where the truth that it is about changes, so together they run after every step.

mod broken;
mod ending;
mod records;

pub(crate) use ending::is_for_freeze;

pub use broken::{Broken, Liveness, Stop, Wrong};
pub use ending::{Ending, ending, never_ends, never_rests, only_the_ill_region_waits};
pub(super) use records::{on_hub_record, on_record};

use super::calls::OwnWayBack;
use super::endpoint::Request;
use super::{Caller, Chain, Done, Fault, Job, Phase, RELEASES, Seconds, World, stamp};
use meridian_domain::alarms::WayBack;
use meridian_domain::{Cause, Decision, EndpointStatus, Kind, OpenUpdate, Projection, Record, RegionHistory, Rule};
use meridian_judge::CapturedVerdict;

/// An invariant that was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// Which invariant, and what broke it.
    pub what: Broken,
    /// When it was noticed.
    pub at: Seconds,
}

/// Seconds that a model fault may take to stop the wave (I7).
const A_MINUTE: Seconds = 60;

/// Notes the first thing that is wrong.
pub(super) fn breach(world: &mut World, what: Broken) {
    if world.breach.is_some() {
        return;
    }
    world.tell(|setting| format!("*** {}: {}", what.invariant(), what.words(setting)));
    world.breach = Some(Breach { what, at: world.now });
}

/// A breach where `holds` is not.
fn hold(world: &mut World, holds: bool, what: impl FnOnce() -> Broken) {
    if !holds {
        breach(world, what());
    }
}

/// An update request is about to be taken. True where its caller's lease has run out: I11's remaining race, which is
/// counted, and which the other checks bound.
pub(super) fn on_request(world: &mut World, request: &Request) -> bool {
    let Some(execution) = request.execution else {
        own_way_back(world, request);
        return false;
    };
    let setting = world.setting.clone();
    let Request { region, release, late, .. } = *request;
    let now = world.timestamp();
    let Some(actor) = world.executions.get(execution).map(|execution| execution.actor.clone()) else { return false };
    let lease = world.hub_of(execution).history.lease.as_ref();
    let held = lease.is_some_and(|lease| lease.holder == actor && lease.epoch.0 == request.epoch && lease.until > now);
    hold(world, request.fenced || late, || Wrong::Unleased { actor: actor.clone() }.of(region, release));
    let word = replaced_at(world, region, execution);
    hold(world, word.is_none_or(|at| at >= request.read), || Broken::Replaced { region, actor: actor.clone() });
    world.tally.strays += u32::from(!held || word.is_some());
    world.tally.replaced += u32::from(word.is_some());
    approved(world, region, release);
    stopped(world, request);
    let Some(place) = world.regions.get(region) else { return false };
    let target = setting.target(region, release);
    let history = &place.chain.history;
    let intent = history.update.as_ref().filter(|open| open.target == *target && open.execution == actor);
    let serving = history.serving.as_ref().map(|serving| &serving.target);
    let back = intent.and_then(|open| open.back.as_ref());
    let on_back = back.is_some_and(|back| serving == Some(back) && setting.release_of(back) == place.blue);
    let (intended, back) = (intent.is_some(), on_back);
    // What the network delivers late was intended and looked at when it was sent.
    hold(world, intended || late, || Wrong::NoIntent { own: false }.of(region, release));
    hold(world, back || late, || Wrong::NoWayBack.of(region, release));
    order(world, request, &actor);
    tries(world, request, &actor);
    frozen(world, request);
    !held || word.is_some()
}

/// When a region's chain heard that another home has replaced an execution's, if it has.
fn replaced_at(world: &World, region: usize, execution: usize) -> Option<Seconds> {
    let home = world.executions.get(execution)?.home;
    let own = world.setting.fleet.regions.get(home).map(|policy| &policy.name)?;
    let chain = &world.regions.get(region)?.chain;
    chain.history.home().filter(|home| *home != own)?;
    let words = |(at, record)| matches!(record, &Record::HomeMoved { .. }).then_some(at);
    chain.newest_taken_first().find_map(words)
}

/// I8: a region's own way back stands in its ledger before it is asked for, wherever the ledger took what was written.
fn own_way_back(world: &mut World, request: &Request) {
    let setting = &world.setting;
    let open = world.regions.get(request.region).and_then(|place| place.chain.history.update.as_ref());
    let is_intended = |open: &OpenUpdate| open.epoch.is_none() && setting.release_of(&open.target) == request.release;
    let intended = open.is_some_and(is_intended) || request.late || !request.on_record;
    hold(world, intended, || Wrong::NoIntent { own: true }.of(request.region, request.release));
}

/// Freezes: no region starts within one that held as the caller looked and still does, unless a person has set that aside.
fn frozen(world: &mut World, request: &Request) {
    let setting = &world.setting;
    let Some(name) = setting.fleet.regions.get(request.region).map(|region| &region.name) else { return };
    let looked = stamp(request.looked);
    let is_frozen = |at| setting.fleet.frozen(name, at, at).is_some() && !world.is_set_aside(Rule::Freeze, name, at);
    let free = !is_frozen(looked) || !is_frozen(world.timestamp());
    hold(world, free, || Wrong::Frozen.of(request.region, request.release));
}

/// I9: what the judge may err is split over policy's tries, so an execution that home started gives no region more of them.
fn tries(world: &mut World, request: &Request, actor: &meridian_domain::Actor) {
    let setting = &world.setting;
    let resumed = world.hubs.iter().any(|hub| hub.history.resumed.contains_key(actor));
    let Some((release, _)) = setting.releases.get(request.release) else { return };
    let place = world.regions.get(request.region);
    let undecided = place.map_or(0, |place| place.chain.history.tries_of(release).len());
    let left = undecided < usize::try_from(setting.fleet.wave.tries).unwrap_or(usize::MAX);
    // What the network delivers late had a try left when it was sent.
    hold(world, !resumed || left || request.late, || Wrong::NoTryLeft.of(request.region, request.release));
}

/// I3: every region before it serves the release, or is left behind on record, as of the caller's look.
fn order(world: &mut World, request: &Request, actor: &meridian_domain::Actor) {
    let setting = world.setting.clone();
    let places = request.execution.map(|number| world.places(number).collect::<Vec<_>>());
    let own = setting.fleet.regions.get(request.region).map(|region| &region.name);
    let set_aside = own.is_some_and(|own| world.is_set_aside(Rule::Order, own, stamp(request.looked)));
    let parted = parted_from_home(world, request);
    let parted_from = |region: usize| parted & (1 << region) != 0;
    for before in places.unwrap_or_default().into_iter().take_while(|before| *before != request.region) {
        let name = setting.fleet.regions.get(before).map(|region| region.name.clone());
        let deferred = name.is_some_and(|name| world.is_left_behind(actor, &name));
        // Nobody waits for one that is only being brought in, or where nothing runs, nor where a person has set the order aside.
        if !setting.kind(before).is_waited_for() || set_aside {
            continue;
        }
        // Where the control plane did not answer the caller, what the ledger says stands (I7): nobody can see more.
        let fresh = world.regions.get(before).is_some_and(|place| {
            let unseen = parted_from(before) || !place.could_be_described(request.looked);
            place.served_at(request.release, request.looked) || unseen
        });
        let place = world.regions.get(before).filter(|_| setting.kind(before) == Kind::Active);
        let loaded = place.is_none_or(|place| is_judged_at_full_load(world, place, request.release));
        hold(world, deferred || (fresh && loaded), || {
            Wrong::OutOfOrder { before, serves: fresh }.of(request.region, request.release)
        });
    }
}

/// Whether what policy wants to see of a release at full load stands in a region's ledger.
fn is_judged_at_full_load(world: &World, place: &super::Region, release: usize) -> bool {
    let setting = &world.setting;
    let id = setting.releases.get(release).map(|(id, _)| *id);
    let is = |record: &Record| matches!(record, Record::FullLoadJudged { target, .. } if Some(target.release) == id);
    setting.fleet.guardrail.full_load_minutes() == 0 || place.chain.newest_first().any(|(_, record)| is(record))
}

/// I7: nothing is started for a release that evidence spoke against, or in a halted fleet, later than a minute.
fn stopped(world: &mut World, request: &Request) {
    let Some(&(release, _)) = world.setting.releases.get(request.release) else { return };
    let known_by = request.looked.min(world.now - A_MINUTE);
    let hub = request.execution.map_or_else(|| world.hub(), |execution| world.hub_of(execution));
    let parted = parted_from_home(world, request);
    let by_hub = hub.newest_first().any(|(at, record)| {
        at < known_by && matches!(record, Record::Condemned { release: condemned, .. } if *condemned == release)
    });
    let halted = hub.history.halt.is_some() && written_before(hub, known_by, |r| matches!(r, Record::Halted { .. }));
    let by_evidence = world.regions.iter().enumerate().any(|(region, place)| {
        let readable = place.could_be_read(request.looked) && parted & (1 << region) == 0;
        readable
            && condemns(&place.chain.history, release)
            && written_before(&place.chain, known_by, |record| {
                matches!(record, Record::Decided { decision: Decision::Revert, cause: Some(Cause::Release), .. })
            })
    });
    let region_halted = world.regions.iter().enumerate().any(|(region, place)| {
        let history = &place.chain.history;
        let reaches = if region == request.region { history.halt.is_some() } else { history.halts_fleet() };
        let halted = reaches && place.could_be_read(request.looked) && parted & (1 << region) == 0;
        halted && written_before(&place.chain, known_by, |record| matches!(record, Record::Halted { .. }))
    });
    let stops = [(by_hub, Stop::Condemned), (by_evidence, Stop::Evidence), (halted || region_halted, Stop::Halt)];
    for (stopped, by) in stops {
        hold(world, !stopped, || Wrong::Stopped(by).of(request.region, request.release));
    }
}

/// The regions that the home whose request it is cannot reach, a bit each.
fn parted_from_home(world: &World, request: &Request) -> u8 {
    let home = request.execution.and_then(|number| world.executions.get(number)).map(|own| own.home);
    home.and_then(|home| world.parted.get(home)).copied().unwrap_or(0)
}

/// Whether the last entry of a kind was written before a moment.
fn written_before<H: Projection>(chain: &Chain<H>, moment: Seconds, is: impl Fn(&Record) -> bool) -> bool {
    chain.newest_first().find(|(_, record)| is(record)).is_none_or(|(at, _)| at < moment)
}

/// Whether a region's evidence is against a release: it left it for that, or is about to.
fn condemns(history: &RegionHistory, release: meridian_domain::ReleaseId) -> bool {
    let left = history.returned.get(&release).is_some_and(|left| left.cause == Some(Cause::Release));
    let leaves = history.update.as_ref().is_some_and(|update| {
        update.target.release == release && update.is_decided(Decision::Revert) && update.cause == Some(Cause::Release)
    });
    left || leaves
}

/// I2: what takes traffic is approved, and attested in the region.
fn approved(world: &mut World, region: usize, release: usize) {
    let Some(&(id, _)) = world.setting.releases.get(release) else { return };
    let attested = world.regions.get(region).is_some_and(|place| place.chain.history.attested.contains(&id));
    let approved = world.is_approved(&id) || release == 0;
    hold(world, attested && approved, || Wrong::NotApproved.of(region, release));
}

/// I3: no customer is answered by a release of which the region's own captured requests said before its start that it fails.
fn suits(world: &mut World, region: usize, release: usize) {
    let Some(&(id, _)) = world.setting.releases.get(release) else { return };
    let Some(place) = world.regions.get(region).filter(|_| world.setting.fleet.shadow.is_some()) else { return };
    let of_release = |record: &Record| matches!(record, Record::Shadowed { release, .. } if *release == id);
    let intended = place.chain.history.update.as_ref().map(|update| update.at.as_second());
    let failed = place.chain.history.shadowed.get(&id).is_some_and(|own| own.verdict == CapturedVerdict::Fail);
    let before = intended.is_some_and(|moment| written_before(&place.chain, moment, of_release));
    hold(world, !(failed && before), || Wrong::ShadowFailed.of(region, release));
}

/// An update has entered a phase.
pub(super) fn on_phase(world: &mut World, region: usize) {
    let Some(update) = world.regions.get(region).and_then(|place| place.update) else { return };
    // An update to what serves already changes no bytes: a request that was late may still ask for one.
    if !update.guarded || place_serves(world, region, update.target) {
        return;
    }
    match update.phase {
        Phase::Baking => {
            approved(world, region, update.target);
            suits(world, region, update.target);
            one_at_a_time(world);
        }
        Phase::Shifting => {
            one_at_a_time(world);
            let let_through = is_let_through(world, region, update.target);
            hold(world, let_through, || Wrong::NotLetThrough.of(region, update.target));
        }
        Phase::Provisioning | Phase::Watched | Phase::Soaking | Phase::RollingBack => {}
    }
}

fn place_serves(world: &World, region: usize, release: usize) -> bool {
    world.regions.get(region).is_some_and(|place| place.blue == release)
}

/// A decision to proceed stands, or stood until so shortly that SageMaker could not hear of the revert in time; or nobody could tell
/// it, for the region's CloudWatch is gone and was not told before.
fn is_let_through(world: &World, region: usize, release: usize) -> bool {
    let Some(place) = world.regions.get(region) else { return false };
    let target = world.setting.target(region, release);
    let Some(open) = place.chain.history.update.as_ref().filter(|open| open.target == *target) else { return false };
    let lately = world.now - A_MINUTE;
    let untold = place.faults.has(Fault::Signals) && !place.verdict && place.verdict_due.is_none();
    let mut decisions = place.chain.newest_taken_first().filter_map(|(at, record)| match record {
        Record::Decided { decision, execution, .. } if *execution == open.execution => Some((at, *decision)),
        _ => None,
    });
    decisions
        .find(|(at, decision)| !(*decision == Decision::Revert && (untold || *at >= lately)))
        .is_some_and(|(_, d)| d == Decision::Proceed)
}

/// I1: at most one region that is not deferred is mid-shift. An update of I11's remaining race is not counted: its own
/// checks bound it.
fn one_at_a_time(world: &mut World) {
    let setting = world.setting.clone();
    let mut moving = Vec::new();
    for (region, place) in world.regions.iter().enumerate() {
        let Some(update) = place.update.filter(|update| update.guarded && !update.stray) else { continue };
        let Some(execution) = update.execution.and_then(|number| world.executions.get(number)) else { continue };
        if matches!(update.phase, Phase::Baking | Phase::Shifting) && place.blue != update.target {
            moving.push((region, execution.actor.clone()));
        }
    }
    // Left behind by its own wave, or by the wave that moves another one.
    let deferred = |region: usize| {
        let name = setting.fleet.regions.get(region).map(|policy| &policy.name);
        let by =
            |(_, wave): &(usize, meridian_domain::Actor)| name.is_some_and(|name| world.is_left_behind(wave, name));
        moving.iter().any(by)
    };
    let moving: Vec<usize> = moving.iter().map(|(region, _)| *region).filter(|region| !deferred(*region)).collect();
    hold(world, moving.len() <= 1, || Broken::MidShift { regions: moving });
}

/// A call changes something in a region that is no update. I11: it has just seen that it holds the lease, and is home there.
pub(super) fn on_change(world: &mut World, caller: &Caller, region: usize) {
    // A chain that cannot be read says nothing of who is home.
    let unread = caller.read.get(region).is_some_and(Option::is_none);
    let fenced = caller.is_fenced(region) || caller.fenced && unread;
    hold(world, fenced || caller.execution().is_none(), || Broken::Unleased { region });
}

/// People are paged. I14: a wave that was delivered twice tells them once, so it has just read what the hub's chain has gained.
pub(super) fn on_page(world: &mut World, caller: &Caller, planned: bool) {
    let reads_first = !planned || caller.execution().is_none() || caller.read_hub_last;
    hold(world, reads_first, || Broken::PagedUnread);
}

/// A job of a wave ends well: what it is about serves the release, or was left behind on record.
pub(super) fn on_success(world: &mut World, caller: &Caller, job: Job) {
    let setting = world.setting.clone();
    let Some(execution) = world.executions.get(job.execution).cloned() else { return };
    let Some((id, _)) = setting.releases.get(execution.release) else { return };
    // A wave that was overtaken before it moved anything exits, and says nothing of the fleet.
    let hub = &world.hub_in(execution.home).history;
    if hub.line.last().is_some_and(|newest| newest.release != *id) {
        return;
    }
    let subject = world.subject(job);
    for (region, policy) in setting.fleet.regions.iter().enumerate() {
        let asked = subject.map_or(policy.kind != Kind::Joining, |subject| subject == region);
        let key = (execution.actor.clone(), policy.name.clone());
        let hub = &world.hub_in(execution.home).history;
        let deferred = subject.is_some() && hub.deferred.contains_key(&key);
        // Said on record, and held against the truth there: a call that is repeated says no more than that.
        let said = subject.is_none() && hub.ended.contains_key(&execution.actor);
        let serves = world.had_at(region, execution.release, caller.looked);
        hold(world, !asked || serves || deferred || said, || {
            Wrong::SaidToServe { execution: Some(job.execution) }.of(region, execution.release)
        });
    }
}

/// A call has come to its end. I14: where it ended well, no page of its was declined that a ledger could have taken as owed
/// and that nobody asked it to.
pub fn on_end(world: &mut World, caller: &Caller, done: Done) {
    on_rollback_end(world, caller);
    let heard = !caller.unheard || done == Done::Failed;
    hold(world, heard, || Broken::Unheard);
}

/// A call of `rollback` has come to its end. I6: where the alarm rang, the endpoint rests on what the ledger proved, and
/// there is a way back, it has been asked for, whatever the ledger says.
fn on_rollback_end(world: &mut World, caller: &Caller) {
    let super::Who::Region(region) = caller.who else { return };
    let Some(place) = world.regions.get(region) else { return };
    let (Some(true), Some(view)) = (caller.alarm, &caller.view) else { return };
    let in_service = view.status == EndpointStatus::InService && !place.faults.has(Fault::Maintenance);
    let at_rest = in_service && place.update.is_none() && !place.broken && view.pending.is_none();
    let noted = place.note.as_deref().and_then(WayBack::read).filter(|_| caller.blind && caller.way_back.is_none());
    let stays = at_rest && !caller.asked_update && noted.is_some_and(|way| view.rests_on(&way.target));
    hold(world, !stays, || Broken::NotRolledBack { region, blind: true });
    let Some(place) = world.regions.get(region) else { return };
    let Some(own) = &caller.way_back else { return };
    let still = *own == OwnWayBack::of(&place.chain.history);
    let proved = own.proved.as_ref() == Some(&view.config);
    let stays = at_rest && still && proved && own.open && !caller.asked_update;
    hold(world, !stays, || Broken::NotRolledBack { region, blind: false });
}

impl World {
    /// Whether any home's evaluation has approved a release.
    fn is_approved(&self, release: &meridian_domain::ReleaseId) -> bool {
        self.hubs.iter().any(|hub| hub.history.approved.contains(release))
    }

    /// Whether a wave has left a region behind, on record with its home or with one that replaced it.
    fn is_left_behind(&self, wave: &meridian_domain::Actor, region: &meridian_domain::RegionName) -> bool {
        let key = (wave.clone(), region.clone());
        self.hubs.iter().any(|hub| hub.history.deferred.contains_key(&key))
    }

    /// Whether a region had `release` at `moment` or later: it took all traffic, or is kept where nothing runs.
    fn had_at(&self, region: usize, release: usize, moment: Seconds) -> bool {
        let Some(place) = self.regions.get(region) else { return false };
        match self.setting.kind(region) {
            Kind::PilotLight => self.kept(region) == Some(release),
            _ => place.served_at(release, moment),
        }
    }

    /// The release on which a wave leaves a region: the one that takes all traffic, or is kept where nothing runs.
    fn is_on(&self, region: usize) -> Option<usize> {
        match self.setting.kind(region) {
            Kind::PilotLight => self.kept(region),
            _ => self.regions.get(region)?.serves_alone(),
        }
    }

    fn kept(&self, region: usize) -> Option<usize> {
        let kept = self.regions.get(region)?.chain.history.kept.as_ref()?;
        Some(self.setting.release_of(&kept.target))
    }
}

impl super::Region {
    /// Whether the region's ledger could be read by a call that began to look then.
    pub(super) fn could_be_read(&self, looked: Seconds) -> bool {
        !self.faults.has(super::Fault::Reads) && self.readable_since < looked
    }

    /// Whether the region's control plane has answered ever since a call began to look then.
    fn could_be_described(&self, looked: Seconds) -> bool {
        self.plane_answers() && self.answers_since < looked
    }

    /// Whether `release` took all traffic at `moment` or later.
    fn served_at(&self, release: usize, moment: Seconds) -> bool {
        let until = self.served.get(release).copied().flatten();
        release < RELEASES && until.is_some_and(|until| until >= moment)
    }
}
