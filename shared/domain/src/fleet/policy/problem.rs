//! What can be wrong with a `fleet.toml`, as data. Its words are what `Display` makes of it.

use super::field_rule::FieldRule;
use super::freeze_problem::FreezeProblem;
use super::region_problem::RegionProblem;
use super::text_problem::TextProblem;
use crate::edge::UnusualProblem;
use crate::fleet::names::RegionName;
use meridian_judge::MetricName;
use serde::Serialize;

/// What is wrong with a `fleet.toml`, and where.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[error("fleet.toml{}: {problem}", line.map(|n| format!(" line {n}")).unwrap_or_default())]
pub struct FleetError {
    /// 1-based line, where one can be named.
    pub line: Option<usize>,
    /// The field and what was expected of it.
    pub problem: FleetProblem,
}

/// The first thing that is wrong with a `fleet.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FleetProblem {
    /// TOML's parser does not take it, or serde does not take its shape.
    #[error("{}{quoted}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    Malformed {
        /// Table and field of the line, with a dot; none where no line is known.
        place: Option<String>,
        /// The parser's words.
        quoted: String,
    },
    /// A text that is not what stands there.
    #[error("{place}: {problem}")]
    Text {
        /// Table and field, with a dot.
        place: String,
        /// What the field's type says.
        problem: TextProblem,
    },
    /// A value that is no duration where one stands.
    #[error("{place} is {found}; expected a duration such as \"90s\", \"30m\" or \"1h 30m\"")]
    Duration {
        /// Table and field, with a dot.
        place: String,
        /// The value as the file has it.
        found: String,
    },
    /// A value that no file of ours has.
    #[error("{0}")]
    Unusual(UnusualProblem),
    /// A field of a table that breaks its rule.
    #[error("{table}.{field} {rule}")]
    Field {
        /// The table, as its header names it.
        table: String,
        /// Its key in that table.
        field: &'static str,
        /// What must hold of it.
        rule: FieldRule,
    },
    /// `home_place` in a fixed order.
    #[error("fleet.home_place is of an order = \"signal\"; in a fixed order home stands where it is listed")]
    HomePlaceInFixedOrder,
    /// Not an AWS account.
    #[error("{table}.account is {account:?}; expected the 12 digits of an AWS account")]
    Account {
        /// `fleet` or `region`.
        table: &'static str,
        /// What stands there.
        account: String,
    },
    /// Not a type of SageMaker's instances.
    #[error("fleet.instance_type is {0:?}; expected a type of SageMaker's instances, such as \"ml.m6i.xlarge\"")]
    InstanceType(String),
    /// Deployment guardrails leave these instances out (SageMaker developer guide, "Deployment guardrails", exclusions).
    #[error(
        "fleet.instance_type is {0}: SageMaker updates Inf1 instances all at once, without a canary; choose another family"
    )]
    WithoutGuardrails(String),
    /// `execution_role_in_turn` names the same role.
    #[error("fleet.execution_role_in_turn is execution_role again; name another role, or leave it out")]
    SameRoleInTurn,
    /// Not an IAM role's name.
    #[error("fleet.{field} must be an IAM role's name: 1 to {longest} letters, digits and +=,.@_-, without its path")]
    RoleName {
        /// `execution_role` or another key of `[fleet]` that names a role.
        field: &'static str,
        /// Characters of a role's name at most.
        longest: usize,
    },
    /// Isolated containers cannot send this metric.
    #[error(
        "fleet.network_isolation: an isolated container cannot send the metric {0} of [judge.metrics]: leave that \
         table out, or say network_isolation = false (with a vpc whose only way out is CloudWatch's endpoint)"
    )]
    IsolatedMetric(MetricName),
    /// No `[[image]]`.
    #[error("image: no container is allowed: add [[image]] with the repository that releases are served from")]
    NoImage,
    /// Home is not among the regions.
    #[error("fleet.home: {0} is not one of the [[region]] blocks; add it")]
    HomeNotListed(RegionName),
    /// A deputy that is no region of the fleet, or named before.
    #[error("fleet.deputies: {0} is none of the [[region]] blocks, or named twice; name each region once")]
    Deputy(RegionName),
    /// `takeover = "auto"` in a fleet that cannot be of one mind.
    #[error(
        "fleet.takeover: \"auto\" needs a deputy in home's account, and {least} regions, most of which say so; with {0} regions say \"ask\"",
        least = super::takeover::LEAST_VOTERS
    )]
    Takeover(usize),
    /// A `failover_threshold` that is out of bounds, or in a fleet where nobody could go by it.
    #[error(
        "fleet.failover_threshold: {least} to {longest} looks, five minutes apart, in a fleet of at least {regions} regions in one account, one of them a \
         hot-standby, warm-standby or pilot-light; without it only a person sends customers to a standby",
        least = super::stand_in::THRESHOLD.start(),
        longest = super::stand_in::THRESHOLD.end(),
        regions = super::stand_in::LEAST_REGIONS
    )]
    FailoverThreshold,
    /// Something in a `[[region]]`.
    #[error("{0}")]
    Region(RegionProblem),
    /// Something in a `[[freeze]]`.
    #[error("{0}")]
    Freeze(FreezeProblem),
}

impl From<RegionProblem> for FleetProblem {
    fn from(problem: RegionProblem) -> Self {
        Self::Region(problem)
    }
}

impl From<FreezeProblem> for FleetProblem {
    fn from(problem: FreezeProblem) -> Self {
        Self::Freeze(problem)
    }
}
