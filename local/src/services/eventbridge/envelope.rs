//! Events in their real wire shapes.

use jiff::Timestamp;
use meridian_domain::RegionName;
use serde_json::{Value, json};

/// What is common to all events of EventBridge.
pub(crate) struct Envelope<'a> {
    pub id: String,
    pub account: &'a str,
    pub region: &'a RegionName,
    pub time: Timestamp,
}

impl Envelope<'_> {
    /// An event of EventBridge (EventBridge User Guide, "Event structure").
    pub fn event(&self, source: &str, detail_type: &str, resource: String, detail: Value) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": self.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": self.region.as_str(),
            "resources": [resource],
            "detail": detail,
        })
    }

    /// A schedule's event.
    pub fn scheduled(&self, rule: &str) -> Value {
        let arn = format!("arn:aws:events:{}:{}:rule/{rule}", self.region, self.account);
        self.event("aws.events", "Scheduled Event", arn, json!({}))
    }

    /// CloudWatch's `CloudWatch Alarm State Change`; `configuration` differs between metric and composite alarms.
    pub fn alarm_changed(&self, alarm: &str, configuration: Value, previous: Value, state: Value) -> Value {
        let arn = format!("arn:aws:cloudwatch:{}:{}:alarm:{alarm}", self.region, self.account);
        let detail =
            json!({ "alarmName": alarm, "configuration": configuration, "previousState": previous, "state": state });
        self.event("aws.cloudwatch", "CloudWatch Alarm State Change", arn, detail)
    }

    /// SageMaker's own events have their time as epoch milliseconds, in a string.
    pub fn sagemaker(&self, detail_type: &str, endpoint_arn: String, detail: Value) -> Value {
        let mut event = self.event("aws.sagemaker", detail_type, endpoint_arn, detail);
        if let Some(time) = event.get_mut("time") {
            *time = Value::String(self.time.as_millisecond().to_string());
        }
        event
    }

    /// API Gateway's proxy event of one health check of Route 53.
    pub fn health_check(&self) -> Value {
        let agent = "Amazon-Route53-Health-Check-Service (ref 00000000-0000-4000-8000-000000000000; report http://amzn.to/1vsZADi)";
        let host = format!("abcdefghij.execute-api.{}.amazonaws.com", self.region);
        json!({
            "resource": "/health",
            "path": "/health",
            "httpMethod": "GET",
            "headers": { "Accept": "*/*", "Host": host, "User-Agent": agent, "X-Forwarded-Proto": "https" },
            "multiValueHeaders": { "Accept": ["*/*"], "Host": [host], "User-Agent": [agent], "X-Forwarded-Proto": ["https"] },
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "resourceId": "123abc",
                "resourcePath": "/health",
                "httpMethod": "GET",
                "requestTime": self.time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "path": "/live/health",
                "accountId": self.account,
                "protocol": "HTTP/1.1",
                "stage": "live",
                "domainPrefix": "abcdefghij",
                "requestTimeEpoch": self.time.as_millisecond(),
                "requestId": self.id,
                "identity": { "sourceIp": "192.0.2.20", "userAgent": agent },
                "domainName": host,
                "apiId": "abcdefghij",
            },
            "body": null,
            "isBase64Encoded": false,
        })
    }
}
