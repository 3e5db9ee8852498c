//! The ledger's entries in words: what a night's story and `meridian history` both say of them.

mod rest;

pub use rest::departed;

use crate::Voice;
use crate::compared::{client_errors, client_errors_alike};
use crate::headline::promoted;
use crate::layout::day;
use crate::region::ill_service;
use crate::way_back::worse_than_before;
use meridian_domain::failover::FailoverStep;
use meridian_domain::lost_home::HomeSeen;
use meridian_domain::reason::Fault;
use meridian_domain::{
    Actor, Decision, Entry, Fleet, ProbationAction, Reason, Record, RegionName, ReleaseId, Target, Verdict,
};
use meridian_judge::CapturedVerdict;
use std::collections::BTreeMap;

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What happens, neither good nor bad.
    Plain,
    /// Of small interest.
    Quiet,
    /// Something went well that mattered.
    Good,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong, or was rolled back.
    Bad,
    /// A page to the people on call.
    Page,
}

/// The names that people know, learned from the entries themselves, so that they read versions and not digests.
#[derive(Clone, Debug, Default)]
pub struct Phrasebook {
    versions: BTreeMap<ReleaseId, String>,
    configs: BTreeMap<String, String>,
}

impl Phrasebook {
    /// The names that these entries say.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut words = Self::default();
        entries.into_iter().for_each(|entry| words.learn(&entry.record));
        words
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

    /// A release's human name; the beginning of its digest where nobody has said it.
    pub fn version(&self, release: &ReleaseId) -> String {
        self.versions.get(release).cloned().unwrap_or_else(|| release.short())
    }

    /// The version that a configuration serves; the configuration's name where nobody has said it.
    pub fn config<'a>(&'a self, name: &'a str) -> &'a str {
        self.configs.get(name).map_or(name, String::as_str)
    }

    /// Learns the names that a record says.
    pub fn learn(&mut self, record: &Record) {
        match record {
            Record::WaveStarted { release, version, .. } | Record::Attested { release, version } => {
                self.meet(*release, version.as_str());
            }
            Record::UpdateIntended { target, .. }
            | Record::EndpointIntended { target, .. }
            | Record::Confirmed { target, .. }
            | Record::Settled { target, .. }
            | Record::Kept { target, .. } => self.meet_target(target),
            Record::Reverted { from, to, .. } => {
                self.meet_target(from);
                self.meet_target(to);
            }
            _ => {}
        }
    }

    /// An entry in words, if a person wants to read it in a story.
    pub fn say(&self, fleet: &Fleet, entry: &Entry) -> Option<(Tone, String)> {
        person(fleet, entry).or_else(|| self.hub(fleet, &entry.record)).or_else(|| self.region(fleet, &entry.record))
    }

    /// Any entry in words: those that a story leaves out as well, as quiet ones.
    pub fn say_any(&self, fleet: &Fleet, entry: &Entry) -> (Tone, String) {
        self.say(fleet, entry).unwrap_or_else(|| self.rest(fleet, &entry.record))
    }

    fn hub(&self, fleet: &Fleet, record: &Record) -> Option<(Tone, String)> {
        let voice = Voice::of(fleet);
        Some(match record {
            Record::WaveStarted { version, resumes: Some(resumed), .. } => (
                Tone::Plain,
                format!("{version} goes on with what its last execution left open: execution {}", resumed.attempt),
            ),
            Record::WaveStarted { version, late, .. } if late.is_empty() => {
                (Tone::Plain, format!("every region has attested {version}: the wave starts"))
            }
            Record::WaveStarted { version, late, .. } => {
                let late: Vec<&str> = late.iter().map(|region| fleet.title(region)).collect();
                (Tone::Warn, format!("the wave of {version} starts without {}: replicas late", late.join(", ")))
            }
            Record::Evaluated { release, verdict, why, .. } => {
                let tone = if *verdict == Verdict::Pass { Tone::Good } else { Tone::Bad };
                (tone, format!("evaluation of {}: {verdict}: {}", self.version(release), voice.brief(why)))
            }
            Record::Approved { release, .. } => (Tone::Good, format!("{} is approved", self.version(release))),
            Record::Rejected { release, why } => {
                (Tone::Bad, format!("{} is rejected: {}", self.version(release), voice.brief(why)))
            }
            Record::RegionIll { why, .. } => {
                let what = match why {
                    Reason::Fault(Fault::Unseen(unseen)) => {
                        format!("its {} does not answer", ill_service(unseen.service()))
                    }
                    _ => "it keeps the wave waiting".to_owned(),
                };
                (Tone::Warn, format!("{what} ({})", voice.why(why)))
            }
            Record::RegionWell { .. } => (Tone::Plain, "it answers again".to_owned()),
            Record::Deferred { why, release, .. } => {
                (Tone::Bad, format!("deferred, the others go on to {}: {}", self.version(release), voice.why(why)))
            }
            Record::Condemned { release, why, .. } => {
                (Tone::Bad, format!("{} is condemned, the wave stops: {}", self.version(release), voice.why(why)))
            }
            Record::WaveEnded { release, lagging, .. } if lagging.is_empty() => {
                (Tone::Good, format!("the wave of {} is complete", self.version(release)))
            }
            Record::WaveEnded { release, lagging, .. } => {
                let lagging: Vec<&str> = lagging.iter().map(|region| fleet.title(region)).collect();
                (
                    Tone::Warn,
                    format!("{} (not {})", promoted(fleet, &self.version(release), lagging.len()), lagging.join(", ")),
                )
            }
            Record::SkewTold { why, .. } => (Tone::Warn, voice.why(why)),
            Record::CallersTold { green, blue, .. } => (Tone::Warn, client_errors_alike(*green, *blue)),
            Record::JobFailed { why, .. } => (Tone::Bad, format!("its job failed: {}", voice.job_failure(why))),
            Record::LeaseTaken { epoch, .. } => (Tone::Quiet, format!("lease acquired, epoch {epoch}")),
            _ => return None,
        })
    }

