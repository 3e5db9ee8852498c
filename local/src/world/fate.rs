//! Deaths that somebody else decides on, while the night is lived.

use super::{InvocationId, When, World};
use std::fmt::Debug;

/// Asked at each call of a function that changes something ([`EFFECTS`](crate::api::EFFECTS)), before any scheduled fault.
pub trait Fate: Debug + Send {
    /// Whether the caller dies at this call, before or after it takes effect.
    fn strikes(&mut self, caller: InvocationId) -> Option<When>;
}

impl World {
    /// From now on somebody decides who dies where.
    pub fn set_fate(&mut self, fate: impl Fate + 'static) {
        self.fate = Some(Box::new(fate));
    }
}
