//! The fleet policy: `fleet.toml`, parsed into values that cannot be wrong.

mod aws_regions;
mod bounds;
mod evaluation;
mod field_rule;
mod freeze;
mod freeze_problem;
mod image;
mod judging;
mod lines;
mod network;
mod order;
mod problem;
mod read;
mod region;
mod region_problem;
mod scaling;
mod shadow;
mod signing;
mod stand_in;
mod takeover;
mod text_problem;

pub use bounds::Bounds;
pub use evaluation::evaluation_policy;
pub use field_rule::FieldRule;
pub use freeze::{Freeze, Frozen};
pub use freeze_problem::FreezeProblem;
pub use meridian_judge::{EvaluationPolicy, GateMode, Gauge, JudgePolicy, MetricPolicy};
pub use network::Vpc;
pub use order::{HomePlace, OrderPolicy};
pub use problem::{FleetError, FleetProblem};
pub use region::{Kind, Style, Zone};
pub use region_problem::{RegionProblem, VpcLimit};
pub use scaling::{Floor, Night, Nightly, ScalingPolicy, ScalingSpec, Scheduled, scalable_variant};
pub use shadow::{NothingCaptured, RegionalFail, ShadowPolicy};
pub use takeover::Takeover;
pub use text_problem::TextProblem;

use crate::fleet::image::AllowedImage;
use crate::fleet::names::{BucketName, FleetName, RegionName, ResourceName, Sha256};
use crate::fleet::serving_role::ServingRole;
use crate::fleet::signing::SigningPolicy;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use meridian_judge::Watch;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::num::NonZeroU64;

/// The regions that serve one model, as they are listed, with their gates.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// The fleet's name, in names of alarms, topics and ledger keys.
    pub name: FleetName,
    /// The region that runs the pipeline.
    pub home: RegionName,
    /// The regions to which home can move, in the order in which they ask people for that when it is lost. The one that is home asks nobody.
    pub deputies: Vec<RegionName>,
    /// For so long home does not answer before the first deputy asks.
    pub home_patience: SignedDuration,
    /// Who moves home to a deputy then.
    pub takeover: Takeover,
    /// After so many looks in a row that an active region does not answer, five minutes between two of them, the first standby makes itself
    /// ready for its customers; none where only a person asks it.
    pub failover_threshold: Option<u32>,
    /// The endpoint's name, the same in every region.
    pub endpoint: ResourceName,
    /// The endpoint's one production variant.
    pub variant: ResourceName,
    /// SageMaker instance type of every region's fleet.
    pub instance_type: String,
    /// In which order a wave walks.
    pub order: OrderPolicy,
    /// Where home stands in an order by traffic.
    pub home_place: HomePlace,
    /// The home region's CodePipeline.
    pub pipeline: ResourceName,
    /// The AWS account of the regions that name none of their own, 12 digits.
    pub account: String,
    /// Name of the role that SageMaker's instances run with, the same in every region.
    pub execution_role: String,
    /// The one that takes turns with it from release to release, where there are two ([`crate::ServingRole`]).
    pub execution_role_in_turn: Option<String>,
    /// Whether serving containers are cut off from every network (`EnableNetworkIsolation`): they cannot send what they know
    /// anywhere, their own metrics included.
    pub network_isolation: bool,
    /// How a wave walks.
    pub wave: WavePolicy,
    /// How one region's update is guarded.
    pub guardrail: Guardrail,
    /// When counts are a pass.
    pub judge: JudgePolicy,
    /// When a challenger may be a release at all.
    pub evaluation: EvaluationPolicy,
    /// The containers that a release may name; never empty.
    pub images: Vec<AllowedImage>,
    /// How many instances regions have; none where that is somebody else's to say.
    pub scaling: Option<ScalingPolicy>,
    /// What endpoints capture of their customers' requests, and what is made of it; none where nothing is captured.
    pub shadow: Option<ShadowPolicy>,
    /// How the ledger is kept readable.
    pub ledger: LedgerPolicy,
    /// Whose releases are releases.
    pub signing: SigningPolicy,
    /// As listed, which is the order of a `fixed` wave; never empty, no region twice, home among them.
    pub regions: Vec<Region>,
    /// When nothing may start.
    pub freezes: Vec<Freeze>,
}

