//! The advice of a standby that makes itself ready without anybody's command.

use crate::Voice;
use meridian_domain::RegionName;

impl Voice<'_> {
    pub(super) fn stands_in_title(self, from: &RegionName, standby: &RegionName) -> String {
        format!("{} makes itself ready for {}'s customers", self.title(standby), self.title(from))
    }

    pub(super) fn stands_in(self, from: &RegionName, with: &[RegionName], standby: &RegionName) -> String {
        let looks = self.fleet.failover_threshold.unwrap_or_default();
        format!(
            "{}'s endpoint has not answered {} in {looks} looks, five minutes apart, nor {}",
            self.title(from),
            self.title(standby),
            self.titles(with)
        )
    }

    pub(super) fn holds_while_it_stands_in(self, from: &RegionName, standby: &RegionName) -> String {
        format!(
            "{} gets the instances for both regions' customers, and proves by golden records what it serves. No release starts there. \
             Customers go where DNS leads them, by each region's /health.",
            self.title(standby)
        ) + &format!(" {} was changed in nothing.", self.title(from))
    }

    pub(super) fn steps_while_it_stands_in(self, from: &RegionName, standby: &RegionName) -> String {
        let (from, standby) = (self.title(from), self.title(standby));
        format!(
            "Find out what {from} lacks. Where its customers are not to come back before you say so: meridian failover --from {from} --to \
             {standby}. Where they are back for good: meridian failback --region {from}; until then {standby} stays ready."
        )
    }
}
