//! How a night ended, and whether that is how it had to end.

mod checks;
mod unexpected;

pub use unexpected::{Problem, Unexpected};

use super::scenario::{Ending, Scenario};
use crate::services::Operation;
use crate::services::sagemaker::DescribeEndpoint;
use crate::world::{Answers, What, World, WorldEvent};
use jiff::Timestamp;
use meridian_domain::Reason;
use meridian_domain::account::{Answer, Interruption, account};
use meridian_domain::{Chain, Entry, Fleet, HubHistory, Record, Region, RegionHistory, RegionName, Serving};
use meridian_messages::Voice;
use meridian_messages::ledger::Phrasebook;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Format of the JSON document that [`Report`] is.
pub const REPORT_SCHEMA: u32 = 3;

/// A night, for machines. Holds no wall time, process id, port or absolute path: equal seeds give equal bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The document's format: [`REPORT_SCHEMA`].
    pub schema: u32,
    /// Name of the scenario that was played.
    pub scenario: String,
    /// The seed of everything that is random.
    pub seed: u64,
    /// When the night began and ended.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// True where it ended as the scenario expects.
    pub as_expected: bool,
    /// What did not.
    pub unexpected: Vec<Problem>,
    /// Each region at the end, in promotion order.
    pub fleet: Vec<RegionEnd>,
    /// The pipeline's executions, in order.
    pub executions: Vec<ExecutionEnd>,
    /// Pages sent, in order.
    pub pages: Vec<PageSent>,
    /// What people were told that nobody need get up for, in order.
    pub advice: Vec<PageSent>,
    /// Every verdict-bearing entry: decisions, evaluations, deferrals, condemnations, halts.
    pub decisions: Vec<Decision>,
    /// The hub's chain, added up.
    pub hub: HubProjection,
    /// Each region's chain, added up.
    pub regions: BTreeMap<RegionName, RegionHistory>,
    /// Every chain, entry by entry.
    pub ledger: BTreeMap<String, Vec<Entry>>,
    /// What the world saw happen, calls of functions and object writes left out.
    pub events: Vec<WorldEvent>,
    /// The pages that show an evaluation, below the output folder.
    pub evaluations: Vec<String>,
}

/// What one region serves in the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionEnd {
    /// AWS's name for it.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// The version that the ledger says it serves; none where that is unknown: the control plane does not answer, or the endpoint is gone
    /// or rests on what the ledger did not prove.
    pub version: Option<String>,
    /// True where the endpoint names that version's configuration and is `InService`.
    pub confirmed_by_endpoint: bool,
    /// `EndpointStatus`, or `Unknown` where the control plane does not answer.
    pub status: String,
    /// Since when it serves that version, by the ledger; none where the ledger has nothing that serves.
    pub since: Option<Timestamp>,
    /// By whose decision; none where no entry says it.
    pub by: Option<String>,
    /// When another release last shared the region with it since then, or may have.
    pub interrupted: Option<Interruption>,
    /// Why nothing may start there.
    pub halt: Option<Explained>,
    /// How often health checks changed their mind.
    pub health_changes: usize,
    /// What became of customers' requests, where the scenario says how clients find regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
}

/// Customers' requests that came to a region, its own customers' and others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// How many; what a client asks again is not counted again.
    pub came: u64,
    /// Those of them that were answered 5xx or not at all, the last try too.
    pub lost: u64,
    /// Until when more than one in a hundred was lost, the last time.
    pub many_lost_until: Option<Timestamp>,
}

impl Requests {
    fn of(answers: Answers) -> Self {
        let Answers { came, lost, many_lost_until } = answers;
        Requests { came: came.round() as u64, lost: lost.round() as u64, many_lost_until }
    }
}

/// One execution of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionEnd {
    /// UUID of the execution.
    pub execution: String,
    /// How it ended.
    pub ending: Ending,
    /// The action that failed.
    pub failed_at: Option<String>,
}

/// One message that was sent to people: a page, or advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageSent {
    /// When it was published, in virtual time.
    pub at: Timestamp,
    /// Through which region's topic.
    pub region: RegionName,
    /// Which kind of page it is, such as `read_evidence`.
    pub kind: Option<String>,
    /// At most 100 ASCII characters.
    pub subject: String,
    /// The text below the subject.
    pub message: String,
    /// What the text was made of, as data.
    pub reason: Option<Value>,
}

/// One decision, wherever it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// `home`, or the name of the region whose chain it is.
    pub chain: String,
    /// The entry in words.
    pub words: String,
    /// The entry as the chain has it.
    #[serde(flatten)]
    pub entry: Entry,
}

/// Why something is so, as data and in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The sentence, for people.
    pub words: String,
    /// The same as data, for machines.
    pub reason: Reason,
}

