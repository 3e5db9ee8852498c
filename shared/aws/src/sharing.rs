//! What all clients of a process share: credentials, time-outs, retries, and the way to AWS.

use crate::EndpointUrl;
use crate::clock::WorldClock;
use crate::trust::Trust;
use crate::world::SdkTime;
use aws_config::environment::EnvironmentVariableCredentialsProvider as Environment;
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use meridian_handlers::ports::limits;
use std::pin::Pin;
use std::time::Duration;

/// How long a connection may take to be made: the SDK's own limit, said because a function's settings come from no loader.
const CONNECT: Duration = Duration::from_millis(3_100);

/// Where and how AWS is asked.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) region: Region,
    /// Another address than AWS's own.
    pub(crate) endpoint: Option<EndpointUrl>,
    pub(crate) trust: Trust,
    /// The profile that a person's credentials are taken from; none where they are taken from wherever they are.
    pub(crate) profile: Option<String>,
}

/// Finds what is shared.
pub(crate) type Sharing = fn(Terms) -> Found;

/// What is shared, once it is found.
pub(crate) type Found = Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

/// A function's: its keys are in its environment, and nothing is looked for elsewhere. What looks elsewhere is code that no
/// function needs to carry, so it stands behind a [`Sharing`] that functions do not name.
pub(crate) fn of_a_function(terms: Terms) -> Found {
    Box::pin(async move {
        let keys = SharedCredentialsProvider::new(Environment::new());
        let settings = settings(&terms, keys).to_builder().http_client(terms.trust.https());
        settings.sleep_impl(TokioSleep::new()).time_source(SystemTimeSource::new()).build()
    })
}

/// A person's: the SDK's loader looks into the environment, the profiles and wherever else it knows.
pub(crate) fn of_a_person(terms: Terms) -> Found {
    Box::pin(async move {
        // A profile may name a role, whose STS is asked in this region.
        let region = terms.region.clone();
        // The region is named, or the loader would look for one in places that do not exist here.
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(terms.region)
            .timeout_config(timeouts())
            .retry_config(retries())
            .http_client(terms.trust.https());
        if let Some(profile) = terms.profile {
            // What the environment says is of one account, and would come first.
            let found =
                ProviderConfig::without_region().with_region(Some(region)).with_http_client(terms.trust.https());
            let keys = ProfileFileCredentialsProvider::builder().configure(&found).profile_name(profile).build();
            loader = loader.credentials_provider(keys);
        }
        if let Some(endpoint) = terms.endpoint {
            loader = loader.endpoint_url(endpoint.as_str());
        }
        loader.load().await
    })
}

/// Anybody's in the local world, which tells its functions apart by their keys; who has none is a caller from outside.
pub(crate) fn in_the_world(terms: &Terms, world: &WorldClock) -> SdkConfig {
    let outside = Credentials::new("outside", "not-a-secret", None, None, "local world");
    let keys = CredentialsProviderChain::first_try("environment", Environment::new()).or_else("local world", outside);
    settings(terms, SharedCredentialsProvider::new(keys))
        .to_builder()
        .http_client(world.http_client())
        .sleep_impl(SdkTime(world.clone()))
        .time_source(SdkTime(world.clone()))
        .retry_config(retries().with_use_static_exponential_base(true))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .disable_clock_skew_correction(true)
        .build()
}

fn settings(terms: &Terms, keys: SharedCredentialsProvider) -> SdkConfig {
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(terms.region.clone())
        .credentials_provider(keys)
        .identity_cache(IdentityCache::lazy().build())
        .timeout_config(timeouts())
        .retry_config(retries());
    settings.set_endpoint_url(terms.endpoint.as_ref().map(EndpointUrl::to_string));
    settings.build()
}

fn timeouts() -> TimeoutConfig {
    let attempt = limits::ATTEMPT.unsigned_abs();
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(limits::ATTEMPTS).with_initial_backoff(limits::BACKOFF.unsigned_abs())
}
