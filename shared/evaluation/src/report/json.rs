//! `evaluation.json`. Its fields are described in docs/evaluating.md, which a test holds against them.

use super::provenance::{Digests, Provenance};
use crate::costs::Costs;
use crate::digest::sha256;
use crate::drift::Drift;
use crate::evaluation::{Curves, Evaluation, Gate, ModelNumbers, ReasonsShift, RegionNumbers, Slices};
use crate::remark::Remark;
use meridian_judge::{EvaluationPolicy, Verdict};
use serde::Serialize;

/// An evaluation, and what it says in words beside the data.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    verdict: Verdict,
    reasons: Vec<String>,
    warnings: Vec<String>,
    remarks: &'a [Remark],
    gates: Vec<GateInWords<'a>>,
    rows: u64,
    positives: u64,
    challenger: &'a ModelNumbers,
    champion: &'a Option<ModelNumbers>,
    regions: &'a [RegionNumbers],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slices: Vec<SlicesInWords<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: &'a Option<Costs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: &'a Option<Drift>,
    curves: &'a Curves,
    reasons_shift: &'a Option<ReasonsShift>,
    policy: &'a EvaluationPolicy,
    inputs: &'a Digests,
    policy_sha256: String,
    repeat: &'a [String],
    tool: &'static str,
}

#[derive(Debug, Serialize)]
struct GateInWords<'a> {
    #[serde(flatten)]
    gate: &'a Gate,
    reason: String,
}

/// The records by the values of one column as `evaluation.json` has them: each gate with its sentence.
#[derive(Debug, Serialize)]
pub struct SlicesInWords<'a> {
    column: &'a str,
    regions: &'a [RegionNumbers],
    gates: Vec<GateInWords<'a>>,
}

impl<'a> From<&'a Slices> for SlicesInWords<'a> {
    fn from(Slices { column, regions, gates }: &'a Slices) -> SlicesInWords<'a> {
        SlicesInWords { column, regions, gates: in_words(gates) }
    }
}

fn in_words(gates: &[Gate]) -> Vec<GateInWords<'_>> {
    gates.iter().map(|gate| GateInWords { gate, reason: gate.reason() }).collect()
}

/// What wrote the document and the page.
pub(crate) const TOOL: &str = concat!("meridian ", env!("CARGO_PKG_VERSION"));

/// SHA-256 of the policy's JSON, in hexadecimal: a verdict is bound to it.
pub fn policy_digest(policy: &EvaluationPolicy) -> String {
    let digest = sha256(&serde_json::to_vec(policy).unwrap_or_default());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `evaluation.json`: the fields of [`Evaluation`] and its sentences (`reasons`, `warnings`, each gate's `reason`), plus
/// `inputs`, `policy_sha256`, `repeat` and `tool`. Reads back as an [`Evaluation`], and the same inputs give the same bytes.
///
/// # Errors
/// Only where serialisation itself fails, which no evaluation does.
pub fn json(evaluation: &Evaluation, provenance: &Provenance) -> Result<String, serde_json::Error> {
    let document = Document {
        schema: evaluation.schema,
        verdict: evaluation.verdict,
        reasons: evaluation.reasons().iter().map(ToString::to_string).collect(),
        warnings: evaluation.warnings().iter().map(ToString::to_string).collect(),
        remarks: &evaluation.remarks,
        gates: in_words(&evaluation.gates),
        rows: evaluation.rows,
        positives: evaluation.positives,
        challenger: &evaluation.challenger,
        champion: &evaluation.champion,
        regions: &evaluation.regions,
        slices: evaluation.slices.iter().map(SlicesInWords::from).collect(),
        costs: &evaluation.costs,
        drift: &evaluation.drift,
        curves: &evaluation.curves,
        reasons_shift: &evaluation.reasons_shift,
        policy: &evaluation.policy,
        inputs: &provenance.inputs,
        policy_sha256: policy_digest(&evaluation.policy),
        repeat: &provenance.repeat,
        tool: TOOL,
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}
