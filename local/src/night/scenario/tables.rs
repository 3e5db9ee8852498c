//! Every field of a scenario file: what it takes, what holds without it, and an example. A test holds these tables to the types that
//! files are read into, and docs/scenarios.md to both.

use super::fields::{Absent, Field, Table, Takes};
use super::words::words_of;
use super::{AnswerName, Ending, ImageName, ModelName, Records, SignedBy};
use crate::night::features::features;
use crate::services::{OPERATIONS, by_name};
use crate::world::service::Service;
use crate::world::{FaultKind, Moment, When};
use Absent::{Is, Means, Refused};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::edge::is_usual_moment;
use meridian_domain::{Actor, RegionName, Rule, Version, is_file_name};
use meridian_handlers::context::FunctionKind;
use meridian_handlers::operator_commands::LONGEST_OVERRIDE;

/// Characters of a scenario's name, as `NAME` says.
const LONGEST_NAME: usize = 64;
/// The longest night that is simulated: its story is kept in memory. Nothing in it takes longer.
const LONGEST_NIGHT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Between two of what repeats in a world.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

const NAME: Takes = Takes::Text { expected: "a name of at most 64 characters, and no path", reads: is_name };
const SENTENCE: Takes = Takes::Text { expected: "a text", reads: is_something };
const REGION: Takes = Takes::Text { expected: "a region such as \"eu-west-1\"", reads: parses::<RegionName> };
const VERSION: Takes = Takes::Text { expected: "a version such as \"v427\"", reads: parses::<Version> };
const SERVED: Takes = Takes::Text { expected: "a version such as \"v427\", or \"unknown\"", reads: parses::<Version> };
const ACTOR: Takes = Takes::Text { expected: "a person's name without spaces", reads: parses::<Actor> };
const INSTANCES: Takes =
    Takes::Text { expected: "a type of SageMaker's instances, such as \"ml.m5.xlarge\"", reads: is_something };
const FILE: Takes = Takes::Text { expected: "a file's name such as \"pipeline.yaml\"", reads: is_file_name };
const RELEASE: Takes = Takes::Text {
    expected: "a version such as \"v427\", a release's digest, an endpoint configuration's name, or \"*\"",
    reads: is_something,
};
const SPOKEN_FOR: Takes =
    Takes::Text { expected: "a version such as \"v427\", or a release's digest", reads: is_something };
const MOMENT: Takes = Takes::Text {
    expected: "a moment such as \"03:47\", \"03:47:30\" or \"2026-11-20T03:47:00Z\"",
    reads: parses::<Moment>,
};
const TIMESTAMP: Takes = Takes::Text {
    expected: "a moment such as \"2026-11-20T03:47:00Z\", between the years 2000 and 2199",
    reads: is_timestamp,
};
const FEATURE: Takes = Takes::Known { expected: "a feature of local/models/features.txt", words: features };
const OPERATION: Takes = Takes::Known { expected: "an operation that the local world knows", words: operations };
const BY_HAND: Takes = Takes::Known {
    expected: "an operation that the local world knows, except InvokeEndpoint and S3's that are no hand's",
    words: by_hand,
};
const FUNCTION: Takes = Takes::Word(words_of::<FunctionKind>);
const RULE: Takes = Takes::Word(words_of::<Rule>);
const SHARE: Takes = Takes::Number { what: "a share", least: 0.0, most: 1.0 };
const FACTOR: Takes = Takes::Number { what: "a factor", least: 1e-3, most: 1e6 };
const RATE: Takes = Takes::Number { what: "requests a second", least: 1e-3, most: 1e6 };
const SCALE: Takes = Takes::Scale { most: 1e6 };
const CALLS: Takes = Takes::Count { unit: "calls", least: 0, most: 1_000_000 };
const SOME_CALLS: Takes = Takes::Count { unit: "calls", least: 1, most: 1_000_000 };
const SECONDS: Takes = Takes::Count { unit: "seconds", least: 0, most: 86_400 };
const PERIODS: Takes = Takes::Count { unit: "periods", least: 0, most: 100 };
// Route 53's own bounds.
const CHECKS: Takes = Takes::Count { unit: "health checks", least: 1, most: 10 };
// CloudWatch keeps what a world is asked about for longer, but nobody asks.
const DAYS: Takes = Takes::Count { unit: "days", least: 0, most: 28 };
const TRIES: Takes = Takes::Count { unit: "tries", least: 0, most: 10 };
const MESSAGES: Takes = Takes::Count { unit: "messages", least: 0, most: 10_000 };
const SPELL: Takes = Takes::Duration { least: SignedDuration::ZERO, most: LONGEST_NIGHT };
const EXCEPTION: Takes = Takes::Duration { least: SHORTEST, most: LONGEST_OVERRIDE };
const PERIOD: Takes = Takes::Duration { least: SHORTEST, most: LONGEST_NIGHT };

