//! What a look at the whole fleet sees: alarms, endpoints beside their ledgers, and pages whose cause is not over.

use crate::world::{FLEET, World, context, fleet, name, run, signer};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::overview::{Instead, Need, OffRecord, OpenPage, Overview, PageCause};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::Unseen;
use meridian_domain::{
    Actor, Chain, Epoch, Fleet, Image, Provenance, Reason, Record, RegionName, ReleaseId, Rule, Sha256, Target,
    Version, keys,
};
use meridian_handlers::overview::{look, paging_names};
use meridian_handlers::publish::{PublishSpec, prepare, publish};
use meridian_handlers::quarantine::{Named, quarantine};
use meridian_handlers::replication::{ReplicationEvent, ReplicationTrouble, handle};
use meridian_local::services::cloudwatch::SetAlarmState;
use meridian_local::services::sagemaker::{CreateEndpointConfig, ProductionVariant, UpdateEndpoint};
use meridian_messages::Voice;
use meridian_messages::pages::PageKind;
use std::collections::BTreeSet;

const HOME: &str = "eu-west-1";
const AU: &str = "ap-southeast-2";
const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn release(text: &str) -> ReleaseId {
    ReleaseId(Sha256::of(text.as_bytes()))
}

fn actor(text: &str) -> Actor {
    text.parse().unwrap()
}

fn said(words: &str) -> Reason {
    Reason::Said { words: words.to_owned(), by: None }
}

fn told(world: &World) -> Overview {
    run(look(world, &fleet(), world.now()))
}

/// Adds a record to home's chain.
fn say(world: &World, record: Record) {
    world.write(&name(HOME), Chain::Home, "maria", record);
}

fn target(region: &str, text: &str) -> Target {
    let fleet = fleet();
    Target::of(&fleet, fleet.region(&name(region)).unwrap(), release(text), &version(text))
}

/// A region serves a release, and its ledger says so.
fn settle(world: &World, region: &str, text: &str) {
    let target = target(region, text);
    world.serves(&target, region, &format!("{text}.tar.gz"));
    let record = Record::Confirmed { target, execution: actor("installation"), golden: 200 };
    world.write(&name(region), Chain::Region(name(region)), "installation", record);
}

/// Every region serves v427.
fn settled() -> World {
    let world = World::default();
    for region in &fleet().regions {
        settle(&world, region.name.as_str(), "v427");
    }
    world
}

fn wave_of(text: &str) -> Record {
    let (release, version, execution) = (release(text), version(text), actor("wave"));
    Record::WaveStarted { release, version, execution, late: vec![], order: None, resumes: None, policy: None }
}

fn wave_ended(text: &str, lagging: Vec<RegionName>) -> Record {
    Record::WaveEnded {
        release: release(text),
        execution: actor("wave"),
        lagging,
        page: None,
        cleared: vec![],
        again: false,
    }
}

fn of_au(world: &World) -> Vec<Need> {
    let told = run(look(world, &fleet(), "2026-03-12T03:00:00Z".parse().unwrap()));
    let own = |need: &Need| match need {
        Need::PagingAlarm { region, .. } | Need::AlarmUnseen { region, .. } => *region == name(AU),
        _ => false,
    };
    told.needs.into_iter().filter(own).collect()
}

/// SQS holds a lost event: its alarm is the only thing that says so.
#[test]
fn lost_events_are_seen_and_need_a_person() {
    let world = World::default();
    assert_eq!(of_au(&world), []);
    let alarm = "meridian-fraud-dead-letters".to_owned();
    let (state_value, state_reason) = ("ALARM".to_owned(), "a test".to_owned());
    let set = SetAlarmState { alarm_name: alarm.clone(), state_value, state_reason, state_reason_data: None };
    world.ask(&name(AU), set).unwrap();
    assert_eq!(of_au(&world), [Need::PagingAlarm { region: name(AU), alarm }]);
}

#[test]
fn an_alarm_of_a_region_that_does_not_answer_is_unseen() {
    let world = World::default();
    world.dark.borrow_mut().insert(name(AU));
    let needs = of_au(&world);
    assert!(matches!(needs.as_slice(), [Need::AlarmUnseen { why: Unseen::Service(_), .. }]), "{needs:?}");
}

/// Which alarms page is the template's to say.
#[test]
fn every_alarm_of_the_template_that_pages_is_looked_at() {
    let template = include_str!("../../../../template.yaml");
    let names = template.lines().filter_map(|line| line.trim().strip_prefix("AlarmName: !Sub meridian-${FleetName}-"));
    let names: BTreeSet<String> = names.map(|name| format!("meridian-fraud-{name}")).collect();
    assert_eq!(paging_names(&fleet()).collect::<BTreeSet<_>>(), names);
}

