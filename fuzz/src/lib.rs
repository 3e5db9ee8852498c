//! What every fuzz target checks of what a reader accepted.
//!
//! A reader may refuse any input; it may not panic, hang, or take more memory than `scripts/fuzz` allows. A model that it
//! accepts must score every row of its width, whatever the values; a table must be consistent; a template must be deployed
//! as a whole; a table of prices must give a forecast in numbers.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use meridian_cost::{CostReport, FrontKind, PriceTable, Routing, Way};
use meridian_deployment::{Deployment, Settings, Trigger, expanded};
use meridian_domain::Fleet;
use meridian_evaluation::{Columns, HeldOut};
use meridian_xgboost::{Image, Matrix, Model, ShapForest};
use std::io::{Read, Write, copy, repeat};
use std::sync::OnceLock;

/// What [`endless`] goes on for: more than `scripts/fuzz` allows in one piece, so whoever holds it is found.
const ENDLESS: u64 = 160 << 20;

/// What stands between a template and its settings.
const SETTINGS: &str = "\n# samconfig.toml\n";

/// Two regions, one of them home.
const USUAL_SETTINGS: &str = r#"
[eu.global.parameters]
stack_name = "s"
region = "eu-west-1"
[eu.deploy.parameters]
parameter_overrides = ["P=a", "N=1"]
[jp.global.parameters]
stack_name = "s"
region = "ap-northeast-1"
[jp.deploy.parameters]
parameter_overrides = ["P=b"]
"#;

/// Rows of more values than this would only measure how fast memory is filled.
const MAX_VALUES: usize = 1 << 20;

/// Values that paths may differ on: missing, both zeros, the ends of the range, and around usual thresholds.
const VALUES: [f32; 10] = [f32::NAN, 0.0, -0.0, 0.5, 1.0, -1.0, 1e-45, f32::MAX, f32::MIN, 12_345.678];

/// A gzip file of the bytes, stored, not deflated: the fuzzer's time goes to the reader.
///
/// # Panics
/// Never: memory takes every byte.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

/// The same, and behind it 160 MB of `x`: a small file that has no end for whoever reads on. The inputs themselves are
/// too short for that.
///
/// # Panics
/// Never: memory takes every byte.
pub fn endless(start: &[u8]) -> Vec<u8> {
    static REST: OnceLock<Vec<u8>> = OnceLock::new();
    let rest = REST.get_or_init(|| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        copy(&mut repeat(b'x').take(ENDLESS), &mut encoder).expect("memory takes every byte");
        encoder.finish().expect("memory takes every byte")
    });
    // One stream: a header, the start in stored blocks, the rest; who comes to the end finds its checksum wrong.
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for block in start.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(block.len()).expect("a chunk is no longer").to_le_bytes();
        file.extend([0, length[0], length[1], !length[0], !length[1]]);
        file.extend(block);
    }
    [file.as_slice(), rest, &[0; 8]].concat()
}

/// Lets code under test catch its own panics, which libFuzzer's hook would end the process at. A panic that nobody catches
/// still ends it: libFuzzer's own code catches it last, and aborts.
pub fn panics_may_be_caught() {
    std::panic::set_hook(Box::new(|_| ()));
}

/// Reads a bare model file of any format, and scores with what was accepted.
pub fn bare_model(file: &[u8]) {
    match Model::from_ubjson(file) {
        Ok(model) => scores(&model),
        // Its text is part of what must not fail.
        Err(error) => drop(error.to_string()),
    }
    if let Ok(forest) = ShapForest::from_file(file, Image::V1_7) {
        let width = forest.n_features();
        let values = rows(width);
        let few = Matrix::new(&values[..width * 17.min(values.len() / width)], width).expect("whole rows");
        forest.contributions(few, 1).expect("rows of the model's width");
    }
}

/// Scores rows of zeros, of missing values and of a mixture, one by one and together by every instruction set that the
/// processor has.
///
/// # Panics
/// Where a model refuses a row of its own width, or two paths differ in a bit: that is the finding.
pub fn scores(model: &Model) {
    let width = model.n_features();
    let values = rows(width);
    let matrix = Matrix::new(&values, width).expect("whole rows");
    let paths = model.margins_by_every_path(matrix).expect("rows of the model's width");
    for (row, values) in values.chunks_exact(width).enumerate() {
        let alone = model.margin(values).expect("a row of the model's width");
        for (path, margins) in paths.iter().enumerate() {
            assert!(same(alone, margins[row]), "row {row}: {alone} alone, {} by path {path}", margins[row]);
        }
    }
    for record in model.walkers(2) {
        let answer = model.answer_csv(&record.payload).expect("a payload of the model's own");
        assert_eq!(answer.parse(), Ok(record.score), "a walker is answered with its score");
    }
}

