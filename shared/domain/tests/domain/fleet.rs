//! What a `fleet.toml` means, and what it must not say.

use crate::night::{EU, name};
use crate::problems::{GOOD, bake, field, is_malformed, line_of, minutes, refused};
use meridian_domain::{
    EvaluationPolicy, FieldRule, Fleet, FleetError, FleetProblem, FreezeProblem, GateMode, Image, ImageVersion,
    ReleaseId, Sha256, Target, evaluation_policy,
};

/// Sydney's bake.
const AU_BAKE: &str = "bake = \"9m\"";

#[test]
fn the_checked_in_fleet_is_read_in_promotion_order() {
    let fleet = Fleet::parse(GOOD).unwrap();
    let titles: Vec<&str> = fleet.regions.iter().map(|region| region.title.as_str()).collect();
    assert_eq!(titles, ["EU", "AU", "JP", "BR"]);
    assert_eq!(fleet.home.as_str(), "eu-west-1");
}

/// What must be said of the whole file has no line.
#[test]
fn containers_are_listed_and_isolated_ones_send_no_metrics() {
    let none = refused("[[image]]\nrepository = \"sagemaker-xgboost\"", "");
    assert_eq!(none, FleetError { line: None, problem: FleetProblem::NoImage });
    let silent = refused("network_isolation = false", "network_isolation = true");
    assert_eq!(silent.problem, FleetProblem::IsolatedMetric("alerts".parse().unwrap()));
    let unsaid = refused("network_isolation = false", "");
    assert_eq!(unsaid, silent, "containers are isolated unless the file says otherwise");
}

/// SageMaker counts latencies itself, over whatever bound.
#[test]
fn an_isolated_fleet_may_judge_by_another_latency_bound() {
    let own = GOOD.replacen("network_isolation = false", "network_isolation = true", 1);
    let own = own.replacen("[judge.metrics.alerts]", "[judge.metrics.latency_over_50ms]", 1);
    let own = own.replacen("[judge.metrics.\"score_over_0.9\"]", "[judge.metrics.latency_over_9ms]", 1);
    let fleet = Fleet::parse(&own).unwrap();
    assert!(fleet.network_isolation && fleet.judge.metrics.len() == 2);
}

/// SageMaker keeps a model as it was created: one that is told something else has another name.
#[test]
fn another_network_is_another_model() {
    let vpc = "bake = \"9m\"\nvpc = { subnets = [\"subnet-01234567\"], security_groups = [\"sg-01234567\"] }";
    let fleets = [GOOD.to_owned(), GOOD.replacen(AU_BAKE, vpc, 1)].map(|text| Fleet::parse(&text).unwrap());
    let release = ReleaseId(Sha256::of(b"v427"));
    let target = |fleet: &Fleet, region: &str| {
        let region = fleet.region(&region.parse().unwrap()).unwrap();
        Target::of(fleet, region, release, &"v427".parse().unwrap())
    };
    let [plain, within] = fleets.each_ref().map(|fleet| target(fleet, "ap-southeast-2"));
    assert!(plain.model != within.model && plain.config != within.config, "{plain:?} {within:?}");
    let [plain, unchanged] = fleets.each_ref().map(|fleet| target(fleet, "eu-west-1"));
    assert_eq!(plain, unchanged);
}

/// The policy's word on what serves wins over the publisher's.
#[test]
fn only_listed_images_are_allowed() {
    let digest = Sha256::of(b"image");
    let pinned = format!("repository = \"sagemaker-xgboost\"\ndigest = \"{digest}\"\nversion = \"3.0-5\"");
    let allowed = Fleet::parse(&GOOD.replacen("repository = \"sagemaker-xgboost\"", &pinned, 1)).unwrap().images;
    let image = |repository: &str, digest, version| Image { repository: repository.parse().unwrap(), digest, version };
    let allows = |image: &Image| allowed.iter().any(|entry| entry.allows(image));
    assert!(allows(&image("sagemaker-xgboost", digest, None)));
    assert!(!allows(&image("sagemaker-xgboost", digest, Some(ImageVersion::V1_7))));
    assert!(!allows(&image("sagemaker-xgboost", Sha256::of(b"other"), None)));
    assert!(!allows(&image("sagemaker-xgboost2", digest, None)));
}

