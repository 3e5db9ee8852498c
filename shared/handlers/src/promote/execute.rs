//! One step, done. Executors make no choices, and doing a step twice is doing it once.

use super::observe::Look;
use super::signals::{publish, trip};
use crate::context::{Context, HandlerError};
use crate::home;
use crate::journal::{Journal, JournalError};
use crate::on_call;
use crate::ports::{Answer, Clock, ErrorKind, Page, PortError, Ports};
use crate::scaling;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::WayBack;
use meridian_domain::plan::{Act, Bake, Next, Plan, beats};
use meridian_domain::reason::{Failure, Refusal};
use meridian_domain::{
    Advice, Epoch, Fleet, Reason, Record, Region, RegionHistory, RegionName, Seen, Target, UpdateSpec, alarms,
};
use meridian_messages::pages::{Notice, Sender};
use std::sync::Arc;

/// Looks for a configuration that was created a moment ago: `CreateEndpointConfig` is eventually consistent.
const VISIBLE_LOOKS: u32 = 5;
/// Between two of them.
const VISIBLE_PAUSE: SignedDuration = SignedDuration::from_secs(2);

impl Look {
    /// Does what the plan says, and brings the sight up to date.
    pub(super) async fn execute<P: Ports>(
        &mut self,
        ports: &P,
        context: &Context,
        plan: Plan,
        planned: Timestamp,
    ) -> Result<(), HandlerError> {
        let actor = self.sight.execution.clone();
        match plan.next {
            Next::TellHub(record) => {
                self.hub.append(ports, &actor, record).await?;
                self.hub_changed();
            }
            Next::TellRegion(region, record) => self.tell_region(ports, &context.fleet, &region, record).await?,
            Next::TakeLease { epoch, until } => self.take_lease(ports, epoch, until).await?,
            Next::Page { region, advice } => {
                self.page(ports, &context.fleet, &region, &plan.why, &advice).await;
            }
            Next::Advise { region, advice } => self.advise(ports, &context.fleet, &region, &plan.why, &advice).await,
            Next::Do(act, region, target) => {
                let region = context.region_named(&region)?;
                self.act(ports, &context.fleet, act, region, &target, planned).await?;
            }
            Next::Wait | Next::Finish(_) => {}
        }
        Ok(())
    }

