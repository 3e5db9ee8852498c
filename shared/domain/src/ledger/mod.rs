//! What is on record: entries and their chains, the state that they result in, what that says of any moment, and why what was decided was decided, as data.

pub mod account;
pub mod advice;
mod chain;
mod chain_error;
mod chain_name;
pub mod checkpoint;
mod compared;
mod entry;
mod entry_error;
pub mod heads;
pub mod history;
pub mod holdout;
mod invariant;
mod order;
pub mod overrides;
pub mod overview;
pub mod projection;
pub mod quarantine;
pub mod reason;
mod record;
mod step;
pub mod verdict;
mod violation;
mod worse;

pub use chain::Head;
pub use chain_error::ChainError;
pub use chain_name::Chain;
pub use compared::{Beside, Compared};
pub use entry::{Caller, Entry, Stored};
pub use entry_error::EntryError;
pub use invariant::Invariant;
pub use order::{OrderReason, RegionTraffic, WaveOrder};
pub use record::{Record, Resumed};
pub use step::{Act, Finish, StepKind};
pub use violation::Violation;
pub use worse::WorseThanBefore;
