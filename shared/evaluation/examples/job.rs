//! One evaluation job as one process, for `make bench`: `job KEY=VALUE...` prints one line of JSON with its phases.
//!
//! Keys: `job` (`whole`, where the model is held; `stream`, where it is scored as it is read; or `shap` for
//! contributions), `model` (one archive, or two joined by a comma), `holdout`, `features` (a name a line), `threads`,
//! `repeat` (how often to score), `base_score` (what `stream` assumes, as a manifest's hint), `limit` (records that `shap`
//! explains), `out` (where the last model's margins or contributions go, little-endian f32).
#![allow(clippy::print_stdout, reason = "its answer")]
#![allow(clippy::disallowed_methods, reason = "a measurement of the machine's own time")]

mod phases;

use meridian_evaluation::{Columns, HeldOut, roc_auc};
use meridian_xgboost::{DEFAULT_MODEL_LIMIT, Image, Matrix, Model, ReadOptions, ShapForest, stream_margins};
use phases::{Outcome, Phases};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::time::Instant;

fn main() -> Outcome<()> {
    let arguments: BTreeMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|word| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let get = |key: &str| arguments.get(key).cloned().ok_or_else(|| format!("no {key}="));
    let number = |key: &str| arguments.get(key).map_or(Ok(1), |text| text.parse::<usize>());
    let threads = NonZeroUsize::new(number("threads")?).ok_or("threads=0")?;

    let options = ReadOptions { threads, ..ReadOptions::default() };

    let mut phases = Phases::default();
    let features = fs::read_to_string(get("features")?)?.lines().map(str::to_owned).collect();
    let path = get("holdout")?;
    let holdout = phases.time("data", || Ok(HeldOut::read(File::open(path)?, &Columns::standard(features))?))?;

    let (mut aucs, mut laps, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    for archive in get("model")?.split(',') {
        match arguments.get("job").map(String::as_str) {
            Some("shap") => {
                answer = contributions(archive, &holdout, number("limit")?, threads, &mut phases)?;
                continue;
            }
            Some("stream") => {
                let base_score: f32 = get("base_score")?.parse()?;
                let hint = Some(-(1.0 / base_score - 1.0).ln());
                let open = || File::open(archive);
                let stream = || Ok(stream_margins(open, holdout.matrix(), holdout.features(), hint, &options)?.margins);
                answer = phases.time("score", stream)?;
            }
            _ => {
                let model = phases.time("load", || Ok(Model::read(File::open(archive)?, &options)?))?;
                let score = || Ok(model.matrix_margins(holdout.matrix(), threads)?);
                answer = phases.time("score", score)?;
                for _ in 1..number("repeat")? {
                    let start = Instant::now();
                    std::hint::black_box(score()?);
                    laps.push(start.elapsed().as_secs_f64());
                }
            }
        }
        aucs.push(phases.time("auc", || Ok(roc_auc(holdout.labels(), &answer).ok_or("one class only")?))?);
    }
    if let Some(out) = arguments.get("out") {
        fs::write(out, answer.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    println!("{}", serde_json::json!({ "phases": phases.0, "laps": laps, "auc": aucs }));
    Ok(())
}

/// The first records' contributions, each with the base behind it, as XGBoost answers to `pred_contribs`.
fn contributions(
    archive: &str,
    holdout: &HeldOut,
    limit: usize,
    threads: NonZeroUsize,
    phases: &mut Phases,
) -> Outcome<Vec<f32>> {
    let read = || Ok(ShapForest::from_archive(File::open(archive)?, DEFAULT_MODEL_LIMIT, Image::V3_0)?);
    let forest = phases.time("load", read)?;
    let width = holdout.matrix().width();
    let first = holdout.matrix().values().get(..limit * width).ok_or("limit= is more than the records")?;
    let rows = Matrix::new(first, width).ok_or("no features")?;
    let values = phases.time("shap", || Ok(forest.contributions(rows, threads.get())?))?;
    let base = forest.base();
    Ok(values.chunks_exact(width).flat_map(|row| row.iter().copied().chain([base])).collect())
}
