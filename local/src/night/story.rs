//! The story of a night: what the world saw happen and what the ledger says was decided, as lines for a person.

use crate::api::cloudwatch::AlarmState;
use crate::world::{Stage, What, WorldEvent};
use jiff::{Timestamp, tz::TimeZone};
use meridian_domain::{Chain, Decision, Entry, Fleet, Record, RegionName, ReleaseId, Target, Verdict};
use std::collections::BTreeMap;

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What happens.
    Plain,
    /// Of small interest.
    Quiet,
    /// Something went well that mattered.
    Good,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong, or was taken back.
    Bad,
    /// A page to the people on call.
    Page,
}

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What people call the region.
    pub place: String,
    /// What happened, and why; more lines where a page has them.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// Columns of text beside time and place.
const WIDTH: usize = 100;
/// What a page's lines begin with.
const QUOTE: &str = "| ";

impl Line {
    /// The text in lines of at most [`WIDTH`] columns where words allow it; a page's stay marked as such.
    pub fn wrapped(&self) -> Vec<String> {
        self.text.lines().flat_map(wrap).collect()
    }

    /// `03:47:12  JP  text`, without colour. Further lines are indented under the first.
    pub fn plain(&self) -> String {
        let time = self.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
        let text = self.wrapped().join(&format!("\n{:14}", ""));
        format!("{time}  {:<2}  {text}", self.place)
    }
}

fn wrap(line: &str) -> Vec<String> {
    let (mark, text) = line.strip_prefix(QUOTE).map_or(("", line), |text| (QUOTE, text));
    let mut lines = vec![mark.to_owned()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else { continue };
        if last.len() > mark.len() && last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{mark}{word}"));
        } else {
            let space = if last.len() > mark.len() { " " } else { "" };
            last.push_str(space);
            last.push_str(word);
        }
    }
    lines
}

/// Tells a night as it happens. Remembers names, so that people read versions and not digests.
#[derive(Debug)]
pub struct Narrator {
    fleet: Fleet,
    versions: BTreeMap<ReleaseId, String>,
    configs: BTreeMap<String, String>,
    stages: BTreeMap<RegionName, Stage>,
}

impl Narrator {
    /// A narrator of `fleet`'s night.
    pub fn new(fleet: Fleet) -> Self {
        Self { fleet, versions: BTreeMap::new(), configs: BTreeMap::new(), stages: BTreeMap::new() }
    }

    /// Learns a release's human name.
    pub fn meet(&mut self, release: ReleaseId, version: &str) {
        self.versions.insert(release, version.to_owned());
    }

    /// Learns which version a configuration serves.
    pub fn meet_target(&mut self, target: &Target) {
        self.meet(target.release, target.version.as_str());
        self.configs.insert(target.config.to_string(), target.version.to_string());
    }

    fn line(&self, at: Timestamp, region: &RegionName, tone: Tone, text: impl Into<String>) -> Line {
        Line { at, place: self.fleet.title(region).to_owned(), text: text.into(), tone }
    }

    fn version(&self, release: &ReleaseId) -> String {
        self.versions.get(release).cloned().unwrap_or_else(|| release.short())
    }

    fn config<'a>(&'a self, name: &'a str) -> &'a str {
        self.configs.get(name).map_or(name, String::as_str)
    }

