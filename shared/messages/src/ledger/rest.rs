//! Words for what a story leaves out: steps between two others, and what only the people on call ask for.

use super::{Phrasebook, Tone, brief};
use crate::Voice;
use jiff::Timestamp;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::{Fleet, Record};

impl Phrasebook {
    pub(super) fn rest(&self, fleet: &Fleet, record: &Record) -> (Tone, String) {
        let voice = Voice::of(fleet);
        let text = match record {
            Record::WaveOrdered { order, .. } => {
                let regions: Vec<&str> = order.regions.iter().map(|region| fleet.title(region)).collect();
                format!("the wave walks {}: {}", regions.join(", "), voice.order(&order.why))
            }
            Record::Registered { release, .. } => format!("{} stands in the model registry", self.version(release)),
            Record::LeaseRenewed { epoch, until } => {
                format!("the wave goes on holding the fleet, epoch {epoch}, until {}", clock(*until))
            }
            Record::LeaseReleased { epoch } => format!("the wave lets go of the fleet, epoch {epoch}"),
            Record::Refused { release, why, .. } => {
                return (Tone::Bad, format!("refuses the bytes of {}: {}", self.version(release), voice.why(why)));
            }
            Record::ChainDeparted { chain, kept, departure } => {
                return (Tone::Bad, format!("the chain {chain} {}", departed(*departure, kept)));
            }
            Record::NotReplicated { objects } => return (Tone::Warn, not_replicated(objects)),
            Record::UpdateStarted { .. } => "SageMaker has taken the update".to_owned(),
            Record::CanaryStarted { from, ends, .. } => {
                format!("the canary takes traffic since {}; SageMaker's timer ends {}", clock(*from), clock(*ends))
            }
            Record::ScalingIntended { floor, .. } => {
                format!("is to have its usual {} to {} instances", floor.least, floor.most)
            }
            Record::ScalingSet { .. } => "the number of instances is registered".to_owned(),
            Record::PageOwed { why, .. } => {
                return (Tone::Warn, format!("a page did not go out: {}", brief(&voice.why(why))));
            }
            Record::PageSent { why } => format!("the page that was owed went out: {}", brief(&voice.why(why))),
            Record::Checkpointed { history, .. } => {
                format!("what all entries so far add up to is kept: checkpoint {}", history.short())
            }
            other => format!("({})", kind(other).replace('_', " ")),
        };
        (Tone::Quiet, text)
    }
}

/// What became of an entry that was seen in a neighbour's chain, said behind the chain's name.
pub fn departed(departure: Departure, kept: &KeptHead) -> String {
    let (seq, hash) = (kept.seq, kept.hash.short());
    match departure {
        Departure::Missing => {
            format!("does not hold entry {seq} ({hash}) any more: it was cut, or an older copy was put in its place")
        }
        Departure::Other { found } => {
            format!("holds another entry {seq} than before ({} instead of {hash}): it was written anew", found.short())
        }
    }
}

fn not_replicated(objects: &[(String, String)]) -> String {
    let objects: Vec<String> = objects.iter().map(|(key, bucket)| format!("{key} to {bucket}")).collect();
    format!("S3 did not replicate {}", brief(&objects.join("; ")))
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// A record's kind, as it is stored: a new kind is told by its name until it has words.
fn kind(record: &Record) -> String {
    let stored = serde_json::to_value(record).unwrap_or_default();
    stored.get("record").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
