//! What every implementation of the ports must do, and the doors through which it is tried. It may know the handlers, what these
//! know, and every implementation of their ports; never the command line.
//!
//! A promise is a function over a [`Stage`](stage::Stage): ports onto a freshly built world. [`contract!`] makes each
//! promise a test of its own for one door.

pub mod contract;
pub mod doors;
pub mod reasons;
mod skips;
pub mod stage;

pub use skips::skip;

/// What a promise ends in: kept, or what came between. A promise that is broken panics in an assertion.
pub type Kept = Result<(), Box<dyn std::error::Error>>;
