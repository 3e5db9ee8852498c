//! Faults at work: whether one holds, whom it meets, and what it makes of a call.

use crate::world::error::ApiError;
use crate::world::fault::{Fault, FaultKind, When};
use crate::world::service::Service;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use meridian_handlers::context::FunctionKind;

/// What goes with a region's control plane.
const DARK: [Service; 3] = [Service::SageMaker, Service::Sts, Service::ApplicationAutoScaling];

/// What a fault makes of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// It is answered with this error.
    Answer(ApiError),
    /// It never returns.
    Hang,
    /// It is carried out, and answered so much later.
    Late(SignedDuration),
    /// Its caller is killed.
    Kill(When),
    /// It never returns, and its caller stands still for so long.
    Freeze(SignedDuration),
}

/// A fault with its moments worked out and its count kept.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    pub fault: Fault,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    left: Option<u32>,
    /// Calls that still go unharmed.
    skip: u32,
    met: bool,
}

/// A call, as faults see it.
pub(crate) struct Attempt<'a> {
    pub region: &'a RegionName,
    pub service: Service,
    pub operation: &'static str,
    /// The function that calls, and where it runs; none of a call from outside.
    pub caller: Option<&'a (FunctionKind, RegionName)>,
}

impl Scheduled {
    pub fn new(fault: Fault, start: Timestamp) -> Self {
        let from = fault.from.map_or(start, |moment| moment.after(start));
        // "until" is read from "from" on, so that a fault may reach over midnight.
        let until = fault.until.map(|moment| moment.after(from));
        Scheduled { left: fault.at_most, skip: fault.skip, fault, from, until, met: false }
    }

    /// Whether the fault holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until) && self.left != Some(0)
    }

    /// Whether it is told when it strikes, and not when it becomes possible.
    pub fn is_sudden(&self) -> bool {
        matches!(self.fault.kind, FaultKind::Kill | FaultKind::Freeze)
    }

    /// Whether the fault holds in a region.
    pub fn holds_in(&self, region: &RegionName, now: Timestamp) -> bool {
        self.holds(now) && self.fault.region.as_ref().is_none_or(|own| own == region)
    }

    /// Whether nothing comes from one region to another: one of them is lost, or cut off.
    pub fn parts(&self, from: &RegionName, to: &RegionName, now: Timestamp) -> bool {
        let kind = matches!(self.fault.kind, FaultKind::RegionLost | FaultKind::Partitioned);
        kind && from != to && (self.holds_in(from, now) || self.holds_in(to, now))
    }

    /// Whether the fault leaves everybody who asks a region's endpoints without an answer at a moment, customers too.
    pub fn silences_endpoints(&self, region: &RegionName, at: Timestamp) -> bool {
        let Fault { kind, service, operation, function, skip, at_most, .. } = &self.fault;
        use FaultKind::{CertificateExpired, Fail, RegionLost, Throttle, TimeOut, Unavailable};
        matches!(kind, Fail | Unavailable | Throttle | TimeOut | RegionLost | CertificateExpired)
            && service.is_none_or(|target| target.meets(Service::SageMakerRuntime))
            && operation.as_deref().is_none_or(|operation| operation == OperationName::InvokeEndpoint.name())
            && (function.is_none(), *skip, *at_most) == (true, 0, None)
            && self.holds_in(region, at)
    }

    /// Counts one use.
    pub fn spend(&mut self) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.met = true;
    }

    /// Whether it has ever made a difference.
    pub fn is_met(&self) -> bool {
        self.met
    }

    /// What the fault makes of a call, if it meets it.
    pub fn meet(&mut self, call: &Attempt<'_>, now: Timestamp) -> Option<Effect> {
        let fault = &self.fault;
        let narrowed = fault.service.is_none_or(|target| target.meets(call.service))
            && fault.operation.as_deref().is_none_or(|operation| operation == call.operation)
            && fault.function.is_none_or(|own| call.caller.is_some_and(|(function, _)| *function == own));
        let here = match (fault.kind, call.caller) {
            (FaultKind::Partitioned, caller) => caller.is_some_and(|(_, from)| self.parts(from, call.region, now)),
            // Who has begun there ends there.
            (FaultKind::RegionLost, Some((_, from))) => self.parts(from, call.region, now) || self.holds_in(from, now),
            _ => self.holds_in(call.region, now),
        };
        if !here || !narrowed {
            return None;
        }
        let effect = match fault.kind {
            FaultKind::Fail => Effect::Answer(ApiError::internal()),
            FaultKind::Unavailable => Effect::Answer(ApiError::unavailable()),
            FaultKind::Throttle if call.service == Service::S3 => {
                Effect::Answer(ApiError::new("SlowDown", 503, "Please reduce your request rate."))
            }
            FaultKind::Throttle => Effect::Answer(ApiError::throttled()),
            FaultKind::Conflict => {
                let message = "A conflicting operation occurred during processing of this request.";
                Effect::Answer(ApiError::new("ConditionalRequestConflict", 409, message))
            }
            FaultKind::TimeOut | FaultKind::RegionLost | FaultKind::Partitioned => Effect::Hang,
            FaultKind::Slow => Effect::Late(fault.delay.unwrap_or_default()),
            FaultKind::Dark if DARK.contains(&call.service) => Effect::Hang,
            FaultKind::Kill => Effect::Kill(fault.when),
            FaultKind::Freeze => Effect::Freeze(fault.delay.unwrap_or_default()),
            FaultKind::Dark
            | FaultKind::ZoneLost
            | FaultKind::RollbackFails
            | FaultKind::CertificateExpired
            | FaultKind::Hang
            | FaultKind::EventDelay
            | FaultKind::ReplicationDelay
            | FaultKind::ReplicationFail => return None,
        };
        self.strikes().then_some(effect)
    }

    /// Counts one that the fault could strike: the first few go unharmed.
    fn strikes(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.spend();
        true
    }

    /// Whether an invocation of a function runs into its time-out, if this fault meets it.
    pub fn hangs(&mut self, function: FunctionKind, region: &RegionName, now: Timestamp) -> bool {
        let meets = matches!(self.fault.kind, FaultKind::Hang | FaultKind::RegionLost)
            && self.fault.function.is_none_or(|own| own == function)
            && self.holds_in(region, now);
        if meets {
            self.spend();
        }
        meets
    }

    /// How much later an event for a function arrives, if this fault meets it.
    pub fn delays(&mut self, function: FunctionKind, region: &RegionName, now: Timestamp) -> Option<SignedDuration> {
        let meets = self.fault.kind == FaultKind::EventDelay
            && self.fault.function == Some(function)
            && self.holds_in(region, now);
        let delay = self.fault.delay.filter(|_| meets)?;
        self.strikes().then_some(delay)
    }
}
