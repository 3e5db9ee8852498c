//! What a model says about a held-out set, as bytes that are kept for the next evaluation on the same set.
//!
//! A champion is scored once, not every night. The bytes name everything that decides them and carry their own SHA-256, so
//! that a damaged object, or one of something else, is found out and scored again; nothing is ever concluded from it.
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `MRDNMRG` and the format's version, 3 |
//! | 32 | SHA-256 of the model archive |
//! | 32 | SHA-256 of the held-out file |
//! | 32 | SHA-256 of the features in the order in which they were scored, each followed by a line feed |
//! | 8 | tag of the image whose rules were followed, such as `3.0-5`, filled up with zeros |
//! | 4, 4, 4 | n records, of which k are explained; f features |
//! | 4 | what the container answers: 0 a probability, 1 the margin |
//! | 4 | s: f where the model's splits were counted, else 0 |
//! | 4 s | how many splits of the model use each feature |
//! | 4 | e: k where the model could be explained, else 0 |
//! | 4 n | margin of each record, f32 |
//! | 4 e | which records are explained |
//! | 4 | the margin that is expected of a record of which nothing is known, f32 |
//! | 4 e f | what each feature added to each explained record's margin, f32 |
//! | any | what people should know of the model: a JSON list of [`Caveat`](meridian_xgboost::Caveat)s |
//! | 32 | SHA-256 of everything before |

use crate::digest::sha256;
use meridian_xgboost::{Attributions, Image, ModelAnswer, Objective, Scored};

/// Raise the last byte when a model's margins, explanations or caveats change their meaning.
const MAGIC: [u8; 8] = *b"MRDNMRG\x03";
/// Bytes before the margins, and of the digest at the end.
const HEAD: usize = 8 + 3 * 32 + 8 + 3 * 4;
const DIGEST: usize = 32;

/// Everything that decides what a model says: margins of one subject are never taken for those of another.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// SHA-256 of the model archive.
    pub archive: [u8; 32],
    /// SHA-256 of the held-out file.
    pub holdout: [u8; 32],
    /// The image that serves the model.
    pub image: Image,
    /// The features, in the order in which they are scored.
    pub features: &'a [String],
    /// Records in the held-out set.
    pub rows: usize,
    /// The records that are to be explained, counted from 0.
    pub explained: &'a [u32],
}

/// Why bytes are not taken for what a model said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// Not the bytes that were written.
    #[error("damaged: its bytes are not those that were written")]
    Damaged,
    /// Whole, but of another version, model, held-out set, image, feature list or sample.
    #[error("of something else: another {0}")]
    Foreign(SubjectPart),
}

/// What bytes of something else differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectPart {
    /// The version of the bytes' format.
    #[error("version of the format")]
    Format,
    /// The model archive, by its SHA-256.
    #[error("model archive")]
    Archive,
    /// The held-out file, by its SHA-256.
    #[error("held-out set")]
    HoldOut,
    /// The features, or their order.
    #[error("list of features")]
    Features,
    /// The image that serves the model.
    #[error("image")]
    Image,
    /// How many records there are, are explained, or how many features.
    #[error("number of records")]
    Records,
    /// The records that are explained.
    #[error("sample of records")]
    Sample,
    /// The subject has more records or features than the format can count.
    #[error("size")]
    Size,
}

/// Why a model's answers cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} are not those of the subject: a defect")]
pub struct NotOfSubject(AnswerPart);

/// The part of a model's answers that is not about the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum AnswerPart {
    #[error("margins")]
    Margins,
    #[error("explanations")]
    Explanations,
    #[error("splits")]
    Splits,
    #[error("counts")]
    Counts,
    #[error("caveats")]
    Caveats,
}

/// The bytes to keep.
///
/// # Errors
/// Numbers of margins, explained records or features other than the subject's.
pub fn encode(subject: &Subject<'_>, said: &ModelAnswer) -> Result<Vec<u8>, NotOfSubject> {
    let ModelAnswer { scored, objective, caveats } = said;
    if scored.margins.len() != subject.rows {
        return Err(NotOfSubject(AnswerPart::Margins));
    }
    let width = subject.features.len();
    let none = Attributions::default();
    let explained = scored.attributions.as_ref().unwrap_or(&none);
    let foreign = scored.attributions.is_some() && explained.rows != subject.explained;
    if foreign || explained.values.len() != explained.rows.len() * width {
        return Err(NotOfSubject(AnswerPart::Explanations));
    }
    let splits = scored.splits.as_deref().unwrap_or_default();
    if scored.splits.is_some() && (splits.len() != width || width == 0) {
        return Err(NotOfSubject(AnswerPart::Splits));
    }
    let mut bytes = head(subject).ok_or(NotOfSubject(AnswerPart::Counts))?;
    let answer: u32 = match objective {
        Objective::BinaryLogistic | Objective::RegLogistic => 0,
        Objective::BinaryLogitRaw => 1,
    };
    bytes.extend(answer.to_le_bytes());
    bytes.extend(u32::try_from(splits.len()).map_err(|_| NotOfSubject(AnswerPart::Splits))?.to_le_bytes());
    splits.iter().for_each(|count| bytes.extend(count.to_le_bytes()));
    bytes
        .extend(u32::try_from(explained.rows.len()).map_err(|_| NotOfSubject(AnswerPart::Explanations))?.to_le_bytes());
    scored.margins.iter().for_each(|margin| bytes.extend(margin.to_le_bytes()));
    explained.rows.iter().for_each(|row| bytes.extend(row.to_le_bytes()));
    bytes.extend(explained.base.to_le_bytes());
    explained.values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes.extend(serde_json::to_vec(caveats).map_err(|_| NotOfSubject(AnswerPart::Caveats))?);
    let digest = sha256(&bytes);
    bytes.extend(digest);
    Ok(bytes)
}

