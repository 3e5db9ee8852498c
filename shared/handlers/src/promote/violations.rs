//! A step that would break an invariant is not executed: it is written down, the job fails, and people are told.

use super::observe::Look;
use crate::context::{Context, HandlerError};
use crate::ports::Ports;
use jiff::Timestamp;
use meridian_domain::plan::Plan;
use meridian_domain::{Record, StepKind, audit};
use meridian_messages::Voice;

impl Look {
    /// Holds a plan against the audit.
    ///
    /// # Errors
    /// The audit refuses it: the entry answers the job with this, and pages home's people on call.
    pub(super) async fn refuse_violations<P: Ports>(
        &mut self,
        ports: &P,
        context: &Context,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), HandlerError> {
        let notes = audit(&context.fleet, &self.sight, plan, now);
        if notes.is_empty() {
            return Ok(());
        }
        let (voice, step) = (Voice::of(&context.fleet), StepKind::from(&plan.next));
        tracing::error!(step = voice.step_kind(&step), notes = voice.violations(&notes), "the audit refused a step");
        let (fleet, violations) = (context.fleet.clone(), notes.clone());
        let refusal = HandlerError::StepRefused { fleet, step: step.clone(), violations };
        let execution = self.sight.execution.clone();
        let record = Record::StepRefused { execution: execution.clone(), step, notes };
        // A ledger that does not take it keeps neither the refusal nor the page from happening.
        if let Err(error) = self.hub.append(ports, &execution, record).await {
            tracing::error!(%error, "the refusal was not recorded");
        }
        Err(refusal)
    }
}