    /// A line for something that the world saw, if a person wants to read it.
    pub fn event(&mut self, event: &WorldEvent) -> Option<Line> {
        let (tone, text) = match &event.what {
            What::ObjectReplicated { key, .. } => {
                let release = meridian_domain::keys::release_of_manifest(key)?;
                (Tone::Quiet, format!("{}'s manifest arrived", self.version(&release)))
            }
            What::ReplicationFailed { key, .. } => (Tone::Warn, format!("replication of {key} failed")),
            What::InvocationEnded { function, how, retried, .. } if how != "answered" => {
                let again = if *retried { "; Lambda tries again" } else { "" };
                (Tone::Warn, format!("{function} did not answer: {}{again}", how.replace('_', " ")))
            }
            What::StaleCall { function, operation, refused } => match refused {
                Some(why) => (Tone::Warn, format!("{operation} of a {function} that was given up is refused: {why}")),
                None => (Tone::Warn, format!("{operation} of a {function} that was given up is taken")),
            },
            What::AlarmStateChanged { alarm, from, to, reason } => return self.alarm(event, alarm, *from, *to, reason),
            What::EndpointStage { .. } => return self.stage(event),
            What::ExecutionStarted { .. } => (Tone::Plain, "the pipeline starts".to_owned()),
            What::ExecutionSucceeded { .. } => (Tone::Good, "the pipeline succeeded".to_owned()),
            What::ExecutionFailed { action, .. } => (Tone::Bad, format!("the pipeline failed at {action}")),
            What::ActionStarted { action, .. } => (Tone::Quiet, format!("pipeline action {action}")),
            What::ActionFailed { action, message, .. } => {
                // Register's message is the list of what the evaluation found: it was just told.
                let message = if action == "Register" { brief(message) } else { message.clone() };
                (Tone::Bad, format!("{action} failed: {message}"))
            }
            What::PageSent { subject, message, .. } => (Tone::Page, page(subject, message)),
            What::FaultBegan { fault } => (Tone::Warn, format!("*** {fault}")),
            What::FaultEnded { fault } => (Tone::Warn, format!("*** over: {fault}")),
            What::HealthChanged { healthy: true } => (Tone::Good, "health checks pass: in DNS".to_owned()),
            What::HealthChanged { healthy: false } => (Tone::Bad, "health checks fail: out of DNS".to_owned()),
            _ => return None,
        };
        Some(self.line(event.at, &event.region, tone, text))
    }

    fn alarm(&self, event: &WorldEvent, alarm: &str, from: AlarmState, to: AlarmState, reason: &str) -> Option<Line> {
        match (from, to) {
            (_, AlarmState::Alarm) => {
                let meaning = self.meaning(alarm).unwrap_or(reason);
                Some(self.line(event.at, &event.region, Tone::Bad, format!("alarm {alarm}: {meaning}")))
            }
            (AlarmState::Alarm, _) => {
                Some(self.line(event.at, &event.region, Tone::Quiet, format!("alarm {alarm} is quiet again")))
            }
            _ => None,
        }
    }

