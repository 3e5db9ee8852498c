//! SageMaker's events about endpoints.

use crate::services::sagemaker::endpoint::Endpoint;
use crate::services::sagemaker::types::{EndpointStatus, ProductionVariantSummary};
use crate::world::state::World;
use meridian_domain::RegionName;
use serde_json::{Value, json};

impl World {
    /// `SageMaker Endpoint State Change`.
    pub(crate) fn status_event(&mut self, region: &RegionName, name: &str) {
        self.endpoint_event("SageMaker Endpoint State Change", region, name);
    }

    /// `SageMaker Endpoint Deployment State Change`.
    pub(crate) fn deployment_event(&mut self, region: &RegionName, name: &str) {
        self.endpoint_event("SageMaker Endpoint Deployment State Change", region, name);
    }

    fn endpoint_event(&mut self, detail_type: &str, region: &RegionName, name: &str) {
        let arn = self.arn("sagemaker", region, &format!("endpoint/{name}"));
        let Some(endpoint) = self.regions.get(region).and_then(|own| own.sagemaker.endpoints.get(name)) else { return };
        let detail = self.detail(name, &arn, endpoint);
        let event = self.envelope(region).sagemaker(detail_type, arn, detail);
        self.publish(region, event);
    }

    /// The detail of both events (SageMaker Developer Guide, "Events that SageMaker AI sends to EventBridge"); the
    /// summary of a pending deployment is there while there is one.
    fn detail(&self, name: &str, arn: &str, endpoint: &Endpoint) -> Value {
        let variants: Vec<Value> = endpoint.blue.iter().map(|capacity| variant(&capacity.summary())).collect();
        let mut detail = json!({
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": endpoint.config(),
            "ProductionVariants": variants,
            "EndpointStatus": loud(endpoint.status),
            "CreationTime": endpoint.created.as_millisecond(),
            "LastModifiedTime": endpoint.modified.as_millisecond(),
            "Tags": {},
        });
        let Some(members) = detail.as_object_mut() else { return detail };
        if let Some(reason) = &endpoint.failure_reason {
            members.insert("FailureReason".to_owned(), json!(reason));
        }
        if let Some(update) = endpoint.update.as_ref().filter(|_| endpoint.blue.is_some()) {
            let summary = update.summary(self.config.live.soak_shows_baking);
            let variants: Vec<Value> = summary.production_variants.iter().map(variant).collect();
            let pending = json!({
                "EndpointConfigName": summary.endpoint_config_name,
                "StartTime": update.started.as_millisecond(),
                "ProductionVariants": variants,
            });
            members.insert("PendingDeploymentSummary".to_owned(), pending);
        }
        detail
    }
}

fn variant(summary: &ProductionVariantSummary) -> Value {
    let statuses: Vec<Value> = summary
        .variant_status
        .iter()
        .map(|own| {
            json!({
                "Status": own.status.to_ascii_uppercase(),
                "StatusMessage": own.status_message,
                "StartTime": own.start_time.map(|at| at.timestamp().as_millisecond()),
            })
        })
        .collect();
    json!({
        "VariantName": summary.variant_name,
        "CurrentWeight": summary.current_weight,
        "DesiredWeight": summary.desired_weight,
        "CurrentInstanceCount": summary.current_instance_count,
        "DesiredInstanceCount": summary.desired_instance_count,
        "VariantStatus": statuses,
    })
}

/// Events write statuses in capitals.
fn loud(status: EndpointStatus) -> &'static str {
    match status {
        EndpointStatus::Creating => "CREATING",
        EndpointStatus::Updating => "UPDATING",
        EndpointStatus::RollingBack => "ROLLING_BACK",
        EndpointStatus::InService => "IN_SERVICE",
        EndpointStatus::Failed => "FAILED",
        EndpointStatus::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
    }
}