/// `[wave]`: leases, patience, bounds between regions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WavePolicy {
    /// How long one actor may hold the lease without renewing.
    pub lease: SignedDuration,
    /// A region whose replica is later than this is deferred.
    pub replication_deadline: SignedDuration,
    /// A control plane that is ill for longer than this defers its region.
    pub region_patience: SignedDuration,
    /// A region older than this beside its peers is worth a page.
    pub skew: SignedDuration,
    /// A region that is more releases than this behind its peers is worth a page.
    #[serde(default = "usual_skew")]
    pub skew_releases: u32,
    /// At so many updates of one wave that were rolled back without a known cause the wave stops; the ones before defer their
    /// region alone.
    #[serde(default = "usual_unclear_returns")]
    pub unclear_returns: u32,
    /// Canaries that a region may get of one release until its counts decide. What the judge may err is split over them beforehand.
    #[serde(default = "usual_tries")]
    pub tries: u32,
    /// For so long after the wave's start a region may be tried again.
    #[serde(default = "usual_until")]
    pub until: SignedDuration,
    /// How long a wave waits for a freeze of the whole fleet to end.
    #[serde(default = "usual_hold")]
    pub hold: SignedDuration,
    /// The smallest ratio of green's rate of bad requests to blue's that the wave's canaries together are to find, where
    /// blue's rate is `base_rate` or more. Under that rate the same excess of bad requests is to be found. Bakes and
    /// shares are chosen for it, within each region's bounds.
    #[serde(default = "detect")]
    pub detect: f64,
    /// The same for each region by itself: carried evidence shortens a bake, and replaces no region's own test.
    #[serde(default = "detect_alone")]
    pub detect_alone: f64,
    /// Share of bad requests that a plan reckons with where nothing was measured.
    #[serde(default = "base_rate")]
    pub base_rate: f64,
    /// For so long after the check at full load a region's own sweep compares the release with the same hours of earlier days; not at
    /// all at `0s`.
    #[serde(default = "usual_probation")]
    pub probation: SignedDuration,
    /// What a finding of probation does.
    #[serde(default)]
    pub probation_action: ProbationAction,
    /// Chance of a wrong finding in the whole of a probation, in any region and metric of the fleet: docs/judge-table.md shows what it
    /// costs.
    #[serde(default = "probation_alpha")]
    pub probation_alpha: f64,
}

/// What a region does where probation finds its release worse than the days before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbationAction {
    /// A person is paged, once for each release and region, and decides.
    #[default]
    Tell,
    /// The region rolls back, as it does for its alarm.
    Act,
}

/// Every hour of a day once: the next night's canary ends it at the latest.
fn usual_probation() -> SignedDuration {
    SignedDuration::from_hours(24)
}

fn probation_alpha() -> f64 {
    0.01
}

/// One night missed, and the next one in progress.
fn usual_skew() -> u32 {
    2
}

/// One is bad luck in one region; two are not.
fn usual_unclear_returns() -> u32 {
    2
}

/// What the judge splits its chances to err over where policy says nothing.
fn usual_tries() -> u32 {
    JudgePolicy::default().tries
}

/// Every region's first try, and after it one more, at a slow night's pace.
fn usual_until() -> SignedDuration {
    SignedDuration::from_hours(4)
}

/// A night's freeze ends within it.
fn usual_hold() -> SignedDuration {
    SignedDuration::from_hours(8)
}

fn detect() -> f64 {
    3.0
}
fn detect_alone() -> f64 {
    6.0
}
fn base_rate() -> f64 {
    0.001
}

/// `[ledger]`: how the chains are kept readable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPolicy {
    /// What a chain adds up to is kept once it has grown by so many entries: more than that, and those of a night or two,
    /// nobody reads.
    pub checkpoint_every: NonZeroU64,
}

impl Default for LedgerPolicy {
    /// Four rounds of reads at sixteen side by side; a hub's chain grows by so much in three nights.
    fn default() -> Self {
        Self { checkpoint_every: NonZeroU64::MIN.saturating_add(63) }
    }
}

/// `[guardrail]`: the blue/green deployment that SageMaker runs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Share of the traffic that the canary takes, per cent, 1 to 50.
    pub canary_percent: u32,
    /// How long blue stays warm after the full shift (`TerminationWaitInSeconds`).
    pub soak: SignedDuration,
    /// SageMaker's own limit on the whole update (`MaximumExecutionTimeoutInSeconds`).
    pub max_execution: SignedDuration,
    /// The last decision falls this long before SageMaker's own timer ends: [`DECISION_ROOM`](crate::fleet::alarms::DECISION_ROOM) at
    /// least.
    pub decide_before_end: SignedDuration,
    /// For so long after they take their first requests new instances are cold: left out of what is judged in the canary and
    /// at full load, and too short to ring green's latency alarm.
    pub warm_up: SignedDuration,
    /// For so many whole minutes after the shift green is compared with blue's last hour at full load, before another region
    /// starts; none at `0s`.
    #[serde(default = "usual_full_load")]
    pub full_load: SignedDuration,
}

/// Two minutes show whether green is bad in one of them or in each; every further one would cost every region as much.
fn usual_full_load() -> SignedDuration {
    SignedDuration::from_mins(2)
}

impl Guardrail {
    /// What a canary of `bake` is judged by.
    pub fn watch(&self, bake: SignedDuration) -> Watch {
        Watch::canary(self.warm_up, bake - self.decide_before_end)
    }

    /// Calendar minutes that instances may be cold in.
    pub(crate) fn cold_minutes(&self) -> u32 {
        let whole = u32::try_from((self.warm_up.as_secs() + 59) / 60).unwrap_or(u32::MAX);
        if whole == 0 { 0 } else { whole.saturating_add(1) }
    }

    /// Whole minutes that the check at full load compares.
    pub fn full_load_minutes(&self) -> i64 {
        self.full_load.as_mins()
    }
}

