//! The nights that come with Meridian: each ends as its scenario says, and its story reads as the golden transcript.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_domain::{Entry, Record};
use meridian_handlers::context::FunctionKind;
use meridian_local::night::{self, Functions, Options, Pages, Report, Scenario};
use meridian_local::world::{Fault, FaultKind, Stage, What, When, WorldEvent};
use std::collections::BTreeSet;
use std::path::PathBuf;

const SEED: u64 = 7;

/// A night in this process, with its story.
fn simulate(scenario: &Scenario, seed: u64) -> (String, Report) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    told(scenario, &options)
}

fn told(scenario: &Scenario, options: &Options) -> (String, Report) {
    let mut story = String::new();
    let report = night::run(scenario, options, &mut |line| {
        story.push_str(&line.plain());
        story.push('\n');
    })
    .unwrap();
    (story, report)
}

fn built_in(name: &str) -> Scenario {
    Scenario::load(name).unwrap()
}

/// One golden transcript per scenario: what people read, held line by line.
macro_rules! golden {
    ($($test:ident: $name:literal),* $(,)?) => {
    $(
        #[test]
        fn $test() {
            let (story, report) = simulate(&built_in($name), SEED);
            assert!(report.as_expected, "{}: {:?}\n{story}", $name, report.unexpected);
            insta::assert_snapshot!($name, story);
        }
    )*

        #[test]
        fn every_night_has_a_golden_transcript() {
            let golden: BTreeSet<&str> = [$($name),*].into();
            assert_eq!(golden, night::names().into_iter().collect());
        }
    };
}

