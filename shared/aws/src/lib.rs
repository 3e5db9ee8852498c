//! The ports on the AWS SDK. Beside `meridian-preflight`, which asks what only people's commands ask, it is the only crate that knows
//! the SDK; it knows the handlers' ports and the domain, and decides nothing.
//!
//! [`AwsPorts`] implements every port of `meridian-handlers`; [`function`] is what the Lambda functions' mains share:
//! environment, logs, the clock, and an answer even where a handler panics.
//!
//! The same binaries run against a local world that simulates AWS over plain HTTP. Two environment variables switch
//! that on and nothing else does: `AWS_ENDPOINT_URL` says where the world listens, `MERIDIAN_CLOCK_URL` where its clock
//! is. Time is then virtual (see [`clock`]): a call that times out costs seconds of the world and none of ours.

mod artifacts;
mod assumed_roles;
mod clients;
pub mod clock;
pub mod config;
mod endpoint_url;
mod endpoints;
mod errors;
pub mod function;
mod images;
pub mod inspect;
mod ledger;
pub mod logging;
mod pager;
mod pipeline;
mod registry;
mod scaling;
mod sharing;
mod signals;
mod throwaway;
mod time;
mod trust;
mod world;

pub use aws_config::SdkConfig;
pub use clock::AwsClock;
pub use config::{Environment, Policy};
pub use endpoint_url::{EndpointUrl, EndpointUrlError};
pub use trust::Trust;

use assumed_roles::RoleAssumer;
use clients::Clients;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::adapters::identity::Identity;
use meridian_handlers::ports::{Answer, Clock};
use std::sync::Arc;

/// Every port, on AWS. Clients are built on their first use and kept: a function pays only for what it calls.
#[derive(Debug)]
pub struct AwsPorts {
    fleet: Arc<Fleet>,
    clock: AwsClock,
    clients: Clients,
    /// The region in which they are held: its STS says as whom.
    place: RegionName,
    identity: Identity,
}

impl AwsPorts {
    /// Ports for `fleet` as a function has them: its keys are in its environment, and Amazon's authorities alone vouch for AWS.
    /// `endpoint` replaces AWS's own addresses, for the local world and for emulators.
    pub fn new(fleet: Arc<Fleet>, clock: AwsClock, endpoint: Option<EndpointUrl>) -> Self {
        let clients = Clients::new(fleet.home.clone(), clock.clone(), endpoint);
        let place = fleet.home.clone();
        Self { fleet, clock, clients, place, identity: Identity::default() }
    }

    /// The same ports, held in a region: what is nobody's business but the holder's own is asked there, and not in home.
    #[must_use]
    pub fn held_in(self, place: RegionName) -> Self {
        Self { place, ..self }
    }

    /// The same ports, acting in each region with the role that its stack lends to home's `promote`. CodePipeline's jobs are
    /// answered, and pages sent, as whoever holds the ports.
    #[must_use]
    pub fn assuming_roles(mut self) -> Self {
        self.clients.assume_roles_with(RoleAssumer::new(self.fleet.clone(), self.place.clone()));
        self
    }

    /// The same ports, taking the certificates of these authorities.
    #[must_use]
    pub fn trusting(mut self, trust: Trust) -> Self {
        self.clients.trust(trust);
        self
    }

    /// The same ports for a person, at a command line: credentials are looked for in profiles too, of another account in the profile
    /// of its number, and certificates are taken as the system takes them.
    #[must_use]
    pub fn of_a_person(mut self) -> Self {
        let fleet = self.fleet.clone();
        self.clients.ask_as_a_person(&fleet);
        self.trusting(Trust::System)
    }

    /// Makes the client that asks a region's endpoint, before anybody waits for it: Lambda gives a process more of a processor
    /// while it starts than afterwards.
    ///
    /// # Errors
    /// The region lends no role, where roles are borrowed.
    pub async fn warm(&self, region: &RegionName) -> Answer<()> {
        self.clients.runtime(region).await.map(drop)
    }

    /// What a client of one more service is built from, in a region: the credentials, the time-outs, the retries and the address
    /// of all the others.
    pub async fn config_of(&self, region: &RegionName) -> SdkConfig {
        self.clients.config_of(region).await
    }

    /// The policy that these ports act for: bucket and topic names come from it.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The clock, for what needs more of it than the port says.
    pub fn clock(&self) -> &AwsClock {
        &self.clock
    }
}

impl Clock for AwsPorts {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        Clock::sleep(&self.clock, duration).await;
    }
}
