//! Taking a region back whose ledger cannot be read (I6): by what its control plane and its alarms show alone.
//!
//! `promote` writes the way back in a second place before it takes the way forward: into the description of the region's
//! verdict alarm ([`WayBack`]). With it, what the endpoint names says all that must be known: on the way forward's
//! configuration there is a way back; on the way back's there is none, for a region goes one step back and never two.
//! The ledger's entries follow when it can be read again: the return is found there as one that nobody wrote down.

use super::rollback::RollbackView;
use super::{Act, Next, Plan};
use crate::endpoint::{EndpointStatus, EndpointView, Seen};
use crate::runbook::Runbook;

impl RollbackView<'_> {
    pub(super) fn blind(&self, endpoint: &EndpointView, unread: &str) -> Plan {
        let Some(reason) = self.alarm() else {
            return self.nothing(&format!("the rollback alarm is quiet, and the ledger cannot be read: {unread}"));
        };
        let way = match &self.sight.way_back {
            Seen::Known(Some(way)) => way,
            Seen::Known(None) => return self.nothing("no way back is written beside the alarms"),
            Seen::Unknown(why) => return self.nothing(&format!("the way back cannot be read either: {why}")),
        };
        let (title, back) = (&self.region.title, &way.back);
        let on_its_way = endpoint.pending.as_ref().is_some_and(|pending| pending.config == way.target.config);
        if endpoint.status == EndpointStatus::Updating && on_its_way {
            // Refused in flight, and heard by the guardrail.
            return self
                .once(Act::Trip, &way.target, reason)
                .unwrap_or_else(|| self.nothing("the guardrail was told; the sweep looks again"));
        }
        let taken = self.sight.done.contains(&Act::Update);
        if !taken && !endpoint.rests_on(&way.target) && endpoint.status != EndpointStatus::UpdateRollbackFailed {
            return self.nothing(&format!("{title} is not on what it would go back from; its ledger cannot be read"));
        }
        if let Some(update) = self.once(Act::Update, back, &format!("{title} goes back to {}: {reason}", back.version))
        {
            return update;
        }
        let why = format!(
            "{title} goes back from {} to {}: {reason}; its ledger cannot be read ({unread})",
            way.target.version, back.version
        );
        let advice = "It acts by what stands beside its alarms. The entries follow when the ledger can be read: look at the bucket.";
        if self.sight.paged {
            return self.nothing("the way back is under way; the ledger's entries follow");
        }
        Plan::new(Next::Page { region: self.region.name.clone(), advice: Runbook::RegionalFault.after(advice) }, why)
    }
}
