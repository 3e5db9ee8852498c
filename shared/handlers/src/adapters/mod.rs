//! What every implementation of the ports that speaks AWS's vocabulary shares: the real one through the SDK, and the
//! simulated one. The handlers themselves use none of it.

pub mod assumed_roles;
pub mod counts;
pub mod errors;
pub mod identity;
pub mod ledger;
pub mod registry;
mod words;

pub use meridian_messages::alarm_description;
pub use words::{set_off_by, update_failure};

/// What a container takes and gives.
pub const CSV: &str = "text/csv";
