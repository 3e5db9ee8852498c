//! `meridian.score` and `meridian.explain`.

use crate::failure::{Failure, warn};
use crate::options::{Names, serving};
use crate::records::Rows;
use meridian_desk::{Progress, Scorer};
use meridian_xgboost::probability_of;
use pyo3::types::{PyAnyMethods, PyBytes, PyModule};
use pyo3::{Bound, Py, PyAny, PyResult, Python, pyclass, pyfunction, pymethods};
use std::path::PathBuf;

/// A model's scores of some records, in their order.
#[pyclass(frozen, module = "meridian")]
pub struct Scores {
    /// Log-odds: an array.array of one f32 for each record, the very bits that XGBoost computes.
    #[pyo3(get)]
    margins: Py<PyAny>,
    /// Their sigmoids, likewise.
    #[pyo3(get)]
    probabilities: Py<PyAny>,
    count: usize,
}

#[pymethods]
impl Scores {
    fn __len__(&self) -> usize {
        self.count
    }

    fn __repr__(&self) -> String {
        format!("<meridian.Scores of {} records>", self.count)
    }
}

/// Score records: the margins and probabilities that `meridian score` prints, with the same bits.
///
/// model: path of model.tar.gz or a bare model file.
/// records: a table of records x features in the model's order, without the label: a numpy array, a data frame, or a sequence of
/// sequences of numbers; None and NaN are missing values. Or the path of a CSV or Parquet file with the features in any order and
/// the columns named in ignore.
/// features, image, threads: as the options of `meridian score`.
///
/// Raises OSError where a file cannot be read, ValueError where it or a record is refused. What people should know of the model is
/// told as a UserWarning.
#[pyfunction]
#[pyo3(signature = (model, records, *, ignore=None, features=None, image="3.0-5", threads=None))]
pub fn score(
    py: Python<'_>,
    model: PathBuf,
    records: &Bound<'_, PyAny>,
    ignore: Option<Names>,
    features: Option<PathBuf>,
    image: &str,
    threads: Option<usize>,
) -> PyResult<Scores> {
    let serving = serving(features, image, threads)?;
    let progress = Progress::default();
    let scorer = py.detach(|| Scorer::open(&model, &serving, &progress).map_err(Failure::from))?;
    let rows = Rows::read(records, &scorer, &Names::of(ignore))?;
    let margins = py.detach(|| scorer.margins(rows.matrix()).map_err(Failure::from))?;
    warn(py, scorer.warnings())?;
    let probabilities: Vec<f32> = margins.iter().map(|margin| probability_of(*margin)).collect();
    Ok(Scores { margins: floats(py, &margins)?, probabilities: floats(py, &probabilities)?, count: margins.len() })
}

/// Explain scores: for each record the features that moved its margin most, strongest first, as `meridian score --reasons` prints
/// them (TreeSHAP).
///
/// top: how many reasons a record has at most. It has fewer where fewer features moved its margin.
/// The other arguments and the exceptions are those of `score`.
///
/// Returns for each record a list of tuples: the feature's name, and what it added to the margin, in log-odds.
#[pyfunction]
#[pyo3(signature = (model, records, *, top=3, ignore=None, features=None, image="3.0-5", threads=None))]
#[expect(clippy::too_many_arguments, reason = "each is an option of the command line")]
pub fn explain(
    py: Python<'_>,
    model: PathBuf,
    records: &Bound<'_, PyAny>,
    top: usize,
    ignore: Option<Names>,
    features: Option<PathBuf>,
    image: &str,
    threads: Option<usize>,
) -> PyResult<Vec<Vec<(String, f32)>>> {
    let serving = serving(features, image, threads)?;
    let progress = Progress::default();
    let scorer = py.detach(|| Scorer::open(&model, &serving, &progress).map_err(Failure::from))?;
    let rows = Rows::read(records, &scorer, &Names::of(ignore))?;
    warn(py, scorer.warnings())?;
    Ok(py.detach(|| reasons(scorer, &rows, top))?)
}

fn reasons(scorer: Scorer<'_>, rows: &Rows, top: usize) -> Result<Vec<Vec<(String, f32)>>, Failure> {
    let names = scorer.features().to_vec();
    let explained = scorer.explain(top)?;
    let mut all = Vec::with_capacity(rows.matrix().rows());
    for batch in explained.batches(rows.matrix()) {
        for reasons in batch? {
            let named = reasons
                .iter()
                .map(|reason| (names.get(reason.feature).cloned().unwrap_or_default(), reason.contribution));
            all.push(named.collect());
        }
    }
    Ok(all)
}

/// An `array.array` of f32, which numpy takes without a copy.
fn floats(py: Python<'_>, values: &[f32]) -> PyResult<Py<PyAny>> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    let array = PyModule::import(py, "array")?.call_method1("array", ("f",))?;
    array.call_method1("frombytes", (PyBytes::new(py, &bytes),))?;
    Ok(array.unbind())
}
