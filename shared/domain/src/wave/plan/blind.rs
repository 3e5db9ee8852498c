//! Rolling back a region whose ledger cannot be read (I6): by what its control plane and its alarms show alone.
//!
//! `promote` writes the way back in a second place before it takes the way forward: into the description of the region's
//! verdict alarm ([`WayBack`]). With it, what the endpoint names says all that must be known: on the way forward's
//! configuration there is a way back; on the way back's there is none, for a region goes one step back and never two.
//! The ledger's entries follow when it can be read again: the return is found there as one that nobody wrote down. A wave that
//! left the region behind meanwhile has noted that in the same place.

use super::rollback::RollbackView;
use super::{Act, Next, Plan, Stage};
use crate::fleet::endpoint::{EndpointStatus, EndpointView};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::OpenUpdate;
use crate::ledger::reason::{Quiet, Reason, Return, Seen, Unseen, WayBackReason};
use crate::ledger::verdict::{Cause, Decision};

impl RollbackView<'_> {
    /// The wave left the region behind while its ledger did not answer, and paged: what it noted beside the way back goes on record.
    /// What was let through before, and serves, stands.
    pub(super) fn deferral_of(&self, update: &OpenUpdate, stage: &Stage) -> Option<Plan> {
        let left = self.sight.way_back.known()?.as_ref()?.left.as_ref()?;
        let returned = *stage == Stage::Elsewhere && !update.is_decided(Decision::Revert);
        let open = !update.is_first() && (update.decision.is_none() || returned);
        let why: Reason = WayBackReason::LeftBehind(left.clone()).into();
        let (execution, decision, cause) = (update.execution.clone(), Decision::Revert, Some(Cause::Region));
        let record = Record::Decided { execution, decision, why: why.clone(), judgement: None, cause };
        (open && left.wave == update.execution).then(|| self.tell(record, why))
    }

    pub(super) fn blind(&self, endpoint: &EndpointView, unread: &Unseen) -> Plan {
        let Some(reason) = self.alarm() else {
            return self.nothing(Quiet::AlarmWithoutLedger { why: unread.clone() });
        };
        let way = match &self.sight.way_back {
            Seen::Known(Some(way)) => way,
            Seen::Known(None) => return self.nothing(Quiet::NoWayBesideAlarms),
            Seen::Unknown(why) => return self.nothing(Quiet::WayUnseen { why: why.clone() }),
        };
        let back = &way.back;
        let on_its_way = endpoint.pending.as_ref().is_some_and(|pending| pending.config == way.target.config);
        if endpoint.status == EndpointStatus::Updating && on_its_way {
            // Refused in flight, and heard by the guardrail.
            return self.once(Act::Trip, &way.target, reason).unwrap_or_else(|| self.nothing(Quiet::GuardrailTold));
        }
        let taken = self.sight.done.contains(&Act::Update);
        if !taken && !endpoint.rests_on(&way.target) && endpoint.status != EndpointStatus::UpdateRollbackFailed {
            return self.nothing(Quiet::NotOnTarget { region: self.name() });
        }
        let (region, to) = (self.name(), back.version.clone());
        let rolls_back =
            Return::RollsBack { region: region.clone(), to: to.clone(), why: Some(Box::new(reason.clone().into())) };
        if let Some(update) = self.update(endpoint, back, rolls_back) {
            return update;
        }
        if self.sight.paged {
            return self.nothing(Quiet::UnderWayUnwritten);
        }
        let (from, unread) = (way.target.version.clone(), unread.clone());
        let told = Return::Unread { region: region.clone(), from, to, why: reason, unread };
        Plan::new(Next::Page { region, advice: Advice::LookAtBucket }, told)
    }
}
