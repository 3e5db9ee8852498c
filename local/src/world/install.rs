//! What stood before the night: a champion that serves.

use crate::services::autoscaling::{PutScalingPolicy, RegisterScalableTarget, Scalable};
use crate::services::s3::bucket::Version;
use crate::services::sagemaker::endpoint::{Capacity, Endpoint};
use crate::services::sagemaker::models::{Config, Model};
use crate::services::sagemaker::types::{
    ContainerDefinition, CreateEndpointConfig, CreateModel, DataCaptureConfig, EndpointStatus, ProductionVariant,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::state::World;
use bytes::Bytes;
use meridian_domain::{CaptureSpec, Kind, RegionName, ReleaseId};
use std::collections::BTreeMap;

/// A release that served before the world began.
#[derive(Clone, Debug)]
pub struct InstalledRelease {
    /// Its human name, e.g. `v426`.
    pub version: String,
    /// SHA-256 of its manifest.
    pub release: ReleaseId,
    /// The type of its instances.
    pub instance_type: String,
    /// Name of the model to create.
    pub model_name: String,
    /// Name of the endpoint configuration to create.
    pub config_name: String,
    /// The container image, as the region's registry has it.
    pub image: String,
    /// Role of the instances.
    pub execution_role: String,
    /// Where its containers write metrics of their own.
    pub namespace: String,
    /// Key of the archive among `objects`.
    pub archive_key: String,
    /// Objects of the release, by key: archive, manifest and the like.
    pub objects: BTreeMap<String, Bytes>,
}

/// Why a release could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The fleet has no such region.
    #[error("the fleet has no region {0}")]
    UnknownRegion(RegionName),
    /// The archive is not among the objects.
    #[error("{0} is not among the objects")]
    NoArchive(String),
    /// The archive does not hold a model that can serve.
    #[error("the archive cannot serve: {0}")]
    Model(#[from] meridian_xgboost::ModelError),
    /// The endpoint cannot be registered for automatic scaling.
    #[error("the endpoint cannot scale: {0:?}")]
    Scaling(ApiError),
}

impl World {
    /// Puts objects into a region's bucket as if they had been there for long: without events, without log.
    ///
    /// # Errors
    /// An unknown region.
    pub fn store(&mut self, region: &RegionName, objects: BTreeMap<String, Bytes>) -> Result<(), InstallError> {
        let (now, seed) = (self.now, self.config.seed);
        let own = self.regions.get_mut(region).ok_or_else(|| InstallError::UnknownRegion(region.clone()))?;
        for (key, body) in objects {
            let id = Random::labelled(seed, ["installed", &key]).token(32);
            own.bucket.put(&key, Version::new(id, body, now));
        }
        Ok(())
    }

    /// Takes an object out of a region's bucket with all its versions, as somebody could who may delete: without events, without
    /// log. What it held last.
    ///
    /// # Errors
    /// An unknown region.
    pub fn remove(&mut self, region: &RegionName, key: &str) -> Result<Option<Bytes>, InstallError> {
        let own = self.regions.get_mut(region).ok_or_else(|| InstallError::UnknownRegion(region.clone()))?;
        Ok(own.bucket.objects.remove(key).and_then(|mut versions| versions.pop()).map(|version| version.body))
    }

    /// Puts a release in service in one region, or, where policy has a pilot light, only what its endpoint would need, as if it had been there for long: without events, without log, with an
    /// hour of metrics behind it and its instances registered for scaling. Version ids are the same in every region, as
    /// replication would have left them.
    ///
    /// # Errors
    /// An unknown region; an archive that is missing or cannot serve.
    pub fn install(&mut self, region: &RegionName, release: &InstalledRelease) -> Result<(), InstallError> {
        let archive = release.objects.get(&release.archive_key);
        let archive = archive.ok_or_else(|| InstallError::NoArchive(release.archive_key.clone()))?.clone();
        let (now, seed, fleet) = (self.now, self.config.seed, self.config.fleet.clone());
        let unknown = || InstallError::UnknownRegion(region.clone());
        let policy = fleet.region(region).ok_or_else(unknown)?;
        let own = self.regions.get_mut(region).ok_or_else(unknown)?;
        for (key, body) in &release.objects {
            let id = Random::labelled(seed, ["installed", key]).token(32);
            own.bucket.put(key, Version::new(id, body.clone(), now));
        }
        let digest = Version::new(String::new(), archive.clone(), now).digest;
        self.models.load(digest, &archive)?;
        let own = self.regions.get_mut(region).ok_or_else(unknown)?;
        let model_data_url = format!("s3://{}/{}", own.bucket.name, release.archive_key);
        let mut model = release.model(model_data_url.clone());
        model.enable_network_isolation = Some(fleet.network_isolation);
        own.sagemaker.models.insert(release.model_name.clone(), Model { request: model, created: now });
        let capture = fleet.capture(policy, release.release).map(|own| {
            let CaptureSpec { percent, destination, key } = own;
            DataCaptureConfig::both_sides(percent, destination, key)
        });
        let request = CreateEndpointConfig {
            endpoint_config_name: release.config_name.clone(),
            production_variants: vec![ProductionVariant {
                variant_name: fleet.variant.to_string(),
                model_name: Some(release.model_name.clone()),
                initial_instance_count: Some(policy.instances),
                instance_type: Some(release.instance_type.clone()),
                initial_variant_weight: Some(1.0),
            }],
            data_capture_config: capture.clone(),
            tags: Vec::new(),
        };
        let config = Config { request, created: now };
        let blue = Capacity {
            config: release.config_name.clone(),
            variant: fleet.variant.to_string(),
            lost: 0,
            instances: fleet.scaling.as_ref().map_or(policy.instances, |scaling| policy.floor_at(scaling, now)),
            weight: 1.0,
            labels: own.sagemaker.labels(&config),
            model_data_url,
            capture,
            archive: Some(digest),
            newest: None,
        };
        own.images.keep(&release.image);
        own.sagemaker.configs.insert(release.config_name.clone(), config);
        if policy.kind == Kind::PilotLight {
            self.never_served(region);
            return Ok(());
        }
        let own = self.regions.get_mut(region).ok_or_else(unknown)?;
        own.sagemaker.endpoints.insert(
            fleet.endpoint.to_string(),
            Endpoint {
                created: now,
                modified: now,
                status: EndpointStatus::InService,
                blue: Some(blue),
                stray: None,
                first_config: release.config_name.clone(),
                update: None,
                failure_reason: None,
                last_deployment: None,
                coming: None,
                asked: 0,
            },
        );
        if let Some(scaling) = &fleet.scaling {
            let spec = scaling.spec(&fleet, policy, &scaling.usual(&fleet, policy, now));
            let scalable = Scalable::variant(spec.resource_id());
            let (min_capacity, max_capacity) = (Some(spec.least), Some(spec.most));
            let target = RegisterScalableTarget { scalable, min_capacity, max_capacity }.apply(self, region);
            let tracks = target.and_then(|_| PutScalingPolicy::of(&spec).apply(self, region));
            tracks.map_err(InstallError::Scaling)?;
        }
        self.make_history(region);
        self.make_days(region);
        self.make_captured(region);
        Ok(())
    }
}

impl InstalledRelease {
    fn model(&self, model_data_url: String) -> CreateModel {
        let told = [
            ("MERIDIAN_RELEASE", self.release.to_string()),
            ("MERIDIAN_VERSION", self.version.clone()),
            ("MERIDIAN_NAMESPACE", self.namespace.clone()),
        ];
        let environment = told.map(|(key, value)| (key.to_owned(), value));
        CreateModel {
            model_name: self.model_name.clone(),
            primary_container: ContainerDefinition {
                image: Some(self.image.clone()),
                model_data_url: Some(model_data_url),
                additional_model_data_sources: Vec::new(),
                environment: BTreeMap::from(environment),
            },
            execution_role_arn: Some(self.execution_role.clone()),
            ..CreateModel::default()
        }
    }
}