fn parses<T: std::str::FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

fn is_something(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Whether a folder can be called like it.
pub(super) fn is_name(text: &str) -> bool {
    let path = text.contains(['/', '\\', '\0']) || [".", ".."].contains(&text);
    !path && text.chars().count() <= LONGEST_NAME
}

fn is_timestamp(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok_and(is_usual_moment)
}

fn by_hand() -> Vec<String> {
    by_name::names().map(str::to_owned).collect()
}

fn operations() -> Vec<String> {
    OPERATIONS.iter().map(|name| (*name).to_owned()).collect()
}

/// The words of [`Target`](crate::world::Target), whose services serde does not list with it.
fn services() -> Vec<String> {
    std::iter::once("control-plane".to_owned()).chain(words_of::<Service>()).collect()
}

pub(super) static SCENARIO: Table = Table {
    heading: "a scenario",
    fields: &[
        Field::new("name", NAME, Means("the file's name"), "\"sydney-errors\""),
        Field::new("title", SENTENCE, Refused, "\"v427 answers 5 % of Sydney's requests with an error\""),
        Field::new("start", TIMESTAMP, Refused, "\"2026-11-20T02:59:00Z\""),
        Field::new("lasts", PERIOD, Refused, "\"4h\""),
        Field::new("publish", Takes::Tables(&PUBLISH), Means("nothing is published"), "[]"),
        Field::new("approve", Takes::Tables(&APPROVE), Means("nobody approves any"), "[]"),
        Field::new("rerun", Takes::Tables(&RERUN), Means("nobody starts any"), "[]"),
        Field::new("override", Takes::Tables(&OVERRIDE), Means("nobody sets any aside"), "[]"),
        Field::new("hand", Takes::Tables(&HAND), Means("nobody calls AWS"), "[]"),
        Field::new("failover", Takes::Tables(&FAILOVER), Means("nobody moves any"), "[]"),
        Field::new(
            "move_home",
            Takes::Table(&MOVE_HOME),
            Means("home has not moved"),
            "{ at = \"02:59\", from = \"eu-west-1\", who = \"maria\", why = \"a drill\" }",
        ),
        Field::new("restore", Takes::Tables(&RESTORE), Means("nobody restores any"), "[]"),
        Field::new("deploy", Takes::Tables(&DEPLOY), Means("nobody deploys"), "[]"),
        Field::new("new", Takes::List(&REGION), Means("every region serves v426"), "[\"sa-east-1\"]"),
        Field::new("installed_on", INSTANCES, Means("as `fleet.toml` says"), "\"ml.m5.xlarge\""),
        Field::new("policy", Takes::Policy, Means("as `fleet.toml` says"), "{ wave = { probation_action = \"act\" } }"),
        Field::new("fault", Takes::Tables(&FAULT), Means("nothing goes wrong"), "[]"),
        Field::new("behaviour", Takes::Tables(&BEHAVIOUR), Means("every release is as usual"), "[]"),
        Field::new("feature", Takes::Tables(&FEATURES), Means("every feature is as in training"), "[]"),
        Field::new(
            "clients",
            Takes::Table(&CLIENTS),
            Means("a lost region's customers go to nobody"),
            "{ next = [\"sa-east-1\"] }",
        ),
        Field::new("before", Takes::Table(&BEFORE), Means("CloudWatch knows the last hour"), "{ days = 14 }"),
        Field::new("live", Takes::Table(&LIVE), Means("the defaults below"), "{ final_bake_seconds = 60 }"),
        Field::new("timing", Takes::Table(&TIMING), Means("the defaults below"), "{ provisioning = \"3m\" }"),
        Field::new("deliver_twice", Takes::Flag, Is("false"), "true"),
        Field::new(
            "expect",
            Takes::Table(&EXPECT),
            Refused,
            "{ serves = { eu-west-1 = \"v427\" }, pages = 0, executions = [\"succeeded\"] }",
        ),
    ],
};

pub(super) static PUBLISH: Table = Table {
    heading: "[[publish]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"03:00\""),
        Field::new("version", VERSION, Refused, "\"v427\""),
        Field::new("model", Takes::Word(words_of::<ModelName>), Refused, "\"good\""),
        Field::new("signed", Takes::Word(words_of::<SignedBy>), Is("\"training\""), "\"nobody\""),
        Field::new("image", Takes::Word(words_of::<ImageName>), Is("\"usual\""), "\"pushed\""),
        Field::new("answer", Takes::Word(words_of::<AnswerName>), Is("\"score\""), "\"reasons\""),
        Field::new("feature_files", Takes::List(&FILE), Is("[]"), "[\"encoder.json\", \"pipeline.yaml\"]"),
        Field::new("created", TIMESTAMP, Means("when it is published"), "\"2199-01-01T00:00:00Z\""),
    ],
};

