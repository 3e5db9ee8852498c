//! A `fleet.toml` that is wrong ends in an error with its line and field.

use crate::night::{AU, BR, EU, name};
use crate::problems::{GOOD, bake, field, is_malformed, line_of, minutes, refused, unusual_duration, unusual_number};
use meridian_domain::{
    FieldRule, Fleet, FleetError, FleetProblem, NothingCaptured, RegionProblem, RegionalFail, VpcLimit,
    evaluation_policy,
};

/// Sydney's bake, Europe's, and a bound of the wave.
const AU_BAKE: &str = "bake = \"9m\"";
const EU_BAKE: &str = "bake = \"13m\"";
const SKEW: &str = "skew = \"30h\"";

/// Changes of the good file; each error stands on the changed line.
fn assert_refused<const N: usize>(changes: [(&str, &str, FleetProblem); N]) {
    for (from, to, problem) in changes {
        assert_eq!(refused(from, to), FleetError { line: line_of(from), problem }, "{to}");
    }
}

#[test]
fn a_wrong_value_of_a_fleet_is_refused_on_its_line() {
    let execution_role = "execution_role = \"meridian-fraud-endpoint\"";
    assert_refused([
        ("home = \"eu-west-1\"", "home = \"us-east-1\"", FleetProblem::HomeNotListed(name("us-east-1"))),
        ("order = \"fixed\"", "home_place = \"last\"\norder = \"fixed\"", FleetProblem::HomePlaceInFixedOrder),
        ("account = \"111122223333\"", "account = \"1111\"", FleetProblem::Account("1111".to_owned())),
        (
            execution_role,
            "execution_role = \"service-role/endpoint\"",
            FleetProblem::RoleName { field: "execution_role", longest: 64 },
        ),
        (SKEW, "detect = 1.2\nskew = \"30h\"", field("wave", "detect", FieldRule::Detect)),
        (SKEW, "detect_alone = 2.0\nskew = \"30h\"", field("wave", "detect_alone", FieldRule::DetectAlone)),
        (SKEW, "base_rate = 0.0\nskew = \"30h\"", field("wave", "base_rate", FieldRule::Share)),
        ("tries = 2", "tries = 0", field("wave", "tries", FieldRule::Tries)),
        ("tries = 2", "tries = 5", field("wave", "tries", FieldRule::Tries)),
        ("until = \"4h\"", "until = \"25h\"", field("wave", "until", FieldRule::Until)),
        ("probation = \"24h\"", "probation = \"25h\"", field("wave", "probation", FieldRule::Probation)),
        ("probation = \"24h\"", "probation = \"30m\"", field("wave", "probation", FieldRule::Probation)),
        ("probation_alpha = 0.01", "probation_alpha = 0.0", field("wave", "probation_alpha", FieldRule::Level)),
        ("lease = \"10m\"", "lease = \"10s\"", field("wave", "lease", FieldRule::Lease)),
        ("canary_percent = 50", "canary_percent = 51", field("guardrail", "canary_percent", FieldRule::CanaryPercent)),
        ("soak = \"10m\"", "soak = \"61m\"", field("guardrail", "soak", FieldRule::Soak)),
        (
            "max_execution = \"2h\"",
            "max_execution = \"9m\"",
            field("guardrail", "max_execution", FieldRule::MaxExecution),
        ),
        ("warm_up = \"1m\"", "warm_up = \"-1m\"", unusual_duration("guardrail.warm_up", "-1m")),
        ("min_requests = 30", "min_requests = 0", field("judge", "min_requests", FieldRule::MinRequests)),
        ("max_5xx = 0.01", "max_5xx = 1.5", field("judge", "max_5xx", FieldRule::Share)),
        ("latency_share = 0.01", "latency_share = 0.0", field("judge", "latency_share", FieldRule::Share)),
        ("max_auc_drop = 0.02", "max_auc_drop = -0.02", field("evaluation", "max_auc_drop", FieldRule::NotNegative)),
        ("max_auc_drop = 0.02", "max_auc_drop = nan", unusual_number("evaluation.max_auc_drop", "nan")),
        ("max_auc_drop = 0.02", "alpha = 0.5", field("evaluation", "alpha", FieldRule::Level)),
    ]);
}

