//! The story of a night: what the world saw happen and what the ledger says was decided, as lines for a person.

use crate::services::cloudwatch::AlarmState;
use crate::world::{Stage, What, WorldEvent};
use jiff::{Timestamp, tz::TimeZone};
use meridian_domain::{Entry, Fleet, Reason, Record, RegionName, ReleaseId, Target};
use meridian_messages::ledger::{Phrasebook, Tone, subject};
use meridian_messages::{Voice, layout};
use std::collections::{BTreeMap, BTreeSet};

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it happened, in virtual time.
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
/// The width of `HH:MM:SS  JP  `, under which further lines stand.
const INDENT: usize = 14;
/// What a page's lines begin with.
const QUOTE: &str = "| ";

impl Line {
    /// The text in lines of at most [`WIDTH`] columns where words allow it, fewer on a terminal of fewer `columns`; further lines
    /// under the first; a page's stay marked.
    pub fn paragraph(&self, columns: Option<usize>) -> String {
        let width = columns.map_or(WIDTH, |columns| columns.saturating_sub(INDENT).min(WIDTH));
        let wrapped = self.text.lines().flat_map(|line| {
            let (mark, text) = line.strip_prefix(QUOTE).map_or(("", line), |text| (QUOTE, text));
            layout::lines(text, width.saturating_sub(mark.len())).into_iter().map(move |line| format!("{mark}{line}"))
        });
        wrapped.collect::<Vec<_>>().join(&format!("\n{:INDENT$}", ""))
    }

    /// `03:47:12  JP  text`, without colour. Further lines are indented under the first.
    pub fn plain(&self) -> String {
        let time = self.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
        format!("{time}  {:<2}  {}", self.place, self.paragraph(None))
    }
}

/// A function whose calls fail: in which ways, each told once, and how many attempts that is.
#[derive(Debug, Default)]
struct Failing {
    told: BTreeSet<(String, bool)>,
    calls: usize,
}

/// Tells a night as it happens. Remembers names, so that people read versions and not digests.
#[derive(Debug)]
pub struct Narrator {
    fleet: Fleet,
    words: Phrasebook,
    stages: BTreeMap<RegionName, Stage>,
    failing: BTreeMap<(RegionName, String), Failing>,
    /// Why this execution's release was rejected.
    rejected: Option<Reason>,
}

impl Narrator {
    /// A narrator of `fleet`'s night.
    pub fn new(fleet: Fleet) -> Self {
        Self { fleet, words: Phrasebook::default(), stages: BTreeMap::new(), failing: BTreeMap::new(), rejected: None }
    }

    /// Learns a release's human name.
    pub fn meet(&mut self, release: ReleaseId, version: &str) {
        self.words.meet(release, version);
    }

    /// Learns which version a configuration serves.
    pub fn meet_target(&mut self, target: &Target) {
        self.words.meet_target(target);
    }

    fn line(&self, at: Timestamp, region: &RegionName, tone: Tone, text: impl Into<String>) -> Line {
        Line { at, place: self.fleet.title(region).to_owned(), text: text.into(), tone }
    }

