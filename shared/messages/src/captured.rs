//! What captured requests say of a release.

use meridian_judge::{CapturedFinding, CapturedGate, CapturedJudgement, CapturedVerdict};

/// The gates that failed, one after the other.
pub(crate) fn findings(failed: &[CapturedFinding]) -> String {
    failed.iter().map(finding).collect::<Vec<_>>().join("; ")
}

/// A region's shadow in one line, after the release's name.
pub(crate) fn judgement(judgement: &CapturedJudgement) -> String {
    let records = judgement.counts.records;
    match judgement.verdict {
        CapturedVerdict::Pass => format!("as the champion on {records} captured requests"),
        CapturedVerdict::TooFew if !judgement.undecided.is_empty() => {
            let asked: Vec<&str> = judgement.undecided.iter().map(|gate| question(*gate)).collect();
            format!("{records} captured requests do not show {}", asked.join(", "))
        }
        CapturedVerdict::TooFew => format!("too few different captured requests: {records}"),
        CapturedVerdict::NothingCaptured => "no request was captured".to_owned(),
        CapturedVerdict::Fail => {
            let failed: Vec<CapturedFinding> = judgement.failed().cloned().collect();
            format!("fails on {records} captured requests: {}", findings(&failed))
        }
    }
}

/// What a gate asks of the release.
fn question(gate: CapturedGate) -> &'static str {
    match gate {
        CapturedGate::AlertRate => "how many of them it alerts on",
        CapturedGate::ScoreShift => "how far its scores have moved",
        CapturedGate::Answered => "how many of them it answers",
        CapturedGate::Covered => "how often a value that it asks for is missing",
        CapturedGate::Reasons => "whether its reasons are the champion's",
        CapturedGate::Served => "whether the captured answers are the champion's scores",
    }
}

fn finding(found: &CapturedFinding) -> String {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let records = found.records;
    let both = || [found.challenger, found.champion].map(|own| percent(own.unwrap_or_default()));
    let said = match found.gate {
        CapturedGate::AlertRate => {
            let [new, old] = both();
            format!("it alerts on {new} of {records} requests, the champion on {old}")
        }
        CapturedGate::ScoreShift => format!(
            "its scores have moved by {:.2} (population stability index) on {records} requests, and {:.2} is allowed",
            found.difference, found.allowed
        ),
        CapturedGate::Answered => {
            let [new, old] = both();
            format!("it has no finite score for {new} of {records} requests, the champion for {old}")
        }
        CapturedGate::Covered => {
            let [new, old] = both();
            format!("{new} of its splits ask for a missing value, of the champion's {old}")
        }
        CapturedGate::Reasons => {
            format!("{} of its strongest reasons are not the champion's", percent(found.difference))
        }
        CapturedGate::Served => {
            format!("{} of {records} captured answers are not the champion's scores", percent(found.difference))
        }
    };
    found.feature.as_ref().map_or(said.clone(), |feature| format!("{said} (most: {feature})"))
}
