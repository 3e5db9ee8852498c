//! S3 replication, by the rules of the template's buckets: `releases/` of home's bucket goes to every other region's, each
//! object after a lag of its own.

use crate::services::s3::bucket::{Copy, Version};
use crate::services::s3::events;
use crate::services::s3::types::ReplicationStatus;
use crate::world::config::Timing;
use crate::world::lag::Lag;
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::service::Service;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_deployment::{AssumingService, Bucket, ReplicationRule};
use meridian_domain::{Bounds, RegionName};
use std::collections::BTreeSet;

/// The notification of a copy that will not come.
const FAILED: &str = "s3:Replication:OperationFailedReplication";

impl World {
    /// Sends copies of a new version on their way, where the bucket's rules cover it, and returns it with its status.
    pub(crate) fn replicate(&mut self, region: &RegionName, key: &str, mut version: Version) -> Version {
        let deployment = self.deployment.clone();
        let own = self.regions.get(region).map(|own| own.bucket.name.as_str()).unwrap_or_default();
        let Some(bucket) = deployment.stacks.get(region).and_then(|stack| stack.buckets.get(own)) else {
            return version;
        };
        let is_covered = |rule: &&ReplicationRule| self.copies(region, own) && rule.copies(bucket, key);
        let rules: Vec<&ReplicationRule> = bucket.replication.iter().filter(is_covered).collect();
        if rules.is_empty() {
            return version;
        }
        let mut failed = false;
        // S3 copies into buckets that keep versions, and into no other.
        let keeps = |name: &str| {
            let mut buckets = deployment.stacks.values().filter_map(|stack| stack.buckets.get(name));
            buckets.any(Bucket::is_versioned)
        };
        let Timing { replication_min: min, replication_max: max, .. } = self.config.timing;
        let usual = Lag { service: Service::S3, bounds: Bounds { min, max } };
        for rule in rules {
            let place = self.regions.iter().find(|(_, own)| own.bucket.name == rule.bucket);
            let Some(to) = place.map(|(name, _)| name.clone()) else {
                failed = true;
                continue;
            };
            match self.lag(&to, key, usual).filter(|_| keeps(&rule.bucket) && self.may_copy(region, bucket, rule, key))
            {
                Some(lag) => {
                    let copy = Copy { key: key.to_owned(), to: to.clone(), version: version.clone() };
                    self.queue.push(self.later(lag), Event::Copy(Box::new(copy)));
                    version.awaited.insert(to);
                }
                None => {
                    failed = true;
                    self.replication_failed(region, bucket, rule, &to, key, &version);
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

    /// Whether the role that copies may do so (S3 User Guide, "Setting up permissions for live replication").
    fn may_copy(&mut self, region: &RegionName, from: &Bucket, rule: &ReplicationRule, key: &str) -> bool {
        let of = |action, resource: String| self.s3_ask(action, &resource);
        let mut asks =
            vec![of("s3:GetReplicationConfiguration", from.name.clone()), of("s3:ListBucket", from.name.clone())];
        let read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"];
        asks.extend(read.map(|action| of(action, format!("{}/{key}", from.name))));
        asks.extend(
            ["s3:ReplicateObject", "s3:ReplicateTags"].map(|action| of(action, format!("{}/{key}", rule.bucket))),
        );
        asks.extend(from.encryption.key.iter().map(|own| self.key_ask("kms:Decrypt", own)));
        let write = ["kms:Encrypt", "kms:GenerateDataKey"];
        asks.extend(rule.key.iter().flat_map(|own| write.map(|action| self.key_ask_of_s3(action, own))));
        let role = from.copy_role.clone().unwrap_or_default();
        self.authorise_role(region, AssumingService::S3, &role, &asks).is_ok()
    }

    /// Tells the function that the bucket's notifications name for it.
    fn replication_failed(
        &mut self,
        from: &RegionName,
        bucket: &Bucket,
        rule: &ReplicationRule,
        to: &RegionName,
        key: &str,
        version: &Version,
    ) {
        let notice = events::replication_failed(self.account(from), from, &bucket.name, rule, key, version);
        self.record(to, What::ReplicationFailed { bucket: rule.bucket.clone(), key: key.to_owned() });
        let source = format!("arn:aws:s3:::{}", bucket.name);
        let told = bucket.to_functions.iter().filter(|(event, _)| event == FAILED);
        for function in told.filter_map(|(_, arn)| self.function_of_arn(from, arn)).collect::<Vec<_>>() {
            if self.may_invoke(function, from, "s3.amazonaws.com", &source) {
                self.invoke_later(function, from, "s3", notice.clone(), SignedDuration::from_secs(1));
            }
        }
    }

    /// A copy arrives: the same version id, the status of a replica.
    pub(crate) fn copy_arrives(&mut self, copy: Copy) {
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
