//! Sights of every kind, likely and absurd, for the properties.

use crate::night::{
    Night, actor, at, bytes_unknown, fleet, good, judged_beside, name, refusal, release, ringing, said, slow, unseen,
    version,
};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::WorseThanBefore;
use meridian_domain::plan::{Act, Bake, Golden, Sight, Silence};
use meridian_domain::probation::Probation;
use meridian_domain::quarantine::{Object, Quarantine};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Decision, EndpointStatus, EndpointView, Epoch, Fleet, HubHistory, Lease, OpenUpdate,
    Override, PendingDeployment, ProbationAction, Reason, Record, RegionHistory, Return, Ringing, Rule, Seen, Serving,
    Target, Unknown, VariantPhase, WorseOnRecord, alarms,
};
use meridian_judge::{Judgement, LEAST_DAYS, ProbationFinding, ProbationJudgement, WorseWindow};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::LazyLock;

pub const VERSIONS: [&str; 3] = ["v425", "v426", "v427"];
pub const WAVES: [&str; 2] = ["wave-1", "wave-0"];

pub static FLEET: LazyLock<Fleet> = LazyLock::new(fleet);
pub static NIGHT: LazyLock<Night> = LazyLock::new(Night::new);

pub fn target(text: &str) -> Target {
    NIGHT.target("eu-west-1", text)
}

pub fn targets() -> impl Strategy<Value = Target> {
    let [a, b, c] = VERSIONS.map(target);
    prop_oneof![1 => Just(a), 3 => Just(b), 3 => Just(c)]
}

pub fn wave() -> impl Strategy<Value = meridian_domain::Actor> {
    prop_oneof![4 => Just(actor(WAVES[0])), 1 => Just(actor(WAVES[1]))]
}

/// Within an hour and a half of the night's middle.
pub fn moment() -> impl Strategy<Value = Timestamp> {
    (0i64..5400).prop_map(|seconds| at("03:00:00") + SignedDuration::from_secs(seconds))
}

pub fn seen<T: std::fmt::Debug + Clone + 'static>(known: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Seen<T>> {
    prop_oneof![9 => known.prop_map(Seen::Known), 1 => Just(Seen::Unknown(unseen()))].boxed()
}

pub fn decision() -> impl Strategy<Value = (Option<(Decision, Reason)>, Option<Cause>)> {
    let decided = select(vec![Decision::Proceed, Decision::Revert, Decision::Hold]);
    (
        of(decided.prop_map(|decided| (decided, said("why")))),
        of(select(vec![Cause::Release, Cause::Region, Cause::Undecided, Cause::Unclear])),
    )
}

/// As the first region's policy has it, as another policy had it, or from before bakes were planned.
pub fn bake() -> impl Strategy<Value = Option<Bake>> {
    let other = Bake { wait: SignedDuration::from_mins(8), percent: 10 };
    prop_oneof![8 => Just(Some(Bake::usual(&FLEET.regions[0]))), 1 => Just(Some(other)), 1 => Just(None)]
}

