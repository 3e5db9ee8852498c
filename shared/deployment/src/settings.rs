//! The parameters of every region's stack: from `samconfig.toml`, as `sam deploy --config-env` takes them, or as a fleet
//! would have them.

use crate::error::DeploymentError;
use crate::names::key_id;
use meridian_domain::{Fleet, OrderPolicy, RegionName};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// One `sam deploy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The account's id, twelve digits.
    pub account: String,
    /// The stack's name, `stack_name`.
    pub stack: String,
    /// The stack's parameters: `parameter_overrides`.
    pub parameters: BTreeMap<String, String>,
}

/// The parameters that name the roles of people and of training, and what such a role is called by default.
const ROLES: [(&str, &str); 4] = [
    ("ApproverRoles", "approver"),
    ("DeployerRoles", "deployer"),
    ("OperatorRoles", "operator"),
    ("PublisherRoles", "publisher"),
];

/// What is deployed where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// One for each region that is deployed to.
    pub environments: BTreeMap<RegionName, Environment>,
}

impl Settings {
    /// Reads `samconfig.toml`: every environment that deploys something, each into the account that the fleet has for its region.
    ///
    /// # Errors
    /// Not TOML; an environment without region, stack name or `Key=Value` overrides; two environments of one region.
    pub fn parse(text: &str, fleet: &Fleet) -> Result<Self, DeploymentError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(None, error.message()))?;
        let mut environments = BTreeMap::new();
        for (name, own) in &table {
            let Some(parameters) = own.get("deploy").and_then(|deploy| deploy.get("parameters")) else { continue };
            let refuse = |message: &str| wrong(Some(name), message);
            let global = |key: &str| own.get("global")?.get("parameters")?.get(key)?.as_str();
            let region = global("region").ok_or_else(|| refuse("global.parameters.region is missing"))?;
            let region: RegionName = region.parse().map_err(|_| refuse("region is not the name of an AWS region"))?;
            let stack = global("stack_name").ok_or_else(|| refuse("global.parameters.stack_name is missing"))?;
            let overrides = parameters.get("parameter_overrides").and_then(Value::as_array);
            let overrides = overrides.ok_or_else(|| refuse("deploy.parameters.parameter_overrides is not a list"))?;
            let parameters = overrides.iter().map(|one| {
                let (key, value) = one.as_str().and_then(|text| text.split_once('=')).ok_or_else(|| {
                    refuse("parameter_overrides holds something that is not of the form \"Key=Value\"")
                })?;
                Ok((key.to_owned(), value.to_owned()))
            });
            let environment = Environment {
                account: fleet.account_of(&region).to_owned(),
                stack: stack.to_owned(),
                parameters: parameters.collect::<Result<_, _>>()?,
            };
            if environments.insert(region, environment).is_some() {
                return Err(refuse("another environment has the same region"));
            }
        }
        Ok(Settings { environments })
    }

    /// What `samconfig.toml` would say for a fleet.
    pub fn of_fleet(fleet: &Fleet) -> Self {
        let away = || fleet.regions.iter().filter(|region| region.name != fleet.home);
        let stack = format!("meridian-{}", fleet.name);
        // A region's key has its id from that region's stack, which is made before home's.
        let home_account = fleet.account_of(&fleet.home);
        let replica = |own: &meridian_domain::Region| {
            let key = key_id(own.name.as_str(), &stack, "ReleaseKey");
            let account = Some(&own.account).filter(|own| *own != home_account);
            let account = account.map(|own| format!("={own}")).unwrap_or_default();
            format!("{}={}={key}{account}", own.name, own.bucket)
        };
        let accounts: Vec<&str> = fleet.accounts().into_iter().collect();
        let deputies: Vec<&RegionName> = fleet.ready_deputies().collect();
        let environment = |region: &meridian_domain::Region| {
            let is_home = region.name == fleet.home;
            let mut parameters = BTreeMap::from(
                [
                    ("FleetName", fleet.name.to_string()),
                    ("HomeRegion", fleet.home.to_string()),
                    ("ReleaseBucket", region.bucket.to_string()),
                    ("PipelineName", fleet.pipeline.to_string()),
                    ("FleetBuckets", shared_pattern(fleet)),
                    ("EndpointName", fleet.endpoint.to_string()),
                    ("VariantName", fleet.variant.to_string()),
                    ("EndpointRoleName", fleet.execution_role.to_string()),
                    ("LatencyBound", (fleet.judge.latency_bound.as_micros()).to_string()),
                    ("Max4xx", fleet.judge.max_4xx.to_string()),
                    ("Max5xx", fleet.judge.max_5xx.to_string()),
                    // A name for the fleet is no part of its policy.
                    ("Routing", "none".to_owned()),
                    // API Gateway takes whole requests a second.
                    ("ScoreRate", fleet.regions.iter().map(|own| own.peak_rps).sum::<f64>().ceil().to_string()),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            );
            // Who may do what is the account's to say; by default nobody's of another fleet.
            parameters
                .extend(ROLES.map(|(parameter, who)| (parameter.to_owned(), format!("meridian-{}-{who}", fleet.name))));
            let in_turn = fleet.execution_role_in_turn.as_ref();
            parameters.extend(in_turn.map(|role| ("EndpointRoleInTurn".to_owned(), role.clone())));
            if accounts.len() > 1 {
                parameters.insert("FleetAccounts".to_owned(), accounts.join(","));
            }
            if region.account != home_account {
                parameters.insert("HomeAccount".to_owned(), home_account.to_owned());
            }
            if fleet.regions.iter().any(|own| own.vpc.is_some()) {
                parameters.insert("EndpointInVpc".to_owned(), true.to_string());
            }
            if let Some(shadow) = &fleet.shadow {
                parameters.insert("CaptureDays".to_owned(), shadow.keep.to_string());
            }
            let named = deputies.iter().zip(1..);
            parameters.extend(named.map(|(own, n)| (format!("Deputy{n}"), own.to_string())));
            if is_home {
                let replicas = away().zip(1..).map(|(own, n)| (format!("Replica{n}"), replica(own)));
                parameters.extend(replicas);
            }
            if is_home || deputies.contains(&&region.name) {
                let order = match fleet.order {
                    OrderPolicy::Fixed => "fixed",
                    OrderPolicy::Signal => "signal",
                };
                parameters.insert("Order".to_owned(), order.to_owned());
                let stages = fleet.regions.iter().zip(1..);
                parameters.extend(stages.map(|(own, n)| (format!("Stage{n}"), format!("{}={}", own.title, own.name))));
            }
            Environment { account: region.account.clone(), stack: stack.clone(), parameters }
        };
        let environments = fleet.regions.iter().map(|region| (region.name.clone(), environment(region)));
        Settings { environments: environments.collect() }
    }
}

