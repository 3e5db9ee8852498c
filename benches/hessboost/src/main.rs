//! One job of hessboost's, as one process: `bench-hessboost KEY=VALUE...`, one line of JSON on stdout.
//!
//! Keys: `job` (score, whole or shap), `model` (one archive, or two joined by a comma), `rows` (features as little-endian
//! f32, row-major, NaN where missing), `labels` (a byte a row), `width`, `repeat`, `limit` (rows of shap), `out` (where
//! margins or contributions go, little-endian f32). Threads are rayon's: `RAYON_NUM_THREADS`.
//!
//! The features come as raw floats, which spares this process the parsing that the others do.

use hessboost::prelude::*;
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::time::Instant;

type Outcome<T> = std::result::Result<T, Box<dyn Error>>;

/// Phases in the order in which they ran: name and seconds.
#[derive(Default)]
struct Phases(Vec<(&'static str, f64)>);

impl Phases {
    fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let start = Instant::now();
        let result = work()?;
        self.0.push((name, start.elapsed().as_secs_f64()));
        Ok(result)
    }

    fn json(&self) -> String {
        let fields: Vec<String> = self.0.iter().map(|(name, seconds)| format!("\"{name}\": {seconds:.6}")).collect();
        format!("{{{}}}", fields.join(", "))
    }
}

fn main() -> Outcome<()> {
    let arguments: HashMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|word| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let get = |key: &str| arguments.get(key).cloned().ok_or_else(|| format!("no {key}="));
    let width: usize = get("width")?.parse()?;
    let repeat: usize = arguments.get("repeat").map_or(Ok(1), |text| text.parse())?;
    let mut phases = Phases::default();
    let rows = phases.time("data", || Ok(floats(&fs::read(get("rows")?)?)))?;
    let labels = fs::read(get("labels")?)?;

    let (mut aucs, mut laps, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    for archive in get("model")?.split(',') {
        let file = phases.time("untar", || inflated(archive))?;
        let model = phases.time("load", || Ok(BoostedModel::decode(&file, ModelFormat::XgboostUbjson)?))?;
        if get("job")? == "shap" {
            let count: usize = get("limit")?.parse()?;
            let matrix = DMatrix::from_dense(&rows[..count * width], count, width)?;
            answer = phases.time("shap", || Ok(model.predict_contribs(&matrix, ..)?.as_slice().to_vec()))?;
            continue;
        }
        drop(file);
        answer = phases.time("score", || Ok(model.predict_margin_rows(&rows, ..)?.into_vec()))?;
        for _ in 1..repeat {
            let start = Instant::now();
            std::hint::black_box(model.predict_margin_rows(&rows, ..)?);
            laps.push(format!("{:.6}", start.elapsed().as_secs_f64()));
        }
        aucs.push(phases.time("auc", || Ok(auc(&labels, &answer)))?.to_string());
    }
    if let Some(out) = arguments.get("out") {
        fs::write(out, answer.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    println!("{{\"phases\": {}, \"laps\": [{}], \"auc\": [{}]}}", phases.json(), laps.join(", "), aucs.join(", "));
    Ok(())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// The archive's first file.
fn inflated(archive: &str) -> Outcome<Vec<u8>> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(archive)?));
    let mut entry = tar.entries()?.next().ok_or("an empty archive")??;
    let mut model = Vec::with_capacity(entry.size() as usize);
    entry.read_to_end(&mut model)?;
    Ok(model)
}

/// Area under the ROC curve, ties counted one half: rank sums, as scikit-learn's to rounding.
fn auc(labels: &[u8], margins: &[f32]) -> f64 {
    let mut order: Vec<usize> = (0..margins.len()).collect();
    order.sort_unstable_by(|a, b| margins[*a].total_cmp(&margins[*b]));
    let (mut below, mut area, mut positives) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|a, b| margins[*a] == margins[*b]) {
        let up = tied.iter().filter(|row| labels[**row] != 0).count() as f64;
        let down = tied.len() as f64 - up;
        area += up * (below + down / 2.0);
        (below, positives) = (below + down, positives + up);
    }
    area / (below * positives)
}