/// One `[[region]]` of `fleet.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// AWS's name for it.
    pub name: RegionName,
    /// What people call it, such as `JP`.
    pub title: String,
    /// Its AWS account, 12 digits.
    pub account: String,
    /// Its release bucket.
    pub bucket: BucketName,
    /// Requests per second at the region's daily peak.
    pub peak_rps: f64,
    /// IANA time zone of its customers.
    pub time_zone: TimeZone,
    /// How long its canary may be watched at most (`WaitIntervalInSeconds`), and is where no plan shortened it.
    pub bake: SignedDuration,
    /// How long it is watched at least.
    pub shortest_bake: SignedDuration,
    /// Share of the traffic that its canary may take, per cent: as `[guardrail]` says where the region does not.
    pub canary_percent: Bounds<u32>,
    /// Instances of the fleet at its first promotion, and its floor by day; autoscaling owns the number afterwards.
    pub instances: u32,
    /// The digest of what an endpoint configuration holds beside a release: variant, instance type, instances. A part of its
    /// name ([`crate::Target::of`]), and worked out once: the planner asks at every step.
    pub(crate) shape: Sha256,
    /// The VPC of its instances; none where they stand in SageMaker's own.
    pub vpc: Option<Vpc>,
    /// The digest of what its models are told of their network: a part of their names. None where they are told nothing.
    pub(crate) network: Option<Sha256>,
    /// At most so many: autoscaling's bound.
    pub most_instances: Option<u32>,
    /// At least so many by night, where the region has a nightly floor.
    pub night_instances: Option<u32>,
    /// Minutes in a row that must break a bound before the canary's alarm says so: 2, unless policy says otherwise. One would
    /// let the canary's first, partial minute condemn a release for a stray error among its first requests.
    pub alarm_minutes: u32,
    /// What it is to the fleet.
    pub kind: Kind,
    /// How its traffic goes over.
    pub style: Style,
    /// Where its records and its evidence stay; none where the fleet has no zones.
    pub zone: Option<Zone>,
}

impl Region {
    /// True if policy asks for a check at full load: of a region that shows evidence of its own.
    pub fn is_judged_at_full_load(&self, fleet: &Fleet) -> bool {
        self.kind == Kind::Active && fleet.guardrail.full_load_minutes() > 0
    }
}

impl Fleet {
    /// The region of that name, if the fleet has it.
    pub fn region(&self, name: &RegionName) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == *name)
    }

    /// The AWS account that a region's stack stands in; the fleet's own for a region that is not in it.
    pub fn account_of(&self, region: &RegionName) -> &str {
        self.region(region).map_or(&self.account, |own| &own.account)
    }

    /// All its accounts, home's among them: more than one where a region names its own.
    pub fn accounts(&self) -> BTreeSet<&str> {
        self.regions.iter().map(|own| own.account.as_str()).collect()
    }

    /// The SNS topic that pages the people on call in `region`.
    pub fn topic_arn(&self, region: &RegionName) -> String {
        format!("arn:aws:sns:{region}:{}:meridian-{}-oncall", self.account_of(region), self.name)
    }

    /// The roles that a release's containers may run with.
    pub fn serving_roles(&self) -> &'static [ServingRole] {
        const ROLES: [ServingRole; 2] = [ServingRole::First, ServingRole::InTurn];
        if self.execution_role_in_turn.is_some() { &ROLES } else { ROLES.split_at(1).0 }
    }

    /// One of the roles that SageMaker's instances run with in `region`, whose stack makes it: a role of one region opens nothing of
    /// another.
    pub fn execution_role(&self, region: &RegionName, role: ServingRole) -> String {
        let in_turn = self.execution_role_in_turn.as_ref().filter(|_| !role.is_first());
        format!("{}-{region}", in_turn.unwrap_or(&self.execution_role))
    }

    /// The same as IAM knows it.
    pub fn execution_role_arn(&self, region: &RegionName, role: ServingRole) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account_of(region), self.execution_role(region, role))
    }

    /// The role that a region's stack lends to home's `promote`: with it, and with nothing else, a wave acts there.
    pub fn lent_role_arn(&self, region: &RegionName) -> String {
        format!("arn:aws:iam::{}:role/meridian-{}-lent-{region}", self.account_of(region), self.name)
    }

    /// What `promote` names when it assumes such a role (`sts:ExternalId`): for which fleet it acts. It is no secret.
    pub fn lending_id(&self) -> &str {
        self.name.as_str()
    }

    /// The tags by which a bill says what a region costs: those that the stacks carry, for what no stack makes.
    pub fn cost_tags(&self, region: &RegionName) -> [(String, String); 2] {
        [("meridian:fleet", self.name.to_string()), ("meridian:region", region.to_string())]
            .map(|(key, value)| (key.to_owned(), value))
    }

    /// What people call the region: its title, or its name where the fleet does not have it.
    pub fn title<'a>(&'a self, name: &'a RegionName) -> &'a str {
        self.region(name).map_or(name.as_str(), |region| &region.title)
    }
}
