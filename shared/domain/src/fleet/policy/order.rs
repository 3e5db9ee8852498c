//! In which order a wave walks: what policy says about it. The order of one wave is [`crate::wave::plan::wave_order`]'s.

use super::{Fleet, Region};
use crate::fleet::names::RegionName;
use serde::{Deserialize, Serialize};

/// `order` of `[fleet]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderPolicy {
    /// As the regions are listed.
    Fixed,
    /// By the traffic that each region has at the hour of the wave, most first: the sooner there is evidence, the less
    /// is at stake until then.
    Signal,
}

/// `home_place` of `[fleet]`: where home stands in an order by traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HomePlace {
    /// Where its traffic puts it.
    #[default]
    Signal,
    /// First: the people who look after it are awake there.
    First,
    /// After every other active region.
    Last,
}

impl Fleet {
    /// The regions in the order that a wave recorded; the listed order where it recorded none. A region that the record
    /// does not name comes after those that it names, as it is listed.
    pub fn in_order<'a>(&'a self, recorded: Option<&[RegionName]>) -> impl Iterator<Item = &'a Region> {
        let recorded = recorded.unwrap_or_default();
        let named = recorded.iter().filter_map(|name| self.region(name));
        let others = self.regions.iter().filter(move |region| !recorded.contains(&region.name));
        named.chain(others)
    }
}
