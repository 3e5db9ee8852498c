//! Who sets the exam: the fleet's people, before they know the release, and never its publisher.

use super::*;
use jiff::SignedDuration;
use meridian_domain::ManifestFault;
use meridian_evaluation::{Columns, HeldOut};
use meridian_handlers::publish::PublishError;
use meridian_xgboost::Model;

/// Records chosen so that v429, which is worse, looks as good as v426: those of either label on which the two say nearly the
/// same and alert alike, fraud a little stronger.
fn flattering() -> Bytes {
    let records = sample("holdout.csv.gz");
    let holdout = HeldOut::read(records.as_ref(), &Columns::standard(features())).unwrap();
    let margins = |version: &str| {
        let archive = sample(&format!("{version}.tar.gz"));
        holdout.margins(&Model::from_archive(archive.as_ref()).unwrap()).unwrap()
    };
    let (good, bad) = (margins("v426"), margins("v429"));
    let alerts = |margin: f32| f64::from(margin) >= (0.81_f64 / 0.19).ln();
    let nearest = |label: bool, apart: f32, count: usize| {
        let alike = |row: &usize| holdout.labels()[*row] == label && alerts(good[*row]) == alerts(bad[*row]);
        let mut rows: Vec<usize> = (0..holdout.rows()).filter(alike).collect();
        rows.sort_by(|a, b| {
            let off = |row: &usize| (bad[*row] - good[*row] - apart).abs();
            off(a).total_cmp(&off(b))
        });
        rows.truncate(count);
        rows
    };
    let rows = [nearest(true, 0.3, 55), nearest(false, 0.0, 2400)].concat();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(records.as_ref()), &mut text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let chosen = std::iter::once(lines[0]).chain(rows.into_iter().map(|row| lines[row + 1]));
    Bytes::from(chosen.flat_map(|line| [line, "\n"]).collect::<String>())
}

/// Home's own word that it has read the release, now.
fn attested(world: &World, release: ReleaseId, version: &str) {
    let record = Record::Attested { release, version: version.parse().unwrap() };
    world.write(&name(HOME), Chain::Region(name(HOME)), "replication", record);
}

fn pass(world: &World, seconds: i64) {
    world.pass(SignedDuration::from_secs(seconds));
}

#[test]
fn chosen_records_pass_a_bad_model_only_if_approved_before_it() {
    let chosen = flattering();
    // The attack works where the fleet's people approve such records: v429 passes every gate on them.
    let fooled = world();
    approved(&fooled, chosen.clone());
    let release = published(&fooled, spec("v429"));
    assert_eq!(evaluate(&fooled, release).unwrap()["outcome"], "approved");
    // Records that come with or after the release are not its exam, whoever approved them.
    let world = world();
    pass(&world, 60);
    let release = published(&world, spec("v429"));
    attested(&world, release, "v429");
    pass(&world, 60);
    approved(&world, chosen);
    let reply = evaluate(&world, release).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    assert!(matches!(found(&reply), EvaluationReason::NotPassed { .. }), "{reply}");
}

#[test]
fn records_that_nobody_approved_are_not_evaluated_on() {
    let world = unapproved();
    world.put(&name(HOME), &keys::holdout(Sha256::of(b"x")), flattering());
    let release = published(&world, spec("v429"));
    let error = evaluate(&world, release).unwrap_err();
    assert!(matches!(&error, HandlerError::Failed(Failure::NoHoldout { .. })), "{error}");
    assert_eq!(kinds(&world), [""; 0]);
}

#[test]
fn a_changed_or_lost_hold_out_is_not_the_releases_fault() {
    for body in [None, Some(Bytes::from_static(b"label,customer_region\n"))] {
        let world = world();
        let release = published(&world, spec("v427"));
        let key = keys::holdout(Sha256::of(&sample("holdout.csv.gz")));
        match body {
            Some(body) => world.put(&name(HOME), &key, body),
            None => drop(world.remove(&name(HOME), &key)),
        }
        let error = evaluate(&world, release).unwrap_err();
        assert!(matches!(&error, HandlerError::Failed(Failure::HoldoutUnusable { .. })), "{error}");
        assert_eq!(kinds(&world), ["registered"]);
    }
}

#[test]
fn the_report_says_which_records_since_when_and_by_whom() {
    let world = world();
    let release = published(&world, spec("v427"));
    assert!(evaluate(&world, release).is_ok());
    let inputs = document(&world, release)["inputs"].clone();
    assert_eq!(inputs["holdout"]["sha256"], Sha256::of(&sample("holdout.csv.gz")).to_string());
    let approval = json!({"since": "2026-03-12T03:00:00Z", "by": "ana", "why": "drawn in May"});
    assert_eq!(inputs["holdout_approval"], approval);
    let page = world.object(&name(HOME), &keys::evaluation_html(release)).unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(page.contains("approved for this fleet at 2026-03-12T03:00:00Z by ana: drawn in May"));
}

#[test]
fn records_with_columns_that_no_release_takes_any_more_do() {
    let world = unapproved();
    let mut text = String::new();
    let records = sample("holdout.csv.gz");
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(records.as_ref()), &mut text).unwrap();
    let wider: String =
        text.lines().enumerate().flat_map(|(at, line)| [line, if at == 0 { ",retired\n" } else { ",7\n" }]).collect();
    approved(&world, Bytes::from(wider));
    let release = published(&world, spec("v426"));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved");
}

#[test]
fn an_image_that_policy_does_not_allow_is_no_release() {
    let world = world();
    // Written past `meridian publish`, which refuses it.
    let published_before = published(&world, spec("v427"));
    let mut manifest = manifest(&world, published_before);
    manifest.image.repository = "mallory/xgboost".parse().unwrap();
    let bytes = Bytes::from(manifest.to_bytes());
    world.put(&name(HOME), &keys::manifest(manifest.id()), bytes);
    attested(&world, manifest.id(), "v427");
    let reply = evaluate(&world, manifest.id()).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    let EvaluationReason::File(FileFault::Manifest(ManifestFault::Image { repository, .. })) = found(&reply) else {
        panic!("{reply}")
    };
    assert_eq!(repository.as_str(), "mallory/xgboost");
    assert_eq!(kinds(&world), ["rejected"]);
    let spec = PublishSpec { image: manifest.image, ..spec("v427") };
    let error = run(publish(&world, &fleet(), world.now(), spec, &signer())).unwrap_err();
    let PublishError::Manifest { fault, .. } = error else { panic!("{error}") };
    assert!(matches!(*fault, ManifestFault::Image { .. }), "{fault:?}");
}
