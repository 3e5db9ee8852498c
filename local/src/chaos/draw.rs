//! What goes wrong in a random night.

use super::{Mishap, Trouble};
use crate::services::EFFECTS;
use crate::world::random::Random;
use jiff::SignedDuration;
use toml::{Table, Value, toml};

/// The reference fleet's regions, home first, as built-in nights have them.
pub(super) const REGIONS: [&str; 4] = ["eu-west-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"];
pub(super) const HOME: &str = "eu-west-1";
const SERVICES: [&str; 9] =
    ["s3", "sage-maker", "sage-maker-runtime", "cloud-watch", "sns", "sts", "application-auto-scaling", "kms", "ecr"];
const ILLNESSES: [&str; 5] = ["throttle", "fail", "unavailable", "time-out", "slow"];
const FUNCTIONS: [&str; 5] = ["replication", "shadow-eval", "promote", "rollback", "status"];
/// Mishaps begin within so many seconds of 03:00: after the release's own files are written, and while its wave can be under way.
const BEGINS: (i64, i64) = (20, 2 * 3600);

/// Another reading of what AWS does not document, for one night in three.
const READINGS: [(&str, i64); 17] = [
    ("alarms_watched_during_termination_wait", 0),
    ("final_bake_seconds", 300),
    ("extra_evaluation_periods", 0),
    ("extra_evaluation_periods", 5),
    ("empty_range_is_absent", 0),
    ("range_is_interpolated", 1),
    ("rollback_shows_rolling_back", 0),
    ("rollback_leaves_failure_reason", 0),
    ("soak_shows_baking", 0),
    ("same_configuration_refused", 1),
    ("timers_run_while_dark", 1),
    ("update_taken_after_failed_rollback", 0),
    ("new_configuration_unknown_seconds", 60),
    ("scaling_shows_updating", 0),
    ("pipeline_calls_seconds", 60),
    ("metric_delay_seconds", 15),
    ("metric_complete_seconds", 60),
];

/// Draws what goes wrong in the `number`th night of a seed: one to three things, and what is unusual beside them.
pub(super) fn draw(seed: u64, number: u64) -> Trouble {
    let mut draw = Draw(Random::labelled(seed, ["chaos", &number.to_string()]));
    let mut mishaps: Vec<Mishap> = (0..=draw.below(3)).flat_map(|_| draw.mishap()).collect();
    mishaps.sort_by_key(Mishap::begins);
    let reading = draw.one_in(3).then(|| {
        let (fact, value) = draw.of(&READINGS);
        let counts = fact.ends_with("seconds") || fact.ends_with("periods");
        (fact, if counts { Value::Integer(value) } else { Value::Boolean(value == 1) })
    });
    Trouble { mishaps, reading, twice: draw.one_in(6) }
}

struct Draw(Random);

