//! A region's load balancer, where customers come through the proxy: its rules, its target groups, and the functions behind them.

use crate::world::invocation::InvocationEnd;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde_json::{Map, Value, json};

/// The service that calls functions for a target group.
const SERVICE: &str = "elasticloadbalancing.amazonaws.com";

impl World {
    /// A request at a region's load balancer, as a customer or a checker sends it. False where no rule leads to a function that
    /// may be called for it: it is answered without one.
    pub fn ask_balancer(
        &mut self,
        region: &RegionName,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> bool {
        let Some((function, group)) = self.balanced(region, method, path) else { return false };
        let event = event(&group, method, path, headers, body);
        let request = self.request(function, region, "load balancer", event, true);
        self.begin_invocation(request);
        true
    }

    /// What the proxy answered so far, in order: the function's own answers, or none where it failed.
    pub fn proxy_answers(&self) -> &[(RegionName, Option<Value>)] {
        &self.proxy_answers
    }

    pub(crate) fn proxy_answered(&mut self, region: &RegionName, how: &InvocationEnd) {
        let answer = match how {
            InvocationEnd::Answered(answer) => Some(answer.clone()),
            _ => None,
        };
        self.proxy_answers.push((region.clone(), answer));
    }

    /// The role that a region's proxy asks the endpoint with, where customers reach it.
    pub(crate) fn proxy_role(&mut self, region: &RegionName) -> Option<String> {
        let (function, _) = self.balanced(region, "POST", "/score")?;
        self.function(region, function).filter(|_| function == FunctionKind::Proxy).map(|own| own.role.clone())
    }

    /// The function that a request is led to, and the target group that it is in.
    fn balanced(&mut self, region: &RegionName, method: &str, path: &str) -> Option<(FunctionKind, String)> {
        let rule = self.stack(region)?.balanced.iter().find(|rule| rule.takes(method, path))?.clone();
        let function = self.function_of_arn(region, &rule.function)?;
        self.may_invoke(function, region, SERVICE, &rule.group).then_some((function, rule.group))
    }
}

/// A load balancer's event: header names in lower case, `text/*` as text.
fn event(group: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let own = [("host", "fraud.example.com"), ("x-forwarded-for", "192.0.2.20"), ("x-forwarded-proto", "https")];
    let headers: Map<String, Value> =
        own.iter().chain(headers).map(|(name, value)| (name.to_ascii_lowercase(), (*value).into())).collect();
    json!({
        "requestContext": { "elb": { "targetGroupArn": group } },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {},
        "headers": headers,
        "body": body,
        "isBase64Encoded": false,
    })
}
