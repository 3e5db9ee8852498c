//! Why an operator's command is refused, and what to do.

use jiff::{SignedDuration, Timestamp};
use meridian_domain::copies::CopyFault;
use meridian_domain::quarantine::Object;
use meridian_domain::reason::EvaluationReason;
use meridian_domain::{Actor, Chain, FleetName, ManifestFault, RegionName, ReleaseId, Version, keys};
use std::fmt::Display;

use super::list;
use crate::{evaluating, files};

/// A region that is none of `known`, the fleet's.
pub fn no_such_region(region: &RegionName, fleet: &FleetName, known: &[RegionName]) -> String {
    let known = known.iter().map(RegionName::as_str).collect::<Vec<_>>().join(", ");
    format!("region {region} is not in fleet {fleet}: it has {known}")
}

/// A halt that is to be lifted in a chain that has none.
pub fn not_halted(chain: &Chain) -> String {
    format!("nothing is halted in chain {chain}")
}

/// A failover from a region to itself.
pub fn same_region(region: &RegionName) -> String {
    format!("{region} cannot carry its own customers for itself: name another region with --to")
}

/// A failover to a region that serves nothing.
pub fn serves_nothing(region: &RegionName) -> String {
    format!("{region} has no confirmed release: it cannot answer anybody's customers")
}

/// A failover to a region that is halted, or of which it is unknown what serves.
pub fn unfit(region: &RegionName) -> String {
    format!(
        "{region} is halted, or it is unknown what serves there: it gets nobody's customers (meridian status says why)"
    )
}

/// A failover of a region that is in one of `of` already.
pub fn another_failover(region: &RegionName, of: &RegionName) -> String {
    let state = match region == of {
        true => format!("{region}'s customers are sent away already"),
        false => format!("{region} is to carry the customers of {of}"),
    };
    format!("{state}: end that first with meridian failback --region {of}")
}

/// A failover that somebody ended while a command waited for it.
pub fn ended_meanwhile(from: &RegionName) -> String {
    format!("somebody has ended the failover of {from} meanwhile: nothing was moved")
}

/// An end of a failover that is not.
pub fn no_failover(region: &RegionName) -> String {
    format!("no failover of {region} is on record: its customers are its own")
}

/// A move of home to the region that is home.
pub fn is_home(region: &RegionName) -> String {
    format!(
        "{region} is home by this fleet.toml: name another region with --to, and give the command before fleet.toml is changed"
    )
}

/// A move of a home that has moved.
pub fn home_moved_before(to: &RegionName) -> String {
    format!("home has moved to {to} before: give the command with the fleet.toml that says home = \"{to}\"")
}

/// A move of home by a policy that names a region without the hub's ledger.
pub fn no_hub(region: &RegionName) -> String {
    format!(
        "the hub's ledger in {region} is empty, so it was never home: meridian home show says which region is. Nothing was changed"
    )
}

/// A move of home on from a region whose own move there has died on its way.
pub fn move_unfinished(from: &RegionName, to: &RegionName) -> String {
    format!(
        "home's move from {from} to {to} is not finished: give that command again first, with the fleet.toml that says home = \"{from}\". \
         Nothing was changed"
    )
}

/// A move of home while a wave walks.
pub fn wave_under_way(version: &Version) -> String {
    format!(
        "the wave of {version} is not over, or is tried again tonight: nothing was changed. Wait until meridian status says that it has \
         ended"
    )
}

/// A move of home while an execution holds the lease.
pub fn lease_held(holder: &Actor, until: Timestamp) -> String {
    format!("{holder} holds the lease until {until:.0}: nothing was changed. Give the command again after that")
}

/// A restore of a chain that no region keeps a copy of.
pub fn nobody_keeps(chain: &Chain) -> String {
    format!("no other region keeps a copy of chain {chain}: the fleet has one region")
}

