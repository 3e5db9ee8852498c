//! CloudWatch: metrics and alarms (rpc-v2-cbor from the Rust SDK).

pub(crate) mod alarm_calls;
pub(crate) mod alarm_rule;
pub(crate) mod alarms;
pub(crate) mod composite;
pub(crate) mod composite_calls;
pub(crate) mod evaluation;
pub(crate) mod metric_calls;
pub(crate) mod metric_math;
pub(crate) mod metrics;
pub(crate) mod rights;
pub(crate) mod samples;
pub(crate) mod status;
pub(crate) mod types;
pub(crate) mod watching;

pub use types::*;
