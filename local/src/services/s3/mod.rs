//! S3: object storage (REST-XML).

pub(crate) mod bucket;
pub(crate) mod calls;
pub(crate) mod events;
pub(crate) mod replication;
pub(crate) mod rights;
pub(crate) mod settings;
pub(crate) mod types;

pub use types::*;
