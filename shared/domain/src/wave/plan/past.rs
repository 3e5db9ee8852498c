//! What counts of past days say to a plan: the traffic of the last hour, base rates, and how much minutes scatter.

use super::bake::Hour;
use super::dispersion::{Dispersion, dispersion};
use crate::fleet::JudgePolicy;
use crate::fleet::names::RegionName;
use crate::wave::lookout::{ArmMinutes, Lookout};
use crate::wave::replay::Row;
use meridian_judge::{Arm, MetricName};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes that are the last hour.
const LAST_HOUR: usize = 60;

/// The last hour of each region in a file of counts: requests of both arms, bad ones of blue.
pub fn last_hours(rows: &[Row]) -> BTreeMap<RegionName, Hour> {
    let regions: BTreeSet<&RegionName> = rows.iter().map(|row| &row.region).collect();
    regions.into_iter().map(|region| (region.clone(), last_hour(rows, region))).collect()
}

fn last_hour(rows: &[Row], region: &RegionName) -> Hour {
    let own = || rows.iter().filter(|row| row.region == *region);
    let minutes: BTreeSet<i64> = own().map(|row| row.counts.minute).collect();
    let last: BTreeSet<i64> = minutes.into_iter().rev().take(LAST_HOUR).collect();
    let mut served: BTreeMap<&MetricName, u64> = BTreeMap::new();
    let mut blue: BTreeMap<&MetricName, (u64, u64)> = BTreeMap::new();
    for row in own().filter(|row| last.contains(&row.counts.minute)) {
        let arms = [row.counts.green, row.counts.blue].into_iter().flatten();
        *served.entry(&row.metric).or_default() += arms.map(|arm| arm.total).sum::<u64>();
        if let Some(arm) = row.counts.blue {
            let (total, bad) = blue.entry(&row.metric).or_default();
            (*total, *bad) = (*total + arm.total, *bad + arm.bad);
        }
    }
    // Every metric counts the same requests; one that arrives in part counts too few of them.
    let most = served.values().max().copied();
    let rate = |(name, (total, bad)): (&MetricName, (u64, u64))| Some((name.clone(), rate(total, bad)?));
    Hour {
        rps: most.map(|total| total as f64 / (60.0 * last.len() as f64)),
        rates: blue.into_iter().filter_map(rate).collect(),
    }
}

/// Half a bad request where there was none: nothing seen is not a rate of zero.
pub(super) fn rate(total: u64, bad: u64) -> Option<f64> {
    (total > 0).then(|| (bad as f64).max(0.5) / total as f64)
}

impl Hour {
    /// What the instances that served counted. Each metric's traffic is that of the minutes that arrived of it; a minute
    /// without requests arrives as none, so there is the traffic of the minutes that had any.
    pub fn of(policy: &JudgePolicy, served: &ArmMinutes) -> Self {
        let sums = Lookout::metrics(policy).into_iter().map(|metric| {
            let minutes: Vec<Arm> = served.minutes(&metric).map(|(_, arm)| arm).collect();
            let (total, bad) = (minutes.iter().map(|arm| arm.total).sum(), minutes.iter().map(|arm| arm.bad).sum());
            (metric, minutes.len() as f64, total, bad)
        });
        let sums: Vec<(MetricName, f64, u64, u64)> = sums.filter(|(_, minutes, ..)| *minutes > 0.0).collect();
        let rps = sums.iter().map(|(_, minutes, total, _)| *total as f64 / (60.0 * minutes));
        Self {
            rps: rps.reduce(f64::max),
            rates: sums.into_iter().filter_map(|(name, _, total, bad)| Some((name, rate(total, bad)?))).collect(),
        }
    }
}

/// How much each metric's minutes scatter in each region, as far as there are enough of them: blue's alone.
pub fn dispersions(rows: &[Row]) -> Vec<(RegionName, MetricName, Dispersion)> {
    let mut minutes: BTreeMap<(&RegionName, &MetricName), BTreeMap<i64, Arm>> = BTreeMap::new();
    for row in rows {
        if let Some(blue) = row.counts.blue {
            minutes.entry((&row.region, &row.metric)).or_default().insert(row.counts.minute, blue);
        }
    }
    let found = |((region, metric), minutes): ((&RegionName, &MetricName), BTreeMap<i64, Arm>)| {
        Some((region.clone(), metric.clone(), dispersion(minutes)?))
    };
    minutes.into_iter().filter_map(found).collect()
}
