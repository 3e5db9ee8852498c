//! S3 replication: `releases/` of home's bucket goes to every other region's bucket, each object after a lag of its own.

use super::fault::FaultKind;
use super::queue::Event;
use super::random::Random;
use super::s3::Version;
use super::{FunctionName, What, World, events};
use crate::api::s3::ReplicationStatus;
use jiff::SignedDuration;
use meridian_domain::{RegionName, keys};
use std::collections::BTreeSet;

/// A copy on its way.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub key: String,
    pub to: RegionName,
    /// The source's version: its bytes and its id.
    pub version: Version,
}

impl World {
    /// Sends copies of a new version on their way, where the rules cover it, and returns it with its status.
    pub(super) fn replicate(&mut self, region: &RegionName, key: &str, mut version: Version) -> Version {
        if *region != self.config.fleet.home || !key.starts_with(keys::RELEASES) {
            return version;
        }
        let destinations: Vec<RegionName> = self.regions.keys().filter(|other| *other != region).cloned().collect();
        let mut failed = false;
        for to in destinations {
            match self.lag(&to, key) {
                Some(lag) => {
                    let copy = Copy { key: key.to_owned(), to: to.clone(), version: version.clone() };
                    self.queue.push(self.later(lag), Event::Copy(Box::new(copy)));
                    version.awaited.insert(to);
                }
                None => {
                    failed = true;
                    self.replication_failed(&to, key, &version);
                }
            }
        }
        version.replication = Some(match (failed, version.awaited.is_empty()) {
            (true, _) => ReplicationStatus::Failed,
            (false, true) => ReplicationStatus::Completed,
            (false, false) => ReplicationStatus::Pending,
        });
        version
    }

    /// How long a copy takes, or `None` where a fault keeps it from arriving.
    fn lag(&mut self, to: &RegionName, key: &str) -> Option<SignedDuration> {
        let (timing, now) = (&self.config.timing, self.now);
        let bounds = [timing.replication_min, timing.replication_max].map(|lag| lag.as_millis() as i64);
        let [low, high] = bounds;
        let usual = Random::labelled(self.config.seed, ["replication", to.as_str(), key]).between(low, high);
        let mut lag = SignedDuration::from_millis(usual);
        for scheduled in self.faults.iter_mut().filter(|scheduled| scheduled.holds_in(to, now)) {
            match scheduled.fault.kind {
                FaultKind::ReplicationFail => {
                    scheduled.spend();
                    return None;
                }
                FaultKind::ReplicationDelay => {
                    scheduled.spend();
                    lag = lag.saturating_add(scheduled.fault.delay.unwrap_or_default());
                }
                _ => {}
            }
        }
        Some(lag)
    }

    fn replication_failed(&mut self, to: &RegionName, key: &str, version: &Version) {
        let home = self.home();
        let bucket = |name| self.regions.get(name).map(|region| region.bucket.name.clone()).unwrap_or_default();
        let (source, destination) = (bucket(&home), bucket(to));
        let notice =
            events::replication_failed(&self.config.fleet.account, &home, &source, to, &destination, key, version);
        self.record(to, What::ReplicationFailed { bucket: destination, key: key.to_owned() });
        self.invoke_later(FunctionName::Replication, &home, "s3", notice, SignedDuration::from_secs(1));
    }

    /// A copy arrives: the same version id, the status of a replica.
    pub(super) fn copy_arrives(&mut self, copy: Copy) {
        let Copy { key, to, mut version } = copy;
        version.modified = self.now;
        version.replication = Some(ReplicationStatus::Replica);
        version.awaited = BTreeSet::new();
        let home = self.home();
        if let Some(source) = self.regions.get_mut(&home).and_then(|home| home.bucket.version_mut(&key, &version.id)) {
            source.awaited.remove(&to);
            if source.awaited.is_empty() && source.replication == Some(ReplicationStatus::Pending) {
                source.replication = Some(ReplicationStatus::Completed);
            }
        }
        let Some(region) = self.regions.get_mut(&to) else { return };
        region.bucket.put(&key, version.clone());
        let arrived = What::ObjectReplicated {
            bucket: region.bucket.name.clone(),
            key: key.clone(),
            version_id: version.id.clone(),
            size: version.body.len() as u64,
        };
        self.record(&to, arrived);
        self.object_created(&to, &key, &version);
    }
}
