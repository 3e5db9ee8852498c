//! A canary whose counts do not decide: it is rolled back, nobody is paged, the wave goes on, and the region is tried again.

use crate::night::{AU, BR, EU, JP, Night, actor, at, name, release, said, slow, thin, version, wave_ended};
use crate::plans::Says;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::audit;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{NextTry, Step, Undecided, WaveEnd};
use meridian_domain::resume::{Resume, resume};
use meridian_domain::{
    Bounds, Cause, Epoch, Reason, Record, RegionHistory, RegionName, Resumed, Seen, Try, VariantPhase, Violation,
};
use meridian_judge::Judgement;
use std::sync::Arc;

/// A night whose wave home has started, with a canary in `region` right before its last decision.
fn undecided_in(region: &str) -> Night {
    let mut night = Night::baking(region);
    start(&mut night, at("03:00:00"));
    night.due(region);
    night
}

pub fn start(night: &mut Night, since: Timestamp) {
    let (now, execution) = (night.now, night.sight.execution.clone());
    night.now = since;
    night.hub(wave(execution.as_str(), None));
    night.now = now;
}

pub fn wave(execution: &str, resumes: Option<Resumed>) -> Record {
    let (release, version, execution) = (release("v427"), version("v427"), actor(execution));
    Record::WaveStarted { release, version, execution, late: vec![], order: None, resumes, policy: None }
}

/// The region's canary begins, and its last decision is due.
fn starts_and_is_due(night: &mut Night, region: &str) {
    night.new_call();
    night.starts(region);
    night.new_call();
    night.bakes(region);
    night.due(region);
}

/// The last look: its canary is ordered to roll back.
fn is_tripped(night: &mut Night, region: &str, judgement: Judgement) {
    assert!(night.next(region).does(Act::Look));
    night.looked(judgement);
    assert!(night.next(region).does(Act::Trip));
    night.new_call();
}

/// The counts decide nothing, its canary is ordered to roll back, and is back: what the wave then does.
fn rolls_back(night: &mut Night, region: &str) -> Plan {
    is_tripped(night, region, thin());
    night.in_service(region, "v426");
    night.pass("1m");
    night.next(region)
}

fn left(night: &Night, region: &str) -> Undecided {
    let why = &night.sight.hub.deferred[&(night.sight.execution.clone(), name(region))];
    why.undecided().unwrap_or_else(|| panic!("{why:?}")).clone()
}

/// The wave's last action has found what lags.
fn ended(night: &mut Night) {
    let plan = night.next_of_verify();
    assert_eq!(plan.finish(), Some(Finish::Failed), "and nobody is paged: {plan:?}");
    assert!(night.sight.hub.ended.contains_key(&night.sight.execution));
}

/// The chains that can be read.
pub fn regions(night: &Night) -> Vec<(RegionName, Arc<RegionHistory>)> {
    let known = |(name, seen): (&RegionName, &Seen<Arc<RegionHistory>>)| Some((name.clone(), seen.known()?.clone()));
    night.sight.regions.iter().filter_map(known).collect()
}

pub fn due(night: &Night) -> Option<Resume> {
    let regions = regions(night);
    let regions = regions.iter().map(|(name, own)| (name, &**own));
    resume(&night.fleet, &night.sight.hub, night.now).filter(|due| due.is_due_in(&night.fleet, regions))
}

/// Home goes on with what is due.
pub fn resumed(night: &mut Night, execution: &str) {
    let due = due(night).unwrap();
    night.hub(wave(execution, Some(due.resumed)));
    night.rerun(execution);
    night.new_call();
}

/// An open try in BR, which is the last region: the others serve the release.
fn open_in_br() -> Night {
    let mut night = undecided_in(BR);
    rolls_back(&mut night, BR);
    ended(&mut night);
    night
}