golden! {
    v427_goes_round_the_world: "good-night",
    a_canary_of_one_in_ten_goes_round_the_world: "ten-percent",
    one_bad_caller_rolls_nobody_back: "bad-caller",
    callers_that_turn_bad_at_a_shift_halt_nobody: "bad-caller-at-the-shift",
    tokyo_rolls_back_alone_when_its_control_plane_fails: "tokyo-dark",
    a_tokyo_that_is_dark_before_its_turn_is_left_on_v426: "tokyo-dark-before",
    tokyo_rolls_back_alone_from_the_middle_of_its_canary: "tokyo-dark-canary",
    what_was_let_through_stands_though_tokyo_went_dark: "tokyo-dark-after",
    a_tokyo_that_stays_dark_stays_unknown: "tokyo-dark-long",
    the_region_with_most_customers_at_the_hour_goes_first: "by-traffic",
    a_new_execution_catches_tokyo_up: "tokyo-rerun",
    a_rerun_pages_with_the_regions_that_serve_what_it_finds_bad: "rerun-bad",
    the_next_night_catches_tokyo_up: "tokyo-next-night",
    a_region_could_carry_dublins_customers_before_a_wave_by_day: "day-wave",
    instances_that_come_late_and_slow_cost_time_only: "cold-instances",
    a_slow_release_is_caught_in_dublin: "bad-model",
    a_worse_model_touches_no_endpoint: "bad-eval",
    a_region_that_is_ill_with_either_release_waits_alone: "ill-region",
    an_exam_chosen_after_the_release_is_not_its_exam: "chosen-exam",
    customers_who_send_another_unit_keep_their_region_on_v426: "currency-in-brazil",
    a_late_alarm_rolls_sydney_back_by_itself: "late-alarm",
    an_alarm_in_soak_rolls_sydney_back_when_soak_ends: "late-alarm-in-soak",
    an_alarm_in_soak_rolls_sydney_back_at_once_where_watched: "late-alarm-in-soak-watched",
    a_newer_release_never_cuts_a_soak_short: "next-night-early",
    two_dark_regions_are_no_fault_of_one: "planes-dark",
    tokyo_recovers_from_unknown_bytes_and_proves_it: "update-rollback-failed",
    one_all_clear_names_the_pages_of_the_night_before: "unknown-next-night",
    sydney_rolls_back_without_its_ledger: "rollback-with-dead-ledger",
    a_dead_judge_lets_nothing_through: "judge-dies",
    a_wave_that_codepipeline_gives_up_goes_on_in_another_execution: "pipeline-dark",
    a_wave_that_a_person_stops_goes_back_where_it_stood_and_does_not_go_on: "execution-stopped",
    an_execution_that_a_person_started_is_told_of_when_it_is_stopped: "rerun-stopped",
    a_stage_that_a_person_retries_after_its_wave_moves_nothing: "stage-retried",
    a_policy_that_is_deployed_in_mid_wave_ends_it_and_the_next_execution_goes_on: "deploy-in-mid-wave",
    a_region_whose_rollback_alarm_a_person_deletes_is_left_behind_alone: "alarm-deleted",
    a_release_whose_replication_a_person_took_away_serves_in_home_alone: "replication-deleted",
    an_endpoint_that_a_person_deletes_wakes_somebody: "endpoint-deleted",
    a_region_whose_endpoint_a_person_deletes_is_left_behind_alone: "endpoint-deleted-in-the-wave",
    an_endpoint_that_a_person_points_elsewhere_is_found_and_paged: "diverged",
    a_ledger_that_a_person_put_back_is_found_and_paged: "restored-ledger",
    what_homes_topic_does_not_take_goes_out_through_another_regions: "topic-dark",
    every_region_in_an_account_of_its_own_ends_as_in_one: "four-accounts",
    a_region_that_leaves_dns_outside_any_wave_is_paged_from_outside_it: "out-of-dns",
    a_region_that_loses_a_zone_serves_on_from_the_others: "zone-lost",
    a_lost_homes_canary_goes_back_and_people_are_told: "home-lost",
    a_home_that_is_back_goes_on_to_the_regions_that_wait: "home-lost-and-back",
    a_home_that_is_cut_off_stops_its_wave: "home-partitioned",
    a_deputy_that_home_is_moved_to_goes_on_the_same_night_and_the_old_home_is_none: "home-taken-over",
    a_lost_home_is_taken_over_by_the_word_of_most_regions: "home-lost-auto",
    a_home_that_people_made_elsewhere_promotes_to_the_regions_that_are_left: "home-rebuilt",
    a_region_that_dies_by_day_is_paged_from_outside_it: "region-dead-by-day",
    a_lost_us_east_1_stops_no_wave_and_people_hear_later: "us-east-1-gone",
    a_certificate_that_expires_was_told_of_and_costs_every_request: "certificate-expired",
    home_is_handed_over_with_its_ledger: "home-moved-in-peace",
    survivors_with_instances_for_a_lost_regions_customers_hold: "survivors-hold",
    a_hot_standby_answers_a_lost_regions_customers: "standby-hot",
    a_pilot_light_makes_its_endpoint_once_it_is_to_carry_a_lost_regions_customers: "pilot-light",
    a_pilot_light_asks_itself_once_the_regions_miss_another: "pilot-light-auto",
    a_warm_standby_answers_a_lost_regions_customers_once_it_has_scaled: "standby-warm",
    survivors_without_them_fall_until_instances_come: "survivors-fall",
    customers_that_a_person_moves_find_their_instances_and_come_back: "failback",
    late_repeated_and_broken_off_events_change_no_ending: "messy-events",
    a_home_that_stood_still_and_lost_the_lease_changes_nothing: "two-homes",
    a_canary_that_nobody_calls_never_goes_on: "starved-canary",
    a_canary_that_says_too_little_comes_back_the_same_night: "tried-again",
    a_model_that_declines_more_is_caught_without_an_error: "declines-more",
    what_only_full_load_makes_slow_is_caught_after_the_shift: "slow-at-load",
    what_fails_slowly_below_every_alarm_is_paged_by_each_region: "slow-burn",
    what_fails_slowly_is_rolled_back_where_policy_says_so: "slow-burn-acts",
    a_new_fleet_gets_its_first_release: "first-night",
    a_new_region_is_caught_up_by_the_next_wave: "add-region",
    a_frozen_region_lags_and_nobody_is_paged: "frozen",
    an_overridden_freeze_says_who_and_why: "overridden",
    a_region_without_its_replica_is_left_behind_and_paged_for: "lost-replica",
    a_region_without_the_releases_image_is_left_behind_and_paged_for: "image-late",
    a_manifest_from_the_future_stops_no_later_release: "poisoned-manifest",
    untrusted_releases_are_refused_and_stop_no_other: "unsigned-release",
    instances_of_another_type_come_and_go_back_by_themselves: "type-change",
    an_endpoint_that_answers_a_score_and_reasons_is_promoted: "score-and-reasons",
}

#[test]
fn a_nights_pages_and_advice_carry_their_reasons() {
    let (_, report) = simulate(&built_in("bad-eval"), SEED);
    let page = &report.pages[0];
    let rejected = &page.reason.as_ref().unwrap()["evaluation_rejected"];
    assert_eq!((page.kind.as_deref(), &rejected["cause"]), (Some("rejected_worse"), &"worse".into()));
    let version = rejected["version"].as_str().unwrap();
    assert_eq!(page.subject, format!("[fraud] {version} is rejected"));
    let (_, report) = simulate(&built_in("bad-caller"), SEED);
    let advice = &report.advice[0];
    let plan = &advice.reason.as_ref().unwrap()["plan"];
    assert_eq!((advice.kind.as_deref(), &plan["advice"]), (Some("limit_caller"), &"limit_caller".into()));
}

