//! An operation by AWS's name of it, as the AWS CLI calls it: every one that takes plain values.

use crate::services::operations::every_operation;
use crate::services::{
    ApiError, Operation, Outcome, autoscaling, cloudwatch, codepipeline, ecr, eventbridge, iam, kms, quotas, s3,
    sagemaker, sns, sts,
};
use crate::world::World;
use meridian_domain::RegionName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

macro_rules! entries {
    ($($how:ident { $($operation:ty,)* })*) => {
        /// All of them, in groups.
        const OPERATIONS: &[&[Entry]] = &[$(group!($how $($operation,)*)),*];
    };
}

macro_rules! group {
    (rest $($operation:ty,)*) => { &[] };
    ($how:ident $($operation:ty,)*) => { &[$(Entry { name: <$operation>::NAME, run: run::<$operation> }),*] };
}

every_operation!(entries);

struct Entry {
    name: &'static str,
    run: fn(&mut World, &RegionName, Value) -> Result<(), ApiError>,
}

fn run<O>(world: &mut World, region: &RegionName, request: Value) -> Result<(), ApiError>
where
    O: Operation + DeserializeOwned + Serialize,
{
    let invalid = |error: serde_json::Error| ApiError::validation(error.to_string());
    let asked: Vec<String> = request.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
    let operation: O = serde_json::from_value(request).map_err(invalid)?;
    // As the AWS CLI does, which knows no other members than the operation's.
    let known = serde_json::to_value(&operation).map_err(invalid)?;
    if let Some(unknown) = asked.iter().find(|member| known.get(member.as_str()).is_none()) {
        return Err(ApiError::validation(format!("{} has no {unknown}", O::NAME)));
    }
    match world.call(region, operation) {
        Outcome::Answer(answer) | Outcome::Late(answer, _) => answer.map(|_| ()),
        Outcome::Hang | Outcome::Killed => Err(ApiError::new("RequestTimeout", 408, "no answer")),
    }
}

/// Calls it as nobody in particular; none where there is no such operation.
pub(crate) fn call(world: &mut World, region: &RegionName, name: &str, request: Value) -> Option<Result<(), ApiError>> {
    let entry = OPERATIONS.iter().copied().flatten().find(|entry| entry.name == name)?;
    Some((entry.run)(world, region, request))
}

/// The names that [`call`] knows.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().copied().flatten().map(|entry| entry.name)
}
