//! What is wrong with a policy, as tests expect it, and what a person reads of it.

use crate::night::{AU, BR, EU, name};
use jiff::SignedDuration;
use meridian_domain::edge::{UnusualProblem, UnusualValue};
use meridian_domain::signing::PublicKeyError;
use meridian_domain::{
    BucketName, FieldRule, Fleet, FleetError, FleetName, FleetProblem, FreezeProblem, ImageVersion, KeyId, NameError,
    NameKind, Provenance, RegionName, RegionProblem, RepositoryName, SecurityGroupId, Style, SubnetId, TextProblem,
    VpcLimit,
};
use meridian_judge::MetricName;
use std::fmt::Debug;
use std::str::FromStr;

/// A policy that is taken: the repository's.
pub const GOOD: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

/// What is wrong with the repository's policy after one change.
pub fn refused(from: &str, to: &str) -> FleetError {
    assert!(GOOD.contains(from), "{from:?} is not in fleet.toml");
    Fleet::parse(&GOOD.replacen(from, to, 1)).unwrap_err()
}

/// 1-based line of the first line of the repository's policy that contains `text`.
pub fn line_of(text: &str) -> Option<usize> {
    GOOD.lines().position(|line| line.contains(text)).map(|line| line + 1)
}

/// A field breaks its rule.
pub fn field(table: &str, field: &'static str, rule: FieldRule) -> FleetProblem {
    FleetProblem::Field { table: table.to_owned(), field, rule }
}

/// A duration that nobody means.
pub fn unusual_duration(field: &str, text: &str) -> FleetProblem {
    let (field, value) = (field.to_owned(), UnusualValue::Duration(text.to_owned()));
    FleetProblem::Unusual(UnusualProblem::Value { field, value })
}

/// A number that nobody means.
pub fn unusual_number(field: &str, text: &str) -> FleetProblem {
    let (field, value) = (field.to_owned(), UnusualValue::Number(text.to_owned()));
    FleetProblem::Unusual(UnusualProblem::Value { field, value })
}

/// The text that stands at this place is not what its type takes.
pub fn no_text(place: &str, problem: impl Into<TextProblem>) -> FleetProblem {
    FleetProblem::Text { place: place.to_owned(), problem: problem.into() }
}

/// Why a type does not take a text.
pub fn no<T: FromStr<Err: Into<TextProblem>> + Debug>(place: &str, text: &str) -> FleetProblem {
    no_text(place, text.parse::<T>().unwrap_err())
}

/// True if the parser refuses what stands at this place, in words of its own.
pub fn is_malformed(problem: &FleetProblem, at: &str) -> bool {
    matches!(problem, FleetProblem::Malformed { place: Some(place), .. } if place == at)
}

/// So many minutes.
pub fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A bake of the repository's fleet that is impossible: warm-up and the last decision take four minutes of it.
pub fn bake(region: &str, bake: SignedDuration, longest: SignedDuration) -> FleetProblem {
    FleetProblem::Region(RegionProblem::Bake { region: name(region), bake, shortest: minutes(4), longest })
}

/// The sentence of each problem, as far as its words are promised.
fn assert_told<const N: usize>(problems: [(FleetProblem, &str); N]) {
    for (problem, words) in problems {
        let text = problem.to_string();
        assert!(text.contains(words), "{text}\ndoes not say: {words}");
    }
}

