//! What is sent and what is made of the answers, against a server that plays one answer.

use crate::common::{Seen, aws_error, aws_json, region, server, start};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use meridian_aws::AwsPorts;
use meridian_domain::{
    Actor, Advice, AnswerForm, Chain, EndpointStatus, Entry, FeatureFile, Head, ModelSpec, Reason, Record, ReleaseId,
    Routing, Sha256, Stored, UpdateSpec, VariantPhase, alarms,
};
use meridian_handlers::ports::{
    Artifacts, Endpoints, ErrorKind, FailureDetail, FailureKind, Ledger, Notice, ObjectVersion, OperationName,
    PackageSpec, Page, Pager, Pipeline, PortError, Registry, Signals, StartSpec, StatusOwner,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

fn release() -> ReleaseId {
    ReleaseId(Sha256::of(b"v427"))
}

fn operation(seen: &Seen) -> &str {
    seen.header("x-amz-target").rsplit('.').next().unwrap()
}

async fn update_error(status: u16, code: &'static str, message: &'static str) -> PortError {
    let server = server(move |_| aws_error(status, code, message)).await;
    let ports = server.ports().await;
    ports.update(&region(), &update(&ports)).await.unwrap_err()
}

fn update(ports: &AwsPorts) -> UpdateSpec {
    UpdateSpec {
        endpoint: ports.fleet().endpoint.clone(),
        config: "fraud-v427-abc".parse().unwrap(),
        routing: Routing::Canary { instances: 1, bake: SignedDuration::from_mins(8) },
        termination_wait: SignedDuration::from_mins(10),
        max_execution: SignedDuration::from_hours(2),
        rollback_alarms: alarms::guard_names(ports.fleet()),
    }
}

#[tokio::test]
async fn every_kind_of_error_arrives_as_itself() {
    let table = [
        (400, "ThrottlingException", "Rate exceeded", ErrorKind::Throttled),
        (400, "ValidationException", "Could not find endpoint configuration \"c\".", ErrorKind::NotFound),
        (400, "ValidationException", "Cannot update in-progress endpoint \"fraud\".", ErrorKind::Conflict),
        (400, "ResourceLimitExceeded", "no further instances", ErrorKind::Refused),
        (403, "AccessDeniedException", "not authorized", ErrorKind::Refused),
        (503, "ServiceUnavailable", "later", ErrorKind::Unreachable),
    ];
    for (status, code, message, kind) in table {
        let error = update_error(status, code, message).await;
        assert_eq!((error.kind, error.operation), (kind, OperationName::UpdateEndpoint), "{code}");
        assert_eq!(error.detail, FailureDetail::Said(format!("{code}: {message}")));
    }
}

#[tokio::test]
async fn ended_credentials_are_told_from_other_trouble_of_sts() {
    let table = [
        (403, "ExpiredToken", true),
        (403, "InvalidClientTokenId", true),
        (403, "AccessDenied", false),
        (500, "InternalFailure", false),
    ];
    for (status, code, is_refused) in table {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>words</Message></Error>");
        let body = format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>");
        let status = StatusCode::from_u16(status).unwrap();
        let server = server(move |_| (status, [("content-type", "text/xml")], body.clone()).into_response()).await;
        let refused = server.ports().await.refused_credentials().await;
        assert_eq!(refused.is_some(), is_refused, "{code}");
        let said = FailureDetail::Said(format!("{code}: words"));
        assert!(refused.is_none_or(|error| error.detail == said), "{code}");
    }
}

#[tokio::test]
async fn an_error_names_no_credential_and_no_payload() {
    let words = "Received client error (400) from primary with message \"cannot read 12.5,0.25\"";
    let server = server(move |_| {
        let body = json!({ "Message": words, "OriginalMessage": "cannot read 12.5,0.25", "OriginalStatusCode": 400 });
        (StatusCode::FAILED_DEPENDENCY, [("x-amzn-errortype", "ModelError")], body.to_string()).into_response()
    })
    .await;
    let ports = server.ports().await;
    let endpoint = ports.fleet().endpoint.clone();
    let error = ports.invoke(&region(), &endpoint, "12.5,0.25", "text/csv").await.unwrap_err();
    assert_eq!(error.to_string(), "InvokeEndpoint in ap-northeast-1: refused: ModelError (status 424)");
    let sent = server.calls();
    assert_eq!(sent[0].header("content-type"), "text/csv");
    assert_eq!(&sent[0].body[..], b"12.5,0.25");
    // The signature went over the wire; neither it nor the key is in any text of the error.
    assert!(sent[0].header("authorization").contains("/ap-northeast-1/sagemaker/aws4_request"));
    for secret in ["not-a-secret", "Credential=", "Signature=", "12.5"] {
        assert!(!format!("{error:?} {error}").contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn nobody_at_home_is_unreachable() {
    let server = server(|_| crate::common::hang()).await;
    let clock = server.clock();
    let fleet = meridian_aws::Policy::compiled_in().unwrap().fleet;
    // A port that was free a moment ago.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let ports = AwsPorts::new(fleet, clock, Some(format!("http://{closed}").parse().unwrap()));
    let error = ports.alarms(&region(), &["a".to_owned()]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn an_update_is_asked_for_as_the_policy_says() {
    let server = server(|_| aws_json(200, json!({ "EndpointArn": "arn" }))).await;
    let ports = server.ports().await;
    ports.update(&region(), &update(&ports)).await.unwrap();
    let back = UpdateSpec { routing: Routing::AllAtOnce, rollback_alarms: Vec::new(), ..update(&ports) };
    ports.update(&region(), &back).await.unwrap();
    let [forward, back]: [Value; 2] = [0, 1].map(|at| server.calls()[at].json());
    assert_eq!(operation(&server.calls()[0]), "UpdateEndpoint");
    assert_eq!(forward["RetainAllVariantProperties"], true);
    let policy = &forward["DeploymentConfig"]["BlueGreenUpdatePolicy"];
    assert_eq!(policy["TrafficRoutingConfiguration"]["Type"], "CANARY");
    assert_eq!(policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"], 480);
    assert_eq!(policy["TrafficRoutingConfiguration"]["CanarySize"], json!({ "Type": "INSTANCE_COUNT", "Value": 1 }));
    assert_eq!(policy["TerminationWaitInSeconds"], 600);
    assert_eq!(policy["MaximumExecutionTimeoutInSeconds"], 7200);
    let alarms = forward["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"].as_array().unwrap();
    assert_eq!(alarms.len(), 5);
    assert_eq!(back["DeploymentConfig"]["AutoRollbackConfiguration"], Value::Null);
    assert_eq!(
        back["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"],
        json!({ "Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0 })
    );
}

#[tokio::test]
async fn an_endpoint_is_seen_with_its_update() {
    let shown = json!({
        "EndpointStatus": "Updating",
        "EndpointConfigName": "fraud-v426",
        "PendingDeploymentSummary": {
            "EndpointConfigName": "fraud-v427",
            "ProductionVariants": [{ "VariantName": "main", "CurrentInstanceCount": 3, "VariantStatus": [
                { "Status": "Creating", "StartTime": 1_795_143_600.0 },
                { "Status": "Baking", "StartTime": 1_795_143_780.5 },
            ]}],
        },
    });
    let server = server(move |_| aws_json(200, shown.clone())).await;
    let ports = server.ports().await;
    let endpoint = ports.fleet().endpoint.clone();
    let view = ports.describe(&region(), &endpoint).await.unwrap().unwrap();
    assert_eq!((view.status, view.config.as_str()), (EndpointStatus::Updating, "fraud-v426"));
    let pending = view.pending.unwrap();
    assert_eq!((pending.config.as_str(), pending.phase), ("fraud-v427", Some(VariantPhase::Baking)));
    assert_eq!((pending.instances, view.instances), (NonZeroU32::new(3), None));
    assert_eq!(pending.phase_since.unwrap().as_millisecond(), 1_795_143_780_500);
}

#[tokio::test]
async fn an_unknown_status_is_an_error() {
    let server = server(|_| aws_json(200, json!({ "EndpointStatus": "Dreaming", "EndpointConfigName": "c" }))).await;
    let ports = server.ports().await;
    let endpoint = ports.fleet().endpoint.clone();
    let error = ports.describe(&region(), &endpoint).await.unwrap_err();
    let unknown = FailureDetail::UnknownStatus { of: StatusOwner::Endpoint, status: "Dreaming".to_owned() };
    assert_eq!((error.kind, error.detail), (ErrorKind::Refused, unknown));
}

#[tokio::test]
async fn a_new_object_is_never_an_overwrite() {
    let put = |seen: &Seen| -> Response {
        if seen.header("if-none-match") == "*" {
            let error = "<Error><Code>PreconditionFailed</Code><Message>it exists</Message></Error>";
            return (StatusCode::PRECONDITION_FAILED, error).into_response();
        }
        [("x-amz-version-id", "v2")].into_response()
    };
    let server = server(put).await;
    let ports = server.ports().await;
    let error = ports.create(&region(), "waves/fraud.json", "{}".into()).await.unwrap_err();
    let said = FailureDetail::Said("PreconditionFailed: it exists".to_owned());
    assert_eq!((error.kind, error.detail), (ErrorKind::Conflict, said));
    let version = ports.replace(&region(), "waves/fraud.json", "{}".into()).await.unwrap();
    assert_eq!(version, ObjectVersion("v2".to_owned()));
    let sent = server.calls();
    assert_eq!(sent[0].uri.path(), "/fraud-models-jp/waves/fraud.json");
    // SHA-256 of `{}`, in base64.
    assert_eq!(sent[0].header("x-amz-checksum-sha256"), "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=");
}

#[tokio::test]
async fn a_chain_is_read_page_by_page_from_where_it_is_asked() {
    let actor: Actor = "execution-1".parse().unwrap();
    let record = Record::Lifted { why: "tested".to_owned() };
    let entry = Head { next: 7, ..Head::default() }.entry(start(), actor, record);
    let stored = entry.clone();
    let server = server(move |seen| chain_of_one(seen, &stored)).await;
    let ports = server.ports().await;
    let read = ports.entries(&region(), &Chain::Home, 7).await.unwrap();
    assert_eq!(read, [Stored::new(entry, "2026-11-20T03:00:07Z".parse().unwrap())]);
    let asked: Vec<String> = server.calls().iter().map(|seen| seen.uri.to_string()).collect();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].contains("start-after=ledger%2Ffraud%2Fhome%2F00000000000000000006.json"), "{asked:?}");
    assert!(asked[2].contains("start-after=ledger%2Ffraud%2Fhome%2F00000000000000000007.json"), "{asked:?}");
}

fn chain_of_one(seen: &Seen, entry: &Entry) -> Response {
    let uri = seen.uri.to_string();
    if !uri.contains("list-type=2") {
        return entry.to_bytes().into_response();
    }
    let key = Chain::Home.key(&"fraud".parse().unwrap(), 7);
    let found = if uri.contains("0006.json") {
        format!("<Contents><Key>{key}</Key><LastModified>2026-11-20T03:00:07.000Z</LastModified></Contents>")
    } else {
        String::new()
    };
    format!("<ListBucketResult><Name>b</Name>{found}</ListBucketResult>").into_response()
}

#[tokio::test]
async fn a_package_and_an_execution_carry_their_tokens() {
    let server = server(|seen| match operation(seen) {
        "CreateModelPackage" => aws_json(200, json!({ "ModelPackageArn": "arn:package" })),
        "StartPipelineExecution" => aws_json(200, json!({ "pipelineExecutionId": "execution-1" })),
        _ => aws_json(200, json!({})),
    })
    .await;
    let ports = server.ports().await;
    let package = PackageSpec {
        release: release(),
        group: "fraud".to_owned(),
        description: "v427".to_owned(),
        image: "image".to_owned(),
        model_data_url: "s3://b/k".to_owned(),
        evaluation: "s3://b/evaluation.json".to_owned(),
        metadata: vec![("version".to_owned(), "v427".to_owned())],
    };
    assert_eq!(ports.register(&region(), &package).await.unwrap(), "arn:package");
    let start = StartSpec {
        pipeline: ports.fleet().pipeline.clone(),
        token: release().to_string(),
        variables: vec![("release".to_owned(), release().to_string())],
        source: ("Source".to_owned(), ObjectVersion("v2".to_owned())),
    };
    assert_eq!(ports.start(&region(), &start).await.unwrap(), "execution-1");
    ports.fail(&region(), "job", FailureKind::JobFailed, &"x".repeat(6000)).await.unwrap();
    let sent: Vec<Value> = server.calls().iter().map(Seen::json).collect();
    assert_eq!(sent[0]["ClientToken"].as_str().unwrap().len(), 32);
    assert_eq!(sent[0]["ModelApprovalStatus"], "PendingManualApproval");
    let statistics = &sent[0]["ModelMetrics"]["ModelQuality"]["Statistics"];
    assert_eq!(*statistics, json!({ "ContentType": "application/json", "S3Uri": "s3://b/evaluation.json" }));
    assert_eq!(sent[1]["clientRequestToken"], release().to_string());
    assert_eq!(sent[1]["sourceRevisions"][0]["revisionType"], "S3_OBJECT_VERSION_ID");
    // What was cut is said.
    let message = sent[2]["failureDetails"]["message"].as_str().unwrap();
    assert!(message.starts_with("xxx") && message.contains("more") && message.chars().count() <= 5000, "{message}");
}

/// As objects and unpacked, each in a folder of its own name.
#[tokio::test]
async fn feature_files_are_put_beside_the_model() {
    let server = server(|_| aws_json(200, json!({ "ModelArn": "arn:model" }))).await;
    let file = |name: &str| FeatureFile { name: name.to_owned(), url: format!("s3://b/{name}") };
    let model = ModelSpec {
        name: "fraud-v427".parse().unwrap(),
        image: "image".to_owned(),
        model_data_url: "s3://b/k".to_owned(),
        feature_files: vec![file("encoder.json"), file("pipeline.yaml")],
        execution_role: "arn:aws:iam::111122223333:role/r".to_owned(),
        namespace: "Meridian/Model",
        release: release(),
        version: "v427".parse().unwrap(),
        answer: AnswerForm::default(),
        network_isolation: true,
        vpc: None,
    };
    let ports = server.ports().await;
    ports.create_model(&region(), &model).await.unwrap();
    ports.create_model(&region(), &ModelSpec { feature_files: Vec::new(), ..model }).await.unwrap();
    let sent: Vec<Value> = server.calls().iter().map(Seen::json).collect();
    let source = |name: &str| {
        let object = json!({ "S3Uri": format!("s3://b/{name}"), "S3DataType": "S3Object", "CompressionType": "None" });
        json!({ "ChannelName": name, "S3DataSource": object })
    };
    let container = &sent[0]["PrimaryContainer"];
    assert_eq!(container["AdditionalModelDataSources"], json!([source("encoder.json"), source("pipeline.yaml")]));
    let folder = "/opt/ml/additional-model-data-sources";
    let paths = format!("{folder}/encoder.json/encoder.json:{folder}/pipeline.yaml/pipeline.yaml");
    assert_eq!(container["Environment"]["MERIDIAN_FEATURE_FILES"], paths);
    assert_eq!(sent[1]["PrimaryContainer"].get("AdditionalModelDataSources"), None);
}

#[tokio::test]
async fn a_page_goes_to_the_regions_own_topic_with_its_reason() {
    let answer = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
    let server = server(move |_| answer.into_response()).await;
    let why = Reason::Said { words: "slow".to_owned(), by: None };
    let notice = Notice::Plan { why, advice: Advice::MendCause };
    let page = Page { notice, subject: "JP rolled back".to_owned(), message: "look".to_owned() };
    let ports = server.ports().await;
    ports.page(&region(), &page).await.unwrap();
    ports.advise(&region(), &page).await.unwrap();
    let topic = "arn%3Aaws%3Asns%3Aap-northeast-1%3A111122223333%3Ameridian-fraud-oncall";
    // {"plan":{"why":{"said":{"words":"slow","by":null}},"advice":"mend_cause"}}
    let reason = "%7B%22plan%22%3A%7B%22why%22%3A%7B%22said%22%3A%7B%22words%22%3A%22slow%22%2C%22by%22%3Anull%7D%7D%2C\
                  %22advice%22%3A%22mend_cause%22%7D%7D";
    let attributes = |seen: &Seen| {
        let body = String::from_utf8(seen.body.to_vec()).unwrap();
        let form: BTreeMap<&str, &str> = body.split('&').filter_map(|member| member.split_once('=')).collect();
        assert_eq!(form["TopicArn"], topic);
        let attribute = |number: usize| {
            let member =
                |end: &str| form.get(&*format!("MessageAttributes.entry.{number}.{end}")).map(|&own| own.to_owned());
            Some((member("Name")?, member("Value.DataType")?, member("Value.StringValue")?))
        };
        let mut all: Vec<_> = (1..).map_while(attribute).collect();
        all.sort();
        all
    };
    let sent: Vec<_> = server.calls().iter().map(attributes).collect();
    let expected = [("kind", "mend_cause"), ("reason", reason), ("urgency", "advice")];
    let expected = expected.map(|(name, text)| (name.to_owned(), "String".to_owned(), text.to_owned()));
    assert_eq!(sent, [expected[..2].to_vec(), expected.to_vec()]);
}
