//! Every page that Meridian sends, in one shape: a subject of fewer than 100 characters, then what happened and why, what holds
//! now, what to do, and where to read on.

mod home;
mod rejected;
mod stand_in;
mod table;
#[cfg(test)]
mod tests;

pub use home::HomeNotice;
pub use rejected::{ComparedWith, Evidence, RejectedFor};
pub use table::PageKind;

use crate::Voice;
use crate::files::words;
use crate::ledger::departed;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::reason::{EvaluationReason, FileFault, JobFailure};
use meridian_domain::{Actor, Advice, Chain, Image, Reason, RegionName, Version};
use serde::Serialize;
use std::collections::BTreeSet;

/// Characters of a subject: SNS takes no more.
pub const LONGEST_SUBJECT: usize = 99;

/// What a page of a pipeline's job is called.
pub(crate) const JOB_FAILED: &str = "a pipeline job failed";

/// What a page is about, as data.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A plan of `promote` or `rollback` tells people something.
    Plan {
        /// What happened, and why.
        why: Reason,
        /// What to do.
        advice: Advice,
    },
    /// A wave starts without regions whose replicas are late.
    ReplicasLate {
        /// The wave's release.
        version: Version,
        /// The regions that have not attested it.
        late: Vec<RegionName>,
        /// The key of its archive.
        archive: String,
        /// Its container.
        image: Image,
    },
    /// S3 did not replicate objects.
    NotReplicated(Vec<Unreplicated>),
    /// A chain differs from what a neighbour keeps of it.
    ChainAltered {
        /// Home's or a region's chain.
        chain: Chain,
        /// The entry that was seen before.
        kept: KeptHead,
        /// How the chain differs from it now.
        departure: Departure,
    },
    /// Home is lost, has moved for that, or answers again.
    Home(HomeNotice),
    /// A standby makes itself ready for the customers of a region that does not answer.
    StandsIn {
        /// That region.
        from: RegionName,
        /// The other regions that it does not answer.
        with: Vec<RegionName>,
    },
    /// A region does not attest a release.
    BytesRefused {
        /// The release's human name, or the beginning of its digest where only that is trusted.
        release: String,
        /// Which file is wrong, and how: it decides what there is to do.
        what: FileFault,
    },
    /// A pipeline job failed.
    JobFailed {
        /// CodePipeline's id of it.
        job: String,
        /// What kept its handler from answering it.
        why: JobFailure,
    },
    /// Evaluation rejects a release.
    EvaluationRejected {
        /// The release's human name, or the beginning of its digest.
        version: String,
        /// What kind of rejection it is.
        cause: RejectedFor,
        /// Why, with its numbers.
        why: EvaluationReason,
        /// What the gates that decided rest on; none where nothing could be compared.
        evidence: Option<Evidence>,
    },
}

/// What a page of a release that evaluation rejects is called.
pub(crate) fn rejected_title(version: &str, cause: RejectedFor) -> String {
    match cause {
        RejectedFor::Worse => format!("{version} is rejected"),
        RejectedFor::Unclear => format!("{version} is rejected: too few records to judge it"),
        RejectedFor::Bytes | RejectedFor::Content => format!("{version} cannot be evaluated"),
    }
}

/// An object that S3 did not replicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreplicated {
    /// The object's key, the same in both buckets.
    pub key: String,
    /// The bucket that it should have gone to.
    pub bucket: String,
    /// Name of the event that S3 sent, such as `Replication:OperationFailedReplication`.
    pub event: String,
    /// S3's reason, where it gives one.
    pub reason: Option<String>,
}

/// What a region does not attest a release for: one variant for each way to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefusedFor {
    /// It has no signature of a trusted key.
    Signature,
    /// Its bytes are not the ones that the manifest names.
    Checksum,
    /// Its container is not in the registry.
    Image,
    /// Its manifest, or what that allows itself, is not accepted.
    Content,
}

impl RefusedFor {
    fn of(fault: &FileFault) -> Self {
        match fault {
            fault if fault.is_signature() => Self::Signature,
            fault if fault.is_altered() => Self::Checksum,
            FileFault::NoImage { .. } => Self::Image,
            _ => Self::Content,
        }
    }
}

/// Who sends a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A wave, from home, about a region.
    Wave(Actor),
    /// The region's own function.
    Region,
}

/// A page in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageText {
    /// What happened: at most [`LONGEST_SUBJECT`] characters.
    pub subject: String,
    /// Four paragraphs: what happened, now, to do, runbook.
    pub message: String,
}