#[test]
fn a_broken_rule_is_told_with_table_and_field() {
    assert_told([
        (field("wave", "detect", FieldRule::Detect), "wave.detect must be above judge.tolerance_fail"),
        (field("wave", "detect_alone", FieldRule::DetectAlone), "wave.detect_alone must be at least wave.detect"),
        (field("wave", "base_rate", FieldRule::Share), "wave.base_rate must be between 0 and 1"),
        (field("wave", "tries", FieldRule::Tries), "wave.tries must be 1 to 4"),
        (field("wave", "until", FieldRule::Until), "wave.until must be at most 24h"),
        (field("wave", "probation", FieldRule::Probation), "wave.probation must be 1h to 24h"),
        (field("wave", "probation_alpha", FieldRule::Level), "wave.probation_alpha must be between 0.000001 and 0.2"),
        (field("wave", "lease", FieldRule::Lease), "wave.lease must be at least 2m"),
        (field("guardrail", "canary_percent", FieldRule::CanaryPercent), "guardrail.canary_percent must be 1 to 50"),
        (field("guardrail", "soak", FieldRule::Soak), "guardrail.soak must be 0s to 1h"),
        (field("guardrail", "max_execution", FieldRule::MaxExecution), "guardrail.max_execution must be 10m to 8h"),
        (field("guardrail", "full_load", FieldRule::FullLoad), "guardrail.full_load must be whole minutes up to 30m"),
        (
            field("guardrail", "decide_before_end", FieldRule::DecisionRoom),
            "guardrail.decide_before_end must be at least 180s",
        ),
        (field("judge", "min_requests", FieldRule::MinRequests), "judge.min_requests must be above 0"),
        (field("evaluation", "max_auc_drop", FieldRule::NotNegative), "evaluation.max_auc_drop must not be negative"),
        (field("shadow", "capture_percent", FieldRule::CapturePercent), "shadow.capture_percent must be 1 to 100"),
        (field("shadow", "hours", FieldRule::ShadowHours), "shadow.hours must be 1 to 24"),
        (field("shadow", "least", FieldRule::ShadowRecords), "shadow.least must be 2 to 1000000"),
        (field("shadow", "keep", FieldRule::ShadowDays), "shadow.keep must be 1 to 30 days"),
        (
            field("scaling", "requests_per_instance", FieldRule::RequestsPerInstance),
            "scaling.requests_per_instance must be above 0",
        ),
        (field("scaling", "night", FieldRule::Night), "scaling.night begins when it ends"),
        (field("scaling", "scale_in", FieldRule::CoolDown), "scaling.scale_in must be 0s to 24h"),
        (field("signing", "keys", FieldRule::SigningKeys), "signing.keys must name 1 to 16 keys"),
        (field("signing", "keys", FieldRule::SigningKeyIds), "signing.keys must name each id once"),
        (field("signing", "keys", FieldRule::SigningKeyTimes), "signing.keys must say from before until"),
        (
            field("signing", "keys", FieldRule::SigningKeyArn),
            "signing.keys must give kms as the ARN of a key of the fleet's account",
        ),
        (field("signing", "keys", FieldRule::ExampleKey), "signing.keys must not trust the example key"),
    ]);
}

fn named(text: &str, expected: NameKind) -> NameError {
    NameError { given: text.to_owned(), expected }
}

#[test]
fn what_is_wrong_with_a_fleet_is_told() {
    let whole = FleetError { line: None, problem: FleetProblem::NoImage }.to_string();
    assert!(whole.starts_with("fleet.toml: image: no container is allowed"), "{whole}");
    let (place, quoted) = (Some("fleet.order".to_owned()), "unknown variant `random`".to_owned());
    assert_told([
        (FleetProblem::Malformed { place, quoted }, "fleet.order: unknown variant `random`"),
        (
            no::<RegionName>("region.name", "brazil"),
            "region.name: \"brazil\" is not an AWS region name such as eu-west-1",
        ),
        (no::<FleetName>("fleet.name", "Fraud"), "\"Fraud\" is not a fleet name: up to 20 lower-case letters"),
        (no::<BucketName>("region.bucket", "no_bucket"), "\"no_bucket\" is not an S3 bucket name"),
        (no::<RepositoryName>("image.repository", "XGBoost"), "\"XGBoost\" is not a repository of ECR"),
        (
            no::<ImageVersion>("image.version", "1.7-2"),
            "\"1.7-2\" is not a known image: expected \"1.7-1\" or \"3.0-5\"",
        ),
        (no::<SubnetId>("region.vpc", "all"), "\"all\" is not a subnet's id such as"),
        (no::<SecurityGroupId>("region.vpc", "all"), "\"all\" is not a security group's id such as"),
        (no::<KeyId>("signing.keys", ""), "signing.keys: \"\" is not a key's id"),
        (no::<MetricName>("judge.metrics", "No"), "\"No\" is not a metric's name such as 5xx"),
        (no_text("signing.keys", PublicKeyError), "signing.keys: not a public key that can sign releases"),
        (
            FleetProblem::Duration { place: "region.bake".to_owned(), found: "\"soon\"".to_owned() },
            "region.bake is \"soon\"; expected a duration such as",
        ),
        (
            no_text("region.time_zone", named("Asia/Kyotoo", NameKind::TimeZone)),
            "region.time_zone: \"Asia/Kyotoo\" is not an IANA time zone such as Europe/Dublin",
        ),
        (
            no_text("scaling.night", named("midnight", NameKind::TimeOfDay)),
            "scaling.night: \"midnight\" is not a time of day such as \"23:30\"",
        ),
        (unusual_number("evaluation.max_auc_drop", "nan"), "evaluation.max_auc_drop is nan"),
        (unusual_duration("guardrail.full_load", "-1m"), "guardrail.full_load is \"-1m\""),
        (FleetProblem::Deputy(name(EU)), "fleet.deputies: eu-west-1 is none of the [[region]] blocks"),
        (FleetProblem::HomePlaceInFixedOrder, "fleet.home_place is of an order"),
        (FleetProblem::Account { table: "fleet", account: "1111".to_owned() }, "fleet.account is \"1111\""),
        (
            FleetProblem::RoleName { field: "execution_role", longest: 48 },
            "fleet.execution_role must be an IAM role's name",
        ),
        (FleetProblem::IsolatedMetric("alerts".parse().unwrap()), "cannot send the metric alerts of [judge.metrics]"),
        (FleetProblem::HomeNotListed(name("us-east-1")), "fleet.home: us-east-1 is not one of the [[region]] blocks"),
    ]);
}