/// Capture is content of a configuration: another share is another configuration of the same model, and none is today's name. What
/// a release answers is captured apart from what others answer.
#[test]
fn what_is_captured_is_part_of_a_configurations_name() {
    let release = ReleaseId(Sha256::of(b"v427"));
    let target = |shadow: &str| {
        let fleet = Fleet::parse(&format!("{GOOD}\n{shadow}")).unwrap();
        let target = Target::of(&fleet, &fleet.regions[0], release, &"v427".parse().unwrap());
        (target.config_spec(&fleet, &fleet.regions[0]).capture, target)
    };
    let (nothing, without) = target("");
    let (some, one) = target("[shadow]\ncapture_percent = 10");
    let (_, other) = target("[shadow]\ncapture_percent = 20");
    assert_eq!(nothing, None);
    let some = some.unwrap();
    let destination = format!("s3://fraud-models-eu/captured/fraud/{release}");
    assert_eq!((some.percent, some.destination), (10, destination));
    assert_eq!(some.key, "arn:aws:kms:eu-west-1:111122223333:alias/meridian-fraud");
    assert!(without.model == one.model && one.model == other.model);
    assert!(without.config != one.config && one.config != other.config);
}

/// The judge splits what it may err over as many tries as the wave gives a region.
#[test]
fn the_judge_knows_how_many_tries_policy_gives() {
    let of = |tries: &str| Fleet::parse(&GOOD.replace("tries = 2", tries)).unwrap();
    assert_eq!((of("tries = 3").judge.tries, of("tries = 3").wave.tries), (3, 3));
    assert_eq!((of("").judge.tries, of("").wave.tries), (2, 2), "the default");
    let error = refused("min_requests = 30", "min_requests = 30\ntries = 2");
    assert!(is_malformed(&error.problem, "judge.tries"), "{error}");
}

/// Its private half is in the repository: nobody deploys it.
#[test]
fn the_example_key_is_trusted_in_no_account_that_somebody_has() {
    let error = refused("account = \"111122223333\"", "account = \"123456789012\"");
    assert_eq!(error.problem, field("signing", "keys", FieldRule::ExampleKey));
    let other = GOOD.replace("yQCn2nCM", "yQCn2nCN");
    assert!(Fleet::parse(&other.replace("account = \"111122223333\"", "account = \"123456789012\"")).is_ok());
}

/// A bake that outlasts SageMaker's own limit on the update would always be turned back.
#[test]
fn a_bake_must_fit_into_the_updates_own_limit() {
    let error = refused("max_execution = \"2h\"", "max_execution = \"12m\"");
    assert_eq!(error.problem, bake(EU, minutes(13), minutes(12)));
}

/// I9: the judge's death is noticed before SageMaker's timer ends, whatever the policy says.
#[test]
fn the_last_decision_leaves_time_to_notice_a_dead_judge() {
    let error = refused("decide_before_end = \"", "decide_before_end = \"179s\" # \"");
    let problem = field("guardrail", "decide_before_end", FieldRule::DecisionRoom);
    assert_eq!(error, FleetError { line: line_of("decide_before_end"), problem });
    assert!(Fleet::parse(&GOOD.replacen("decide_before_end = \"", "decide_before_end = \"181s\" # \"", 1)).is_ok());
}

