//! Whether a region's customers may meet a release.

use super::RegionHistory;
use crate::fleet::names::ReleaseId;
use crate::ledger::advice::Exposure;

impl RegionHistory {
    /// How customers here may meet `release`; none where they do not.
    pub fn exposure(&self, release: &ReleaseId) -> Option<Exposure> {
        if self.unknown.is_some() {
            return Some(Exposure::Unknown);
        }
        let serving = self.serving.as_ref().filter(|serving| serving.target.release == *release);
        let update = self.update.as_ref().filter(|update| {
            let (leaves, arrives) = (serving.is_some(), update.target.release == *release);
            if arrives { !update.confirmed } else { leaves }
        });
        match (update, serving) {
            (Some(_), _) => Some(Exposure::InUpdate),
            (None, Some(serving)) => {
                let back = self.previous.as_ref().map(|back| back.config.clone());
                Some(Exposure::Serves { since: serving.since, back })
            }
            (None, None) => None,
        }
    }
}
