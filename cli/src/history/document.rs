//! The document for machines: `docs/history.md` describes it.

use super::Told;
use jiff::Timestamp;
use meridian_domain::account::Account;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::reason::{ServiceFailure, Unseen};
use meridian_domain::{ChainError, Entry, File, Image, RegionName, ReleaseId, Sha256, Version};
use meridian_handlers::history::{Bytes, Held, Read, RegionTold, Trouble};
use meridian_messages::ledger::Phrasebook;
use meridian_messages::moment::{self, Clock};
use serde::Serialize;

/// Version of the document.
const SCHEMA: u32 = 2;

#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    at: Timestamp,
    since: Option<Timestamp>,
    whole: bool,
    regions: Vec<RegionDocument<'a>>,
    entries: Vec<EntryDocument<'a>>,
    chains: Vec<ChainDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct RegionDocument<'a> {
    region: &'a RegionName,
    title: &'a str,
    told: Option<&'a Account>,
    words: Vec<String>,
    bytes: Vec<BytesDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct BytesDocument<'a> {
    release: ReleaseId,
    version: &'a Version,
    archive: Option<&'a File>,
    #[serde(skip_serializing_if = "<[File]>::is_empty")]
    feature_files: &'a [File],
    image: Option<&'a Image>,
    trouble: Option<String>,
    why: Option<Unseen>,
}

#[derive(Debug, Serialize)]
struct EntryDocument<'a> {
    chain: String,
    region: &'a RegionName,
    words: String,
    #[serde(flatten)]
    entry: &'a Entry,
}

#[derive(Debug, Serialize)]
struct ChainDocument<'a> {
    chain: String,
    region: &'a RegionName,
    verified: bool,
    entries: usize,
    head: Option<Sha256>,
    altered: bool,
    trouble: Option<String>,
    why: Option<ChainTrouble<'a>>,
    kept: Vec<KeptDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct KeptDocument<'a> {
    by: &'a RegionName,
    head: Option<&'a KeptHead>,
    departure: Option<&'a Departure>,
    trouble: Option<String>,
    why: Option<ServiceFailure>,
}

/// Why a chain is not whole.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum ChainTrouble<'a> {
    Unread(ServiceFailure),
    Altered(&'a ChainError),
    Misnamed { entry: u64 },
}

impl<'a> ChainTrouble<'a> {
    fn of(trouble: &'a Trouble) -> Self {
        match trouble {
            Trouble::Unread(error) => Self::Unread(error.into()),
            Trouble::Altered(fault) => Self::Altered(fault),
            Trouble::Misnamed(entry) => Self::Misnamed { entry: *entry },
        }
    }
}

impl<'a> Document<'a> {
    pub fn of(told: &'a Told<'_>) -> Self {
        let words = Phrasebook::of(told.chains.iter().flat_map(|read| &read.entries));
        Self {
            schema: SCHEMA,
            fleet: told.fleet.name.as_str(),
            at: told.at,
            since: told.since,
            whole: told.is_whole(),
            regions: told.regions.iter().map(|region| region_document(told, region, &words)).collect(),
            entries: entries(told, &words),
            chains: told.chains.iter().map(|read| chain(told, read)).collect(),
        }
    }
}

fn region_document<'a>(told: &'a Told<'_>, region: &'a RegionTold, words: &Phrasebook) -> RegionDocument<'a> {
    let account = region.account.as_ref();
    let details = account.map(|account| moment::details(account, &Clock(told.at), told.fleet, words));
    let details = details.into_iter().flatten().map(|(about, said)| match about {
        "" => said,
        about => format!("{about}: {said}"),
    });
    RegionDocument {
        region: &region.region,
        title: told.fleet.title(&region.region),
        told: account,
        words: [moment::headline(account).1].into_iter().chain(details).collect(),
        bytes: region.bytes.iter().map(bytes).collect(),
    }
}

fn bytes(bytes: &Bytes) -> BytesDocument<'_> {
    let manifest = bytes.manifest.as_ref();
    BytesDocument {
        release: bytes.release,
        version: &bytes.version,
        archive: manifest.ok().map(|manifest| &manifest.archive),
        feature_files: manifest.ok().map(|manifest| manifest.feature_files.as_slice()).unwrap_or_default(),
        image: manifest.ok().map(|manifest| &manifest.image),
        trouble: manifest.err().map(ToString::to_string),
        why: manifest.err().cloned().map(Unseen::from),
    }
}

fn entries<'a>(told: &'a Told<'_>, words: &Phrasebook) -> Vec<EntryDocument<'a>> {
    let one = |(chain, entry): &(&'a meridian_domain::Chain, &'a Entry)| EntryDocument {
        chain: chain.to_string(),
        region: moment::place(told.fleet, chain, entry),
        words: words.say_any(told.fleet, entry).1,
        entry,
    };
    told.entries.iter().map(one).collect()
}

fn chain<'a>(told: &'a Told<'_>, read: &'a Read) -> ChainDocument<'a> {
    ChainDocument {
        chain: read.chain.to_string(),
        region: &read.region,
        verified: read.head.is_ok(),
        entries: read.entries.len(),
        head: read.head.as_ref().ok().map(|head| head.prev),
        altered: matches!(read.head, Err(Trouble::Altered(_) | Trouble::Misnamed(_))),
        trouble: read.head.as_ref().err().map(ToString::to_string),
        why: read.head.as_ref().err().map(ChainTrouble::of),
        kept: told.held.iter().filter(|held| held.chain == read.chain).map(kept).collect(),
    }
}

fn kept(held: &Held) -> KeptDocument<'_> {
    KeptDocument {
        by: &held.holder,
        head: held.said.as_ref().ok().and_then(|said| said.as_ref()).map(|(head, _)| head),
        departure: held.departure().map(|(_, departure)| departure),
        trouble: held.said.as_ref().err().map(ToString::to_string),
        why: held.said.as_ref().err().map(ServiceFailure::from),
    }
}
