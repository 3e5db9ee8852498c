//! `meridian.evaluate`.

use crate::failure::{Failure, warn};
use crate::options::{Names, image, needs, number, serving};
use meridian_desk::{Contest, Desk, Exam, Judged, Progress, cost, threshold};
use meridian_domain::Verdict;
use meridian_evaluation::{Prices, html, json, markdown};
use pyo3::types::{PyAnyMethods, PyModule};
use pyo3::{Py, PyAny, PyResult, Python, pyclass, pyfunction, pymethods};
use std::path::PathBuf;

/// What came of one evaluation.
#[pyclass(frozen, module = "meridian")]
pub struct Evaluation {
    verdict: Verdict,
    reason: String,
    /// `evaluation.json` as a dict: equal to what `meridian evaluate --format json` prints.
    #[pyo3(get)]
    json: Py<PyAny>,
    /// The report, one HTML page without scripts: `evaluation.html`.
    #[pyo3(get)]
    html: String,
    /// The report in Markdown, for a pull request.
    #[pyo3(get)]
    markdown: String,
}

#[pymethods]
impl Evaluation {
    /// True of a pass: only such a model may be approved.
    #[getter]
    fn approved(&self) -> bool {
        self.verdict == Verdict::Pass
    }

    /// `pass`, `fail` or `inconclusive`.
    #[getter]
    fn verdict(&self) -> String {
        self.verdict.to_string()
    }

    /// The report in a frame, so that its style and the notebook's leave each other alone.
    fn _repr_html_(&self) -> String {
        let page = self.html.replace('&', "&amp;").replace('"', "&quot;");
        format!(
            "<iframe title=\"Meridian evaluation\" sandbox=\"\" style=\"width: 100%; height: 48rem; border: 0\" srcdoc=\"{page}\"></iframe>"
        )
    }

    fn __repr__(&self) -> String {
        format!("<meridian.Evaluation {}: {}>", self.verdict, self.reason)
    }
}

/// Judge a model on held-out records, by the gates that the pipeline asks. Every argument is the option of `meridian evaluate`
/// with its name, and every path a str or os.PathLike.
///
/// challenger, champion: model.tar.gz or a bare model file; without a champion the challenger is held to absolute bounds.
/// holdout: labelled records, CSV or Parquet. label: its column with 0 or 1. region_column: its column of customer regions.
/// ignore, slice: names of columns that are left out, and by whose values both models are shown.
/// threshold, champion_threshold: probabilities from which on a record alerts. cost_miss, cost_false_alarm: in any one unit.
/// threads: changes no number; by default all cores.
///
/// Raises OSError where a file cannot be read, ValueError where it is refused or an argument is wrong, in the command line's
/// words. What decided nothing is told as a UserWarning.
#[pyfunction]
#[pyo3(signature = (challenger, champion=None, *, holdout, label, region_column=None, ignore=None, slice=None, reference=None,
    policy=None, threshold=None, champion_threshold=None, cost_miss=None, cost_false_alarm=None, training_rows=None,
    features=None, image="3.0-5", champion_image=None, threads=None))]
#[expect(clippy::too_many_arguments, reason = "each is an option of the command line")]
pub fn evaluate(
    py: Python<'_>,
    challenger: PathBuf,
    champion: Option<PathBuf>,
    holdout: PathBuf,
    label: String,
    region_column: Option<String>,
    ignore: Option<Names>,
    slice: Option<Names>,
    reference: Option<PathBuf>,
    policy: Option<PathBuf>,
    threshold: Option<f64>,
    champion_threshold: Option<f64>,
    cost_miss: Option<f64>,
    cost_false_alarm: Option<f64>,
    training_rows: Option<PathBuf>,
    features: Option<PathBuf>,
    image: &str,
    champion_image: Option<&str>,
    threads: Option<usize>,
) -> PyResult<Evaluation> {
    needs("champion_threshold", champion_threshold.is_some(), "champion", champion.is_some())?;
    needs("champion_image", champion_image.is_some(), "champion", champion.is_some())?;
    let exam = Exam {
        holdout,
        label,
        region_column,
        ignore: Names::of(ignore),
        reference,
        policy,
        threshold: probability("threshold", threshold)?,
        champion_threshold: probability("champion_threshold", champion_threshold)?,
        champion_image: tag("champion_image", champion_image)?,
        serving: serving(features, image, threads)?,
    };
    let contest = Contest {
        challengers: &[challenger],
        champion: champion.as_deref(),
        training_rows: training_rows.as_slice(),
        prices: prices(cost_miss, cost_false_alarm)?,
        slices: &Names::of(slice),
    };
    let documents = py.detach(|| Documents::of(&exam, contest))?;
    warn(py, &documents.warnings)?;
    documents.in_python(py)
}

fn probability(argument: &str, value: Option<f64>) -> PyResult<Option<f64>> {
    number(argument, value, threshold)
}

fn tag(argument: &str, tag: Option<&str>) -> PyResult<Option<meridian_xgboost::Image>> {
    tag.map(|tag| image(argument, tag)).transpose()
}

fn prices(miss: Option<f64>, false_alarm: Option<f64>) -> PyResult<Option<Prices>> {
    needs("cost_miss", miss.is_some(), "cost_false_alarm", false_alarm.is_some())?;
    needs("cost_false_alarm", false_alarm.is_some(), "cost_miss", miss.is_some())?;
    let (miss, false_alarm) = (number("cost_miss", miss, cost)?, number("cost_false_alarm", false_alarm, cost)?);
    Ok(miss.zip(false_alarm).map(|(miss, false_alarm)| Prices { miss, false_alarm }))
}

/// An evaluation as it is read.
struct Documents {
    verdict: Verdict,
    reason: String,
    warnings: Vec<String>,
    json: String,
    html: String,
    markdown: String,
}

impl Documents {
    fn of(exam: &Exam, contest: Contest<'_>) -> Result<Documents, Failure> {
        let judged = Desk::open(exam, Progress::default())?.judge(contest)?;
        let Some(Judged { evaluation, provenance }) = judged.into_iter().next() else {
            return Err("a challenger is needed".into());
        };
        Ok(Documents {
            verdict: evaluation.verdict,
            reason: evaluation.reasons().first().map(ToString::to_string).unwrap_or_default(),
            warnings: evaluation.warnings().iter().map(ToString::to_string).collect(),
            json: json(&evaluation, &provenance)?,
            html: html(&evaluation, &provenance),
            markdown: markdown(&evaluation, &provenance),
        })
    }

    fn in_python(self, py: Python<'_>) -> PyResult<Evaluation> {
        let Documents { verdict, reason, json, html, markdown, .. } = self;
        let json = PyModule::import(py, "json")?.call_method1("loads", (json,))?.unbind();
        Ok(Evaluation { verdict, reason, json, html, markdown })
    }
}
