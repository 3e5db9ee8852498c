//! What holds for every sight, likely or not: the planner is total and deterministic, and never plans what the audit, or
//! a reader of the invariants, would refuse.

use crate::night::{Night, actor, at, fleet, good, judged_beside, name, release, slow, version};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::WayBack;
use meridian_domain::judge::Judgement;
use meridian_domain::plan::{Act, Bake, Golden, Next, Plan, RollbackSight, Sight, promote, rollback, verify};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Decision, EndpointStatus, EndpointView, Epoch, Fleet, HubHistory, Lease, OpenUpdate,
    Override, PendingDeployment, Record, RegionHistory, Return, Rule, Seen, Serving, Target, Unknown, VariantPhase,
    Verdict, alarms, audit,
};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const VERSIONS: [&str; 3] = ["v425", "v426", "v427"];
const WAVES: [&str; 2] = ["wave-1", "wave-0"];

static FLEET: LazyLock<Fleet> = LazyLock::new(fleet);
static NIGHT: LazyLock<Night> = LazyLock::new(Night::new);

fn target(text: &str) -> Target {
    NIGHT.target("eu-west-1", text)
}

fn targets() -> impl Strategy<Value = Target> {
    let [a, b, c] = VERSIONS.map(target);
    prop_oneof![1 => Just(a), 3 => Just(b), 3 => Just(c)]
}

fn wave() -> impl Strategy<Value = meridian_domain::Actor> {
    prop_oneof![4 => Just(actor(WAVES[0])), 1 => Just(actor(WAVES[1]))]
}

/// Within an hour and a half of the night's middle.
fn moment() -> impl Strategy<Value = Timestamp> {
    (0i64..5400).prop_map(|seconds| at("03:00:00") + SignedDuration::from_secs(seconds))
}

fn seen<T: std::fmt::Debug + Clone + 'static>(known: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Seen<T>> {
    prop_oneof![9 => known.prop_map(Seen::Known), 1 => Just(Seen::Unknown("no answer".to_owned()))].boxed()
}

fn decision() -> impl Strategy<Value = (Option<(Decision, String)>, Option<Cause>)> {
    let said = select(vec![Decision::Proceed, Decision::Revert, Decision::Hold]);
    (
        of(said.prop_map(|said| (said, "why".to_owned()))),
        of(select(vec![Cause::Release, Cause::Region, Cause::Unclear])),
    )
}

/// As the first region's policy has it, as another policy had it, or from before bakes were planned.
fn bake() -> impl Strategy<Value = Option<Bake>> {
    let other = Bake { wait: SignedDuration::from_mins(8), percent: 10 };
    prop_oneof![8 => Just(Some(Bake::usual(&FLEET.regions[0]))), 1 => Just(Some(other)), 1 => Just(None)]
}

prop_compose! {
    fn update()(
        target in targets(), back in weighted(0.9, targets()), execution in wave(), epoch in weighted(0.9, Just(Epoch(1))),
        at in moment(), started: bool, from in weighted(0.7, moment()), (decision, cause) in decision(),
        bake in bake(), confirmed in prop::bool::weighted(0.3),
    ) -> OpenUpdate {
        let canary = from.map(|from| (from, from + bake.map_or(FLEET.regions[0].bake, |bake| bake.wait)));
        let (leaves, confirmed_at) = (None, confirmed.then_some(at));
        OpenUpdate {
            target, back, leaves, execution, epoch, bake, at, started, canary, decision, cause, confirmed, confirmed_at,
        }
    }
}

prop_compose! {
    fn history()(
        attested in weighted(0.9, Just(())), serving in weighted(0.95, targets()), previous in of(targets()),
        update in weighted(0.5, update()), confirmed in prop::bool::weighted(0.7),
        returned in weighted(0.1, (wave(), decision())), halted in prop::bool::weighted(0.05),
        unknown in prop::bool::weighted(0.1), full_load in prop::bool::weighted(0.5),
    ) -> RegionHistory {
        let by = actor(WAVES[0]);
        let release = release("v427");
        RegionHistory {
            attested: attested.map(|()| release).into_iter().collect(),
            serving: serving.map(|target| Serving { target, since: at("03:00:00"), by: by.clone() }),
            previous,
            update,
            confirmed: confirmed.then_some((release, by)).into_iter().collect(),
            full_load: full_load.then_some(release).into_iter().collect(),
            returned: returned
                .map(|(wave, (_, cause))| (release, Return { wave, why: "slow".to_owned(), cause }))
                .into_iter()
                .collect(),
            halt: halted.then(|| "its alarm rang".to_owned()),
            unknown: unknown.then(|| Unknown { since: at("03:00:00"), why: "its rollback failed".to_owned() }),
            ..RegionHistory::default()
        }
    }
}