/// As pages do.
#[test]
fn advice_that_homes_topic_does_not_take_goes_out_through_another_regions() {
    let mut scenario = built_in("bad-caller");
    scenario.fault.push(Fault {
        region: Some("eu-west-1".parse().unwrap()),
        operation: Some("Publish".to_owned()),
        ..Fault::of(FaultKind::Unavailable)
    });
    let (story, report) = simulate(&scenario, SEED);
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
    assert_eq!(report.advice[0].region.as_str(), "ap-southeast-2");
}

#[test]
fn equal_seeds_give_equal_nights_to_the_byte() {
    let json = |seed| serde_json::to_string(&simulate(&built_in("tokyo-dark"), seed).1).unwrap();
    assert_eq!(json(SEED), json(SEED));
    assert_ne!(json(SEED), json(SEED + 1));
}

/// Chains whose sums are kept at every sweep, and which everybody reads on from there.
#[test]
fn a_night_whose_chains_are_read_from_checkpoints_ends_the_same() {
    for name in ["tokyo-dark-long", "late-alarm-in-soak", "next-night-early", "update-rollback-failed", "messy-events"]
    {
        let usual = simulate(&built_in(name), SEED).1;
        let mut scenario = built_in(name);
        let ledger = [("checkpoint_every".to_owned(), 1.into())].into_iter().collect();
        scenario.policy.insert("ledger".to_owned(), toml::Value::Table(ledger));
        let (story, report) = simulate(&scenario, SEED);
        // The sweeps write more and so take longer: by the second it is another night.
        assert!(report.as_expected, "{name}: {:?}\n{story}", report.unexpected);
        assert_eq!(end(&report), end(&usual), "{name}\n{story}");
        assert_eq!(report.decisions.len(), usual.decisions.len(), "{name}\n{story}");
        let kept = |chain: &[Entry]| chain.iter().any(|entry| matches!(entry.record, Record::Checkpointed { .. }));
        assert!(report.ledger.values().all(|chain| kept(chain)), "{name}");
    }
}

/// Neither the seed nor the second at which training finishes decides whether a good release is taken: a canary's first
/// minute may be a few seconds long.
#[test]
fn a_good_night_is_good_under_every_seed_and_from_every_second() {
    // With seed 110 Sao Paulo's few callers make more than a hundredth of 4xx in the bake: an advice, for which nobody is paged.
    for seed in (100..112).filter(|seed| *seed != 110) {
        let mut scenario = built_in("good-night");
        let second = (seed * 5) % 60;
        scenario.publish[0].at = format!("03:00:{second:02}").parse().unwrap();
        scenario.expect.by = None;
        let (story, report) = simulate(&scenario, seed);
        assert!(report.as_expected, "seed {seed}, second {second}: {:?}\n{story}", report.unexpected);
    }
}

/// The other reading of the live fact: SageMaker does not listen to the guardrail's alarms in soak.
#[test]
fn slow_at_full_load_rolls_back_after_an_unwatched_soak() {
    let mut scenario = built_in("slow-at-load");
    for watched in [true, false] {
        scenario.live.alarms_watched_during_termination_wait = watched;
        let (story, report) = simulate(&scenario, SEED);
        assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
        let stages = report.events.iter().filter_map(|event| match event.what {
            What::EndpointStage { stage, .. } => Some(stage),
            _ => None,
        });
        let after_soak = stages.skip_while(|stage| *stage != Stage::Soaking).find(|stage| *stage != Stage::Soaking);
        let expected = if watched { Stage::RollingBack } else { Stage::InService };
        assert_eq!(after_soak, Some(expected), "{story}");
        let mut entries = report.ledger.values().flatten();
        assert!(entries.all(|entry| !matches!(entry.record, Record::Halted { .. })), "{story}");
    }
}

/// What a night leaves behind in one region, without the times and ids that a repeated or killed call may move.
#[derive(Debug, PartialEq)]
struct End {
    title: String,
    version: Option<String>,
    confirmed_by_endpoint: bool,
    releases_confirmed: Vec<String>,
    update_left_open: Option<String>,
}

fn end(report: &Report) -> Vec<End> {
    let of_region = |end: &night::RegionEnd| {
        let history = &report.regions[&end.region];
        End {
            title: end.title.clone(),
            version: end.version.clone(),
            confirmed_by_endpoint: end.confirmed_by_endpoint,
            releases_confirmed: history.confirmed.keys().map(ToString::to_string).collect(),
            update_left_open: history.update.as_ref().map(|update| update.target.config.to_string()),
        }
    };
    report.fleet.iter().map(of_region).collect()
}

