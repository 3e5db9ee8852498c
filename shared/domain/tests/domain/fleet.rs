//! A `fleet.toml` that is wrong ends in an error with its line and field.

use meridian_domain::{
    EvaluationPolicy, Fleet, FleetError, FleetProblem, GateMode, Image, ImageVersion, NothingCaptured, RegionalFail,
    ReleaseId, Sha256, Target, evaluation_policy,
};

const GOOD: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

/// Sydney's bake, Europe's, and a bound of the wave.
const AU: &str = "bake = \"9m\"";
const EU: &str = "bake = \"13m\"";
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

/// What must be said of the whole file has no line.
#[test]
fn containers_are_listed_and_isolated_ones_send_no_metrics() {
    let none = refused("[[image]]\nrepository = \"sagemaker-xgboost\"", "");
    assert_eq!((none.line, &none.problem), (None, &FleetProblem::NoImage));
    assert!(none.to_string().starts_with("fleet.toml: image: no container is allowed"), "{none}");
    let silent = refused("network_isolation = false", "network_isolation = true");
    assert!(silent.problem.to_string().contains("cannot send the metric alerts of [judge.metrics]"), "{silent}");
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
    let fleets = [GOOD.to_owned(), GOOD.replacen(AU, vpc, 1)].map(|text| Fleet::parse(&text).unwrap());
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
        (
            "name = \"fraud\"",
            "name = \"Fraud\"",
            "fleet.name: \"Fraud\" is not a fleet name: up to 20 lower-case letters",
        ),
        (
            "execution_role = \"meridian-fraud-endpoint\"",
            "execution_role = \"service-role/endpoint\"",
            "fleet.execution_role must be an IAM role's name",
        ),
        ("title = \"BR\"", "title = \"au\"", "region.title: au belongs to two regions"),
        ("title = \"BR\"", "title = \"South America\"", "region.title of sa-east-1 must have 1 to 20 letters, digits"),
        (
            "repository = \"sagemaker-xgboost\"",
            "repository = \"XGBoost\"",
            "image.repository: \"XGBoost\" is not a repository",
        ),
        (
            AU,
            "vpc = { subnets = [], security_groups = [\"sg-01234567\"] }\nbake = \"9m\"",
            "region.vpc of ap-southeast-2: SageMaker takes 1 to 16 subnets",
        ),
        (
            AU,
            "vpc = { subnets = [\"all\"], security_groups = [] }\nbake = \"9m\"",
            "region.vpc: \"all\" is not a subnet's id",
        ),
        (AU, "bake = { min = \"2m\", max = \"9m\" }", "region.bake: 2m of ap-southeast-2 is impossible"),
        (AU, "bake = \"2h\"", "region.bake: 2h of ap-southeast-2 is impossible"),
        (AU, "bake = { min = \"9m\", max = \"6m\" }", "region.bake of ap-southeast-2: min 9m is above max 6m"),
        (AU, "bake = \"soon\"", "region.bake is \"soon\"; expected a duration such as"),
        (AU, "bake = { min = \"6m\" }", "region.bake: missing field `max`"),
        (EU, "canary_percent = { min = 0, max = 25 }\nbake = \"13m\"", "region.canary_percent of eu-west-1 is 0 to 25"),
        (EU, "canary_percent = 51\nbake = \"13m\"", "region.canary_percent of eu-west-1 is 51 to 51"),
        (
            EU,
            "canary_percent = { min = 25, max = 10 }\nbake = \"13m\"",
            "region.canary_percent of eu-west-1 is 25 to 10",
        ),
        (SKEW, "detect = 1.2\nskew = \"30h\"", "wave.detect must be above judge.tolerance_fail"),
        (SKEW, "detect_alone = 2.0\nskew = \"30h\"", "wave.detect_alone must be at least wave.detect"),
        (SKEW, "base_rate = 0.0\nskew = \"30h\"", "wave.base_rate must be between 0 and 1"),
        ("tries = 2", "tries = 0", "wave.tries must be 1 to 4"),
        ("tries = 2", "tries = 5", "wave.tries must be 1 to 4"),
        ("until = \"4h\"", "until = \"25h\"", "wave.until must be at most 24h"),
        ("probation = \"24h\"", "probation = \"25h\"", "wave.probation must be 1h to 24h"),
        ("probation = \"24h\"", "probation = \"30m\"", "wave.probation must be 1h to 24h"),
        ("probation_action = \"tell\"", "probation_action = \"page\"", "wave.probation_action: unknown variant `page`"),
        ("probation_alpha = 0.01", "probation_alpha = 0.0", "wave.probation_alpha must be between 0.000001 and 0.2"),
        ("peak_rps = 200", "peak_rps = 0", "region.peak_rps"),
        ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Kyotoo\"", "region.time_zone"),
        ("canary_percent = 50", "canary_percent = 51", "guardrail.canary_percent must be 1 to 50"),
        ("soak = \"10m\"", "soak = \"61m\"", "guardrail.soak"),
        ("max_execution = \"2h\"", "max_execution = \"9m\"", "guardrail.max_execution"),
        ("warm_up = \"1m\"", "warm_up = \"-1m\"", "guardrail.warm_up"),
        ("min_requests = 30", "min_requests = 0", "judge.min_requests must be above 0"),
        ("max_5xx = 0.01", "max_5xx = 1.5", "judge.max_5xx"),
        ("latency_share = 0.01", "latency_share = 0.0", "judge.latency_share"),
        ("lease = \"10m\"", "lease = \"10s\"", "wave.lease"),
        ("max_auc_drop = 0.02", "max_auc_drop = -0.02", "evaluation.max_auc_drop must not be negative"),
        ("max_auc_drop = 0.02", "max_auc_drop = nan", "evaluation.max_auc_drop is nan"),
        ("max_auc_drop = 0.02", "max_auc_dorp = 0.02", "evaluation.max_auc_dorp: unknown field `max_auc_dorp`"),
        ("max_auc_drop = 0.02", "auc = \"maybe\"", "evaluation.auc: unknown variant `maybe`"),
        ("max_auc_drop = 0.02", "alpha = 0.5", "evaluation.alpha must be between"),
        ("canary_percent = 50", "canary_per_cent = 10", "guardrail.canary_per_cent: unknown field `canary_per_cent`"),
    ] {
        let error = refused(from, to);
        assert!(error.problem.to_string().contains(words), "{to}: {error}");
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
    for (lines, line, words) in [
        ("capture_percent = 0", 1, "shadow.capture_percent must be 1 to 100"),
        ("capture_percent = 101", 1, "shadow.capture_percent must be 1 to 100"),
        ("hours = 6", 0, "missing field `capture_percent`"),
        ("capture_percent = 1\nhours = 25", 2, "shadow.hours must be 1 to 24"),
        ("capture_percent = 1\nleast = 1", 2, "shadow.least must be 2 to 1000000"),
        ("capture_percent = 1\nkeep = 0", 2, "shadow.keep must be 1 to 30 days"),
        ("capture_percent = 1\nnothing_captured = \"wait\"", 2, "shadow.nothing_captured: unknown variant `wait`"),
        ("capture_percent = 1\non_regional_fail = \"go-on\"", 2, "shadow.on_regional_fail: unknown variant `go-on`"),
        ("capture_percent = 1\n[shadow.margins]\nalpha = 0.5", 3, "shadow.margins.alpha must be between"),
        ("capture_percent = 1\n[shadow.margins]\nmax_psi = 0.5", 3, "shadow.margins.max_psi: unknown field"),
    ] {
        let error = with(lines).unwrap_err();
        assert!(error.problem.to_string().contains(words), "{lines}: {error}");
        assert_eq!(error.line, Some(header + line), "{lines}: {error}");
    }
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
    assert!(error.problem.to_string().contains("unknown field `tries`"), "{error}");
}

