//! What the judge promises, by whole waves of counts. One file for each subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod judged_minutes;
mod judging;
mod pooling;
