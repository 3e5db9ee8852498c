//! Scheduled faults: what goes wrong, where, and when.

use crate::world::moment::Moment;
use crate::world::service::Service;
use jiff::SignedDuration;
use meridian_deployment::OUTSIDE_REGION;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde::{Deserialize, Serialize};

/// What happens to a call, a function or a copy while a fault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The service answers with an internal error (500).
    Fail,
    /// The service is unavailable (503).
    Unavailable,
    /// The service refuses calls with its throttling error.
    Throttle,
    /// S3 answers that another write was under way (409).
    Conflict,
    /// The call never returns.
    TimeOut,
    /// The service does what it is asked at once, and answers `delay` later: within the client's time-out, or when nobody waits for
    /// it any more.
    Slow,
    /// SageMaker's control plane of the region is gone, with the region's STS and Application Auto Scaling: their calls never
    /// return, and updates stand still.
    Dark,
    /// SageMaker cannot roll an update back in the region: it ends in `UpdateRollbackFailed`, with blue and green answering.
    RollbackFails,
    /// The region loses an Availability Zone, at `from`: a third of the instances of every endpoint, and at least one, which SageMaker
    /// makes again elsewhere.
    ZoneLost,
    /// The whole region is lost: no call is answered there, none of its functions ends, and copies wait. Of this kind alone
    /// us-east-1 may be named by a fleet that is not there: Route 53's checks are counted and heard in it.
    RegionLost,
    /// The region is cut off from every other: calls between them never return, either way, and copies wait. Without a region, each
    /// from each.
    Partitioned,
    /// The certificate of the region's front expires, at `from`: callers end the handshake, and Route 53's checks, which do not look at
    /// it, go on. The days that are left are counted from the start.
    CertificateExpired,
    /// Every invocation of the function runs into its time-out.
    Hang,
    /// The function is killed at the named operation.
    Kill,
    /// The function's process stands still at a call, which is lost, for `delay`, whatever its deadline: nobody waits for it
    /// any more when it goes on.
    Freeze,
    /// Asynchronous calls of the function arrive later, by `delay`, and so behind others.
    EventDelay,
    /// Copies to the region come later, by `delay`.
    ReplicationDelay,
    /// Copies to the region do not come.
    ReplicationFail,
}

/// Whether a killed call took effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The call did not take effect.
    Before,
    /// The call took effect, and nobody saw the answer.
    #[default]
    After,
}

/// Which service a fault meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// All of SageMaker's control operations: another word for `sage-maker`.
    ControlPlane,
    /// One service.
    #[serde(untagged)]
    Service(Service),
}

impl Target {
    pub(crate) fn meets(self, service: Service) -> bool {
        match self {
            Target::ControlPlane => service == Service::SageMaker,
            Target::Service(own) => own == service,
        }
    }
}

/// One scheduled fault. What is left out is not asked for: without a region it holds everywhere, without `from` from
/// the start, without `until` for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only in this region; for replication, the destination.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// Only calls of this service, or `control-plane`.
    #[serde(default)]
    pub service: Option<Target>,
    /// Only this operation, e.g. `UpdateEndpoint`.
    #[serde(default)]
    pub operation: Option<String>,
    /// Only this function, and calls that it makes.
    #[serde(default)]
    pub function: Option<FunctionKind>,
    /// For `kill`: before or after the call takes effect.
    #[serde(default)]
    pub when: When,
    /// From this moment on.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Until this moment, the first one after `from`.
    #[serde(default)]
    pub until: Option<Moment>,
    /// How many calls go unharmed before the fault strikes.
    #[serde(default)]
    pub skip: u32,
    /// How often the fault strikes at most.
    #[serde(default, alias = "times")]
    pub at_most: Option<u32>,
    /// For `slow`, `replication-delay`, `event-delay` and `freeze`: by how much, how long.
    #[serde(default)]
    pub delay: Option<SignedDuration>,
}

impl Fault {
    /// Whether it is of the region where people hear from Route 53, whether or not the fleet is there too.
    pub(crate) fn is_outside(&self) -> bool {
        let place = self.region.as_ref().map(RegionName::as_str);
        self.kind == FaultKind::RegionLost && place == Some(OUTSIDE_REGION)
    }

    /// A fault of one kind that holds everywhere and always; narrow it by its fields.
    pub fn of(kind: FaultKind) -> Self {
        Fault {
            kind,
            region: None,
            service: None,
            operation: None,
            function: None,
            when: When::default(),
            from: None,
            until: None,
            skip: 0,
            at_most: None,
            delay: None,
        }
    }