/// A desk's `--policy`: the same table, with or without a fleet around it.
#[test]
fn an_evaluation_policy_is_read_from_a_fleet_or_alone() {
    let of_fleet = evaluation_policy(GOOD).unwrap();
    assert_eq!(of_fleet, Fleet::parse(GOOD).unwrap().evaluation);
    let alone = evaluation_policy("[evaluation]\nauc = \"advisory\"\nregions = \"off\"\n").unwrap();
    let wanted = EvaluationPolicy { auc: GateMode::Advisory, regions: GateMode::Off, ..EvaluationPolicy::default() };
    assert_eq!(alone, wanted);
    assert_eq!(evaluation_policy("").unwrap(), EvaluationPolicy::default());
}

/// Numbers and times that were taken before, and made a plan panic, run for ever or add up to nothing.
#[test]
fn no_absurd_number_or_duration_is_taken() {
    for (from, to) in [
        ("lease = \"10m\"", "lease = \"99999999h\""),
        ("replication_deadline = \"15m\"", "replication_deadline = \"175000000h\""),
        ("region_patience = \"3m\"", "region_patience = \"9000d\""),
        ("skew = \"30h\"", "skew = \"2500000000000h\""),
        ("hold = \"8h\"", "hold = \"-1h\""),
        ("hold = \"8h\"", "hold = \"2500000000000h\""),
        ("warm_up = \"1m\"", "warm_up = \"2500000000000h\""),
        ("decide_before_end = \"180s\"", "decide_before_end = \"2500000000000h\""),
        ("latency_bound = \"20ms\"", "latency_bound = \"2500000000000h\""),
        ("peak_rps = 200", "peak_rps = inf"),
        ("peak_rps = 200", "peak_rps = nan"),
        ("peak_rps = 200", "peak_rps = 1e300"),
        ("peak_rps = 200", "peak_rps = 1e-300"),
        ("requests_per_instance = 250", "requests_per_instance = 1e-300"),
        ("max_auc_drop = 0.02", "max_auc_drop = 1e300"),
        ("most_instances = 8", "most_instances = 4000000000"),
        ("title = \"AU\"", "title = \"\\u001b[2JAU\""),
        ("title = \"AU\"", "title = \"\""),
        ("title = \"AU\"", "title = \"a title that is longer than any line has room for\""),
        ("why = \"the year's", "why = \"\\u202ethe year's"),
        ("until = \"2026-12-01 06:00\"", "until = \"9999-12-31 23:59\""),
        ("from = \"2026-11-26 18:00\"", "from = \"-009999-01-01 00:00\""),
    ] {
        let error = refused(from, to);
        assert!(error.line.is_some() && !error.problem.to_string().contains(['\u{1b}', '\u{202e}']), "{to}: {error}");
    }
}

/// Each was held against all before it, over a year of days: 300 took minutes.
#[test]
fn hundreds_of_freezes_are_read_and_asked() {
    let mut text = GOOD.to_owned();
    for number in 0..300 {
        text += &format!(
            "\n[[freeze]]\nname = \"freeze-{number}\"\nwhy = \"one of many\"\ndays = [\"mon..fri\"]\nfrom = \"{:02}:{:02}\"\nto = \"{:02}:{:02}\"\n",
            9 + number / 60,
            number % 60,
            10 + number / 60,
            number % 60
        );
    }
    let fleet = Fleet::parse(&text).unwrap();
    let (region, at) = (&fleet.home, "2026-11-20T10:30:00Z".parse().unwrap());
    let frozen = fleet.frozen(region, at, at).unwrap();
    // From 09:00 each joins the one before, to 14:59.
    assert_eq!(frozen.until.to_string(), "2026-11-20T14:59:00Z");
    text += "\n[[freeze]]\nname = \"always\"\nwhy = \"never\"\ndays = [\"mon..sun\"]\n";
    let (always, needed) = ("always".to_owned(), minutes(23));
    let problem = FreezeProblem::NoRoom { name: always, region: name(EU), needed };
    assert_eq!(Fleet::parse(&text).unwrap_err().problem, FleetProblem::Freeze(problem));
}
