//! A pilot light: what it keeps while nothing runs there.

use super::{OpenUpdate, RegionHistory, Serving};
use crate::fleet::endpoint::Target;
use crate::fleet::names::{Actor, ReleaseId};
use jiff::Timestamp;

impl RegionHistory {
    /// There is no endpoint: what was on record of one is over.
    pub(super) fn keep(&mut self, target: &Target, since: Timestamp, by: &Actor) {
        if self.kept.as_ref().is_none_or(|kept| kept.target != *target) {
            self.kept = Some(Serving { target: target.clone(), since, by: by.clone() });
        }
        (self.serving, self.previous, self.update, self.unknown) = (None, None, None, None);
        (self.scaled, self.deregistered) = (None, false);
        self.unready();
    }

    /// True if the region is where a wave of `release` wants it: it serves it, or keeps it where nothing is to run.
    pub fn has(&self, release: &ReleaseId) -> bool {
        self.serves(release) || self.kept.as_ref().is_some_and(|kept| kept.target.release == *release)
    }

    /// The endpoint that a pilot light makes for itself, of what it keeps.
    pub fn lighting(&self) -> Option<&OpenUpdate> {
        let kept = self.kept.as_ref()?;
        self.update.as_ref().filter(|update| update.epoch.is_none() && update.target == kept.target)
    }

    /// What serves, or would serve once its endpoint is made.
    pub fn target(&self) -> Option<&Target> {
        self.serving.as_ref().or(self.kept.as_ref()).map(|own| &own.target)
    }
}
