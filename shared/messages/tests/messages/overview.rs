//! What `meridian status` says of the whole fleet: what needs a person, with its command, and what comes next.

use crate::given::{BR, JP, actor, at, fleet, name, release, resource, said, throttled, version};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::overview::{Need, Next, OffRecord, OpenPage, Overview, PageCause, Unheard, WaveRow, WaveStop};
use meridian_domain::reason::{
    Barred, EvaluationReason, Fault, FileFault, JobFailure, Lagging, OperationName, Unseen, WaveEnd,
};
use meridian_domain::{Chain, Frozen, HomeMove, Sha256, Verdict};
use meridian_messages::Voice;
use meridian_messages::pages::PageKind;

/// Nothing but a wave of v429 whose end is not on record.
fn wave(stopped: Option<WaveStop>, next: Vec<Next>) -> Overview {
    let (release, version, execution) = (release("v429"), version("v429"), actor("wave-1"));
    Overview {
        at: at("03:10:00"),
        needs: Vec::new(),
        regions: Vec::new(),
        wave: Some(WaveRow { release, version, execution, stopped, left: Vec::new(), ended: None, unheard: None }),
        condemned: Vec::new(),
        overrides: Vec::new(),
        failovers: Vec::new(),
        pages: Vec::new(),
        next,
    }
}

#[test]
fn a_wave_that_goes_on_to_no_region_says_why() {
    let (fleet, why) = (fleet(), || Box::new(said("held-out AUC 0.8550")));
    let rejected = wave(Some(WaveStop::Rejected { why: why() }), vec![Next::Release]);
    let condemned = wave(Some(WaveStop::Barred(Barred::Condemned { why: why() })), Vec::new());
    for (overview, words) in [
        (wave(None, Vec::new()), "wave of v429 (wave-1): in progress"),
        (rejected, "wave of v429 (wave-1): evaluation rejected v429: held-out AUC 0.8550"),
        (condemned, "wave of v429 (wave-1): starts no further region, v429 is condemned"),
    ] {
        assert_eq!(Voice::of(&fleet).next(&overview)[0], words);
    }
}

/// Its execution may have failed or been stopped: the ledgers do not say, and "in progress" would.
#[test]
fn a_wave_that_is_not_heard_of_is_not_said_to_be_in_progress() {
    let fleet = fleet();
    let told = |stopped, lease| {
        let mut overview = wave(stopped, Vec::new());
        if let Some(wave) = &mut overview.wave {
            wave.unheard = Some(Unheard { since: at("03:05:21"), lease });
        }
        Voice::of(&fleet).next(&overview).remove(0)
    };
    let lease = Some(at("03:15:21"));
    assert_eq!(
        told(None, lease),
        "wave of v429 (wave-1): its end is not on record, nothing has been heard of it since 03:05:21 UTC, and its lease ran \
         out at 03:15:21 UTC; whether its execution still runs is unknown, docs/runbook.md#the-pipeline"
    );
    let without = told(None, None);
    assert!(without.contains("since 03:05:21 UTC; whether its execution") && !without.contains("lease"), "{without}");
    let condemned = told(Some(WaveStop::Barred(Barred::Condemned { why: Box::new(said("5xx")) })), lease);
    assert!(condemned.contains("starts no further region, v429 is condemned; its end is not on record"), "{condemned}");
}

#[test]
fn a_wave_on_its_way_says_whom_it_left_behind_and_why() {
    let mut goes_on = wave(None, Vec::new());
    if let Some(wave) = &mut goes_on.wave {
        wave.left = vec![(name(JP), said("year-end"))];
    }
    let told = ["wave of v429 (wave-1): in progress", "JP: left behind, year-end"];
    assert_eq!(Voice::of(&fleet()).next(&goes_on), told);
}

#[test]
fn what_is_gone_is_told_with_the_command_that_mends_it() {
    let (fleet, region) = (fleet(), name(JP));
    let config = resource("fraud-v426-9f707fe16b72-c7fa");
    let why = Unseen::NoAlarm { alarm: "fraud-rollback".to_owned() };
    for (need, what, command) in [
        (
            Need::EndpointGone { region: region.clone(), config },
            "JP has no endpoint; its ledger says that fraud-v426-9f707fe16b72-c7fa serves",
            "aws sagemaker create-endpoint --region ap-northeast-1 --endpoint-name fraud --endpoint-config-name \
             fraud-v426-9f707fe16b72-c7fa",
        ),
        (
            Need::AlarmUnseen { region, why },
            "JP's rollback alarm cannot be seen: rollback alarm fraud-rollback does not exist or cannot be read",
            "aws cloudwatch put-composite-alarm --region ap-northeast-1 --alarm-name fraud-rollback --alarm-rule \
             'ALARM(\"fraud-endpoint-latency\") OR ALARM(\"fraud-endpoint-5xx\")'",
        ),
    ] {
        let voice = Voice::of(&fleet);
        assert_eq!((voice.need(&need).0.as_str(), voice.need_commands(&need)), (what, vec![command.to_owned()]));
    }
    // The alarm's rule is the template's.
    let template = include_str!("../../../../template.yaml");
    assert!(template.contains("AlarmRule: !Sub ALARM(\"${EndpointLatency}\") OR ALARM(\"${Endpoint5xx}\")"));
}