    /// What was decided from a region's ledger is written only where the ledger still is what the planner saw. With
    /// another's entry at its end (this region's `rollback`, or this action delivered twice) the endpoint may have changed
    /// as well: both are looked at, and the planner decides again.
    async fn tell_region<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &RegionName,
        record: Record,
    ) -> Result<(), HandlerError> {
        let actor = self.sight.execution.clone();
        match self.journal_of(region)?.append_exclusive(ports, &actor, record).await {
            Ok(true) => self.region_changed(region),
            // This home is replaced: the region is well.
            Err(error @ JournalError::Moved { .. }) => return Err(error.into()),
            Err(error) if !error.is_conflict() => self.declined(region, &error),
            Ok(false) | Err(_) => {
                self.region_changed(region);
                self.endpoint(ports, fleet, region).await;
            }
        }
        Ok(())
    }

    /// What has happened is written whoever wrote before it.
    async fn note_in_region<P: Ports>(
        &mut self,
        ports: &P,
        region: &RegionName,
        record: Record,
    ) -> Result<(), HandlerError> {
        let actor = self.sight.execution.clone();
        match self.journal_of(region)?.append(ports, &actor, record).await {
            Ok(()) => self.region_changed(region),
            Err(error @ JournalError::Moved { .. }) => return Err(error.into()),
            Err(error) => self.declined(region, &error),
        }
        Ok(())
    }

    fn journal_of(&mut self, region: &RegionName) -> Result<&mut Journal<RegionHistory>, HandlerError> {
        self.regions.get_mut(region).ok_or_else(|| Failure::LedgerNotRead { region: region.clone() }.into())
    }

    /// A region whose ledger does not take an entry is ill, whatever it says; the planner sees it so.
    fn declined(&mut self, region: &RegionName, error: &JournalError) {
        tracing::error!(%error, "the region's ledger was not written");
        self.sight.regions.insert(region.clone(), Seen::Unknown(error.into()));
    }

    /// Two may try; the chain's conditional write lets one of them win, and the other sees who holds it.
    async fn take_lease<P: Ports>(&mut self, ports: &P, epoch: Epoch, until: Timestamp) -> Result<(), HandlerError> {
        let actor = self.sight.execution.clone();
        let taken = self.hub.append_exclusive(ports, &actor, Record::LeaseTaken { epoch, until }).await;
        self.hub_changed();
        match taken {
            Err(error) if !error.is_conflict() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether the hub's chain has grown since the plan was made: this action delivered twice may have told people already, and
    /// the planner decides again. A chain that cannot be read keeps nobody asleep.
    async fn has_moved_on<P: Ports>(&mut self, ports: &P) -> bool {
        let planned = self.hub.head().clone();
        let moved = self.hub.refresh(ports).await.is_ok() && *self.hub.head() != planned;
        if moved {
            self.hub_changed();
        }
        moved
    }

    /// Pages, unless somebody else may have.
    async fn page<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &RegionName, why: &Reason, advice: &Advice) {
        if self.has_moved_on(ports).await {
            return;
        }
        let page = self.notice(fleet, region, why, advice);
        self.sight.paged.insert(region.clone(), why.clone());
        if on_call::page(ports, fleet, &page).await.is_err() {
            // The wave must not wait for it.
            let owed = (&self.sight.execution, why, advice);
            if let Some(place) = on_call::owe(ports, fleet, region, owed, &mut self.regions).await {
                self.region_changed(&place);
            }
        }
    }

    fn notice(&self, fleet: &Fleet, region: &RegionName, why: &Reason, advice: &Advice) -> Page {
        let notice = Notice::Plan { why: why.clone(), advice: advice.clone() };
        Page::of(fleet, notice, region, &Sender::Wave(self.sight.execution.clone()))
    }

    /// Sends what nobody need get up for. Where it does not go out the ledger and the log still say it: the wave must not wait.
    async fn advise<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &RegionName, why: &Reason, advice: &Advice) {
        if self.has_moved_on(ports).await {
            return;
        }
        let note = self.notice(fleet, region, why, advice);
        let sent = on_call::advise(ports, fleet, &note).await;
        self.sight.advised = Some(sent.is_ok());
        if let Err(error) = sent {
            tracing::error!(%error, advice = note.subject, "the advice was not sent");
        }
    }

    async fn act<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        act: Act,
        region: &Region,
        target: &Target,
        planned: Timestamp,
    ) -> Result<(), HandlerError> {
        self.sight.done.insert(act);
        let done = match act {
            Act::Prepare => {
                self.fence(ports, fleet, &region.name).await?;
                let prepared = self.prepare(ports, fleet, region, target).await;
                self.alarms(ports, fleet, &region.name).await;
                return self.noted_start(&region.name, prepared);
            }
            Act::Update => {
                self.fence(ports, fleet, &region.name).await?;
                return self.update(ports, fleet, region, target).await;
            }
            Act::Create => {
                self.fence(ports, fleet, &region.name).await?;
                let created = create_endpoint(ports, fleet, &region.name, target).await;
                return self.asked_for(ports, fleet, region, created).await;
            }
            Act::Scale => {
                self.fence(ports, fleet, &region.name).await?;
                let history = self.sight.regions.get(&region.name).and_then(Seen::known);
                self.sight.unscaled = scaling::register(ports, fleet, region, history.map(Arc::as_ref)).await;
                self.endpoint(ports, fleet, &region.name).await;
                return Ok(());
            }
            Act::Deregister => {
                self.fence(ports, fleet, &region.name).await?;
                self.sight.unscaled = scaling::deregister(ports, fleet, &region.name).await;
                return Ok(());
            }
            Act::NoteDeferral => return self.note_deferral(ports, fleet, region, target).await,
            Act::Beat => {
                let history = self.sight.regions.get(&region.name).and_then(Seen::known);
                // The beat says when the judge looked: a function that stood still since must not keep a canary alive (I9).
                let beats = beats(region, history.and_then(|history| history.update.as_ref()), planned);
                publish(ports, fleet, &region.name, alarms::HEARTBEAT, 1.0, beats).await
            }
            Act::Disarm => {
                let quiet = alarms::heartbeat(fleet, meridian_domain::MissingData::NotBreaching);
                ports.put_alarms(&region.name, &[quiet]).await
            }
            Act::Trip => return trip(ports, fleet, &region.name).await,
            Act::Look => {
                self.sight.judged = Some(self.judged(ports, fleet, region).await);
                Ok(())
            }
            Act::Measure => {
                self.sight.hour = Some(self.last_hour(ports, fleet, region).await);
                Ok(())
            }
            Act::AskGolden => return self.ask_golden(ports, fleet, region, target).await,
        };
        self.noted(&region.name, done)
    }

    /// A plane that does not answer, or a role that is not lent, makes its region unknown, and the planner decides; anything
    /// else ends the call.
    fn noted(&mut self, region: &RegionName, done: Answer<()>) -> Result<(), HandlerError> {
        match done {
            Err(error) if error.shuts_region() => {
                self.sight.endpoints.insert(region.clone(), Seen::Unknown(error.into()));
                Ok(())
            }
            done => Ok(done?),
        }
    }

    /// A start that AWS declines for good is the planner's to end, in AWS's words.
    fn noted_start(&mut self, region: &RegionName, done: Answer<()>) -> Result<(), HandlerError> {
        match done {
            Err(error) if error.kind == ErrorKind::Refused && !error.shuts_region() => {
                tracing::error!(%error, "the start was refused");
                self.sight.refused = Some(Refusal { operation: error.operation, detail: error.detail });
                Ok(())
            }
            done => self.noted(region, done),
        }
    }

    /// I11: the lease's epoch, and who is home by the region's own chain, re-read just before a call that changes something there. A chain
    /// that does not answer says nothing new.
    pub(super) async fn fence<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &RegionName,
    ) -> Result<(), HandlerError> {
        let planned = self.sight.hub.epoch;
        // What the region wrote meanwhile is not this plan's: the next entry finds it there.
        let mut own = self.regions.get(region).cloned();
        if let Some(own) = &mut own
            && let Err(error) = own.refresh(ports).await
        {
            tracing::warn!(%error, "who is home is not read anew");
        }
        // The lease last: nothing comes between it and the call.
        self.hub.refresh(ports).await?;
        self.hub_changed();
        let own = own.as_ref().map(Journal::history);
        if let Some(moved) = home::moved_from(&fleet.home, self.hub.history(), own) {
            return Err(JournalError::Moved { to: moved.to.clone() }.into());
        }
        let hub = &self.sight.hub;
        let ours = hub.lease.as_ref().is_some_and(|lease| {
            lease.epoch == planned && lease.holder == self.sight.execution && lease.until > ports.now()
        });
        if ours {
            return Ok(());
        }
        Err(Failure::LeaseLost { epoch: planned, to: hub.epoch }.into())
    }

    async fn prepare<P: Ports>(&self, ports: &P, fleet: &Fleet, region: &Region, target: &Target) -> Answer<()> {
        let name = &region.name;
        let now = ports.now();
        publish(ports, fleet, name, alarms::VERDICT, 0.0, [now]).await?;
        // Before the alarm is armed: one that finds silence when it is first evaluated rings at once.
        publish(ports, fleet, name, alarms::HEARTBEAT, 1.0, alarms::priming(now)).await?;
        let history = self.sight.regions.get(name).and_then(Seen::known);
        let serving = history.and_then(|history| history.serving.as_ref());
        let blue = serving.map(|serving| &serving.target.config).filter(|blue| **blue != target.config);
        let mut guards = alarms::guards(fleet, region, &target.config, blue);
        // The way back in a second place before the way forward is taken (I5), for a rollback without its ledger.
        if let Some(serving) = serving {
            let way_back = WayBack { target: target.clone(), back: serving.target.clone(), left: None };
            guards = way_back.noted(fleet, guards);
        }
        ports.put_alarms(name, &guards).await?;
        existing_is_fine(ports.create_model(name, &target.model_spec(fleet, region, &self.manifest)).await)?;
        existing_is_fine(ports.create_config(name, &target.config_spec(fleet, region)).await)
    }

    /// The call, then its outcome (I8). A configuration that is not visible yet, or an update that runs already, shows in
    /// the next look; a refusal is for the planner.
    async fn update<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        target: &Target,
    ) -> Result<(), HandlerError> {
        let open = self.sight.regions.get(&region.name).and_then(Seen::known).and_then(|own| own.update.as_ref());
        let bake = open.map_or_else(|| Bake::usual(region), |update| update.bake(region));
        let endpoint = self.sight.endpoints.get(&region.name).and_then(Seen::known).and_then(Option::as_ref);
        let update = target.update_spec(fleet, region, bake, region.instances_of(endpoint));
        let asked = start_update(ports, &region.name, &update).await;
        self.asked_for(ports, fleet, region, asked).await
    }

    /// What became of asking for an update, or for an endpoint.
    async fn asked_for<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        asked: Answer<()>,
    ) -> Result<(), HandlerError> {
        match asked {
            Ok(()) => {
                let execution = self.sight.execution.clone();
                self.note_in_region(ports, &region.name, Record::UpdateStarted { execution }).await?;
            }
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound) || error.shuts_region() => {
                tracing::warn!(%error, "looking again");
                if error.kind == ErrorKind::Conflict {
                    self.read_again(ports, &region.name).await?;
                }
            }
            Err(error) => self.noted_start(&region.name, Err(error))?,
        }
        self.endpoint(ports, fleet, &region.name).await;
        Ok(())
    }

    /// Whose update runs instead: one who stood still may have lost the fleet to another meanwhile (I11).
    async fn read_again<P: Ports>(&mut self, ports: &P, region: &RegionName) -> Result<(), HandlerError> {
        self.hub.refresh(ports).await?;
        self.hub_changed();
        if let Some(journal) = self.regions.get_mut(region)
            && journal.refresh(ports).await.is_ok()
        {
            self.region_changed(region);
        }
        Ok(())
    }
}

/// Asks for an update, again where the new configuration is not visible yet.
async fn start_update<P: Ports>(ports: &P, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
    once_visible(ports, async || ports.update(region, update).await).await
}

/// Asks for a region's endpoint, again where its configuration is not visible yet.
async fn create_endpoint<P: Ports>(ports: &P, fleet: &Fleet, region: &RegionName, target: &Target) -> Answer<()> {
    once_visible(ports, async || ports.create_endpoint(region, &fleet.endpoint, &target.config).await).await
}

async fn once_visible(clock: &impl Clock, ask: impl AsyncFn() -> Answer<()>) -> Answer<()> {
    for _ in 1..VISIBLE_LOOKS {
        match ask().await {
            Err(error) if error.kind == ErrorKind::NotFound => clock.sleep(VISIBLE_PAUSE).await,
            answer => return answer,
        }
    }
    ask().await
}

/// Names are made of content: what exists already is what was to be made.
fn existing_is_fine(created: Answer<()>) -> Answer<()> {
    match created {
        Err(PortError { kind: ErrorKind::Conflict, .. }) => Ok(()),
        created => created,
    }
}