#[test]
fn a_region_on_another_release_needs_a_person_where_no_entry_says_why() {
    let world = settled();
    assert_eq!(told(&world).needs, []);
    settle(&world, JP, "v426");
    let differs = Need::Differs { region: name(JP), version: version("v426"), newest: version("v427") };
    assert_eq!(told(&world).needs, std::slice::from_ref(&differs));
    say(&world, wave_of("v427"));
    say(&world, wave_ended("v427", vec![]));
    assert_eq!(told(&world).needs, [differs]);
    let (region, execution, why) = (name(JP), actor("wave"), said("its image is missing"));
    say(&world, Record::Deferred { region, execution, release: release("v427"), why, paged: true });
    assert_eq!(told(&world).needs, []);
}

/// Its canaries come one after another: until its turn comes a region serves the release before.
#[test]
fn a_region_whose_turn_comes_needs_nobody() {
    let world = settled();
    settle(&world, JP, "v426");
    let lease = Record::LeaseTaken { epoch: Epoch(1), until: world.now() + SignedDuration::from_mins(10) };
    world.write_all(&name(HOME), Chain::Home, "wave", [wave_of("v427"), lease]);
    assert_eq!(told(&world).needs, []);
    // Nobody has heard of the wave since.
    world.pass(SignedDuration::from_mins(26));
    assert!(told(&world).needs.iter().any(|need| matches!(need, Need::WaveSilent { .. })));
}

/// People were told that JP lags; then the release that it lags behind is condemned, or a person says that JP may lag.
#[test]
fn a_lag_that_may_be_needs_nobody() {
    let (region, newest, why) = (name(JP), release("v428"), said("3 releases behind"));
    let lags = |record: Option<Record>| {
        let world = settled();
        let created = world.now();
        for text in ["v427", "v428"] {
            say(&world, Record::Approved { release: release(text), created });
            say(&world, wave_of(text));
        }
        say(&world, Record::SkewTold { region: region.clone(), newest, why: why.clone() });
        record.into_iter().for_each(|record| say(&world, record));
        let told = told(&world);
        (told.needs, told.pages.len())
    };
    assert_eq!(lags(None), (vec![Need::Lags { region: region.clone(), newest: version("v428") }], 1));
    let condemned = Record::Condemned { release: newest, region: name(HOME), why: said("5 % of 5xx") };
    assert_eq!(lags(Some(condemned)), (vec![], 0));
    let (why, until) = ("its quota comes on Monday".to_owned(), "2026-03-16T00:00:00Z".parse().unwrap());
    let may_lag = Record::Overridden { what: Rule::Skew, region: Some(region.clone()), why, until };
    assert_eq!(lags(Some(may_lag)), (vec![], 0));
}

/// Its stack is not deployed yet, or does not answer: it is not meant to serve.
#[test]
fn a_joining_region_that_is_not_there_needs_nobody() {
    let world = settled();
    world.dark.borrow_mut().insert(name(BR));
    let needs = |kind: &str| {
        let line = format!("name = \"{BR}\"");
        let fleet = Fleet::parse(&FLEET.replace(&line, &format!("{line}\nkind = \"{kind}\""))).unwrap();
        run(look(&world, &fleet, world.now())).needs
    };
    assert_eq!(needs("joining"), []);
    let needs = needs("active");
    assert!(matches!(needs.as_slice(), [Need::Ledger { .. }, Need::AlarmUnseen { .. }]), "{needs:?}");
}

/// While the update runs, and after it.
#[test]
fn an_update_by_hand_is_not_said_to_be_what_the_ledger_says() {
    let (world, fleet) = (settled(), fleet());
    let (jp, on_record) = (name(JP), target(JP, "v427"));
    let variant = ProductionVariant {
        variant_name: fleet.variant.to_string(),
        model_name: Some(on_record.model.to_string()),
        initial_instance_count: Some(2),
        instance_type: Some(fleet.instance_type.clone()),
        initial_variant_weight: Some(1.0),
    };
    let config = CreateEndpointConfig {
        endpoint_config_name: "by-hand".to_owned(),
        production_variants: vec![variant],
        data_capture_config: None,
        tags: Vec::new(),
    };
    world.ask(&jp, config).unwrap();
    let update = |config: &str| UpdateEndpoint {
        endpoint_name: fleet.endpoint.to_string(),
        endpoint_config_name: config.to_owned(),
        retain_all_variant_properties: None,
        exclude_retained_variant_properties: Vec::new(),
        deployment_config: None,
    };
    world.ask(&jp, update("by-hand")).unwrap();
    let not_on_record = |is| {
        let (config, expected) = ("by-hand".parse().unwrap(), Some(on_record.config.clone()));
        Need::NotOnRecord { region: name(JP), config, is, expected }
    };
    assert_eq!(told(&world).needs, [not_on_record(OffRecord::Coming)]);
    world.pass(SignedDuration::from_hours(1));
    let seen = told(&world);
    assert!(seen.needs.contains(&not_on_record(OffRecord::Serving)), "{:?}", seen.needs);
    let row = seen.regions.iter().find(|row| row.region == jp).unwrap();
    assert_eq!(row.instead, Some(Instead { config: "by-hand".parse().unwrap(), version: None }));
    // The command that status gives.
    world.ask(&jp, update(on_record.config.as_str())).unwrap();
    let seen = told(&world);
    assert!(seen.needs.contains(&not_on_record(OffRecord::Leaving)), "{:?}", seen.needs);
}