impl Voice<'_> {
    /// A page: of `region`, or sent by it.
    pub fn page(self, notice: &Notice, region: &RegionName, sender: &Sender) -> PageText {
        let subject = subject(&format!("[{}] {}", self.fleet.name, self.title_of(notice, region)));
        let what = sentence(&lines(&self.what_happened(notice, region)));
        let (now, to_do) = (self.holds_now(notice, region), self.steps(notice, region));
        let kind = notice.kind();
        let place = format!("{} ({region})", self.title(region));
        let from = match sender {
            Sender::Wave(execution) => format!("Region {place}. Wave {execution}."),
            Sender::Region => format!("Sent by the region itself: {place}."),
        };
        let advice = if kind.is_advice() { " This is advice: nobody is paged." } else { "" };
        let section = kind.section().map(|section| format!(" ({section})")).unwrap_or_default();
        let runbook = kind.runbook();
        let message =
            format!("{what}\n\nNow: {}\n\nTo do: {}\n\n{runbook}{section}\n{from}{advice}", lines(&now), lines(&to_do));
        PageText { subject, message }
    }

    fn title_of(self, notice: &Notice, region: &RegionName) -> String {
        match notice {
            Notice::Plan { why, .. } => self.headline(why),
            Notice::ReplicasLate { version, late, .. } => format!("{version} starts without {}", self.titles(late)),
            Notice::NotReplicated(objects) => not_replicated_title(&buckets(objects)),
            Notice::ChainAltered { chain, .. } => self.altered_title(chain),
            Notice::Home(notice) => self.home_title(notice, region),
            Notice::StandsIn { from, .. } => self.stands_in_title(from, region),
            Notice::BytesRefused { release, what } => self.refused_title(release, what, region),
            Notice::JobFailed { .. } => JOB_FAILED.to_owned(),
            Notice::EvaluationRejected { version, cause, .. } => rejected_title(version, *cause),
        }
    }

    /// What a page of a chain that lacks an entry is called.
    pub(crate) fn altered_title(self, chain: &Chain) -> String {
        format!("the ledger of {} was altered", chain.region(self.fleet))
    }

    /// What a page of a release that `region` does not attest is called.
    pub(crate) fn refused_title(self, release: &str, what: &FileFault, region: &RegionName) -> String {
        let title = self.title(region);
        match RefusedFor::of(what) {
            RefusedFor::Signature => format!("{release} is not signed by a trusted key"),
            RefusedFor::Checksum => format!("{title}: {release} checksum mismatch"),
            RefusedFor::Image | RefusedFor::Content => format!("{title} does not attest {release}"),
        }
    }

    fn what_happened(self, notice: &Notice, region: &RegionName) -> String {
        match notice {
            Notice::Plan { why, .. } => self.why(why),
            Notice::ReplicasLate { version, late, .. } => format!(
                "{}: no attestation of {version} within {:#} of {}'s own",
                self.titles(late),
                self.fleet.wave.replication_deadline,
                self.title(&self.fleet.home)
            ),
            Notice::NotReplicated(objects) => {
                let objects: Vec<String> = objects.iter().map(unreplicated).collect();
                format!("S3 did not replicate these objects:\n{}", objects.join("\n"))
            }
            Notice::ChainAltered { chain, kept, departure } => format!(
                "Ledger chain {chain} in {} {}. {} keeps the ends of this chain, and saw that entry there before",
                chain.region(self.fleet),
                departed(*departure, kept),
                self.title(region)
            ),
            Notice::Home(notice) => self.of_home(notice, region),
            Notice::StandsIn { from, with } => self.stands_in(from, with, region),
            Notice::BytesRefused { release, what } => {
                format!("{} ({region}) does not attest {release}: {}", self.title(region), words(what))
            }
            Notice::JobFailed { why, .. } => self.job_failure(why),
            Notice::EvaluationRejected { version, why, evidence, .. } => {
                let found = rejected::found(version, why, evidence.as_ref(), region);
                format!("{}.\n{found}", self.title_of(notice, region))
            }
        }
    }

    fn holds_now(self, notice: &Notice, region: &RegionName) -> String {
        match notice {
            Notice::Plan { advice, why } => self.now(advice, why),
            Notice::ReplicasLate { late, .. } => {
                let late = self.titles(late);
                format!(
                    "The wave has started without {late}, and changes nothing there. At its end Verify-Fleet names the regions \
                     that do not serve the release."
                )
            }
            Notice::NotReplicated(_) => format!(
                "A region without these objects does not attest the release. Its wave waits for the region until the \
                 replication deadline, then starts without it. No endpoint was changed. For {:#}, further objects of the same \
                 replication rule are recorded in the ledger and nobody is paged.",
                self.fleet.wave.replication_deadline
            ),
            Notice::ChainAltered { .. } => format!(
                "Functions use the chain as it is now. {} keeps the proof that it was different. This check changed no \
                 endpoint.",
                self.title(region)
            ),
            Notice::Home(notice) => self.holds_without_home(notice),
            Notice::StandsIn { from, .. } => self.holds_while_it_stands_in(from, region),
            Notice::BytesRefused { release, what: FileFault::NoImage { .. } } => {
                format!("No wave of {release} starts before the image is there. This check changed no endpoint.")
            }
            Notice::BytesRefused { release, .. } => {
                let title = self.title(region);
                format!("{title} does not start {release} with these bytes. This check changed no endpoint.")
            }
            Notice::JobFailed { job, .. } => format!(
                "CodePipeline job {job} fails, and its execution stops. An update in progress is rolled back by its guardrails \
                 unless a decision to proceed is on record."
            ),
            Notice::EvaluationRejected { version, .. } => format!(
                "No endpoint was changed. The pipeline's execution fails. {version} stays rejected: publishing again, even the \
                 same files, makes a new release."
            ),
        }
    }

    fn steps(self, notice: &Notice, region: &RegionName) -> String {
        match notice {
            Notice::Plan { advice, .. } => self.to_do(advice),
            Notice::ReplicasLate { version, archive, image, .. } => format!(
                "Check the replication of the buckets (archive {archive}) and of the registries (image {}@sha256:{}), and each \
                 region's ledger for a refusal. Once {version} is attested there, start a new execution of {} for the same \
                 release.",
                image.repository, image.digest, self.fleet.pipeline
            ),
            Notice::NotReplicated(_) => {
                "Fix the replication rule, its role or the destination bucket. Then replicate the objects again with S3 Batch \
                 Replication: nobody is allowed to write there by hand. The sweep attests them within 5 minutes of their arrival."
                    .to_owned()
            }
            Notice::ChainAltered { chain, kept, .. } => format!(
                "Stop every start: meridian halt. Compare entry {} and those around it with the object versions in {}'s bucket \
                 and with CloudTrail. Find out who wrote them, and restore the entries. meridian history says when the chain \
                 is complete again.",
                kept.seq,
                chain.region(self.fleet)
            ),
            Notice::Home(notice) => self.steps_without_home(notice, region),
            Notice::StandsIn { from, .. } => self.steps_while_it_stands_in(from, region),
            Notice::BytesRefused { what, .. } => match RefusedFor::of(what) {
                RefusedFor::Signature => {
                    "Find out who wrote the manifest. If it is training's, publish it with meridian publish.".to_owned()
                }
                RefusedFor::Checksum => {
                    "Compare the object with home's copy and find out who wrote it. Replicate it again, or publish the release \
                     again. Then start a new execution."
                        .to_owned()
                }
                RefusedFor::Image => {
                    "Push the image with this digest to the registry: the sweep attests the release within 5 minutes, and nothing has \
                     to be published again. Images are pushed before a release that names them is published."
                        .to_owned()
                }
                RefusedFor::Content => "Fix what is named above, and publish again.".to_owned(),
            },
            Notice::JobFailed { .. } => {
                "Read the function's log for this job and fix the cause. Then start a new execution of the same release: regions \
                 that serve it are not changed."
                    .to_owned()
            }
            Notice::EvaluationRejected { cause, .. } => match cause {
                RejectedFor::Worse => {
                    "Find in the report where the model is worse, fix its training, and publish the result.".to_owned()
                }
                RejectedFor::Unclear => {
                    "Nothing shows that the model is bad. Approve a hold-out with more records (above all more positives), or with \
                     records in which the named columns vary: meridian holdout approve. Then publish the same model again."
                        .to_owned()
                }
                RejectedFor::Bytes => {
                    "Find out who removed or wrote the object named above: the bucket keeps its versions. Then publish the same \
                     files again."
                        .to_owned()
                }
                RejectedFor::Content => {
                    "Fix the export in training; the fault is named above. Then publish again.".to_owned()
                }
            },
        }
    }

    fn titles(self, regions: &[RegionName]) -> String {
        regions.iter().map(|region| self.title(region)).collect::<Vec<_>>().join(", ")
    }
}

