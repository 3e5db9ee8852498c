//! The HTTP door, spoken to by hand in every protocol that it knows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod support;

use ciborium::Value as Cbor;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::SignedDuration;
use meridian_local::engine::lock;
use meridian_local::http::Door;
use meridian_local::services::Service;
use meridian_local::world::{Fault, FaultKind, Target, What};
use std::io::Write;
use support::{Answer, at, quiet, region, request, shared, signed};

const BUCKET: &str = "fraud-models-eu";
const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

fn door() -> Door {
    Door::open(shared(quiet())).unwrap()
}

fn json(door: &Door, place: &str, service: &str, target: &str, body: &str) -> Answer {
    let headers = [
        ("authorization", &*signed(place, service)),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target),
    ];
    request("POST", &door.url(), &headers, body.as_bytes()).unwrap()
}

fn s3(door: &Door, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
    let authorization = signed("eu-west-1", "s3");
    let headers: Vec<(&str, &str)> =
        [("authorization", &*authorization)].into_iter().chain(more.iter().copied()).collect();
    request(method, &format!("{}{path}", door.url()), &headers, body).unwrap()
}

fn cbor(door: &Door, operation: &str, body: &Cbor, gzip: bool) -> (Answer, Cbor) {
    let mut bytes = Vec::new();
    ciborium::into_writer(body, &mut bytes).unwrap();
    let authorization = signed("eu-west-1", "monitoring");
    let mut headers = vec![
        ("authorization", &*authorization),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("content-type", "application/cbor"),
    ];
    if gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&bytes).unwrap();
        bytes = encoder.finish().unwrap();
        headers.push(("content-encoding", "gzip"));
    }
    let url = format!("{}/service/GraniteServiceVersion20100801/operation/{operation}", door.url());
    let answer = request("POST", &url, &headers, &bytes).unwrap();
    // An operation without a result answers no body.
    let value = if answer.body.is_empty() { map([]) } else { ciborium::from_reader(answer.body.as_slice()).unwrap() };
    (answer, value)
}

/// A CBOR map.
fn map<const N: usize>(members: [(&str, Cbor); N]) -> Cbor {
    Cbor::Map(members.into_iter().map(|(name, value)| (Cbor::from(name), value)).collect())
}

fn member<'a>(value: &'a Cbor, name: &str) -> &'a Cbor {
    let members = value.as_map().unwrap();
    members.iter().find(|(own, _)| own.as_text() == Some(name)).map_or(&Cbor::Null, |(_, value)| value)
}

#[test]
fn an_unknown_operation_is_named_in_every_protocol() {
    let door = door();
    let answer = json(&door, "eu-west-1", "sagemaker", "SageMaker.DescribeTrainingJob", "{}");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["__type"], "UnknownOperationException");
    assert_eq!(answer.json()["message"], "the local world does not know SageMaker.DescribeTrainingJob");

    let (answer, body) = cbor(&door, "DisableAlarmActions", &map([]), false);
    assert_eq!((answer.status, answer.header("smithy-protocol")), (400, "rpc-v2-cbor"));
    assert_eq!(
        member(&body, "message").as_text(),
        Some("the local world does not know CloudWatch.DisableAlarmActions")
    );

    let headers =
        [("authorization", &*signed("eu-west-1", "sns")), ("content-type", "application/x-www-form-urlencoded")];
    let answer = request("POST", &door.url(), &headers, b"Action=CreateTopic&Version=2010-03-31").unwrap();
    assert!(answer.text().contains("<Message>the local world does not know SNS.CreateTopic</Message>"), "{answer:?}");

    let answer = s3(&door, "DELETE", &format!("/{BUCKET}/key?x-id=DeleteObject"), &[], b"");
    assert!(answer.text().contains("<Code>UnknownOperationException</Code>"), "{answer:?}");
    assert!(answer.text().contains("S3.DeleteObject"), "{answer:?}");
}

