//! Pages that went out, as a chain has them. An all-clear says once that they are over.

use crate::fleet::names::Version;
use crate::ledger::reason::{Reason, Return};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The latest pages that a projection keeps: an all-clear lists no more of one chain.
const MOST: usize = 16;

/// A page that went out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageOnRecord {
    /// When it was put on record.
    pub at: Timestamp,
    /// What people were told. Its headline is the page's subject.
    pub why: Reason,
}

/// Puts a page on record. Said twice, it is one page.
pub(in crate::ledger) fn put(pages: &mut Vec<PageOnRecord>, at: Timestamp, why: impl Into<Reason>) {
    let why = why.into();
    pages.retain(|page| !page.why.is_same_as(&why));
    pages.push(PageOnRecord { at, why });
    let oldest = pages.len().saturating_sub(MOST);
    pages.drain(..oldest);
}

/// Whether this is a region's own page whose cause is over once the region serves a later release at full load. 4xx may be the
/// callers' own: no release ends those. A wave's pages are on the hub's record.
pub(in crate::ledger) fn is_ended_by_a_release(why: &Reason) -> bool {
    matches!(why, Reason::Return(told) if !matches!(told, Return::Leaves { .. } | Return::LeavesAfter { .. }))
}

/// The version that was rolled back, where that is what people were told.
pub(in crate::ledger) fn rolled_back_from(why: &Reason) -> Option<&Version> {
    let Reason::Return(told) = why else { return None };
    match told {
        Return::RollsBackFrom { from, .. } => from.as_ref(),
        Return::RolledBack { from, .. } | Return::Unwritten { from, .. } | Return::Unread { from, .. } => Some(from),
        _ => None,
    }
}