/// I7 at every moment of Tokyo's update: whenever its control plane goes dark, the others reach v427, one page is sent, and
/// nothing but Tokyo waits for anybody.
#[test]
fn a_dark_tokyo_stops_no_other_region_whenever_it_goes_dark() {
    for from in
        ["03:45:30", "03:48:05", "03:48:50", "03:51", "03:54:30", "03:55:20", "03:56:45", "03:57:12", "03:59", "04:02"]
    {
        let mut scenario = built_in("tokyo-dark");
        scenario.fault[0].from = Some(from.parse().unwrap());
        scenario.lasts = jiff::SignedDuration::from_hours(2);
        let tokyo = "ap-northeast-1".parse().unwrap();
        scenario.expect.serves.remove(&tokyo);
        scenario.expect.by = None;
        let (story, report) = simulate(&scenario, SEED);
        let others = report.fleet.iter().filter(|end| end.region != tokyo);
        assert!(others.clone().all(|end| end.version.as_deref() == Some("v427")), "dark from {from}\n{story}");
        assert!(report.pages.len() <= 1, "dark from {from}: {} pages\n{story}", report.pages.len());
        let broken = report.unexpected.iter().find(|problem| problem.what.breaks_invariant());
        assert_eq!(broken, None, "dark from {from}\n{story}");
        // Whichever release it ends on, the endpoint and the ledger agree on it, and it was proved.
        let serving = &report.fleet.iter().find(|end| end.region == tokyo).unwrap();
        assert!(serving.confirmed_by_endpoint, "dark from {from}: {serving:?}\n{story}");
        assert_eq!(serving.health_changes, 0, "dark from {from}\n{story}");
    }
}

/// I6: each region sees to its own way back and waits for nobody, so that all of them may be mid-shift together.
#[test]
fn what_goes_bad_everywhere_rolls_back_everywhere() {
    let mut scenario = built_in("late-alarm");
    scenario.behaviour[0].region = None;
    // After the last soak, in which SageMaker would roll back without a new update.
    scenario.behaviour[0].from = Some("04:30".parse().unwrap());
    scenario.lasts = jiff::SignedDuration::from_mins(135);
    // The wave is over by then.
    scenario.expect.executions = built_in("good-night").expect.executions;
    scenario.expect.pages = Pages::InAll(4);
    scenario.expect.serves.values_mut().for_each(|version| *version = "v426".parse().unwrap());
    let (story, report) = simulate(&scenario, SEED);
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
    let since: Vec<_> = report.fleet.iter().filter_map(|end| end.since).collect();
    let apart = since.iter().max().unwrap().duration_since(*since.iter().min().unwrap());
    assert!(since.len() == 4 && apart < jiff::SignedDuration::from_mins(1), "{apart}\n{story}");
}

#[test]
fn every_event_delivered_twice_ends_the_same() {
    let usual = ["good-night", "tokyo-dark", "bad-model", "bad-eval", "late-alarm", "judge-dies"];
    let policies = ["first-night", "add-region", "frozen", "overridden"];
    for name in usual.into_iter().chain(policies) {
        let once = simulate(&built_in(name), SEED).1;
        let scenario = Scenario { deliver_twice: true, ..built_in(name) };
        let (story, twice) = simulate(&scenario, SEED);
        assert!(twice.as_expected, "{name}: {:?}\n{story}", twice.unexpected);
        assert_eq!(end(&once), end(&twice), "{name}\n{story}");
        assert_eq!(once.decisions.len(), twice.decisions.len(), "{name}: a decision was written twice\n{story}");
    }
}

/// I10 all at once: what arrives twice, late or behind others, and what dies in mid-step, ends like the night in which
/// nothing does.
#[test]
fn messy_events_end_as_a_good_night_does() {
    let (usual, messy) = (simulate(&built_in("good-night"), SEED).1, simulate(&built_in("messy-events"), SEED).1);
    assert_eq!(end(&usual), end(&messy));
    assert_eq!(usual.decisions.len(), messy.decisions.len());
}

