//! Small files that somebody made to bring their reader down. Each is read by a process of its own, as the functions and the command
//! line read it, and neither that process nor the one that it starts takes more than [`MEMORY`] and [`SECONDS`] of processor time,
//! whatever is in the file; it ends with an answer.
//!
//! The file is its own harness: it must be able to start itself as such a process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "hostile/models.rs"]
mod models;
#[path = "hostile/tables.rs"]
mod tables;

mod support;

use meridian_evaluation::{Columns, HeldOut, isolated};
use meridian_xgboost::{Image, ReadOptions, Sample, Served};
use std::num::NonZeroUsize;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

/// The largest file of the corpus.
const LARGEST: usize = 1 << 20;
/// What a process, and the one that it starts, may hold together.
const MEMORY: u64 = 300 << 20;
/// Processor time, as [`libc::RLIMIT_CPU`] counts it: past it the process is killed.
const SECONDS: u64 = 20;
/// The argument of the process that reads one case.
const READ: &str = "--read";

/// A held-out file and a model, either of them made to do harm, and a part of what is said of them; nothing where they are taken.
pub struct Case {
    name: &'static str,
    says: &'static str,
    features: usize,
    files: Box<dyn Fn() -> Files>,
}

/// A held-out file, and a model where one is asked for.
type Files = (Vec<u8>, Option<Vec<u8>>);

fn main() -> ExitCode {
    if let Some(code) = isolated::serve() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let [first, holdout, model, features] = arguments.as_slice()
        && first == READ
    {
        return read(holdout, model, features.parse().unwrap());
    }
    let cases: Vec<Case> = tables::cases().into_iter().chain(models::cases()).collect();
    let asked = |case: &&Case| {
        let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
        names.is_empty()
            || names
                .iter()
                .any(|name| if has("--exact") { *name == case.name } else { case.name.contains(name.as_str()) })
    };
    if has("--list") {
        if !has("--ignored") {
            cases.iter().filter(asked).for_each(|case| println!("{}: test", case.name));
        }
        return ExitCode::SUCCESS;
    }
    let failures = cases.iter().filter(asked).filter(|case| !case.holds()).count();
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Case {
    fn holds(&self) -> bool {
        let (records, archive) = (self.files)();
        let size = records.len().max(archive.as_ref().map_or(0, Vec::len));
        assert!(size <= LARGEST, "{}: {size} bytes", self.name);
        let folder = tempfile::tempdir().unwrap();
        let (holdout, model) = (folder.path().join("holdout"), folder.path().join("model"));
        std::fs::write(&holdout, &records).unwrap();
        if let Some(bytes) = &archive {
            std::fs::write(&model, bytes).unwrap();
        }
        let ran = Command::new(std::env::current_exe().unwrap())
            .arg(READ)
            .args([&holdout, &model])
            .arg(self.features.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let (peak, said) = said.split_once(' ').unwrap_or(("", &said));
        let peak = peak.parse::<u64>().unwrap_or(u64::MAX);
        let answered = ran.status.success() && said.contains(self.says) && said.len() < 4000;
        let holds = answered && peak < MEMORY;
        let (word, signal) = (if holds { "ok" } else { "FAILED" }, ran.status.signal());
        println!("{word} {}: {size} bytes, {} MB, signal {signal:?}: {said}", self.name, peak >> 20);
        holds
    }
}

/// Reads both files, as `shadow-eval` does, and prints what came of it behind the most memory that it took.
fn read(holdout: &str, model: &str, features: usize) -> ExitCode {
    let limit = libc::rlimit { rlim_cur: SECONDS, rlim_max: SECONDS };
    // SAFETY: `setrlimit` reads the struct, which lives until it returns.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_CPU, &raw const limit) }, 0);
    let said = evaluate(holdout, model, features).unwrap_or_else(|error| error);
    println!("{} {said}", peak());
    ExitCode::SUCCESS
}

fn evaluate(holdout: &str, model: &str, features: usize) -> Result<String, String> {
    let names: Vec<String> = (0..features).map(|feature| format!("f{feature}")).collect();
    let columns = Columns::standard(names.clone());
    let records = HeldOut::read(std::fs::File::open(holdout).unwrap(), &columns).map_err(|error| error.to_string())?;
    let Ok(file) = std::fs::File::open(model) else { return Ok(format!("read {} records", records.rows())) };
    let sample = Sample::of(records.matrix(), records.features(), records.labels());
    let two = NonZeroUsize::MIN.saturating_add(1);
    let options = ReadOptions { image: Image::V3_0, threads: two, ..ReadOptions::default() };
    let served = Served::read(file, &options, Some(&sample)).map_err(|error| error.to_string())?;
    let (said, _) = served.answer(records.matrix(), &names, two).map_err(|error| error.to_string())?;
    Ok(format!("scored {} records", said.scored.margins.len()))
}

/// The most memory that this process had, and the largest of those that it started.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let own = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
    // SAFETY: `rusage` is plain numbers, for which zeros are values; `getrusage` writes into it while it lives.
    let children = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage.ru_maxrss as u64
    };
    1024 * (own + children)
}
