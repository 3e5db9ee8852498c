//! Every way in which an account may differ from the template, and what is found of it.

mod account;
mod bucket;

use super::{policy, target, with};
use crate::doctor::facts::{HomeFacts, RegionFacts};
use crate::doctor::findings::Finding;
use meridian_aws::inspect::{AlarmFacts, ModelFacts, Said, TopicFacts};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::reason::Fault;
use meridian_domain::{Chain, EndpointStatus, EndpointView, Reason, Sha256};
use meridian_messages::doctor::{
    Alarm, Bytes, Check, Command, Deployment, Endpoint, Image, Ledger, Mend, Model, Neighbour, Property, RollbackAlarm,
    RunbookPart, Topic,
};
use std::num::NonZeroU32;

type Change = fn(&mut RegionFacts, &mut HomeFacts);

/// A thing that is changed, and the one finding of it.
type Defect = (Change, Finding);

fn is<T>(said: &mut Said<T>) -> &mut T {
    let Said::Is(own) = said else { unreachable!() };
    own
}

fn made(property: Property) -> Mend {
    Mend::Deploy(Deployment::With(property))
}

fn topic() -> Vec<Defect> {
    let wrong = |found, mend| Finding::wrong(Check::Topic, found, mend);
    let arn = || "arn:aws:sns:eu-west-1:111122223333:meridian-fraud-oncall".to_owned();
    let subscribe = |pending| Mend::Deploy(Deployment::Subscriber { topic: arn(), pending });
    let key = "alias/aws/sns".to_owned();
    vec![
        (|facts, _| facts.topic = Said::Absent, wrong(Topic::Absent { arn: arn() }, made(Property::Topic))),
        (|facts, _| facts.topic = Said::Is(TopicFacts::default()), wrong(Topic::Unencrypted, made(Property::TopicKey))),
        (
            |facts, _| is(&mut facts.topic).key = Some("alias/aws/sns".to_owned()),
            wrong(Topic::ClosedToAlarms { key }, made(Property::TopicKey)),
        ),
        (|facts, _| is(&mut facts.topic).confirmed = Some(0), wrong(Topic::Unsubscribed, subscribe(false))),
        (
            |facts, _| (is(&mut facts.topic).confirmed, is(&mut facts.topic).pending) = (Some(0), Some(2)),
            wrong(Topic::Unconfirmed { pending: 2 }, subscribe(true)),
        ),
    ]
}

fn alarms() -> Vec<Defect> {
    fn alarms(facts: &mut RegionFacts) -> &mut Vec<AlarmFacts> {
        is(&mut facts.watch.alarms)
    }
    let (deploy, runbook) = (|| Mend::Deploy(Deployment::Plain), || Mend::Read(RunbookPart::Start));
    let wrong = |found, mend| Finding::wrong(Check::Alarm, found, mend);
    let composite = |found, mend| Finding::wrong(Check::RollbackAlarm, found, mend);
    let latency = || "fraud-endpoint-latency".to_owned();
    let threshold = |found| Alarm::OtherThreshold { name: latency(), found, expected: 20_000.0 };
    let name = || "fraud-rollback".to_owned();
    vec![
        (|facts, _| alarms(facts)[0].threshold = Some(25_000.0), wrong(threshold(Some(25_000.0)), deploy())),
        (|facts, _| alarms(facts)[0].threshold = None, wrong(threshold(None), deploy())),
        (|facts, _| alarms(facts)[0].state = "ALARM".to_owned(), wrong(Alarm::InAlarm { name: latency() }, runbook())),
        (
            |facts, _| alarms(facts)[1].state = "ALARM".to_owned(),
            Finding::warning(Check::Alarm, Alarm::ClientErrors { name: "fraud-endpoint-4xx".to_owned() }, runbook()),
        ),
        (
            |facts, _| drop(alarms(facts).remove(2)),
            wrong(Alarm::Absent { name: "fraud-endpoint-5xx".to_owned() }, deploy()),
        ),
        (|facts, _| drop(alarms(facts).pop()), composite(RollbackAlarm::Absent { name: name() }, deploy())),
        (
            |facts, _| alarms(facts)[3].rule = Some("FALSE".to_owned()),
            composite(RollbackAlarm::LeavesOut { name: name(), alarm: latency() }, deploy()),
        ),
        (
            |facts, _| alarms(facts)[3].state = "ALARM".to_owned(),
            composite(RollbackAlarm::InAlarm { name: name() }, runbook()),
        ),
    ]
}

