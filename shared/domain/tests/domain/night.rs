//! A night as a planner sees it: facts that a test states.

use crate::plans::Says;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::WayBack;
use meridian_domain::callers::Blame;
use meridian_domain::lookout::Lookout;
use meridian_domain::plan::{Act, Finish, Golden, Hour, OrderReason, Sight, wave_order};
use meridian_domain::probation::Probation;
use meridian_domain::reason::{ErrorKind, FailureDetail, Fault, OperationName, Refusal, ServiceFailure, Unseen};
use meridian_domain::stakes::Exposure;
use meridian_domain::{
    Actor, AlarmState, AlarmView, Decision, EndpointStatus, EndpointView, Entry, Fleet, Head, HubHistory,
    PendingDeployment, Reason, Record, Region, RegionHistory, RegionName, ReleaseId, Ringing, Seen, Sha256, Target,
    VariantPhase, Version, alarms,
};
use meridian_judge::{Arm, Judgement, MinuteCounts, RegionCounts, RegionEvidence, Watch, WatchStage, judge};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const EU: &str = "eu-west-1";
pub const AU: &str = "ap-southeast-2";
pub const JP: &str = "ap-northeast-1";
pub const BR: &str = "sa-east-1";

pub fn fleet() -> Fleet {
    Fleet::parse(include_str!("../../../../local/fleets/reference/fleet.toml")).unwrap()
}

pub fn name(region: &str) -> RegionName {
    region.parse().unwrap()
}

pub fn actor(name: &str) -> Actor {
    name.parse().unwrap()
}

pub fn version(text: &str) -> Version {
    text.parse().unwrap()
}

pub fn release(text: &str) -> ReleaseId {
    ReleaseId(Sha256::of(text.as_bytes()))
}

/// A person's words, and any reason where none is looked at.
pub fn said(words: &str) -> Reason {
    Reason::Said { words: words.to_owned(), by: None }
}

/// A wave's end of which nobody was paged.
pub fn wave_ended(release: ReleaseId, execution: Actor, lagging: Vec<RegionName>) -> Record {
    Record::WaveEnded { release, execution, lagging, page: None, cleared: Vec::new(), again: false }
}

/// A wave's order, for no reason that is looked at.
pub fn order_reason() -> OrderReason {
    wave_order(&fleet(), at("03:00:00")).why
}

/// The rollback alarm, set off by this one.
pub fn ringing(alarm: &str) -> Ringing {
    Ringing { alarm: alarm.to_owned(), since: None, alike: None }
}

/// AWS will never take an update: there is no quota for it.
pub fn refusal() -> Refusal {
    let detail = FailureDetail::Said("ResourceLimitExceeded: 4 of 4 instances".to_owned());
    Refusal { operation: OperationName::UpdateEndpoint, detail }
}

/// What a dark service answers: nothing in time.
pub fn unseen() -> Unseen {
    let (operation, detail) = (OperationName::DescribeEndpoint, Box::new(FailureDetail::NoAnswerInTime));
    ServiceFailure { kind: ErrorKind::Unreachable, region: name(JP), operation, detail }.into()
}