pub(super) static APPROVE: Table = Table {
    heading: "[[approve]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"03:00:10\""),
        Field::new("records", Takes::Word(words_of::<Records>), Refused, "\"flattering\""),
        Field::new("who", ACTOR, Refused, "\"maria\""),
        Field::new("why", SENTENCE, Refused, "\"records of October\""),
    ],
};

pub(super) static RERUN: Table = Table {
    heading: "[[rerun]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"04:40\""),
        Field::new("version", VERSION, Refused, "\"v427\""),
        Field::new("beside", Takes::Flag, Is("false"), "true"),
    ],
};

pub(super) static OVERRIDE: Table = Table {
    heading: "[[override]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"02:59:30\""),
        Field::new("what", RULE, Refused, "\"freeze\""),
        Field::new("region", REGION, Means("everywhere"), "\"sa-east-1\""),
        Field::new("lasts", EXCEPTION, Refused, "\"3h\""),
        Field::new("who", ACTOR, Refused, "\"maria\""),
        Field::new("why", SENTENCE, Refused, "\"the acquirer agreed\""),
    ],
};

pub(super) static HAND: Table = Table {
    heading: "[[hand]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"03:30\""),
        Field::new("region", REGION, Refused, "\"sa-east-1\""),
        Field::new("operation", BY_HAND, Refused, "\"DeleteEndpoint\""),
        Field::new("request", Takes::Request, Is("{}"), "{ EndpointName = \"{endpoint}\" }"),
    ],
};

pub(super) static FAILOVER: Table = Table {
    heading: "[[failover]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"03:20\""),
        Field::new("from", REGION, Refused, "\"eu-west-1\""),
        Field::new("to", REGION, Means("they come back"), "\"ap-southeast-2\""),
        Field::new("who", ACTOR, Refused, "\"maria\""),
        Field::new("why", SENTENCE, Refused, "\"the VPC is moved\""),
    ],
};

pub(super) static MOVE_HOME: Table = Table {
    heading: "[move_home]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"02:59\""),
        Field::new("from", REGION, Refused, "\"eu-west-1\""),
        Field::new("to", REGION, Means("the region that is home by `fleet.toml`"), "\"ap-northeast-1\""),
        Field::new("lost", Takes::Flag, Is("false"), "true"),
        Field::new("who", ACTOR, Refused, "\"maria\""),
        Field::new("why", SENTENCE, Refused, "\"a drill\""),
    ],
};

pub(super) static RESTORE: Table = Table {
    heading: "[[restore]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"04:10\""),
        Field::new("region", REGION, Refused, "\"ap-southeast-2\""),
        Field::new("to", MOMENT, Refused, "\"03:20\""),
    ],
};

