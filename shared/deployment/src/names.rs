//! Physical names: what `Ref` and `GetAtt` give for a resource (CloudFormation's reference of each type's return values).

use meridian_domain::Sha256;
use serde_json::Value;

/// Where a stack is deployed.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub account: String,
    pub region: String,
    pub stack: String,
}

impl Place {
    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The same of what is in no region.
    fn global(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}::{}:{resource}", self.account)
    }

    /// The end of a name that CloudFormation makes up: the same in every run, another for each stack and resource.
    fn suffix(&self, logical: &str) -> String {
        let name = format!("{}/{}/{logical}", self.region, self.stack);
        Sha256::of(name.as_bytes()).short().to_uppercase()
    }

    /// `Ref` of a resource. `given` is a property of it, resolved.
    pub fn reference(&self, logical: &str, kind: &str, given: impl Fn(&str) -> Option<Value>) -> String {
        let text = |property: &str| given(property).and_then(|value| value.as_str().map(str::to_owned));
        let made = || format!("{}-{logical}-{}", self.stack, self.suffix(logical));
        let named = |property: &str| text(property).unwrap_or_else(made);
        match kind {
            "AWS::S3::Bucket" => text("BucketName").unwrap_or_else(|| made().to_lowercase()),
            "AWS::Lambda::Function" => named("FunctionName"),
            "AWS::IAM::Role" => named("RoleName"),
            "AWS::SNS::Topic" => self.arn("sns", &named("TopicName")),
            "AWS::SQS::Queue" => {
                format!("https://sqs.{}.amazonaws.com/{}/{}", self.region, self.account, named("QueueName"))
            }
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => named("AlarmName"),
            "AWS::CloudWatch::Dashboard" => named("DashboardName"),
            "AWS::Logs::LogGroup" => named("LogGroupName"),
            "AWS::Events::Rule" => named("Name"),
            "AWS::CodePipeline::Pipeline" => named("Name"),
            "AWS::KMS::Alias" => named("AliasName"),
            "AWS::ApiGateway::Stage" => named("StageName"),
            "AWS::KMS::Key" => key_id(&self.region, &self.stack, logical),
            "AWS::ApiGateway::RestApi" => self.suffix(logical).to_lowercase().chars().take(10).collect(),
            "AWS::ElasticLoadBalancingV2::TargetGroup" => {
                self.arn("elasticloadbalancing", &format!("targetgroup/{}/{}", named("Name"), self.suffix(logical)))
            }
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => self
                .arn("elasticloadbalancing", &format!("loadbalancer/app/{}/{}", named("Name"), self.suffix(logical))),
            "AWS::GlobalAccelerator::Accelerator" => {
                self.global("globalaccelerator", &format!("accelerator/{}", made()))
            }
            "AWS::GlobalAccelerator::Listener" => format!(
                "{}/listener/{}",
                text("AcceleratorArn").unwrap_or_default(),
                self.suffix(logical).to_lowercase()
            ),
            "AWS::SageMaker::ModelPackageGroup" => {
                self.arn("sagemaker", &format!("model-package-group/{}", named("ModelPackageGroupName")))
            }
            _ => made(),
        }
    }

    /// `GetAtt` of a resource, `None` for an attribute that is not known here. `reference` is what `Ref` gives.
    pub fn attribute(&self, kind: &str, reference: &str, attribute: &str) -> Option<String> {
        let account = &self.account;
        let last = || reference.rsplit(['/', ':']).next().unwrap_or(reference);
        Some(match (kind, attribute) {
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{reference}"),
            ("AWS::Lambda::Function", "Arn") => self.arn("lambda", &format!("function:{reference}")),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{account}:role/{reference}"),
            ("AWS::SQS::Queue", "Arn") => self.arn("sqs", last()),
            ("AWS::SQS::Queue", "QueueName") | ("AWS::SNS::Topic", "TopicName") => last().to_owned(),
            ("AWS::SNS::Topic", "TopicArn") => reference.to_owned(),
            ("AWS::KMS::Key", "Arn") => self.arn("kms", &format!("key/{reference}")),
            ("AWS::KMS::Key", "KeyId") => reference.to_owned(),
            ("AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm", "Arn") => {
                self.arn("cloudwatch", &format!("alarm:{reference}"))
            }
            ("AWS::Events::Rule", "Arn") => self.arn("events", &format!("rule/{reference}")),
            ("AWS::Logs::LogGroup", "Arn") => self.arn("logs", &format!("log-group:{reference}:*")),
            ("AWS::ApiGateway::RestApi", "RestApiId") => reference.to_owned(),
            ("AWS::ApiGateway::RestApi", "RootResourceId") => format!("{reference}-root"),
            ("AWS::ApiGateway::DomainName", "RegionalDomainName") => {
                format!("d-{reference}.execute-api.{}.amazonaws.com", self.region)
            }
            ("AWS::ApiGateway::DomainName", "RegionalHostedZoneId") => format!("Z-{}", self.region),
            ("AWS::EC2::SecurityGroup", "GroupId") => reference.to_owned(),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName") => {
                let name = reference.rsplit('/').nth(1).unwrap_or(reference);
                format!("{name}-1.{}.elb.amazonaws.com", self.region)
            }
            // app/NAME/ID, of the ARN.
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName") => {
                reference.split_once("loadbalancer/").map_or(reference, |(_, name)| name).to_owned()
            }
            ("AWS::GlobalAccelerator::Accelerator", "DnsName") => {
                format!("{}.awsglobalaccelerator.com", last().to_lowercase())
            }
            ("AWS::CloudFront::Distribution", "DomainName") => format!("{}.cloudfront.net", reference.to_lowercase()),
            ("AWS::Route53::HealthCheck", "HealthCheckId") => reference.to_owned(),
            _ => return None,
        })
    }
}

/// The id of a stack's key, in a UUID's form: the same in every run.
pub(crate) fn key_id(region: &str, stack: &str, logical: &str) -> String {
    let digits = Sha256::of(format!("{region}/{stack}/{logical}").as_bytes()).to_string();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
