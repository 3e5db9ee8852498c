//! The audit of a start: the facts under which an update may be asked for, and what is refused when one of them is gone.

use super::night::{AU, BR, EU, JP, Night, actor, at, bytes_unknown, name, order_reason, release, said, unseen};
use jiff::SignedDuration;
use meridian_domain::Invariant::{self, I1, I2, I3, I5, I7, I8, I9, I10, I11, I13};
use meridian_domain::plan::{Act, Bake, Next, Plan};
use meridian_domain::quarantine::{Object, Quarantine};
use meridian_domain::{
    ApprovedRelease, Cause, Decision, EndpointStatus, EndpointView, Epoch, Lease, OpenUpdate, Record, RegionHistory,
    Return, Rule, Seen, Unknown, Violation, audit,
};

/// EU serves v427, and AU's update stands in its ledger, about to be asked for.
fn about_to_start() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.next_after(AU, &[Act::Prepare]);
    night
}

/// The invariants that AU's update would break.
fn broken(night: &Night) -> Vec<Invariant> {
    let plan = Plan { next: Next::Do(Act::Update, name(AU), night.target(AU, "v427")), why: said("") };
    audit(&night.fleet, &night.sight, &plan, night.now).iter().map(Violation::invariant).collect()
}

/// The same once something has changed.
fn after(change: impl FnOnce(&mut Night)) -> Vec<Invariant> {
    let mut night = about_to_start();
    change(&mut night);
    broken(&night)
}

fn endpoint<'a>(night: &'a mut Night, region: &str) -> &'a mut EndpointView {
    match night.sight.endpoints.get_mut(&name(region)) {
        Some(Seen::Known(Some(view))) => view,
        other => panic!("{region}'s endpoint is not seen: {other:?}"),
    }
}

fn open<'a>(night: &'a mut Night, region: &str) -> &'a mut OpenUpdate {
    night.history_mut(region).update.as_mut().unwrap()
}

fn blind(night: &mut Night, region: &str) {
    night.sight.regions.insert(name(region), Seen::Unknown(unseen()));
}

fn defer(night: &mut Night, region: &str, wave: &str) {
    night.hub_mut().deferred.insert((actor(wave), name(region)), said(""));
}

fn set_aside(night: &mut Night, what: Rule, region: Option<&str>) {
    let until = night.now + SignedDuration::from_hours(1);
    night.hub(Record::Overridden { what, region: region.map(name), why: String::new(), until });
}

#[test]
fn a_start_with_every_fact_in_place_is_let_go() {
    assert_eq!(broken(&about_to_start()), []);
}

/// I7: nothing starts in a halted fleet, in a region left behind, or for a release that anything speaks against.
#[test]
fn nothing_starts_against_a_halt_or_a_word_against_the_release() {
    assert_eq!(after(|night| night.hub_mut().halt = Some(said(""))), [I7], "the fleet's halt");
    assert_eq!(after(|night| night.history_mut(BR).halt = Some(said(""))), [I7], "any region's halt");
    assert_eq!(after(|night| defer(night, AU, "wave-1")), [I7], "left behind in this wave");
    assert_eq!(after(|night| defer(night, AU, "wave-0")), [], "in another wave");
    let condemned = |text: &str| {
        let release = release(text);
        after(|night| drop(night.hub_mut().condemned.insert(release, said(""))))
    };
    assert_eq!(condemned("v427"), [I7]);
    assert_eq!(condemned("v425"), [], "another release");
    let quarantined = |text: &str| {
        let (object, releases) = (Object::Release(release(text)), vec![release(text)]);
        let own = Quarantine { object, releases, since: at("02:00:00"), who: actor("maria"), why: String::new() };
        after(|night| night.hub_mut().quarantined.push(own))
    };
    assert_eq!(quarantined("v427"), [I7]);
    assert_eq!(quarantined("v425"), [], "another release");
    let left = |cause| Return { wave: actor("wave-0"), why: said(""), cause };
    let returned = |cause| after(|night| drop(night.history_mut(BR).returned.insert(release("v427"), left(cause))));
    assert_eq!(returned(Some(Cause::Release)), [I7], "a region left it for its own fault");
    assert_eq!(returned(Some(Cause::Region)), []);
}