/// SageMaker could not roll an update back.
pub fn bytes_unknown() -> Fault {
    Fault::TwoReleases(EndpointStatus::UpdateRollbackFailed)
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

/// Minutes that [`judged`] is about.
const MINUTES: i64 = 20;

/// What the judge says when its time is up of `requests` on each arm, so many of green's over the latency bound, spread
/// over twenty minutes.
pub fn judged(requests: u64, over_latency: u64) -> Judgement {
    judged_beside(requests, over_latency, &[])
}

/// The same, pooled with the evidence of other regions.
pub fn judged_beside(requests: u64, over_latency: u64, beside: &[RegionEvidence]) -> Judgement {
    let fleet = fleet();
    let share = |count: u64, minute: i64| {
        let upto = |minute: i64| count * u64::try_from(minute).unwrap() / u64::try_from(MINUTES).unwrap();
        upto(minute + 1) - upto(minute)
    };
    let mut counts = RegionCounts::default();
    for metric in fleet.judge.required() {
        for minute in 0..MINUTES {
            let bad = if metric.is_latency() { share(over_latency, minute) } else { 0 };
            let arm = |bad| Some(Arm::new(share(requests, minute), bad));
            counts.take(&metric, MinuteCounts { minute, green: arm(bad), blue: arm(0) });
        }
    }
    let stakes = Exposure::default().stakes(200.0, 200.0);
    let watch = Watch { warm_up: 0, last_look: MINUTES, due: true, stage: WatchStage::Canary, stakes: Some(stakes) };
    judge(&fleet.judge, fleet.regions.len(), &counts, watch, beside)
}

/// Nothing that can be held against it: what passes.
pub fn good() -> Judgement {
    judged(100_000, 3)
}

/// One of twenty requests is slow.
pub fn slow() -> Judgement {
    judged(100_000, 5_000)
}

/// Too little to say anything.
pub fn thin() -> Judgement {
    judged(100, 0)
}

/// What a planner sees of one night: ledgers, endpoints and the clock, as the test states them. Entries that a plan asks for are
/// written, for a ledger is what is projected from them; whatever else comes of a plan a test says as the next fact. How
/// plans are carried out is the handlers' to show (`proof/`).
pub struct Night {
    pub fleet: Fleet,
    pub sight: Sight,
    pub now: Timestamp,
    /// What a region's `rollback` sees beside its ledger and its endpoint.
    pub own: Own,
}

/// What `rollback` sees of its region beside ledger and endpoint, and what its call has done.
pub struct Own {
    /// What is noted in the verdict alarm's description.
    pub way_back: Seen<Option<WayBack>>,
    /// Whether the region's composite alarm is in ALARM.
    pub alarm: Option<Ringing>,
    /// Whose the 4xx are, where the alarm over them rings.
    pub client_errors: Option<Blame>,
    /// What the days before say.
    pub probation: Option<Probation>,
    /// Since when the heartbeat alarm is quiet.
    pub judge: Seen<Option<Timestamp>>,
    pub done: BTreeSet<Act>,
    pub golden: Option<Seen<Golden>>,
    pub unscaled: Option<Unseen>,
    pub owes: bool,
    pub paged: bool,
}

impl Night {
    /// 03:02: v427 is attested everywhere and approved; v426 serves.
    pub fn new() -> Self {
        let fleet = fleet();
        let mut night = Self {
            sight: Sight {
                approved: Seen::Known(true),
                alarms: Seen::Known(vec![AlarmView {
                    name: alarms::composite_name(&fleet),
                    state: AlarmState::Ok,
                    set_off_by: None,
                    since: None,
                }]),
                hour: Some(Seen::Known(Hour::default())),
                ..Sight::unlooked(release("v427"), version("v427"), actor("wave-1"), at("03:02:00"))
            },
            fleet,
            now: at("03:02:00"),
            own: Own {
                way_back: Seen::Known(None),
                alarm: None,
                client_errors: None,
                probation: None,
                judge: Seen::Known(None),
                done: BTreeSet::new(),
                golden: None,
                unscaled: None,
                owes: false,
                paged: false,
            },
        };
        night.hub(Record::Approved { release: release("v427"), created: night.now });
        for region in night.fleet.regions.clone() {
            let champion = night.target(region.name.as_str(), "v426");
            night.in_service(region.name.as_str(), "v426");
            night.sight.regions.insert(region.name.clone(), Seen::Known(Arc::default()));
            for version in ["v426", "v427"] {
                let record = Record::Attested { release: release(version), version: version.parse().unwrap() };
                night.tell(region.name.as_str(), record);
            }
            let installed = Record::Confirmed { target: champion, execution: actor("installation"), golden: 10 };
            night.tell(region.name.as_str(), installed);
        }
        night
    }

    /// v427's check at full load stands in the region's ledger: it passed.
    pub fn judged_at_full_load(&mut self, region: &str) {
        let (target, execution) = (self.target(region, "v427"), actor("wave-1"));
        let (why, judgement) = (said("it passed"), Some(good()));
        self.tell(region, Record::FullLoadJudged { target, execution, why, judgement });
    }

    /// The same night with v427 confirmed in `regions`, judged at full load, soak over.
    pub fn confirmed_in(regions: &[&str]) -> Self {
        let mut night = Self::new();
        for region in regions {
            let target = night.target(region, "v427");
            night.tell(region, Record::Confirmed { target, execution: actor("wave-1"), golden: 10 });
            night.judged_at_full_load(region);
            night.in_service(region, "v427");
        }
        night
    }

    /// The same night with v427 on its way in `region`: intended, taken, fleet being provisioned.
    pub fn provisioning(region: &str) -> Self {
        let before: Vec<&str> = [EU, AU, JP, BR].into_iter().take_while(|other| *other != region).collect();
        let mut night = Self::confirmed_in(&before);
        night.starts(region);
        night.new_call();
        night
    }

    /// ... with its canary in progress for a minute.
    pub fn baking(region: &str) -> Self {
        let mut night = Self::provisioning(region);
        night.bakes(region);
        night
    }

    /// ... with its last decision due, on counts that pass, and taken.
    pub fn let_through(region: &str) -> Self {
        let mut night = Self::baking(region);
        night.passes(region);
        night
    }

    /// ... with all of the traffic on green for a minute, and blue still warm.
    pub fn shifted(region: &str) -> Self {
        let mut night = Self::let_through(region);
        night.now = night.canary_ends(region) + SignedDuration::from_mins(1);
        night.phase(region, VariantPhase::Baking);
        night
    }

    /// The wave's start in `region`, which SageMaker takes.
    #[track_caller]
    pub fn starts(&mut self, region: &str) {
        let plan = self.next_after(region, &[Act::Prepare]);
        assert!(plan.does(Act::Update), "{plan:?}");
        self.taken(region);
    }

    /// `region`'s update is intended on record. The call that was to ask for it has died.
    #[track_caller]
    pub fn intends(&mut self, region: &str) {
        let plan = self.next_after(region, &[Act::Prepare]);
        assert!(plan.does(Act::Update) || plan.does(Act::Create), "{plan:?}");
        assert!(!self.history(region).update.as_ref().unwrap().was_taken());
        self.new_call();
    }

    /// Three minutes later green is up and takes its share; the call that sees it; and a minute of that.
    pub fn bakes(&mut self, region: &str) {
        self.pass("3m");
        self.phase(region, VariantPhase::Baking);
        self.next(region);
        self.new_call();
        self.pass("1m");
    }

    /// The last decision is due, and the counts pass.
    #[track_caller]
    pub fn passes(&mut self, region: &str) {
        self.due(region);
        self.looked(good());
        self.next(region);
        assert!(self.history(region).update.as_ref().unwrap().is_decided(Decision::Proceed));
        self.new_call();
    }

    /// All golden records are answered right; then what follows to the action's end.
    #[track_caller]
    pub fn is_proved(&mut self, region: &str) {
        self.asked(region, Some(10));
        assert!(self.next_after(region, &[Act::Disarm]).waits(), "{region}");
        assert!(self.history(region).serves(&release("v427")), "{region}");
        self.new_call();
        self.now = Lookout::full_load_due(&self.fleet, self.now);
        assert!(self.next(region).does(Act::Look), "{region}");
        self.looked(good());
        assert_eq!(self.next_after(region, &[Act::Scale]).finish(), Some(Finish::Done), "{region}");
    }

    /// The word that comes before a region's usual scaling is registered.
    pub fn usual_scaling(&self, region: &str) -> Record {
        let policy = self.fleet.scaling.as_ref().unwrap();
        let floor = policy.usual(&self.fleet, &self.region(region), self.now);
        Record::ScalingIntended { execution: self.sight.execution.clone(), floor }
    }

    pub fn region(&self, region: &str) -> Region {
        self.fleet.region(&name(region)).unwrap().clone()
    }

    pub fn target(&self, region: &str, text: &str) -> Target {
        Target::of(&self.fleet, &self.region(region), release(text), &version(text))
    }

    pub fn history(&self, region: &str) -> &RegionHistory {
        self.sight.regions[&name(region)].known().unwrap()
    }

    pub fn history_mut(&mut self, region: &str) -> &mut RegionHistory {
        match self.sight.regions.get_mut(&name(region)) {
            Some(Seen::Known(history)) => Arc::make_mut(history),
            other => panic!("{region}'s ledger is not seen: {other:?}"),
        }
    }

    pub fn hub_mut(&mut self) -> &mut HubHistory {
        Arc::make_mut(&mut self.sight.hub)
    }

    pub fn canary_ends(&self, region: &str) -> Timestamp {
        self.history(region).update.as_ref().unwrap().canary.unwrap().1
    }

    pub fn pass(&mut self, duration: &str) {
        self.now += duration.parse::<SignedDuration>().unwrap();
    }

    /// To the moment from which a decision is due.
    pub fn due(&mut self, region: &str) {
        self.now = self.canary_ends(region) - self.fleet.guardrail.decide_before_end;
    }

    pub fn in_service(&mut self, region: &str, text: &str) {
        let config = self.target(region, text).config;
        let view =
            EndpointView { status: EndpointStatus::InService, config, instances: None, pending: None, failure: None };
        self.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
    }

    /// The update to v427 is seen in this phase.
    pub fn phase(&mut self, region: &str, phase: VariantPhase) {
        let pending = PendingDeployment {
            config: self.target(region, "v427").config,
            instances: None,
            phase: Some(phase),
            phase_since: Some(self.now),
        };
        self.status(region, EndpointStatus::Updating);
        if let Some(Seen::Known(Some(view))) = self.sight.endpoints.get_mut(&name(region)) {
            view.pending = Some(pending);
        }
    }

    pub fn status(&mut self, region: &str, status: EndpointStatus) {
        self.in_service(region, "v426");
        if let Some(Seen::Known(Some(view))) = self.sight.endpoints.get_mut(&name(region)) {
            view.status = status;
        }
    }

    /// The endpoint names the configuration of `text`, whatever else it says.
    pub fn names(&mut self, region: &str, text: &str) {
        let config = self.target(region, text).config;
        if let Some(Seen::Known(Some(view))) = self.sight.endpoints.get_mut(&name(region)) {
            view.config = config;
        }
    }

    pub fn dark(&mut self, region: &str) {
        self.sight.endpoints.insert(name(region), Seen::Unknown(unseen()));
    }

    pub fn guard_rings(&mut self, alarm: String) {
        if let Seen::Known(alarms) = &mut self.sight.alarms {
            alarms.push(AlarmView { name: alarm, state: AlarmState::Alarm, set_off_by: None, since: None });
        }
    }

    fn entry(&self, by: &Actor, record: Record) -> Entry {
        Head::default().entry(self.now, by.clone(), record)
    }

    pub fn hub(&mut self, record: Record) {
        let entry = self.entry(&self.sight.execution.clone(), record);
        self.hub_mut().apply(&entry);
    }

    pub fn tell(&mut self, region: &str, record: Record) {
        self.tell_as(&self.sight.execution.clone(), region, record);
    }

    pub fn tell_as(&mut self, by: &Actor, region: &str, record: Record) {
        let entry = self.entry(by, record);
        if let Some(Seen::Known(history)) = self.sight.regions.get_mut(&name(region)) {
            Arc::make_mut(history).apply(&entry);
        }
    }
}