/// The region of [`Settings::outside`]: Route 53 counts in no other (Route 53 Developer Guide, "Monitoring health checks").
pub const OUTSIDE_REGION: &str = "us-east-1";

impl Settings {
    /// What `scripts/deploy` gives the stack of `outside.yaml`, with a region's name for its health check's id.
    pub fn outside(fleet: &Fleet) -> Self {
        let checks = fleet.regions.iter().zip(1..).map(|(own, n)| (format!("Check{n}"), format!("{0}={0}", own.name)));
        let parameters = std::iter::once(("FleetName".to_owned(), fleet.name.to_string())).chain(checks).collect();
        let account = fleet.account_of(&fleet.home).to_owned();
        let environment = Environment { account, stack: format!("meridian-{}-outside", fleet.name), parameters };
        let place = OUTSIDE_REGION.parse().ok().map(|place| (place, environment));
        Settings { environments: place.into_iter().collect() }
    }

    /// `samconfig.toml` with these settings, environments in the fleet's order under its titles: `sam deploy --config-env eu`.
    pub fn samconfig(&self, fleet: &Fleet) -> String {
        // [default] is SAM's own.
        let name = |region: &meridian_domain::Region| match region.title.to_lowercase() {
            title if title == "default" => region.name.to_string(),
            title => title,
        };
        let names: Vec<String> = fleet.regions.iter().map(name).collect();
        let home = fleet.region(&fleet.home).map(name).unwrap_or_default();
        let mut text = format!(
            "# One environment for each region: sam deploy --config-env {}\n\
             # Home ({home}) goes last: its replication rules name the other regions' buckets, and its replication function starts waves.\n\
             version = 0.1\n\n\
             [default.build.parameters]\n\
             parallel = false # the functions share one cargo target directory, and so its lock\n\n\
             [default.validate.parameters]\n\
             lint = true\n",
            names.join(" | ")
        );
        for region in &fleet.regions {
            let Some(Environment { account, stack, parameters }) = self.environments.get(&region.name) else {
                continue;
            };
            let (own, fleet_name) = (name(region), &fleet.name);
            let profile = match *account == fleet.account {
                true => String::new(),
                false => format!("profile = \"{account}\"\n"),
            };
            text += &format!(
                "\n[{own}.global.parameters]\n\
                 stack_name = \"{stack}\"\n\
                 region = \"{region}\"\n\
                 {profile}\n\
                 [{own}.deploy.parameters]\n\
                 capabilities = \"CAPABILITY_IAM CAPABILITY_NAMED_IAM\"\n\
                 confirm_changeset = true\n\
                 resolve_s3 = true\n\
                 tags = [\"meridian:fleet={fleet_name}\", \"meridian:region={region}\"]\n\
                 parameter_overrides = [\n",
                region = region.name,
            );
            text += "    # \"OnCallEmail=oncall@example.com\", # who is paged by mail\n";
            let routing = parameters.get("Routing").map(|way| format!(" --routing {way}")).unwrap_or_default();
            text += &format!(
                "    # \"FrontKind=proxy\", # in every environment, with what it needs: docs/routing.md; meridian cost --front \
                 proxy{routing} has its price\n"
            );
            if parameters.keys().any(|key| key.starts_with("Replica")) {
                text += "    # ReplicaN ends with the id of that region's key, ReleaseKeyId among its stack's outputs: these are the local world's.\n";
            }
            text.extend(parameters.iter().map(|(key, value)| format!("    \"{key}={value}\",\n")));
            text += "]\n";
        }
        text
    }
}

/// What the names of all buckets begin with, and a star; of a single one its name.
fn shared_pattern(fleet: &Fleet) -> String {
    if let [only] = fleet.regions.as_slice() {
        return only.bucket.to_string();
    }
    let mut names = fleet.regions.iter().map(|region| region.bucket.as_str());
    let first = names.next().unwrap_or_default();
    let shared = names.fold(first, |shared, name| {
        let same = shared.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        shared.get(..same).unwrap_or_default()
    });
    format!("{shared}*")
}

fn wrong(environment: Option<&str>, message: &str) -> DeploymentError {
    DeploymentError::Settings { environment: environment.map(str::to_owned), message: message.to_owned() }
}
