//! `evaluation.json`. Its fields are described in docs/evaluating.md, which a test holds against them.

use super::provenance::{Digests, Provenance};
use crate::digest::sha256;
use crate::evaluation::Evaluation;
use meridian_judge::EvaluationPolicy;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    inputs: &'a Digests,
    policy_sha256: String,
    repeat: &'a [String],
    tool: &'static str,
}

/// What wrote the document and the page.
pub(crate) const TOOL: &str = concat!("meridian ", env!("CARGO_PKG_VERSION"));

/// SHA-256 of the policy's JSON, in hexadecimal: a verdict is bound to it.
pub fn policy_digest(policy: &EvaluationPolicy) -> String {
    let digest = sha256(&serde_json::to_vec(policy).unwrap_or_default());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `evaluation.json`: the fields of [`Evaluation`] plus `inputs`, `policy_sha256`, `repeat` and `tool`. Reads back as an
/// [`Evaluation`], and the same inputs give the same bytes.
///
/// # Errors
/// Only where serialisation itself fails, which no evaluation does.
pub fn json(evaluation: &Evaluation, provenance: &Provenance) -> Result<String, serde_json::Error> {
    let document = Document {
        evaluation,
        inputs: &provenance.inputs,
        policy_sha256: policy_digest(&evaluation.policy),
        repeat: &provenance.repeat,
        tool: TOOL,
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}