prop_compose! {
    fn endpoint()(
        status in prop_oneof![
            4 => Just(EndpointStatus::InService),
            4 => Just(EndpointStatus::Updating),
            1 => select(vec![
                EndpointStatus::Creating, EndpointStatus::SystemUpdating, EndpointStatus::RollingBack,
                EndpointStatus::OutOfService, EndpointStatus::Deleting, EndpointStatus::Failed,
                EndpointStatus::UpdateRollbackFailed,
            ]),
        ],
        config in targets(), pending in weighted(0.9, targets()),
        phase in of(select(vec![
            VariantPhase::Creating, VariantPhase::Updating, VariantPhase::Deleting, VariantPhase::ActivatingTraffic,
            VariantPhase::Baking,
        ])),
        phase_since in of(moment()),
    ) -> EndpointView {
        let pending = pending.map(|target| PendingDeployment {
            config: target.config,
            instances: None,
            phase,
            phase_since,
        });
        EndpointView { status, config: config.config, instances: None, pending, failure_reason: None }
    }
}

prop_compose! {
    fn hub()(
        lease in weighted(0.7, (wave(), moment())), approved in prop::bool::weighted(0.9),
        condemned in prop::bool::weighted(0.05), halted in prop::bool::weighted(0.05), ended in prop::bool::weighted(0.25),
        ill in prop::collection::vec(weighted(0.2, (wave(), moment())), 4),
        deferred in prop::collection::vec(weighted(0.15, wave()), 4),
        overridden in weighted(0.2, (select(vec![Rule::Freeze, Rule::Order, Rule::Skew]), moment())),
    ) -> HubHistory {
        let regions = || FLEET.regions.iter().map(|region| region.name.clone());
        HubHistory {
            epoch: Epoch(1),
            lease: lease.map(|(holder, until)| Lease { epoch: Epoch(1), holder, until }),
            approved: approved.then(|| release("v427")).into_iter().collect(),
            condemned: condemned.then(|| (release("v427"), "slow".to_owned())).into_iter().collect(),
            halt: halted.then(|| "stop".to_owned()),
            overrides: overridden
                .map(|(what, until)| Override { what, region: None, who: actor("maria"), why: "fix".to_owned(), until })
                .into_iter()
                .collect(),
            ended: ended.then(|| (actor(WAVES[0]), Vec::new())).into_iter().collect(),
            ill: regions().zip(ill).filter_map(|(region, ill)| Some((region, ill?))).collect(),
            deferred: regions().zip(deferred).filter_map(|(r, wave)| Some(((wave?, r), "dark".to_owned()))).collect(),
            ..HubHistory::default()
        }
    }
}

fn alarm_views() -> impl Strategy<Value = Vec<AlarmView>> {
    let mut names = alarms::guard_names(&FLEET);
    names.push(alarms::composite_name(&FLEET));
    prop::collection::vec(prop_oneof![9 => Just(AlarmState::Ok), 1 => Just(AlarmState::Alarm)], names.len()).prop_map(
        move |states| {
            let view =
                |(name, state): (&String, AlarmState)| AlarmView { name: name.clone(), state, reason: String::new() };
            names.iter().zip(states).map(view).collect()
        },
    )
}

/// What the judge may say: of much and of little, alone and with evidence of others beside it.
static JUDGED: LazyLock<Vec<Judgement>> = LazyLock::new(|| {
    let alone = [(0, 0), (100, 0), (3_000, 0), (3_000, 40), (100_000, 3), (100_000, 5_000)];
    let beside = [Vec::new(), vec![good().evidence], vec![good().evidence, slow().evidence]];
    let all = alone.iter().flat_map(|(requests, slow)| beside.iter().map(move |beside| (*requests, *slow, beside)));
    all.map(|(requests, slow, beside)| judged_beside(requests, slow, beside)).collect()
});

fn judgement() -> impl Strategy<Value = Judgement> {
    select(&JUDGED[..])
}