fn spec(text: &str) -> PublishSpec {
    PublishSpec {
        version: version(text),
        archive: Bytes::from(format!("archive of {text}")),
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        provenance: Provenance::default(),
    }
}

fn published(world: &World, text: &str, created: Timestamp) -> ReleaseId {
    run(publish(world, &fleet(), created, spec(text), &signer())).unwrap()
}

fn arrives(world: &World, region: &str, release: ReleaseId) {
    run(handle(world, &context(region), &ReplicationEvent::ManifestCreated { release })).unwrap();
}

/// The one open page, which says what the last page said that was sent.
fn open(world: &World) -> OpenPage {
    let [page] = <[OpenPage; 1]>::try_from(told(world).pages).unwrap();
    let sent = world.pages().pop().unwrap();
    assert_eq!(sent.subject, format!("[fraud] {}", Voice::of(&fleet()).open_page(&page)));
    assert_eq!(sent.about, PageKind::of_open(&page.cause).map(|kind| kind.to_string()));
    page
}

/// Every region refuses it, and home alone pages. A later release does not say who wrote it.
#[test]
fn a_wrongly_signed_release_is_an_open_page_until_quarantined() {
    let world = World::default();
    let signed = published(&world, "v426", world.now());
    let forged = prepare(&fleet(), world.now(), spec("v999")).unwrap();
    let (release, manifest) = (forged.release, Bytes::from(forged.manifest.to_bytes()));
    let signature = world.object(&name(HOME), &keys::signature(signed)).unwrap();
    let own = [(keys::signature(release), signature), (keys::manifest(release), manifest)];
    for (key, body) in forged.files.into_iter().chain(own) {
        world.put(&name(HOME), &key, body);
    }
    for region in [AU, HOME] {
        world.replicate(&name(region));
        arrives(&world, region, release);
    }
    let page = open(&world);
    assert_eq!(page.region, name(HOME));
    assert!(matches!(&page.cause, PageCause::Refused { release: own, .. } if *own == release), "{page:?}");
    world.pass(SignedDuration::from_mins(1));
    say(&world, wave_of("v427"));
    say(&world, wave_ended("v427", vec![]));
    assert_eq!(open(&world), page);
    let named = Named::Object(Object::Release(release));
    run(quarantine(&world, &fleet(), named, &actor("maria"), "its writer is unknown".to_owned())).unwrap();
    assert_eq!(told(&world).pages, []);
}

#[test]
fn a_rejected_manifest_is_an_open_page_until_a_later_release_serves() {
    let world = World::default();
    let release = published(&world, "v427", "2199-12-30T00:00:00Z".parse().unwrap());
    arrives(&world, HOME, release);
    let page = open(&world);
    world.pass(SignedDuration::from_mins(1));
    say(&world, wave_of("v428"));
    say(&world, wave_ended("v428", vec![name(HOME)]));
    assert_eq!(open(&world), page);
    say(&world, wave_ended("v428", vec![]));
    assert_eq!(told(&world).pages, []);
}

#[test]
fn objects_not_replicated_are_an_open_page_until_they_are_attested() {
    let world = World::default();
    let release = published(&world, "v427", world.now());
    let destination = fleet().region(&name(JP)).unwrap().bucket.to_string();
    let archive = keys::archive(Sha256::of(b"archive of v427"));
    let trouble = |key: String| ReplicationTrouble {
        what: "OperationFailedReplication".to_owned(),
        key,
        destination: destination.clone(),
        reason: None,
    };
    let troubles = [archive, keys::manifest(release)].map(trouble).to_vec();
    run(handle(&world, &context(HOME), &ReplicationEvent::ReplicationFailed(troubles))).unwrap();
    let page = open(&world);
    assert_eq!((page.region, page.cause), (name(JP), PageCause::NotReplicated { bucket: destination.clone() }));
    world.pass(SignedDuration::from_mins(1));
    world.replicate(&name(JP));
    arrives(&world, JP, release);
    assert_eq!(told(&world).pages, []);
}

/// No region attests golden records: a later release shows that they arrive again.
#[test]
fn golden_records_not_replicated_are_an_open_page_until_a_later_release_serves() {
    let world = World::default();
    let release = published(&world, "v427", world.now());
    world.replicate(&name(JP));
    arrives(&world, JP, release);
    let destination = fleet().region(&name(JP)).unwrap().bucket.to_string();
    let what = "OperationFailedReplication".to_owned();
    let trouble = ReplicationTrouble { what, key: keys::golden(release), destination, reason: None };
    run(handle(&world, &context(HOME), &ReplicationEvent::ReplicationFailed(vec![trouble]))).unwrap();
    assert_eq!(open(&world).region, name(JP));
    world.pass(SignedDuration::from_mins(1));
    say(&world, wave_of("v428"));
    say(&world, wave_ended("v428", vec![]));
    assert_eq!(told(&world).pages, []);
}
