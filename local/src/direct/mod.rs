//! The ports, straight on the world: what `meridian-aws` does through the SDK and the wire, without either.
//!
//! The same calls, the same retries, the same words for the same errors, the same virtual time. One contract suite
//! (`tests/`) holds for both.

mod assumed_roles;
mod call;
mod endpoints;
mod errors;
mod images;
mod pipeline;
mod registry;
mod scaling;
mod signals;
mod store;

use crate::engine::{SharedWorld, lock};
use crate::host::in_process::Actor;
pub use assumed_roles::AssumedRoles;

use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::adapters::identity::Identity;
use meridian_handlers::ports::Clock;
use std::sync::Arc;

/// Every port, for one who acts in a world.
#[derive(Clone, Debug)]
pub struct DirectPorts {
    actor: Actor,
    fleet: Arc<Fleet>,
    time: Time,
    /// Assumed roles, where it is not the actor's own that acts.
    assumed_roles: Option<AssumedRoles>,
    /// Where the actor is: the STS there says as whom it acts.
    place: RegionName,
    identity: Identity,
}

/// How time passes while the holder of the ports sleeps.
#[derive(Clone, Debug)]
enum Time {
    /// The host lets it pass.
    Hosted,
    /// The ports let it pass themselves.
    Own(SharedWorld),
}

impl DirectPorts {
    /// The ports of a function, or of whoever [`block_on`](crate::host::in_process::block_on) runs: they sleep until the
    /// host wakes them.
    pub fn of(actor: Actor, fleet: Arc<Fleet>) -> Self {
        DirectPorts {
            actor,
            time: Time::Hosted,
            assumed_roles: None,
            place: fleet.home.clone(),
            identity: Identity::default(),
            fleet,
        }
    }

    /// The ports of somebody outside, such as a person or a test, on a world that nobody else drives: their sleep lets
    /// the world's time pass. Functions that are invoked meanwhile stay to be taken by an engine.
    pub fn outside(world: SharedWorld, fleet: Arc<Fleet>) -> Self {
        DirectPorts { time: Time::Own(world.clone()), ..Self::of(Actor::outside(world), fleet) }
    }

    /// The same ports, held in a region. What STS says there is kept in `identity`, as a warm process keeps it.
    #[must_use]
    pub fn held_in(self, place: RegionName, identity: Identity) -> Self {
        DirectPorts { place, identity, ..self }
    }

    /// The same ports, acting in each region with the role that its stack lends to home's `promote`. What is assumed is kept
    /// in `assumed_roles`, as a warm process keeps it.
    #[must_use]
    pub fn with_assumed_roles(self, assumed_roles: AssumedRoles) -> Self {
        DirectPorts { assumed_roles: Some(assumed_roles), ..self }
    }
}

impl Clock for DirectPorts {
    fn now(&self) -> Timestamp {
        self.actor.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        let until = self.now().saturating_add(duration).unwrap_or(Timestamp::MAX);
        match &self.time {
            Time::Hosted => self.actor.sleep_until(until).await,
            Time::Own(world) => lock(world).run_until(until),
        }
    }
}