/// CloudWatch does not answer: nothing says that the alarm is gone, and it is not put again.
#[test]
fn an_alarm_that_only_cannot_be_seen_is_not_created_again() {
    let fleet = fleet();
    let why = throttled(JP, OperationName::DescribeAlarms).into();
    let need = Need::AlarmUnseen { region: name(JP), why };
    let (what, to_do) = Voice::of(&fleet).need(&need);
    assert!(what.starts_with("JP's rollback alarm cannot be seen: DescribeAlarms in ap-northeast-1"), "{what}");
    assert!(to_do.contains("Look at an endpoint"), "{to_do}");
    assert!(Voice::of(&fleet).need_commands(&need).is_empty());
}

#[test]
fn an_alarm_that_pages_and_a_rollback_to_weigh_name_their_section() {
    let (fleet, region) = (fleet(), name(JP));
    let lost = Need::PagingAlarm { region: region.clone(), alarm: "meridian-fraud-dead-letters".to_owned() };
    let (what, to_do) = Voice::of(&fleet).need(&lost);
    assert_eq!(what, "JP: alarm meridian-fraud-dead-letters is in ALARM");
    assert_eq!(to_do, "docs/runbook.md (Pages of CloudWatch), region ap-northeast-1");
    let (what, to_do) = Voice::of(&fleet).need(&Need::WeighRollback { region, version: version("v427") });
    assert_eq!(what, "JP: v427 is worse than the days before, and policy leaves the rollback to people");
    assert_eq!(to_do, "docs/runbook.md (Roll a region back by hand), region ap-northeast-1");
}

/// As on the page: the same subject, and the same row of the table.
#[test]
fn a_page_of_a_waves_end_is_listed_as_it_was_sent() {
    let (fleet, region) = (fleet(), name(JP));
    let why = Box::new(Fault::NoAnswer.into());
    let stopped = WaveEnd::NotOn { region: region.clone(), version: version("v427"), why };
    let lagging = vec![(region.clone(), Lagging::NoEndpoint)];
    let short = WaveEnd::Incomplete { version: version("v427"), lagging, overrides: Vec::new() };
    for (end, subject, kind) in [
        (stopped, "JP is not on v427", PageKind::FindCause),
        (short, "v427: 3 of 4 regions promoted", PageKind::LookAtEndpoints),
    ] {
        let cause = PageCause::Ended(Box::new(end));
        assert_eq!(PageKind::of_open(&cause), Some(kind));
        let page = OpenPage { region: region.clone(), since: at("03:51:00"), cause };
        assert_eq!(Voice::of(&fleet).open_page(&page), subject);
    }
}

/// As on the page: of an altered chain, of what evaluation rejected, and of a job that failed.
#[test]
fn a_page_of_what_failed_is_listed_as_it_was_sent() {
    let (fleet, region) = (fleet(), name(JP));
    let rejected = |verdict, why: EvaluationReason, version| PageCause::Rejected {
        release: release("v429"),
        version,
        verdict,
        why: Box::new(why.into()),
    };
    let file = |fault: FileFault| EvaluationReason::from(fault);
    let (v429, archive) = (|| Some(version("v429")), || "releases/archives/v429.tar.gz".to_owned());
    let altered = FileFault::Longer { file: archive(), region: region.clone(), expected: 7 };
    let missing = FileFault::Missing { file: archive(), region: region.clone() };
    let unsigned = FileFault::Unsigned { file: archive(), region: region.clone() };
    let kept = KeptHead { seq: 7, hash: Sha256::of(b"gone") };
    let chain = Chain::Region(region.clone());
    let unnamed = format!("{} is rejected", release("v429").short());
    for (cause, subject, kind) in [
        (
            PageCause::ChainAltered { chain, kept, departure: Departure::Missing },
            "the ledger of ap-northeast-1 was altered",
            PageKind::ChainAltered,
        ),
        (
            PageCause::HomeLost { deputy: region.clone() },
            "home (EU) does not answer: JP can take over",
            PageKind::HomeLost,
        ),
        (
            rejected(Some(Verdict::Fail), EvaluationReason::NothingRequired, v429()),
            "v429 is rejected",
            PageKind::RejectedWorse,
        ),
        (rejected(Some(Verdict::Fail), EvaluationReason::NothingRequired, None), &unnamed, PageKind::RejectedWorse),
        (
            rejected(Some(Verdict::Inconclusive), EvaluationReason::NothingRequired, v429()),
            "v429 is rejected: too few records to judge it",
            PageKind::RejectedUnclear,
        ),
        (rejected(None, file(altered), v429()), "v429 cannot be evaluated", PageKind::RejectedBytes),
        (rejected(None, file(missing), v429()), "v429 cannot be evaluated", PageKind::RejectedBytes),
        (rejected(None, file(unsigned), v429()), "v429 cannot be evaluated", PageKind::RejectedContent),
        (
            rejected(None, EvaluationReason::NotGzip { file: archive() }, v429()),
            "v429 cannot be evaluated",
            PageKind::RejectedContent,
        ),
        (PageCause::JobFailed(Box::new(JobFailure::Panicked)), "a pipeline job failed", PageKind::JobFailed),
    ] {
        assert_eq!(PageKind::of_open(&cause), Some(kind));
        let page = OpenPage { region: region.clone(), since: at("03:51:00"), cause };
        assert_eq!(Voice::of(&fleet).open_page(&page), subject);
    }
}

