//! `rollback`: rolls back its own region, with regional means only (I6).
//!
//! An event is a reason to look, never a fact to act on: whatever invoked the function, it looks at its endpoint, its alarm
//! and its ledger, and [`meridian_domain::plan::rollback`] says what follows.

use crate::context::{Context, FunctionKind, HandlerError};
use crate::files;
use crate::journal::Journal;
use crate::ports::{Answer, CountsQuery, ErrorKind, Page, PortError, Ports};
use crate::promote::{asked, outcome, trip};
use crate::scaling;
use jiff::Timestamp;
use meridian_domain::Compared;
use meridian_domain::alarms::WayBack;
use meridian_domain::callers::{Blame, Comparison, Minutes};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::plan::{self, Act, Next, Plan, RollbackSight};
use meridian_domain::reason::{Failure, LeftUndone, Unseen};
use meridian_domain::{
    Advice, AlarmState, AlarmView, Chain, Decision, Fleet, OpenUpdate, Reason, Record, Region, RegionHistory,
    RegionName, Ringing, Seen, Target, alarms,
};
use meridian_judge::MetricName;
use meridian_messages::Voice;
use meridian_messages::pages::{Notice, Sender};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

mod event;
mod probation;

pub use event::RollbackEvent;

/// Steps that one call may take; the longest way back needs six.
const STEPS: u32 = 20;

/// Looks at this function's own region, and rolls it back where that is due.
///
/// # Errors
/// The region's own services in trouble for good; the sweep looks again in five minutes.
pub async fn handle<P: Ports>(ports: &P, context: &Context, event: &RollbackEvent) -> Result<Value, HandlerError> {
    let region = context.own_region()?;
    tracing::info!(%event, "invoked");
    let mut look = Look::take(ports, context, region).await?;
    look.name_release();
    for _ in 0..STEPS {
        let plan = plan::rollback(&context.fleet, region, &look.sight, ports.now());
        tracing::info!(why = Voice::of(&context.fleet).why(&plan.why), "planned");
        match plan.next {
            Next::Finish(_) | Next::Wait => return look.reply(context, plan),
            Next::TellRegion(_, record) => look.tell(ports, record).await,
            Next::Do(Act::Update, _, target) => look.update(ports, &context.fleet, region, &target).await?,
            Next::Do(Act::Create, _, target) => look.create(ports, &context.fleet, region, &target).await?,
            Next::Do(Act::AskGolden, _, target) => look.ask_golden(ports, &context.fleet, region, &target).await,
            Next::Do(Act::Scale, ..) => look.scale(ports, &context.fleet, region).await,
            Next::Do(Act::Deregister, ..) => {
                look.sight.done.insert(Act::Deregister);
                scaling::deregister(ports, &context.fleet, &region.name).await;
            }
            Next::Do(act, ..) => {
                look.sight.done.insert(act);
                trip(ports, &context.fleet, &region.name).await?;
            }
            Next::Page { .. } if look.has_moved_on(ports).await => look.endpoint(ports, &context.fleet, region).await,
            Next::Page { advice, .. } => look.page(ports, &context.fleet, plan.why, advice).await,
            Next::TellHub(_) | Next::TakeLease { .. } | Next::Advise { .. } => {
                return Err(Failure::NeedsOtherRegion.into());
            }
        }
    }
    Err(Failure::TooManySteps { steps: STEPS }.into())
}

struct Look {
    sight: RollbackSight,
    /// None where the ledger cannot be read: then nothing is written to it either.
    journal: Option<Journal<RegionHistory>>,
    region: RegionName,
    /// Records of this call that the ledger has not taken yet, in order, and when what they say was done.
    unwritten: VecDeque<(Timestamp, Record)>,
    /// Why the page of this call did not go out.
    unsent: Option<PortError>,
}

