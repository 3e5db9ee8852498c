//! SageMaker: models, endpoints, the model registry (JSON 1.1), and the data plane (REST-JSON).

pub(crate) mod containers;
pub(crate) mod delete_calls;
pub(crate) mod endpoint;
pub(crate) mod endpoint_calls;
pub(crate) mod endpoint_events;
pub(crate) mod instances;
pub(crate) mod invoke;
pub(crate) mod lifecycle;
pub(crate) mod model_calls;
pub(crate) mod models;
pub(crate) mod registry;
pub(crate) mod registry_calls;
pub(crate) mod rights;
pub(crate) mod types;
mod zones;

pub use types::*;
