//! A `fleet.toml` that is wrong ends in an error with its line and field.

use crate::night::{AU, BR, EU, name};
use crate::problems::{
    GOOD, bake, field, is_malformed, line_of, minutes, no, no_text, refused, unusual_duration, unusual_number,
};
use meridian_domain::signing::PublicKeyError;
use meridian_domain::{
    BucketName, FieldRule, Fleet, FleetError, FleetName, FleetProblem, ImageVersion, KeyId, NameError, NameKind,
    NothingCaptured, RegionName, RegionProblem, RegionalFail, RepositoryName, SecurityGroupId, Sha256, SubnetId,
    VpcLimit, evaluation_policy,
};
use meridian_judge::MetricName;

/// Sydney's bake, Europe's, and a bound of the wave.
const AU_BAKE: &str = "bake = \"9m\"";
const EU_BAKE: &str = "bake = \"13m\"";
const M6I: &str = "instance_type = \"ml.m6i.xlarge\"";
const DEPUTIES: &str = "deputies = [\"ap-northeast-1\"]";
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
        (DEPUTIES, "deputies = [\"us-east-1\"]", FleetProblem::Deputy(name("us-east-1"))),
        (DEPUTIES, "deputies = [\"sa-east-1\", \"sa-east-1\"]", FleetProblem::Deputy(name(BR))),
        (
            "home_patience = \"14m\"",
            "home_patience = \"0s\"",
            field("fleet", "home_patience", FieldRule::AboveZeroSeconds),
        ),
        ("order = \"fixed\"", "home_place = \"last\"\norder = \"fixed\"", FleetProblem::HomePlaceInFixedOrder),
        (
            "account = \"111122223333\"",
            "account = \"1111\"",
            FleetProblem::Account { table: "fleet", account: "1111".to_owned() },
        ),
        (
            "title = \"AU\"",
            "account = \"1\"\ntitle = \"AU\"",
            FleetProblem::Account { table: "region", account: "1".to_owned() },
        ),
        (M6I, "instance_type = \"m6i.xlarge\"", FleetProblem::InstanceType("m6i.xlarge".to_owned())),
        (M6I, "instance_type = \"ml.inf1.xlarge\"", FleetProblem::WithoutGuardrails("ml.inf1.xlarge".to_owned())),
        (
            execution_role,
            "execution_role = \"service-role/endpoint\"",
            FleetProblem::RoleName { field: "execution_role", longest: 48 },
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

#[test]
fn a_text_that_its_type_does_not_take_is_refused_on_its_line() {
    let zone = NameError { given: "Asia/Kyotoo".to_owned(), expected: NameKind::TimeZone };
    assert_refused([
        ("name = \"sa-east-1\"", "name = \"brazil\"", no::<RegionName>("region.name", "brazil")),
        ("home = \"eu-west-1\"", "home = \"europe\"", no::<RegionName>("fleet.home", "europe")),
        ("name = \"fraud\"", "name = \"Fraud\"", no::<FleetName>("fleet.name", "Fraud")),
        ("bucket = \"fraud-models-br\"", "bucket = \"no_bucket\"", no::<BucketName>("region.bucket", "no_bucket")),
        (
            "repository = \"sagemaker-xgboost\"",
            "repository = \"XGBoost\"",
            no::<RepositoryName>("image.repository", "XGBoost"),
        ),
        (
            AU_BAKE,
            "vpc = { subnets = [\"all\"], security_groups = [] }\nbake = \"9m\"",
            no::<SubnetId>("region.vpc", "all"),
        ),
        (
            AU_BAKE,
            "vpc = { subnets = [\"subnet-01234567\"], security_groups = [\"all\"] }\nbake = \"9m\"",
            no::<SecurityGroupId>("region.vpc", "all"),
        ),
        ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Kyotoo\"", no_text("region.time_zone", zone)),
    ]);
    // Tables that the reference fleet does not have stand behind it.
    let behind = |lines: &str, line: usize, problem| {
        let error = Fleet::parse(&format!("{GOOD}\n{lines}\n")).unwrap_err();
        assert_eq!(error, FleetError { line: Some(GOOD.lines().count() + 1 + line), problem }, "{lines}");
    };
    let image = "[[image]]\nrepository = \"xgboost\"\n";
    behind(&format!("{image}digest = \"12\""), 3, no::<Sha256>("image.digest", "12"));
    behind(&format!("{image}version = \"1.7-2\""), 3, no::<ImageVersion>("image.version", "1.7-2"));
    let freeze = "[[freeze]]\nname = \"a\"\nwhy = \"b\"\ndays = [\"fri\"]\nregions = [\"eu-west-1\", \"europe\"]";
    behind(freeze, 5, no::<RegionName>("freeze.regions", "europe"));
    let metric = "[judge.metrics.No]\ndirection = \"up\"";
    behind(metric, 1, no::<MetricName>("judge.metrics.No", "No"));
}

