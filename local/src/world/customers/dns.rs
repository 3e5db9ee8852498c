//! How clients find regions.

use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use std::collections::BTreeMap;

/// How clients find regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Dns {
    /// For how long a resolver keeps an answer. Resolvers asked at times of their own, so an answer's age is spread evenly.
    pub ttl: SignedDuration,
    /// Where a region's customers are led while it is not healthy: to the first healthy one.
    pub next: BTreeMap<RegionName, Vec<RegionName>>,
}

/// When a region's health last changed, and the share of its customers that came to it then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub at: Timestamp,
    pub share: f64,
}