impl Explained {
    fn new(voice: Voice<'_>, reason: &Reason) -> Self {
        Self { words: voice.why(reason), reason: reason.clone() }
    }
}

/// The hub's projection in a form that JSON can hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HubProjection {
    /// The last epoch that anyone held.
    pub epoch: u64,
    /// Digests of the approved releases.
    pub approved: Vec<String>,
    /// Rejected releases and why.
    pub rejected: BTreeMap<String, Explained>,
    /// Condemned releases and why.
    pub condemned: BTreeMap<String, Explained>,
    /// Deferred regions, `execution/region`, and why.
    pub deferred: BTreeMap<String, Explained>,
    /// Ended waves and the regions that lagged.
    pub ended: BTreeMap<String, Vec<RegionName>>,
}

impl HubProjection {
    fn new(voice: Voice<'_>, hub: &HubHistory) -> Self {
        let explained = |why: &Reason| Explained::new(voice, why);
        Self {
            epoch: hub.epoch.0,
            approved: hub.approved.iter().map(ToString::to_string).collect(),
            rejected: hub.rejected.iter().map(|(release, why)| (release.to_string(), explained(why))).collect(),
            condemned: hub.condemned.iter().map(|(release, why)| (release.to_string(), explained(why))).collect(),
            deferred: hub
                .deferred
                .iter()
                .map(|((wave, region), why)| (format!("{wave}/{region}"), explained(why)))
                .collect(),
            ended: hub.ended.iter().map(|(wave, lagging)| (wave.to_string(), lagging.clone())).collect(),
        }
    }
}

/// What a night left behind, to be reported.
pub(super) struct Remains<'a> {
    pub scenario: &'a Scenario,
    pub fleet: &'a Fleet,
    pub seed: u64,
    /// Every chain, genesis entries included.
    pub ledger: BTreeMap<Chain, Vec<Entry>>,
    pub evaluations: Vec<String>,
}

impl Remains<'_> {
    pub fn report(self, world: &mut World) -> Report {
        let mut hub = HubHistory::default();
        self.ledger.get(&Chain::Home).into_iter().flatten().for_each(|entry| hub.apply(entry));
        let regions: BTreeMap<RegionName, RegionHistory> =
            self.fleet.regions.iter().map(|region| (region.name.clone(), self.history(&region.name))).collect();
        let ends = self.fleet.regions.iter().map(|region| self.region_end(world, region, &regions)).collect();
        let log = world.log();
        let mut report = Report {
            schema: REPORT_SCHEMA,
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            from: self.scenario.start,
            to: world.now(),
            as_expected: false,
            unexpected: Vec::new(),
            fleet: ends,
            executions: executions(log),
            pages: sent(log, false),
            advice: sent(log, true),
            decisions: self.decisions(),
            hub: HubProjection::new(Voice::of(self.fleet), &hub),
            regions,
            events: log.iter().filter(|event| is_told(&event.what)).cloned().collect(),
            evaluations: self.evaluations.clone(),
            ledger: BTreeMap::new(),
        };
        let mut unexpected = self.unexpected(&report, log, world.unmet_faults());
        unexpected.extend(self.unscaled(&report, world));
        report.unexpected = unexpected.into_iter().map(Problem::from).collect();
        report.as_expected = report.unexpected.is_empty();
        report.ledger = self.ledger.into_iter().map(|(chain, entries)| (chain.to_string(), entries)).collect();
        report
    }

    fn history(&self, region: &RegionName) -> RegionHistory {
        let mut history = RegionHistory::default();
        let chain = Chain::Region(region.clone());
        self.ledger.get(&chain).into_iter().flatten().for_each(|entry| history.apply(entry));
        history
    }

    fn region_end(
        &self,
        world: &mut World,
        region: &Region,
        histories: &BTreeMap<RegionName, RegionHistory>,
    ) -> RegionEnd {
        let describe = DescribeEndpoint { endpoint_name: self.fleet.endpoint.to_string() };
        // I13: where the control plane does not answer, the endpoint is gone, or it rests on what the ledger did not prove, nobody knows
        // what serves, whatever the ledger said last.
        let dark = world.is_dark(&region.name);
        let endpoint = describe.apply(world, &region.name).ok().filter(|_| !dark);
        let serving = histories.get(&region.name).and_then(|history| history.serving.as_ref());
        let names = endpoint.as_ref().map(|endpoint| endpoint.endpoint_config_name.as_str());
        let absent = if dark { "Unknown" } else { "none" };
        let status =
            endpoint.as_ref().map_or_else(|| absent.to_owned(), |endpoint| format!("{:?}", endpoint.endpoint_status));
        let changes = world.log().iter().filter(|event| event.region == region.name);
        let answer = serving.and_then(|serving| self.answer(region, serving, world.now()));
        let on_record = |serving: &Serving| names.is_some_and(|name| serving.target.config.as_str() == name);
        let rests = status == "InService";
        RegionEnd {
            region: region.name.clone(),
            title: region.title.clone(),
            version: serving
                .filter(|serving| endpoint.is_some() && (!rests || on_record(serving)))
                .map(|serving| serving.target.version.to_string()),
            confirmed_by_endpoint: rests && serving.is_some_and(on_record),
            status,
            since: serving.map(|serving| serving.since),
            by: answer.as_ref().and_then(|answer| Some(answer.by.as_ref()?.to_string())),
            interrupted: answer.and_then(|answer| answer.interrupted),
            halt: histories
                .get(&region.name)
                .and_then(|history| history.halt.as_ref())
                .map(|why| Explained::new(Voice::of(self.fleet), why)),
            health_changes: changes.filter(|event| matches!(event.what, What::HealthChanged { .. })).count(),
            requests: world.answers(&region.name).map(Requests::of),
        }
    }

    /// What the region's whole chain says of what serves.
    fn answer(&self, region: &Region, serving: &Serving, at: Timestamp) -> Option<Answer> {
        let own = self.ledger.get(&Chain::Region(region.name.clone()))?;
        let answers = account(region, own, None, at).answers;
        answers.into_iter().find(|answer| answer.target == serving.target)
    }

    fn decisions(&self) -> Vec<Decision> {
        let mut words = Phrasebook::default();
        self.ledger.values().flatten().for_each(|entry| words.learn(&entry.record));
        let words = |entry| words.say_any(self.fleet, entry).1;
        let mut decisions: Vec<Decision> = self
            .ledger
            .iter()
            .flat_map(|(chain, entries)| entries.iter().map(move |entry| (chain.to_string(), entry)))
            .filter(|(_, entry)| is_decision(&entry.record))
            .map(|(chain, entry)| Decision { chain, words: words(entry), entry: entry.clone() })
            .collect();
        decisions.sort_by_key(|decision| (decision.entry.at, decision.chain.clone(), decision.entry.seq));
        decisions
    }
}