    /// A line for something that the world saw, if a person wants to read it.
    pub fn event(&mut self, event: &WorldEvent) -> Option<Line> {
        let (tone, text) = match &event.what {
            What::ObjectReplicated { key, .. } => {
                let release = meridian_domain::keys::release_of_manifest(key)?;
                (Tone::Quiet, format!("{}'s manifest arrived", self.words.version(&release)))
            }
            What::ReplicationFailed { key, .. } => (Tone::Warn, format!("replication of {key} failed")),
            What::ImageArrived { image } => (Tone::Quiet, format!("image {} is in the registry", short_of(image))),
            What::ImageNotCopied { image } => (Tone::Warn, format!("the copy of image {} failed", short_of(image))),
            What::InvocationEnded { function, how, retried, .. } => {
                return self.invocation(event, &function.to_string(), how, *retried);
            }
            What::StaleCall { function, operation, refused } => match refused {
                Some(why) => (Tone::Warn, format!("{operation} by a timed-out {function} was refused: {why}")),
                None => (Tone::Warn, format!("{operation} by a timed-out {function} took effect")),
            },
            What::AlarmStateChanged { alarm, from, to, reason } => return self.alarm(event, alarm, *from, *to, reason),
            What::EndpointStage { .. } => return self.stage(event),
            What::ExecutionStarted { .. } => {
                self.rejected = None;
                (Tone::Plain, "the pipeline starts".to_owned())
            }
            What::ExecutionSucceeded { .. } => (Tone::Good, "the pipeline succeeded".to_owned()),
            What::ExecutionFailed { action, .. } => (Tone::Bad, format!("the pipeline failed at {action}")),
            What::ExecutionStopped { .. } => (Tone::Warn, "the pipeline was stopped".to_owned()),
            What::ActionStarted { action, .. } => (Tone::Quiet, format!("pipeline action {action}")),
            What::ActionFailed { action, message, .. } => {
                // A rejection was just told, and its message is all that the evaluation found.
                let rejected = self.rejected.take().filter(|_| action == "Register");
                let brief = rejected.map(|why| Voice::of(&self.fleet).brief(&why));
                (Tone::Bad, format!("{action} failed: {}", brief.as_ref().unwrap_or(message)))
            }
            What::PageSent { subject, message, .. } => (Tone::Page, note("PAGE", subject, message)),
            What::AdviceSent { subject, message, .. } => (Tone::Warn, note("ADVICE", subject, message)),
            What::BucketRestored { to, gone } => {
                let from = to.strftime("%H:%M");
                let text = format!(
                    "a person restores the bucket from a backup of {from}: {gone} objects written since are gone"
                );
                (Tone::Warn, text)
            }
            What::InstancesAdded { instances, .. } => (Tone::Quiet, format!("{instances} instances serve now")),
            What::FaultBegan { fault } => (Tone::Warn, format!("*** {fault}")),
            What::FaultEnded { fault } => (Tone::Warn, format!("*** ended: {fault}")),
            What::HealthChanged { healthy: true } => (Tone::Good, "health checks pass: in DNS".to_owned()),
            What::HealthChanged { healthy: false } => (Tone::Bad, "health checks fail: out of DNS".to_owned()),
            _ => return None,
        };
        Some(self.line(event.at, &event.region, tone, text))
    }

    /// Attempts that fail alike are told once, and counted until one is answered.
    fn invocation(&mut self, event: &WorldEvent, function: &str, how: &str, retried: bool) -> Option<Line> {
        let key = (event.region.clone(), function.to_owned());
        if how == "answered" {
            let Failing { told, calls } = self.failing.remove(&key)?;
            let text = format!("{function} answers again, after {calls} failed attempts");
            return (calls > told.len()).then(|| self.line(event.at, &event.region, Tone::Quiet, text));
        }
        let failing = self.failing.entry(key).or_default();
        failing.calls += 1;
        if !failing.told.insert((how.to_owned(), retried)) {
            return None;
        }
        let again = if retried { "; Lambda retries it" } else { "" };
        let text = format!("{function} failed: {}{again}", how.replace('_', " "));
        Some(self.line(event.at, &event.region, Tone::Warn, text))
    }

    fn alarm(&self, event: &WorldEvent, alarm: &str, from: AlarmState, to: AlarmState, reason: &str) -> Option<Line> {
        match (from, to) {
            (_, AlarmState::Alarm) => {
                let meaning = self.meaning(alarm).unwrap_or(reason);
                Some(self.line(event.at, &event.region, Tone::Bad, format!("alarm {alarm}: {meaning}")))
            }
            (AlarmState::Alarm, _) => {
                Some(self.line(event.at, &event.region, Tone::Quiet, format!("alarm {alarm} is no longer in ALARM")))
            }
            _ => None,
        }
    }

