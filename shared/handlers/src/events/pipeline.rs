//! CodePipeline's Lambda action.

use super::fields::{EventError, Fields, at, other_kind, quoted};
use meridian_domain::reason::{EventFault, EventKind, ExpectedField, FoundField};
use meridian_domain::{Actor, Fleet, FleetName, OrderPolicy, RegionName, ReleaseId, ResourceName, Sha256};
use meridian_messages::ping::PING;
use serde_json::Value;

const EVENT: &str = "CodePipeline job";
const PARAMETERS_EVENT: &str = "CodePipeline job, UserParameters";
const PARAMETERS: &str = "/CodePipeline.job/data/actionConfiguration/configuration/UserParameters";

/// A job that CodePipeline wants answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineJob<R = ReleaseId> {
    /// The job's id: what the answer names.
    pub job: String,
    /// The token of the call before; `None` on the action's first call.
    pub continuation: Option<String>,
    /// What the action is configured to do.
    pub parameters: UserParameters<R>,
}

/// `UserParameters`: a string of JSON, written in the pipeline's definition with the execution's variables in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserParameters<R = ReleaseId> {
    /// The fleet that the pipeline promotes in.
    pub fleet: FleetName,
    /// What to do.
    pub action: Action,
    /// SHA-256 of the release's manifest.
    pub release: R,
    /// Digest of the fleet policy under which the wave was started.
    pub policy: Sha256,
    /// CodePipeline's name of the pipeline that calls.
    pub pipeline: ResourceName,
    /// The execution: the wave, and who acts.
    pub execution: Actor,
}

/// What an action of the pipeline does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Register and evaluate the release.
    Register,
    /// Take one region to it.
    Promote {
        /// Whose turn it is.
        turn: Turn,
    },
    /// See that every region serves it.
    Verify,
}

/// Whose turn it is in a stage of the pipeline. A pipeline's stages are fixed when it is deployed; the order of a wave by
/// traffic is not. So its stages are places, and the wave's recorded order says who stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A region's own stage: `Promote-EU`, in a fixed order.
    Of(RegionName),
    /// A place, from 1: `Promote-1`.
    Place(usize),
}

/// The id of the job in an event of any shape: so that a function which can make nothing else of it still answers.
pub fn job_id(event: &Value) -> Option<&str> {
    at(event, "/CodePipeline.job/id").and_then(Value::as_str).filter(|id| !id.is_empty())
}

/// True for an event with a job, however little can be made of it.
pub fn is_job(event: &Value) -> bool {
    at(event, "/CodePipeline.job").is_some()
}

/// The release of an execution that nothing started with one: the default of the template's variables. CodePipeline starts a pipeline
/// once by itself when it is created.
pub const NO_RELEASE: &str = "none";

/// In place of a release: the execution promotes none, and tries the pipeline itself (`meridian doctor --ping`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping;

/// True for a job of an execution that belongs to no wave: nobody waits for what becomes of it.
pub fn is_of_no_wave(event: &Value) -> bool {
    release(event).is_some_and(|own| own == NO_RELEASE) || is_ping(event)
}

/// True for a job of an execution that tries the pipeline.
pub fn is_ping(event: &Value) -> bool {
    release(event).is_some_and(|own| own == PING)
}

/// True for a job that names this fleet, whatever else of it can be read.
pub fn is_of_fleet(event: &Value, fleet: &Fleet) -> bool {
    parameter(event, "/fleet").is_some_and(|own| own == fleet.name.as_str())
}

fn release(event: &Value) -> Option<String> {
    parameter(event, "/release")
}

fn parameter(event: &Value, path: &str) -> Option<String> {
    Some(at(&parameters(event)?, path)?.as_str()?.to_owned())
}

/// The execution of a job of which nothing else may be readable.
pub fn job_execution(event: &Value) -> Option<Actor> {
    execution(&Fields::new(PARAMETERS_EVENT, &parameters(event)?)).ok()
}

fn parameters(event: &Value) -> Option<Value> {
    serde_json::from_str(at(event, PARAMETERS)?.as_str()?).ok()
}

impl PipelineJob {
    /// Reads a job.
    ///
    /// # Errors
    /// Another kind of event, or the field that is missing or wrong.
    pub fn parse(function: &str, event: &Value) -> Result<Self, EventError> {
        Self::read(function, event, |fields| fields.name("/release", ExpectedField::ReleaseDigest))
    }
}

