//! Customers: how many requests a region gets, where they go, and how releases answer them.

pub(crate) mod arrivals;
pub(crate) mod before;
pub(crate) mod behaviour;
pub(crate) mod captured;
mod certificates;
pub(crate) mod clients;
mod earlier_days;
pub(crate) mod effective_behaviour;
pub(crate) mod feature;
pub(crate) mod latency;
pub(crate) mod resolvers;
pub(crate) mod scores;
pub(crate) mod traffic;