#[test]
fn counts_that_do_not_decide_defer_their_region_and_page_nobody() {
    let mut night = undecided_in(AU);
    assert_eq!(rolls_back(&mut night, AU).finish(), Some(Finish::Deferred));
    let left = left(&night, AU);
    assert_eq!((left.nth, left.of), (1, 2));
    assert_eq!(night.history(AU).returned[&release("v427")].cause, Some(Cause::Undecided));
    // The next region goes on.
    night.starts(JP);
}

#[test]
fn undecided_canaries_stop_no_wave_however_many_there_are() {
    let mut night = undecided_in(EU);
    for region in [EU, AU, JP, BR] {
        if region != EU {
            starts_and_is_due(&mut night, region);
        }
        assert_eq!(rolls_back(&mut night, region).finish(), Some(Finish::Deferred), "{region}");
    }
    ended(&mut night);
    assert_eq!(due(&night).unwrap().regions.len(), 4);
}

/// The canary that is said to suffice is the plan's, at the champion's rate that was seen beside the first.
#[test]
fn a_deferral_says_what_is_expected_to_suffice() {
    let mut night = undecided_in(AU);
    rolls_back(&mut night, AU);
    let NextTry::Planned(retry) = left(&night, AU).next else { panic!("{:?}", left(&night, AU)) };
    assert_eq!((retry.bake.wait, retry.from), (night.region(AU).bake, night.now - SignedDuration::ZERO));
    assert!(retry.chance >= 0.99, "{}", retry.chance);
}

#[test]
fn a_further_try_is_longer_where_the_first_bake_was_too_short() {
    let mut night = Night::new();
    // The first one is planned for what it is to find, a later one for what an equal release is to pass.
    (night.fleet.wave.detect, night.fleet.wave.detect_alone, night.fleet.judge.harm) = (50.0, 100.0, 400);
    for region in night.fleet.regions.iter_mut().filter(|region| region.name == name(EU)) {
        (region.shortest_bake, region.bake) = ("6m".parse().unwrap(), "40m".parse().unwrap());
        region.canary_percent = Bounds { min: 50, max: 50 };
    }
    start(&mut night, at("03:00:00"));
    starts_and_is_due(&mut night, EU);
    let first = chosen(&night);
    rolls_back(&mut night, EU);
    let NextTry::Planned(retry) = left(&night, EU).next else { panic!("{:?}", left(&night, EU)) };
    assert!(retry.bake.wait > first, "{:?} after {first:?}", retry.bake);
    for region in [AU, JP, BR] {
        night.hub(Record::Deferred {
            region: name(region),
            execution: night.sight.execution.clone(),
            release: release("v427"),
            why: said("not of interest"),
            paged: false,
        });
    }
    ended(&mut night);
    night.pass("30m");
    resumed(&mut night, "wave-2");
    night.starts(EU);
    assert!(chosen(&night) > first);
}

/// How long the canary bakes that EU gets.
fn chosen(night: &Night) -> SignedDuration {
    night.history(EU).update.as_ref().unwrap().bake.unwrap().wait
}

#[test]
fn a_wave_goes_on_with_its_open_try_and_brings_the_region_there() {
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    for region in [EU, AU, JP] {
        let plan = night.next_after(region, &[Act::Scale]);
        assert_eq!(plan.finish(), Some(Finish::Done), "{region} serves it already");
        night.new_call();
    }
    night.starts(BR);
    night.new_call();
    night.bakes(BR);
    night.passes(BR);
}

#[test]
fn a_region_whose_tries_are_used_up_is_left_for_the_next_night() {
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    starts_and_is_due(&mut night, BR);
    assert_eq!(rolls_back(&mut night, BR).finish(), Some(Finish::Deferred));
    let last = left(&night, BR);
    assert_eq!((last.nth, last.next), (2, NextTry::UsedUp));
    ended(&mut night);
    assert_eq!(due(&night), None);
}