#[test]
fn a_wrong_value_of_a_region_is_refused_on_its_line() {
    let au = || name(AU);
    let share = |min, max| FleetProblem::Region(RegionProblem::CanaryPercent { region: name(EU), min, max });
    let region = FleetProblem::Region;
    assert_refused([
        ("name = \"sa-east-1\"", "name = \"sa-eest-1\"", region(RegionProblem::NotOfAws(name("sa-eest-1")))),
        ("name = \"sa-east-1\"", "name = \"eu-west-1\"", region(RegionProblem::ListedTwice(name(EU)))),
        ("title = \"BR\"", "title = \"au\"", region(RegionProblem::SharedTitle("au".to_owned()))),
        ("title = \"BR\"", "title = \"South America\"", region(RegionProblem::Title { region: name(BR), longest: 20 })),
        (
            AU_BAKE,
            "vpc = { subnets = [], security_groups = [\"sg-01234567\"] }\nbake = \"9m\"",
            region(RegionProblem::Vpc { region: au(), takes: VpcLimit::Subnets }),
        ),
        (AU_BAKE, "bake = { min = \"2m\", max = \"9m\" }", bake(AU, minutes(2), minutes(60))),
        (AU_BAKE, "bake = \"2h\"", bake(AU, minutes(120), minutes(60))),
        (
            AU_BAKE,
            "bake = { min = \"9m\", max = \"6m\" }",
            region(RegionProblem::BakeBounds { region: au(), min: minutes(9), max: minutes(6) }),
        ),
        (
            AU_BAKE,
            "bake = \"soon\"",
            FleetProblem::Duration { place: "region.bake".to_owned(), found: "\"soon\"".to_owned() },
        ),
        (EU_BAKE, "canary_percent = { min = 0, max = 25 }\nbake = \"13m\"", share(0, 25)),
        (EU_BAKE, "canary_percent = 51\nbake = \"13m\"", share(51, 51)),
        (EU_BAKE, "canary_percent = { min = 25, max = 10 }\nbake = \"13m\"", share(25, 10)),
        ("peak_rps = 200", "peak_rps = 0", region(RegionProblem::PeakRps { region: au(), least: 0.001, most: 1e7 })),
    ]);
    let error = refused("bucket = \"fraud-models-br\"", "bucket = \"fraud-models-eu\"");
    assert_eq!(error.problem, region(RegionProblem::SharedBucket("fraud-models-eu".parse().unwrap())));
    assert!(error.line.is_some());
}

/// In the words of the parser, or of the type of the value.
#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (from, to, place, words) in [
        ("name = \"sa-east-1\"", "name = \"brazil\"", "region.name", "\"brazil\" is not an AWS region name"),
        (
            "bucket = \"fraud-models-br\"",
            "bucket = \"no_bucket\"",
            "region.bucket",
            "\"no_bucket\" is not an S3 bucket name",
        ),
        ("order = \"fixed\"", "order = \"random\"", "fleet.order", "unknown variant `random`"),
        (
            "name = \"fraud\"",
            "name = \"Fraud\"",
            "fleet.name",
            "\"Fraud\" is not a fleet name: up to 20 lower-case letters",
        ),
        (
            "repository = \"sagemaker-xgboost\"",
            "repository = \"XGBoost\"",
            "image.repository",
            "\"XGBoost\" is not a repository",
        ),
        (
            AU_BAKE,
            "vpc = { subnets = [\"all\"], security_groups = [] }\nbake = \"9m\"",
            "region.vpc",
            "\"all\" is not a subnet's id",
        ),
        (AU_BAKE, "bake = { min = \"6m\" }", "region.bake", "missing field `max`"),
        (
            "probation_action = \"tell\"",
            "probation_action = \"page\"",
            "wave.probation_action",
            "unknown variant `page`",
        ),
        (
            "time_zone = \"Asia/Tokyo\"",
            "time_zone = \"Asia/Kyotoo\"",
            "region.time_zone",
            "\"Asia/Kyotoo\" is not an IANA time zone",
        ),
        ("max_auc_drop = 0.02", "max_auc_dorp = 0.02", "evaluation.max_auc_dorp", "unknown field `max_auc_dorp`"),
        ("max_auc_drop = 0.02", "auc = \"maybe\"", "evaluation.auc", "unknown variant `maybe`"),
        ("canary_percent = 50", "canary_per_cent = 10", "guardrail.canary_per_cent", "unknown field `canary_per_cent`"),
    ] {
        let error = refused(from, to);
        assert!(is_malformed(&error.problem, place, words), "{to}: {error}");
        assert_eq!(error.line, line_of(from), "{to}: {error}");
    }
}

