//! What the five functions do: observe, plan, execute, over ports. Knows nothing of the wire.

pub mod ports;
