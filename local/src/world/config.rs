//! What a world is made from.

use crate::world::customers::before::Before;
use crate::world::customers::clients::Clients;
use crate::world::customers::feature::FeatureChange;
use crate::world::error::WorldError;
use crate::world::fault::Fault;
use crate::world::moment::Moment;
use jiff::{SignedDuration, Timestamp};
use meridian_deployment::Deployment;
use meridian_domain::{Bounds, Fleet, RegionName};
use meridian_evaluation::Records;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use toml::Table;

/// The repository's own template.
pub(crate) const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Faults and behaviours may only name regions of the fleet.
pub(crate) fn check_regions(config: &WorldConfig) -> Result<(), WorldError> {
    let faults = config.faults.iter().filter(|fault| !fault.is_outside());
    let faults = faults.filter_map(|fault| Some(("a fault", fault.region.as_ref()?)));
    let behaviours = config.behaviours.iter().filter_map(|own| Some(("a behaviour", own.region.as_ref()?)));
    let features = config.features.iter().filter_map(|own| Some(("a feature", own.region.as_ref()?)));
    let clients = config.clients.iter().flat_map(|own| &own.next).map(|region| ("clients", region));
    let unknown = faults
        .chain(behaviours)
        .chain(features)
        .chain(clients)
        .find(|(_, region)| config.fleet.region(region).is_none());
    match unknown {
        Some((what, region)) => Err(WorldError::UnknownRegion { what, region: region.clone() }),
        None => Ok(()),
    }
}

/// Everything that decides a world: two worlds with equal configurations and equal calls are equal, byte for byte.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Regions, names, traffic and time zones.
    pub fleet: Fleet,
    /// What stands in the regions: functions, rules, alarms, buckets, roles. Where absent, the repository's template with the
    /// fleet's own parameters.
    pub deployment: Option<Arc<Deployment>>,
    /// Where virtual time begins.
    pub start: Timestamp,
    /// The seed of everything that is random.
    pub seed: u64,
    /// Which reading of AWS's undocumented behaviour holds.
    pub live: LiveFacts,
    /// Scheduled faults.
    pub faults: Vec<Fault>,
    /// How releases differ from the usual.
    pub behaviours: Vec<Behaviour>,
    /// The records of which customers' requests are drawn, where endpoints capture any.
    pub requests: Option<Arc<Records>>,
    /// Features that customers' requests carry in another unit.
    pub features: Vec<FeatureChange>,
    /// What CloudWatch knows of earlier days; of none but the last hour where absent.
    pub before: Option<Before>,
    /// Whether Route 53 asks every region's `status` for `/health`.
    pub health_checks: bool,
    /// How customers find a region, and who gets those of one that is out of DNS. Where absent, a region's customers come at
    /// once with its health and go with it, to nobody.
    pub clients: Option<Clients>,
    /// Whether every event and every asynchronous invocation arrives twice.
    pub deliver_twice: bool,
    /// Whether serving containers say what they answered (namespace `Meridian/Model`).
    pub containers_emit: bool,
    /// How long things take.
    pub timing: Timing,
}

impl WorldConfig {
    /// A world without faults, with the usual timing.
    pub fn new(fleet: Fleet, start: Timestamp, seed: u64) -> Self {
        WorldConfig {
            fleet,
            deployment: None,
            start,
            seed,
            live: LiveFacts::default(),
            faults: Vec::new(),
            behaviours: Vec::new(),
            requests: None,
            features: Vec::new(),
            before: None,
            health_checks: true,
            clients: None,
            deliver_twice: false,
            containers_emit: true,
            timing: Timing::default(),
        }
    }
}

