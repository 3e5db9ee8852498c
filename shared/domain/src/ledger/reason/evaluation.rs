//! Why shadow evaluation ruled as it did, or has not ruled yet.
//!
//! A text in here is a name.

use super::{FeatureFault, FileFault, HoldoutFault, ModelFault, Unseen};
use crate::fleet::names::{ReleaseId, Version};
use crate::ledger::quarantine::Quarantine;
use crate::ledger::verdict::Verdict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a release is approved, rejected, or has no ruling yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationReason {
    /// The ledger says that the release is approved, and has no evaluation of it.
    NotOnRecord,
    /// Every required gate passed.
    Passed {
        /// The challenger on the held-out records.
        challenger: HeldOutRates,
        /// What it was compared with; none for a first release.
        champion: Option<ChampionRates>,
        /// Held-out records that were scored.
        records: u64,
    },
    /// Required gates did not pass.
    NotPassed {
        /// Those that decided: on all records first, each in the order in which it was asked.
        rulings: Vec<GateRuling>,
        /// How many more decided likewise, where there are too many for one entry; the report has them all.
        more: u64,
    },
    /// Policy requires no gate, so nothing was shown.
    NothingRequired,
    /// A person took the release, or a file of it, out of consideration.
    Quarantined {
        /// The release that is out of consideration.
        release: ReleaseId,
        /// What is in quarantine, by whom, since when and why.
        quarantine: Box<Quarantine>,
    },
    /// A file of the release is not what was published, or not accepted.
    File(FileFault),
    /// The release's model cannot be read, or cannot be served.
    Unreadable {
        /// The archive's key.
        file: String,
        /// What its reader finds wrong.
        fault: ModelFault,
    },
    /// The archive is not the compressed one that the container unpacks.
    NotGzip {
        /// The file's key.
        file: String,
    },
    /// The manifest's features are not the model's, so that callers would be scored on the wrong ones.
    Features(FeatureFault),
    /// The fleet's hold-out does not have the columns that a model takes.
    Columns {
        /// Whose columns are wanting.
        role: ModelRole,
        /// That model's version.
        version: Version,
        /// What does not fit.
        misfit: Misfit,
    },
    /// A model gave another number of scores than there are records.
    OtherRecords {
        /// The model with the other number.
        role: ModelRole,
        /// Records that the hold-out has.
        records: u64,
        /// Scores that the model gave.
        scores: u64,
    },
    /// The champion's scores are not finite numbers.
    ChampionNotFinite,
    /// The held-out records are all of one class.
    OneClass {
        /// Records with label 1.
        positives: u64,
        /// Records with label 0.
        negatives: u64,
    },
    /// The manifest's operating threshold is no probability that a score can be compared with.
    Threshold {
        /// The threshold in the manifest.
        threshold: f64,
    },
    /// The call that began to evaluate did not end: it ran out of memory or time, or crashed.
    CallDied {
        /// The release that was being evaluated.
        release: ReleaseId,
        /// Its human name.
        version: Version,
        /// When that call began.
        at: Timestamp,
    },
    /// The champion is scored, and there is no time left in this call for the challenger.
    ChallengerIsNext,
    /// A service did not answer.
    Waiting(Unseen),
    /// The job was called so often without a ruling that it is given up.
    GivenUp {
        /// Calls that it had.
        calls: u32,
        /// What the last one waited for.
        last: Box<EvaluationReason>,
    },
}

impl From<HoldoutFault> for Misfit {
    fn from(fault: HoldoutFault) -> Self {
        Self::Unreadable(fault)
    }
}

impl From<FileFault> for EvaluationReason {
    fn from(fault: FileFault) -> Self {
        Self::File(fault)
    }
}

/// The challenger or what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// The release on its way.
    Challenger,
    /// What home serves now.
    Champion,
}

/// A model's main numbers on the held-out records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOutRates {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Share of the negatives that alert at the model's own threshold.
    pub fpr: f64,
}

/// The champion's main numbers on the held-out records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChampionRates {
    /// The champion's human name.
    pub version: Version,
    /// At the champion's own threshold.
    pub rates: HeldOutRates,
}

/// A required gate that did not pass, with the numbers that it went by. Numbers that could not be computed are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateRuling {
    /// The gate, by its key in `[evaluation]`.
    pub gate: String,
    /// The customer region; none for all records.
    pub region: Option<String>,
    /// What its numbers say.
    pub verdict: Verdict,
    /// The challenger's number.
    pub challenger: Option<f64>,
    /// The champion's number.
    pub champion: Option<f64>,
    /// The difference that was judged: above 0 where the challenger is worse. Of calibration, that of the distances from the ideal.
    pub difference: Option<f64>,
    /// The margin of the difference; without one, the bound of the challenger's number.
    pub allowed: Option<f64>,
    /// Where there were too few records to conclude anything: how many there were.
    pub shortage: Option<Shortage>,
    /// The feature by which the challenger seems to know the label, of a gate on leaks: cut and without hidden characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
}

/// Too few held-out records of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Records with label 1.
    pub positives: u64,
    /// Records with label 0.
    pub negatives: u64,
    /// How many of each are needed.
    pub floor: u64,
}

/// How a file's columns differ from those that a model takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misfit {
    /// Some are missing, unknown or named twice.
    Named {
        /// Expected, not there.
        missing: Names,
        /// There, not expected.
        extra: Names,
        /// Named more than once.
        twice: Names,
    },
    /// Fewer than half are there: the first row may be a customer's record, so it is not shown.
    NoHeader {
        /// Columns that should be there.
        expected: u64,
        /// Of them, those that are.
        found: u64,
        /// Fields of the first row.
        fields: u64,
        /// Expected, not there.
        missing: Names,
    },
    /// They are there, and what they hold cannot be read.
    Unreadable(HoldoutFault),
}

/// The first of a list of names, and how many more there are: thousands of them do not belong into a ledger's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The first ones, each cut and without hidden characters.
    pub first: Vec<String>,
    /// How many more there are.
    pub more: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_back_from_its_entry() {
        let ruling = GateRuling {
            gate: "auc".to_owned(),
            region: Some("brazil".to_owned()),
            verdict: Verdict::Fail,
            challenger: Some(0.855),
            champion: Some(0.9176),
            difference: None,
            allowed: Some(0.02),
            shortage: Some(Shortage { positives: 3, negatives: 900, floor: 50 }),
            feature: Some("chargeback_id".to_owned()),
        };
        let last = Box::new(EvaluationReason::NotPassed { rulings: vec![ruling], more: 2 });
        for reason in [EvaluationReason::NothingRequired, *last.clone(), EvaluationReason::GivenUp { calls: 60, last }]
        {
            let text = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<EvaluationReason>(&text).unwrap(), reason, "{text}");
        }
    }
}
