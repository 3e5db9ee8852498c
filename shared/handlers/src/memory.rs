//! What warm processes remember between calls: only what can be looked up again, and nothing that decides.

use crate::journal::Journal;
use jiff::Timestamp;
use meridian_domain::{RegionHistory, ReleaseId};
use meridian_evaluation::GoldenRecords;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a warm process remembers between calls, the same in every copy. Never printed: it may hold customers' records.
#[derive(Default)]
pub struct Memory<T>(Arc<Mutex<T>>);

impl<T> Memory<T> {
    /// Works on what is remembered. Never held across an await, so that two calls in one process cannot wait for each other.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Clone for Memory<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Memory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

/// What `status` keeps from call to call, shared by the calls of one process.
pub type StatusMemory = Memory<Health>;

/// What a warm process of `status` remembers between calls.
#[derive(Default)]
pub struct Health {
    pub(crate) answer: Option<(Timestamp, Value)>,
    pub(crate) journal: Option<(Timestamp, Journal<RegionHistory>)>,
    pub(crate) probe: Option<Probe>,
}

/// One golden record of one release. Customer data: never printed.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) release: ReleaseId,
    pub(crate) golden: GoldenRecords,
}

/// What `front` keeps from call to call, shared by the calls of one process.
pub type FrontMemory = Memory<Traffic>;

/// What a warm process of `front` remembers between calls.
#[derive(Default)]
pub struct Traffic {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    pub(crate) journal: Option<Journal<RegionHistory>>,
    pub(crate) read_at: Option<Timestamp>,
    /// The number of features of each release whose manifest was read: manifests never change.
    pub(crate) features: BTreeMap<ReleaseId, usize>,
    /// What the releases here take; empty where that is not known.
    pub(crate) fields: BTreeSet<usize>,
}

#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    pub(crate) tokens: f64,
    pub(crate) at: Timestamp,
}