fn acts() -> impl Strategy<Value = BTreeSet<Act>> {
    let all = vec![Act::Prepare, Act::Beat, Act::Look, Act::AskGolden, Act::Trip, Act::Disarm];
    prop::sample::subsequence(all, 0..=6).prop_map(|acts| acts.into_iter().collect())
}

/// Golden records, so many of ten right.
fn asked(right: Seen<u32>) -> Seen<Golden> {
    match right {
        Seen::Known(right) => Seen::Known(Golden { asked: 10, right }),
        Seen::Unknown(why) => Seen::Unknown(why),
    }
}

prop_compose! {
    fn sight()(
        hub in hub(), histories in prop::collection::vec(seen(history()), 4),
        endpoints in prop::collection::vec(seen(weighted(0.95, endpoint())), 4), since in moment(),
        approved in seen(prop::bool::weighted(0.9)), alarms in seen(alarm_views()), judged in of(seen(judgement())),
        golden in of(seen(prop_oneof![Just(10u32), 0u32..=9])), refused in weighted(0.05, Just("quota".to_owned())), done in acts(), pages in any::<bool>(), forgotten in weighted(0.02, any::<Index>()),
    ) -> Sight {
        let names: Vec<_> = FLEET.regions.iter().map(|region| region.name.clone()).collect();
        let mut sight = Sight {
            release: release("v427"),
            version: "v427".parse().unwrap(),
            execution: actor(WAVES[0]),
            since,
            hub,
            regions: names.iter().cloned().zip(histories).collect(),
            endpoints: names.iter().cloned().zip(endpoints).collect(),
            paged: if pages { names.iter().cloned().collect() } else { BTreeSet::new() },
            approved,
            alarms,
            judged,
            golden: names.iter().filter_map(|name| Some((name.clone(), asked(golden.clone()?)))).collect(),
            refused,
            done,
        };
        if let Some(which) = forgotten {
            sight.regions.remove(which.get(&names));
            sight.endpoints.remove(which.get(&names));
        }
        sight
    }
}

/// EU at the key moments of its update.
static MOMENTS: LazyLock<Vec<(Sight, Timestamp)>> = LazyLock::new(|| {
    let eu = "eu-west-1";
    let mut nights = vec![Night::new(), Night::provisioning(eu), Night::baking(eu), Night::let_through(eu)];
    let mut intended = Night::new();
    intended.takes_updates = false;
    intended.call(eu);
    intended.in_service(eu, "v426");
    intended.sight.hub.ill.clear();
    nights.push(intended);
    for returned in [false, true] {
        let mut failing = Night::baking(eu);
        failing.judged = Seen::Known(slow());
        failing.call(eu);
        if returned {
            failing.in_service(eu, "v426");
            failing.rollback(eu);
        }
        nights.push(failing);
    }
    let mut due = Night::baking(eu);
    due.due(eu);
    nights.push(due);
    for phase in [VariantPhase::ActivatingTraffic, VariantPhase::Baking, VariantPhase::Deleting] {
        let mut shifted = Night::let_through(eu);
        shifted.now = shifted.canary_ends(eu);
        shifted.phase(eu, phase);
        nights.push(shifted);
    }
    // Proved, and judged at full load: not yet, on counts that pass, on counts that fail.
    for (later, judgement) in [("30s", good()), ("6m", good()), ("6m", slow())] {
        let mut loaded = Night::let_through(eu);
        loaded.now = loaded.canary_ends(eu) + SignedDuration::from_mins(1);
        loaded.phase(eu, VariantPhase::Baking);
        loaded.call(eu);
        loaded.judged = Seen::Known(judgement);
        loaded.pass(later);
        loaded.call(eu);
        nights.push(loaded);
    }
    for version in ["v426", "v427"] {
        let mut ended = Night::let_through(eu);
        ended.in_service(eu, version);
        nights.push(ended);
    }
    for (status, asked) in
        [(None, false), (None, true), (Some(EndpointStatus::Creating), true), (Some(EndpointStatus::InService), true)]
    {
        nights.push(first(eu, status, asked));
    }
    nights.into_iter().map(|night| (night.sight, night.now)).collect()
});

/// A region's first release, asked for or not, its endpoint in this state.
fn first(region: &str, status: Option<EndpointStatus>, asked: bool) -> Night {
    let mut night = Night::new();
    night.sight.regions.insert(name(region), Seen::Known(RegionHistory::default()));
    night.tell(region, Record::Attested { release: release("v427"), version: version("v427") });
    night.sight.endpoints.insert(name(region), Seen::Known(None));
    if asked {
        night.call_until(region, |night| night.history(region).update.is_some());
    }
    if let Some(status) = status {
        let config = night.target(region, "v427").config;
        let view = EndpointView { status, config, instances: None, pending: None, failure_reason: None };
        night.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
    }
    night
}