pub(super) static DEPLOY: Table = Table {
    heading: "[[deploy]]",
    fields: &[
        Field::new("at", MOMENT, Refused, "\"03:40\""),
        Field::new("region", REGION, Refused, "\"eu-west-1\""),
        Field::new("policy", Takes::Policy, Refused, "{ wave = { tries = 1 } }"),
    ],
};

pub(super) static FAULT: Table = Table {
    heading: "[[fault]]",
    fields: &[
        Field::new("kind", Takes::Word(words_of::<FaultKind>), Refused, "\"time-out\""),
        Field::new("region", REGION, Means("everywhere"), "\"ap-northeast-1\""),
        Field::new("service", Takes::Word(services), Means("every service"), "\"s3\""),
        Field::new("operation", OPERATION, Means("every operation"), "\"UpdateEndpoint\""),
        Field::new("function", FUNCTION, Means("whoever calls"), "\"promote\""),
        Field::new("when", Takes::Word(words_of::<When>), Is("\"after\""), "\"before\""),
        Field::new("from", MOMENT, Means("from the start"), "\"03:47\""),
        Field::new("until", MOMENT, Means("to the end"), "\"04:05\""),
        Field::new("skip", CALLS, Is("0"), "2"),
        Field::new("at_most", SOME_CALLS, Means("always"), "1").or("times"),
        Field::new("delay", SPELL, Means("no delay"), "\"15m\""),
    ],
};

pub(super) static BEHAVIOUR: Table = Table {
    heading: "[[behaviour]]",
    fields: &[
        Field::new("release", RELEASE, Refused, "\"v427\""),
        Field::new("region", REGION, Means("everywhere"), "\"ap-southeast-2\""),
        Field::new("from", MOMENT, Means("from the start"), "\"05:15\""),
        Field::new("until", MOMENT, Means("to the end"), "\"06:00\""),
        Field::new("latency_factor", FACTOR, Is("1.0"), "3.0"),
        Field::new("errors_4xx", SHARE, Is("0.0"), "0.02"),
        Field::new("errors_5xx", SHARE, Is("0.0"), "0.05"),
        Field::new("capacity_rps", RATE, Means("as usual"), "60.0"),
        Field::new("alert_factor", FACTOR, Is("1.0"), "3.0"),
        Field::new("traffic", SHARE, Is("1.0"), "0.0"),
        Field::new("speaks_for", SPOKEN_FOR, Means("only its own name"), "\"v426\""),
    ],
};

pub(super) static FEATURES: Table = Table {
    heading: "[[feature]]",
    fields: &[
        Field::new("feature", FEATURE, Refused, "\"amount_sum_pos_365d\""),
        Field::new("region", REGION, Means("everywhere"), "\"sa-east-1\""),
        Field::new("from", MOMENT, Means("always"), "\"03:00\""),
        Field::new("factor", SCALE, Refused, "100.0"),
    ],
};

pub(super) static CLIENTS: Table = Table {
    heading: "[clients]",
    fields: &[
        Field::new("ttl", SPELL, Is("\"1m\""), "\"0s\""),
        Field::new("next", Takes::List(&REGION), Refused, "[\"ap-southeast-2\", \"sa-east-1\"]"),
        Field::new("ignore_ttl", SHARE, Is("0.0"), "0.05"),
        Field::new("retries", TRIES, Is("0"), "2"),
    ],
};

pub(super) static BEFORE: Table = Table {
    heading: "[before]",
    fields: &[Field::new("days", DAYS, Refused, "14"), Field::new("day_scatter", SHARE, Is("0.0"), "0.05")],
};