/// `[shadow]` is off where it is absent; a wrong one is refused where it stands.
#[test]
fn a_wrong_shadow_policy_is_refused_with_its_line() {
    assert_eq!(Fleet::parse(GOOD).unwrap().shadow, None);
    let with = |lines: &str| Fleet::parse(&format!("{GOOD}\n[shadow]\n{lines}\n"));
    let usual = with("capture_percent = 20").unwrap().shadow.unwrap();
    assert_eq!((usual.capture_percent, usual.hours, usual.least, usual.keep), (20, 6, 2000, 2));
    assert_eq!((usual.nothing_captured, usual.on_regional_fail), (NothingCaptured::GoOn, RegionalFail::Leave));
    let strict = "capture_percent = 1\nnothing_captured = \"leave\"\non_regional_fail = \"stop\"\n[shadow.margins]\nalpha = 0.05";
    let strict = with(strict).unwrap().shadow.unwrap();
    assert_eq!((strict.nothing_captured, strict.on_regional_fail), (NothingCaptured::Leave, RegionalFail::Stop));
    assert_eq!(strict.margins.alpha, 0.05);
    let header = GOOD.lines().count() + 2;
    for (lines, line, table, named, rule) in [
        ("capture_percent = 0", 1, "shadow", "capture_percent", FieldRule::CapturePercent),
        ("capture_percent = 101", 1, "shadow", "capture_percent", FieldRule::CapturePercent),
        ("capture_percent = 1\nhours = 25", 2, "shadow", "hours", FieldRule::ShadowHours),
        ("capture_percent = 1\nleast = 1", 2, "shadow", "least", FieldRule::ShadowRecords),
        ("capture_percent = 1\nkeep = 0", 2, "shadow", "keep", FieldRule::ShadowDays),
        ("capture_percent = 1\n[shadow.margins]\nalpha = 0.5", 3, "shadow.margins", "alpha", FieldRule::Level),
    ] {
        let problem = field(table, named, rule);
        assert_eq!(with(lines).unwrap_err(), FleetError { line: Some(header + line), problem }, "{lines}");
    }
    for (lines, line, place, words) in [
        ("hours = 6", 0, "shadow", "missing field `capture_percent`"),
        ("capture_percent = 1\nnothing_captured = \"wait\"", 2, "shadow.nothing_captured", "unknown variant `wait`"),
        ("capture_percent = 1\non_regional_fail = \"go-on\"", 2, "shadow.on_regional_fail", "unknown variant `go-on`"),
        ("capture_percent = 1\n[shadow.margins]\nmax_psi = 0.5", 3, "shadow.margins.max_psi", "unknown field"),
    ] {
        let error = with(lines).unwrap_err();
        assert!(is_malformed(&error.problem, place, words), "{lines}: {error}");
        assert_eq!(error.line, Some(header + line), "{lines}: {error}");
    }
}

