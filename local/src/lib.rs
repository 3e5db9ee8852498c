//! The whole world in one process: simulated AWS regions with virtual time, faults and traffic, and its doors.
//! It may know the handlers, whose ports it implements, and what these know, and the deployment; never the SDK.

pub mod chaos;
pub mod direct;
pub mod engine;
pub mod host;
pub mod http;
pub mod night;
pub mod services;
pub mod world;