/// I2: bytes that are attested here, and approved by the ledger and the registry.
#[test]
fn nothing_starts_on_bytes_that_are_not_attested_and_approved() {
    assert_eq!(after(|night| night.history_mut(AU).attested.clear()), [I2]);
    assert_eq!(after(|night| night.history_mut(BR).attested.clear()), [], "another region's replica");
    assert_eq!(after(|night| night.hub_mut().approved.clear()), [I2], "not in the ledger");
    assert_eq!(after(|night| night.sight.approved = Seen::Known(false)), [I2], "not in the registry");
    assert_eq!(after(|night| night.sight.approved = Seen::Unknown(unseen())), [I2], "the registry does not answer");
}

/// I5: the endpoint is in service on what it would roll back to, which its ledger says was proved.
#[test]
fn nothing_starts_without_a_proved_way_back() {
    let view = |status| after(move |night: &mut Night| endpoint(night, AU).status = status);
    assert_eq!(view(EndpointStatus::Updating), [I5]);
    assert_eq!(view(EndpointStatus::InService), []);
    assert_eq!(after(|night| night.in_service(AU, "v425")), [I5], "it serves something else");
    assert_eq!(after(|night| night.dark(AU)), [I5], "what it serves is unknown");
    assert_eq!(after(|night| night.history_mut(AU).serving = None), [I5], "its ledger knows of nothing proved");
    assert_eq!(after(|night| open(night, AU).back = Some(Night::new().target(AU, "v425"))), [I5], "another way back");
    assert_eq!(after(|night| open(night, AU).back = None), [I5], "none");
}

/// I8, I9, I10, I11, I13: the intent stands, its canary is one that policy allows, the wave lasts, the lease is held, and what
/// serves is known.
#[test]
fn nothing_starts_unintended_or_for_a_wave_that_is_over() {
    assert_eq!(after(|night| open(night, AU).target = Night::new().target(AU, "v428")), [I8]);
    assert_eq!(
        after(|night| night.history_mut(AU).update = None),
        [I9, I8, I5],
        "no intent, so no plan and no way back"
    );
    assert_eq!(after(|night| open(night, AU).bake = None), [I9]);
    let ends = |wave: &str| {
        let wave = actor(wave);
        after(|night| drop(night.hub_mut().ended.insert(wave, Vec::new())))
    };
    assert_eq!(ends("wave-1"), [I10]);
    assert_eq!(ends("wave-0"), [], "another wave");
    assert_eq!(after(|night| night.hub_mut().lease = None), [I11]);
    let unknown = Unknown { since: at("03:00:00"), why: bytes_unknown() };
    assert_eq!(after(|night| night.history_mut(AU).unknown = Some(unknown)), [I13]);
}

/// I9: share and time within policy's bounds, ends included; the share counts for a canary only.
#[test]
fn the_canary_is_within_policys_bounds() {
    let with = |change: fn(&mut Bake, &Night)| {
        let mut night = about_to_start();
        let mut bake = open(&mut night, AU).bake.unwrap();
        change(&mut bake, &night);
        open(&mut night, AU).bake = Some(bake);
        broken(&night)
    };
    assert_eq!(with(|bake, night| bake.wait = night.region(AU).bake), [], "the longest");
    assert_eq!(with(|bake, night| bake.wait = night.region(AU).shortest_bake), [], "the shortest");
    assert_eq!(with(|bake, night| bake.wait = night.region(AU).bake + SignedDuration::from_secs(1)), [I9]);
    assert_eq!(with(|bake, night| bake.wait = night.region(AU).shortest_bake - SignedDuration::from_secs(1)), [I9]);
    assert_eq!(with(|bake, night| bake.percent = night.region(AU).canary_percent.max), []);
    assert_eq!(with(|bake, night| bake.percent = night.region(AU).canary_percent.min), []);
    assert_eq!(with(|bake, night| bake.percent = night.region(AU).canary_percent.max + 1), [I9]);
    assert_eq!(with(|bake, night| bake.percent = night.region(AU).canary_percent.min - 1), [I9]);
}