/// Who signs releases: the change of the one line that says it.
#[test]
fn a_key_that_no_region_could_trust_is_refused() {
    let keys = GOOD.lines().find(|line| line.starts_with("keys = [")).unwrap();
    let key = keys.trim_start_matches("keys = [").trim_end_matches(']');
    let bounded = |bounds: &str| format!("keys = [{}, {bounds} }}]", key.trim_end_matches(" }"));
    for (to, rule) in [
        ("keys = []".to_owned(), FieldRule::SigningKeys),
        (format!("keys = [{key}, {key}]"), FieldRule::SigningKeyIds),
        (bounded("from = \"2027-01-01T00:00:00Z\", until = \"2026-01-01T00:00:00Z\""), FieldRule::SigningKeyTimes),
        (bounded("kms = \"alias/training\""), FieldRule::SigningKeyArn),
        (bounded("kms = \"arn:aws:kms:eu-west-1:444455556666:key/1\""), FieldRule::SigningKeyArn),
    ] {
        let problem = field("signing", "keys", rule);
        assert_eq!(refused(keys, &to), FleetError { line: line_of("keys = ["), problem }, "{to}");
    }
    for (to, words) in [
        (keys.replace("yQCn2nCM", "yQCn2n"), "not a public key that can sign releases"),
        (keys.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA"), "not a public key that can sign releases"),
        (keys.replace("id = \"example\"", "id = \"\""), "\"\" is not a key's id"),
    ] {
        let error = refused(keys, &to);
        assert!(is_malformed(&error.problem, "signing.keys", words), "{to}: {error}");
        assert_eq!(error.line, line_of("keys = ["), "{to}: {error}");
    }
    let own = bounded("until = \"2027-01-01T00:00:00Z\", kms = \"arn:aws:kms:eu-west-1:111122223333:key/1\"");
    assert!(Fleet::parse(&GOOD.replace(keys, &own)).is_ok());
}

#[test]
fn a_missing_gate_is_refused_by_name() {
    for table in ["judge", "guardrail", "evaluation", "signing"] {
        // The table and those below it: a table of a metric's own would make an empty one above it.
        let own = |line: &str| line == format!("[{table}]") || line.starts_with(&format!("[{table}."));
        let mut gone = false;
        let kept = GOOD.lines().filter(|line| {
            gone = if line.starts_with('[') { own(line) } else { gone };
            !gone
        });
        let error = Fleet::parse(&kept.collect::<Vec<_>>().join("\n")).unwrap_err();
        let missing = format!("missing field `{table}`");
        assert!(
            matches!(&error.problem, FleetProblem::Malformed { quoted, .. } if quoted.starts_with(&missing)),
            "{error}"
        );
    }
    for (line, field) in [("min_requests = 30", "min_requests"), ("max_4xx = 0.01", "max_4xx")] {
        let error = refused(line, "#");
        assert!(is_malformed(&error.problem, "judge", &format!("missing field `{field}`")), "{error}");
        assert_eq!(error.line, line_of("[judge]"), "{error}");
    }
}

/// A typing error must not end in the defaults.
#[test]
fn an_evaluation_policy_that_is_wrong_names_line_and_key() {
    let error = evaluation_policy("[evaluation]\nmax_psi = -1.0\n").unwrap_err();
    let problem = field("evaluation", "max_psi", FieldRule::NotNegative);
    assert_eq!(error, FleetError { line: Some(2), problem });
    for (text, line, place, words) in [
        ("# mine\n[evaluation]\nmax_auc_dorp = 0.1\n", 3, "evaluation.max_auc_dorp", "unknown field"),
        ("[evaluation]\n\nauc = \"no\"\n", 3, "evaluation.auc", "unknown variant `no`"),
        ("[evaluatoin]\nmax_auc_drop = 0.1\n", 1, "evaluatoin", "unknown field `evaluatoin`"),
        ("max_auc_drop = 0.1\n", 1, "max_auc_drop", "unknown field `max_auc_drop`"),
    ] {
        let error = evaluation_policy(text).unwrap_err();
        assert_eq!(error.line, Some(line), "{text}: {error}");
        assert!(is_malformed(&error.problem, place, words), "{text}: {error}");
    }
}