fn is_decision(record: &Record) -> bool {
    matches!(
        record,
        Record::Decided { .. }
            | Record::Evaluated { .. }
            | Record::Approved { .. }
            | Record::Rejected { .. }
            | Record::Deferred { .. }
            | Record::Condemned { .. }
            | Record::Confirmed { .. }
            | Record::Reverted { .. }
            | Record::Halted { .. }
            | Record::Overridden { .. }
            | Record::Quarantined { .. }
            | Record::QuarantineLifted { .. }
            | Record::JobFailed { .. }
    )
}

fn is_told(what: &What) -> bool {
    !matches!(
        what,
        What::ObjectCreated { .. }
            | What::ObjectReplicated { .. }
            | What::ImageArrived { .. }
            | What::InvocationStarted { .. }
            | What::ActionContinued { .. }
    ) && !matches!(what, What::InvocationEnded { how, .. } if how == "answered")
}

fn executions(log: &[WorldEvent]) -> Vec<ExecutionEnd> {
    let mut ends: Vec<ExecutionEnd> = Vec::new();
    for event in log {
        let (execution, ending, failed_at) = match &event.what {
            What::ExecutionStarted { execution, .. } => (execution, Ending::Running, None),
            What::ExecutionSucceeded { execution, .. } => (execution, Ending::Succeeded, None),
            What::ExecutionFailed { execution, action, .. } => (execution, Ending::Failed, Some(action.clone())),
            What::ExecutionStopped { execution, .. } => (execution, Ending::Stopped, None),
            _ => continue,
        };
        let end = ExecutionEnd { execution: execution.clone(), ending, failed_at };
        match ends.iter_mut().find(|known| known.execution == *execution) {
            Some(known) => *known = end,
            None => ends.push(end),
        }
    }
    ends
}

/// Pages, or else advice.
fn sent(log: &[WorldEvent], advice: bool) -> Vec<PageSent> {
    let sent = log.iter().filter_map(|WorldEvent { at, region, what }| {
        let (What::PageSent { subject, message, about, reason, .. }
        | What::AdviceSent { subject, message, about, reason, .. }) = what
        else {
            return None;
        };
        (matches!(what, What::AdviceSent { .. }) == advice).then(|| PageSent {
            at: *at,
            region: region.clone(),
            kind: about.clone(),
            subject: subject.clone(),
            message: message.clone(),
            reason: reason.clone(),
        })
    });
    sent.collect()
}
