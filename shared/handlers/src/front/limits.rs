//! How often one caller is heard, and how many fields its records may have. What a process remembers of both is its own: Lambda
//! runs many processes beside each other, and each has its own bucket for each caller.

use crate::context::Context;
use crate::files;
use crate::journal::Journal;
use crate::memory::{Bucket, FrontMemory};
use crate::ports::{Artifacts, Clock, Ledger};
use crate::status::within;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Chain;
use std::collections::BTreeSet;

/// Requests a second that one process takes of one caller in the long run. A process works on one request at a time, 20 ms
/// each: this much comes only of requests that are refused at once, or where an endpoint is very fast.
const PER_SECOND: f64 = 100.0;
/// Requests that one caller may send at once.
const BURST: f64 = 200.0;
/// How often the ledger is read again for what serves, or is on its way.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long that may take: a customer waits.
const READ_WITHIN: SignedDuration = SignedDuration::from_millis(500);

impl FrontMemory {
    /// Whether a caller may be heard now: takes a token of its bucket, if there is one.
    pub(super) fn admits(&self, caller: &str, now: Timestamp) -> bool {
        self.with(|memory| {
            let full = Bucket { tokens: BURST, at: now };
            let bucket = memory.buckets.entry(caller.to_owned()).or_insert(full);
            let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
            *bucket = Bucket { tokens: (bucket.tokens + passed * PER_SECOND).min(BURST), at: now };
            let admitted = bucket.tokens >= 1.0;
            if admitted {
                bucket.tokens -= 1.0;
            }
            admitted
        })
    }

    /// How many fields a record may have: as many as the release that serves here has features, or the one on its way. Empty
    /// where nobody could be asked: then the container is the one to judge.
    pub(super) async fn fields<P>(&self, ports: &P, ctx: &Context) -> BTreeSet<usize>
    where
        P: Artifacts + Ledger + Clock,
    {
        let now = ports.now();
        let due = self.with(|memory| {
            let due = memory.read_at.is_none_or(|at| now.duration_since(at).abs() >= READ_EVERY);
            if due {
                memory.read_at = Some(now);
            }
            due
        });
        if due {
            match within(ports, READ_WITHIN, self.read(ports, ctx)).await {
                Some(Ok(fields)) => self.with(|memory| memory.fields = fields),
                Some(Err(why)) => tracing::warn!(why, "the number of fields could not be refreshed"),
                None => tracing::warn!("the number of fields could not be refreshed: no answer in time"),
            }
        }
        self.with(|memory| memory.fields.clone())
    }

    async fn read<P: Artifacts + Ledger>(&self, ports: &P, ctx: &Context) -> Result<BTreeSet<usize>, String> {
        let journal = match self.with(|memory| memory.journal.clone()) {
            Some(mut journal) => journal.refresh(ports).await.map(|()| journal),
            None => Journal::open(ports, &ctx.region, Chain::Region(ctx.region.clone())).await,
        };
        let journal = journal.map_err(|error| error.to_string())?;
        self.with(|memory| memory.journal = Some(journal.clone()));
        let history = journal.history();
        let serving = history.serving.as_ref().map(|serving| serving.target.release);
        let coming = history.update.as_ref().map(|update| update.target.release);
        let mut fields = BTreeSet::new();
        for release in serving.into_iter().chain(coming) {
            let known = self.with(|memory| memory.features.get(&release).copied());
            let features = match known {
                Some(features) => features,
                None => {
                    let manifest = files::manifest(ports, &ctx.region, release).await;
                    manifest.map_err(|error| error.to_string())?.features.len()
                }
            };
            self.with(|memory| memory.features.insert(release, features));
            fields.insert(features);
        }
        Ok(fields)
    }
}

/// Whether every record of a body has one of these numbers of fields. Any number will do where none is known.
pub(super) fn is_shaped(body: &[u8], fields: &BTreeSet<usize>) -> bool {
    let mut lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let count = |line: &[u8]| 1 + line.iter().filter(|byte| **byte == b',').count();
    fields.is_empty() || lines.all(|line| line.is_empty() || fields.contains(&count(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_as_many_fields_as_there_are_features() {
        let fields = BTreeSet::from([3, 4]);
        for (body, fits) in [
            ("1,2,3", true),
            ("1,2,3\n", true),
            ("1,,3\r\n4,5,6,7\r\n", true),
            ("1,2", false),
            ("1,2,3\n1,2\n", false),
            ("1,2,3,4,5", false),
        ] {
            assert_eq!(is_shaped(body.as_bytes(), &fields), fits, "{body:?}");
            assert!(is_shaped(body.as_bytes(), &BTreeSet::new()), "nothing is known");
        }
    }

    #[test]
    fn one_callers_bucket_is_not_anothers() {
        let (memory, now) = (FrontMemory::default(), Timestamp::UNIX_EPOCH);
        let admitted = |caller, at| (0..1000).filter(|_| memory.admits(caller, at)).count();
        assert_eq!((admitted("a", now), admitted("a", now), admitted("b", now)), (200, 0, 200));
        assert_eq!(admitted("a", now + SignedDuration::from_millis(500)), 50);
        // A clock that is set back gives nothing away.
        assert_eq!(admitted("a", now), 0);
    }
}
