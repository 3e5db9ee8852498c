//! What `meridian evaluate`, `compare` and `score` do with files, without what they print: models judged on held-out records
//! as the pipeline judges them, records scored and explained. The command line and the Python package (`python/`) are two ways to
//! call it. It may know models and evaluation; of the domain an evaluation's policy, digests and what text may be shown; of messages
//! how a misspelt name is answered. No fleet, no release, no AWS.
//!
//! Options are those of the command line, and errors name them so.

mod exam;
mod features;
mod judging;
mod models;
mod progress;
mod reference;
mod scoring;

pub use exam::{Exam, Extras, cost, threshold};
pub use features::{FeaturesError, read as read_features};
pub use judging::{Contest, Desk, Judged};
pub use models::{FileError, ModelFile, Serving, open};
pub use progress::{Progress, Reading};
pub use scoring::{Scorer, TopReasons};
