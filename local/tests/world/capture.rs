//! What endpoints capture of their customers' requests.

use crate::support::*;
use meridian_domain::{Fleet, keys};
use meridian_evaluation::Records;
use meridian_evaluation::captured::{CaptureBounds, CapturedShadow, Requests, Shadowed};
use meridian_judge::{CapturedCounts, CapturedGate, CapturedMargins, Verdict};
use meridian_local::services::s3::{GetObject, ListObjectsV2};
use meridian_local::services::sagemaker::*;
use meridian_local::world::{FeatureChange, World, WorldConfig};
use meridian_xgboost::Model;
use std::num::NonZeroUsize;
use std::sync::Arc;

const HOLDOUT: &[u8] = include_bytes!("../../models/holdout.csv.gz");
const FEATURES: &str = include_str!("../../models/features.txt");

fn features() -> Vec<String> {
    FEATURES.lines().map(str::to_owned).collect()
}

/// The reference night in which half of the requests are captured, and a shadow looks two hours back.
fn capturing() -> WorldConfig {
    let text = include_str!("../../fleets/reference/fleet.toml");
    let fleet = Fleet::parse(&format!("{text}\n[shadow]\ncapture_percent = 50\nhours = 2\n")).unwrap();
    let ignore = ["label", "customer_region"].map(str::to_owned);
    let requests = Some(Arc::new(Records::read(HOLDOUT, &features(), &ignore).unwrap()));
    WorldConfig { fleet, requests, ..night() }
}

/// The keys of a region's capture, and everything in it.
fn captured(world: &mut World, name: &str) -> (Vec<String>, Vec<u8>) {
    let list =
        ListObjectsV2 { bucket: bucket(name), prefix: format!("{}/", keys::CAPTURED), ..ListObjectsV2::default() };
    let listed = call(world, name, list).unwrap().contents;
    let keys: Vec<String> = listed.into_iter().map(|object| object.key).collect();
    let body = keys.iter().flat_map(|key| {
        let get = GetObject { bucket: bucket(name), key: key.clone(), version_id: None };
        call(world, name, get).unwrap().body.to_vec()
    });
    let body = body.collect();
    (keys, body)
}

/// v426 beside itself on a capture: what was read, and whether the captured answers are its own.
fn beside_itself(capture: &[u8]) -> (CapturedCounts, Option<Verdict>) {
    let two = NonZeroUsize::MIN.saturating_add(1);
    let model = Model::from_archive(&include_bytes!("../../models/v426.tar.gz")[..]).unwrap();
    let mut requests = Requests::new(capture, features().len(), CaptureBounds::default());
    let own = Shadowed { model: &model, splits: None, threshold: 0.81 };
    let mut shadow = CapturedShadow::new(own, own);
    while let Some(batch) = requests.next(two).unwrap() {
        shadow.take(&batch, two).unwrap();
    }
    let judgement = shadow.judge(requests.counts(), None, &CapturedMargins::default(), 2);
    let served = judgement.gates.iter().find(|found| found.gate == CapturedGate::Served);
    (judgement.counts, served.map(|found| found.verdict))
}

#[test]
fn captured_data_lies_by_the_hour_and_is_what_was_answered() {
    let mut world = world(capturing());
    run_until(&mut world, "03:25:30");
    let (keys, body) = captured(&mut world, BR);
    let hours = ["2026/11/20/01/", "2026/11/20/02/", "2026/11/20/03/"].map(|hour| {
        let prefix = format!("captured/fraud/{}/fraud/main/{hour}", "a".repeat(64));
        keys.iter().filter(|key| key.starts_with(&prefix)).count()
    });
    assert_eq!((hours, keys.len()), ([6, 6, 2], 14), "two hours before the start, and twenty minutes since");
    let (counts, served) = beside_itself(&body);
    assert_eq!((counts.requests, counts.unreadable, counts.refused), (14 * 60, 0, 0));
    assert_eq!(served, Some(Verdict::Pass));
    // Another region's customers ask something else.
    assert_ne!(captured(&mut world, JP).1, body);
}

/// The same world, byte for byte, but for the one feature of the one region from its moment on.
#[test]
fn a_features_unit_changes_in_its_region_from_its_moment_on() {
    let from = Some("2026-11-20T02:00:00Z".parse().unwrap());
    let change = FeatureChange { feature: features()[0].clone(), region: Some(region(BR)), from, factor: 100.0 };
    let mut usual = world(capturing());
    let mut changed = world(WorldConfig { features: vec![change], ..capturing() });
    assert_eq!(captured(&mut usual, JP), captured(&mut changed, JP));
    let ((keys, before), (_, after)) = (captured(&mut usual, BR), captured(&mut changed, BR));
    let half = keys.iter().filter(|key| key.contains("/01/")).count() * 60;
    let lines = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(&before), lines(&after));
    assert_eq!(before[..half], after[..half]);
    assert_ne!(before[half..], after[half..]);
}

#[test]
fn nothing_is_captured_without_policy_or_without_the_right_to() {
    let quiet = WorldConfig { requests: capturing().requests, ..night() };
    assert_eq!(captured(&mut world(quiet), BR).0.len(), 0);
    // A stack that was deployed for a fleet without [shadow]: its roles may not.
    let settings = meridian_deployment::Settings::of_fleet(&night().fleet);
    let template = include_str!("../../../template.yaml");
    let deployment = Arc::new(meridian_deployment::Deployment::of(template, &settings).unwrap());
    let denied = WorldConfig { deployment: Some(deployment), ..capturing() };
    assert_eq!(captured(&mut world(denied), BR).0.len(), 0);
}

/// An update keeps what is captured, unless it says that the configuration decides.
#[test]
fn capture_is_retained_unless_it_is_excluded() {
    for (exclude, captures) in [(false, true), (true, false)] {
        let mut world = world(capturing());
        prepare_v427(&mut world, JP);
        let property = VariantProperty { variant_property_type: "DataCaptureConfig".to_owned() };
        let excluded = if exclude { vec![property] } else { Vec::new() };
        let update = UpdateEndpoint { exclude_retained_variant_properties: excluded, ..canary("fraud-v427-cfg", &[]) };
        call(&mut world, JP, update).unwrap();
        run_until(&mut world, "03:50:00");
        let (keys, _) = captured(&mut world, JP);
        let last = keys.iter().any(|key| key.contains("/03/40-"));
        assert_eq!(last, captures, "{exclude}: {keys:?}");
    }
}