/// What the model said, if the bytes are whole and of this subject.
///
/// # Errors
/// [`CacheError`]: the model is to be scored again.
pub fn decode(bytes: &[u8], subject: &Subject<'_>) -> Result<ModelAnswer, CacheError> {
    let (content, digest) = bytes.split_at_checked(bytes.len().saturating_sub(DIGEST)).ok_or(CacheError::Damaged)?;
    if content.len() < HEAD || sha256(content) != digest {
        return Err(CacheError::Damaged);
    }
    let (found, body) = content.split_at_checked(HEAD).ok_or(CacheError::Damaged)?;
    let expected = head(subject).ok_or(CacheError::Foreign(SubjectPart::Size))?;
    if found != expected {
        return Err(CacheError::Foreign(difference(found, &expected)));
    }
    let (rows, width) = (subject.rows, subject.features.len());
    let objective = match words_of(body).next().map(u32::from_le_bytes) {
        Some(0) => Objective::BinaryLogistic,
        Some(1) => Objective::BinaryLogitRaw,
        _ => return Err(CacheError::Damaged),
    };
    let counted = words_of(body).nth(1).map(u32::from_le_bytes).ok_or(CacheError::Damaged)? as usize;
    if counted != 0 && counted != width {
        return Err(CacheError::Damaged);
    }
    let explained = words_of(body).nth(2 + counted).map(u32::from_le_bytes).ok_or(CacheError::Damaged)? as usize;
    if explained != 0 && explained != subject.explained.len() {
        return Err(CacheError::Damaged);
    }
    let numbers = 4 * (3 + counted + rows + explained + 1 + explained * width);
    let (numbers, caveats) = body.split_at_checked(numbers).ok_or(CacheError::Damaged)?;
    let caveats = serde_json::from_slice(caveats).map_err(|_| CacheError::Damaged)?;
    let mut words = words_of(numbers).skip(2);
    let splits: Vec<u32> = words.by_ref().take(counted).map(u32::from_le_bytes).collect();
    let margins = words.by_ref().skip(1).take(rows).map(f32::from_le_bytes).collect();
    let sample: Vec<u32> = words.by_ref().take(explained).map(u32::from_le_bytes).collect();
    if explained > 0 && sample != subject.explained {
        return Err(CacheError::Foreign(SubjectPart::Sample));
    }
    let base = words.next().map(f32::from_le_bytes).unwrap_or_default();
    let values: Vec<f32> = words.map(f32::from_le_bytes).collect();
    let features = subject.features.to_vec();
    let attributions = (explained > 0).then_some(Attributions { rows: sample, features, values, base });
    let scored = Scored { margins, splits: (counted > 0).then_some(splits), attributions };
    Ok(ModelAnswer { scored, objective, caveats })
}

fn words_of(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.chunks_exact(4).map(|word| word.try_into().unwrap_or_default())
}

/// Everything before the margins; `None` where a number does not fit.
fn head(subject: &Subject<'_>) -> Option<Vec<u8>> {
    let names: String = subject.features.iter().flat_map(|name| [name, "\n"]).collect();
    let mut image = [0_u8; 8];
    let tag = subject.image.as_str().as_bytes();
    image.get_mut(..tag.len())?.copy_from_slice(tag);
    let mut bytes = MAGIC.to_vec();
    for digest in [subject.archive, subject.holdout, sha256(names.as_bytes())] {
        bytes.extend(digest);
    }
    bytes.extend(image);
    for count in [subject.rows, subject.explained.len(), subject.features.len()] {
        bytes.extend(u32::try_from(count).ok()?.to_le_bytes());
    }
    Some(bytes)
}

/// The first field of two heads that differs.
fn difference(found: &[u8], expected: &[u8]) -> SubjectPart {
    const FIELDS: [(usize, SubjectPart); 6] = [
        (8, SubjectPart::Format),
        (40, SubjectPart::Archive),
        (72, SubjectPart::HoldOut),
        (104, SubjectPart::Features),
        (112, SubjectPart::Image),
        (HEAD, SubjectPart::Records),
    ];
    let same = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    FIELDS.iter().find(|(end, _)| same < *end).map_or(SubjectPart::Size, |(_, field)| *field)
}
