//! `meridian restore`: a chain of the ledger, put back into its bucket from what another region kept of it
//! ([`crate::replication::copies`]).

use crate::files::{self, FileError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Artifacts, Ledger, PortError};
use futures_util::{StreamExt, TryStreamExt, stream};
use meridian_domain::copies::{CopyFault, KeptEntries};
use meridian_domain::heads::{KeptHead, neighbours};
use meridian_domain::{Chain, Entry, Fleet, RegionName, Stored};
use meridian_messages::operator::{Restored, refused};

/// Objects that are read or written at once.
const AT_ONCE: usize = 16;

/// Why a chain was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The fleet has no such region.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// In a fleet of one region nobody keeps a copy.
    #[error("{}", refused::nobody_keeps(.0))]
    NobodyKeeps(Chain),
    /// Nothing is kept of it yet.
    #[error("{}", refused::nothing_kept(.chain, .holder))]
    NothingKept {
        /// The chain that was to be restored.
        chain: Chain,
        /// The region that would keep it.
        holder: RegionName,
    },
    /// What is kept is no copy of the whole chain.
    #[error("{}", refused::no_whole_copy(.holder, .fault))]
    NoCopy {
        /// The region that keeps it.
        holder: RegionName,
        /// What is wrong with it.
        fault: CopyFault,
    },
    /// The bucket has another entry in its place.
    #[error("{}", refused::other_entry(.region, *.seq))]
    OtherEntry {
        /// The region whose bucket it is.
        region: RegionName,
        /// The entry's number.
        seq: u64,
    },
    /// A bucket did not do what it was asked.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RestoreError {
    /// True if asking otherwise helps, or nothing does; false where a service is to blame.
    pub fn is_input(&self) -> bool {
        !matches!(self, RestoreError::File(_))
    }
}

impl From<PortError> for RestoreError {
    fn from(error: PortError) -> Self {
        Self::File(error.into())
    }
}

/// A copy of a chain in another region's bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The region that keeps it.
    pub holder: RegionName,
    /// The entries up to the last sweep that saw any.
    pub entries: Vec<Entry>,
}

/// The copy that another region keeps of a chain.
///
/// # Errors
/// There is none, or it is not whole, or its bucket does not answer.
pub async fn copy_of<P: Artifacts>(ports: &P, fleet: &Fleet, chain: &Chain) -> Result<Copy, RestoreError> {
    UnknownRegion::check(fleet, chain.region(fleet))?;
    let keeps = |holder: &&RegionName| neighbours(fleet, holder).contains(chain);
    let holder = fleet.regions.iter().map(|region| &region.name).find(keeps).cloned();
    let holder = holder.ok_or_else(|| RestoreError::NobodyKeeps(chain.clone()))?;
    let prefix = KeptHead::prefix(&fleet.name, &holder, chain);
    let keys = files::keys_under(ports, &holder, &prefix).await?;
    let heads = keys.iter().filter_map(|key| Some((KeptHead::of_key(key)?, key)));
    let from = &holder;
    let reads = heads.map(|(head, key)| async move { Ok::<_, PortError>((head, ports.get(from, key).await?)) });
    let kept: Vec<(KeptHead, Vec<u8>)> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    let copied = KeptEntries::chain(kept.iter().map(|(head, bytes)| (*head, bytes.as_slice())));
    let entries = copied.map_err(|fault| RestoreError::NoCopy { holder: holder.clone(), fault })?;
    if entries.is_empty() {
        return Err(RestoreError::NothingKept { chain: chain.clone(), holder });
    }
    Ok(Copy { holder, entries })
}

/// Puts a chain's entries back into its bucket, as another region's copy has them. What the bucket has already stays; it must be the same.
///
/// # Errors
/// There is no whole copy, or the bucket has other entries: then nothing was written. Or a bucket does not answer, and the same command goes on.
pub async fn restore<P: Artifacts + Ledger>(ports: &P, fleet: &Fleet, chain: &Chain) -> Result<Restored, RestoreError> {
    let Copy { holder, entries } = copy_of(ports, fleet, chain).await?;
    let written = write(ports, fleet, chain.region(fleet), chain, &entries).await?;
    let last = entries.last().map(|entry| entry.written);
    Ok(Restored { holder, entries: entries.len(), written, last })
}

/// Writes those of `entries` that a bucket does not have: how many. What it has in their places must be the same; it may go on after them.
/// The first takes its place before anything else is written, and the last one next: whoever reads finds a gap until all are there, and adds
/// nothing.
pub(crate) async fn write<P: Artifacts + Ledger>(
    ports: &P,
    fleet: &Fleet,
    region: &RegionName,
    chain: &Chain,
    entries: &[Entry],
) -> Result<usize, RestoreError> {
    let there = ports.entries(region, chain, 0).await?;
    agree(region, &there, entries)?;
    let has = |entry: &&Entry| there.iter().any(|own| own.entry.seq == entry.seq);
    let missing: Vec<&Entry> = entries.iter().filter(|entry| !has(entry)).collect();
    let write = |entry: &&Entry| {
        let (key, seq, bytes) = (chain.key(&fleet.name, entry.seq), entry.seq, entry.to_bytes());
        async move {
            match files::create_once(ports, region, &key, bytes.into()).await {
                Err(error) if error.fault().is_some() => Err(RestoreError::OtherEntry { region: region.clone(), seq }),
                written => written.map(drop).map_err(RestoreError::from),
            }
        }
    };
    let Some((first, others)) = missing.split_first() else { return Ok(0) };
    write(first).await?;
    let Some((last, between)) = others.split_last() else { return Ok(missing.len()) };
    write(last).await?;
    stream::iter(between.iter().map(write)).buffered(AT_ONCE).try_collect::<()>().await?;
    Ok(missing.len())
}

/// A bucket has the beginning of `entries`, and nothing beyond or beside it.
pub(crate) async fn is_beginning_of(
    ports: &impl Ledger,
    region: &RegionName,
    chain: &Chain,
    entries: &[Entry],
) -> Result<(), RestoreError> {
    let there = ports.entries(region, chain, 0).await?;
    agree(region, &there, entries)?;
    match there.iter().find(|own| own.entry.seq >= entries.len() as u64) {
        Some(beyond) => Err(RestoreError::OtherEntry { region: region.clone(), seq: beyond.entry.seq }),
        None => Ok(()),
    }
}

/// None of a bucket's entries is another one than that of `entries` with its number.
fn agree(region: &RegionName, there: &[Stored], entries: &[Entry]) -> Result<(), RestoreError> {
    let at = |seq: u64| usize::try_from(seq).ok().and_then(|place| entries.get(place));
    let differs = |own: &&Stored| at(own.entry.seq).is_some_and(|entry| entry.hash() != own.hash());
    match there.iter().find(differs) {
        Some(other) => Err(RestoreError::OtherEntry { region: region.clone(), seq: other.entry.seq }),
        None => Ok(()),
    }
}