impl Look {
    async fn take<P: Ports>(ports: &P, context: &Context, region: &Region) -> Result<Self, HandlerError> {
        let fleet = &context.fleet;
        let opened = Journal::<RegionHistory>::open(ports, &region.name, Chain::Region(region.name.clone())).await;
        let (journal, history) = match opened {
            Ok(journal) => {
                let history = Seen::Known(journal.shared());
                (Some(journal), history)
            }
            // A rollback must not wait for the ledger (I6): the verdict alarm stores the way back too.
            Err(error) => {
                tracing::error!(%error, "the ledger cannot be read; using the rollback target stored with the verdict alarm");
                (None, Seen::Unknown((&error).into()))
            }
        };
        let Alarms { composite: mut alarm, judge, client_errors } = alarms_of(ports, &context.fleet, region).await;
        let way_back = match history.known().is_none_or(|own| is_forsaken(own, &judge)) {
            true => way_back(ports, fleet, region).await,
            false => Seen::Unknown(Unseen::NotAsked),
        };
        if let (Seen::Known(Some(ringing)), Seen::Known(history)) = (&mut alarm, &history) {
            ringing.alike = alike(ports, fleet, region, history).await;
        }
        let client_errors = match client_errors {
            Seen::Known(false) => Seen::Known(None),
            Seen::Known(true) => Seen::Known(Some(blame(ports, fleet, region, history.known()).await)),
            Seen::Unknown(why) => Seen::Unknown(why),
        };
        let sight = RollbackSight {
            actor: context.actor(FunctionKind::Rollback),
            history,
            way_back,
            endpoint: Seen::Unknown(Unseen::NotAsked),
            probation: Seen::Known(None),
            alarm,
            client_errors,
            judge,
            done: BTreeSet::new(),
            golden: None,
            unscaled: None,
            owes: false,
            paged: false,
            unwritten: 0,
        };
        let name = region.name.clone();
        let mut look = Self { sight, journal, region: name, unwritten: VecDeque::new(), unsent: None };
        look.endpoint(ports, &context.fleet, region).await;
        look.sight.probation = probation::look(ports, fleet, region, &look.sight).await;
        Ok(look)
    }

    /// How the call ends: badly where something is left to do, so that Lambda repeats it. An alarm that could not be read is
    /// not a quiet one (I13).
    fn reply(&self, context: &Context, plan: Plan) -> Result<Value, HandlerError> {
        let left = match (&self.unsent, &self.sight.alarm, &self.sight.history, &self.sight.unscaled) {
            (Some(error), ..) => LeftUndone::Page(error.into()),
            (_, Seen::Unknown(why), ..) => LeftUndone::Alarm(why.clone()),
            (_, _, Seen::Unknown(why), _) => LeftUndone::Ledger(why.clone()),
            _ if !self.unwritten.is_empty() => LeftUndone::Records(self.unwritten.len() as u64),
            (.., Some(why)) => LeftUndone::Scaling(why.clone()),
            _ => {
                let why = Voice::of(&context.fleet).why(&plan.why);
                return Ok(json!({ "outcome": outcome(&plan.next), "why": why, "reason": plan.why }));
            }
        };
        Err(HandlerError::Unfinished { fleet: context.fleet.clone(), done: plan.why.into(), left })
    }

