//! What SageMaker does with the role of an endpoint's instances.

use crate::services::iam::ask::Ask;
use crate::services::sagemaker::endpoint::Capacity;
use crate::services::sagemaker::models::split_s3_url;
use crate::services::sagemaker::types::CreateModel;
use crate::world::error::ApiError;
use crate::world::state::World;
use meridian_deployment::AssumingService;
use meridian_domain::alarms::MODEL;
use meridian_domain::{AnswerForm, RegionName};

/// What the role of a model in a VPC needs (SageMaker Developer Guide, "CreateModel API: execution role permissions").
const NETWORK: [&str; 9] = [
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

/// JSON of SageMaker's own container (developer guide, "Common data formats for inference").
const PREDICTIONS: &str = r#"{"score_at": "/predictions/0/score"}"#;

impl World {
    /// The model that an endpoint goes to.
    fn model_to_come(&self, region: &RegionName, endpoint: &str) -> Option<&CreateModel> {
        let sagemaker = &self.regions.get(region)?.sagemaker;
        self.model_of(region, &sagemaker.endpoints.get(endpoint)?.update.as_ref()?.target.config)
    }

    fn model_of(&self, region: &RegionName, config: &str) -> Option<&CreateModel> {
        let sagemaker = &self.regions.get(region)?.sagemaker;
        let variant = sagemaker.configs.get(config)?.request.production_variants.first()?;
        Some(&sagemaker.models.get(variant.model_name.as_deref()?)?.request)
    }

    fn instance_type_of(&self, region: &RegionName, config: &str) -> Option<&str> {
        let config = self.regions.get(region)?.sagemaker.configs.get(config)?;
        config.request.production_variants.first()?.instance_type.as_deref()
    }

    /// Whether a configuration would give another instance type to a variant that is registered for scaling, which SageMaker
    /// refuses (developer guide, "Update endpoints that use automatic scaling").
    pub(crate) fn changes_type_of_registered(
        &self,
        region: &RegionName,
        endpoint: &str,
        blue: &Capacity,
        config: &str,
    ) -> bool {
        let registered = self.is_registered(region, endpoint, &blue.variant);
        let [old, new] = [blue.config.as_str(), config].map(|own| self.instance_type_of(region, own));
        registered && old.zip(new).is_some_and(|(old, new)| old != new)
    }

    fn role_of(&self, region: &RegionName, config: &str) -> Option<String> {
        self.model_of(region, config)?.execution_role_arn.clone()
    }

    /// What new instances fetch beside their model.
    pub(crate) fn beside(&self, region: &RegionName, endpoint: &str) -> Vec<String> {
        let model = self.model_to_come(region, endpoint);
        let sources = model.map(|model| &model.primary_container.additional_model_data_sources);
        sources.into_iter().flatten().map(|source| source.s3_data_source.s3_uri.clone()).collect()
    }

    /// Whether new instances may fetch their model, what lies beside it, and their image, and join their VPC (SageMaker Developer Guide, "CreateModel API: execution
    /// role permissions"). A container's logs are not kept here, and so not asked for.
    pub(crate) fn authorise_instances(
        &mut self,
        region: &RegionName,
        endpoint: &str,
        url: &str,
        beside: &[String],
    ) -> Result<(), String> {
        let Some(model) = self.model_to_come(region, endpoint) else { return Ok(()) };
        let (role, image) = (&model.execution_role_arn, &model.primary_container.image);
        let (Some(role), Some(image)) = (role.clone(), image.clone()) else { return Ok(()) };
        let is_in_vpc = model.vpc_config.is_some();
        let mut asks = Vec::new();
        let account = self.account(region);
        let of_account = |action, resource: String| Ask::new(action, resource).with("s3:ResourceAccount", account);
        for (bucket, key) in [url].into_iter().chain(beside.iter().map(String::as_str)).filter_map(split_s3_url) {
            asks.push(of_account("s3:GetObject", format!("arn:aws:s3:::{bucket}/{key}")));
            asks.extend(self.bucket_key_ask("kms:Decrypt", bucket));
        }
        // Undocumented for one object, and asked for prefixes: what is not known is asked for.
        for (bucket, key) in beside.iter().filter_map(|url| split_s3_url(url)) {
            asks.push(of_account("s3:ListBucket", format!("arn:aws:s3:::{bucket}")).with("s3:prefix", key));
        }
        // ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:...
        let repository = image.split_once('/').map_or(image.as_str(), |(_, path)| path);
        let repository = repository.split(['@', ':']).next().unwrap_or(repository);
        let repository = self.arn("ecr", region, &format!("repository/{repository}"));
        asks.push(Ask::new("ecr:GetAuthorizationToken", "*"));
        let pull = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];
        asks.extend(pull.map(|action| Ask::new(action, repository.clone())));
        if is_in_vpc {
            asks.extend(NETWORK.map(|action| Ask::new(action, "*")));
        }
        self.authorise_role(region, AssumingService::SageMaker, &role, &asks)
            .map_err(|denied| format!("The role {role} is {denied}."))
    }

    /// Whether what a configuration's instances captured may be written, encrypted as the bucket has it (SageMaker developer guide,
    /// "model-monitor-data-capture": the execution role writes it).
    pub(crate) fn instances_may_capture(&mut self, region: &RegionName, config: &str, bucket: &str, key: &str) -> bool {
        let Some(role) = self.role_of(region, config) else { return true };
        let account = self.account(region);
        let put = Ask::new("s3:PutObject", format!("arn:aws:s3:::{bucket}/{key}")).with("s3:ResourceAccount", account);
        let asks: Vec<Ask> = [put].into_iter().chain(self.bucket_key_ask("kms:GenerateDataKey", bucket)).collect();
        self.authorise(region, &meridian_deployment::Principal::Role(role), &asks).is_ok()
    }

    /// Whether the role may look at the alarms that are to guard an update: without it `UpdateEndpoint` is refused
    /// (SageMaker Developer Guide, "Auto-rollback configuration and monitoring").
    pub(crate) fn authorise_guard(&mut self, region: &RegionName, config: &str) -> Result<(), ApiError> {
        let Some(role) = self.role_of(region, config) else { return Ok(()) };
        let asks = [Ask::new("cloudwatch:DescribeAlarms", "*")];
        self.authorise_role(region, AssumingService::SageMaker, &role, &asks)
            .map_err(|denied| ApiError::validation(format!("The execution role {role} is {denied}.")))
    }

    /// Whether the containers of a configuration are cut off from every network, CloudWatch's endpoint included.
    fn is_isolated(&self, region: &RegionName, config: &str) -> bool {
        self.model_of(region, config).is_some_and(|model| model.enable_network_isolation == Some(true))
    }

    /// Whether the containers of a configuration may write metrics into a namespace.
    pub(crate) fn containers_may_emit(&mut self, region: &RegionName, config: &str, namespace: &str) -> bool {
        let Some(role) = self.role_of(region, config) else { return true };
        if self.is_isolated(region, config) {
            return false;
        }
        let asks = [Ask::new("cloudwatch:PutMetricData", "*").with("cloudwatch:namespace", namespace)];
        self.authorise(region, &meridian_deployment::Principal::Role(role), &asks).is_ok()
    }

    /// How a configuration's containers answer whoever asks for this content type: for JSON as they are told, else as SageMaker's own
    /// container does.
    pub(crate) fn answers_in(&self, region: &RegionName, config: &str, accept: Option<&str>) -> AnswerForm {
        if accept.is_none_or(|accept| !accept.starts_with("application/json")) {
            return AnswerForm::default();
        }
        let environment = self.model_of(region, config).map(|model| &model.primary_container.environment);
        let told = environment.and_then(|told| serde_json::from_str(told.get("MERIDIAN_ANSWER")?).ok());
        told.unwrap_or_else(|| serde_json::from_str(PREDICTIONS).unwrap_or_default())
    }

    /// The namespace that a configuration's containers are told to write to, or the one that they know of themselves.
    pub(crate) fn namespace_of(&self, region: &RegionName, config: &str) -> Option<String> {
        let told = self.model_of(region, config)?.primary_container.environment.get("MERIDIAN_NAMESPACE");
        Some(told.map_or_else(|| MODEL.to_owned(), Clone::clone))
    }
}
