//! What a serving container answers to one record: the part of its contract that a release's manifest names, and how an answer is
//! read by it. It knows neither models nor regions.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What the images' own `exp` may round otherwise.
const ROUNDED: f32 = 1e-6;
/// Digits after the point that a printed score may have: with fewer, two models would often print the same; with more, a
/// 32-bit number is printed exactly.
const DIGITS: std::ops::RangeInclusive<u8> = 3..=9;
/// Reasons that an answer may have.
const REASONS: std::ops::RangeInclusive<u8> = 1..=20;
/// Characters of a place.
const LONGEST_PLACE: usize = 200;

/// What the container answers to one record: the score alone, as a number; or JSON, with the score somewhere in it and, where it
/// says so, reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft")]
pub struct AnswerForm {
    /// Where the score stands in a JSON answer; none where the answer is the number alone (`text/csv`).
    #[serde(skip_serializing_if = "Option::is_none")]
    score_at: Option<JsonPointer>,
    /// How many digits after the point the score is printed with; none where it is printed so that it reads back exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<u8>,
    /// The reasons beside the score, where the answer has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<ReasonsForm>,
}

/// Where an answer's reasons stand, and which they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonsForm {
    /// A list there: the names of features, or objects with the name as `feature`.
    pub at: JsonPointer,
    /// So many features, those that moved the score most by the model's own account (TreeSHAP), whichever way and in whatever order.
    pub count: u8,
}

/// A place in a JSON document, as RFC 6901 points at it: `/score`, `/predictions/0/score`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct JsonPointer(String);

/// What no form may say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a JSON pointer.
    #[error(
        "{0:?} is no place in a JSON answer; expected a JSON pointer such as \"/score\" or \"/predictions/0/score\""
    )]
    JsonPointer(String),
    /// Too few or too many digits.
    #[error("a score printed with {0} digits after the point; expected {least} to {most}", least = DIGITS.start(), most = DIGITS.end())]
    Digits(u8),
    /// Too few or too many reasons.
    #[error("{0} reasons; expected {least} to {most}", least = REASONS.start(), most = REASONS.end())]
    Reasons(u8),
    /// Reasons beside a bare number.
    #[error("an answer that is the score alone has no room for reasons; say where the score stands in a JSON answer")]
    ReasonsWithoutScore,
}

/// An [`AnswerForm`] that nobody has checked.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Draft {
    score_at: Option<JsonPointer>,
    digits: Option<u8>,
    reasons: Option<ReasonsForm>,
}

impl TryFrom<Draft> for AnswerForm {
    type Error = AnswerError;
    fn try_from(Draft { score_at, digits, reasons }: Draft) -> Result<Self, AnswerError> {
        Self::new(score_at, digits, reasons)
    }
}

impl TryFrom<String> for JsonPointer {
    type Error = AnswerError;
    fn try_from(text: String) -> Result<Self, AnswerError> {
        text.parse()
    }
}

impl std::str::FromStr for JsonPointer {
    type Err = AnswerError;
    fn from_str(text: &str) -> Result<Self, AnswerError> {
        // In RFC 6901 `~` stands only before 0 and 1.
        let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let is_place = text.starts_with('/') && text.chars().count() <= LONGEST_PLACE && escaped;
        if is_place {
            Ok(Self(text.to_owned()))
        } else {
            Err(AnswerError::JsonPointer(text.chars().take(LONGEST_PLACE).collect()))
        }
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The score, finite.
    pub score: f32,
    /// Its reasons: none where the form asks for none.
    pub reasons: Option<Vec<String>>,
}

impl AnswerForm {
    /// A form.
    ///
    /// # Errors
    /// [`AnswerError`]: one that proves nothing, or contradicts itself.
    pub fn new(
        score_at: Option<JsonPointer>,
        digits: Option<u8>,
        reasons: Option<ReasonsForm>,
    ) -> Result<Self, AnswerError> {
        if let Some(digits) = digits.filter(|digits| !DIGITS.contains(digits)) {
            return Err(AnswerError::Digits(digits));
        }
        match &reasons {
            Some(own) if !REASONS.contains(&own.count) => Err(AnswerError::Reasons(own.count)),
            Some(_) if score_at.is_none() => Err(AnswerError::ReasonsWithoutScore),
            _ => Ok(Self { score_at, digits, reasons }),
        }
    }