/// What an execution leaves behind for another reason is left behind in the one that goes on after it, and nobody is paged twice.
#[test]
fn an_execution_that_goes_on_takes_over_what_was_left_behind() {
    let mut night = undecided_in(BR);
    let why = said("its control plane was dark");
    let (execution, release) = (night.sight.execution.clone(), release("v427"));
    night.hub(Record::Deferred { region: name(JP), execution, release, why: why.clone(), paged: false });
    rolls_back(&mut night, BR);
    ended(&mut night);
    resumed(&mut night, "wave-2");
    assert_eq!(night.sight.hub.deferred.get(&(actor("wave-2"), name(JP))), Some(&why));
    assert!(!night.sight.hub.deferred.contains_key(&(actor("wave-2"), name(BR))));
}

/// What happens to a night.
type Happens = fn(&mut Night);

#[test]
fn nothing_goes_on_where_something_forbids_it() {
    let forbids: [(&str, Happens); 7] = [
        ("a halt", |night| night.hub(Record::Halted { why: said("a person said so") })),
        ("a region's halt", |night| night.tell(BR, Record::Halted { why: said("its endpoint failed") })),
        ("a condemnation", |night| {
            let (release, region) = (release("v427"), name(EU));
            night.hub(Record::Condemned { release, region, why: said("it is bad") });
        }),
        ("a lease that is held", |night| {
            let until = night.now + SignedDuration::from_mins(5);
            night.hub(Record::LeaseTaken { epoch: Epoch(night.sight.hub.epoch.0 + 1), until });
        }),
        ("the end of the time for tries", |night| night.pass("4h")),
        ("the region serves it", |night| {
            let (target, execution) = (night.target(BR, "v427"), actor("wave-9"));
            night.tell(BR, Record::Confirmed { target, execution, golden: 10 });
        }),
        ("an execution that goes on already", |night| {
            let due = due(night).unwrap();
            night.hub(wave("wave-2", Some(due.resumed)));
        }),
    ];
    assert!(due(&open_in_br()).is_some());
    for (what, forbid) in forbids {
        let mut night = open_in_br();
        forbid(&mut night);
        assert_eq!(due(&night), None, "{what}");
    }
}

/// A person's execution came between, and its canary decided nothing either.
#[test]
fn home_gives_no_try_that_a_person_has_used_up() {
    let again = |night: &mut Night| {
        let (execution, evidence) = (actor("wave-9"), thin().evidence);
        let bake = night.history(BR).tries_of(&release("v427"))[0].bake;
        night.history_mut(BR).tries.get_mut(&release("v427")).unwrap().push(Try { execution, bake, evidence });
    };
    let mut night = open_in_br();
    again(&mut night);
    assert_eq!(due(&night), None);
    // Home had gone on already.
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    again(&mut night);
    assert_eq!(night.next(BR).finish(), Some(Finish::Deferred));
    assert_eq!((left(&night, BR).nth, left(&night, BR).next), (2, NextTry::UsedUp));
}

/// Its execution was lost between its canary's return and its deferral, and home goes on for another region's sake.
#[test]
fn home_gives_no_try_that_a_lost_execution_has_used_up() {
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    starts_and_is_due(&mut night, BR);
    let why = lost_after_brs_return(&mut night, ("wave-2", "wave-3"), 3);
    assert_eq!(night.next(BR).finish(), Some(Finish::Deferred));
    let left = left(&night, BR);
    assert_eq!((left.nth, left.next, *left.why), (2, NextTry::UsedUp, why));
}

/// BR's canary is back, and the wave is lost before it has left BR; home goes on in `next`.
fn lost_after_brs_return(night: &mut Night, (lost, next): (&str, &str), attempt: u32) -> Reason {
    is_tripped(night, BR, thin());
    night.in_service(BR, "v426");
    let (from, to, why) = (night.target(BR, "v427"), night.target(BR, "v426"), said("the counts did not decide"));
    night.tell(BR, Record::Reverted { from, to, why: why.clone() });
    let ended = wave_ended(release("v427"), actor(lost), vec![name(BR)]);
    night.hub(ended);
    night.hub(wave(next, Some(Resumed { after: actor(lost), attempt })));
    night.rerun(next);
    night.hub_mut().lease = None;
    night.new_call();
    why
}

