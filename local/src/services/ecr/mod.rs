//! ECR: registries of images (JSON 1.1).

pub(crate) mod calls;
pub(crate) mod images;
mod pushes;
pub(crate) mod rights;
pub(crate) mod types;

pub use types::*;
