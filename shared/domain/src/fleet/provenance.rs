//! Where a release comes from, as training says it: the facts of SLSA's provenance (v1.0), signed with the rest of the manifest.
//! Nothing rests on them; they are there for whoever asks later.

use crate::edge::is_usual_moment;
use crate::fleet::name_error::NameError;
use crate::fleet::names::{ProvenanceText, Sha256};
use crate::fleet::release::Malformed;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// More than any training job reads.
const MOST_MATERIALS: u64 = 64;

/// What training says of itself. Each member names the one of SLSA's provenance that it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provenance {
    /// What built it, such as the training pipeline's ARN: `runDetails.builder.id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder: Option<ProvenanceText>,
    /// The code, with its revision: `buildDefinition.externalParameters`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ProvenanceText>,
    /// The job's name or ARN: `runDetails.metadata.invocationId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_job: Option<ProvenanceText>,
    /// `runDetails.metadata.startedOn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// `runDetails.metadata.finishedOn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// What it was made of, training data for one: `buildDefinition.resolvedDependencies`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<Material>,
}

/// Something that a release was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Its name or URI.
    pub name: ProvenanceText,
    /// Its digest, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
}

impl FromStr for Material {
    type Err = NameError;
    /// `NAME` or `NAME@sha256:DIGITS`.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, sha256) = match text.split_once("@sha256:") {
            Some((name, digits)) => (name, Some(digits.parse()?)),
            None => (text, None),
        };
        Ok(Self { name: name.parse()?, sha256 })
    }
}

/// A text that [`Provenance::set`] does not take.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// It has no `=`.
    #[error("{EXPECTED}")]
    NotAPair,
    /// It is a pair with something wrong in it.
    #[error("{key}: {problem}")]
    Pair {
        /// What stands before the `=`.
        key: String,
        /// What is wrong.
        problem: ProvenanceProblem,
    },
}

/// What is wrong with one `KEY=VALUE`.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceProblem {
    /// There is no such key.
    #[error("{EXPECTED}")]
    UnknownKey,
    /// The key was given before, and has one value.
    #[error("it is said twice")]
    Twice,
    /// The value is no text or no digest that a manifest takes.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The value is no moment.
    #[error(transparent)]
    Moment(#[from] jiff::Error),
}

const EXPECTED: &str =
    "expected KEY=VALUE with builder, source, training-job, started, finished or material=NAME[@sha256:DIGITS]";

impl Provenance {
    /// What cannot be true of any release.
    pub(crate) fn malformed(&self) -> Option<Malformed> {
        if self.started.into_iter().chain(self.finished).any(|at| !is_usual_moment(at)) {
            return Some(Malformed::ProvenanceMoment);
        }
        if self.started.zip(self.finished).is_some_and(|(started, finished)| started > finished) {
            return Some(Malformed::ProvenanceOrder);
        }
        let materials = self.materials.len() as u64;
        (materials > MOST_MATERIALS).then_some(Malformed::Materials { materials, most: MOST_MATERIALS })
    }

    /// Takes one `KEY=VALUE`, as the command line has it.
    ///
    /// # Errors
    /// Not such a pair, an unknown key, one that was said before, or a value that is none.
    pub fn set(&mut self, pair: &str) -> Result<(), ProvenanceError> {
        let (key, value) = pair.split_once('=').ok_or(ProvenanceError::NotAPair)?;
        self.take(key, value).map_err(|problem| ProvenanceError::Pair { key: key.to_owned(), problem })
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), ProvenanceProblem> {
        match key {
            "builder" => once(&mut self.builder, value),
            "source" => once(&mut self.source, value),
            "training-job" => once(&mut self.training_job, value),
            "started" => once(&mut self.started, value),
            "finished" => once(&mut self.finished, value),
            "material" => {
                self.materials.push(value.parse()?);
                Ok(())
            }
            _ => Err(ProvenanceProblem::UnknownKey),
        }
    }
}

fn once<T: FromStr>(place: &mut Option<T>, value: &str) -> Result<(), ProvenanceProblem>
where
    ProvenanceProblem: From<T::Err>,
{
    if place.is_some() {
        return Err(ProvenanceProblem::Twice);
    }
    *place = Some(value.parse::<T>()?);
    Ok(())
}
