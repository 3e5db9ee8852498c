//! What holds for every sight, likely or not: the planner is total and deterministic, and never plans what the audit, or
//! a reader of the invariants, would refuse.

use crate::night::{actor, name, unseen};
use crate::sights::*;
use jiff::Timestamp;
use meridian_domain::alarms::WayBack;
use meridian_domain::plan::{Act, Golden, Next, Plan, RollbackSight, Sight, promote, rollback, verify};
use meridian_domain::{Decision, EndpointStatus, Fleet, Record, Rule, Seen, Verdict, audit};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

fn region(which: Index) -> usize {
    // EU as often as the other three: its sight is the likely one.
    which.index(6).saturating_sub(2)
}

/// Frozen, and nobody said otherwise.
fn frozen(fleet: &Fleet, region: &str, sight: &Sight, now: Timestamp) -> bool {
    let overridden = sight.hub.overrides.iter().any(|own| own.what == Rule::Freeze && own.until > now);
    !overridden && fleet.frozen(&name(region), now, now).is_some()
}

/// What a reader of the invariants asks of a step, in words of its own.
fn refused(fleet: &Fleet, region: &str, sight: &Sight, plan: &Plan, now: Timestamp) -> Option<&'static str> {
    let history = sight.regions.get(&name(region)).and_then(Seen::known);
    let update = history.and_then(|history| history.update.as_ref());
    let wave = (sight.execution.clone(), name(region));
    match &plan.next {
        Next::Do(Act::Update, at, target) => {
            let endpoint = sight.endpoints.get(at).and_then(Seen::known).and_then(Option::as_ref);
            let lease = sight.hub.lease.as_ref().filter(|lease| lease.until > now);
            let set_aside = sight.hub.overrides.iter().any(|own| own.what == Rule::Order && own.until > now);
            let mut earlier = fleet.regions.iter().take_while(|before| before.name != *at);
            let evidence = set_aside
                || earlier.all(|before| {
                    let history = sight.regions.get(&before.name).and_then(Seen::known);
                    sight.hub.deferred.contains_key(&(sight.execution.clone(), before.name.clone()))
                        || history.is_some_and(|history| {
                            history.serves(&sight.release) && history.full_load.contains(&sight.release)
                        })
                });
            match () {
                () if sight.hub.deferred.contains_key(&wave) => Some("a deferred region is never updated"),
                () if lease.is_none_or(|lease| lease.holder != sight.execution) => Some("no update without the lease"),
                () if !history.is_some_and(|h| h.attested.contains(&target.release)) => Some("not attested"),
                () if !sight.hub.approved.contains(&target.release) => Some("not approved in the ledger"),
                () if sight.approved != Seen::Known(true) => Some("not approved in the registry"),
                () if !evidence => Some("no evidence from the regions before"),
                () if sight.hub.halt.is_some() => Some("halted"),
                () if frozen(fleet, region, sight, now) => Some("nothing starts in a freeze"),
                () if endpoint.is_none_or(|view| view.status != EndpointStatus::InService) => Some("not in service"),
                () if update.is_none_or(|update| update.target != *target || update.back.is_none()) => {
                    Some("no intent")
                }
                () => None,
            }
        }
        Next::TellRegion(_, Record::Decided { decision: Decision::Proceed, judgement, .. }) => {
            let passed = judgement.as_ref().is_some_and(|judgement| {
                let carried = judgement.verdict == Verdict::Inconclusive && judgement.wave == Verdict::Pass;
                let said = sight.judged == Some(Seen::Known(judgement.clone()));
                said && !judgement.is_missing() && (judgement.verdict == Verdict::Pass || carried)
            });
            (!passed).then_some("nothing proceeds without a pass of the region or the wave on counts that were seen")
        }
        Next::TellRegion(_, Record::Confirmed { .. }) => {
            let golden = sight.golden.get(&name(region)).and_then(Seen::known);
            let proved = golden.is_some_and(|golden| golden.right == 10);
            let proceeded = update.is_some_and(|update| update.is_decided(Decision::Proceed));
            let first = update.is_some_and(|update| update.back.is_none() && update.decision.is_none())
                && history.is_some_and(|history| history.serving.is_none());
            (!proved || !(proceeded || first)).then_some("nothing is confirmed without golden records and a decision")
        }
        Next::Do(Act::Create, ..) => {
            let nothing = sight.endpoints.get(&name(region)) == Some(&Seen::Known(None));
            let new = history.is_some_and(|history| history.serving.is_none() && history.confirmed.is_empty());
            match () {
                () if !nothing || !new => Some("no endpoint is created where something served"),
                () if frozen(fleet, region, sight, now) => Some("nothing is created in a freeze"),
                () => None,
            }
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Total, deterministic, and every step passes the audit and the reader's questions.
    #[test]
    fn every_plan_keeps_the_invariants((sight, now) in any_sight(), which: Index, frozen in prop::bool::weighted(0.2)) {
        let fleet = if frozen { &*FROZEN } else { &*FLEET };
        let region = &fleet.regions[region(which)];
        let plan = promote(fleet, region, &sight, now);
        prop_assert_eq!(&plan, &promote(fleet, region, &sight, now));
        prop_assert_eq!(audit(fleet, &sight, &plan, now), [], "{:?}", plan);
        prop_assert_eq!(refused(fleet, region.name.as_str(), &sight, &plan, now), None, "{:?}", plan);
    }

    #[test]
    fn the_last_action_keeps_them_too((sight, now) in any_sight()) {
        let fleet = &*FLEET;
        let plan = verify(fleet, &sight, now);
        prop_assert_eq!(&plan, &verify(fleet, &sight, now));
        prop_assert_eq!(audit(fleet, &sight, &plan, now), [], "{:?}", plan);
        prop_assert!(!matches!(plan.next, Next::Do(Act::Update | Act::Prepare, ..)));
    }

    /// I13: what cannot be seen is neither done nor updated.
    #[test]
    fn unknown_is_never_fine((mut sight, now) in any_sight(), which: Index, ledger: bool) {
        let fleet = &*FLEET;
        let region = &fleet.regions[region(which)];
        let dark = unseen();
        if ledger {
            sight.regions.insert(region.name.clone(), Seen::Unknown(dark));
        } else {
            sight.endpoints.insert(region.name.clone(), Seen::Unknown(dark));
        }
        let plan = promote(fleet, region, &sight, now);
        let forward = matches!(
            plan.next,
            Next::Finish(meridian_domain::plan::Finish::Done)
                | Next::Do(Act::Update | Act::Prepare, ..)
                | Next::TellRegion(_, Record::Confirmed { .. })
        );
        prop_assert!(!forward, "{:?}", plan);
    }

    /// I6: a rollback is total, asks for nothing outside its region, and only ever rolls back.
    #[test]
    fn a_rollback_needs_its_own_region_only(
        history in seen(history()), endpoint in seen(weighted(0.95, endpoint())),
        alarm in seen(of(ringings())), judge in seen(of(moment())), blame in seen(of(blames())), done in acts(), golden in of(9u32..=10), owes: bool, paged: bool,
        probation in seen(of(probations())), unwritten in 0usize..2, unscaled in of(Just(unseen())), now in moment(), which: Index, way_back in seen(of((targets(), targets()))),
    ) {
        let fleet = &*FLEET;
        let region = &fleet.regions[which.index(4)];
        let actor = actor("rollback.eu-west-1");
        let golden = golden.map(|right| Seen::Known(Golden { asked: 10, right }));
        let way_back = match way_back {
            Seen::Known(way) => Seen::Known(way.map(|(target, back)| WayBack { target, back, left: None })),
            Seen::Unknown(why) => Seen::Unknown(why),
        };
        let client_errors = blame;
        let sight = RollbackSight { actor, history: shared(history), way_back, endpoint, probation, alarm, client_errors, judge, done, golden, unscaled, owes, paged, unwritten };
        let plan = rollback(fleet, region, &sight, now);
        prop_assert_eq!(&plan, &rollback(fleet, region, &sight, now));
        let own = match &plan.next {
            Next::TellHub(_) | Next::TakeLease { .. } | Next::Advise { .. } => false,
            Next::TellRegion(at, _) | Next::Do(_, at, _) | Next::Page { region: at, .. } => *at == region.name,
            Next::Wait | Next::Finish(_) => true,
        };
        prop_assert!(own, "{:?}", plan);
        if let Next::Do(Act::Update, _, target) = &plan.next {
            let update = sight.history.known().and_then(|history| history.update.as_ref());
            let intended = update.is_some_and(|update| update.target == *target && update.epoch.is_none());
            // Without a ledger, the rollback target stored with the verdict alarm is the intent.
            let way = sight.way_back.known().and_then(Option::as_ref);
            let blind = sight.history.known().is_none() && way.is_some_and(|way| way.back == *target);
            prop_assert!(intended || blind);
        }
    }
}

/// The properties above would hold for a generator of dull sights too: this one's are not.
#[test]
fn the_sights_lead_to_every_kind_of_step() {
    let mut runner = TestRunner::deterministic();
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    let sights = likely();
    for _ in 0..12_000 {
        let (sight, now) = sights.new_tree(&mut runner).unwrap().current();
        let plan = promote(&FLEET, &FLEET.regions[0], &sight, now);
        *kinds.entry(kind(&plan)).or_default() += 1;
    }
    for expected in [
        "Prepare",
        "Update",
        "Create",
        "Beat",
        "Look",
        "AskGolden",
        "Trip",
        "Disarm",
        "page",
        "update_intended",
        "update_started",
        "canary_started",
        "proceed",
        "revert",
        "confirmed",
        "full_load_judged",
        "settled",
        "reverted",
        "region_well",
        "deferred",
        "condemned",
        "wave_ended",
        "lease_released",
        "lease_renewed",
        "TakeLease",
        "Wait",
        "Done",
        "Deferred",
        "Failed",
    ] {
        assert!(kinds.get(expected).is_some_and(|count| *count > 0), "{expected} among {kinds:?}");
    }
}

fn kind(plan: &Plan) -> String {
    match &plan.next {
        Next::TellHub(record) | Next::TellRegion(_, record) => match record {
            Record::Decided { decision, .. } => decision.to_string(),
            record => serde_json::to_value(record).unwrap()["record"].as_str().unwrap().to_owned(),
        },
        Next::Do(act, ..) => format!("{act:?}"),
        Next::Page { .. } => "page".to_owned(),
        Next::Advise { .. } => "advise".to_owned(),
        Next::TakeLease { .. } => "TakeLease".to_owned(),
        Next::Wait => "Wait".to_owned(),
        Next::Finish(how) => format!("{how:?}"),
    }
}
