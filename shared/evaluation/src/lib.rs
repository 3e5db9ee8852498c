//! What records that training held out say of a challenger, beside the champion: the records read, the gates asked, and
//! the report. Knows policy and verdicts ([`meridian_judge`]) and models ([`meridian_xgboost`]); no fleet, no release, no AWS.
//!
//! [`HeldOut`] holds labelled records; [`evaluate()`] compares what a challenger and a champion say of them and rules, gate by
//! gate, whether the challenger may be approved. [`GoldenRecords`] prove later which model an endpoint serves.
//!
//! [`captured`] asks what both models say of the requests that customers sent, of which no label is known.
//!
//! No error text of this crate ever holds a feature value or a record.

mod allowance;
pub mod cache;
pub mod captured;
mod conclusion;
mod contender;
mod costs;
mod curves;
mod digest;
mod drift;
mod evaluate;
mod evaluation;
mod finding;
mod gates;
mod golden;
mod holdout;
mod metrics;
mod remark;
mod report;
mod stats;
mod subset;
mod trained;
mod wording;

pub use conclusion::{Reason, Warning};
pub use contender::Contender;
pub use costs::{CostPoint, Costs, ModelCosts, Prices};
pub use digest::Digesting;
pub use drift::{Drift, DriftReference, FeatureDrift};
pub use evaluate::{Contestant, EvaluateError, evaluate, evaluate_after_training};
pub use evaluation::{
    CalibrationBin, Curves, EVALUATION_SCHEMA, Evaluation, FeatureMove, FeatureShare, Gate, HISTOGRAM_BINS,
    ModelCurves, ModelNumbers, ReasonsShift, RegionNumbers, Slices,
};
pub use finding::{Cut, Finding, Mend, Reference, Statistic};
pub use golden::{GoldenRecord, GoldenRecords, GoldenSource, walkers_among};
pub use holdout::isolated;
pub use holdout::{
    ColumnTypes, Columns, ExpectedColumns, Groups, HeldOut, HoldoutError, ParquetDamage, Projection, Records, SizeUnit,
    UnreadableCause,
};
pub use metrics::{Confusion, roc_auc};
pub use remark::Remark;
pub use report::{
    Approval, Digests, EvaluateCommand, Named, Provenance, SlicesInWords, html, json, junit, markdown, markdown_costs,
    markdown_drift, markdown_slices, markdown_table, policy_digest, shell_line,
};
pub use stats::sample::{HoldoutFacts, Unfit};
pub use trained::{RowDigestsError, TrainedOn};
