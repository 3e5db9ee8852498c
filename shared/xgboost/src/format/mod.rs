//! The formats of a model file. Each reader hands the trees to a [`TreeSink`](crate::tree::TreeSink) one by one, checked
//! and laid out alike, and answers with what else the file says.

mod agreement;
mod arrays;
mod draft;
mod json;
mod learner;
mod legacy;
mod schema;
mod sniff;
mod source;
#[cfg(test)]
mod tests;
mod ubjson;
mod values;

use crate::error::ModelError;
use crate::tree::TreeSink;
pub(crate) use learner::Learner;
#[cfg(test)]
pub(crate) use learner::{BaseScore, Booster};
pub use learner::{Format, Objective, probability_of};
use source::Source;
use std::io::Read;

/// Reads a whole model file of any format, told apart by its first bytes, and hands its trees to `sink`.
///
/// # Errors
/// A file that cannot be scored, or one that the sink refuses; see [`ModelError`].
pub(crate) fn read(mut file: impl Read, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let mut source = Source::new(&mut file);
    let format = sniff::recognise(&mut source)?;
    read_as(format, source, sink)
}

/// The same for a file whose name is known: XGBoost goes by the ending of `.json` and `.ubj`, and by content otherwise.
pub(crate) fn read_named(name: &str, mut file: impl Read, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let mut source = Source::new(&mut file);
    let format = sniff::recognise(&mut source)?;
    sniff::check_ending(name, format)?;
    read_as(format, source, sink)
}

fn read_as(format: Format, source: Source<'_>, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    match format {
        Format::Ubjson => schema::read(ubjson::Reader::new(source), sink),
        Format::Json => schema::read(json::Reader::new(source), sink),
        Format::Legacy => legacy::read(source, sink),
    }
}