/// What a page of objects that did not reach these buckets is called.
pub(crate) fn not_replicated_title(buckets: &str) -> String {
    format!("replication to {buckets} failed")
}

fn unreplicated(object: &Unreplicated) -> String {
    let reason = object.reason.as_deref().unwrap_or("none given");
    format!("- {} to {}: {}, reason: {reason}", object.key, object.bucket, object.event)
}

fn buckets(objects: &[Unreplicated]) -> String {
    let buckets: BTreeSet<&str> = objects.iter().map(|object| object.bucket.as_str()).collect();
    buckets.into_iter().collect::<Vec<_>>().join(", ")
}

/// A paragraph: text from outside may have empty lines, which would end it.
fn lines(text: &str) -> String {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// With a full stop. The first letter stays: it may be a release's or an object's name.
fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', ')']) { "" } else { "." };
    format!("{text}{end}")
}

/// One line that fits, cut at a word where it is longer.
fn subject(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LONGEST_SUBJECT {
        return text;
    }
    let short: String = text.chars().take(LONGEST_SUBJECT - 3).collect();
    // A word that alone is half of it is cut too.
    let whole = short.rsplit_once(' ').map(|(whole, _)| whole).filter(|whole| whole.len() > LONGEST_SUBJECT / 2);
    let whole = whole.unwrap_or(&short);
    format!("{whole}...")
}
