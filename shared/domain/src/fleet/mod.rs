//! What a fleet is: its policy and regions, the releases that it serves, and what AWS holds of them under which names.

pub mod alarms;
mod canary;
pub mod capture;
pub mod endpoint;
pub mod image;
pub mod keys;
pub mod name_error;
pub mod names;
mod policy;
pub mod provenance;
pub mod release;
pub mod release_bounds;
pub mod serving_role;
pub mod signing;
pub mod traffic;

pub use canary::{Bake, CanarySize};
pub use policy::*;
