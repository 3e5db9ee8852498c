//! A fleet of one region that lasts for two hours: the fleet's own policy under another name, so that what is tried is made by the
//! code that a wave makes it with, and meets nothing of the fleet's own.

use crate::aws::Session;
use crate::interrupt::Interrupt;
use jiff::SignedDuration;
use meridian_aws::AwsPorts;
use meridian_domain::alarms::guard_names;
use meridian_domain::{
    Chain, ConfigSpec, EndpointStatus, Fleet, Manifest, ModelSpec, Region, RegionHistory, RegionName, Target,
};
use meridian_evaluation::GoldenRecords;
use meridian_handlers::files;
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::{Clock, Endpoints, PortError, Scaling, Signals};
use meridian_messages::smoke::left_behind;
use std::cell::OnceCell;
use std::error::Error;

/// The fewest of which a canary can be one.
pub const INSTANCES: u32 = 2;
/// Between two looks.
pub const LOOK: SignedDuration = SignedDuration::from_secs(10);
/// Looks until somebody has to see what is the matter: an hour and a half.
pub const PATIENCE: u32 = 540;

/// What is made, and the ports to make it with.
pub struct Throwaway<'a> {
    pub ports: &'a AwsPorts,
    pub fleet: Fleet,
    pub region: Region,
    pub model: ModelSpec,
    pub golden: GoldenRecords,
    /// Three of the same model, the third on other instances.
    pub configs: [ConfigSpec; 3],
    pub target: Target,
    /// Whether somebody wants it to stop, once anything is made.
    pub interrupt: OnceCell<Interrupt>,
}

impl<'a> Throwaway<'a> {
    /// Names all of it, with the model of the release that serves the region.
    ///
    /// # Errors
    /// Nothing serves there, or the region's bucket does not say what.
    pub async fn prepare(session: &'a Session, region: &RegionName) -> Result<Self, Box<dyn Error>> {
        let ports = &session.ports;
        let chain = Journal::<RegionHistory>::open(ports, region, Chain::Region(region.clone())).await?;
        let serving = chain.history().serving.as_ref().map(|own| own.target.clone());
        let serving =
            serving.ok_or_else(|| format!("{region} serves no release yet: there is no model to try with"))?;
        let manifest: Manifest = files::manifest(ports, region, serving.release).await?;
        let golden = files::golden(ports, region, serving.release).await?;
        let mut fleet = (*session.fleet).clone();
        let name: String = fleet.name.as_str().chars().take(14).chain("-smoke".chars()).collect();
        (fleet.name, fleet.endpoint) = (name.parse()?, name.parse()?);
        fleet.shadow = None;
        let own = fleet.region(region).cloned().ok_or_else(|| format!("{region} is not in the fleet"))?;
        let target = Target::of(&fleet, &own, serving.release, &serving.version);
        let model = target.model_spec(&fleet, &own, &manifest);
        let first = ConfigSpec { instances: INSTANCES, ..target.config_spec(&fleet, &own) };
        let other = if fleet.instance_type == "ml.m5.xlarge" { "ml.m6i.xlarge" } else { "ml.m5.xlarge" };
        let configs = [
            first.clone(),
            ConfigSpec { name: format!("{}-b", first.name).parse()?, ..first.clone() },
            ConfigSpec { name: format!("{}-c", first.name).parse()?, instance_type: other.to_owned(), ..first },
        ];
        Ok(Self { ports, fleet, region: own, model, golden, configs, target, interrupt: OnceCell::new() })
    }

    pub fn name(&self) -> &str {
        self.fleet.endpoint.as_str()
    }

    pub fn version(&self) -> &str {
        self.target.version.as_str()
    }

    /// Takes everything away that is there, also of a run before; what could not be, with the command that does.
    pub async fn clean(&self) -> Vec<String> {
        let (ports, region, endpoint) = (self.ports, &self.region.name, &self.fleet.endpoint);
        self.rest().await;
        let mut left = Vec::new();
        let mut note = |what: &str, gone: Result<(), PortError>, command: String| {
            if let Err(error) = gone {
                left.push(left_behind(what, &error.to_string(), &command));
            }
        };
        let gone = ports.deregister(region, endpoint, &self.fleet.variant).await;
        note(
            "its scaling",
            gone,
            format!(
                "aws application-autoscaling describe-scalable-targets --service-namespace sagemaker --region {region}"
            ),
        );
        let gone = ports.delete_endpoint(region, endpoint).await;
        note(
            endpoint.as_str(),
            gone,
            format!("aws sagemaker delete-endpoint --region {region} --endpoint-name {endpoint}"),
        );
        for config in &self.configs {
            let gone = ports.delete_config(region, &config.name).await;
            let command = format!(
                "aws sagemaker delete-endpoint-config --region {region} --endpoint-config-name {}",
                config.name
            );
            note(config.name.as_str(), gone, command);
        }
        let gone = ports.delete_model(region, &self.model.name).await;
        note(
            self.model.name.as_str(),
            gone,
            format!("aws sagemaker delete-model --region {region} --model-name {}", self.model.name),
        );
        // CloudWatch deletes none where one of them is not there.
        let made = ports.alarms(region, &guard_names(&self.fleet)).await;
        let gone = match made.map(|made| made.into_iter().map(|alarm| alarm.name).collect::<Vec<_>>()) {
            Ok(made) if made.is_empty() => Ok(()),
            Ok(made) => ports.delete_alarms(region, &made).await,
            Err(error) => Err(error),
        };
        let names = guard_names(&self.fleet).join(" ");
        note("its alarms", gone, format!("aws cloudwatch delete-alarms --region {region} --alarm-names {names}"));
        left
    }

    /// Waits until no update runs: one that runs cannot be deleted.
    async fn rest(&self) {
        for _ in 0..PATIENCE {
            let view = self.ports.describe(&self.region.name, &self.fleet.endpoint).await;
            let moves = |status| {
                matches!(status, EndpointStatus::Creating | EndpointStatus::Updating | EndpointStatus::RollingBack)
            };
            match view {
                Ok(Some(view)) if moves(view.status) => self.ports.sleep(LOOK).await,
                _ => return,
            }
        }
    }
}
