//! The ledger, read for people: whole chains from their beginning, each entry checked on the way, and what they say of a
//! moment, down to the bytes.
//!
//! Reading from the beginning is the point: what is told here was verified by this call, and by nobody's word before.

use crate::files::{self, FileError};
use crate::ports::{Artifacts, Ledger, PortError};
use crate::replication::copies;
use futures_util::future::join_all;
use jiff::Timestamp;
use meridian_domain::account::{Account, account};
use meridian_domain::heads::{Departure, KeptHead, neighbours};
use meridian_domain::{
    Chain, ChainError, Entry, Fleet, Head, HubHistory, Manifest, Region, RegionHistory, RegionName, ReleaseId, Sha256,
    Stored, Version, checkpoint,
};
use meridian_messages::chains;

/// One chain, as far as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The chain it is about.
    pub chain: Chain,
    /// In which region's bucket it lies.
    pub region: RegionName,
    /// The entries that can be believed: all of them; of an altered chain those before the break whose hash another
    /// carries; none of one that cannot be read.
    pub entries: Vec<Entry>,
    /// The end of the verified chain, or what is wrong with it.
    pub head: Result<Head, Trouble>,
    /// The entries that say that they were written after S3 stored them: their sequence number, and when S3 did. Their times
    /// are told as S3 has them.
    pub future: Vec<(u64, Timestamp)>,
    /// The hashes of the stored entries, in order.
    hashes: Vec<Sha256>,
}

/// The end of a chain that another region keeps, held against the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The region whose bucket keeps it.
    pub holder: RegionName,
    /// The chain whose end it keeps.
    pub chain: Chain,
    /// What is kept, and how the chain departs from it; none where nothing is kept yet, or why that is not known.
    pub said: Result<Option<(KeptHead, Option<Departure>)>, PortError>,
}

impl Held {
    /// How the chain departs from what is kept.
    pub fn departure(&self) -> Option<(&KeptHead, &Departure)> {
        let (kept, departure) = self.said.as_ref().ok()?.as_ref()?;
        Some((kept, departure.as_ref()?))
    }
}

/// What other regions keep of the chains that [`read`] has read. A chain that nobody could read says nothing.
pub async fn held(ports: &impl Artifacts, fleet: &Fleet, chains: &[Read]) -> Vec<Held> {
    let is_read = |read: &&Read| !matches!(read.head, Err(Trouble::Unread(_)));
    let mut all = Vec::new();
    for holder in &fleet.regions {
        let own = neighbours(fleet, &holder.name);
        all.extend(chains.iter().filter(|read| own.contains(&read.chain)).filter(is_read).map(|read| (holder, read)));
    }
    join_all(all.into_iter().map(|(holder, read)| held_by(ports, fleet, &holder.name, read))).await
}

async fn held_by(ports: &impl Artifacts, fleet: &Fleet, holder: &RegionName, read: &Read) -> Held {
    let kept = copies::kept(ports, &fleet.name, holder, &read.chain).await;
    let compared = |kept: KeptHead| {
        let found = usize::try_from(kept.seq).ok().and_then(|seq| read.hashes.get(seq)).copied();
        (kept, kept.departure(found))
    };
    Held { holder: holder.clone(), chain: read.chain.clone(), said: kept.map(|kept| kept.map(compared)) }
}

/// Why a chain is not told whole.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// The store did not answer with all entries.
    #[error("{0}")]
    Unread(#[from] PortError),
    /// The chain is not one.
    #[error("{}", chains::broken(.0))]
    Altered(#[from] ChainError),
    /// An entry names a checkpoint that is not what the entries before it add up to.
    #[error("{}", chains::misnamed(*.0))]
    Misnamed(u64),
}

/// What a release is, by the manifest in one region's own bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Bytes {
    /// SHA-256 of the manifest, by which it was asked for.
    pub release: ReleaseId,
    /// Its human name, as the ledger has it: the manifest may be unreadable.
    pub version: Version,
    /// Its manifest, digest-checked; or why it cannot be told.
    pub manifest: Result<Manifest, FileError>,
}

/// One region at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionTold {
    /// The region it is about.
    pub region: RegionName,
    /// What its ledger says; none where that cannot be read or believed.
    pub account: Option<Account>,
    /// The releases that may have answered, and the one to roll back to.
    pub bytes: Vec<Bytes>,
}

impl RegionTold {
    /// Whether all of it could be told.
    pub fn is_whole(&self) -> bool {
        self.account.is_some() && self.bytes.iter().all(|bytes| bytes.manifest.is_ok())
    }
}