/// Readings of AWS's behaviour that its documentation leaves open and nobody here could try. Scenarios should hold
/// under each plausible value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveFacts {
    /// Whether auto-rollback alarms still turn an update back during `TerminationWaitInSeconds`. The page on SageMaker's events
    /// shows that time as `Baking`, and says that the alarms are watched then; the reference names the baking periods only.
    pub alarms_watched_during_termination_wait: bool,
    /// Seconds of the last, watched baking period after a canary's or a linear shift's full shift; its length is not
    /// stated.
    pub final_bake_seconds: u32,
    /// Periods beyond `EvaluationPeriods` that an alarm looks back over to find real data before it fills in missing
    /// data. "CloudWatch alarms and missing data" shows five points for three periods and gives no rule: an alarm for
    /// silence trips this much later.
    pub extra_evaluation_periods: u32,
    /// Whether `TC`/`PR` statistics work on one configuration's `ModelLatency` (dimension `EndpointConfigName`).
    pub counts_in_range_per_config: bool,
    /// Whether `TC` has no datapoint where no sample lies in its range, or says zero.
    pub empty_range_is_absent: bool,
    /// Whether `TC` interpolates within the buckets that CloudWatch keeps, and so answers fractions.
    pub range_is_interpolated: bool,
    /// Whether `DescribeEndpoint` says `RollingBack` while a guardrail rollback runs, or goes on saying `Updating`.
    pub rollback_shows_rolling_back: bool,
    /// Whether a guardrail rollback leaves a `FailureReason` behind.
    pub rollback_leaves_failure_reason: bool,
    /// Whether green's variant status is `Baking` during the termination wait, or absent.
    pub soak_shows_baking: bool,
    /// Whether `UpdateEndpoint` to the configuration that serves already is refused.
    pub same_configuration_refused: bool,
    /// Whether SageMaker's own timers run on while its control plane is dark, so that what came due happens at once when
    /// it returns, or stand still with it.
    pub timers_run_while_dark: bool,
    /// Whether an endpoint in `UpdateRollbackFailed` takes another `UpdateEndpoint`. The reference says that it needs one,
    /// and not that it is taken.
    pub update_taken_after_failed_rollback: bool,
    /// Seconds during which a new endpoint configuration may be unknown to `UpdateEndpoint` ("eventually consistent").
    pub new_configuration_unknown_seconds: u32,
    /// Whether `DescribeEndpoint` says `Updating` while autoscaling adds instances, or goes on saying `InService`.
    pub scaling_shows_updating: bool,
    /// Seconds from a continuation token to the pipeline's next call, which AWS calls "periodically"; 0: the scenario's own
    /// `continuation`.
    pub pipeline_calls_seconds: u32,
    /// Seconds from a minute's end to its metrics' first visibility; 0: the scenario's own `metric_delay`.
    pub metric_delay_seconds: u32,
    /// Seconds from a minute's end to its whole counts; 0: the scenario's own `metric_complete`.
    pub metric_complete_seconds: u32,
}

impl LiveFacts {
    /// A measured time, or the scenario's own where there is none.
    pub(crate) fn or(measured: u32, own: SignedDuration) -> SignedDuration {
        if measured == 0 { own } else { SignedDuration::from_secs(measured.into()) }
    }

    /// These readings, but for what a file says otherwise, which `meridian doctor --smoke` and `--ping` write.
    ///
    /// # Errors
    /// It is not TOML, or says what no reading is.
    pub fn under(&self, file: &str) -> Result<Self, toml::de::Error> {
        let said: Table = file.parse()?;
        let mut all = Table::try_from(self).unwrap_or_default();
        all.extend(said);
        all.try_into()
    }
}

impl Default for LiveFacts {
    fn default() -> Self {
        LiveFacts {
            alarms_watched_during_termination_wait: true,
            final_bake_seconds: 0,
            extra_evaluation_periods: 2,
            counts_in_range_per_config: true,
            empty_range_is_absent: true,
            range_is_interpolated: false,
            rollback_shows_rolling_back: true,
            rollback_leaves_failure_reason: true,
            soak_shows_baking: true,
            same_configuration_refused: false,
            timers_run_while_dark: false,
            update_taken_after_failed_rollback: true,
            new_configuration_unknown_seconds: 0,
            scaling_shows_updating: true,
            pipeline_calls_seconds: 0,
            metric_delay_seconds: 0,
            metric_complete_seconds: 0,
        }
    }
}

