//! Sentences for the entries that a story leaves out.

use super::{Phrasebook, Tone};
use crate::Voice;
use crate::why::first;
use jiff::Timestamp;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::{Fleet, Record};

impl Phrasebook {
    pub(super) fn rest(&self, fleet: &Fleet, record: &Record) -> (Tone, String) {
        let voice = Voice::of(fleet);
        let text = match record {
            Record::WaveOrdered { order, .. } => {
                let regions: Vec<&str> = order.regions.iter().map(|region| fleet.title(region)).collect();
                format!("the wave's order is {}: {}", regions.join(", "), voice.order(&order.why))
            }
            Record::Registered { release, .. } => {
                format!("{} is registered in the model registry", self.version(release))
            }
            Record::LeaseRenewed { epoch, until } => {
                format!("lease renewed until {}, epoch {epoch}", clock(*until))
            }
            Record::LeaseReleased { epoch } => format!("lease released, epoch {epoch}"),
            Record::Refused { release, why, .. } => {
                return (Tone::Bad, format!("does not attest {}: {}", self.version(release), voice.why(why)));
            }
            Record::ChainDeparted { chain, kept, departure } => {
                return (Tone::Bad, format!("the chain {chain} {}", departed(*departure, kept)));
            }
            Record::NotReplicated { objects } => return (Tone::Warn, not_replicated(objects)),
            Record::UpdateStarted { .. } => "SageMaker accepted the update".to_owned(),
            Record::CanaryStarted { from, ends, .. } => {
                format!("the canary has taken traffic since {}; SageMaker's timer ends {}", clock(*from), clock(*ends))
            }
            Record::ScalingIntended { floor, .. } => {
                format!("returns to its usual {} to {} instances", floor.least, floor.most)
            }
            Record::ScalingSet { .. } => "the number of instances is registered".to_owned(),
            Record::PageOwed { why, .. } => {
                return (Tone::Warn, format!("a page is to be sent: {}", voice.brief(why)));
            }
            Record::PageSent { why } => format!("the outstanding page was sent: {}", voice.brief(why)),
            Record::Checkpointed { history, .. } => {
                format!("checkpoint written: {}", history.short())
            }
            Record::Newer(own) => format!("({}, in the words of a newer version)", own.kind.replace('_', " ")),
            other => format!("({})", kind(other).replace('_', " ")),
        };
        (Tone::Quiet, text)
    }
}

/// How a chain differs from what a neighbour keeps of it, said after the chain's name.
pub fn departed(departure: Departure, kept: &KeptHead) -> String {
    let (seq, hash) = (kept.seq, kept.hash.short());
    match departure {
        Departure::Missing => {
            format!("has no entry {seq} ({hash}) any more: it was truncated, or an older copy was restored")
        }
        Departure::Other { found } => {
            format!("has another entry {seq} than before ({} instead of {hash}): it was rewritten", found.short())
        }
    }
}

fn not_replicated(objects: &[(String, String)]) -> String {
    format!(
        "S3 did not replicate {}",
        first(objects.iter().map(|(key, bucket)| format!("{key} to {bucket}")).collect())
    )
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// A record's kind, as it is stored: a new kind is shown by its name until it has a sentence.
fn kind(record: &Record) -> String {
    let stored = serde_json::to_value(record).unwrap_or_default();
    stored.get("record").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
