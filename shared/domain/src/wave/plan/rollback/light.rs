//! A pilot light: the region makes its endpoint itself, once it is to carry another's customers.

use super::{Act, Plan, RollbackView, Stage};
use crate::fleet::endpoint::{EndpointView, Target};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::{Quiet, Return, Seen, Step};

impl RollbackView<'_> {
    /// There is no endpoint.
    pub(super) fn dark(&self, history: &RegionHistory) -> Plan {
        if let Some(serving) = &history.serving {
            return self.put_out(&serving.target);
        }
        let Some(kept) = history.kept.as_ref().map(|kept| &kept.target) else {
            return self.nothing(Quiet::NoEndpoint);
        };
        let (region, version) = (self.name(), kept.version.clone());
        match (history.lighting(), history.carries()) {
            (None, None) => self.nothing(Quiet::Keeps { version }),
            // Its customers were sent back before it served; or a person has taken away what was not proved.
            (Some(_), None) => self.put_out(kept),
            (Some(update), _) if history.halt.is_some() && update.started => self.put_out(kept),
            _ if history.halt.is_some() => self.nothing(Quiet::Halted),
            (None, Some(_)) => self.lights(kept),
            (Some(update), Some(_)) => {
                let step = Step::Lights { region, version: version.clone() };
                let create = self.once(Act::Create, &update.target, step);
                create.unwrap_or_else(|| match self.is_late(update) {
                    true => self.not_lit(update),
                    false => self.nothing(Quiet::Lighting { version }),
                })
            }
        }
    }

    fn lights(&self, kept: &Target) -> Plan {
        let record = Record::EndpointIntended { target: kept.clone(), execution: self.sight.actor.clone() };
        self.tell(record, Step::Lights { region: self.name(), version: kept.version.clone() })
    }

    /// An endpoint of which nothing is on record: of what is kept, whoever made it, it is proved as one of the region's own.
    pub(super) fn found_lit(&self, history: &RegionHistory, endpoint: &EndpointView) -> Plan {
        match history.kept.as_ref().map(|kept| &kept.target) {
            None => self.nothing(Quiet::NothingOnRecord),
            Some(kept) if kept.config == endpoint.config => self.lights(kept),
            Some(kept) => self.foreign(history, endpoint, kept),
        }
    }

    fn put_out(&self, target: &Target) -> Plan {
        let step = Step::PutOut { region: self.name(), version: target.version.clone() };
        self.tell(Record::Kept { target: target.clone(), execution: self.sight.actor.clone() }, step)
    }

    /// The endpoint is there, and nobody has proved it.
    pub(super) fn lighting(
        &self,
        history: &RegionHistory,
        endpoint: &EndpointView,
        stage: &Stage,
        update: &OpenUpdate,
    ) -> Plan {
        let version = update.target.version.clone();
        if history.halt == Some(self.not_lit_told(update).into()) {
            return self.nothing(Quiet::Halted);
        }
        match (stage, &self.sight.golden) {
            (Stage::Elsewhere, _) => self.foreign(history, endpoint, &update.target),
            (Stage::Broken, _) => self.broken(history, endpoint),
            (Stage::OnTarget, None) => Plan::act(Act::AskGolden, self.name(), update.target.clone()),
            (Stage::OnTarget, Some(Seen::Known(golden))) if golden.proves() => {
                let (target, execution) = (update.target.clone(), update.execution.clone());
                let record = Record::Confirmed { target, execution, golden: golden.asked };
                self.tell(record, Step::Proved { golden: golden.asked, version })
            }
            (Stage::OnTarget, Some(Seen::Known(_))) => self.not_lit(update),
            _ if self.is_late(update) => self.not_lit(update),
            (Stage::OnTarget, Some(Seen::Unknown(why))) => self.nothing(Quiet::GoldenUnasked { why: why.clone() }),
            _ => self.nothing(Quiet::Lighting { version }),
        }
    }

    fn is_late(&self, update: &OpenUpdate) -> bool {
        self.now.duration_since(update.at) > self.fleet.guardrail.max_execution
    }

    fn not_lit_told(&self, update: &OpenUpdate) -> Return {
        Return::NotLit { region: self.name(), version: update.target.version.clone() }
    }

    /// People hear of it once: they look at the endpoint, or delete it, and lift the halt.
    fn not_lit(&self, update: &OpenUpdate) -> Plan {
        self.halt_and_page(self.not_lit_told(update), Advice::LightByHand)
    }
}
