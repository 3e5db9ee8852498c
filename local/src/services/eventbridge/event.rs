//! An event on a region's bus.

use jiff::Timestamp;
use meridian_domain::RegionName;
use serde_json::Value;

/// An event as it went over a region's bus.
#[derive(Clone, Debug, PartialEq)]
pub struct BusEvent {
    /// When it went over the bus, in virtual time.
    pub at: Timestamp,
    /// The region whose bus it was.
    pub region: RegionName,
    /// The event, in its wire shape.
    pub event: Value,
}
