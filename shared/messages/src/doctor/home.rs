//! What regions have in common: the way to the others, the pipeline, the model registry, and what containers reach.

use super::none;
use crate::Voice;
use meridian_domain::{BucketName, RegionName, ResourceName};
use serde::Serialize;

/// Home's replication rule to another region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`to` is the other region; `bucket` is in it")]
pub enum Replication {
    NoRule { bucket: BucketName },
    Wrong { to: RegionName, fault: RuleFault },
    AsMade { to: RegionName },
}

/// What is wrong with a replication rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleFault {
    /// It is not in force.
    Disabled,
    /// It copies other keys than those under `releases/`.
    OtherPrefix,
    /// It names the key of the copies by an alias.
    KeyByAlias,
    /// It leaves out what KMS encrypts.
    NoKmsObjects,
    /// It names no key of the other region.
    OtherKey,
    /// Replication time control is off.
    NoTimeControl,
    /// It reports nothing.
    NoMetrics,
}

/// Home's pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "texts are CodePipeline's: its types, modes, results and the names of stages and actions"
)]
pub enum Pipeline {
    Absent {
        name: ResourceName,
    },
    /// It is not V2 and QUEUED.
    OtherMode {
        kind: String,
        mode: String,
    },
    /// CodePipeline does something about a failed stage by itself.
    ActsByItself {
        stage: String,
        does: String,
    },
    /// Its actions behind the source are not the fleet's, in its order.
    OtherActions {
        found: Vec<String>,
        expected: Vec<String>,
    },
    /// As the template makes it.
    AsMade {
        actions: usize,
    },
}

/// The model registry's group of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageGroup {
    /// The registry does not have it.
    Absent {
        /// The name that it should have.
        name: String,
    },
    /// The registry has it.
    There,
}

/// What serving containers can reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing.
    Isolated,
    /// In every region, what a VPC of its own lets them.
    InVpcs,
    /// Everything, in some regions.
    Open {
        /// Those without a VPC.
        regions: Vec<RegionName>,
    },
}

impl Voice<'_> {
    pub(super) fn replication_found(self, replication: &Replication) -> String {
        match replication {
            Replication::NoRule { bucket } => format!("no rule copies to {bucket}"),
            Replication::Wrong { to, fault } => format!("the rule to {} {}", self.title(to), rule_fault(*fault)),
            Replication::AsMade { to } => format!("releases/ to {}, timed and measured", self.title(to)),
        }
    }

    pub(super) fn network_found(self, network: &Network) -> String {
        match network {
            Network::Isolated => "serving containers reach nothing".to_owned(),
            Network::InVpcs => "serving containers reach what their VPC lets them".to_owned(),
            Network::Open { regions } => {
                let titles: Vec<&str> = regions.iter().map(|region| self.title(region)).collect();
                format!("serving containers in {} may send anything anywhere", titles.join(", "))
            }
        }
    }
}

fn rule_fault(fault: RuleFault) -> &'static str {
    match fault {
        RuleFault::Disabled => "is not enabled",
        RuleFault::OtherPrefix => "does not copy releases/ and that alone",
        RuleFault::KeyByAlias => "names its key by an alias, which can be moved to another",
        RuleFault::NoKmsObjects => "leaves out what KMS encrypts, and the bucket encrypts all with it",
        RuleFault::OtherKey => "names no key of that region",
        RuleFault::NoTimeControl => "has no replication time control",
        RuleFault::NoMetrics => "reports nothing of what is late",
    }
}

pub(super) fn pipeline(pipeline: &Pipeline) -> String {
    match pipeline {
        Pipeline::Absent { name } => none(name),
        Pipeline::OtherMode { kind, mode } => {
            format!("it is {kind} and {mode}, not V2 and QUEUED: a newer execution would overtake")
        }
        Pipeline::ActsByItself { stage, does } => {
            format!("{stage} that fails does {does} by itself: what a wave does next is Meridian's to decide")
        }
        Pipeline::OtherActions { found, expected } => {
            format!("its actions are {}, not {}", found.join(", "), expected.join(", "))
        }
        Pipeline::AsMade { actions } => format!("V2, queued, {actions} actions in the fleet's order"),
    }
}

pub(super) fn package_group(group: &PackageGroup) -> String {
    match group {
        PackageGroup::Absent { name } => none(name),
        PackageGroup::There => "the model registry has the fleet's group".to_owned(),
    }
}
