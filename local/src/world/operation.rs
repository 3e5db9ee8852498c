//! One operation of one service: what it asks of IAM, and what it does to the world.

use crate::services::iam::ask::Ask;
use crate::world::error::ApiError;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

/// What an operation asks of IAM (Service Authorization Reference), in the world as it stands.
pub trait Guarded {
    /// Everything that the caller must be allowed to do.
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask>;
}

/// One operation of one service, as a value that holds its request.
pub trait Operation: Guarded {
    /// The service that offers it.
    const SERVICE: Service;
    /// Which of AWS's operations it is.
    const OPERATION: OperationName;
    /// AWS's name of the operation, e.g. `UpdateEndpoint`.
    const NAME: &'static str = Self::OPERATION.name();
    /// What a successful call answers.
    type Output;

    /// Carries the operation out in one region, at the world's present time. Faults are not looked at here:
    /// [`World::call`] does that.
    fn apply(self, world: &mut World, region: &RegionName) -> Result<Self::Output, ApiError>;
}
