//! The functions' own code, one port call at a time.
//!
//! A [`Call`] is a handler's future over a [`Desk`]: every port call is laid on the desk and waits there until the driver
//! lets the world [answer](crate::world::World::answer) it, and then lets the call hear the answer. Between the two, and
//! before either, anything may happen: another call's port call, a fault, a death. Calls that a handler makes side by side
//! wait side by side, and the driver chooses which one comes first.
//!
//! Nothing runs by itself: no thread, no timer, no waker. What a call is, is what it has been answered: a [`Past`](crate::world::Past) is
//! that list, and a call can be made again from it.

mod call;
mod desk;
mod event;
mod outside;

pub use call::Call;
pub use desk::Desk;
pub use event::event;
pub use outside::Outside;
