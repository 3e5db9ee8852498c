//! Times the scoring of a held-out set, phase by phase: `margins MODEL.tar.gz HOLDOUT.csv[.gz] FEATURES.txt`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]
use meridian_scoring::{Columns, HeldOut, Model, probability_of, roc_auc};

fn cpu() -> f64 {
    // On-CPU nanoseconds of this thread: what it took, however busy the machine is.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let features: Vec<String> = std::fs::read_to_string(&args[3]).unwrap().lines().map(str::to_owned).collect();
    let holdout = HeldOut::read(std::fs::File::open(&args[2]).unwrap(), &Columns::standard(features)).unwrap();
    let start = cpu();
    let model = Model::from_archive(std::fs::File::open(&args[1]).unwrap()).unwrap();
    println!("read {:.1} ms", cpu() - start);
    for _ in 0..10 {
        let start = cpu();
        let margins = model.margins(&holdout).unwrap();
        let took = cpu() - start;
        let p: Vec<f32> = margins.into_iter().map(probability_of).collect();
        println!("score {took:.1} ms auc {:?}", roc_auc(holdout.labels(), &p));
    }
}
