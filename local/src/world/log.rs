//! Everything observable that happens, typed: stories and tests are made from it.

use crate::services::cloudwatch::types::AlarmState;
use crate::services::sagemaker::types::{EndpointStatus, ModelApprovalStatus};
use crate::world::invocation::InvocationId;
use jiff::Timestamp;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that happened. It never holds a payload or a feature value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorldEvent {
    /// When, in virtual time.
    pub at: Timestamp,
    /// Where; a pipeline is in home.
    pub region: RegionName,
    /// What happened, and to what.
    #[serde(flatten)]
    pub what: What,
}

/// How far an endpoint's deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Green is being made; no traffic.
    Provisioning,
    /// A part of the traffic goes to green, and is watched.
    Canary,
    /// The rest of the traffic goes over.
    Shifting,
    /// All traffic is on green, blue is still warm.
    Soaking,
    /// All traffic is back on blue, green is being taken down.
    RollingBack,
    /// Nothing is going on.
    InService,
    /// A rollback failed: blue and green answer.
    RollbackFailed,
    /// The first instances could not be made.
    Failed,
}

/// What happened: one variant for each kind of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// An object was written by a caller.
    ObjectCreated {
        /// Name of the bucket.
        bucket: String,
        /// The object's key.
        key: String,
        /// Id of the new version.
        version_id: String,
        /// Size in bytes.
        size: u64,
    },
    /// A replica arrived in another region's bucket.
    ObjectReplicated {
        /// Name of the bucket that it arrived in.
        bucket: String,
        /// The object's key, the same as at the source.
        key: String,
        /// Its version, the same as at the source.
        version_id: String,
        /// Size in bytes.
        size: u64,
    },
    /// An image is in the region's registry.
    ImageArrived {
        /// Its URI.
        image: String,
    },
    /// An image's copy will not come.
    ImageNotCopied {
        /// Its URI.
        image: String,
    },
    /// A person has made a region's bucket anew from a backup.
    BucketRestored {
        /// When the backup was made.
        to: Timestamp,
        /// How many versions are younger, and gone.
        gone: usize,
    },
    /// An endpoint has more instances.
    InstancesAdded {
        /// Name of the endpoint.
        endpoint: String,
        /// Instances that serve from now on.
        instances: u32,
    },
    /// A copy will not arrive.
    ReplicationFailed {
        /// Name of the bucket that it was to arrive in.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A function was called.
    InvocationStarted {
        /// Names the call in this world.
        id: InvocationId,
        /// The function that was called.
        function: FunctionKind,
        /// Who called, e.g. `codepipeline`, `sweep`.
        source: String,
        /// 1, and up to 3 with retries.
        attempt: u32,
    },
    /// A call of a function ended.
    InvocationEnded {
        /// The call, as `InvocationStarted` names it.
        id: InvocationId,
        /// The function that was called.
        function: FunctionKind,
        /// `answered`, `error`, `timed_out` or `crashed`.
        how: String,
        /// Whether it will be tried again.
        retried: bool,
    },
    /// An invocation that Lambda had given up before called something that changes AWS.
    StaleCall {
        /// The function whose invocation it was.
        function: FunctionKind,
        /// AWS's operation that it called.
        operation: String,
        /// The service's words where it refused.
        refused: Option<String>,
    },
    /// An alarm changed its state.
    AlarmStateChanged {
        /// Name of the alarm.
        alarm: String,
        /// The state before the change.
        from: AlarmState,
        /// The state after it.
        to: AlarmState,
        /// Why, in CloudWatch's words.
        reason: String,
    },
    /// An endpoint's deployment reached a stage.
    EndpointStage {
        /// Name of the endpoint.
        endpoint: String,
        /// How far the deployment is now.
        stage: Stage,
        /// What `DescribeEndpoint` says now.
        status: EndpointStatus,
        /// The configuration that was there before.
        old_config: Option<String>,
        /// The configuration that it is about; in `in_service` the one that serves.
        new_config: String,
        /// Per cent of the traffic that green takes.
        percent: u32,
        /// Why, for rollbacks and failures.
        reason: Option<String>,
    },
    /// A pipeline's execution began.
    ExecutionStarted {
        /// Name of the pipeline.
        pipeline: String,
        /// UUID of the execution.
        execution: String,
    },
    /// A pipeline's execution ended well.
    ExecutionSucceeded {
        /// Name of the pipeline.
        pipeline: String,
        /// UUID of the execution.
        execution: String,
    },
    /// A pipeline's execution failed.
    ExecutionFailed {
        /// Name of the pipeline.
        pipeline: String,
        /// UUID of the execution.
        execution: String,
        /// The action that failed, by its name, which is its stage's too.
        action: String,
    },
    /// A person stopped a pipeline's execution.
    ExecutionStopped {
        /// Name of the pipeline.
        pipeline: String,
        /// UUID of the execution.
        execution: String,
    },
    /// An action of an execution began.
    ActionStarted {
        /// UUID of the execution.
        execution: String,
        /// The action's name, which is its stage's too.
        action: String,
    },
    /// An action asked to be called again.
    ActionContinued {
        /// UUID of the execution.
        execution: String,
        /// The action's name, which is its stage's too.
        action: String,
        /// What it said of itself.
        summary: Option<String>,
    },
    /// An action ended well.
    ActionSucceeded {
        /// UUID of the execution.
        execution: String,
        /// The action's name, which is its stage's too.
        action: String,
        /// What it said of itself.
        summary: Option<String>,
    },
    /// An action failed.
    ActionFailed {
        /// UUID of the execution.
        execution: String,
        /// The action's name, which is its stage's too.
        action: String,
        /// CodePipeline's failure type.
        failure: String,
        /// Why it failed, in words for people.
        message: String,
    },
    /// A person was called.
    PageSent {
        /// The topic's ARN.
        topic: String,
        /// The subject, at most 100 ASCII characters.
        subject: String,
        /// The text below the subject.
        message: String,
        /// The attribute `kind`: which kind of page it is.
        about: Option<String>,
        /// The attribute `reason`: what the text was made of.
        reason: Option<Value>,
    },
    /// People were told what nobody need get up for.
    AdviceSent {
        /// The topic's ARN.
        topic: String,
        /// The subject, at most 100 ASCII characters.
        subject: String,
        /// The text below the subject.
        message: String,
        /// The attribute `kind`: which kind of page it is.
        about: Option<String>,
        /// The attribute `reason`: what the text was made of.
        reason: Option<Value>,
    },
    /// A scheduled fault began.
    FaultBegan {
        /// What a person would call it.
        fault: String,
    },
    /// A scheduled fault ended.
    FaultEnded {
        /// What a person would call it.
        fault: String,
    },
    /// Health checks changed their mind.
    HealthChanged {
        /// Whether the region is in DNS now.
        healthy: bool,
    },
    /// A model package was registered.
    ModelPackageCreated {
        /// ARN of the package's version.
        package: String,
        /// The approval status that it begins with.
        status: ModelApprovalStatus,
    },
    /// A model package's approval status changed.
    ModelPackageStatusChanged {
        /// ARN of the package's version.
        package: String,
        /// The approval status that it has now.
        status: ModelApprovalStatus,
        /// Why, as `UpdateModelPackage` was told; none where it was told nothing.
        reason: Option<String>,
    },
}
