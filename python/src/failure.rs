//! Errors as exceptions: `OSError` for a file that cannot be read, `ValueError` for everything else, in the command line's words.

use pyo3::exceptions::PyValueError;
use pyo3::{PyErr, PyResult, Python};
use std::error::Error;
use std::ffi::CString;
use std::io::{self, ErrorKind};
use std::iter::successors;

/// Why there is no answer. Made where the interpreter is not attached, raised where it is.
#[derive(Debug)]
pub struct Failure {
    /// What the system said of a file.
    kind: Option<ErrorKind>,
    text: String,
}

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Failure {
        let error = error.into();
        let mut causes = successors(Some(&*error as &dyn Error), |error| (*error).source());
        let cause = causes.find_map(|error| error.downcast_ref::<io::Error>());
        // Other readers than the system's use the type too, for what a file holds.
        let system = cause.filter(|cause| cause.raw_os_error().is_some() || cause.kind() == ErrorKind::IsADirectory);
        Failure { kind: system.map(io::Error::kind), text: error.to_string() }
    }
}

impl From<Failure> for PyErr {
    fn from(Failure { kind, text }: Failure) -> PyErr {
        match kind {
            // FileNotFoundError, PermissionError and so on.
            Some(kind) => io::Error::new(kind, text).into(),
            None => PyValueError::new_err(text),
        }
    }
}

/// A `ValueError` for one argument.
pub fn wrong(argument: &str, problem: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("{argument}: {problem}"))
}

/// Tells each warning as a `UserWarning` of the caller's line.
///
/// # Errors
/// The caller has made warnings errors.
pub fn warn<'a>(py: Python<'_>, warnings: impl IntoIterator<Item = &'a String>) -> PyResult<()> {
    let category = py.get_type::<pyo3::exceptions::PyUserWarning>();
    for warning in warnings {
        // Names from files are in it.
        let text = CString::new(warning.replace('\0', "")).unwrap_or_default();
        PyErr::warn(py, category.as_any(), &text, 1)?;
    }
    Ok(())
}
