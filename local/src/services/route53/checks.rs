//! Route 53's health checks: `GET /health` of every region, through its API and `status`.

use crate::services::iam::ask::Ask;
use crate::services::route53::health::HealthCounts;
use crate::world::invocation::InvocationEnd;
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::state::World;
use meridian_deployment::AssumingService;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde_json::Value;

/// What a checker sends along.
const CHECKER: &[(&str, &str)] = &[("accept", "*/*"), ("user-agent", "Amazon-Route53-Health-Check-Service")];

impl World {
    /// Whether a region is in DNS now.
    pub fn is_healthy(&self, region: &RegionName) -> bool {
        self.regions.get(region).is_some_and(|own| own.health.healthy)
    }

    /// A region in which nothing ever served: no name points there before its health checks pass.
    pub fn never_served(&mut self, region: &RegionName) {
        if let Some(own) = self.regions.get_mut(region) {
            own.health.healthy = false;
        }
        if let Some(outside) = &mut self.outside {
            outside.never_passed(region, self.now);
        }
    }

    /// Whether customers come to a region and are let in: its name points there for as long as its health checks pass, where there are
    /// any. Where clients are simulated, how many come is theirs to say.
    pub(crate) fn takes_customers(&self, region: &RegionName) -> bool {
        let open = self.regions.get(region).is_some_and(|own| own.is_open);
        open && (!self.config.health_checks || self.config.clients.is_some() || self.is_healthy(region))
    }

    /// Lets customers through each region's API or proxy to its endpoint, as far as the role that it asks with may.
    pub(crate) fn admit_customers(&mut self) {
        let deployment = self.deployment.clone();
        for (region, stack) in &deployment.stacks {
            let own = self.config.fleet.endpoint.to_string();
            let (service, role) = match &stack.score {
                Some(score) => {
                    (AssumingService::ApiGateway, Some(score.role.clone()).filter(|_| score.endpoint == own))
                }
                None => (AssumingService::Lambda, self.proxy_role(region)),
            };
            let asks =
                [Ask::new("sagemaker:InvokeEndpoint", self.arn("sagemaker", region, &format!("endpoint/{own}")))];
            let open = role.is_some_and(|role| self.authorise_role(region, service, &role, &asks).is_ok());
            if let Some(own) = self.regions.get_mut(region) {
                own.is_open = open;
            }
        }
    }

    /// How a region's health checks ended so far.
    pub fn health_counts(&self, region: &RegionName) -> HealthCounts {
        self.regions.get(region).map(|own| own.health.counts).unwrap_or_default()
    }

    /// One check, and the next.
    pub(crate) fn check_health(&mut self, region: RegionName) {
        if self.stack(&region).is_some_and(|stack| stack.api.is_none()) {
            if !self.ask_balancer(&region, "GET", "/health", CHECKER, "") {
                self.health_answered(&region, &InvocationEnd::Crashed);
            }
            self.queue.push(self.later(self.config.timing.health_check), Event::HealthCheck { region });
            return;
        }
        let payload = self.envelope(&region).health_check();
        let api = self.stack(&region).and_then(|stack| stack.api.as_deref()).unwrap_or_default();
        let api = self.arn("execute-api", &region, &format!("{api}/live/GET/health"));
        if self.may_invoke(FunctionKind::Status, &region, "apigateway.amazonaws.com", &api) {
            let request = self.request(FunctionKind::Status, &region, "route53", payload, true);
            self.begin_invocation(request);
        } else {
            // The front answers 500 in the function's place.
            self.health_answered(&region, &InvocationEnd::Crashed);
        }
        self.queue.push(self.later(self.config.timing.health_check), Event::HealthCheck { region });
    }

    /// A check's answer counts: so many in a row change a region's health.
    pub(crate) fn health_answered(&mut self, region: &RegionName, how: &InvocationEnd) {
        let good = match how {
            InvocationEnd::Answered(answer) => {
                let status = answer.get("statusCode").and_then(Value::as_u64);
                status.is_some_and(|status| (200..400).contains(&status))
            }
            _ => false,
        };
        let threshold = self.config.timing.health_threshold;
        let Some(own) = self.regions.get_mut(region) else { return };
        let health = &mut own.health;
        *(if good { &mut health.counts.good } else { &mut health.counts.bad }) += 1;
        health.against = if good == health.healthy { 0 } else { health.against + 1 };
        if health.against >= threshold.max(1) {
            // Customers come or go with this.
            self.count_traffic(region);
            self.turning();
            if let Some(own) = self.regions.get_mut(region) {
                own.health.healthy = good;
                own.health.against = 0;
            }
            self.record(region, What::HealthChanged { healthy: good });
        }
    }
}