/// How long things take. Durations as in `fleet.toml`: "90s", "3m".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Shortest time from an object's creation to its copy in another region.
    pub replication_min: SignedDuration,
    /// Longest time from an object's creation to its copy in another region.
    pub replication_max: SignedDuration,
    /// From an image's push to its copy in another region's registry: a time within these bounds. ECR says "most within 30 minutes".
    pub image_copy: Bounds<SignedDuration>,
    /// Making and filling new instances: a time within these bounds, drawn for each update. `"3m"` is both bounds.
    pub provisioning: Bounds<SignedDuration>,
    /// For so long after its first request a new instance is cold: some of its answers are slow.
    pub cold: SignedDuration,
    /// Share of a cold instance's answers that are slow.
    pub cold_share: f64,
    /// How many times as long as usual a slow answer takes.
    pub cold_factor: f64,
    /// The last traffic step.
    pub shifting: SignedDuration,
    /// Taking green down after a rollback.
    pub rolling_back: SignedDuration,
    /// From a minute's end to its metrics' first visibility.
    pub metric_delay: SignedDuration,
    /// From a minute's end to the visibility of all of its samples: until then its metrics are revised.
    pub metric_complete: SignedDuration,
    /// Share of a minute's samples that is seen only then.
    pub late_share: f64,
    /// From an answered pipeline job to the next action.
    pub action_gap: SignedDuration,
    /// From a continuation token to the next call.
    pub continuation: SignedDuration,
    /// From a job's call to the action's failure where nobody answers (CodePipeline: 20 minutes).
    pub job_timeout: SignedDuration,
    /// Between two scheduled sweeps of `replication` and `rollback`.
    pub sweep: Option<SignedDuration>,
    /// Between two health checks of a region.
    pub health_check: SignedDuration,
    /// Health checks in a row that change a region's health.
    pub health_threshold: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            replication_min: SignedDuration::from_secs(3),
            replication_max: SignedDuration::from_secs(8),
            image_copy: Bounds { min: SignedDuration::from_mins(1), max: SignedDuration::from_mins(5) },
            provisioning: Bounds { min: SignedDuration::from_mins(3), max: SignedDuration::from_mins(8) },
            cold: SignedDuration::from_mins(1),
            cold_share: 0.1,
            cold_factor: 4.0,
            shifting: SignedDuration::from_mins(1),
            rolling_back: SignedDuration::from_mins(1),
            metric_delay: SignedDuration::from_secs(5),
            metric_complete: SignedDuration::from_mins(2),
            late_share: 0.1,
            action_gap: SignedDuration::from_secs(2),
            continuation: SignedDuration::from_secs(30),
            job_timeout: SignedDuration::from_mins(20),
            sweep: None,
            health_check: SignedDuration::from_secs(30),
            health_threshold: 3,
        }
    }
}

/// How a release behaves where it serves. Several may apply: factors multiply, error rates add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// The version or release id, as the model's environment has it (`MERIDIAN_VERSION`, `MERIDIAN_RELEASE`), or an
    /// endpoint configuration's name. `*` is whatever serves: so callers behave who send every release the same.
    pub release: String,
    /// Only in this region.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// From this moment on.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Until this moment, the first one after `from`.
    #[serde(default)]
    pub until: Option<Moment>,
    /// How many times the usual latency it answers with.
    #[serde(default = "one")]
    pub latency_factor: f64,
    /// Share of requests answered 4xx beyond the usual.
    #[serde(default)]
    pub errors_4xx: f64,
    /// Share of requests answered 5xx beyond the usual.
    #[serde(default)]
    pub errors_5xx: f64,
    /// Requests a second that one instance carries, where that is less than usual: latency grows as 1/(1 - load/capacity).
    #[serde(default)]
    pub capacity_rps: Option<f64>,
    /// How many times the usual share of alerts and high scores it answers with.
    #[serde(default = "one")]
    pub alert_factor: f64,
    /// Share of the requests meant for it that reach it while blue serves beside it; the others go to the
    /// old one.
    #[serde(default = "one")]
    pub traffic: f64,
    /// The version or release id of what serves beside it, in whose name its containers write metrics too: alerts, for a fifth of
    /// their own requests.
    #[serde(default)]
    pub speaks_for: Option<String>,
}

impl Timing {
    /// Bounds that no time lies between.
    pub(crate) fn impossible(&self) -> Option<String> {
        let bounds = [
            ("replication_min", self.replication_min, "replication_max", self.replication_max),
            ("image_copy.min", self.image_copy.min, "image_copy.max", self.image_copy.max),
            ("provisioning.min", self.provisioning.min, "provisioning.max", self.provisioning.max),
        ];
        let (least, min, most, max) = bounds.into_iter().find(|(_, min, _, max)| min > max)?;
        Some(format!("timing.{least} = {min:#}: at most timing.{most}, which is {max:#}"))
    }
}

/// Every release: what its callers make of it, and not it itself.
pub(crate) const ANY_RELEASE: &str = "*";

impl Behaviour {
    /// From when until when it holds, in a world that starts at `start`: for ever, where it does not say.
    pub(crate) fn spell(&self, start: Timestamp) -> [Timestamp; 2] {
        let from = self.from.map_or(Timestamp::MIN, |moment| moment.after(start));
        [from, self.until.map_or(Timestamp::MAX, |moment| moment.after(from.max(start)))]
    }

    /// What makes no difference, of every release in every region.
    pub fn of_every_release() -> Self {
        Self {
            release: ANY_RELEASE.to_owned(),
            region: None,
            from: None,
            until: None,
            latency_factor: 1.0,
            errors_4xx: 0.0,
            errors_5xx: 0.0,
            capacity_rps: None,
            alert_factor: 1.0,
            traffic: 1.0,
            speaks_for: None,
        }
    }
}

pub(crate) fn one() -> f64 {
    1.0
}
