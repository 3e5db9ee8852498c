//! A release's shadow on captured requests: what champion and challenger say to the requests that customers really sent, before
//! any customer is answered by the challenger.
//!
//! [`Requests`] reads what SageMaker's data capture wrote, in batches; [`CapturedShadow`] scores them with both models and holds
//! each difference against its margin. There are no labels: what is asked is whether the challenger would do something other
//! than the champion, not whether it would do better.
//!
//! Everything is streamed. What is kept of a record is one score of each model and eight bytes to recognise a repeat, so a
//! million records take some tens of megabytes.

mod event;
mod gates;
mod requests;
mod shadow;

pub use requests::{Batch, CaptureBounds, Requests};
pub use shadow::{CapturedShadow, Shadowed};