/// I3: evidence of every region before, or a recorded deferral, or a person's word.
#[test]
fn nothing_starts_before_the_regions_ahead_of_it_have_evidence() {
    let left = |night: &mut Night| night.in_service(EU, "v426");
    assert_eq!(after(left), [I3], "EU is seen to have left the release");
    assert_eq!(after(|night| night.history_mut(EU).confirmed.clear()), [I3], "never proved there");
    assert_eq!(after(|night| night.history_mut(EU).full_load.clear()), [I3], "not judged at full load");
    assert_eq!(after(|night| night.history_mut(EU).serving = None), [I3], "it does not serve there");
    let gone = |night: &mut Night| night.history_mut(EU).full_load.clear();
    assert_eq!(after(|night| (gone(night), defer(night, EU, "wave-1")).1), [], "left behind on record");
    assert_eq!(after(|night| (gone(night), defer(night, EU, "wave-0")).1), [I3], "in another wave");
    assert_eq!(after(|night| (gone(night), set_aside(night, Rule::Order, Some(AU))).1), [], "overridden");
    assert_eq!(after(|night| (gone(night), set_aside(night, Rule::Order, Some(JP))).1), [I3], "for another region");
    assert_eq!(after(|night| (gone(night), set_aside(night, Rule::Freeze, Some(AU))).1), [I3], "another rule");
    assert_eq!(after(|night| night.history_mut(JP).confirmed.clear()), [], "JP comes later");
}

/// I3: evidence that was told to roll back, or is being rolled back, is none.
#[test]
fn a_region_on_its_way_back_is_nobodys_evidence() {
    let update = |night: &Night, epoch, decision: Option<Decision>| {
        let mut update = night.history(AU).update.clone().unwrap();
        (update.target, update.back) = (night.target(EU, "v427"), Some(night.target(EU, "v426")));
        (update.epoch, update.confirmed) = (epoch, true);
        update.decision = decision.map(|decision| (decision, said("")));
        update
    };
    let with =
        |epoch, decision| after(move |night| night.history_mut(EU).update = Some(update(night, epoch, decision)));
    assert_eq!(with(Some(Epoch(1)), Some(Decision::Proceed)), [], "in soak");
    assert_eq!(with(Some(Epoch(1)), None), []);
    assert_eq!(with(Some(Epoch(1)), Some(Decision::Revert)), [I3], "ordered to roll back");
    let other = after(|night| {
        let mut update = update(night, Some(Epoch(1)), Some(Decision::Revert));
        update.target = night.target(EU, "v428");
        night.history_mut(EU).update = Some(update);
    });
    assert_eq!(other, [], "another release was ordered to roll back: this one serves");
    let rollback = after(|night| {
        let mut update = update(night, None, None);
        update.leaves = Some((night.target(EU, "v427"), actor("wave-1")));
        update.target = night.target(EU, "v426");
        night.history_mut(EU).update = Some(update);
    });
    assert_eq!(rollback, [I3], "a rollback has rolled it back");
}

/// I1, I13: one region moves at a time; one that cannot be seen is not assumed to stand still.
#[test]
fn nothing_starts_while_another_region_moves_or_cannot_be_seen() {
    let moving = |change: fn(&mut OpenUpdate)| {
        after(move |night| {
            let mut update = night.history(AU).update.clone().unwrap();
            (update.target, update.back) = (night.target(JP, "v427"), Some(night.target(JP, "v426")));
            update.started = true;
            change(&mut update);
            night.history_mut(JP).update = Some(update);
        })
    };
    assert_eq!(moving(|_| ()), [I1]);
    assert_eq!(moving(|update| update.confirmed = true), [], "in soak");
    assert_eq!(moving(|update| update.started = false), [I1], "perhaps called: its wave holds the lease");
    assert_eq!(after(|night| blind(night, JP)), [I13]);
    assert_eq!(
        after(|night| (blind(night, JP), defer(night, JP, "wave-1")).1),
        [],
        "left behind: no longer waited for"
    );
    assert_eq!(after(|night| (blind(night, JP), defer(night, JP, "wave-0")).1), [I13]);
}