/// A restore of a chain of which nothing is kept yet.
pub fn nothing_kept(chain: &Chain, holder: &RegionName) -> String {
    format!("{holder} keeps nothing of chain {chain} yet: its sweep every five minutes copies what is new")
}

/// A restore from what is no whole copy.
pub fn no_whole_copy(holder: &RegionName, fault: &CopyFault) -> String {
    format!("what {holder} keeps is no whole copy of the chain: {fault}. Nothing was changed")
}

/// A copy of a chain into a bucket that has another one.
pub fn other_entry(region: &RegionName, seq: u64) -> String {
    format!(
        "the bucket of {region} has another entry {seq} than the copy: two have written, or the chain began anew there. Entries are never \
         changed or deleted, so this copy cannot go there"
    )
}

/// An override of the order that names no region.
pub fn whole_order() -> String {
    "the order is overridden for one region at a time: name it with --region".to_owned()
}

/// An override until a moment that is farther away than `longest`.
pub fn override_too_long(longest: SignedDuration, until: Timestamp) -> String {
    format!("an override lasts at most {longest:#}, not until {until:.0}: a longer exception belongs in fleet.toml")
}

/// A text that is neither a release nor a key of the release bucket.
pub fn names_nothing(given: &str) -> String {
    format!(
        "{given:?} names nothing that can be put in quarantine: expected a release's digest (64 hexadecimal digits), its name \
         such as v427, or a key under {}",
        keys::RELEASES
    )
}

/// A name of no release in `region`, or of several.
pub fn not_one_release(version: &Version, region: &RegionName, releases: &[ReleaseId]) -> String {
    let (found, releases) = (releases.len(), list(releases));
    format!("{found} releases in {region} are called {version}: name one by its digest{releases}")
}

/// A quarantine that is to be lifted where there is none.
pub fn not_in_quarantine(object: &Object) -> String {
    format!("{object} is not in quarantine")
}

/// Records that their reader refuses, in its words.
pub fn holdout_unreadable(quoted: &impl Display) -> String {
    format!("the hold-out cannot be read: {quoted}")
}

/// Records that show too little of any model, in the words of those who count them.
pub fn holdout_unfit(quoted: &[impl Display]) -> String {
    let quoted = quoted.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    format!("the hold-out is not fit to evaluate on: {quoted}")
}

/// A release whose manifest no reader would take.
pub fn no_manifest(version: &Version, fault: &ManifestFault) -> String {
    format!("{version} cannot be published: {}", files::manifest(fault))
}

/// A release that evaluation would reject whatever the records are.
pub fn would_be_rejected(version: &Version, why: &EvaluationReason) -> String {
    format!("{version} is not published, for evaluation would reject it: {}", evaluating::words(why))
}

/// A release that was not signed, or of which not every file was written: the error's words.
pub fn unpublished(version: &Version, quoted: &impl Display) -> String {
    format!("{version} is not published: {quoted}")
}

/// A file that holds no key to sign with.
pub fn no_private_key() -> String {
    "it holds no private key in PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) of P-256 or Ed25519 without a password: make one with \
     openssl genpkey -algorithm ed25519, or convert one with openssl pkcs8 -topk8 -nocrypt"
        .to_owned()
}

/// A key of KMS, by its ARN or id, that cannot sign releases.
pub fn key_cannot_sign(key: &str) -> String {
    format!("{key} cannot sign releases: expected a key of KMS with KeySpec ECC_NIST_P256 and KeyUsage SIGN_VERIFY")
}

/// A key of a file that could not sign.
pub fn key_failed() -> String {
    "the key file's key could not sign: the system gave no randomness; try again".to_owned()
}

/// A key that no region would believe, by its public half in PEM.
pub fn key_not_trusted(public_key: &str) -> String {
    format!(
        "fleet.toml does not trust this key: add it to keys of [signing] with this public_key and deploy, or sign with \
         another\n{public_key}"
    )
}