#[test]
fn a_request_without_a_scope_or_with_a_foreign_one_is_refused() {
    let door = door();
    let unsigned = request("GET", &format!("{}/{BUCKET}/key", door.url()), &[], b"").unwrap();
    assert_eq!(unsigned.status, 403);
    assert!(unsigned.text().contains("no Authorization header"), "{unsigned:?}");

    let elsewhere = json(&door, "eu-central-1", "sagemaker", "SageMaker.DescribeEndpoint", "{}");
    assert_eq!(elsewhere.status, 403);
    assert!(elsewhere.text().contains("no region eu-central-1"), "{elsewhere:?}");

    let other = json(&door, "eu-west-1", "sns", "SageMaker.DescribeEndpoint", r#"{"EndpointName": "fraud"}"#);
    assert!(other.text().contains("scoped to service \\\"sns\\\""), "{other:?}");
}

/// A page of any site may send what needs no permission, and one whose name was led to 127.0.0.1 reads the answers too.
#[test]
fn a_web_page_in_this_machines_browser_is_refused() {
    let door = door();
    let port = door.url().rsplit(':').next().unwrap().to_owned();
    let describe = |more: &[(&str, &str)]| {
        let authorization = signed("eu-west-1", "sagemaker");
        let own = [("authorization", authorization.as_str()), ("x-amz-target", "SageMaker.DescribeEndpoint")];
        let headers: Vec<(&str, &str)> = own.into_iter().chain(more.iter().copied()).collect();
        request("POST", &door.url(), &headers, br#"{"EndpointName": "fraud"}"#).unwrap()
    };
    let json = ("content-type", "application/x-amz-json-1.1");
    assert_eq!(describe(&[json]).json()["__type"], "ValidationException");
    let rebound = format!("evil.example:{port}");
    for host in [rebound.as_str(), "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"] {
        let answer = describe(&[json, ("host", host)]);
        assert_eq!(answer.status, 421, "{host}: {answer:?}");
        assert!(answer.text().contains(host) && !answer.text().contains("fraud"), "{answer:?}");
    }
    assert_eq!(describe(&[json, ("origin", "https://evil.example")]).status, 403);
    assert_eq!(describe(&[("content-type", "text/plain")]).status, 415);
    assert_eq!(describe(&[]).status, 415);

    // The children's routes need no signature at all.
    let clock = format!("{}/sleep", door.clock_url());
    let until = br#"{"until": "2026-11-20T03:00:30Z"}"#;
    for (headers, status) in [
        (&[("content-type", "text/plain")][..], 415),
        (&[("content-type", "application/json"), ("host", &rebound)], 421),
        (&[("content-type", "application/json"), ("origin", "http://evil.example")], 403),
    ] {
        assert_eq!(request("POST", &clock, headers, until).unwrap().status, status, "{headers:?}");
    }
    let now = request("GET", &door.clock_url(), &[], b"").unwrap();
    assert_eq!(now.json()["now"], "2026-11-20T03:00:00Z", "no page has moved the clock");
}

#[test]
fn every_answer_tells_the_virtual_time() {
    let door = door();
    let clock = format!("{}/sleep", door.clock_url());
    let slept = request("POST", &clock, JSON, br#"{"until": "2026-11-20T03:00:30Z"}"#).unwrap();
    assert_eq!(slept.json()["now"], "2026-11-20T03:00:30Z");

    let answer = s3(&door, "GET", &format!("/{BUCKET}/nothing"), &[], b"");
    assert_eq!(answer.header("x-meridian-now"), "2026-11-20T03:00:30Z");
    assert_eq!(answer.header("date"), "Fri, 20 Nov 2026 03:00:30 GMT");
    assert!(!answer.header("x-amzn-requestid").is_empty());
}

#[test]
fn a_call_that_would_never_be_answered_says_so_at_once() {
    let mut config = quiet();
    config.faults.push(Fault { region: Some(region("ap-northeast-1")), ..Fault::of(FaultKind::Dark) });
    let door = Door::open(shared(config)).unwrap();
    let describe = r#"{"EndpointName": "fraud"}"#;
    let dark = json(&door, "ap-northeast-1", "sagemaker", "SageMaker.DescribeEndpoint", describe);
    assert_eq!((dark.status, dark.header("x-meridian-hang")), (503, "true"));
    let light = json(&door, "eu-west-1", "sagemaker", "SageMaker.DescribeEndpoint", describe);
    assert_eq!((light.status, light.header("x-meridian-hang")), (400, ""));
    assert_eq!(light.json()["__type"], "ValidationException");
}

#[test]
fn a_call_that_is_answered_late_says_how_late() {
    let mut config = quiet();
    let slow = Fault { service: Some(Target::Service(Service::SageMaker)), ..Fault::of(FaultKind::Slow) };
    config.faults.push(Fault { delay: Some(SignedDuration::from_secs(5)), ..slow });
    let door = Door::open(shared(config)).unwrap();
    let describe = r#"{"EndpointName": "fraud"}"#;
    let slow = json(&door, "eu-west-1", "sagemaker", "SageMaker.DescribeEndpoint", describe);
    assert_eq!((slow.status, slow.header("x-meridian-late")), (400, "PT5S"));
    assert_eq!(slow.json()["__type"], "ValidationException");
}

#[test]
fn a_body_of_another_form_is_refused() {
    let door = door();
    let cut = json(&door, "eu-west-1", "sagemaker", "SageMaker.DescribeEndpoint", r#"{"Endpoint"#);
    assert_eq!(cut.json()["__type"], "SerializationException");
    let other = json(&door, "eu-west-1", "sagemaker", "SageMaker.DescribeEndpoint", r#"{"EndpointName": 5}"#);
    assert!(other.text().contains("DescribeEndpoint: invalid type"), "{other:?}");
}

#[test]
fn an_object_is_written_once_and_read_back() {
    let door = door();
    let path = format!("/{BUCKET}/releases/a%20b");
    let once = [("if-none-match", "*")];
    let first = s3(&door, "PUT", &path, &once, b"hello");
    assert_eq!(first.status, 200, "{first:?}");
    let second = s3(&door, "PUT", &path, &once, b"other");
    assert_eq!(second.status, 412);
    assert!(second.text().contains("<Code>PreconditionFailed</Code>"), "{second:?}");
    let changed = s3(&door, "PUT", &path, &[("if-match", "\"0\"")], b"other");
    assert_eq!(changed.status, 412);

    let read = s3(&door, "GET", &path, &[("x-amz-checksum-mode", "ENABLED")], b"");
    assert_eq!((read.status, read.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(read.header("x-amz-checksum-sha256"), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    assert_eq!(read.header("x-amz-version-id"), first.header("x-amz-version-id"));
    assert_eq!(read.header("last-modified"), "Fri, 20 Nov 2026 03:00:00 GMT");
    let head = s3(&door, "HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "5", 0));
    let missing = s3(&door, "HEAD", &format!("/{BUCKET}/none"), &[], b"");
    assert_eq!((missing.status, missing.body.len()), (404, 0));

    let port = door.url().rsplit(':').next().unwrap().to_owned();
    let host = [("host", &*format!("{BUCKET}.localhost:{port}"))];
    let listed = s3(&door, "GET", "/?list-type=2&prefix=releases%2F", &host, b"");
    assert!(listed.text().contains("<KeyCount>1</KeyCount>"), "{listed:?}");
    assert!(listed.text().contains("<Key>releases/a b</Key>"), "{listed:?}");
}

#[test]
fn a_chunked_body_is_joined_and_its_checksum_is_checked() {
    let door = door();
    let path = format!("/{BUCKET}/releases/chunked");
    let send = |checksum: &str| {
        let body = format!("3\r\nhel\r\n2;chunk-signature=00\r\nlo\r\n0\r\nx-amz-checksum-sha256:{checksum}\r\n\r\n");
        let headers = [
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "5"),
            ("x-amz-trailer", "x-amz-checksum-sha256"),
        ];
        s3(&door, "PUT", &path, &headers, body.as_bytes())
    };
    let wrong = send("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("<Code>BadDigest</Code>"), "{wrong:?}");
    assert_eq!(send("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=").status, 200);
    assert_eq!(s3(&door, "GET", &path, &[], b"").body, b"hello");
}

#[test]
fn metrics_come_in_packed_and_alarms_go_out_with_tagged_times() {
    let door = door();
    let dimensions = Cbor::Array(vec![map([("Name", "EndpointName".into()), ("Value", "fraud".into())])]);
    let datum = map([
        ("MetricName", "Heartbeat".into()),
        ("Dimensions", dimensions.clone()),
        ("Timestamp", Cbor::Tag(1, Box::new(at("03:00:00").as_second().into()))),
        ("Value", 1.0.into()),
        ("StorageResolution", 1.into()),
    ]);
    let metrics = map([("Namespace", "Meridian".into()), ("MetricData", Cbor::Array(vec![datum]))]);
    let (answer, body) = cbor(&door, "PutMetricData", &metrics, true);
    assert_eq!((answer.status, body), (200, map([])));

    let alarm = map([
        ("AlarmName", "test-heartbeat".into()),
        ("Namespace", "Meridian".into()),
        ("MetricName", "Heartbeat".into()),
        ("Dimensions", dimensions),
        ("Statistic", "SampleCount".into()),
        ("Period", 60.into()),
        ("EvaluationPeriods", 3.into()),
        ("Threshold", 1.0.into()),
        ("ComparisonOperator", "LessThanThreshold".into()),
        ("TreatMissingData", "breaching".into()),
    ]);
    assert_eq!(cbor(&door, "PutMetricAlarm", &alarm, false).0.status, 200);

    let asked = map([("AlarmNames", Cbor::Array(vec!["test-heartbeat".into()]))]);
    let (_, described) = cbor(&door, "DescribeAlarms", &asked, false);
    let alarms = member(&described, "MetricAlarms").as_array().unwrap();
    let [alarm] = alarms.as_slice() else { panic!("{described:?}") };
    assert_eq!(member(alarm, "StateValue").as_text(), Some("INSUFFICIENT_DATA"));
    assert_eq!(member(alarm, "Threshold").as_float(), Some(1.0));
    assert_eq!(member(alarm, "EvaluationPeriods").as_integer(), Some(3.into()));
    let (tag, seconds) = member(alarm, "StateUpdatedTimestamp").as_tag().unwrap();
    assert_eq!((tag, seconds.as_float()), (1, Some(at("03:00:00").as_second() as f64)));
}

#[test]
fn a_page_goes_out_by_a_form() {
    let world = shared(quiet());
    let door = Door::open(world.clone()).unwrap();
    let publish = |topic: &str| {
        let headers =
            [("authorization", &*signed("eu-west-1", "sns")), ("content-type", "application/x-www-form-urlencoded")];
        let body = format!("Action=Publish&Version=2010-03-31&TopicArn={topic}&Subject=a&Message=50%25+%3C+b");
        request("POST", &door.url(), &headers, body.as_bytes()).unwrap()
    };
    let wrong = publish("arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3Anobody");
    assert_eq!(wrong.status, 404);
    assert!(wrong.text().contains("<Error><Type>Sender</Type><Code>NotFound</Code>"), "{wrong:?}");

    let topic = lock(&world).config().fleet.topic_arn(&region("eu-west-1"));
    let sent = publish(&topic.replace(':', "%3A"));
    assert_eq!(sent.status, 200);
    assert!(sent.text().contains("<PublishResult><MessageId>"), "{sent:?}");
    let messages: Vec<String> = lock(&world).log().iter().filter_map(|event| page(&event.what)).collect();
    assert_eq!(messages, ["50% < b"]);
}

fn page(what: &What) -> Option<String> {
    match what {
        What::PageSent { message, .. } => Some(message.clone()),
        _ => None,
    }
}

/// Posts a form to STS or SNS.
fn form(door: &Door, service: &str, body: &str) -> Answer {
    let headers =
        [("authorization", &*signed("ap-northeast-1", service)), ("content-type", "application/x-www-form-urlencoded")];
    request("POST", &door.url(), &headers, body.as_bytes()).unwrap()
}

fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split(&format!("<{name}>")).nth(1).unwrap();
    rest.split(&format!("</{name}>")).next().unwrap()
}

#[test]
fn a_role_is_lent_and_its_keys_act_with_it() {
    let door = door();
    let role = "arn:aws:iam::111122223333:role/meridian-fraud-lent-ap-northeast-1";
    let ask = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=test&ExternalId=fraud&DurationSeconds=900"
    );
    let lent = form(&door, "sts", &ask);
    let text = lent.text();
    let namespace = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><";
    assert!(lent.status == 200 && text.starts_with(namespace), "{text}");
    assert_eq!(element(&text, "Expiration"), "2026-11-20T03:15:00Z");
    let user = "<Arn>arn:aws:sts::111122223333:assumed-role/meridian-fraud-lent-ap-northeast-1/test</Arn>";
    assert!(text.contains(user) && element(&text, "AssumedRoleId").ends_with(":test"), "{text}");

    let (key, token) = (element(&text, "AccessKeyId"), element(&text, "SessionToken"));
    let describe = |place: &str, token: &str| {
        let authorization = signed(place, "sagemaker").replace("NOTAREALKEY", key);
        let headers = [
            ("authorization", &*authorization),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "SageMaker.DescribeEndpoint"),
            ("x-amz-security-token", token),
        ];
        let answer = request("POST", &door.url(), &headers, br#"{"EndpointName": "fraud"}"#).unwrap();
        answer.json()["__type"].as_str().unwrap().to_owned()
    };
    // There is no endpoint; who may not look is not told so.
    assert_eq!(describe("ap-northeast-1", token), "ValidationException");
    assert_eq!(describe("ap-southeast-2", token), "AccessDeniedException");
    assert_eq!(describe("ap-northeast-1", "another"), "UnrecognizedClientException");

    let refused = form(&door, "sts", &ask.replace("DurationSeconds=900", "DurationSeconds=1"));
    let error = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                 <Code>ValidationError</Code>";
    assert!(refused.status == 400 && refused.text().starts_with(error), "{refused:?}");
    let unknown = form(&door, "sts", "Action=GetSessionToken&Version=2011-06-15");
    assert!(unknown.text().contains("does not know STS.GetSessionToken"), "{unknown:?}");
    let foreign = form(&door, "sns", &ask);
    assert!(foreign.text().contains("does not know SNS.AssumeRole"), "{foreign:?}");
}

/// As `aws s3api delete-bucket-replication` asks.
#[test]
fn a_buckets_replication_rules_are_deleted() {
    let door = door();
    let call = |method: &str| s3(&door, method, &format!("/{BUCKET}?replication"), &[], b"");
    assert_eq!(call("GET").status, 200);
    for _ in 0..2 {
        let answer = call("DELETE");
        assert_eq!((answer.status, answer.body.as_slice()), (204, b"".as_slice()));
    }
    let gone = call("GET");
    assert_eq!(gone.status, 404);
    assert!(String::from_utf8_lossy(&gone.body).contains("ReplicationConfigurationNotFoundError"));
}
