//! The SDK's clients: one for each service and region, with time-outs, retries and the clock.

use crate::EndpointUrl;
use crate::assumed_roles::{Keys, RoleAssumer};
use crate::clock::AwsClock;
use crate::sharing::{self, Sharing, Terms};
use crate::trust::Trust;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::ports::{Answer, limits};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;

/// The budget for retries in the simulated world: more than any night uses.
const PLENTY: usize = 1_000_000;

/// What all clients share, and the clients that were asked for so far.
#[derive(Debug)]
pub(crate) struct Clients {
    home: RegionName,
    clock: AwsClock,
    endpoint: Option<EndpointUrl>,
    trust: Trust,
    sharing: Sharing,
    shared: OnceCell<SdkConfig>,
    /// Where a person's credentials are of a profile: regions of other accounts, each with its profile.
    profiles: BTreeMap<RegionName, (String, OnceCell<SdkConfig>)>,
    /// Assumes the regions' roles. None: the process acts with its own.
    role_assumer: Option<RoleAssumer>,
    autoscaling: Kept<aws_sdk_applicationautoscaling::Client>,
    cloudwatch: Kept<aws_sdk_cloudwatch::Client>,
    codepipeline: Kept<aws_sdk_codepipeline::Client>,
    ecr: Kept<aws_sdk_ecr::Client>,
    s3: Kept<aws_sdk_s3::Client>,
    sagemaker: Kept<aws_sdk_sagemaker::Client>,
    runtime: Kept<aws_sdk_sagemakerruntime::Client>,
    sns: Kept<aws_sdk_sns::Client>,
    sts: Kept<aws_sdk_sts::Client>,
}

/// One service's clients, by region, with the id of the borrowed keys that they sign with.
type Kept<C> = Mutex<BTreeMap<RegionName, (Option<String>, C)>>;

/// A method that answers one service's client of a region. A `lent` one is for what acts on a region: it signs with the keys
/// that the region lends, where such are borrowed; an `own` one signs with the process's own, always. The services' configurations
/// have the same methods but no trait in common; what only one of them has is given as `with`.
macro_rules! client {
    ($kept:ident: $sdk:ident, lent $lent:ident $(, with $with:expr)?) => {
        pub(crate) async fn $lent(&self, region: &RegionName) -> Answer<$sdk::Client> {
            let keys = self.borrowed(region).await?;
            Ok(client!(self, $kept, $sdk, region, keys $(, $with)?))
        }
    };
    ($kept:ident: $sdk:ident, own $own:ident $(, with $with:expr)?) => {
        pub(crate) async fn $own(&self, region: &RegionName) -> $sdk::Client {
            client!(self, $kept, $sdk, region, None $(, $with)?)
        }
    };
    ($self:ident, $kept:ident, $sdk:ident, $region:ident, $keys:expr $(, $with:expr)?) => {{
        let (shared, keys): (_, Option<Keys>) = ($self.shared($region).await, $keys);
        let id = keys.as_ref().map(|keys| keys.access_key_id().to_owned());
        let mut kept = $self.$kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get($region).filter(|(own, _)| *own == id) {
            Some((_, client)) => client.clone(),
            None => {
                let builder = $sdk::config::Builder::from(shared).region(Region::new($region.to_string()));
                $(let builder = $with($self, builder);)?
                let builder = match $self.retry_quota() {
                    Some(quota) => builder.retry_partition(quota),
                    None => builder,
                };
                let builder = match keys {
                    Some(keys) => builder.credentials_provider(keys),
                    None => builder,
                };
                let client = $sdk::Client::from_conf(builder.build());
                kept.insert($region.clone(), (id, client.clone()));
                client
            }
        }
    }};
}

impl Clients {
    pub(crate) fn new(home: RegionName, clock: AwsClock, endpoint: Option<EndpointUrl>) -> Self {
        Self {
            home,
            clock,
            endpoint,
            trust: Trust::default(),
            sharing: sharing::of_a_function,
            shared: OnceCell::new(),
            profiles: BTreeMap::new(),
            role_assumer: None,
            autoscaling: Kept::default(),
            cloudwatch: Kept::default(),
            codepipeline: Kept::default(),
            ecr: Kept::default(),
            s3: Kept::default(),
            sagemaker: Kept::default(),
            runtime: Kept::default(),
            sns: Kept::default(),
            sts: Kept::default(),
        }
    }

    /// From now on acts in every region with that region's role.
    pub(crate) fn assume_roles_with(&mut self, role_assumer: RoleAssumer) {
        self.role_assumer = Some(role_assumer);
    }

