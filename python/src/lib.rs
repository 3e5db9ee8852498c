//! The Python package `meridian`: `meridian evaluate` and `meridian score` for notebooks. The same code answers as on the command
//! line ([`meridian_desk`]); here are only arguments and answers. It may know models, evaluation and the domain's verdict; no AWS.
//! README.md has an example, meridian.pyi the types.
//!
//! A Parquet file is read in the interpreter's own process. On the command line a limited process of its own reads it.

mod evaluating;
mod failure;
mod options;
mod records;
mod scoring;

use pyo3::pymodule;

/// Evaluate, score and explain XGBoost models as Meridian's pipeline does: the same numbers, files and error texts as the command
/// line's. Needs no XGBoost.
#[pymodule]
mod meridian {
    #[pymodule_export]
    use crate::evaluating::{Evaluation, evaluate};
    #[pymodule_export]
    use crate::scoring::{Scores, explain, score};

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
