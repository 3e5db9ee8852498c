//! Every cause of a revert, and of a region's own rollback: the tables in docs/architecture.md.

use jiff::Timestamp;
use meridian_domain::alarms::LeftBehind;
use meridian_domain::reason::{Fault, Proof, Revert, Sign, Stopped, Unseen, WayBackReason};
use meridian_domain::{Beside, Cause, Compared, EndpointStatus, WorseThanBefore};
use meridian_judge::{Grounds, Tally};

/// The table, in Markdown: when an update is rolled back, and the cause that is recorded.
pub fn causes_of_a_revert() -> String {
    let mut table = "| an update is rolled back when | recorded cause |\n|---|---|\n".to_owned();
    let mut next = Some(Revert::Worse(Grounds::default()));
    while let Some(revert) = next {
        let (when, after) = entry(&revert);
        table.push_str(&format!("| {when} | {} |\n", laid_to(&revert)));
        next = after;
    }
    table
}

/// The table, in Markdown: when a region rolls back by its own means, and which starts its halt stops.
pub fn causes_of_a_rollback() -> String {
    let mut table = "| a region rolls back by itself when | its halt stops |\n|---|---|\n".to_owned();
    let mut next = Some(WayBackReason::Alarm { alarm: String::new(), alike: None });
    while let Some(reason) = next {
        let (when, after) = own_entry(&reason);
        let reach = if reason.speaks_against_release() { "every region's" } else { "its own" };
        table.push_str(&format!("| {when} | {reach} |\n"));
        next = after;
    }
    table
}

fn laid_to(revert: &Revert) -> String {
    match revert {
        Revert::Signs(_) => "the first sign's ([diagnosis.rs](../shared/domain/src/wave/plan/diagnosis.rs))".to_owned(),
        Revert::Stopped(_) => "the release where it is condemned, else unclear".to_owned(),
        Revert::Unproved(_) => {
            "unclear: wrong answers stop the wave until a person has looked, no answers defer the region".to_owned()
        }
        Revert::NoEvidence { .. } => "unclear: the wave stops until a person has looked".to_owned(),
        other => named(other.cause()).to_owned(),
    }
}

/// When it happens, and the cause that comes after it in the table: a new cause does not compile without its place here.
fn entry(revert: &Revert) -> (&'static str, Option<Revert>) {
    match revert {
        Revert::Worse(_) => {
            ("the judge finds the canary worse, alone or pooled", Some(Revert::WorseAtFullLoad(Grounds::default())))
        }
        Revert::WorseAtFullLoad(_) => {
            ("the release is worse at full load", Some(Revert::Undecided(Grounds::default())))
        }
        Revert::Undecided(_) => (
            "the last decision is due and the counts do not show that proceeding is safe (I9)",
            Some(Revert::CountsUnseen { why: Unseen::NotAsked }),
        ),
        Revert::CountsUnseen { .. } => {
            ("the last decision is due and the counts cannot be read (I9)", Some(Revert::TimerEnded))
        }
        Revert::TimerEnded => (
            "SageMaker's timer ended before a decision (I9)",
            Some(Revert::Unproved(Proof::Unasked { why: Unseen::NotAsked })),
        ),
        Revert::Unproved(_) => (
            "after the shift the golden records are not answered with the release's scores (I4)",
            Some(Revert::Stopped(Stopped::WaveOver)),
        ),
        Revert::Stopped(_) => ("the wave is stopped by a halt, a condemnation or a quarantine (I7)", no_evidence()),
        Revert::NoEvidence { .. } => (
            "a region without a canary has no other region's evidence to use (I3)",
            Some(Revert::AlarmRang(WayBackReason::Unexplained)),
        ),
        Revert::AlarmRang(WayBackReason::Alarm { alike: Some(_), .. }) => (
            "it does, and the release before answers as badly in the same minutes: the region is ill (I7)",
            Some(Revert::Signs(vec![Sign::EndpointAlarm])),
        ),
        Revert::AlarmRang(_) => (
            "the region's rollback alarm goes into ALARM during the update (`rollback` decides)",
            Some(Revert::AlarmRang(ill_alike())),
        ),
        Revert::Signs(_) => ("SageMaker rolled the update back, or the region stopped answering", None),
    }
}

/// As [`entry`], of a region's own rollback.
fn own_entry(reason: &WayBackReason) -> (&'static str, Option<WayBackReason>) {
    match reason {
        WayBackReason::Alarm { alike: None, .. } => ("its rollback alarm is in ALARM", Some(ill_alike())),
        WayBackReason::Alarm { alike: Some(_), .. } => (
            "it is, and the release before answers as badly in the same minutes: the region is ill (I7)",
            Some(WayBackReason::ClientErrors),
        ),
        WayBackReason::ClientErrors => {
            ("its 4xx rose with the release, and its callers are not shown to be why", Some(WayBackReason::Unproved))
        }
        WayBackReason::Unproved => {
            ("its golden records are not answered with the release's scores (I4)", Some(WayBackReason::Undecided))
        }
        WayBackReason::Undecided => {
            ("its traffic was shifted without a decision to proceed (I9)", Some(WayBackReason::Guardrail))
        }
        WayBackReason::Guardrail => (
            "SageMaker rolled its update back, and no judge had said so: an alarm on the new instances came first",
            Some(WayBackReason::JudgeSilent),
        ),
        WayBackReason::JudgeSilent => {
            ("SageMaker rolled its update back while the judge was silent", Some(WayBackReason::JudgeUnseen))
        }
        WayBackReason::JudgeUnseen => (
            "SageMaker rolled its update back, and whether a judge looked at it could not be seen",
            Some(WayBackReason::Unexplained),
        ),
        WayBackReason::Unexplained => (
            "one of these happened, and the alarms say no more which",
            Some(WayBackReason::ProvedAgain(Fault::EndpointIs(EndpointStatus::UpdateRollbackFailed))),
        ),
        WayBackReason::ProvedAgain(_) => {
            ("it was unknown which bytes it serves, and golden records prove the rollback target", worse())
        }
        WayBackReason::WorseThanBefore(_) => (
            "[probation](judging.md#probation) finds it worse than the days before, and policy says `act`",
            left_behind(),
        ),
        WayBackReason::LeftBehind(_) => ("the wave left it behind while its ledger did not answer", None),
    }
}

fn worse() -> Option<WayBackReason> {
    let metric = "5xx".parse().ok()?;
    let worse = WorseThanBefore { metric, today: Tally::default(), expected: 0.0, tolerated: 1.0, days: 0 };
    Some(WayBackReason::WorseThanBefore(worse))
}

fn left_behind() -> Option<WayBackReason> {
    let wave = "wave".parse().ok()?;
    Some(WayBackReason::LeftBehind(LeftBehind { wave, since: Timestamp::UNIX_EPOCH }))
}

fn no_evidence() -> Option<Revert> {
    "v0".parse().ok().map(|version| Revert::NoEvidence { version })
}

fn ill_alike() -> WayBackReason {
    let tally = Tally::default();
    let alike = Some(Compared { beside: Beside::SameMinutes, green: tally, blue: tally });
    WayBackReason::Alarm { alarm: String::new(), alike }
}

fn named(cause: Cause) -> &'static str {
    match cause {
        Cause::Release => "the release: it is condemned",
        Cause::Region => "the region: it is deferred, the others go on",
        Cause::Undecided => {
            "nobody's: the region is [tried again](judging.md#tries) or left for the next night, and nobody is paged"
        }
        Cause::Unclear => "unclear: the region is deferred; `wave.unclear_returns` of these in one wave stop it",
    }
}
