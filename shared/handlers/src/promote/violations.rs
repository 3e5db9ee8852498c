//! A step that would break an invariant is not executed: the job fails, which is written down and told.

use crate::context::HandlerError;
use jiff::Timestamp;
use meridian_domain::plan::{Plan, Sight};
use meridian_domain::{Fleet, StepKind, audit};
use meridian_messages::Voice;
use std::sync::Arc;

/// Holds a plan against the audit.
///
/// # Errors
/// The audit refuses it: the entry fails the job with this, and pages home's people on call.
pub(super) fn refuse_violations(
    fleet: &Arc<Fleet>,
    sight: &Sight,
    plan: &Plan,
    now: Timestamp,
) -> Result<(), HandlerError> {
    let violations = audit(fleet, sight, plan, now);
    if violations.is_empty() {
        return Ok(());
    }
    let (voice, step) = (Voice::of(fleet), StepKind::from(&plan.next));
    tracing::error!(step = voice.step_kind(&step), notes = voice.violations(&violations), "the audit refused a step");
    Err(HandlerError::StepRefused { fleet: fleet.clone(), step, violations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_policy::{fleet, name};
    use meridian_domain::plan::{Act, Next};
    use meridian_domain::reason::Step;
    use meridian_domain::{ReleaseId, Sha256, Target, Version, Violation};

    /// A planner that is wrong: it would ask for an update without intent and lease.
    #[test]
    fn a_step_that_the_audit_refuses_fails_the_job() {
        let (fleet, home, now) = (Arc::new(fleet()), name("eu-west-1"), Timestamp::UNIX_EPOCH);
        let (release, version): (_, Version) = (ReleaseId(Sha256::of(b"v427")), "v427".parse().unwrap());
        let target = Target::of(&fleet, &fleet.regions[0], release, &version);
        let sight = Sight::unlooked(release, version.clone(), "wave-1".parse().unwrap(), now);
        let plan = Plan { next: Next::Do(Act::Update, home.clone(), target), why: Step::WaveOver.into() };
        let refused = refuse_violations(&fleet, &sight, &plan, now);
        let Err(HandlerError::StepRefused { step, violations, .. }) = refused else { panic!("{refused:#?}") };
        assert_eq!(step, StepKind::Act { act: Act::Update, region: home.clone() });
        let intent = Violation::NoIntent { region: home, version };
        assert!(violations.contains(&intent) && violations.contains(&Violation::LeaseNotHeld), "{violations:#?}");
    }
}