/// Who signs releases: the change of the one line that says it, and what the error must name.
#[test]
fn a_key_that_no_region_could_trust_is_refused() {
    let keys = GOOD.lines().find(|line| line.starts_with("keys = [")).unwrap();
    let key = keys.trim_start_matches("keys = [").trim_end_matches(']');
    let bounded = |bounds: &str| format!("keys = [{}, {bounds} }}]", key.trim_end_matches(" }"));
    for (to, words) in [
        ("keys = []".to_owned(), "signing.keys must name 1 to 16 keys"),
        (format!("keys = [{key}, {key}]"), "signing.keys must name each id once"),
        (keys.replace("yQCn2nCM", "yQCn2n"), "not a public key that can sign releases"),
        (keys.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA"), "not a public key that can sign releases"),
        (keys.replace("id = \"example\"", "id = \"\""), "a key's id"),
        (
            bounded("from = \"2027-01-01T00:00:00Z\", until = \"2026-01-01T00:00:00Z\""),
            "signing.keys must say from before until",
        ),
        (bounded("kms = \"alias/training\""), "signing.keys must give kms as the ARN"),
        (
            bounded("kms = \"arn:aws:kms:eu-west-1:444455556666:key/1\""),
            "signing.keys must give kms as the ARN of a key of the fleet's account",
        ),
    ] {
        let error = refused(keys, &to);
        assert!(error.problem.to_string().contains(words), "{to}: {error}");
        assert_eq!(error.line, line_of("keys = ["), "{to}: {error}");
    }
    let own = bounded("until = \"2027-01-01T00:00:00Z\", kms = \"arn:aws:kms:eu-west-1:111122223333:key/1\"");
    assert!(Fleet::parse(&GOOD.replace(keys, &own)).is_ok());
}

/// Its private half is in the repository: nobody deploys it.
#[test]
fn the_example_key_is_trusted_in_no_account_that_somebody_has() {
    let error = refused("account = \"111122223333\"", "account = \"123456789012\"");
    assert!(error.problem.to_string().contains("signing.keys must not trust the example key"), "{error}");
    let other = GOOD.replace("yQCn2nCM", "yQCn2nCN");
    assert!(Fleet::parse(&other.replace("account = \"111122223333\"", "account = \"123456789012\"")).is_ok());
}

#[test]
fn a_region_or_bucket_listed_twice_is_refused_with_its_line() {
    let error = refused("name = \"sa-east-1\"", "name = \"eu-west-1\"");
    assert!(error.problem.to_string().contains("eu-west-1 is listed twice"), "{error}");
    assert_eq!(error.line, line_of("name = \"sa-east-1\""));
    let error = refused("bucket = \"fraud-models-br\"", "bucket = \"fraud-models-eu\"");
    assert!(error.problem.to_string().contains("fraud-models-eu belongs to two regions"), "{error}");
    assert!(error.line.is_some());
}

#[test]
fn a_missing_gate_is_refused_by_name() {
    for (header, table) in
        [("[judge]", "judge"), ("[guardrail]", "guardrail"), ("[evaluation]", "evaluation"), ("[signing]", "signing")]
    {
        // The table and those below it: a table of a metric's own would make an empty one above it.
        let own = |line: &str| line == header || line.starts_with(&format!("[{table}."));
        let mut gone = false;
        let kept = GOOD.lines().filter(|line| {
            gone = if line.starts_with('[') { own(line) } else { gone };
            !gone
        });
        let error = Fleet::parse(&kept.collect::<Vec<_>>().join("\n")).unwrap_err();
        assert!(error.problem.to_string().contains(&format!("missing field `{table}`")), "{error}");
    }
    for (line, field, header) in
        [("min_requests = 30", "min_requests", "[judge]"), ("max_4xx = 0.01", "max_4xx", "[judge]")]
    {
        let error = refused(line, "#");
        assert!(error.problem.to_string().contains(&format!("missing field `{field}`")), "{error}");
        assert_eq!(error.line, line_of(header), "{error}");
    }
}

/// A bake that outlasts SageMaker's own limit on the update would always be turned back.
#[test]
fn a_bake_must_fit_into_the_updates_own_limit() {
    let error = refused("max_execution = \"2h\"", "max_execution = \"12m\"");
    assert!(error.problem.to_string().contains("region.bake: 13m of eu-west-1 is impossible"), "{error}");
}

/// I9: the judge's death is noticed before SageMaker's timer ends, whatever the policy says.
#[test]
fn the_last_decision_leaves_time_to_notice_a_dead_judge() {
    let error = refused("decide_before_end = \"", "decide_before_end = \"179s\" # \"");
    assert!(error.problem.to_string().contains("guardrail.decide_before_end must be at least 180s"), "{error}");
    assert_eq!(error.line, line_of("decide_before_end"));
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
        let error = evaluation_policy(text).unwrap_err();
        assert_eq!(error.line, Some(line), "{text}: {error}");
        assert!(error.problem.to_string().contains(words), "{text}: {error}");
    }
}

/// Numbers and times that were taken before, and made a plan panic, run for ever or add up to nothing.
#[test]
fn no_absurd_number_or_duration_is_taken() {
    for (from, to) in [
        ("lease = \"10m\"", "lease = \"99999999h\""),
        ("replication_deadline = \"15m\"", "replication_deadline = \"175000000h\""),
        ("region_patience = \"3m\"", "region_patience = \"9000d\""),
        (SKEW, "skew = \"2500000000000h\""),
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
    let error = Fleet::parse(&text).unwrap_err().to_string();
    assert!(error.contains("\"always\" leaves"), "{error}");
}
