//! The data plane: endpoints answer with the model that serves. It knows nothing of a dark control plane.

use crate::services::sagemaker::endpoint::Capacity;
use crate::services::sagemaker::types::{InvokeEndpoint, InvokeEndpointOutput};
use crate::world::customers::traffic::Serving;
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

/// The runtime's largest payload.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// The data plane's word for what the control plane calls a `ValidationException`.
fn refused(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", 400, message)
}

impl Operation for InvokeEndpoint {
    const SERVICE: Service = Service::SageMakerRuntime;
    const OPERATION: OperationName = OperationName::InvokeEndpoint;
    type Output = InvokeEndpointOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<InvokeEndpointOutput, ApiError> {
        if self.body.len() > LARGEST_PAYLOAD {
            return Err(refused("The payload is larger than 6 MB."));
        }
        let of_fleet = self.endpoint_name == world.config.fleet.endpoint.as_str();
        let reached = of_fleet.then(|| world.green_share(region));
        let endpoint = world.region_mut(region)?.sagemaker.endpoints.get_mut(&self.endpoint_name);
        let capacity = endpoint.and_then(|endpoint| {
            let share = reached.unwrap_or_else(|| endpoint.share());
            let capacity = endpoint.next_to_answer(share).cloned()?;
            Some((capacity, endpoint.asked))
        });
        let Some((capacity, asked)) = capacity else {
            // As SageMaker says it of one that is not in service, too (aws/amazon-sagemaker-examples, issues 293 and 559).
            let account = world.config.fleet.region(region).map_or("", |own| own.account.as_str());
            return Err(refused(format!("Endpoint {} of account {account} not found.", self.endpoint_name)));
        };
        if self.target_variant.as_ref().is_some_and(|wanted| *wanted != capacity.variant) {
            return Err(refused("The target variant does not exist."));
        }
        let form = world.answers_in(region, &capacity.config, self.accept.as_deref());
        let container = capacity.archive.and_then(|digest| world.models.get(&digest));
        let answer = match (container, std::str::from_utf8(&self.body)) {
            _ if of_fleet && world.turns_away(region, &capacity.config, asked) => {
                Err((503, "no room for another request".to_owned()))
            }
            (Some(container), Ok(payload)) => container.answer(payload, &form).map_err(|error| (415, error)),
            (None, _) => Err((415, "no model is loaded".to_owned())),
            (_, Err(_)) => Err((415, "the payload is not UTF-8".to_owned())),
        };
        let Capacity { config, labels, instances, variant, newest, .. } = capacity;
        let serving = Serving { config, labels, instances, share: 1.0, newest };
        world.count_request(
            region,
            (&self.endpoint_name, &variant),
            &serving,
            answer.as_ref().map_or_else(|(status, _)| *status, |_| 200),
        );
        match answer {
            Ok(answer) => Ok(InvokeEndpointOutput {
                content_type: format!("{}; charset=utf-8", form.accept()),
                invoked_production_variant: variant,
                body: answer.into(),
            }),
            Err((status, error)) => Err(ApiError::model(status, error)),
        }
    }
}
