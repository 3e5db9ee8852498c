//! A step that would break an invariant is not executed: it is written down, the job fails, and people are told.

use super::observe::Look;
use crate::context::{Context, HandlerError};
use crate::ports::{Clock, Ledger};
use jiff::Timestamp;
use meridian_domain::plan::Plan;
use meridian_domain::{Record, StepKind, audit};
use meridian_messages::Voice;

impl Look {
    /// Holds a plan against the audit.
    ///
    /// # Errors
    /// The audit refuses it: the entry answers the job with this, and pages home's people on call.
    pub(super) async fn refuse_violations<P: Ledger + Clock>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use crate::own_policy::{context, fleet, name, run};
    use crate::ports::Answer;
    use jiff::SignedDuration;
    use meridian_domain::plan::{Act, Next, Sight};
    use meridian_domain::reason::Step;
    use meridian_domain::{
        Caller, Chain, Entry, File, HubHistory, Image, MANIFEST_SCHEMA, Manifest, RegionName, Sha256, Stored, Target,
        Violation,
    };
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// Home's chain, of which nothing is kept but the entries.
    #[derive(Default)]
    struct Hub(RefCell<Vec<Entry>>);

    impl Ledger for Hub {
        async fn entries(&self, _: &RegionName, _: &Chain, _: u64) -> Answer<Vec<Stored>> {
            Ok(Vec::new())
        }
        async fn caller(&self) -> Caller {
            Caller::Unverified
        }
        async fn append(&self, _: &RegionName, _: &Chain, entry: &Entry) -> Answer<()> {
            self.0.borrow_mut().push(entry.clone());
            Ok(())
        }
        async fn checkpoint(&self, _: &RegionName, _: &Chain) -> Answer<Option<Vec<u8>>> {
            Ok(None)
        }
        async fn put_checkpoint(&self, _: &RegionName, _: &Chain, _: u64, _: Vec<u8>) -> Answer<()> {
            Ok(())
        }
    }

    impl Clock for Hub {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
        async fn sleep(&self, _: SignedDuration) {}
    }

    fn manifest() -> Manifest {
        let digest = Sha256::of(b"archive");
        Manifest {
            schema: MANIFEST_SCHEMA,
            fleet: fleet().name,
            version: "v427".parse().unwrap(),
            created: Timestamp::UNIX_EPOCH,
            archive: File { key: "archive".to_owned(), sha256: digest, bytes: 1 },
            image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest, version: None },
            features: Vec::new(),
            operating_threshold: 0.5,
            provenance: Default::default(),
        }
    }

    /// A planner that is wrong: it would ask for an update without intent and lease. The entry pages what comes of it.
    #[test]
    fn a_step_that_the_audit_refuses_is_written_down() {
        let (ports, context, manifest, home) = (Hub::default(), context("eu-west-1"), manifest(), name("eu-west-1"));
        let hub: Journal<HubHistory> = run(Journal::open(&ports, &home, Chain::Home)).unwrap();
        let wave = "wave-1".parse().unwrap();
        let sight = Sight::unlooked(manifest.id(), manifest.version.clone(), wave, ports.now());
        let target = Target::of(&context.fleet, &context.fleet.regions[0], manifest.id(), &manifest.version);
        let mut look = Look { sight, manifest, hub, regions: BTreeMap::new() };
        let plan = Plan { next: Next::Do(Act::Update, home.clone(), target), why: Step::WaveOver.into() };
        assert!(run(look.refuse_violations(&ports, &context, &plan, ports.now())).is_err());
        let written = ports.0.borrow();
        let [Entry { record: Record::StepRefused { step, notes, .. }, .. }] = &written[..] else {
            panic!("{written:#?}")
        };
        assert_eq!(*step, StepKind::Act { act: Act::Update, region: home.clone() });
        let intent = Violation::NoIntent { region: home, version: "v427".parse().unwrap() };
        assert!(notes.contains(&intent) && notes.contains(&Violation::LeaseNotHeld), "{notes:#?}");
    }
}
