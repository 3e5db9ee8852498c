//! The doors into the worlds: the ports straight on `local`'s, the real SDK through its HTTP front, and the ports of proof's.

use crate::Kept;
use crate::stage::{self, Stage};
use meridian_aws::{AwsClock, AwsPorts};
use meridian_local::direct::{AssumedRoles, DirectPorts};
use meridian_local::host::in_process::block_on;
use meridian_local::http::Door;
use meridian_proof::driver::{Desk, Outside};
use std::rc::Rc;

/// Tries a promise on the direct ports, whose sleeps an in-process host carries out.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn direct(promise: impl AsyncFnOnce(&Stage<DirectPorts>) -> Kept) -> Kept {
    on_the_world(|ports| ports, promise)
}

/// The same, acting in each region with the role that the region lends.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn direct_lent(promise: impl AsyncFnOnce(&Stage<DirectPorts>) -> Kept) -> Kept {
    on_the_world(|ports| ports.with_assumed_roles(AssumedRoles::default()), promise)
}

fn on_the_world(
    made: impl FnOnce(DirectPorts) -> DirectPorts,
    promise: impl AsyncFnOnce(&Stage<DirectPorts>) -> Kept,
) -> Kept {
    let (world, fleet) = stage::world()?;
    block_on(&world.clone(), async |actor| {
        let ports = made(DirectPorts::of(actor, fleet.clone()));
        promise(&Stage::new(ports, world, fleet)).await
    })?
}

/// Tries a promise on the direct ports of somebody outside, whom no host carries.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn outside(promise: impl AsyncFnOnce(&Stage<DirectPorts>) -> Kept) -> Kept {
    let (world, fleet) = stage::world()?;
    let stage = Stage::new(DirectPorts::outside(world.clone(), fleet.clone()), world.clone(), fleet);
    // Nothing is left to wait for: whatever hosts the promise never lets time pass.
    block_on(&world, async |_| promise(&stage).await)?
}

/// Tries a promise on the SDK's ports, over HTTP on the loopback interface, in a runtime of one thread. They live by the
/// door's clock for those who are no functions: their sleeps let the world's time pass.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn http(promise: impl AsyncFnOnce(&Stage<AwsPorts>) -> Kept) -> Kept {
    over_http(|ports| ports, promise)
}

/// The same, acting in each region with the role that the region lends.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn http_lent(promise: impl AsyncFnOnce(&Stage<AwsPorts>) -> Kept) -> Kept {
    over_http(AwsPorts::assuming_roles, promise)
}

fn over_http(made: impl FnOnce(AwsPorts) -> AwsPorts, promise: impl AsyncFnOnce(&Stage<AwsPorts>) -> Kept) -> Kept {
    let (world, fleet) = stage::world()?;
    let door = Door::open(world.clone())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = AwsClock::new(Some(&door.clock_url()));
        clock.sync().await?;
        let ports = made(AwsPorts::new(fleet.clone(), clock, Some(door.url().parse()?)));
        promise(&Stage::new(ports, world, fleet)).await
    })
}

/// Tries a promise on the ports of proof's world, behind which the random histories and the model run the handlers.
///
/// # Errors
/// Whatever came between the promise and its keeping.
pub fn proof(promise: impl AsyncFnOnce(&Stage<Desk, Rc<Outside>>) -> Kept) -> Kept {
    let (world, fleet) = stage::proof()?;
    let stage = Stage::new(world.desk(), world.clone(), fleet);
    world.hosts(&stage.ports, promise(&stage)).ok_or("the promise waits for nothing that will happen")?
}