    /// What it means that an alarm is in ALARM, for one that Meridian or its template owns.
    fn meaning(&self, alarm: &str) -> Option<&'static str> {
        Some(match alarm.strip_prefix(self.fleet.name.as_str())?.strip_prefix('-')? {
            "green-latency" => "p99 of the green instances is over its bound",
            "green-4xx" => "the green instances answer too many 4xx",
            "green-5xx" => "the green instances answer too many 5xx",
            "verdict" => "Meridian decided to revert",
            "heartbeat" => "judge heartbeat missing",
            "endpoint-latency" => "the endpoint's p99 is over its bound, 3 minutes of 5",
            "endpoint-4xx" => "the endpoint answers too many 4xx, 3 minutes of 5",
            "endpoint-5xx" => "the endpoint answers too many 5xx, 3 minutes of 5",
            "rollback" => "the region's rollback alarm is in ALARM",
            _ => return None,
        })
    }

    fn stage(&mut self, event: &WorldEvent) -> Option<Line> {
        let What::EndpointStage { stage, old_config, new_config, percent, reason, .. } = &event.what else {
            return None;
        };
        // SageMaker's last watched bake and its termination wait look the same from outside.
        let before = self.stages.insert(event.region.clone(), *stage);
        if before == Some(*stage) {
            return None;
        }
        let new = self.words.config(new_config);
        let old = old_config.as_deref().map_or("nothing", |config| self.words.config(config));
        let (tone, text) = match stage {
            Stage::Provisioning if old_config.is_none() => {
                (Tone::Quiet, format!("the region's first instances, for {new}, are being provisioned"))
            }
            Stage::Provisioning if before == Some(Stage::RollbackFailed) => {
                (Tone::Quiet, format!("instances for {new} are being provisioned; instances of both releases serve"))
            }
            Stage::Provisioning => (Tone::Quiet, format!("instances for {new} are being provisioned; {old} serves")),
            Stage::Canary => (Tone::Plain, format!("canary: {percent} % of the traffic is on {new}")),
            Stage::Shifting => (Tone::Plain, format!("the rest of the traffic moves to {new}")),
            Stage::Soaking => (Tone::Plain, format!("all traffic is on {new}; {old} stays warm")),
            Stage::RollingBack => {
                let why = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                (Tone::Bad, format!("SageMaker rolls back to {old}{why}"))
            }
            Stage::InService => (Tone::Plain, format!("in service on {new}")),
            Stage::RollbackFailed => {
                (Tone::Bad, format!("SageMaker could not roll back: instances of {old} and {new} both serve"))
            }
            Stage::Failed => (Tone::Bad, format!("the endpoint failed on {new}")),
        };
        Some(self.line(event.at, &event.region, tone, text))
    }

    /// A line for an entry that was written in `place`'s bucket, if a person wants to read it.
    pub fn entry(&mut self, place: &RegionName, entry: &Entry) -> Option<Line> {
        self.words.learn(&entry.record);
        if let Record::Rejected { why, .. } = &entry.record {
            self.rejected = Some(why.clone());
        }
        let (tone, text) = self.words.say(&self.fleet, entry)?;
        Some(self.line(entry.at, subject(&entry.record).unwrap_or(place), tone, text))
    }
}

/// An image's repository and the beginning of its digest.
fn short_of(uri: &str) -> String {
    let own = uri.rsplit('/').next().unwrap_or(uri);
    let end = own.find(':').map_or(own.len(), |at| own.len().min(at + 9));
    own.get(..end).unwrap_or(own).to_owned()
}

/// A page as the person on call reads it.
fn note(kind: &str, subject: &str, message: &str) -> String {
    let body: Vec<String> =
        message.lines().filter(|line| !line.is_empty()).map(|line| format!("{QUOTE}{line}")).collect();
    format!("{kind} {subject}\n{}", body.join("\n"))
}
