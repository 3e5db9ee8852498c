//! `meridian holdout approve`: the fleet's people say on which records challengers are evaluated.
//!
//! The records lie in home's bucket under a prefix that publishers cannot write, and the approval is an entry of the hub's
//! chain. Neither is enough alone: an entry names records by their digest, and only the approver's role can put them there.

use crate::files::{self, FileError};
use crate::journal::{Journal, JournalError};
use crate::ports::{Artifacts, Clock, Ledger};
use bytes::Bytes;
use meridian_domain::{Actor, ApprovedHoldout, Chain, Fleet, Holdout, HubHistory, Record, Sha256, keys};
use meridian_evaluation::{Columns, HeldOut, HoldoutError, HoldoutFacts, Unfit};
use meridian_messages::operator::refused;

/// Why a hold-out was not approved.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The records cannot be read.
    #[error("{}", refused::holdout_unreadable(.0))]
    Records(#[from] HoldoutError),
    /// They can say too little of any model.
    #[error("{}", refused::holdout_unfit(.0))]
    Unfit(Vec<Unfit>),
    /// The records could not be stored.
    #[error(transparent)]
    File(#[from] FileError),
    /// The hub's chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl ApprovalError {
    /// True if other records help, false where a service is to blame.
    pub fn is_input(&self) -> bool {
        matches!(self, ApprovalError::Records(_) | ApprovalError::Unfit(_))
    }
}

/// What came of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It is on record: releases that home attests from now on are evaluated on it.
    Recorded(Holdout),
    /// The newest approval names the same records already.
    Stood(ApprovedHoldout),
}

/// Stores `records` under the key that their content names, and records that challengers are evaluated on them from now on.
/// They must hold every one of `features`, and be what policy asks of a hold-out.
///
/// # Errors
/// Records that cannot be read or are unfit, before anything is written; a store or a chain that does not answer.
pub async fn approve<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    records: Bytes,
    features: &[String],
    why: String,
) -> Result<Approval, ApprovalError> {
    let facts = HoldoutFacts::of(&read(&records, features)?);
    let unfit = facts.unfit(&fleet.evaluation);
    if !unfit.is_empty() {
        return Err(ApprovalError::Unfit(unfit));
    }
    let (sha256, bytes) = (Sha256::of(&records), records.len() as u64);
    let holdout = Holdout { sha256, bytes, rows: facts.rows, positives: facts.positives };
    files::create_once(ports, &fleet.home, &keys::holdout(sha256), records).await?;
    let mut hub = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
    let newest = |history: &HubHistory| history.holdouts.last().filter(|newest| newest.holdout == holdout).cloned();
    let record = Record::HoldoutApproved { holdout, why };
    let written = hub.append_unless(ports, actor, record, |history| newest(history).is_some()).await?;
    let stood = newest(hub.history()).filter(|_| !written);
    Ok(stood.map_or(Approval::Recorded(holdout), Approval::Stood))
}

/// The records with `features`; other columns may be there, for another release may take them.
fn read(records: &[u8], features: &[String]) -> Result<HeldOut, HoldoutError> {
    let columns = Columns::standard(features.to_vec());
    match HeldOut::read(records, &columns) {
        Err(error) => match unasked(&error) {
            Some(ignore) => HeldOut::read(records, &Columns { ignore, ..columns }),
            None => Err(error),
        },
        read => read,
    }
}

/// The columns that nobody asked for, where they are all that is wrong: a hold-out outlives the releases that took them.
pub(crate) fn unasked(error: &HoldoutError) -> Option<Vec<String>> {
    let HoldoutError::Columns { missing, extra, twice, .. } = error else { return None };
    (missing.is_empty() && twice.is_empty() && !extra.is_empty()).then(|| extra.clone())
}