impl Draw {
    fn below(&mut self, bound: i64) -> i64 {
        self.0.between(0, bound - 1)
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as i64)).unwrap_or(0);
        *all.get(at).unwrap_or_else(|| unreachable!("an index below the length"))
    }

    /// Several tables where it takes several steps.
    fn mishap(&mut self) -> Vec<Mishap> {
        let one = match self.below(24) {
            0..=1 => return self.failover(),
            2..=6 => self.illness(),
            7 => self.cut_off("dark"),
            8 => self.zone_lost(),
            9..=11 => self.struck(),
            12 => self.late_events(),
            13 => self.replication(),
            14 => self.rollback_fails(),
            15..=16 => self.bad_release(),
            17 => self.bad_callers(),
            18 => self.cut_off("region-lost"),
            19 => self.cut_off("partitioned"),
            _ => self.hand(),
        };
        vec![one]
    }

    /// A person sends a region's customers to another, in two looks of the command, and in every second night lets them back.
    fn failover(&mut self) -> Vec<Mishap> {
        let from = self.of(&REGIONS);
        let others: Vec<&str> = REGIONS.into_iter().filter(|region| *region != from).collect();
        let to = self.of(&others);
        let asked = self.0.between(BEGINS.0, BEGINS.1);
        let looked = asked + self.0.between(60, 1800);
        let back = self.one_in(2).then(|| looked + self.0.between(60, 5400));
        let steps = [(Some(asked), Some(to)), (Some(looked), Some(to)), (back, None)].into_iter();
        let steps = steps.filter_map(|(at, to)| {
            let mut fields = Table::from_iter(
                [("at", &*clock(at?)), ("from", from), ("who", "maria"), ("why", "a drill")].map(owned),
            );
            fields.extend(to.map(|to| owned(("to", to))));
            Some(Mishap { table: "failover", fields })
        });
        steps.collect()
    }

    /// A service of one region, home's among them.
    fn illness(&mut self) -> Mishap {
        let (kind, service) = (self.of(&ILLNESSES), self.of(&SERVICES));
        let mut fields = toml! { kind = "" service = "" };
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("service".to_owned(), service.into());
        if kind == "slow" {
            fields.insert("delay".to_owned(), self.of(&["2s", "5s"]).into());
        }
        self.for_a_while("fault", fields)
    }

    /// A region, or what of it others reach.
    fn cut_off(&mut self, kind: &str) -> Mishap {
        self.for_a_while("fault", Table::from_iter([owned(("kind", kind))]))
    }

    fn zone_lost(&mut self) -> Mishap {
        let mut fields = toml! { kind = "zone-lost" };
        fields.extend([("region", self.of(&REGIONS))].map(owned));
        fields.insert("from".to_owned(), self.moment().into());
        Mishap { table: "fault", fields }
    }

    /// A function that is killed, stands still or hangs.
    fn struck(&mut self) -> Mishap {
        let kind = self.of(&["kill", "kill", "freeze", "hang"]);
        let mut fields = Table::from_iter([("kind", kind), ("function", self.of(&FUNCTIONS))].map(owned));
        if kind == "hang" {
            return self.for_a_while("fault", fields);
        }
        fields.extend([("operation", self.of(&EFFECTS))].map(owned));
        fields.insert("skip".to_owned(), self.below(6).into());
        fields.insert("at_most".to_owned(), (1 + self.below(2)).into());
        if kind == "kill" {
            fields.extend([("when", self.of(&["before", "after"]))].map(owned));
        } else {
            let minutes = self.below(30);
            fields.insert("delay".to_owned(), format!("{}s", 10 + minutes * 60).into());
        }
        fields.extend([("from", "03:00:05")].map(owned));
        Mishap { table: "fault", fields }
    }

    fn late_events(&mut self) -> Mishap {
        let mut fields = Table::from_iter([("kind", "event-delay"), ("function", self.of(&FUNCTIONS))].map(owned));
        fields.insert("delay".to_owned(), format!("{}s", 20 << self.below(6)).into());
        self.for_a_while("fault", fields)
    }

    /// Copies to a region that is not home.
    fn replication(&mut self) -> Mishap {
        let kind = self.of(&["replication-delay", "replication-fail"]);
        let region = self.of(REGIONS.get(1..).unwrap_or_default());
        let mut fields = Table::from_iter([("kind", kind), ("region", region)].map(owned));
        if kind == "replication-delay" {
            fields.insert("delay".to_owned(), format!("{}m", 1 + self.below(40)).into());
        }
        Mishap { table: "fault", fields }
    }

    fn rollback_fails(&mut self) -> Mishap {
        let mut fields = toml! { kind = "rollback-fails" };
        fields.extend([("region", self.of(&REGIONS))].map(owned));
        Mishap { table: "fault", fields }
    }

    /// The release answers badly, in one region or in all, at once or from some moment on.
    fn bad_release(&mut self) -> Mishap {
        let mut fields = toml! { release = "v427" };
        match self.below(3) {
            0 => fields.insert("errors_5xx".to_owned(), self.of(&[0.003, 0.02, 0.2]).into()),
            1 => fields.insert("latency_factor".to_owned(), self.of(&[1.5, 4.0]).into()),
            _ => fields.insert("alert_factor".to_owned(), self.of(&[2.0, 6.0]).into()),
        };
        if self.one_in(2) {
            fields.extend([("region", self.of(&REGIONS))].map(owned));
        }
        if self.one_in(2) {
            fields.insert("from".to_owned(), self.moment().into());
        }
        Mishap { table: "behaviour", fields }
    }

    /// A region's callers, or its network: whichever release serves, it answers so.
    fn bad_callers(&mut self) -> Mishap {
        let mut fields = toml! { release = "*" };
        let family = self.of(&["errors_5xx", "errors_4xx"]);
        fields.insert(family.to_owned(), self.of(&[0.005, 0.03]).into());
        self.for_a_while("behaviour", fields)
    }

    /// What people do at three in the morning.
    fn hand(&mut self) -> Mishap {
        let (operation, request) = match self.below(13) {
            0 => ("DeleteAlarms", toml! { AlarmNames = ["{fleet}-rollback"] }),
            1 => ("DeleteAlarms", toml! { AlarmNames = ["{fleet}-endpoint-5xx"] }),
            2 => ("DeleteEndpoint", toml! { EndpointName = "{endpoint}" }),
            3 => ("UpdateEndpoint", toml! { EndpointName = "{endpoint}" EndpointConfigName = "{other}" }),
            4 => ("SetAlarmState", self.alarm_state()),
            5 => ("DeleteEndpointConfig", toml! { EndpointConfigName = "{serving}" }),
            6 => ("DeregisterScalableTarget", not_scaled()),
            7 => (
                "StopPipelineExecution",
                toml! { pipelineName = "{pipeline}" pipelineExecutionId = "{execution}" abandon = true },
            ),
            8 => (
                "StopPipelineExecution",
                toml! { pipelineName = "{pipeline}" pipelineExecutionId = "{execution}" abandon = false },
            ),
            9 => ("StartPipelineExecution", toml! { name = "{pipeline}" }),
            10 => ("RetryStageExecution", self.retry()),
            11 => ("DeleteBucketReplication", toml! { Bucket = "{bucket}" }),
            _ => ("UpdateModelPackage", toml! { ModelPackageArn = "{package}" ModelApprovalStatus = "Rejected" }),
        };
        let of_home = operation.contains("Pipeline")
            || operation.contains("Stage")
            || operation == "UpdateModelPackage"
            || operation == "DeleteBucketReplication";
        let region = if of_home { HOME } else { self.of(&REGIONS) };
        let moment = self.moment();
        let mut fields = Table::from_iter([("at", &*moment), ("region", region), ("operation", operation)].map(owned));
        fields.insert("request".to_owned(), Value::Table(request));
        Mishap { table: "hand", fields }
    }

    fn retry(&mut self) -> Table {
        let mut request =
            toml! { pipelineName = "{pipeline}" pipelineExecutionId = "{execution}" retryMode = "ALL_ACTIONS" };
        request
            .extend([("stageName", self.of(&["Promote-EU", "Promote-AU", "Promote-JP", "Verify-Fleet"]))].map(owned));
        request
    }

    fn alarm_state(&mut self) -> Table {
        let mut request = toml! { StateReason = "somebody tries it" };
        request.extend([("AlarmName", self.of(&["{fleet}-endpoint-5xx", "{fleet}-endpoint-latency"]))].map(owned));
        request.extend([("StateValue", self.of(&["ALARM", "OK"]))].map(owned));
        request
    }

    /// In one region, from a moment on, for 20 seconds to 45 minutes: short ones are as likely as long ones.
    fn for_a_while(&mut self, table: &'static str, mut fields: Table) -> Mishap {
        let begins = self.0.between(BEGINS.0, BEGINS.1);
        let octave = self.below(7);
        let lasts = self.0.between(20 << octave, 42 << octave);
        fields.extend([("region", self.of(&REGIONS))].map(owned));
        fields.insert("from".to_owned(), clock(begins).into());
        fields.insert("until".to_owned(), clock(begins + lasts).into());
        Mishap { table, fields }
    }

    fn moment(&mut self) -> String {
        clock(self.0.between(BEGINS.0, BEGINS.1))
    }
}

/// The request that takes an endpoint out of automatic scaling.
fn not_scaled() -> Table {
    toml! {
        ServiceNamespace = "sagemaker"
        ResourceId = "endpoint/{endpoint}/variant/{variant}"
        ScalableDimension = "sagemaker:variant:DesiredInstanceCount"
    }
}

fn owned((key, value): (&str, &str)) -> (String, Value) {
    (key.to_owned(), value.into())
}

/// So many seconds after 03:00.
fn clock(seconds: i64) -> String {
    let at = jiff::civil::time(3, 0, 0, 0).saturating_add(SignedDuration::from_secs(seconds));
    at.strftime("%H:%M:%S").to_string()
}