/// The same fleet, frozen on the night of these sights.
static FROZEN: LazyLock<Fleet> = LazyLock::new(|| {
    let freeze = "[[freeze]]\nname = \"peak\"\nwhy = \"volumes\"\nfrom = \"2026-11-19\"\nuntil = \"2026-11-22\"\n";
    Fleet::parse(&format!("{}\n{freeze}", include_str!("../../../../fleet.toml"))).unwrap()
});

// One of these moments, a little later, with each part of it now and then replaced by any other.
prop_compose! {
    fn likely()(
        moment: Index, later in 0i64..240, other in sight(), history in weighted(0.15, seen(history())),
        endpoint in weighted(0.15, seen(of(endpoint()))), hub in prop::bool::weighted(0.15), alarms in prop::bool::weighted(0.15),
        neighbours in prop::bool::weighted(0.15), since in prop::bool::weighted(0.5),
    ) -> (Sight, Timestamp) {
        let (mut sight, now) = moment.get(&MOMENTS).clone();
        let now = now + SignedDuration::from_secs(later);
        if let Some(lease) = &mut sight.hub.lease {
            lease.until = now + SignedDuration::from_secs(if later < 20 { 60 } else { 600 });
        }
        let home = name("eu-west-1");
        let (own, view) = (sight.regions[&home].clone(), sight.endpoints[&home].clone());
        if neighbours {
            sight.regions = other.regions;
        }
        sight.regions.insert(home.clone(), history.unwrap_or(own));
        sight.endpoints.insert(home, endpoint.unwrap_or(view));
        sight.hub = if hub { other.hub } else { sight.hub };
        sight.alarms = if alarms { other.alarms } else { sight.alarms };
        sight.since = if since { now } else { sight.since };
        (sight.judged, sight.golden) = (other.judged, other.golden);
        (sight.done, sight.paged) = (other.done, other.paged);
        (sight, now)
    }
}

fn any_sight() -> impl Strategy<Value = (Sight, Timestamp)> {
    prop_oneof![1 => (sight(), moment()), 3 => likely()]
}

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
        let dark = "no answer".to_owned();
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

    /// I6: a rollback is total, asks for nothing outside its region, and only ever goes back.
    #[test]
    fn a_rollback_needs_its_own_region_only(
        history in seen(history()), endpoint in seen(weighted(0.95, endpoint())),
        alarm in seen(of(Just("slow".to_owned()))), done in acts(), golden in of(9u32..=10), paged: bool,
        unwritten in 0usize..2, now in moment(), which: Index, way_back in seen(of((targets(), targets()))),
    ) {
        let fleet = &*FLEET;
        let region = &fleet.regions[which.index(4)];
        let actor = actor("rollback.eu-west-1");
        let golden = golden.map(|right| Seen::Known(Golden { asked: 10, right }));
        let way_back = match way_back {
            Seen::Known(way) => Seen::Known(way.map(|(target, back)| WayBack { target, back })),
            Seen::Unknown(why) => Seen::Unknown(why),
        };
        let sight = RollbackSight { actor, history, way_back, endpoint, alarm, done, golden, paged, unwritten };
        let plan = rollback(region, &sight, now);
        prop_assert_eq!(&plan, &rollback(region, &sight, now));
        let own = match &plan.next {
            Next::TellHub(_) | Next::TakeLease { .. } => false,
            Next::TellRegion(at, _) | Next::Do(_, at, _) | Next::Page { region: at, .. } => *at == region.name,
            Next::Wait | Next::Finish(_) => true,
        };
        prop_assert!(own, "{:?}", plan);
        if let Next::Do(Act::Update, _, target) = &plan.next {
            let update = sight.history.known().and_then(|history| history.update.as_ref());
            let intended = update.is_some_and(|update| update.target == *target && update.epoch.is_none());
            // Without a ledger, what stands beside the alarms is the intent.
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
    for _ in 0..4000 {
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
        Next::TakeLease { .. } => "TakeLease".to_owned(),
        Next::Wait => "Wait".to_owned(),
        Next::Finish(how) => format!("{how:?}"),
    }
}
