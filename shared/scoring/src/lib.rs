//! Scoring and evaluating XGBoost models, without XGBoost, without Python and without AWS.
//!
//! A [`Model`] is read from `model.tar.gz` as a stream and gives margins that are bit-equal to XGBoost's own CPU
//! predictor; [`stream_margins`] gives the same without holding the model. [`HeldOut`] holds labelled records;
//! [`evaluate()`] compares what a challenger and a champion say of them and rules, gate by gate, whether the challenger
//! may be approved. [`GoldenRecords`] prove later which model an endpoint serves.
//!
//! No error text of this crate ever holds a feature value or a record.

mod allowance;
mod archive;
pub mod cache;
mod curves;
mod digest;
mod entries;
mod error;
mod evaluate;
mod evaluation;
mod forest;
mod format;
mod gates;
mod golden;
mod holdout;
mod inflate;
pub mod isolated;
mod matrix;
mod metrics;
mod model;
mod number;
mod report;
mod score;
mod served;
mod shap;
mod stats;
mod stored;
mod stream;
mod subset;
mod tree;
mod walkers;
mod wording;

pub use digest::Digesting;
pub use error::{ModelError, PayloadError, ShapeError};
pub use evaluate::{Contender, EvaluateError, Scored, evaluate};
pub use evaluation::{
    CalibrationBin, Curves, EVALUATION_SCHEMA, Evaluation, FeatureMove, FeatureShare, Gate, HISTOGRAM_BINS,
    ModelCurves, ModelNumbers, ReasonsShift, RegionNumbers,
};
pub use format::{Format, Objective};
pub use golden::{GOLDEN_TOLERANCE, GoldenRecord, GoldenRecords, walkers_among};
pub use holdout::{Columns, HeldOut, HoldoutError, Records};
pub use matrix::{Matrix, Projection};
pub use meridian_domain::{EvaluationPolicy, GateMode, ImageVersion as Image};
pub use metrics::{Confusion, roc_auc};
pub use model::{DEFAULT_MODEL_LIMIT, Model, only_file, probability_of};
pub use report::{Approval, Digests, EvaluateCommand, Named, Provenance, html, json, shell_line};
pub use served::{Explainer, ModelFeatures, Said, Served};
pub use shap::{Attributions, Reason, SAMPLE_ROWS, Sample, ShapForest, sample_rows, top_reasons};
pub use stats::sample::{HoldoutFacts, Unfit};
pub use stream::{ReadOptions, StreamError, Streamed, stream_margins};