    /// Which model answers, by the golden records that were replicated into this region.
    async fn ask_golden<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &Region, target: &Target) {
        let seen = match files::golden(ports, &region.name, target.release).await {
            Ok(golden) => asked(ports, fleet, &region.name, &golden).await.map_err(Unseen::from),
            Err(error) => Err(error.into()),
        };
        self.sight.golden = Some(seen.map_or_else(Seen::Unknown, Seen::Known));
    }

    /// Names the release that is on its way, or that serves, on every further log line of this call.
    fn name_release(&self) {
        let Some(history) = self.sight.history.known() else { return };
        let update = history.update.as_ref().map(|update| &update.target);
        if let Some(target) = update.or(history.serving.as_ref().map(|serving| &serving.target)) {
            tracing::Span::current().record("release", tracing::field::display(target.release));
        }
    }

    async fn endpoint<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &Region) {
        self.sight.endpoint = match ports.describe(&region.name, &fleet.endpoint).await {
            Ok(endpoint) => Seen::Known(endpoint),
            Err(error) => Seen::Unknown(error.into()),
        };
    }

    /// Writes to the region's chain, behind what it has not taken before. Whatever the ledger answers, the record holds for
    /// this call: rolling back must not wait for paper (I6).
    async fn tell<P: Ports>(&mut self, ports: &P, record: Record) {
        let Some(journal) = self.journal.as_mut() else { return };
        self.unwritten.push_back((ports.now(), record));
        while let Some((at, next)) = self.unwritten.front() {
            if let Err(error) = journal.append_done(ports, &self.sight.actor, *at, next.clone()).await {
                tracing::error!(%error, waiting = self.unwritten.len(), "the ledger was not written; going on without");
                break;
            }
            self.unwritten.pop_front();
        }
        let mut history = journal.shared();
        for (at, record) in &self.unwritten {
            Arc::make_mut(&mut history).apply(&journal.head().entry(*at, self.sight.actor.clone(), record.clone()));
        }
        self.sight.reads(history);
        self.sight.unwritten = self.unwritten.len();
    }

    /// Whether the region's chain has moved on since it was read: people may have been told, by the wave or by another call. What
    /// can not be read has not.
    async fn has_moved_on<P: Ports>(&mut self, ports: &P) -> bool {
        let Some(journal) = self.journal.as_mut().filter(|_| self.unwritten.is_empty()) else { return false };
        let read = journal.head().clone();
        if journal.refresh(ports).await.is_err() || *journal.head() == read {
            return false;
        }
        self.sight.history = Seen::Known(journal.shared());
        true
    }

    /// Sends a page. The way back is taken already or needs nobody: a page that does not go out stops nothing, and stays
    /// owed on record until one does.
    async fn page<P: Ports>(&mut self, ports: &P, fleet: &Fleet, why: Reason, advice: Advice) {
        self.sight.paged = true;
        let notice = Notice::Plan { why: why.clone(), advice: advice.clone() };
        let note = Page::of(fleet, notice, &self.region, &Sender::Region);
        let sent = ports.page(&self.region, &note).await;
        let owed = self.sight.history.known().is_some_and(|history| history.owes(&why));
        match sent {
            Ok(()) if owed => self.tell(ports, Record::PageSent { why }).await,
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "the page was not sent");
                self.unsent = Some(error);
                if !owed {
                    self.tell(ports, Record::PageOwed { why, advice }).await;
                }
            }
        }
    }

    async fn scale<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &Region) {
        self.sight.done.insert(Act::Scale);
        let history = self.sight.history.known().map(Arc::as_ref);
        self.sight.unscaled = scaling::register(ports, fleet, region, history).await;
    }

    async fn update<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        target: &Target,
    ) -> Result<(), HandlerError> {
        self.sight.done.insert(Act::Update);
        let asked = ports.update(&region.name, &target.return_spec(fleet)).await;
        self.asked_for(ports, fleet, region, asked).await
    }

    async fn create<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        target: &Target,
    ) -> Result<(), HandlerError> {
        self.sight.done.insert(Act::Create);
        let asked = ports.create_endpoint(&region.name, &fleet.endpoint, &target.config).await;
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
                let execution = self.sight.actor.clone();
                self.tell(ports, Record::UpdateStarted { execution }).await;
            }
            // It runs already, or the plane does not answer: the next event or sweep looks again.
            Err(error) if error.kind == ErrorKind::Conflict || error.is_regional() => {
                tracing::warn!(%error, "the update has not started yet");
            }
            Err(error) => return Err(error.into()),
        }
        self.endpoint(ports, fleet, region).await;
        Ok(())
    }
}

/// Whether a wave's update is open, nobody has decided to roll it back, and no judge is seen to look at it: the wave may have left
/// the region behind, and said so beside the alarms.
fn is_forsaken(history: &RegionHistory, judge: &Seen<Option<Timestamp>>) -> bool {
    let open = |update: &OpenUpdate| update.epoch.is_some() && !update.is_decided(Decision::Revert);
    let watched = |update: &OpenUpdate| judge.known().is_some_and(|judge| update.was_watched_by(*judge));
    history.update.as_ref().is_some_and(|update| open(update) && !watched(update))
}

/// The way back that `promote` wrote beside the alarms.
async fn way_back<P: Ports>(ports: &P, fleet: &Fleet, region: &Region) -> Seen<Option<WayBack>> {
    match ports.description(&region.name, &alarms::verdict_name(fleet)).await {
        Ok(description) => Seen::Known(description.as_deref().and_then(WayBack::read)),
        Err(error) => Seen::Unknown(error.into()),
    }
}