fn region(problem: RegionProblem) -> FleetProblem {
    problem.into()
}

#[test]
fn what_is_wrong_with_a_region_is_told() {
    let (eu, au, br) = (name(EU), name(AU), name(BR));
    assert_told([
        (region(RegionProblem::NotOfAws(name("sa-eest-1"))), "region.name: sa-eest-1 is not a region"),
        (region(RegionProblem::ListedTwice(eu.clone())), "region.name: eu-west-1 is listed twice"),
        (
            region(RegionProblem::SharedBucket("fraud-models-eu".parse().unwrap())),
            "region.bucket: fraud-models-eu belongs to two regions",
        ),
        (region(RegionProblem::SharedTitle("au".to_owned())), "region.title: au belongs to two regions"),
        (
            region(RegionProblem::Title { region: br.clone(), longest: 20 }),
            "region.title of sa-east-1 must have 1 to 20 letters, digits",
        ),
        (
            region(RegionProblem::Vpc { region: au.clone(), takes: VpcLimit::Subnets }),
            "region.vpc of ap-southeast-2: SageMaker takes 1 to 16 subnets",
        ),
        (
            region(RegionProblem::PeakRps { region: au.clone(), least: 0.001, most: 1e7 }),
            "region.peak_rps of ap-southeast-2 must be above 0",
        ),
        (bake(AU, minutes(2), minutes(60)), "region.bake: 2m of ap-southeast-2 is impossible"),
        (bake(AU, minutes(120), minutes(60)), "region.bake: 2h of ap-southeast-2 is impossible"),
        (
            region(RegionProblem::BakeBounds { region: au.clone(), min: minutes(9), max: minutes(6) }),
            "region.bake of ap-southeast-2: min 9m is above max 6m",
        ),
        (
            region(RegionProblem::CanaryPercent { region: eu.clone(), min: 0, max: 25 }),
            "region.canary_percent of eu-west-1 is 0 to 25",
        ),
        (region(RegionProblem::NoMostInstances(eu.clone())), "region.most_instances of eu-west-1 is missing"),
        (
            region(RegionProblem::MostBelowLeast { region: eu.clone(), most: 2, least: 3 }),
            "region.most_instances of eu-west-1 is 2, below its 3 instances",
        ),
        (
            region(RegionProblem::NightInstances { region: eu.clone(), by_day: 3 }),
            "region.night_instances of eu-west-1 must be 2, so that two zones serve, to 3, what it has by day",
        ),
        (region(RegionProblem::NoNight(eu.clone())), "say when it is night, scaling.night"),
        (
            region(RegionProblem::NoScaling { region: eu, field: "most_instances" }),
            "region.most_instances of eu-west-1 is promote's to register",
        ),
    ]);
}