impl PipelineJob<Ping> {
    /// Reads a job that [`is_ping`].
    ///
    /// # Errors
    /// The field that is missing or wrong.
    pub fn parse_ping(function: &str, event: &Value) -> Result<Self, EventError> {
        Self::read(function, event, |_| Ok(Ping))
    }
}

impl<R> PipelineJob<R> {
    fn read(
        function: &str,
        event: &Value,
        release: impl Fn(&Fields<'_>) -> Result<R, EventError>,
    ) -> Result<Self, EventError> {
        if !is_job(event) {
            return Err(other_kind(function, &[EventKind::Job], event));
        }
        let fields = Fields::new(EVENT, event);
        let job = fields.text("/CodePipeline.job/id", ExpectedField::JobId)?;
        let continuation = fields.optional("/CodePipeline.job/data/continuationToken")?;
        let text = fields.text(PARAMETERS, ExpectedField::UserParameters)?;
        let parameters = serde_json::from_str(text).map_err(|error| {
            let found = FoundField::NotJson { line: error.line(), column: error.column() };
            fields.wrong(PARAMETERS, ExpectedField::Json, found)
        })?;
        Ok(Self {
            job: job.to_owned(),
            continuation: continuation.map(str::to_owned),
            parameters: UserParameters::read(&parameters, release)?,
        })
    }

    /// Checks that the job is for this fleet under this policy: a function that was deployed with another `fleet.toml`
    /// while a wave walks must not go on by other rules.
    ///
    /// # Errors
    /// Another fleet, or another policy.
    pub fn check(&self, fleet: &Fleet, policy: Sha256) -> Result<(), EventError> {
        let wrong = |field: &str, expected: ExpectedField, found: FoundField| {
            let (event, field) = (PARAMETERS_EVENT.to_owned(), field.to_owned());
            EventError(Box::new(EventFault::Field { event, field, expected, found }))
        };
        if self.parameters.fleet != fleet.name {
            let expected = ExpectedField::OwnFleet(fleet.name.clone());
            return Err(wrong("fleet", expected, quoted(self.parameters.fleet.as_str())));
        }
        if let (Action::Promote { turn: Turn::Of(region) }, OrderPolicy::Signal) =
            (&self.parameters.action, fleet.order)
        {
            return Err(wrong("region", ExpectedField::PlaceForRegion, quoted(region.as_str())));
        }
        if self.parameters.policy != policy {
            let found = FoundField::Digest(self.parameters.policy);
            return Err(wrong("policy", ExpectedField::OwnPolicy(policy), found));
        }
        Ok(())
    }
}

fn turn(fields: &Fields<'_>) -> Result<Turn, EventError> {
    let place = fields.value.get("place").filter(|place| !place.is_null());
    let Some(place) = place else {
        return fields.name("/region", ExpectedField::RegionOrPlace).map(Turn::Of);
    };
    let counted = place.as_u64().and_then(|place| usize::try_from(place).ok()).filter(|place| *place > 0);
    match counted {
        Some(place) if fields.value.get("region").is_none_or(serde_json::Value::is_null) => Ok(Turn::Place(place)),
        Some(place) => Err(fields.wrong("/place", ExpectedField::RegionOrPlaceNotBoth, FoundField::Place(place))),
        None => Err(fields.wrong("/place", ExpectedField::Place, quoted(&place.to_string()))),
    }
}

/// CodePipeline's ids are UUIDs. What else an actor may be called is for people.
fn execution(fields: &Fields<'_>) -> Result<Actor, EventError> {
    const EXPECTED: ExpectedField = ExpectedField::Execution;
    let id = fields.text("/execution", EXPECTED)?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    id.parse().ok().filter(|_| is_plain).ok_or_else(|| fields.wrong("/execution", EXPECTED, quoted(id)))
}

impl<R> UserParameters<R> {
    fn read(value: &Value, release: impl Fn(&Fields<'_>) -> Result<R, EventError>) -> Result<Self, EventError> {
        let fields = Fields::new(PARAMETERS_EVENT, value);
        let action = match fields.text("/action", ExpectedField::Action)? {
            "register" => Action::Register,
            "promote" => Action::Promote { turn: turn(&fields)? },
            "verify" => Action::Verify,
            other => return Err(fields.wrong("/action", ExpectedField::Action, quoted(other))),
        };
        Ok(Self {
            fleet: fields.name("/fleet", ExpectedField::FleetName)?,
            action,
            release: release(&fields)?,
            policy: fields.name("/policy", ExpectedField::PolicyDigest)?,
            pipeline: fields.name("/pipeline", ExpectedField::PipelineName)?,
            execution: execution(&fields)?,
        })
    }
}