fn serving() -> Vec<Defect> {
    fn endpoint(facts: &mut RegionFacts) -> &mut EndpointView {
        is(&mut facts.endpoint)
    }
    let wrong = |found, mend| Finding::wrong(Check::Endpoint, found, mend);
    let config = || target(&policy()).config;
    let by_hand = || Endpoint::OtherThanLedger { config: "by-hand".parse().unwrap(), ledger: Some(config()) };
    let fleet = policy();
    vec![
        (
            |facts, _| endpoint(facts).status = EndpointStatus::Failed,
            wrong(
                Endpoint::NotInService { status: EndpointStatus::Failed, config: config() },
                Mend::Read(RunbookPart::EndpointStatus),
            ),
        ),
        (
            |facts, _| endpoint(facts).config = "by-hand".parse().unwrap(),
            wrong(by_hand(), Mend::Read(RunbookPart::ForeignChange)),
        ),
        (
            |facts, _| is(&mut facts.ledger).serving = None,
            wrong(Endpoint::OtherThanLedger { config: config(), ledger: None }, Mend::Read(RunbookPart::ForeignChange)),
        ),
        (
            |facts, _| endpoint(facts).instances = NonZeroU32::new(1),
            wrong(Endpoint::TooFewInstances { instances: 1 }, Mend::RaiseFloor),
        ),
        (
            |facts, _| endpoint(facts).status = EndpointStatus::Updating,
            Finding::warning(Check::Endpoint, Endpoint::Updating { config: config() }, Mend::UpdateEnds),
        ),
        (
            |facts, _| facts.endpoint = Said::Absent,
            Finding::warning(Check::Endpoint, Endpoint::Absent { name: fleet.endpoint.clone() }, Mend::NextWave),
        ),
        (|facts, _| facts.bytes = Said::Absent, Finding::wrong(Check::Bytes, Bytes::Absent, Mend::CopyBytes)),
        (|facts, _| facts.image = Some(Said::Absent), Finding::wrong(Check::Image, Image::Absent, Mend::PushImage)),
    ]
}

fn ledgers() -> Vec<Defect> {
    fn halt() -> Reason {
        Reason::Said { words: "incident 4711".to_owned(), by: None }
    }
    fn fault() -> Fault {
        Fault::EndpointIs(EndpointStatus::UpdateRollbackFailed)
    }
    fn departed() -> (Chain, KeptHead, Departure) {
        let chain = Chain::Region("ap-southeast-2".parse().unwrap());
        (chain, KeptHead { seq: 7, hash: Sha256::of(b"7") }, Departure::Missing)
    }
    let since = jiff::Timestamp::UNIX_EPOCH;
    let (chain, kept, departure) = departed();
    vec![
        (
            |facts, _| is(&mut facts.ledger).halt = Some(halt()),
            Finding::warning(Check::Ledger, Ledger::Halted(halt()), Mend::Run(Command::LiftHalt)),
        ),
        (
            |facts, _| {
                let since = jiff::Timestamp::UNIX_EPOCH;
                is(&mut facts.ledger).unknown = Some(meridian_domain::Unknown { since, why: fault() });
            },
            Finding::wrong(Check::Ledger, Ledger::Unknown { since, why: fault() }, Mend::Read(RunbookPart::Start)),
        ),
        (
            |facts, _| is(&mut facts.neighbours).push(departed()),
            Finding::wrong(Check::Neighbour, Neighbour::Departed { chain, kept, departure }, Mend::CompareEntries),
        ),
    ]
}

fn models() -> Vec<Defect> {
    fn model(facts: &mut RegionFacts) -> &mut ModelFacts {
        is(&mut facts.model)
    }
    let wrong = |found| Finding::wrong(Check::Model, found, Mend::PublishRelease);
    let image = |image: &str| {
        let registry = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/".to_owned();
        wrong(Model::ForeignImage { image: image.to_owned(), registry })
    };
    let archive = "s3://fraud-models-br/releases/archives/1/model.tar.gz".to_owned();
    vec![
        (|facts, _| facts.model = Said::Absent, wrong(Model::Absent)),
        (
            |facts, _| model(facts).images[0] = model(facts).images[0].replace("eu-west-1", "sa-east-1"),
            image("111122223333.dkr.ecr.sa-east-1.amazonaws.com/xgboost@sha256:1"),
        ),
        (
            |facts, _| {
                model(facts).images.push("444455556666.dkr.ecr.eu-west-1.amazonaws.com/sidecar:1".to_owned());
            },
            image("444455556666.dkr.ecr.eu-west-1.amazonaws.com/sidecar:1"),
        ),
        (
            |facts, _| model(facts).archives[0] = model(facts).archives[0].replace("models-eu", "models-br"),
            wrong(Model::ForeignArchive { archive, bucket: "s3://fraud-models-eu/".to_owned() }),
        ),
    ]
}

#[test]
fn each_defect_has_one_finding_and_what_mends_it() {
    let all = [
        bucket::bucket(),
        bucket::policies(),
        topic(),
        bucket::replication(),
        alarms(),
        serving(),
        ledgers(),
        models(),
        account::keys_and_quotas(),
        account::roles(),
        account::pipelines(),
    ];
    for (change, expected) in all.into_iter().flatten() {
        assert_eq!(with(change), [expected]);
    }
}
