//! The invariants by their short names; `docs/invariants.md` says each of them in full.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What must hold at any moment, whatever fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Invariant {
    /// At most one region that is not deferred is mid-shift.
    I1,
    /// Only approved, attested bytes serve.
    I2,
    /// A region starts only on the evidence of every region before it.
    I3,
    /// An update succeeded only if the endpoint proves it.
    I4,
    /// There is a way back before an update starts.
    I5,
    /// A region rolls back without anything outside it.
    I6,
    /// A model fault stops the wave; a regional fault stops no other region.
    I7,
    /// The intent is in the ledger before the call.
    I8,
    /// A canary goes on only where a decision says so.
    I9,
    /// Repeated, late and reordered events change nothing.
    I10,
    /// Only the lease's holder acts.
    I11,
    /// No credential, customer record or feature value is written anywhere.
    I12,
    /// Unknown is not fine.
    I13,
    /// Nothing ends unheard, and nobody is paged for nothing.
    I14,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