#[test]
fn what_does_not_go_together_in_a_region_is_told() {
    let (eu, au, br) = (name(EU), name(AU), name(BR));
    let linear = Style::Linear { step: 10 };
    assert_told([
        (
            region(RegionProblem::NoCanary { region: au.clone(), style: Style::AllAtOnce }),
            "region.style: all-at-once of ap-southeast-2 has no canary",
        ),
        (
            region(RegionProblem::NoCanary { region: au.clone(), style: Style::Rolling { batch: 50 } }),
            "region.style: rolling of ap-southeast-2 has no canary",
        ),
        (
            region(RegionProblem::NoEvidence { region: br, style: Style::Canary }),
            "region.style: canary of sa-east-1 would wait for a judge",
        ),
        (region(RegionProblem::NoShare { field: "step", least: 10 }), "region.step is missing"),
        (region(RegionProblem::Share { field: "step", least: 10 }), "region.step must be 10 to 50"),
        (region(RegionProblem::Share { field: "batch", least: 5 }), "region.batch must be 5 to 50"),
        (
            region(RegionProblem::StrayStep { region: au.clone(), style: Style::Canary }),
            "region.step of ap-southeast-2 is linear's",
        ),
        (
            region(RegionProblem::StrayBatch { region: au.clone(), style: Style::Canary }),
            "region.batch of ap-southeast-2 is rolling's",
        ),
        (region(RegionProblem::UnknownStyle("blue".to_owned())), "region.style: \"blue\" is none of"),
        (
            region(RegionProblem::ActiveListedLate { region: au.clone(), after: eu.clone() }),
            "ap-southeast-2 is active and listed after eu-west-1",
        ),
        (region(RegionProblem::NoneActive), "region.kind: no region is active"),
        (region(RegionProblem::ZoneName("EU!".to_owned())), "region.zone: \"EU!\" is not a zone's name"),
        (
            region(RegionProblem::ZoneOfSome { region: au.clone(), first: eu.clone() }),
            "region.zone: say it of every region or of none",
        ),
        (region(RegionProblem::GoldenRecordsLeaveZone(au)), "fleet.golden_records = \"may-leave-zone\""),
        (
            region(RegionProblem::TooManyWaits { region: eu, style: linear, bake: minutes(13), longest: minutes(90) }),
            "region.style: linear of eu-west-1 takes 9 waits",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_freeze_is_told() {
    let freeze = FleetProblem::Freeze;
    let days = |text: &str| FreezeProblem::Days(text.to_owned());
    let (from, until) = ("2026-11-27".to_owned(), "2026-11-26".to_owned());
    let peak = "peak".to_owned();
    assert_told([
        (freeze(days("friday")), "freeze.days: \"friday\" is neither a weekday"),
        (freeze(days("02-30")), "freeze.days: \"02-30\""),
        (freeze(FreezeProblem::NoDays), "freeze.days is empty"),
        (
            freeze(FreezeProblem::TimeOfDay { field: "from", text: "5pm".to_owned() }),
            "freeze.from: \"5pm\" is not a time of day",
        ),
        (freeze(FreezeProblem::NeitherOnceNorRecurring), "freeze: say either days"),
        (freeze(FreezeProblem::EndsBeforeItBegins { until, from }), "freeze.until: 2026-11-26 is not after from"),
        (
            freeze(FreezeProblem::Moment { field: "from", text: "tomorrow".to_owned() }),
            "freeze.from: \"tomorrow\" is not a moment",
        ),
        (freeze(FreezeProblem::TimeZone("Mars/Olympus".to_owned())), "freeze.time_zone: \"Mars/Olympus\""),
        (freeze(FreezeProblem::UnknownRegion(name("us-east-1"))), "freeze.regions: us-east-1 is not one of"),
        (freeze(FreezeProblem::NoRegions), "freeze.regions is empty"),
        (
            freeze(FreezeProblem::NoRoom { name: peak, region: name(EU), needed: minutes(23) }),
            "freeze: \"peak\" leaves eu-west-1 no 23m in a year",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_pair_of_provenance_is_told() {
    for (pair, words) in [
        ("training-job", "expected KEY=VALUE with builder"),
        ("author=maria", "author: expected KEY=VALUE with builder"),
        ("source=", "source: \"\" is not 1 to 200 printable ASCII characters"),
        ("material=a@sha256:12", "material: \"12\" is not a SHA-256: 64 lower-case hexadecimal digits"),
    ] {
        let text = Provenance::default().set(pair).unwrap_err().to_string();
        assert!(text.starts_with(words), "{text}\ndoes not say: {words}");
    }
}