/// I1: an intent of a wave that lost the lease before it called anything holds nobody up, where nothing moves.
#[test]
fn an_abandoned_intent_holds_nobody_up() {
    let abandoned = |change: fn(&mut Night)| {
        after(move |night| {
            let mut update = night.history(AU).update.clone().unwrap();
            (update.target, update.back) = (night.target(JP, "v427"), Some(night.target(JP, "v426")));
            update.execution = actor("wave-0");
            night.history_mut(JP).update = Some(update);
            change(night);
        })
    };
    assert_eq!(abandoned(|_| ()), []);
    assert_eq!(abandoned(|night| open(night, JP).started = true), [I1], "it was called");
    fn decided(night: &mut Night) {
        open(night, JP).decision = Some((Decision::Revert, said("")));
    }
    assert_eq!(abandoned(decided), [I1], "somebody decided about it as if it was");
    assert_eq!(abandoned(|night| night.dark(JP)), [I1], "whether it moves is unknown");
    assert_eq!(abandoned(|night| endpoint(night, JP).status = EndpointStatus::Updating), [I1], "it moves");
    assert_eq!(abandoned(|night| night.in_service(JP, "v425")), [I1], "it serves something else");
    let dark_and_left = |night: &mut Night| (decided(night), defer(night, JP, "wave-0")).1;
    assert_eq!(abandoned(dark_and_left), [], "its own wave left it behind");
    let held = |holder: &str, seconds: i64| {
        let mut night = about_to_start();
        let mut update = night.history(AU).update.clone().unwrap();
        (update.target, update.back) = (night.target(JP, "v427"), Some(night.target(JP, "v426")));
        update.execution = actor("wave-0");
        night.history_mut(JP).update = Some(update);
        let until = night.now + SignedDuration::from_secs(seconds);
        night.hub_mut().lease = Some(Lease { epoch: Epoch(1), holder: actor(holder), until });
        broken(&night)
    };
    assert_eq!(held("wave-1", 1), []);
    assert_eq!(held("wave-0", 1), [I1, I11], "its own wave may still call it");
    assert_eq!(held("wave-0", 0), [I11], "its time is over");
    assert_eq!(held("wave-0", -1), [I11]);
}

/// I3: an order by traffic is the wave's own: it stands on record, with every region in it.
#[test]
fn an_order_counts_that_is_on_record_and_leaves_nobody_out() {
    use meridian_domain::OrderPolicy;
    use meridian_domain::plan::WaveOrder;
    let ordered = |policy: OrderPolicy, regions: Option<&[&str]>| {
        let regions = regions.map(|regions| regions.iter().map(|region| name(region)).collect());
        after(move |night| {
            night.fleet.order = policy;
            night.hub_mut().orders.clear();
            let order = regions.map(|regions| WaveOrder { regions, why: order_reason() });
            night.hub_mut().orders.extend(order.map(|order| (actor("wave-1"), order)));
        })
    };
    assert_eq!(ordered(OrderPolicy::Fixed, None), [], "as listed");
    assert_eq!(ordered(OrderPolicy::Signal, None), [I3], "nobody wrote it down");
    assert_eq!(ordered(OrderPolicy::Signal, Some(&[EU, AU, JP, BR])), []);
    assert_eq!(ordered(OrderPolicy::Signal, Some(&[AU, EU, JP, BR])), []);
    assert_eq!(ordered(OrderPolicy::Signal, Some(&[EU, AU, JP])), [I3], "BR is left out");
    assert_eq!(ordered(OrderPolicy::Signal, Some(&[JP, EU, AU, BR])), [I3], "JP comes first, and has no evidence");
    assert_eq!(ordered(OrderPolicy::Fixed, Some(&[JP, EU, AU, BR])), [I3], "likewise, where policy has changed since");
}