/// Another region's try took long: this one would begin after policy's time for it.
#[test]
fn no_try_begins_after_policys_time_for_it() {
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    night.pass("4h");
    assert_eq!(night.next(BR).finish(), Some(Finish::Deferred));
    assert_eq!(left(&night, BR).next, NextTry::Over { until: at("07:00:00") });
    // A lost execution may have left the first one open.
    let mut lost = undecided_in(BR);
    let first = lost.sight.execution.clone();
    lost_after_brs_return(&mut lost, (first.as_str(), "wave-2"), 2);
    assert!(lost.next(BR).finish().is_none(), "there is time");
    lost.pass("4h");
    assert_eq!(lost.next(BR).finish(), Some(Finish::Deferred));
    assert_eq!(left(&lost, BR).next, NextTry::Over { until: at("07:00:00") });
    // One that has begun goes on.
    let begun = || {
        let mut begun = open_in_br();
        resumed(&mut begun, "wave-2");
        assert!(begun.next_after(BR, &[Act::Prepare]).does(Act::Update));
        begun
    };
    let mut intended = begun();
    intended.new_call();
    intended.pass("4h");
    intended.starts(BR);
    let mut taken = begun();
    taken.taken(BR);
    taken.new_call();
    taken.pass("4h");
    taken.phase(BR, VariantPhase::Baking);
    assert!(taken.next_after(BR, &[Act::Beat]).does(Act::Look));
}

/// Whatever the counts left open in one region: evidence against the release stops the wave.
#[test]
fn counts_that_do_not_decide_save_no_condemned_release() {
    let mut night = undecided_in(AU);
    is_tripped(&mut night, AU, slow());
    night.in_service(AU, "v426");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.deferred.is_empty());
}

/// Each try is a stratum of its own, of the region's next try and of the regions after it.
#[test]
fn what_a_try_showed_is_kept_as_evidence_of_its_own() {
    let mut night = open_in_br();
    let shown = thin().evidence;
    assert!(night.sight.evidence_beside(&name(AU)).contains(&shown));
    resumed(&mut night, "wave-2");
    assert!(night.sight.evidence_beside(&name(BR)).contains(&shown));
}

/// A person may start another execution at any time: home goes on after its own alone.
#[test]
fn home_does_not_go_on_after_a_persons_execution() {
    let mut night = Night::baking(BR);
    start(&mut night, at("03:00:00"));
    night.hub(wave("wave-0", None));
    night.due(BR);
    rolls_back(&mut night, BR);
    assert_eq!(left(&night, BR).next, NextTry::Persons);
}

#[test]
fn the_audit_lets_home_start_no_canary_beyond_policys_tries() {
    let mut night = open_in_br();
    resumed(&mut night, "wave-2");
    night.fleet.wave.tries = 1;
    let why = Step::WaveOver.into();
    let plan = Plan { next: Next::Do(Act::Update, name(BR), night.target(BR, "v427")), why };
    let found = audit(&night.fleet, &night.sight, &plan, night.now);
    assert!(found.contains(&Violation::TriesUsedUp { region: name(BR) }), "{found:?}");
    night.fleet.wave.tries = 2;
    let found = audit(&night.fleet, &night.sight, &plan, night.now);
    assert!(!found.contains(&Violation::TriesUsedUp { region: name(BR) }), "{found:?}");
}

/// A late call of a wave that has ended leaves nothing behind any more (I10).
#[test]
fn a_wave_that_has_ended_defers_no_undecided_region() {
    let mut night = undecided_in(BR);
    is_tripped(&mut night, BR, thin());
    let (execution, release) = (night.sight.execution.clone(), release("v427"));
    night.hub(wave_ended(release, execution, vec![name(BR)]));
    night.in_service(BR, "v426");
    let plan = night.next(BR);
    assert!(matches!(plan.why, Reason::Wave(WaveEnd::NotOn { .. })), "{plan:?}");
    assert_eq!((plan.finish(), night.sight.hub.deferred.len()), (Some(Finish::Failed), 0));
}