prop_compose! {
    pub fn update()(
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
    pub fn history()(
        attested in weighted(0.9, Just(())), serving in weighted(0.95, targets()), previous in of(targets()),
        update in weighted(0.5, update()), confirmed in prop::bool::weighted(0.7),
        returned in weighted(0.1, (wave(), decision())), halted in prop::bool::weighted(0.05),
        unknown in prop::bool::weighted(0.1), full_load in prop::bool::weighted(0.5),
        worse in weighted(0.1, select(vec![ProbationAction::Tell, ProbationAction::Act])),
    ) -> RegionHistory {
        let by = actor(WAVES[0]);
        let release = release("v427");
        // As the projection keeps it: a revert that is laid to the release is held against it for good.
        let laid_to = |update: &&OpenUpdate| update.is_decided(Decision::Revert) && update.cause == Some(Cause::Release);
        let blamed = update.as_ref().filter(laid_to).map(|update| (update.target.release, said("it fails")));
        RegionHistory {
            attested: attested.map(|()| release).into_iter().collect(),
            serving: serving.map(|target| Serving { target, since: at("03:00:00"), by: by.clone() }),
            previous,
            update,
            confirmed: confirmed.then_some((release, by)).into_iter().collect(),
            full_load: full_load.then_some(release).into_iter().collect(),
            returned: returned
                .map(|(wave, (_, cause))| (release, Return { wave, why: said("slow"), cause }))
                .into_iter()
                .collect(),
            blamed: blamed.into_iter().collect(),
            halt: halted.then(|| said("its alarm rang")),
            unknown: unknown.then(|| Unknown { since: at("03:00:00"), why: bytes_unknown() }),
            worse: worse.map(|action| WorseOnRecord { release, worse: worse_than_before(), action }),
            ..RegionHistory::default()
        }
    }
}

prop_compose! {
    pub fn endpoint()(
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
        EndpointView { status, config: config.config, instances: None, pending, failure: None }
    }
}

fn quarantine() -> Quarantine {
    let (object, releases, since) = (Object::Release(release("v427")), vec![release("v427")], at("02:00:00"));
    Quarantine { object, releases, since, who: actor("maria"), why: "unknown".to_owned() }
}

prop_compose! {
    pub fn hub()(
        lease in weighted(0.7, (wave(), moment())), approved in prop::bool::weighted(0.9),
        condemned in prop::bool::weighted(0.05), quarantined in prop::bool::weighted(0.05), halted in prop::bool::weighted(0.05), ended in prop::bool::weighted(0.25),
        ill in prop::collection::vec(weighted(0.2, (wave(), moment())), 4),
        deferred in prop::collection::vec(weighted(0.15, wave()), 4),
        overridden in weighted(0.2, (select(vec![Rule::Freeze, Rule::Order, Rule::Skew]), moment())),
    ) -> HubHistory {
        let regions = || FLEET.regions.iter().map(|region| region.name.clone());
        HubHistory {
            epoch: Epoch(1),
            lease: lease.map(|(holder, until)| Lease { epoch: Epoch(1), holder, until }),
            approved: approved.then(|| release("v427")).into_iter().collect(),
            quarantined: quarantined.then(quarantine).into_iter().collect(),
            condemned: condemned.then(|| (release("v427"), said("slow"))).into_iter().collect(),
            halt: halted.then(|| said("stop")),
            overrides: overridden
                .map(|(what, until)| Override { what, region: None, who: actor("maria"), why: "fix".to_owned(), until })
                .into_iter()
                .collect(),
            ended: ended.then(|| (actor(WAVES[0]), Vec::new())).into_iter().collect(),
            ill: regions().zip(ill).filter_map(|(region, ill)| Some((region, ill?))).collect(),
            deferred: regions().zip(deferred).filter_map(|(r, wave)| Some(((wave?, r), said("dark")))).collect(),
            ..HubHistory::default()
        }
    }
}

pub fn alarm_views() -> impl Strategy<Value = Vec<AlarmView>> {
    let mut names = alarms::guard_names(&FLEET);
    names.push(alarms::composite_name(&FLEET));
    prop::collection::vec(prop_oneof![9 => Just(AlarmState::Ok), 1 => Just(AlarmState::Alarm)], names.len()).prop_map(
        move |states| {
            let view = |(name, state): (&String, AlarmState)| AlarmView {
                name: name.clone(),
                state,
                set_off_by: None,
                since: None,
            };
            names.iter().zip(states).map(view).collect()
        },
    )
}

/// What the judge may say: of much and of little, alone and with evidence of others beside it.
pub static JUDGED: LazyLock<Vec<Judgement>> = LazyLock::new(|| {
    let alone = [(0, 0), (100, 0), (3_000, 0), (3_000, 40), (100_000, 3), (100_000, 5_000)];
    let beside = [Vec::new(), vec![good().evidence], vec![good().evidence, slow().evidence]];
    let all = alone.iter().flat_map(|(requests, slow)| beside.iter().map(move |beside| (*requests, *slow, beside)));
    all.map(|(requests, slow, beside)| judged_beside(requests, slow, beside)).collect()
});

pub fn judgement() -> impl Strategy<Value = Judgement> {
    select(&JUDGED[..])
}

pub fn acts() -> impl Strategy<Value = BTreeSet<Act>> {
    let all = vec![
        Act::Prepare,
        Act::Beat,
        Act::Look,
        Act::AskGolden,
        Act::Trip,
        Act::Disarm,
        Act::Scale,
        Act::Deregister,
        Act::Measure,
    ];
    prop::sample::subsequence(all, 0..=9).prop_map(|acts| acts.into_iter().collect())
}

/// Golden records, so many of ten right.
pub fn asked(right: Seen<u32>) -> Seen<Golden> {
    match right {
        Seen::Known(right) => Seen::Known(Golden { asked: 10, right }),
        Seen::Unknown(why) => Seen::Unknown(why),
    }
}

prop_compose! {
    pub fn sight()(
        hub in hub(), histories in prop::collection::vec(seen(history()), 4),
        endpoints in prop::collection::vec(seen(weighted(0.95, endpoint())), 4), since in moment(),
        approved in seen(prop::bool::weighted(0.9)), alarms in seen(alarm_views()), judged in of(seen(judgement())),
        golden in of(seen(prop_oneof![Just(10u32), 0u32..=9])), refused in weighted(0.05, Just(refusal())), unscaled in weighted(0.05, Just(unseen())), done in acts(), pages in any::<bool>(), forgotten in weighted(0.02, any::<Index>()),
        silence in of((any::<Index>(), moment())),
    ) -> Sight {
        let names: Vec<_> = FLEET.regions.iter().map(|region| region.name.clone()).collect();
        let mut sight = Sight {
            release: release("v427"),
            version: "v427".parse().unwrap(),
            execution: actor(WAVES[0]),
            since,
            silence: silence.map(|(which, seen)| Silence { region: which.get(&names).clone(), seen }),
            hub: Arc::new(hub),
            regions: names.iter().cloned().zip(histories.into_iter().map(shared)).collect(),
            endpoints: names.iter().cloned().zip(endpoints).collect(),
            advised: pages.then_some(true),
            paged: names.iter().filter(|_| pages).map(|name| (name.clone(), said("paged"))).collect(),
            approved,
            alarms,
            judged,
            hour: None,
            golden: names.iter().filter_map(|name| Some((name.clone(), asked(golden.clone()?)))).collect(),
            refused,
            unscaled,
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
pub static MOMENTS: LazyLock<Vec<(Sight, Timestamp)>> = LazyLock::new(|| {
    let eu = "eu-west-1";
    let mut nights = vec![Night::new(), Night::provisioning(eu), Night::baking(eu), Night::let_through(eu)];
    let mut intended = Night::new();
    intended.next_after(eu, &[Act::Prepare]);
    intended.did(Act::Update);
    nights.push(intended);
    for returned in [false, true] {
        let mut failing = Night::baking(eu);
        failing.looked(slow());
        failing.next_after(eu, &[Act::Beat, Act::Trip]);
        if returned {
            failing.in_service(eu, "v426");
            failing.next_of_rollback(eu);
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
        let mut loaded = Night::shifted(eu);
        loaded.asked(eu, Some(10));
        loaded.next(eu);
        loaded.new_call();
        loaded.pass(later);
        loaded.looked(judgement);
        loaded.next(eu);
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
pub fn first(region: &str, status: Option<EndpointStatus>, asked: bool) -> Night {
    let mut night = Night::new();
    night.sight.regions.insert(name(region), Seen::Known(Arc::default()));
    night.tell(region, Record::Attested { release: release("v427"), version: version("v427") });
    night.sight.endpoints.insert(name(region), Seen::Known(None));
    if asked {
        night.next_after(region, &[Act::Prepare]);
    }
    if let Some(status) = status {
        let config = night.target(region, "v427").config;
        let view = EndpointView { status, config, instances: None, pending: None, failure: None };
        night.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
    }
    night
}

/// The same fleet, frozen on the night of these sights.
pub static FROZEN: LazyLock<Fleet> = LazyLock::new(|| {
    let freeze = "[[freeze]]\nname = \"peak\"\nwhy = \"volumes\"\nfrom = \"2026-11-19\"\nuntil = \"2026-11-22\"\n";
    Fleet::parse(&format!("{}\n{freeze}", include_str!("../../../../local/fleets/reference/fleet.toml"))).unwrap()
});

// One of these moments, a little later, with each part of it now and then replaced by any other.
prop_compose! {
    pub fn likely()(
        moment: Index, later in 0i64..240, other in sight(), history in weighted(0.15, seen(history())),
        endpoint in weighted(0.15, seen(of(endpoint()))), hub in prop::bool::weighted(0.15), alarms in prop::bool::weighted(0.15),
        neighbours in prop::bool::weighted(0.15), since in prop::bool::weighted(0.5),
    ) -> (Sight, Timestamp) {
        let (mut sight, now) = moment.get(&MOMENTS).clone();
        let now = now + SignedDuration::from_secs(later);
        if let Some(lease) = &mut Arc::make_mut(&mut sight.hub).lease {
            lease.until = now + SignedDuration::from_secs(if later < 20 { 60 } else { 600 });
        }
        let home = name("eu-west-1");
        let (own, view) = (sight.regions[&home].clone(), sight.endpoints[&home].clone());
        if neighbours {
            sight.regions = other.regions;
        }
        sight.regions.insert(home.clone(), history.map_or(own, shared));
        sight.endpoints.insert(home, endpoint.unwrap_or(view));
        sight.hub = if hub { other.hub } else { sight.hub };
        sight.alarms = if alarms { other.alarms } else { sight.alarms };
        sight.since = if since { now } else { sight.since };
        (sight.judged, sight.golden) = (other.judged, other.golden);
        (sight.done, sight.paged) = (other.done, other.paged);
        (sight, now)
    }
}

pub fn any_sight() -> impl Strategy<Value = (Sight, Timestamp)> {
    prop_oneof![1 => (sight(), moment()), 3 => likely()]
}

pub fn ringings() -> impl Strategy<Value = Ringing> {
    let alike = blames().prop_map(|blame| blame.compared());
    (of(moment()), alike).prop_map(|(since, alike)| Ringing { since, alike, ..ringing("fraud-endpoint-latency") })
}

pub fn worse_than_before() -> WorseThanBefore {
    let today = meridian_judge::Tally { total: 100_000, bad: 300 };
    WorseThanBefore { metric: "5xx".parse().unwrap(), today, expected: 100.0, tolerated: 1.25, days: 14 }
}

/// What probation shows: so many earlier days, and a release that is worse than they were or not.
pub fn on_probation(action: ProbationAction, days: usize, worse: bool) -> Probation {
    let WorseThanBefore { metric, today, expected, tolerated, .. } = worse_than_before();
    let finding = match (days < LEAST_DAYS, worse) {
        (true, _) => ProbationFinding::TooFewDays { needed: LEAST_DAYS },
        (false, true) => ProbationFinding::Worse(WorseWindow { slot: 3, today, expected, tolerated, chance: 1e-7 }),
        (false, false) => ProbationFinding::Nothing,
    };
    let own = ProbationJudgement { metric, finding, days, day_scatter: 0.05 };
    Probation { action, judged: vec![own] }
}

pub fn probations() -> impl Strategy<Value = Probation> {
    (select(vec![ProbationAction::Tell, ProbationAction::Act]), 0usize..15, any::<bool>())
        .prop_map(|(action, days, worse)| on_probation(action, days, worse))
}

pub fn blames() -> impl Strategy<Value = meridian_domain::callers::Blame> {
    use meridian_domain::callers::Blame;
    use meridian_domain::{Beside, Compared};
    let tally = |bad| meridian_judge::Tally { total: 1000, bad };
    let compared = |beside, green| Compared { beside, green: tally(green), blue: tally(4) };
    select(vec![
        Blame::Release(compared(Beside::SameMinutes, 40)),
        Blame::Release(compared(Beside::BeforeShift, 40)),
        Blame::Callers(Some(compared(Beside::SameMinutes, 5))),
        Blame::Callers(None),
        Blame::Unknown,
    ])
}

pub fn shared(history: Seen<RegionHistory>) -> Seen<Arc<RegionHistory>> {
    match history {
        Seen::Known(history) => Seen::Known(Arc::new(history)),
        Seen::Unknown(why) => Seen::Unknown(why),
    }
}