    fn region(&self, fleet: &Fleet, record: &Record) -> Option<(Tone, String)> {
        let voice = Voice::of(fleet);
        Some(match record {
            Record::Attested { version, .. } => {
                (Tone::Plain, format!("attested: {version}'s bytes match its manifest"))
            }
            Record::UpdateIntended { target, back: Some(back), .. } => (
                Tone::Plain,
                format!("update to {} ({}); rollback target {}", target.version, target.release.short(), back.version),
            ),
            Record::UpdateIntended { target, back: None, epoch: Some(_), .. } => (
                Tone::Plain,
                format!("first release: {} ({}); no rollback target", target.version, target.release.short()),
            ),
            Record::UpdateIntended { target, back: None, .. } => {
                (Tone::Bad, format!("rolls back to {}", target.version))
            }
            Record::EndpointIntended { target, .. } => {
                (Tone::Plain, format!("makes its endpoint, with {}", target.version))
            }
            Record::Decided { decision: Decision::Proceed, why, .. } => {
                (Tone::Good, format!("PROCEED: {}", voice.why(why)))
            }
            Record::Decided { decision: Decision::Hold, why, .. } => (Tone::Warn, format!("HOLD: {}", voice.why(why))),
            Record::Decided { decision: Decision::Revert, why, .. } => {
                (Tone::Bad, format!("REVERT: {}", voice.why(why)))
            }
            Record::Confirmed { target, golden, .. } => (
                Tone::Good,
                format!("on {}: {golden} of {golden} golden records answered with its scores", target.version),
            ),
            Record::FullLoadJudged { why, judgement: Some(judgement), .. } => (
                Tone::Good,
                format!("at full load, compared with the hour before: {}: {}", judgement.verdict, voice.brief(why)),
            ),
            Record::FullLoadJudged { why, judgement: None, .. } => {
                (Tone::Plain, format!("at full load: {}", voice.why(why)))
            }
            Record::Shadowed { version, judgement, .. } => {
                let tone = match judgement.verdict {
                    CapturedVerdict::Pass => Tone::Good,
                    CapturedVerdict::Fail => Tone::Bad,
                    CapturedVerdict::TooFew | CapturedVerdict::NothingCaptured => Tone::Plain,
                };
                (tone, format!("shadow of {version}: {}", crate::captured::judgement(judgement)))
            }
            Record::Kept { target, .. } => (Tone::Quiet, format!("keeps {}; nothing runs", target.version)),
            Record::Settled { target, .. } => (Tone::Quiet, format!("settled on {}", target.version)),
            Record::BytesUnknown { why, .. } => (Tone::Bad, format!("SERVING RELEASE UNKNOWN: {}", voice.fault(why))),
            Record::ScalingIntended { floor, .. } if floor.failover => {
                (Tone::Quiet, format!("needs {} instances for a failover", floor.least))
            }
            Record::InstancesAwaited { there, .. } => (
                Tone::Quiet,
                if *there { "failover capacity in service" } else { "failover capacity short" }.to_owned(),
            ),
            Record::ClientErrors { target, compared } => {
                (Tone::Warn, format!("4xx too high on {}: {}", target.version, client_errors(compared.as_ref())))
            }
            Record::ProbationFound { target, worse, action: ProbationAction::Tell, .. } => {
                (Tone::Warn, format!("{} is worse than the days before: {}", target.version, worse_than_before(worse)))
            }
            Record::ProbationFound { target, worse, action: ProbationAction::Act, .. } => (
                Tone::Bad,
                format!("REVERT {}, worse than the days before: {}", target.version, worse_than_before(worse)),
            ),
            Record::Reverted { from, to, why } if from.version == to.version => {
                (Tone::Bad, format!("serves {} again: {}", to.version, voice.why(why)))
            }
            Record::Reverted { from, to, why } => {
                (Tone::Bad, format!("rolled back from {} to {}: {}", from.version, to.version, voice.why(why)))
            }
            Record::JudgeReplaced { .. } => {
                (Tone::Good, "halt lifted: the judge died with the home before, and another one judges".to_owned())
            }
            Record::HomeSeen { home, seen } => home_seen(voice, home, seen),
            Record::Halted { why } => (Tone::Bad, format!("HALT: {}", voice.why(why))),
            _ => return None,
        })
    }
}