/// NaN is one value: which of its bits a sum of infinities carries is nobody's promise.
fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Whole rows: more than one block of the matrix walk, and not a whole number of its steps.
fn rows(width: usize) -> Vec<f32> {
    let rows = 75.min(MAX_VALUES / width).max(1);
    let mut values = vec![0.0; rows * width];
    for (row, values) in values.chunks_exact_mut(width).enumerate().skip(1) {
        for (column, value) in values.iter_mut().enumerate() {
            *value = if row == 1 { f32::NAN } else { VALUES[(row * 31 + column * 7) % VALUES.len()] };
        }
    }
    values
}

/// Reads a held-out set of the seeds' columns, with regions, without, and with slices: different paths.
///
/// # Panics
/// Where what was accepted does not hold together: that is the finding.
pub fn held_out(file: &[u8]) {
    let features = ["a", "b", "c"].map(str::to_owned).to_vec();
    let (label, region) = ("label".to_owned(), "region".to_owned());
    let columns = Columns { label, region: Some(region.clone()), features, ..Columns::default() };
    let bare = Columns { region: None, ignore: vec![region.clone()], ..columns.clone() };
    let sliced = Columns { slices: vec![region, "a".to_owned()], ..bare.clone() };
    for columns in [columns, bare, sliced] {
        match HeldOut::read(file, &columns) {
            Ok(held_out) => consistent(&held_out, columns.region.is_some()),
            Err(error) => drop(error.to_string()),
        }
    }
}

fn consistent(held_out: &HeldOut, with_regions: bool) {
    let rows = held_out.rows();
    assert!(rows > 0, "an empty file is refused");
    assert_eq!(held_out.matrix().values().len(), rows * held_out.features().len());
    assert!(held_out.matrix().values().iter().all(|value| !value.is_infinite()), "infinite values are refused");
    assert_eq!(held_out.regions().len(), if with_regions { rows } else { 0 });
    let known = held_out.region_names().len();
    assert!(held_out.regions().iter().all(|region| usize::from(*region) < known));
    for groups in held_out.slices().filter_map(|(_, groups)| groups) {
        assert_eq!(groups.of_records().len(), rows);
        assert!(groups.of_records().iter().all(|group| usize::from(*group) < groups.names().len()));
    }
}

/// Deploys a template, and asks what it made.
///
/// # Panics
/// Where a region of the settings has no stack: that is the finding.
pub fn deployed(text: &str) {
    let (template, settings) = text.split_once(SETTINGS).unwrap_or((text, USUAL_SETTINGS));
    let settings = match Settings::parse(settings, reference()) {
        Ok(settings) => settings,
        Err(error) => return drop(error.to_string()),
    };
    drop(expanded(template).map_err(|error| error.to_string()));
    let deployment = match Deployment::of(template, &settings) {
        Ok(deployment) => deployment,
        Err(error) => return drop(error.to_string()),
    };
    assert!(deployment.stacks.keys().eq(settings.environments.keys()), "a stack for each environment");
    let event = serde_json::json!({ "source": "aws.s3", "detail": { "object": { "key": "releases/a" } } });
    for stack in deployment.stacks.values() {
        for rule in &stack.rules {
            if let Trigger::Event(pattern) = &rule.trigger {
                pattern.matches(&event);
            }
        }
        for bucket in stack.buckets.values() {
            let copied = bucket.replication.iter().filter(|rule| rule.copies(bucket, "releases/a")).count();
            assert!(copied <= bucket.replication.len());
        }
    }
}

/// The fleet of the nights.
fn reference() -> &'static Fleet {
    static FLEET: OnceLock<Fleet> = OnceLock::new();
    FLEET.get_or_init(|| Fleet::parse(include_str!("../../local/fleets/reference/fleet.toml")).expect("it is checked in"))
}

/// Reads a table of prices, and reckons the reference fleet with it.
///
/// # Panics
/// Where an amount is no number: that is the finding.
pub fn forecast(text: &str) {
    let fleet = reference();
    let table = match PriceTable::parse(text) {
        Ok(table) => table,
        Err(error) => return drop(error.to_string()),
    };
    // Every other way is reckoned with each of them.
    let behind = Way::new(FrontKind::Proxy, Routing::GlobalAccelerator).expect("the template takes them together");
    for way in [Way::default(), behind] {
        in_numbers(&meridian_cost::report(fleet, &table, way));
    }
}

fn in_numbers(report: &CostReport) {
    let savings = report.floors.iter().map(|own| own.saves).chain(report.night_floors.iter().map(|own| own.saves));
    let savings = savings.chain(report.retirements.iter().map(|own| own.saves));
    let amounts = report.regions.iter().flat_map(|region| &region.items).map(|own| own.amount);
    let reach = report.reach.ways.iter().flat_map(|way| [way.together, way.saves]).chain([report.reach.total]);
    let all = amounts.chain(savings).chain(reach);
    let mut all = all.chain([report.total, report.one_region.total, report.beside.front]);
    assert!(all.all(|amount| amount.usd.is_finite()) && report.ratio.is_none_or(f64::is_finite), "{report}");
    assert!(report.derivation.iter().all(|step| step.price_ratio.is_finite()), "{report}");
    // The page is part of what must not fail.
    drop(report.to_string());
}