#[test]
fn a_frozen_region_is_told_with_its_freezes_end() {
    let (fleet, region, version) = (fleet(), name(JP), version("v429"));
    let (from, until) = (at("00:00:00"), at("23:00:00"));
    let frozen = Frozen { name: "year-end".to_owned(), why: "volumes".to_owned(), from, until };
    let held = Next::Held { region: region.clone(), frozen: frozen.clone() };
    let overview = wave(None, vec![held, Next::Frozen { region, version, frozen }]);
    let until = until.strftime("%Y-%m-%d");
    let is_frozen = format!("next: JP is frozen by \"year-end\" until {until} 23:00 UTC (volumes): ");
    assert_eq!(
        Voice::of(&fleet).next(&overview)[1..],
        [
            format!("{is_frozen}nothing starts there before that"),
            format!("{is_frozen}it can get v429 with a new execution after that"),
        ]
    );
}

#[test]
fn without_its_ledger_no_region_is_said_not_to_roll_back() {
    let fleet = fleet();
    for (ledger_known, words) in [
        (true, "JP: the rollback alarm is in ALARM, and the region is not rolling back"),
        (false, "JP: the rollback alarm is in ALARM, and whether it rolls back is unknown"),
    ] {
        assert_eq!(Voice::of(&fleet).need(&Need::Alarm { region: name(JP), ledger_known }).0, words);
    }
}

#[test]
fn what_is_not_on_record_is_named_with_the_command_that_goes_back() {
    let (fleet, expected) = (fleet(), Some(resource("fraud-v426-9f707fe16b72-c7fa")));
    let need = |is, expected| Need::NotOnRecord { region: name(JP), config: resource("by-hand"), is, expected };
    let (what, to_do) = Voice::of(&fleet).need(&need(OffRecord::Serving, expected.clone()));
    let words = "JP's endpoint serves by-hand, which is not on record; its ledger says fraud-v426-9f707fe16b72-c7fa";
    assert_eq!(what, words);
    assert!(to_do.contains("docs/runbook.md (Look at an endpoint), region ap-northeast-1; then go back"), "{to_do}");
    let command = "aws sagemaker update-endpoint --region ap-northeast-1 --endpoint-name fraud --endpoint-config-name \
                   fraud-v426-9f707fe16b72-c7fa --retain-all-variant-properties";
    assert_eq!(Voice::of(&fleet).need_commands(&need(OffRecord::Serving, expected.clone())), [command]);
    let (what, _) = Voice::of(&fleet).need(&need(OffRecord::Coming, expected.clone()));
    assert!(what.starts_with("JP's endpoint is being updated to by-hand, which is not on record"), "{what}");
    // The command was given: nobody is told to give it again.
    let leaves = need(OffRecord::Leaving, expected);
    let (what, to_do) = Voice::of(&fleet).need(&leaves);
    assert!(what.ends_with("and is on its way back to fraud-v426-9f707fe16b72-c7fa"), "{what}");
    assert!(to_do.ends_with("region ap-northeast-1") && Voice::of(&fleet).need_commands(&leaves).is_empty(), "{to_do}");
    let nothing = need(OffRecord::Serving, None);
    assert!(Voice::of(&fleet).need(&nothing).0.ends_with("its ledger says that nothing serves"));
    assert!(Voice::of(&fleet).need_commands(&nothing).is_empty());
}

#[test]
fn a_region_on_another_release_without_a_reason_is_told_with_what_to_start() {
    let fleet = fleet();
    let need = Need::Differs { region: name(JP), version: version("v426"), newest: version("v427") };
    let (what, to_do) = Voice::of(&fleet).need(&need);
    assert_eq!(what, "JP serves v426 and not v427, and no entry says why");
    assert_eq!(to_do, "docs/runbook.md (Start a new execution)");
}

#[test]
fn a_home_that_has_moved_is_all_that_comes_next() {
    let fleet = fleet();
    let (from, to, by, why) = (name(BR), name(JP), actor("maria"), "a drill".to_owned());
    let moved = HomeMove { from, to, lost: false, by, why, since: at("04:00:00") };
    let overview = wave(None, vec![Next::HomeMoved(moved)]);
    let words = "next: JP is home since 2026-11-20 04:00:00, by maria: a drill. What is deployed with another home in its fleet.toml \
                 starts nothing";
    assert_eq!(Voice::of(&fleet).next(&overview)[1..], [words]);
}