    /// From now on takes the certificates of these authorities.
    pub(crate) fn trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// From now on looks for credentials wherever a person may have them: for regions of another account than the fleet's in the
    /// profile that is called by the account's number.
    pub(crate) fn ask_as_a_person(&mut self, fleet: &Fleet) {
        self.sharing = sharing::of_a_person;
        // What stands in AWS's stead takes any keys.
        if self.endpoint.is_some() {
            return;
        }
        let elsewhere = fleet.regions.iter().filter(|region| region.account != fleet.account);
        self.profiles =
            elsewhere.map(|region| (region.name.clone(), (region.account.clone(), OnceCell::new()))).collect();
    }

    client!(autoscaling: aws_sdk_applicationautoscaling, lent autoscaling);
    client!(cloudwatch: aws_sdk_cloudwatch, lent cloudwatch);
    client!(sagemaker: aws_sdk_sagemaker, lent sagemaker);
    client!(runtime: aws_sdk_sagemakerruntime, lent runtime);
    client!(s3: aws_sdk_s3, lent s3, with Self::addressed);
    // The pipeline's jobs and home's on-call are a function's own business; each role is assumed once an hour.
    client!(codepipeline: aws_sdk_codepipeline, own codepipeline);
    client!(sns: aws_sdk_sns, own sns);
    client!(sts: aws_sdk_sts, own sts);
    client!(ecr: aws_sdk_ecr, own ecr);
    // People look with their own keys.
    client!(cloudwatch: aws_sdk_cloudwatch, own own_cloudwatch);
    client!(sagemaker: aws_sdk_sagemaker, own own_sagemaker);
    client!(s3: aws_sdk_s3, own own_s3, with Self::addressed);

    /// Behind another address a bucket has no host name of its own.
    fn addressed(&self, builder: aws_sdk_s3::config::Builder) -> aws_sdk_s3::config::Builder {
        builder.force_path_style(self.endpoint.is_some())
    }

    /// The keys that a region lends; none where no role is assumed.
    async fn borrowed(&self, region: &RegionName) -> Answer<Option<Keys>> {
        let Some(role_assumer) = &self.role_assumer else { return Ok(None) };
        // The region's own STS: a loan must not hang on another region, not even on home.
        let keys = role_assumer.keys(region, &self.clock, async || self.sts(region).await);
        // Boxed: it stands inside of every call's future, and those are as deep as the compiler bears.
        Box::pin(keys).await.map(Some)
    }

    /// What a customer's question may take, who waits for it.
    pub(crate) fn question_limits(&self) -> aws_sdk_sagemakerruntime::config::Builder {
        let attempt = limits::QUESTION_ATTEMPT.unsigned_abs();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
        let retries = RetryConfig::standard()
            .with_max_attempts(limits::QUESTION_ATTEMPTS)
            .with_initial_backoff(limits::QUESTION_BACKOFF.unsigned_abs())
            .with_use_static_exponential_base(matches!(self.clock, AwsClock::World(_)));
        aws_sdk_sagemakerruntime::Config::builder().timeout_config(timeouts).retry_config(retries)
    }

    /// Where a region's credentials come from.
    pub(crate) async fn credentials(&self, region: &RegionName) -> Option<SharedCredentialsProvider> {
        self.shared(region).await.credentials_provider()
    }

    /// What all clients share, in a region.
    pub(crate) async fn config_of(&self, region: &RegionName) -> SdkConfig {
        self.shared(region).await.to_builder().region(Region::new(region.to_string())).build()
    }

    async fn shared(&self, region: &RegionName) -> &SdkConfig {
        match self.profiles.get(region) {
            Some((profile, own)) => own.get_or_init(|| self.load(Some(profile.clone()))).await,
            None => self.shared.get_or_init(|| self.load(None)).await,
        }
    }

    async fn load(&self, profile: Option<String>) -> SdkConfig {
        let home = Region::new(self.home.to_string());
        let terms = Terms { region: home, endpoint: self.endpoint.clone(), trust: self.trust, profile };
        match &self.clock {
            AwsClock::World(world) => sharing::in_the_world(&terms, world),
            AwsClock::System(_) => (self.sharing)(terms).await,
        }
    }

    /// The SDK stops retrying a region that has used up its quota of retries. On AWS that spares an ill region; in the
    /// world it would make the cost of a time-out depend on the process's past.
    fn retry_quota(&self) -> Option<RetryPartition> {
        matches!(self.clock, AwsClock::World(_)).then(|| {
            RetryPartition::custom("local world").token_bucket(TokenBucket::builder().capacity(PLENTY).build()).build()
        })
    }
}