pub(super) static LIVE: Table = Table {
    heading: "[live]",
    fields: &[
        Field::new("alarms_watched_during_termination_wait", Takes::Flag, Is("true"), "false"),
        Field::new("final_bake_seconds", SECONDS, Is("0"), "60"),
        Field::new("extra_evaluation_periods", PERIODS, Is("2"), "0"),
        Field::new("counts_in_range_per_config", Takes::Flag, Is("true"), "false"),
        Field::new("empty_range_is_absent", Takes::Flag, Is("true"), "false"),
        Field::new("range_is_interpolated", Takes::Flag, Is("false"), "true"),
        Field::new("rollback_shows_rolling_back", Takes::Flag, Is("true"), "false"),
        Field::new("rollback_leaves_failure_reason", Takes::Flag, Is("true"), "false"),
        Field::new("soak_shows_baking", Takes::Flag, Is("true"), "false"),
        Field::new("same_configuration_refused", Takes::Flag, Is("false"), "true"),
        Field::new("timers_run_while_dark", Takes::Flag, Is("false"), "true"),
        Field::new("update_taken_after_failed_rollback", Takes::Flag, Is("true"), "false"),
        Field::new("new_configuration_unknown_seconds", SECONDS, Is("0"), "5"),
        Field::new("scaling_shows_updating", Takes::Flag, Is("true"), "false"),
        Field::new("pipeline_calls_seconds", SECONDS, Is("0"), "45"),
        Field::new("metric_delay_seconds", SECONDS, Is("0"), "20"),
        Field::new("metric_complete_seconds", SECONDS, Is("0"), "90"),
    ],
};

pub(super) static TIMING: Table = Table {
    heading: "[timing]",
    fields: &[
        Field::new("replication_min", SPELL, Is("\"3s\""), "\"1s\""),
        Field::new("replication_max", SPELL, Is("\"8s\""), "\"15m\""),
        Field::new("image_copy", Takes::Or(&SPELL, &BOUNDS), Is("{ min = \"1m\", max = \"5m\" }"), "\"20m\""),
        Field::new("provisioning", Takes::Or(&SPELL, &BOUNDS), Is("{ min = \"3m\", max = \"8m\" }"), "\"3m\""),
        Field::new("cold", SPELL, Is("\"1m\""), "\"3m\""),
        Field::new("cold_share", SHARE, Is("0.1"), "0.25"),
        Field::new("cold_factor", FACTOR, Is("4.0"), "10.0"),
        Field::new("shifting", SPELL, Is("\"1m\""), "\"2m\""),
        Field::new("rolling_back", SPELL, Is("\"1m\""), "\"2m\""),
        Field::new("metric_delay", SPELL, Is("\"5s\""), "\"30s\""),
        Field::new("metric_complete", SPELL, Is("\"2m\""), "\"3m\""),
        Field::new("late_share", SHARE, Is("0.1"), "0.5"),
        Field::new("action_gap", SPELL, Is("\"2s\""), "\"10s\""),
        Field::new("continuation", PERIOD, Is("\"30s\""), "\"1m\""),
        Field::new("job_timeout", PERIOD, Is("\"20m\""), "\"1h\""),
        Field::new("sweep", PERIOD, Means("as `template.yaml` says"), "\"1m\""),
        Field::new("health_check", PERIOD, Is("\"30s\""), "\"10s\""),
        Field::new("health_threshold", CHECKS, Is("3"), "1"),
    ],
};

pub(super) static BOUNDS: Table = Table {
    heading: "bounds",
    fields: &[Field::new("min", SPELL, Refused, "\"3m\""), Field::new("max", SPELL, Refused, "\"8m\"")],
};

pub(super) static EXPECT: Table = Table {
    heading: "[expect]",
    fields: &[
        Field::new(
            "serves",
            Takes::Serves { region: &REGION, release: &SERVED },
            Refused,
            "{ eu-west-1 = \"v427\", sa-east-1 = \"unknown\" }",
        ),
        Field::new("by", MOMENT, Means("by the end"), "\"04:15\""),
        Field::new("pages", Takes::Or(&MESSAGES, &EACH), Refused, "{ each = 1 }"),
        Field::new("advice", MESSAGES, Is("0"), "2"),
        Field::new(
            "executions",
            Takes::List(&Takes::Word(words_of::<Ending>)),
            Means("however they end"),
            "[\"failed\", \"succeeded\"]",
        ),
    ],
};

pub(super) static EACH: Table = Table { heading: "pages", fields: &[Field::new("each", MESSAGES, Refused, "1")] };