/// Reads the hub's chain and those of `regions`, side by side: a region that does not answer holds up no other. The hub's
/// comes first, then the regions' in their order.
pub async fn read(ports: &impl Ledger, fleet: &Fleet, regions: &[&Region]) -> Vec<Read> {
    let own = regions.iter().map(|region| (region.name.clone(), Chain::Region(region.name.clone())));
    let all = std::iter::once((fleet.home.clone(), Chain::Home)).chain(own);
    join_all(all.map(|(region, chain)| whole(ports, region, chain))).await
}

async fn whole(ports: &impl Ledger, region: RegionName, chain: Chain) -> Read {
    match ports.entries(&region, &chain, 0).await {
        Ok(entries) => verified(region, chain, entries),
        Err(error) => {
            Read { chain, region, entries: Vec::new(), head: Err(error.into()), future: Vec::new(), hashes: Vec::new() }
        }
    }
}

fn verified(region: RegionName, chain: Chain, stored: Vec<Stored>) -> Read {
    let (mut head, mut entries) = (Head::default(), Vec::new());
    let broken = stored.iter().find_map(|own| head.believe(own).map(|entry| entries.push(entry.into_owned())).err());
    let head = match broken {
        None => match misnamed(&chain, &stored) {
            None => Ok(head),
            Some(seq) => {
                entries.retain(|entry| entry.seq < seq);
                Err(Trouble::Misnamed(seq))
            }
        },
        Some(error) => {
            // Nobody vouches for the last one before the break: it may be the altered one.
            entries.pop();
            Err(error.into())
        }
    };
    let future = stored.iter().filter(|own| own.is_from_the_future()).map(|own| (own.entry.seq, own.at)).collect();
    let hashes = stored.iter().map(|own| own.hash()).collect();
    Read { chain, region, entries, head, future, hashes }
}

fn misnamed(chain: &Chain, entries: &[Stored]) -> Option<u64> {
    match chain {
        Chain::Home => checkpoint::misnamed::<HubHistory>(entries),
        Chain::Region(_) => checkpoint::misnamed::<RegionHistory>(entries),
    }
}

/// What the chains that [`read`] has read say of `regions` at `at`, with the releases' manifests from each region's own
/// bucket.
pub async fn tell(ports: &impl Artifacts, regions: &[&Region], chains: &[Read], at: Timestamp) -> Vec<RegionTold> {
    let hub = believed(chains, &Chain::Home);
    join_all(regions.iter().map(|region| tell_one(ports, region, chains, hub, at))).await
}

async fn tell_one(
    ports: &impl Artifacts,
    region: &Region,
    chains: &[Read],
    hub: Option<&[Entry]>,
    at: Timestamp,
) -> RegionTold {
    let own = believed(chains, &Chain::Region(region.name.clone()));
    let account = own.map(|entries| account(region, entries, hub, at));
    let mut bytes = Vec::new();
    for (release, version) in account.iter().flat_map(releases) {
        let manifest = files::manifest(ports, &region.name, release).await;
        bytes.push(Bytes { release, version, manifest });
    }
    RegionTold { region: region.name.clone(), account, bytes }
}

/// The entries of a chain that was read and verified whole.
pub(crate) fn believed<'a>(chains: &'a [Read], chain: &Chain) -> Option<&'a [Entry]> {
    let read = chains.iter().find(|read| read.chain == *chain)?;
    read.head.is_ok().then_some(read.entries.as_slice())
}

/// The releases that may have answered and the one to roll back to, each once.
fn releases(account: &Account) -> Vec<(ReleaseId, Version)> {
    let mut found: Vec<(ReleaseId, Version)> = Vec::new();
    for target in account.answers.iter().map(|answer| &answer.target).chain(&account.way_back) {
        if !found.iter().any(|(release, _)| *release == target.release) {
            found.push((target.release, target.version.clone()));
        }
    }
    found
}

/// The entries written from `since` to `until`, of all chains, in order of time. Each chain keeps its own order, also where
/// two writers' clocks differ.
pub fn between(chains: &[Read], since: Timestamp, until: Timestamp) -> Vec<(&Chain, &Entry)> {
    let mut told: Vec<(Timestamp, &Chain, &Entry)> = Vec::new();
    for read in chains {
        let mut latest = Timestamp::MIN;
        for entry in &read.entries {
            latest = latest.max(entry.at);
            if entry.at >= since && entry.at <= until {
                told.push((latest, &read.chain, entry));
            }
        }
    }
    // Stable: of entries of one time, the hub's come first and every chain stays in order.
    told.sort_by_key(|(at, ..)| *at);
    told.into_iter().map(|(_, chain, entry)| (chain, entry)).collect()
}
