//! What can be wrong with a table of prices, as data.

use super::BOUNDS;
use crate::kind::PriceKind;
use meridian_domain::edge::UnusualProblem;

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{problem}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct TableError {
    /// 1-based line, where one can be named.
    pub line: Option<usize>,
    /// The field and what was expected of it.
    pub problem: TableProblem,
}

/// The first thing that is wrong with a table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "`kind` and `region` say which price is wrong")]
pub enum TableProblem {
    /// TOML's parser does not take it: its words.
    #[error("{quoted}")]
    Malformed {
        /// The parser's words.
        quoted: String,
    },
    /// A value that no file of ours has.
    #[error("{0}")]
    Unusual(UnusualProblem),
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Not a date.
    #[error("date: {0:?} is not a date such as 2026-11-20")]
    Date(String),
    /// An assumption that sums and ratios cannot be made with.
    #[error("usage.{field} must be a number, 0 or from {least:e} to {most:e}, and is {found}", least = BOUNDS.start(), most = BOUNDS.end())]
    Usage {
        /// Which assumption it is, by its path below `[usage]`.
        field: &'static str,
        /// What stands there.
        found: f64,
    },
    /// Less than one request a second for an instance.
    #[error("usage.requests_per_instance must be at least 1 a second")]
    RequestsPerInstance,
    /// A capacity unit of nothing.
    #[error("usage.capacity_unit_gb must be more than 0")]
    CapacityUnit,
    /// A price that is listed already.
    #[error("price.region: {region} has a {kind} on line {first} already")]
    Twice {
        region: String,
        kind: PriceKind,
        /// 1-based line of the first.
        first: usize,
    },
    /// A price of another unit.
    #[error("price.unit of {kind} in {region} is {unit:?}; the forecast reckons in {:?}", kind.unit())]
    Unit {
        kind: PriceKind,
        region: String,
        /// The unit that stands there.
        unit: String,
    },
    /// A price that sums and ratios cannot be made with.
    #[error("price.usd of {kind} in {region} must be a number, 0 or from {least:e} to {most:e}, and is {usd}", least = BOUNDS.start(), most = BOUNDS.end())]
    Usd {
        kind: PriceKind,
        region: String,
        /// The price that stands there.
        usd: f64,
    },
    /// Hosting without an instance type, or something else with one.
    #[error(
        "price.instance_type of {kind} in {region}: hosting names one, such as \"ml.m6i.xlarge\", and nothing else"
    )]
    InstanceType { kind: PriceKind, region: String },
    /// A price that nobody can look up.
    #[error("price.{field} of {kind} in {region} is empty: a price that nobody can look up is no price")]
    Empty {
        /// Which text is empty, by its key in `[[price]]`.
        field: &'static str,
        kind: PriceKind,
        region: String,
    },
}
