//! IAM: every call of a function, and everything that AWS's services do for the fleet, is held against the policies that the
//! template deploys.
//!
//! Whoever calls from outside (a person, training, a test) acts as an administrator of the account.

use crate::services::iam::ask::Ask;
use crate::services::iam::session::Caller;
use crate::world::error::ApiError;
use crate::world::log::What;
use crate::world::operation::Guarded;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::{AssumingService, Denied, Function, Grant, Key, Principal, Request, Stack};
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use std::collections::BTreeSet;

impl World {
    /// The statements that let something through so far.
    pub fn grants(&self) -> &BTreeSet<Grant> {
        &self.grants
    }

    pub(crate) fn stack(&self, region: &RegionName) -> Option<&Stack> {
        self.deployment.stacks.get(region)
    }

    /// A function as its region's stack has it.
    pub fn function(&self, region: &RegionName, function: FunctionKind) -> Option<&Function> {
        self.stack(region)?.functions.get(function.name())
    }

    /// The function of an ARN.
    pub(crate) fn function_of_arn(&self, region: &RegionName, arn: &str) -> Option<FunctionKind> {
        FunctionKind::ALL
            .into_iter()
            .find(|function| self.function(region, *function).is_some_and(|own| own.arn == arn))
    }

    /// Whether a call may be made: by the policies of the session's role that it is signed with, or of the function's own.
    pub(crate) fn authorise_call<O: Guarded>(
        &mut self,
        caller: &Caller,
        region: &RegionName,
        service: Service,
        operation: &O,
    ) -> Result<(), ApiError> {
        let Some(principal) = self.principal(caller, service)? else { return Ok(()) };
        let asks = operation.asks(self, region);
        self.authorise(region, &principal, &asks).map_err(|denied| refusal(service, &denied))
    }

    /// Whether a principal may do all of it in a region. What let it through is noted.
    pub(crate) fn authorise(&mut self, region: &RegionName, principal: &Principal, asks: &[Ask]) -> Result<(), Denied> {
        let mut granted = Vec::new();
        for ask in asks {
            let mut context = ask.context.clone();
            // What AWS always sends.
            context.insert("aws:securetransport".to_owned(), vec!["true".to_owned()]);
            context.insert("aws:requestedregion".to_owned(), vec![region.to_string()]);
            if let Principal::Role(arn) = principal {
                context.insert("aws:principalarn".to_owned(), vec![arn.clone()]);
                let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
                context.insert("aws:principalaccount".to_owned(), vec![account]);
                let tags = self.deployment.role(arn).into_iter().flat_map(|role| &role.tags);
                let tags = tags.map(|(tag, value)| (format!("aws:principaltag/{tag}").to_lowercase(), value.clone()));
                context.extend(tags.map(|(key, value)| (key, vec![value])));
            }
            let request = Request { principal, action: ask.action, resource: &ask.resource, context: &context };
            granted.extend(self.deployment.authorise(&request)?);
        }
        self.grants.extend(granted);
        Ok(())
    }

    /// The same for a role that a service of AWS assumes, with no more condition keys than it is known to send; a refusal is
    /// told each time.
    pub(crate) fn authorise_role(
        &mut self,
        region: &RegionName,
        service: AssumingService,
        role: &str,
        asks: &[Ask],
    ) -> Result<(), Denied> {
        let outcome = self.deployment.assumable_by(service, role);
        let outcome = outcome.and_then(|()| self.authorise(region, &Principal::Role(role.to_owned()), asks));
        if let Err(denied) = &outcome {
            let fault = format!("{} is {denied}", role.rsplit('/').next().unwrap_or(role));
            self.record(region, What::FaultBegan { fault });
        }
        outcome
    }

    /// Whether a service may call a function for a source, by the permission on the function.
    pub(crate) fn may_invoke(
        &mut self,
        function: FunctionKind,
        region: &RegionName,
        service: &str,
        source: &str,
    ) -> bool {
        let Some(stack) = self.deployment.stacks.get(region) else { return false };
        let Some(own) = stack.functions.get(function.name()) else { return false };
        let permission = stack.invokers.iter().find(|one| {
            (one.function == own.name || one.function == own.arn) && one.service == service && one.admits(source)
        });
        let grant = permission.map(|one| one.grant(own));
        let allowed = grant.is_some();
        self.grants.extend(grant);
        allowed
    }

    /// The key of an ARN: its own, or that of its alias.
    pub(crate) fn key(&self, kms: &str) -> Option<&Key> {
        let named = |key: &&Key| {
            key.arn == kms
                || key.aliases.iter().any(|alias| kms.ends_with(alias.as_str()) && same_region(&key.arn, kms))
        };
        self.deployment.stacks.values().flat_map(|stack| &stack.keys).find(named)
    }

    /// What a role needs of a bucket's or a topic's key: `kms` is a key's ARN or the ARN of its alias.
    pub(crate) fn key_ask(&self, action: &'static str, kms: &str) -> Ask {
        Ask::new(action, self.key(kms).map_or(kms, |key| key.arn.as_str()))
    }

    /// What a role needs to use the key of a region's bucket.
    pub(crate) fn bucket_key_ask(&self, action: &'static str, bucket: &str) -> Option<Ask> {
        let buckets = self.deployment.stacks.values().filter_map(|stack| stack.buckets.get(bucket));
        let key = buckets.into_iter().find_map(|own| own.encryption.key.clone())?;
        Some(self.key_ask_of_s3(action, &key))
    }

    /// The same for S3, which asks KMS in its caller's name and says so.
    pub(crate) fn key_ask_of_s3(&self, action: &'static str, kms: &str) -> Ask {
        let region = kms.split(':').nth(3).unwrap_or_default();
        self.key_ask(action, kms).with("kms:ViaService", format!("s3.{region}.amazonaws.com"))
    }
}

fn same_region(one: &str, other: &str) -> bool {
    one.split(':').nth(3) == other.split(':').nth(3)
}

/// The refusal in the service's own words.
fn refusal(service: Service, denied: &Denied) -> ApiError {
    let (code, status) = match service {
        Service::S3 => ("AccessDenied", 403),
        Service::SageMaker | Service::CodePipeline | Service::ApplicationAutoScaling | Service::EventBridge => {
            ("AccessDeniedException", 400)
        }
        Service::SageMakerRuntime => ("AccessDeniedException", 403),
        Service::CloudWatch | Service::Sts | Service::Iam => ("AccessDenied", 403),
        Service::Kms | Service::Ecr | Service::ServiceQuotas => ("AccessDeniedException", 400),
        Service::Sns => ("AuthorizationError", 403),
    };
    ApiError::new(code, status, format!("User is {denied}"))
}
