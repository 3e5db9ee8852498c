//! The formats of a model file. Each reader hands the trees to a [`TreeSink`](crate::tree::TreeSink) one by one, checked
//! and laid out alike, and answers with what else the file says.

mod arrays;
mod draft;
mod guard;
mod json;
mod learner;
mod legacy;
mod sniff;
mod source;
#[cfg(test)]
mod tests;
mod ubj_model;
mod ubjson;

use crate::error::ModelError;
use crate::tree::TreeSink;
pub(crate) use learner::Learner;
#[cfg(test)]
pub(crate) use learner::{BaseScore, Booster};
pub use learner::{Format, Objective};
use source::Source;
use std::io::Read;

/// Reads a whole model file of any format, told apart by its first bytes, and hands its trees to `sink`.
///
/// # Errors
/// A file that cannot be scored, or one that the sink refuses; see [`ModelError`].
pub(crate) fn read(mut file: impl Read, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let mut source = Source::new(&mut file);
    match sniff::recognise(&mut source)? {
        Format::Ubjson => ubj_model::read(source, sink),
        Format::Json => json::read(source, sink),
        Format::Legacy => legacy::read(source, sink),
    }
}
