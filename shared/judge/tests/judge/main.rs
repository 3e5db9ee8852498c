//! What the judge promises, by whole waves of counts. One file for each subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use meridian_judge::Stakes;

mod judged_minutes;
mod judging;
mod pooling;

/// A region of 200 requests a second: five minutes until the verdict at full load, and a way back of a quarter of an hour.
const STAKES: Stakes = Stakes {
    until_verdict: 60_000,
    way_back: 180_000,
    full_load: 24_000,
    hour: 720_000,
    day: 17_280_000,
    failover: 120_000,
};
