//! How a night is run.

use std::path::PathBuf;

/// How to run a night.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of everything that is random.
    pub seed: u64,
    /// Where the functions run.
    pub functions: Functions,
    /// Where evaluation pages and the functions' logs go.
    pub out: PathBuf,
    /// A file for a record of every call that comes through a door.
    pub record: Option<PathBuf>,
}

/// Where the functions run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Functions {
    /// As futures in this process, on the ports directly.
    InProcess,
    /// As the real release binaries in this folder, over HTTP.
    Binaries(PathBuf),
    /// Nowhere here: who opened the night runs them, and calls the world through its door.
    Elsewhere,
}
