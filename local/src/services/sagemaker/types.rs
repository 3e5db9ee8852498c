//! SageMaker's control plane: models, endpoint configurations, endpoints, and the model registry.

pub use endpoint::*;
pub use model::*;
pub use registry::*;
pub use runtime::*;

mod endpoint;
mod model;
mod registry;
mod runtime;