/// I3: a region that joins holds up nobody, one that is frozen waits.
#[test]
fn a_frozen_region_starts_on_an_override_that_counts() {
    let frozen = |change: fn(&mut Night)| {
        after(move |night| {
            let shift = at("03:02:00").duration_until("2026-11-27T03:02:00Z".parse().unwrap());
            night.now += shift;
            let lease = night.hub_mut().lease.as_mut().unwrap();
            lease.until += shift;
            change(night);
        })
    };
    assert_eq!(frozen(|_| ()), [I3], "Black Friday");
    assert_eq!(frozen(|night| set_aside(night, Rule::Freeze, Some(AU))), []);
    assert_eq!(frozen(|night| set_aside(night, Rule::Freeze, None)), []);
    assert_eq!(frozen(|night| set_aside(night, Rule::Freeze, Some(JP))), [I3]);
    assert_eq!(frozen(|night| set_aside(night, Rule::Skew, Some(AU))), [I3]);
}

/// I3: who is further behind than policy allows starts nobody's update until people were told of that release; a person may set
/// that aside.
#[test]
fn nothing_starts_while_a_region_far_behind_is_unreported() {
    // AU, JP and BR serve v426; policy bears two releases.
    let approved = |line: &[&str]| {
        let at = at("03:00:00");
        line.iter().map(|text| ApprovedRelease { release: release(text), came: at, at }).collect::<Vec<_>>()
    };
    let with = |line: &[&str], change: fn(&mut Night)| {
        let line = approved(line);
        after(move |night| {
            night.hub_mut().line = line;
            change(night);
        })
    };
    let far = ["v425", "v426", "v426b", "v426c", "v427"];
    let told = |night: &mut Night, region: &str, text: &str| {
        night.hub_mut().skew_told.insert((name(region), release(text)));
    };
    assert_eq!(with(&["v425", "v426", "v426b", "v427"], |_| ()), [], "two releases");
    assert_eq!(with(&far, |_| ()), [I3; 3], "three releases");
    assert_eq!(with(&["v426b", "v426c", "v427"], |_| ()), [I3; 3], "three, and v426 is older than the line");
    assert_eq!(with(&far, |night| drop(night.hub_mut().condemned.insert(release("v426b"), said("")))), []);
    let one = after(|night| {
        night.hub_mut().line = approved(&far);
        told(night, AU, "v427");
        told(night, JP, "v426c");
    });
    assert_eq!(one, [I3; 2], "of AU, of an older release in JP, and of BR nothing");
    let all = after(|night| {
        night.hub_mut().line = approved(&far);
        [AU, JP, BR].iter().for_each(|region| told(night, region, "v427"));
    });
    assert_eq!(all, []);
    assert_eq!(with(&far, |night| set_aside(night, Rule::Skew, Some(AU))), [I3; 2]);
    assert_eq!(with(&far, |night| set_aside(night, Rule::Skew, None)), []);
}

/// I1: so does an abandoned intent for a region's first release, where no endpoint came of it.
#[test]
fn an_abandoned_first_release_holds_nobody_up() {
    let first = |endpoint: Seen<Option<EndpointView>>, confirmed: bool| {
        after(move |night| {
            let mut update = night.history(AU).update.clone().unwrap();
            (update.target, update.back) = (night.target(JP, "v427"), None);
            update.execution = actor("wave-0");
            let ever = night.history_mut(JP).confirmed.clone();
            *night.history_mut(JP) = RegionHistory { update: Some(update), ..RegionHistory::default() };
            if confirmed {
                night.history_mut(JP).confirmed = ever;
            }
            night.sight.endpoints.insert(name(JP), endpoint);
        })
    };
    assert_eq!(first(Seen::Known(None), false), []);
    assert_eq!(first(Seen::Known(None), true), [I1], "something served there once");
    assert_eq!(first(Seen::Unknown(unseen()), false), [I1], "whether it is being created is unknown");
}
