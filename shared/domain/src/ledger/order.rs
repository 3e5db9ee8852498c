//! The order of a wave, as its record says it.

use crate::fleet::names::RegionName;
use crate::fleet::{HomePlace, OrderPolicy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// In which order a wave walks, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaveOrder {
    /// Every region of the fleet, once.
    pub regions: Vec<RegionName>,
    /// The policy and the traffic that it follows from.
    pub why: OrderReason,
}

/// Why a wave walks in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderReason {
    /// `order` of `[fleet]`, as policy said it when the wave began.
    pub policy: OrderPolicy,
    /// The order that the hour's traffic gives.
    pub by_traffic: Vec<RegionName>,
    /// Where policy puts home.
    pub home: HomePlace,
    /// When the wave starts.
    pub at: Timestamp,
    /// Each region's traffic, in the order of the policy's file.
    pub traffic: Vec<RegionTraffic>,
}

/// What a region usually serves, requests a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionTraffic {
    /// AWS's name of the region.
    pub region: RegionName,
    /// At the hour that the order was made for.
    pub rps: f64,
    /// At its daily peak.
    pub peak_rps: f64,
}
