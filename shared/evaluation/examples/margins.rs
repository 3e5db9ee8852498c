//! Times a model on a held-out set, phase by phase, and prints the AUC and the most memory ever used:
//! `margins held|stream THREADS MODEL HOLDOUT FEATURES [REPEATS]`. With `MARGINS` set, they go to that file (little-endian f32).
//!
//! `held` reads the model and scores `REPEATS` times (5); `stream` scores while it reads. Wall-clock and CPU time in
//! milliseconds, CPU time of all threads.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and its environment")]

use meridian_evaluation::{Columns, HeldOut, roc_auc};
use meridian_xgboost::{Model, ReadOptions, Streamed, probability_of, stream_margins};
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::time::Instant;

/// User and system time of this process and its finished threads, in ticks of 10 ms.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), ticks());
    let value = run();
    println!("{what}: {:.1} ms wall, {} ms CPU", start.elapsed().as_secs_f64() * 1e3, (ticks() - before) * 10);
    value
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, mode, threads, model, holdout, features, ..] = args.as_slice() else {
        panic!("usage: margins held|stream THREADS MODEL HOLDOUT FEATURES [REPEATS]")
    };
    let repeats = args.get(6).map_or(5, |text| text.parse().unwrap());
    let threads: NonZeroUsize = threads.parse().unwrap();
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let features: Vec<String> = fs::read_to_string(features).unwrap().lines().map(str::to_owned).collect();
    let columns = Columns::standard(features.clone());
    let holdout = timed("records", || HeldOut::read(File::open(holdout).unwrap(), &columns).unwrap());
    let mut margins = Vec::new();
    if mode == "held" {
        let model = timed("read", || Model::read(File::open(model).unwrap(), &options).unwrap());
        for _ in 0..repeats {
            margins = timed("score", || model.matrix_margins(holdout.matrix(), threads).unwrap());
        }
    } else {
        let mut hint = None;
        for _ in 0..repeats {
            let open = || File::open(model);
            let run = || stream_margins(open, holdout.matrix(), &features, hint, &options).unwrap();
            let Streamed { margins: found, base_margin, passes, .. } = timed("stream", run);
            println!("passes: {passes}");
            (margins, hint) = (found, Some(base_margin));
        }
    }
    if let Ok(path) = std::env::var("MARGINS") {
        fs::write(path, margins.iter().flat_map(|margin| margin.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    }
    let scores: Vec<f32> = margins.into_iter().map(probability_of).collect();
    println!("auc: {:?}", roc_auc(holdout.labels(), &scores));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}
