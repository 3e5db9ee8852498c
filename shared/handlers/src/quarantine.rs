//! `meridian quarantine`: a person takes a release, or a file that releases are made of, out of consideration, and ends
//! that again. The hub's chain keeps who and why.

use crate::files;
use crate::journal::{Journal, JournalError};
use crate::ports::{Artifacts, Clock, Ledger, PortError};
use meridian_domain::quarantine::Object;
use meridian_domain::{Actor, Chain, Fleet, HubHistory, Record, RegionName, ReleaseId, Version, keys};
use meridian_messages::operator::refused;

/// What a person names: a release by its digest or its human name, or a key of the release bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By its digest, or by its manifest's key, also where there is no such manifest yet.
    Object(Object),
    /// By its human name.
    Version(Version),
}

/// A text that names nothing that can be put in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", refused::names_nothing(.given))]
pub struct NamedError {
    given: String,
}

impl std::str::FromStr for Named {
    type Err = NamedError;

    /// A digest, a key under `releases/`, or a human name.
    fn from_str(text: &str) -> Result<Self, NamedError> {
        if let Ok(release) = text.parse() {
            return Ok(Self::Object(Object::Release(release)));
        }
        if text.starts_with(keys::RELEASES) {
            return Ok(Self::Object(Object::of_key(text)));
        }
        text.parse().map(Self::Version).map_err(|_| NamedError { given: text.to_owned() })
    }
}

/// Why a quarantine was not written down.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuarantineError {
    /// No release has the name, or several have.
    #[error("{}", refused::not_one_release(.version, .region, .releases))]
    Version {
        /// The name that was given, of no release or of several.
        version: Version,
        /// Home, whose bucket was searched.
        region: RegionName,
        /// The releases that have the name: none, or more than one.
        releases: Vec<ReleaseId>,
    },
    /// There is nothing to lift.
    #[error("{}", refused::not_in_quarantine(.0))]
    NotThere(Object),
    /// Home's bucket could not be listed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl QuarantineError {
    /// True if asking otherwise helps, false where a service is to blame.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::NotThere(_))
    }
}

/// What was done about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What is in quarantine, or was.
    pub object: Object,
    /// The releases that it takes, or took, out of consideration.
    pub releases: Vec<ReleaseId>,
}

/// Takes what is named out of consideration: no region starts it, and a canary of it in progress rolls back. What it serves
/// already it keeps serving. Said again, the newer reason and the releases published by now stand.
///
/// # Errors
/// A name that no release has, or several have; or home's bucket or chain could not be read or written.
pub async fn quarantine<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    named: Named,
    actor: &Actor,
    why: String,
) -> Result<Done, QuarantineError> {
    let mut journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
    let (object, releases) = found(ports, fleet, named).await?;
    let record = Record::Quarantined { object: object.clone(), releases: releases.clone(), why };
    journal.append(ports, actor, record).await?;
    Ok(Done { object, releases })
}

/// Ends the quarantine of what is named.
///
/// # Errors
/// It is not in quarantine; otherwise as [`quarantine`].
pub async fn lift_quarantine<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    named: Named,
    actor: &Actor,
    why: String,
) -> Result<Done, QuarantineError> {
    let mut journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
    let object = match named {
        Named::Object(object) => object,
        named @ Named::Version(_) => found(ports, fleet, named).await?.0,
    };
    let standing = journal.history().quarantined.iter().find(|own| own.object == object);
    let releases = standing.map(|own| own.releases.clone()).ok_or_else(|| QuarantineError::NotThere(object.clone()))?;
    journal.append_exclusive(ports, actor, Record::QuarantineLifted { object: object.clone(), why }).await?;
    Ok(Done { object, releases })
}

/// The object that is meant, and the published releases that are or hold it.
async fn found<P: Artifacts>(
    ports: &P,
    fleet: &Fleet,
    named: Named,
) -> Result<(Object, Vec<ReleaseId>), QuarantineError> {
    // A release needs no manifest to be kept out.
    if let Named::Object(Object::Release(release)) = named {
        return Ok((Object::Release(release), vec![release]));
    }
    let mut releases = Vec::new();
    for release in files::published(ports, &fleet.home).await? {
        // A manifest that cannot be read has no name, and names no file.
        let Ok(manifest) = files::manifest(ports, &fleet.home, release).await else { continue };
        let meant = match &named {
            Named::Object(object) => object.is_part_of(release, &manifest),
            Named::Version(version) => manifest.version == *version,
        };
        releases.extend(meant.then_some(release));
    }
    match (named, releases.as_slice()) {
        (Named::Object(object), _) => Ok((object, releases)),
        (Named::Version(_), [release]) => Ok((Object::Release(*release), releases)),
        (Named::Version(version), _) => {
            let region = fleet.home.clone();
            Err(QuarantineError::Version { version, region, releases })
        }
    }
}
