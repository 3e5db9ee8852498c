//! The formats of a model file. Each reader hands the trees to a [`TreeSink`](crate::tree::TreeSink) one by one, checked
//! and laid out alike, and answers with what else the file says.

mod arrays;
mod learner;
mod ubj_model;
mod ubjson;

use crate::error::ModelError;
use crate::tree::TreeSink;
#[allow(unused_imports, reason = "scorers match on it")]
pub(crate) use learner::Booster;
pub(crate) use learner::Learner;
pub use learner::{Format, Objective};
use std::io::Read;

/// Reads a whole model file of any format, told apart by its first bytes, and hands its trees to `sink`.
///
/// # Errors
/// A file that cannot be scored, or one that the sink refuses; see [`ModelError`].
pub(crate) fn read(file: impl Read, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    ubj_model::read(file, sink)
}