    /// What it means that an alarm rings, for one that Meridian or its template owns.
    fn meaning(&self, alarm: &str) -> Option<&'static str> {
        Some(match alarm.strip_prefix(self.fleet.name.as_str())?.strip_prefix('-')? {
            "green-latency" => "the new fleet's p99 is over its bound",
            "green-4xx" => "the new fleet answers too many 4xx",
            "green-5xx" => "the new fleet answers too many 5xx",
            "verdict" => "Meridian says revert",
            "heartbeat" => "nobody judges the canary",
            "endpoint-latency" => "the endpoint's p99 is over its bound, 3 minutes of 5",
            "endpoint-4xx" => "the endpoint answers too many 4xx, 3 minutes of 5",
            "endpoint-5xx" => "the endpoint answers too many 5xx, 3 minutes of 5",
            "rollback" => "the region's rollback alarm rings",
            _ => return None,
        })
    }

    fn stage(&mut self, event: &WorldEvent) -> Option<Line> {
        let What::EndpointStage { stage, old_config, new_config, percent, reason, .. } = &event.what else {
            return None;
        };
        // SageMaker's last watched bake and its termination wait look the same from outside.
        if self.stages.insert(event.region.clone(), *stage) == Some(*stage) {
            return None;
        }
        let new = self.config(new_config);
        let old = old_config.as_deref().map_or("nothing", |config| self.config(config));
        let (tone, text) = match stage {
            Stage::Provisioning if old_config.is_none() => {
                (Tone::Quiet, format!("the region's first fleet, for {new}, is being provisioned"))
            }
            Stage::Provisioning => (Tone::Quiet, format!("a fleet for {new} is being provisioned beside {old}'s")),
            Stage::Canary => (Tone::Plain, format!("canary: {percent} % of the traffic is on {new}")),
            Stage::Shifting => (Tone::Plain, format!("the rest of the traffic moves to {new}")),
            Stage::Soaking => (Tone::Plain, format!("all traffic is on {new}; {old} stays warm")),
            Stage::RollingBack => {
                let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                (Tone::Bad, format!("SageMaker sends the traffic back to {old}{why}"))
            }
            Stage::InService => (Tone::Plain, format!("in service on {new}")),
            Stage::RollbackFailed => {
                (Tone::Bad, format!("SageMaker could not roll back: fleets of {old} and {new} both answer"))
            }
            Stage::Failed => (Tone::Bad, format!("the endpoint failed on {new}")),
        };
        Some(self.line(event.at, &event.region, tone, text))
    }

    /// A line for an entry of the ledger, if a person wants to read it.
    pub fn entry(&mut self, chain: &Chain, entry: &Entry) -> Option<Line> {
        self.learn(&entry.record);
        let region = match chain {
            Chain::Home => self.fleet.home.clone(),
            Chain::Region(region) => region.clone(),
        };
        let (tone, text) =
            self.person(entry).or_else(|| self.hub(&entry.record)).or_else(|| self.region(&entry.record))?;
        let region = subject(&entry.record).unwrap_or(region);
        Some(self.line(entry.at, &region, tone, text))
    }

    fn learn(&mut self, record: &Record) {
        match record {
            Record::WaveStarted { release, version, .. } | Record::Attested { release, version } => {
                self.meet(*release, version.as_str());
            }
            Record::UpdateIntended { target, .. }
            | Record::Confirmed { target, .. }
            | Record::Settled { target, .. } => self.meet_target(target),
            Record::Reverted { from, to, .. } => {
                self.meet_target(from);
                self.meet_target(to);
            }
            _ => {}
        }
    }

    /// What a person wrote: who it was is the entry's to say.
    fn person(&self, entry: &Entry) -> Option<(Tone, String)> {
        let Record::Overridden { what, region, why, until } = &entry.record else { return None };
        let place = region.as_ref().map_or("every region", |region| self.fleet.title(region));
        let until = until.strftime("%H:%M UTC");
        Some((
            Tone::Warn,
            format!("OVERRIDE by {}: the {what} does not hold for {place} until {until}: {why}", entry.actor),
        ))
    }

    fn hub(&self, record: &Record) -> Option<(Tone, String)> {
        Some(match record {
            Record::WaveStarted { version, late, .. } if late.is_empty() => {
                (Tone::Plain, format!("every region has attested {version}: the wave starts"))
            }
            Record::WaveStarted { version, late, .. } => {
                let late: Vec<&str> = late.iter().map(|region| self.fleet.title(region)).collect();
                (Tone::Warn, format!("the wave of {version} starts without {}: no replica in time", late.join(", ")))
            }
            Record::Evaluated { release, verdict, why, .. } => {
                let tone = if *verdict == Verdict::Pass { Tone::Good } else { Tone::Bad };
                (tone, format!("evaluation of {}: {verdict}: {}", self.version(release), brief(why)))
            }
            Record::Approved { release } => (Tone::Good, format!("{} is approved", self.version(release))),
            Record::Rejected { release, why } => {
                (Tone::Bad, format!("{} is rejected: {}", self.version(release), brief(why)))
            }
            Record::RegionIll { why, .. } => (Tone::Warn, format!("the control plane does not answer ({why})")),
            Record::RegionWell { .. } => (Tone::Plain, "the control plane answers again".to_owned()),
            Record::Deferred { why, release, .. } => {
                (Tone::Bad, format!("deferred, the others go on to {}: {why}", self.version(release)))
            }
            Record::Condemned { release, why, .. } => {
                (Tone::Bad, format!("{} is condemned, the wave stops: {why}", self.version(release)))
            }
            Record::WaveEnded { release, lagging, .. } if lagging.is_empty() => {
                (Tone::Good, format!("the wave of {} is complete", self.version(release)))
            }
            Record::WaveEnded { release, lagging, .. } => {
                let lagging: Vec<&str> = lagging.iter().map(|region| self.fleet.title(region)).collect();
                (Tone::Warn, format!("the wave of {} ended without {}", self.version(release), lagging.join(", ")))
            }
            Record::SkewTold { why, .. } => (Tone::Warn, why.clone()),
            Record::StepRefused { step, notes, .. } => {
                (Tone::Bad, format!("the audit refused to {step}: {}", notes.join("; ")))
            }
            Record::LeaseTaken { epoch, .. } => (Tone::Quiet, format!("the wave holds the fleet, epoch {epoch}")),
            _ => return None,
        })
    }

    fn region(&self, record: &Record) -> Option<(Tone, String)> {
        Some(match record {
            Record::Attested { version, .. } => {
                (Tone::Plain, format!("attested: {version}'s bytes here are the ones that its manifest names"))
            }
            Record::UpdateIntended { target, back: Some(back), .. } => (
                Tone::Plain,
                format!("update to {} ({}); the way back is {}", target.version, target.release.short(), back.version),
            ),
            Record::UpdateIntended { target, back: None, epoch: Some(_), .. } => (
                Tone::Plain,
                format!("first release: {} ({}); there is no way back", target.version, target.release.short()),
            ),
            Record::UpdateIntended { target, back: None, .. } => {
                (Tone::Bad, format!("goes back to {}", target.version))
            }
            Record::Decided { decision: Decision::Proceed, why, .. } => (Tone::Good, format!("PROCEED: {why}")),
            Record::Decided { decision: Decision::Hold, why, .. } => (Tone::Warn, format!("HOLD: {why}")),
            Record::Decided { decision: Decision::Revert, why, .. } => (Tone::Bad, format!("REVERT: {why}")),
            Record::Confirmed { target, golden, .. } => (
                Tone::Good,
                format!("on {}: {golden} of {golden} golden records answered with its scores", target.version),
            ),
            Record::FullLoadJudged { why, judgement: Some(judgement), .. } => {
                (Tone::Good, format!("at full load, against the hour before: {}: {}", judgement.verdict, brief(why)))
            }
            Record::FullLoadJudged { why, judgement: None, .. } => (Tone::Plain, format!("at full load: {why}")),
            Record::Settled { target, .. } => (Tone::Quiet, format!("settled on {}", target.version)),
            Record::BytesUnknown { why, .. } => (Tone::Bad, format!("UNKNOWN: nobody knows which bytes serve: {why}")),
            Record::ScalingIntended { floor, .. } if floor.failover => {
                (Tone::Quiet, format!("is to have {} instances, should another region's customers come", floor.least))
            }
            Record::InstancesAwaited { there, .. } => {
                (Tone::Quiet, if *there { "has them" } else { "does not get them" }.to_owned())
            }
            Record::Reverted { from, to, why } => {
                (Tone::Bad, format!("back on {} from {}: {why}", to.version, from.version))
            }
            Record::Halted { why } => (Tone::Bad, format!("HALT: {why}")),
            Record::Lifted { why } => (Tone::Good, format!("the halt is lifted: {why}")),
            _ => return None,
        })
    }
}

/// The region that an entry of the hub's chain is about.
fn subject(record: &Record) -> Option<RegionName> {
    match record {
        Record::RegionIll { region, .. }
        | Record::RegionWell { region, .. }
        | Record::Deferred { region, .. }
        | Record::SkewTold { region, .. }
        | Record::Condemned { region, .. } => Some(region.clone()),
        Record::Overridden { region, .. } => region.clone(),
        _ => None,
    }
}

/// The first of several reasons, and how many more there are: the ledger has them all.
fn brief(reasons: &str) -> String {
    let mut parts = reasons.split("; ");
    let first = parts.next().unwrap_or_default();
    match parts.count() {
        0 => first.to_owned(),
        more => format!("{first} (and {more} more)"),
    }
}

/// A page as the person on call reads it.
fn page(subject: &str, message: &str) -> String {
    let body: Vec<String> =
        message.lines().filter(|line| !line.is_empty()).map(|line| format!("{QUOTE}{line}")).collect();
    format!("PAGE {subject}\n{}", body.join("\n"))
}