    /// What is wrong with the fault as it is written: a narrowing that no call can meet would make it pass unseen.
    pub(crate) fn contradiction(&self, operations: &[&str]) -> Option<String> {
        let operation = self.operation.as_deref();
        if let Some(unknown) = operation.filter(|name| !operations.contains(name)) {
            return Some(format!("{unknown} is not an operation that the world knows: {}", operations.join(", ")));
        }
        let narrowed = operation.is_some() || self.service.is_some();
        match self.kind {
            FaultKind::Hang if narrowed => {
                Some("a function hangs whole: name neither operation nor service".to_owned())
            }
            FaultKind::Hang | FaultKind::Freeze | FaultKind::EventDelay if self.function.is_none() => {
                Some("name the function that this happens to".to_owned())
            }
            FaultKind::ZoneLost if narrowed => {
                Some("a zone is lost with all in it: name neither operation nor service".to_owned())
            }
            FaultKind::RegionLost | FaultKind::Partitioned | FaultKind::CertificateExpired if narrowed => {
                Some("this kind is of a region with all in it: name neither operation nor service".to_owned())
            }
            FaultKind::EventDelay if narrowed => {
                Some("an event is late whole: name neither operation nor service".to_owned())
            }
            FaultKind::Slow | FaultKind::Freeze | FaultKind::EventDelay if self.delay.is_none() => {
                Some("say for how long, as in delay = \"10m\"".to_owned())
            }
            FaultKind::Dark
            | FaultKind::ZoneLost
            | FaultKind::RegionLost
            | FaultKind::Partitioned
            | FaultKind::CertificateExpired
            | FaultKind::RollbackFails
            | FaultKind::ReplicationDelay
            | FaultKind::ReplicationFail
                if self.function.is_some() =>
            {
                Some("this kind holds for a region, not for a function".to_owned())
            }
            _ => None,
        }
    }

    /// What a person would call it.
    pub fn describe(&self) -> String {
        let what = match self.kind {
            FaultKind::Fail => "fails",
            FaultKind::Unavailable => "is unavailable",
            FaultKind::Throttle => "throttles",
            FaultKind::Conflict => "meets a racing write",
            FaultKind::TimeOut => "times out",
            FaultKind::Slow => "answers late",
            FaultKind::Dark => return "SageMaker's control plane is dark".to_owned(),
            FaultKind::RollbackFails => return "SageMaker cannot roll back".to_owned(),
            FaultKind::ZoneLost => return "an Availability Zone is lost".to_owned(),
            FaultKind::RegionLost => return "the region is lost".to_owned(),
            FaultKind::Partitioned => return "the region is cut off from every other".to_owned(),
            FaultKind::CertificateExpired => return "the front's certificate has expired".to_owned(),
            FaultKind::Hang => "hangs",
            FaultKind::Kill => "is killed",
            FaultKind::Freeze => "stands still",
            FaultKind::EventDelay => "is called late",
            FaultKind::ReplicationDelay => return "replication is late".to_owned(),
            FaultKind::ReplicationFail => return "replication fails".to_owned(),
        };
        let function = self.function.map(|function| function.name().to_owned());
        let operation = self.operation.clone();
        let service = self.service.map(|target| match target {
            Target::ControlPlane => "SageMaker's control plane".to_owned(),
            Target::Service(service) => service.to_string(),
        });
        let who = match (self.kind, function, operation) {
            (FaultKind::Kill | FaultKind::Freeze, Some(function), Some(operation)) => {
                return format!("{function} {what} at {operation}");
            }
            (_, Some(function), Some(operation)) => format!("{operation} of {function}"),
            (_, Some(only), None) | (_, None, Some(only)) => only,
            (_, None, None) => service.unwrap_or_else(|| "every call".to_owned()),
        };
        format!("{who} {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[derive(Deserialize)]
    struct Scenario {
        fault: Vec<Fault>,
    }

    #[test]
    fn scenarios_write_faults_as_people_say_them() -> Result<(), Box<dyn std::error::Error>> {
        let text = r#"
            [[fault]]
            region = "ap-northeast-1"
            kind = "dark"
            from = "03:47"
            until = "04:05"
            [[fault]]
            function = "promote"
            kind = "kill"
            operation = "UpdateEndpoint"
            when = "before"
            times = 1
            [[fault]]
            service = "control-plane"
            kind = "throttle"
        "#;
        let scenario: Scenario = toml::from_str(text)?;
        let told: Vec<String> = scenario.fault.iter().map(Fault::describe).collect();
        assert_eq!(
            told,
            [
                "SageMaker's control plane is dark",
                "promote is killed at UpdateEndpoint",
                "SageMaker's control plane throttles"
            ]
        );
        Ok(())
    }

    #[test]
    fn a_time_of_day_is_the_next_one() -> Result<(), Box<dyn std::error::Error>> {
        let start: Timestamp = "2026-11-20T22:00:00Z".parse()?;
        let moment: Moment = "03:47".parse()?;
        assert_eq!(moment.after(start).to_string(), "2026-11-21T03:47:00Z");
        assert!("soon".parse::<Moment>().is_err());
        Ok(())
    }
}