/// Every function killed once at every call that changes something, before and after it takes effect.
#[test]
fn a_function_killed_between_intent_and_outcome_ends_the_same() {
    let usual = end(&simulate(&built_in("good-night"), SEED).1);
    let calls = [
        (FunctionKind::Replication, "PutObject"),
        (FunctionKind::Replication, "StartPipelineExecution"),
        (FunctionKind::ShadowEval, "CreateModelPackage"),
        (FunctionKind::ShadowEval, "PutObject"),
        (FunctionKind::ShadowEval, "UpdateModelPackage"),
        (FunctionKind::ShadowEval, "PutJobSuccessResult"),
        (FunctionKind::Promote, "PutObject"),
        (FunctionKind::Promote, "PutMetricAlarm"),
        (FunctionKind::Promote, "CreateModel"),
        (FunctionKind::Promote, "CreateEndpointConfig"),
        (FunctionKind::Promote, "UpdateEndpoint"),
        (FunctionKind::Promote, "InvokeEndpoint"),
        (FunctionKind::Promote, "PutJobSuccessResult"),
    ];
    for (function, operation) in calls {
        for when in [When::Before, When::After] {
            let mut scenario = built_in("good-night");
            scenario.expect.by = None;
            scenario.fault.push(Fault {
                function: Some(function),
                operation: Some(operation.to_owned()),
                when,
                at_most: Some(1),
                ..Fault::of(FaultKind::Kill)
            });
            let (story, report) = simulate(&scenario, SEED);
            let case = format!("{function} killed {when:?} {operation}");
            let crashed =
                |event: &WorldEvent| matches!(&event.what, What::InvocationEnded { how, .. } if how == "crashed");
            assert!(report.events.iter().any(crashed), "{case}: nothing was killed\n{story}");
            assert!(report.as_expected, "{case}: {:?}\n{story}", report.unexpected);
            assert_eq!(end(&report), usual, "{case}\n{story}");
        }
    }
}

/// I8 for a region's first release: killed before and after each call that makes something of it.
#[test]
fn a_function_killed_around_a_first_release_ends_the_same() {
    let usual = end(&simulate(&built_in("add-region"), SEED).1);
    for operation in ["CreateModel", "CreateEndpointConfig", "CreateEndpoint", "InvokeEndpoint"] {
        for when in [When::Before, When::After] {
            let mut scenario = built_in("add-region");
            scenario.fault.push(Fault {
                function: Some(FunctionKind::Promote),
                region: Some("ap-northeast-1".parse().unwrap()),
                operation: Some(operation.to_owned()),
                when,
                at_most: Some(1),
                ..Fault::of(FaultKind::Kill)
            });
            let (story, report) = simulate(&scenario, SEED);
            let case = format!("promote killed {when:?} {operation} in JP");
            assert!(report.as_expected, "{case}: {:?}\n{story}", report.unexpected);
            assert_eq!(end(&report), usual, "{case}\n{story}");
        }
    }
}

/// The folder of the release binaries, or a visible skip.
fn binaries() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/release");
    let missing = FunctionKind::ALL.iter().find(|function| !folder.join(function.name()).is_file());
    if let Some(function) = missing {
        meridian_tests::skip("wire nights", &format!("no release binary {function}; run: make build"));
        return None;
    }
    Some(folder)
}

/// The same night through both doors: the same story, the same document.
fn same_over_the_wire(name: &str) {
    let Some(folder) = binaries() else { return };
    let out = tempfile::tempdir().unwrap();
    let wire = Options { seed: SEED, functions: Functions::Binaries(folder), out: out.path().to_owned(), record: None };
    let (story, report) = told(&built_in(name), &wire);
    let (usual_story, usual) = simulate(&built_in(name), SEED);
    assert_eq!(usual_story, story);
    assert_eq!(serde_json::to_string(&usual).unwrap(), serde_json::to_string(&report).unwrap());
}

macro_rules! wire {
    ($($test:ident: $name:literal,)*) => {
        mod the_real_binaries_tell_the_same_story {
            $(#[test] fn $test() { super::same_over_the_wire($name); })*
        }
    };
}
// Of each kind of ending one; `make wire-nights` compares all nights.
wire! {
    good_night: "good-night",
    tokyo_dark: "tokyo-dark",
    tokyo_dark_long: "tokyo-dark-long",
    rerun_bad: "rerun-bad",
    cold_instances: "cold-instances",
    bad_model: "bad-model",
    bad_eval: "bad-eval",
    bad_caller: "bad-caller",
    currency_in_brazil: "currency-in-brazil",
    late_alarm: "late-alarm",
    update_rollback_failed: "update-rollback-failed",
    messy_events: "messy-events",
    judge_dies: "judge-dies",
    deploy_in_mid_wave: "deploy-in-mid-wave",
    pipeline_dark: "pipeline-dark",
    tried_again: "tried-again",
    slow_burn_acts: "slow-burn-acts",
    first_night: "first-night",
    add_region: "add-region",
    unsigned_release: "unsigned-release",
    type_change: "type-change",
    score_and_reasons: "score-and-reasons",
}
