//! A `fleet.toml` that is wrong ends in an error with its line and field.

use meridian_domain::{EvaluationPolicy, Fleet, FleetError, GateMode};

const GOOD: &str = include_str!("../../../../fleet.toml");

/// Sydney's bake, Europe's, and a bound of the wave.
const AU: &str = "bake = \"8m\"";
const EU: &str = "bake = \"19m\"";
const SKEW: &str = "skew = \"30h\"";

fn refused(from: &str, to: &str) -> FleetError {
    assert!(GOOD.contains(from), "{from:?} is not in fleet.toml");
    Fleet::parse(&GOOD.replacen(from, to, 1)).unwrap_err()
}

/// 1-based line of the first line that contains `text`.
fn line_of(text: &str) -> Option<usize> {
    GOOD.lines().position(|line| line.contains(text)).map(|line| line + 1)
}

#[test]
fn the_checked_in_fleet_is_read_in_promotion_order() {
    let fleet = Fleet::parse(GOOD).unwrap();
    let titles: Vec<&str> = fleet.regions.iter().map(|region| region.title.as_str()).collect();
    assert_eq!(titles, ["EU", "AU", "JP", "BR"]);
    assert_eq!(fleet.home.as_str(), "eu-west-1");
}

/// A change of the good file, the line it stands on, and what the error must name.
#[test]
fn a_wrong_value_is_named_with_its_line_and_field() {
    for (from, to, words) in [
        ("name = \"sa-east-1\"", "name = \"sa-eest-1\"", "region.name: sa-eest-1 is not a region"),
        ("name = \"sa-east-1\"", "name = \"brazil\"", "region.name: \"brazil\" is not an AWS region name"),
        (
            "bucket = \"fraud-models-br\"",
            "bucket = \"no_bucket\"",
            "region.bucket: \"no_bucket\" is not an S3 bucket name",
        ),
        ("home = \"eu-west-1\"", "home = \"us-east-1\"", "fleet.home: us-east-1 is not one of the [[region]] blocks"),
        ("order = \"fixed\"", "order = \"random\"", "fleet.order: unknown variant `random`"),
        ("order = \"fixed\"", "home_place = \"last\"\norder = \"fixed\"", "fleet.home_place is of an order"),
        ("account = \"111122223333\"", "account = \"1111\"", "fleet.account"),
        (AU, "bake = { min = \"2m\", max = \"9m\" }", "region.bake: 2m of ap-southeast-2 is impossible"),
        (AU, "bake = \"2h\"", "region.bake: 2h of ap-southeast-2 is impossible"),
        (AU, "bake = { min = \"9m\", max = \"6m\" }", "region.bake of ap-southeast-2: min 9m is above max 6m"),
        (AU, "bake = \"soon\"", "region.bake: failed to parse"),
        (AU, "bake = { min = \"6m\" }", "region.bake: missing field `max`"),
        (EU, "canary_percent = { min = 0, max = 25 }\nbake = \"19m\"", "region.canary_percent of eu-west-1 is 0 to 25"),
        (EU, "canary_percent = 51\nbake = \"19m\"", "region.canary_percent of eu-west-1 is 51 to 51"),
        (
            EU,
            "canary_percent = { min = 25, max = 10 }\nbake = \"19m\"",
            "region.canary_percent of eu-west-1 is 25 to 10",
        ),
        (SKEW, "detect = 1.2\nskew = \"30h\"", "wave.detect must be above judge.tolerance_fail"),
        (SKEW, "detect_alone = 2.0\nskew = \"30h\"", "wave.detect_alone must be at least wave.detect"),
        (SKEW, "base_rate = 0.0\nskew = \"30h\"", "wave.base_rate must be between 0 and 1"),
        ("peak_rps = 200", "peak_rps = 0", "region.peak_rps"),
        ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Kyotoo\"", "region.time_zone"),
        ("canary_percent = 25", "canary_percent = 51", "guardrail.canary_percent must be 1 to 50"),
        ("soak = \"10m\"", "soak = \"61m\"", "guardrail.soak"),
        ("max_execution = \"2h\"", "max_execution = \"9m\"", "guardrail.max_execution"),
        ("warm_up = \"30s\"", "warm_up = \"-1m\"", "guardrail.warm_up"),
        ("min_requests = 300", "min_requests = 0", "judge.min_requests must be above 0"),
        ("max_5xx = 0.01", "max_5xx = 1.5", "judge.max_5xx"),
        ("latency_share = 0.01", "latency_share = 0.0", "judge.latency_share"),
        ("lease = \"10m\"", "lease = \"10s\"", "wave.lease"),
        ("max_auc_drop = 0.02", "max_auc_drop = -0.02", "evaluation.max_auc_drop must not be negative"),
        ("max_auc_drop = 0.02", "max_auc_drop = nan", "evaluation.max_auc_drop must not be negative"),
        ("max_auc_drop = 0.02", "max_auc_dorp = 0.02", "evaluation.max_auc_dorp: unknown field `max_auc_dorp`"),
        ("max_auc_drop = 0.02", "auc = \"maybe\"", "evaluation.auc: unknown variant `maybe`"),
        ("max_auc_drop = 0.02", "alpha = 0.5", "evaluation.alpha must be between"),
        ("canary_percent = 25", "canary_per_cent = 10", "guardrail.canary_per_cent: unknown field `canary_per_cent`"),
    ] {
        let error = refused(from, to);
        assert!(error.message.contains(words), "{to}: {error}");
        assert_eq!(error.line, line_of(from), "{to}: {error}");
    }
}

