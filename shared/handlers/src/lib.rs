//! What the functions do: observe, plan, execute, over ports. It may know the domain, the judge, evaluation, models and the words for
//! what was decided; nothing of the wire, of the SDK or of the simulated world.

pub mod adapters;
pub mod context;
pub mod entry;
pub mod events;
pub mod failover;
pub mod files;
pub mod front;
pub mod history;
pub mod holdout;
pub mod home;
pub mod job;
pub mod journal;
pub mod lift;
pub mod memory;
mod on_call;
pub mod operator_commands;
pub mod operator_ports;
pub mod overview;
pub mod ping;
pub mod pipe;
pub mod ports;
pub mod promote;
pub mod publish;
pub mod quarantine;
pub mod replication;
pub mod restore;
pub mod rollback;
mod scaling;
pub mod shadow_eval;
pub mod signing;
pub mod status;

#[cfg(test)]
mod own_policy {
    //! The reference fleet, for what is tested without a world.

    use meridian_domain::{Fleet, RegionName};

    pub const FLEET: &str = include_str!("../../../local/fleets/reference/fleet.toml");

    pub fn fleet() -> Fleet {
        Fleet::parse(FLEET).unwrap()
    }

    pub fn name(region: &str) -> RegionName {
        region.parse().unwrap()
    }

    /// Runs a future to its end on this thread.
    pub fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }
}
