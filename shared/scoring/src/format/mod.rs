//! The formats of a model file. Each reader hands the trees to a [`TreeSink`](crate::tree::TreeSink) one by one, checked
//! and laid out alike, and answers with what else the file says.

mod arrays;
mod learner;
mod ubjson;

pub(crate) use learner::Learner;