/// In the words of the parser: its place is ours.
#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (from, to, place) in [
        ("order = \"fixed\"", "order = \"random\"", "fleet.order"),
        (AU_BAKE, "bake = { min = \"6m\" }", "region.bake"),
        ("probation_action = \"tell\"", "probation_action = \"page\"", "wave.probation_action"),
        ("max_auc_drop = 0.02", "max_auc_dorp = 0.02", "evaluation.max_auc_dorp"),
        ("max_auc_drop = 0.02", "auc = \"maybe\"", "evaluation.auc"),
        ("canary_percent = 50", "canary_per_cent = 10", "guardrail.canary_per_cent"),
    ] {
        let error = refused(from, to);
        assert!(is_malformed(&error.problem, place), "{to}: {error}");
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
    for (lines, line, place) in [
        ("hours = 6", 0, "shadow"),
        ("capture_percent = 1\nnothing_captured = \"wait\"", 2, "shadow.nothing_captured"),
        ("capture_percent = 1\non_regional_fail = \"go-on\"", 2, "shadow.on_regional_fail"),
        ("capture_percent = 1\n[shadow.margins]\nmax_psi = 0.5", 3, "shadow.margins.max_psi"),
    ] {
        let error = with(lines).unwrap_err();
        assert!(is_malformed(&error.problem, place), "{lines}: {error}");
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
    let place = "signing.keys";
    for (to, problem) in [
        (keys.replace("yQCn2nCM", "yQCn2n"), no_text(place, PublicKeyError)),
        (keys.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA"), no_text(place, PublicKeyError)),
        (keys.replace("id = \"example\"", "id = \"\""), no::<KeyId>(place, "")),
    ] {
        assert_eq!(refused(keys, &to), FleetError { line: line_of("keys = ["), problem }, "{to}");
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
        // serde's words, whole.
        let missing = format!("missing field `{table}`");
        assert!(matches!(&error.problem, FleetProblem::Malformed { quoted, .. } if *quoted == missing), "{error}");
    }
    for (line, field) in [("min_requests = 30", "min_requests"), ("max_4xx = 0.01", "max_4xx")] {
        let (place, quoted) = (Some("judge".to_owned()), format!("missing field `{field}`"));
        let problem = FleetProblem::Malformed { place, quoted };
        assert_eq!(refused(line, "#"), FleetError { line: line_of("[judge]"), problem });
    }
}

/// A typing error must not end in the defaults.
#[test]
fn an_evaluation_policy_that_is_wrong_names_line_and_key() {
    let error = evaluation_policy("[evaluation]\nmax_psi = -1.0\n").unwrap_err();
    let problem = field("evaluation", "max_psi", FieldRule::NotNegative);
    assert_eq!(error, FleetError { line: Some(2), problem });
    for (text, line, place) in [
        ("# mine\n[evaluation]\nmax_auc_dorp = 0.1\n", 3, "evaluation.max_auc_dorp"),
        ("[evaluation]\n\nauc = \"no\"\n", 3, "evaluation.auc"),
        ("[evaluatoin]\nmax_auc_drop = 0.1\n", 1, "evaluatoin"),
        ("max_auc_drop = 0.1\n", 1, "max_auc_drop"),
    ] {
        let error = evaluation_policy(text).unwrap_err();
        assert_eq!(error.line, Some(line), "{text}: {error}");
        assert!(is_malformed(&error.problem, place), "{text}: {error}");
    }
}
