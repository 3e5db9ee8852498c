//! What the functions do: observe, plan, execute, over ports. It may know the domain, the judge, evaluation, models and the words for
//! what was decided; nothing of the wire, of the SDK or of the simulated world.

pub mod adapters;
pub mod context;
pub mod entry;
pub mod events;
pub mod files;
pub mod front;
pub mod history;
pub mod holdout;
pub mod job;
pub mod journal;
pub mod lift;
pub mod operator_commands;
pub mod pipe;
pub mod ports;
pub mod promote;
pub mod publish;
pub mod quarantine;
pub mod replication;
pub mod rollback;
pub mod shadow_eval;
pub mod signing;
pub mod status;

#[cfg(test)]
mod testing;
