//! How long explaining takes: milliseconds a row, for the bench against XGBoost's `pred_contribs`.
//!
//!     cargo run --release -p meridian-evaluation --example reasons -- MODEL.tar.gz HOLDOUT ROWS [THREADS] [OUT]
//!
//! Explains the first ROWS records, five times, and prints the load time and of the fastest time the wall clock's and
//! (on Linux) this thread's processor time, which a busy machine disturbs less. With OUT, writes what it found as
//! little-endian f32 (rows x features + 1, the last the bias), to be compared.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a stop watch for a desk, not a part of the system"
)]

use meridian_evaluation::{Columns, HeldOut};
use meridian_xgboost::{DEFAULT_MODEL_LIMIT, Image, Matrix, ShapForest};
use std::error::Error;
use std::fs::{self, File};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize, what: &str| arguments.get(place).ok_or_else(|| format!("{what} is missing"));
    let start = Instant::now();
    let forest = ShapForest::from_archive(File::open(argument(0, "MODEL")?)?, DEFAULT_MODEL_LIMIT, Image::V3_0)?;
    let load = start.elapsed();
    let holdout =
        HeldOut::read(File::open(argument(1, "HOLDOUT")?)?, &Columns::standard(forest.feature_names().to_vec()))?;
    let rows: usize = argument(2, "ROWS")?.parse()?;
    let threads = arguments.get(3).map_or(Ok(1), |threads| threads.parse())?;
    let width = forest.n_features();
    let values: Vec<f32> = holdout.matrix().values().iter().take(rows * width).copied().collect();
    let rows = Matrix::new(&values, width).ok_or("no features")?;
    let (mut wall, mut processor) = (f64::INFINITY, f64::INFINITY);
    let mut found = Vec::new();
    for _ in 0..5 {
        let (start, busy) = (Instant::now(), busy_seconds());
        found = forest.contributions(rows, threads)?;
        wall = wall.min(start.elapsed().as_secs_f64());
        processor = processor.min(busy_seconds() - busy);
    }
    let a_row = |seconds: f64| seconds * 1e3 / rows.rows() as f64;
    println!(
        "load {:.0} ms; {} rows, {threads} thread(s): {:.3} ms a row, processor {:.3} ms",
        load.as_secs_f64() * 1e3,
        rows.rows(),
        a_row(wall),
        a_row(processor)
    );
    if let Some(out) = arguments.get(4) {
        let base = [forest.base()];
        let numbers = found.chunks(width).flat_map(|row| row.iter().chain(&base));
        fs::write(out, numbers.flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// What the processor gave to this thread so far; NaN where the system does not say.
fn busy_seconds() -> f64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}
