//! The operations that can be called with plain values: every service but the two that speak REST.

use super::reply::{WireRequest, malformed, map, title, unknown};
use crate::services::operations::every_operation;
use crate::services::{
    ApiError, Operation, Outcome, Service, autoscaling, cloudwatch, codepipeline, ecr, eventbridge, iam, kms, quotas,
    sagemaker, sns, sts,
};
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
    (named $($operation:ty,)*) => { &[] };
    (plain $($operation:ty,)*) => { &[$(entry::<$operation>()),*] };
}

every_operation!(entries);

struct Entry {
    service: Service,
    name: &'static str,
    run: fn(&WireRequest<'_>, Value) -> Outcome<Value>,
}

const fn entry<O>() -> Entry
where
    O: Operation + DeserializeOwned,
    O::Output: Serialize,
{
    Entry { service: O::SERVICE, name: O::NAME, run: run::<O> }
}

fn run<O>(call: &WireRequest<'_>, input: Value) -> Outcome<Value>
where
    O: Operation + DeserializeOwned,
    O::Output: Serialize,
{
    match serde_json::from_value::<O>(input) {
        Ok(operation) => map(call.run(operation), |output| {
            serde_json::to_value(output).map_err(|error| ApiError::new("InternalFailure", 500, error.to_string()))
        }),
        Err(error) => Outcome::Answer(Err(malformed(format!("{}: {error}", O::NAME)))),
    }
}

/// Calls an operation by its name.
pub(super) fn call(call: &WireRequest<'_>, service: Service, operation: &str, input: Value) -> Outcome<Value> {
    match OPERATIONS.iter().copied().flatten().find(|entry| entry.service == service && entry.name == operation) {
        Some(entry) => (entry.run)(call, input),
        None => Outcome::Answer(Err(unknown(title(service), operation))),
    }
}