    /// True for the score alone, printed exactly: what SageMaker's image answers.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The content type to ask for (`Accept`).
    pub fn accept(&self) -> &'static str {
        if self.score_at.is_some() { "application/json" } else { "text/csv" }
    }

    /// How many features an answer names as reasons, where it names any.
    pub fn reasons(&self) -> Option<u8> {
        self.reasons.as_ref().map(|own| own.count)
    }

    /// How far an answer may lie from the score that the model computes.
    pub fn tolerance(&self) -> f32 {
        self.digits.map_or(ROUNDED, |digits| ROUNDED + 0.5 * 10f32.powi(-i32::from(digits)))
    }

    /// What an answer says; none where it has not this form, or its score is not finite. What it holds is said to nobody (I12).
    pub fn read(&self, answer: &str) -> Option<Answered> {
        let Some(place) = &self.score_at else {
            let score = answer.trim().parse().ok()?;
            return finite(score).map(|score| Answered { score, reasons: None });
        };
        let document: Value = serde_json::from_str(answer).ok()?;
        // Read as the container printed it: by way of a 64-bit number it could be rounded twice.
        let score = match document.pointer(&place.0)? {
            Value::Number(number) => number.to_string().parse().ok()?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        let reasons = match &self.reasons {
            None => None,
            Some(ReasonsForm { at, .. }) => {
                let list = document.pointer(&at.0)?.as_array()?;
                Some(list.iter().map(reason).collect::<Option<Vec<String>>>()?)
            }
        };
        finite(score).map(|score| Answered { score, reasons })
    }

    /// Whether an answer has this form, and says this score and, where they are given, these reasons in whatever order.
    pub fn says(&self, answer: &str, score: f32, reasons: &[String]) -> bool {
        let Some(answered) = self.read(answer) else { return false };
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        let same = |own: &Vec<String>| reasons.is_empty() || sorted(own) == sorted(reasons);
        (answered.score - score).abs() <= self.tolerance() && answered.reasons.as_ref().is_none_or(same)
    }

    /// An answer of this form.
    pub fn write(&self, score: f32, reasons: &[String]) -> String {
        let number = self.digits.map_or_else(|| score.to_string(), |digits| format!("{score:.*}", usize::from(digits)));
        let Some(place) = &self.score_at else { return number };
        let mut document = Value::Null;
        put(&mut document, place, serde_json::from_str(&number).unwrap_or(Value::Null));
        if let Some(ReasonsForm { at, .. }) = &self.reasons {
            put(&mut document, at, reasons.iter().cloned().map(Value::String).collect());
        }
        document.to_string()
    }
}

fn finite(score: f32) -> Option<f32> {
    Some(score).filter(|score| score.is_finite())
}

fn reason(value: &Value) -> Option<String> {
    let name = value.as_str().or_else(|| value.get("feature")?.as_str());
    name.map(str::to_owned)
}

/// Puts a value at a place, and makes what leads there: lists for whole numbers, objects for names.
fn put(document: &mut Value, place: &JsonPointer, value: Value) {
    let mut here = document;
    for step in place.0.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        here = match step.parse::<usize>() {
            Ok(at) if at < LONGEST_PLACE => {
                if !here.is_array() {
                    *here = Value::Array(Vec::new());
                }
                let Value::Array(list) = here else { return };
                list.resize(list.len().max(at + 1), Value::Null);
                let Some(next) = list.get_mut(at) else { return };
                next
            }
            _ => {
                if !here.is_object() {
                    *here = Value::Object(serde_json::Map::new());
                }
                let Value::Object(map) = here else { return };
                map.entry(step).or_insert(Value::Null)
            }
        };
    }
    *here = value;
}

#[cfg(test)]
mod tests;