/// What a region's chain says of home.
fn home_seen(voice: Voice<'_>, home: &RegionName, seen: &HomeSeen) -> (Tone, String) {
    let title = voice.title(home);
    match seen {
        HomeSeen::Silent => (Tone::Warn, format!("home ({title}) does not answer")),
        HomeSeen::Asked { with } if with.is_empty() => (Tone::Bad, format!("HOME IS LOST: {title} does not answer")),
        HomeSeen::Asked { with } => {
            (Tone::Bad, format!("HOME IS LOST: {title} does not answer {} either", voice.all(with)))
        }
        HomeSeen::Answers => (Tone::Good, format!("home ({title}) answers again")),
    }
}

/// What a person wrote. The entry has the person's name.
fn person(fleet: &Fleet, entry: &Entry) -> Option<(Tone, String)> {
    let (what, region, why, until) = match &entry.record {
        Record::Overridden { what, region, why, until } => (what, region, why, until),
        Record::Quarantined { object, why, .. } => {
            return Some((Tone::Warn, format!("QUARANTINE by {}: {object}: {why}", entry.actor)));
        }
        Record::Lifted { why } => return Some((Tone::Good, format!("{} lifts the halt: {why}", entry.actor))),
        Record::QuarantineLifted { object, why } => {
            return Some((Tone::Good, format!("{} lifts the quarantine of {object}: {why}", entry.actor)));
        }
        Record::HoldoutApproved { holdout, why } => {
            let (digest, rows, positives) = (holdout.sha256.short(), holdout.rows, holdout.positives);
            let what =
                format!("HOLD-OUT {digest} ({rows} records, {positives} fraud) approved by {}: {why}", entry.actor);
            return Some((Tone::Warn, what));
        }
        Record::HomeMoved { to, lost, why, binding: _, from: _ } => {
            let after = if *lost { ", after one that was lost" } else { "" };
            let what = format!("HOME is {} from now on{after}, by {}: {why}", fleet.title(to), entry.actor);
            return Some((Tone::Warn, what));
        }
        Record::Failover(step) => return Some(failover(Voice::of(fleet), &entry.actor, step)),
        _ => return None,
    };
    let place = region.as_ref().map_or("every region", |region| fleet.title(region));
    let until = until.strftime(if day(*until) == day(entry.at) { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" });
    Some((
        Tone::Warn,
        format!("OVERRIDE by {}: the {what} does not apply to {place} until {until}: {why}", entry.actor),
    ))
}

/// The region that an entry of the hub's chain is about.
pub fn subject(record: &Record) -> Option<&RegionName> {
    match record {
        Record::RegionIll { region, .. }
        | Record::RegionWell { region, .. }
        | Record::Deferred { region, .. }
        | Record::SkewTold { region, .. }
        | Record::CallersTold { region, .. }
        | Record::Condemned { region, .. } => Some(region),
        Record::Overridden { region, .. } => region.as_ref(),
        _ => None,
    }
}

/// Who acted, for reading: a wave by the beginning of its execution's id (a UUID), anybody else by name.
pub fn who(actor: &str) -> String {
    match actor.split('-').map(str::len).collect::<Vec<_>>().as_slice() {
        [8, 4, 4, 4, 12] => format!("wave {}", actor.chars().take(8).collect::<String>()),
        _ => actor.to_owned(),
    }
}

/// A region's half of a failover.
fn failover(voice: Voice<'_>, who: &Actor, step: &FailoverStep) -> (Tone, String) {
    match step {
        FailoverStep::Asked { from, why } => {
            (Tone::Warn, format!("FAILOVER by {who}: to carry {}'s customers too: {why}", voice.title(from)))
        }
        FailoverStep::Missed { region } => (Tone::Warn, format!("{}'s endpoint does not answer", voice.title(region))),
        FailoverStep::Answers { region } => (Tone::Good, format!("{}'s endpoint answers again", voice.title(region))),
        FailoverStep::Ready { least, golden } => {
            let instances = least.map(|least| format!("{least} instances, ")).unwrap_or_default();
            (Tone::Good, format!("ready to carry them: {instances}{golden} of {golden} golden records answered right"))
        }
        FailoverStep::Over { why } => {
            (Tone::Good, format!("{who} ends the failover, its scaling is as usual again: {why}"))
        }
        FailoverStep::Evacuated { to, why } => {
            (Tone::Warn, format!("OUT OF SERVICE by {who}, {} is ready for its customers: {why}", voice.title(to)))
        }
        FailoverStep::Readmitted { why } => (Tone::Good, format!("{who} lets its customers come back: {why}")),
    }
}
