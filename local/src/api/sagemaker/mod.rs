//! SageMaker's control plane: models, endpoint configurations, endpoints, and the model registry.

mod endpoint;
mod model;
mod registry;

pub use endpoint::*;
pub use model::*;
pub use registry::*;
