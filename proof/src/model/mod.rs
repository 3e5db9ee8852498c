//! The bounded model: every order of what may happen within stated bounds, and not a sample of it as in
//! [`crate::histories`]. The same [`World`] and the same handlers, driven by a model checker.
//!
//! A [`State`] is a world, what is due in it and what may still go wrong. [`State::actions`] says what can happen next,
//! [`State::after`] makes it happen. Nothing here depends on the checker: `proof/tests/model` gives both to stateright.
//!
//! Time jumps: everything that is due at a moment happens in any order, and then time moves to the next moment at which
//! something is due. A call takes no time, except where it stands still; it looks again every minute. Faults begin and end
//! when time has just moved. What all that leaves out is in `docs/proof.md`.

mod action;
mod bounds;
mod calls;
mod print;
mod state;

pub use action::{Action, story};
pub use bounds::{Bounds, Left, ONE, slices};
pub use state::State;