#[test]
fn a_region_or_bucket_listed_twice_is_refused_where_it_stands_again() {
    let error = refused("name = \"sa-east-1\"", "name = \"eu-west-1\"");
    assert!(error.message.contains("eu-west-1 is listed twice"), "{error}");
    assert_eq!(error.line, line_of("name = \"sa-east-1\""));
    let error = refused("bucket = \"fraud-models-br\"", "bucket = \"fraud-models-eu\"");
    assert!(error.message.contains("fraud-models-eu belongs to two regions"), "{error}");
    assert!(error.line.is_some());
}

#[test]
fn a_missing_gate_is_refused_by_name() {
    for (header, table) in [("[judge]", "judge"), ("[guardrail]", "guardrail"), ("[evaluation]", "evaluation")] {
        // The table and those below it: a table of a metric's own would make an empty one above it.
        let own = |line: &str| line == header || line.starts_with(&format!("[{table}."));
        let mut gone = false;
        let kept = GOOD.lines().filter(|line| {
            gone = if line.starts_with('[') { own(line) } else { gone };
            !gone
        });
        let error = Fleet::parse(&kept.collect::<Vec<_>>().join("\n")).unwrap_err();
        assert!(error.message.contains(&format!("missing field `{table}`")), "{error}");
    }
    for (line, field, header) in
        [("min_requests = 300", "min_requests", "[judge]"), ("max_4xx = 0.01", "max_4xx", "[judge]")]
    {
        let error = refused(line, "#");
        assert!(error.message.contains(&format!("missing field `{field}`")), "{error}");
        assert_eq!(error.line, line_of(header), "{error}");
    }
}

/// A bake that outlasts SageMaker's own limit on the update would always be turned back.
#[test]
fn a_bake_must_fit_into_the_updates_own_limit() {
    let error = refused("max_execution = \"2h\"", "max_execution = \"18m\"");
    assert!(error.message.contains("region.bake: 19m of eu-west-1 is impossible"), "{error}");
}

/// I9: the judge's death is noticed before SageMaker's timer ends, whatever the policy says.
#[test]
fn the_last_decision_leaves_time_to_notice_a_dead_judge() {
    let error = refused("decide_before_end = \"", "decide_before_end = \"89s\" # \"");
    assert!(error.message.contains("guardrail.decide_before_end must be at least 90s"), "{error}");
    assert_eq!(error.line, line_of("decide_before_end"));
    assert!(Fleet::parse(&GOOD.replacen("decide_before_end = \"", "decide_before_end = \"91s\" # \"", 1)).is_ok());
}

/// A desk's `--policy`: the same table, with or without a fleet around it.
#[test]
fn an_evaluation_policy_is_read_from_a_fleet_or_alone() {
    let of_fleet = EvaluationPolicy::from_toml(GOOD).unwrap();
    assert_eq!(of_fleet, Fleet::parse(GOOD).unwrap().evaluation);
    let alone = EvaluationPolicy::from_toml("[evaluation]\nauc = \"advisory\"\nregions = \"off\"\n").unwrap();
    let wanted = EvaluationPolicy { auc: GateMode::Advisory, regions: GateMode::Off, ..EvaluationPolicy::default() };
    assert_eq!(alone, wanted);
    assert_eq!(EvaluationPolicy::from_toml("").unwrap(), EvaluationPolicy::default());
    assert_ne!(alone.digest(), EvaluationPolicy::default().digest(), "a verdict is bound to its policy");
}

/// A typing error must not end in the defaults.
#[test]
fn an_evaluation_policy_that_is_wrong_names_line_and_key() {
    for (text, line, words) in [
        ("# mine\n[evaluation]\nmax_auc_dorp = 0.1\n", 3, "evaluation.max_auc_dorp: unknown field"),
        ("[evaluation]\nmax_psi = -1.0\n", 2, "evaluation.max_psi must not be negative"),
        ("[evaluation]\n\nauc = \"no\"\n", 3, "evaluation.auc: unknown variant `no`"),
        ("[evaluatoin]\nmax_auc_drop = 0.1\n", 1, "unknown field `evaluatoin`"),
        ("max_auc_drop = 0.1\n", 1, "unknown field `max_auc_drop`"),
    ] {
        let error = EvaluationPolicy::from_toml(text).unwrap_err();
        assert_eq!(error.line, Some(line), "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}
