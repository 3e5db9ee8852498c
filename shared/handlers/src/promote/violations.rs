//! A step that would break an invariant is not executed: it is written down, the job fails, and people are told.

use super::observe::Look;
use super::step_name;
use crate::context::{Context, HandlerError};
use crate::ports::Ports;
use jiff::Timestamp;
use meridian_domain::plan::Plan;
use meridian_domain::{Record, audit};

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
        let notes: Vec<String> =
            audit(&context.fleet, &self.sight, plan, now).iter().map(ToString::to_string).collect();
        if notes.is_empty() {
            return Ok(());
        }
        let (step, list) = (step_name(&plan.next), notes.join("; "));
        tracing::error!(step, notes = list, "the audit refused a step");
        let execution = self.sight.execution.clone();
        let record = Record::StepRefused { execution: execution.clone(), step: step.clone(), notes };
        // A ledger that does not take it keeps neither the refusal nor the page from happening.
        if let Err(error) = self.hub.append(ports, &execution, record).await {
            tracing::error!(%error, "the refusal was not written down");
        }
        Err(HandlerError::State(format!("the audit refused a step ({step}), a defect of the planner: {list}")))
    }
}
