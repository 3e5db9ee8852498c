//! Lambda, on this machine: the two places where functions run under the engine.

pub mod in_process;
pub mod wire;