/// What a region's alarms say.
struct Alarms {
    /// The composite one, where it is in ALARM; one that is not there is not a quiet one (I13).
    composite: Seen<Option<Ringing>>,
    /// Since when the heartbeat alarm is OK. Without the alarm there is no judge.
    judge: Seen<Option<Timestamp>>,
    /// Whether the one over the whole endpoint's 4xx is in ALARM.
    client_errors: Seen<bool>,
}

async fn alarms_of<P: Ports>(ports: &P, fleet: &Fleet, region: &Region) -> Alarms {
    let names = [alarms::composite_name(fleet), alarms::heartbeat_name(fleet), alarms::client_errors_name(fleet)];
    let [composite, heartbeat, client_errors] = &names;
    let found = match ports.alarms(&region.name, &names).await {
        Ok(found) => found,
        Err(error) => {
            let why = Unseen::from(error);
            return Alarms {
                composite: Seen::Unknown(why.clone()),
                judge: Seen::Unknown(why.clone()),
                client_errors: Seen::Unknown(why),
            };
        }
    };
    let alarm = match found.iter().find(|alarm| alarm.name == *composite) {
        Some(alarm) => Seen::Known((alarm.state == AlarmState::Alarm).then(|| ringing(alarm))),
        None => Seen::Unknown(Unseen::NoAlarm { alarm: composite.clone() }),
    };
    let find = |name: &String, state| found.iter().find(|alarm| alarm.name == *name && alarm.state == state);
    let judge = find(heartbeat, AlarmState::Ok).map(|alarm| alarm.since.unwrap_or(ports.now()));
    let client_errors = Seen::Known(find(client_errors, AlarmState::Alarm).is_some());
    Alarms { composite: alarm, judge: Seen::Known(judge), client_errors }
}

/// Whose the region's 4xx are, by its own counts alone (I6).
async fn blame<P: Ports>(ports: &P, fleet: &Fleet, region: &Region, history: Option<&Arc<RegionHistory>>) -> Blame {
    let Some(history) = history else { return Blame::Unknown };
    let Some(comparison) = Comparison::of(history, ports.now()) else { return Blame::Callers(None) };
    match counts(ports, fleet, region, &comparison, vec![MetricName::errors_4xx()]).await {
        Ok((green, blue)) => comparison.blame(&fleet.judge, &green, &blue),
        Err(error) => {
            tracing::error!(%error, "the cause of the 4xx cannot be determined");
            Blame::Unknown
        }
    }
}

/// What shows that the region is ill whatever serves there, by its own counts alone (I6); nothing where they do not come.
async fn alike<P: Ports>(ports: &P, fleet: &Fleet, region: &Region, history: &RegionHistory) -> Option<Compared> {
    let comparison = Comparison::of(history, ports.now())?;
    let metrics = vec![MetricName::errors_5xx(), MetricName::latency_over(fleet.judge.latency_bound)];
    let counted = counts(ports, fleet, region, &comparison, metrics).await;
    let (green, blue) =
        counted.inspect_err(|error| tracing::error!(%error, "green and blue cannot be compared")).ok()?;
    comparison.alike(&fleet.judge, &green, &blue)
}

/// What green and blue served in the minutes of a comparison.
async fn counts<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &Region,
    comparison: &Comparison,
    metrics: Vec<MetricName>,
) -> Answer<(ArmMinutes, ArmMinutes)> {
    let of = async |minutes: &Minutes| {
        let query = CountsQuery {
            endpoint: fleet.endpoint.clone(),
            variant: fleet.variant.clone(),
            config: minutes.target.config.clone(),
            release: minutes.target.release,
            role: minutes.target.role,
            from: minutes.span.from,
            to: minutes.span.to,
            metrics: metrics.clone(),
        };
        ports.counts(&region.name, &query).await
    };
    Ok((of(&comparison.green).await?, of(&comparison.blue).await?))
}

/// The composite alarm by the name of the one that set it off, where that is known.
fn ringing(composite: &AlarmView) -> Ringing {
    let alarm = composite.set_off_by.as_ref().unwrap_or(&composite.name).clone();
    Ringing { alarm, since: composite.since, alike: None }
}
