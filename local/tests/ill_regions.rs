//! One service of one region is ill for twenty minutes of the region's turn: only that region waits.
//!
//! Region x service x kind x moment, one night each. In every one the other regions get the release the same night, people are
//! paged at most once by the fleet, and the ill region ends proved on one release or recorded as unknown. Where a region answers nobody
//! it leaves DNS, which is told once from outside it, whatever its wave says (I14). `make test` simulates one night in
//! [`STRIDE`]; `make ill-regions` (`MERIDIAN_ILL_REGIONS=all`) simulates them all, and prints a row for each.
//!
//! Home is left out: its own services carry the whole wave.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]
#![allow(clippy::disallowed_methods, reason = "how many nights are simulated is asked of whoever runs the test")]
#![allow(clippy::print_stdout, reason = "the matrix is printed, row by row")]

use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Chain, Record, RegionName};
use meridian_local::night::{self, Functions, Options, Report, Scenario};
use meridian_local::world::Fault;
use std::fmt;

const SEED: u64 = 7;
/// One night in so many is simulated unless the environment says otherwise: ten in all, of nearly every service.
const STRIDE: usize = 79;
/// How long the service is ill.
const LASTS: SignedDuration = SignedDuration::from_mins(20);
/// What an illness may cost the wave in time.
const LATER: SignedDuration = SignedDuration::from_mins(40);
const RELEASE: &str = "v427";
/// The service by which a region answers its customers.
const DATA_PLANE: &str = "sage-maker-runtime";
/// What the alarm outside of a region says of it.
const LEFT_DNS: &str = "has left DNS";

/// The regions whose services fall ill.
const REGIONS: [&str; 3] = ["ap-southeast-2", "ap-northeast-1", "sa-east-1"];
const SERVICES: [&str; 7] =
    ["s3", "sage-maker", "sage-maker-runtime", "cloud-watch", "sns", "sts", "application-auto-scaling"];
/// How a service is ill, and how late it answers where it is slow: within the three seconds that a client gives each try, or after
/// them, when what was asked is done all the same. `dark` takes SageMaker's control plane, STS and scaling together.
const KINDS: [(&str, Option<SignedDuration>); 6] = [
    ("throttle", None),
    ("fail", None),
    ("unavailable", None),
    ("time-out", None),
    ("slow", Some(SignedDuration::from_secs(2))),
    ("slow", Some(SignedDuration::from_secs(5))),
];

/// When in the region's turn the illness begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Two minutes before the region's update is intended.
    Before,
    /// As its update is intended.
    Start,
    /// While its new instances come.
    Provisioning,
    /// A minute into the canary.
    Canary,
    /// Right before the last decision.
    Decision,
    /// Once the release is proved there, and is not judged at full load.
    Shifted,
}

const MOMENTS: [Moment; 6] =
    [Moment::Before, Moment::Start, Moment::Provisioning, Moment::Canary, Moment::Decision, Moment::Shifted];

/// One night of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    region: &'static str,
    /// Empty for `dark`, which names its services itself.
    service: &'static str,
    kind: &'static str,
    /// How late it answers, where it is slow.
    late: Option<SignedDuration>,
    moment: Moment,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { region, service, kind, late, moment } = self;
        let kind = late.map_or_else(|| (*kind).to_owned(), |late| format!("{kind} {late:#}"));
        write!(f, "{region:<15} {service:<24} {kind:<12} {:<13}", format!("{moment:?}"))
    }
}

fn cells() -> Vec<Cell> {
    let illnesses = SERVICES.into_iter().flat_map(|service| KINDS.into_iter().map(move |kind| (service, kind)));
    let illnesses: Vec<_> = [("", ("dark", None))].into_iter().chain(illnesses).collect();
    let of = |region, moment| {
        illnesses.iter().map(move |(service, (kind, late))| Cell { region, service, kind, late: *late, moment })
    };
    REGIONS.into_iter().flat_map(|region| MOMENTS.into_iter().flat_map(move |moment| of(region, moment))).collect()
}

/// The fault of a cell, as a scenario would write it.
fn fault(cell: Cell, from: Timestamp) -> Fault {
    let kind = serde_json::from_value(cell.kind.into()).unwrap();
    let service = (!cell.service.is_empty()).then(|| serde_json::from_value(cell.service.into()).unwrap());
    let time = |at: Timestamp| Some(at.strftime("%H:%M:%S").to_string().parse().unwrap());
    let region = Some(cell.region.parse().unwrap());
    Fault { region, service, from: time(from), until: time(from + LASTS), delay: cell.late, ..Fault::of(kind) }
}

fn scenario() -> Scenario {
    let mut scenario = Scenario::load("good-night").unwrap();
    scenario.lasts += LATER;
    scenario
}

fn simulated(scenario: &Scenario) -> Report {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: SEED, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    night::run(scenario, &options, &mut |_| {}).unwrap()
}

/// When a region's turn came to a moment in a night in which nothing went wrong.
fn begins(usual: &Report, cell: Cell) -> Timestamp {
    let region: RegionName = cell.region.parse().unwrap();
    let first = |wanted: fn(&Record) -> bool| {
        let chain = &usual.ledger[&Chain::Region(region.clone()).to_string()];
        chain.iter().find(|entry| entry.at > usual.from && wanted(&entry.record)).unwrap().at
    };
    let intended = || first(|record| matches!(record, Record::UpdateIntended { .. }));
    match cell.moment {
        Moment::Before => intended() - SignedDuration::from_mins(2),
        Moment::Start => intended(),
        Moment::Provisioning => intended() + SignedDuration::from_mins(1),
        Moment::Canary => first(|record| matches!(record, Record::CanaryStarted { .. })) + SignedDuration::from_mins(1),
        Moment::Decision => first(|record| matches!(record, Record::Decided { .. })) - SignedDuration::from_secs(20),
        Moment::Shifted => first(|record| matches!(record, Record::Confirmed { .. })) + SignedDuration::from_secs(1),
    }
}

/// What the night promised and did not keep.
fn broken(cell: Cell, report: &Report) -> Vec<String> {
    let always = report.unexpected.iter().filter(|problem| problem.what.breaks_invariant());
    let mut broken: Vec<String> = always.map(|problem| problem.words.clone()).collect();
    for end in &report.fleet {
        let unknown = report.regions[&end.region].unknown.is_some();
        if end.region.as_str() == cell.region {
            if !end.confirmed_by_endpoint && !unknown {
                broken.push(format!("{}'s ledger says {:?}, its endpoint {}", end.title, end.version, end.status));
            }
        } else if end.version.as_deref() != Some(RELEASE) || !end.confirmed_by_endpoint {
            broken.push(format!("{} is on {}", end.title, end.version.as_deref().unwrap_or("unknown")));
        }
    }
    let (outside, fleets): (Vec<_>, Vec<_>) = report.pages.iter().partition(|page| page.message.contains(LEFT_DNS));
    if fleets.len() > 1 || outside.len() > usize::from(cell.service == DATA_PLANE) {
        let subjects: Vec<&str> = report.pages.iter().map(|page| page.subject.as_str()).collect();
        broken.push(format!("{} pages: {}", subjects.len(), subjects.join(" / ")));
    }
    broken
}

/// Simulates the cell's night, prints its row, and returns which promises it broke.
fn check_cell(cell: Cell, usual: &Report) -> String {
    let mut scenario = scenario();
    scenario.fault.push(fault(cell, begins(usual, cell)));
    let report = simulated(&scenario);
    let broken = broken(cell, &report).join("; ");
    let ill = report.fleet.iter().find(|end| end.region.as_str() == cell.region).unwrap();
    let pages: Vec<&str> = report.pages.iter().map(|page| page.subject.as_str()).collect();
    let (version, pages) = (ill.version.as_deref().unwrap_or("unknown"), pages.join(" / "));
    println!("{cell} {version:<8} {:<6} {broken} [{pages}]", if broken.is_empty() { "ok" } else { "BROKEN" });
    broken
}

/// The nights that are asked for: all, every how-manieth, or those whose row has these words.
fn asked_for() -> Vec<Cell> {
    let asked = std::env::var("MERIDIAN_ILL_REGIONS").unwrap_or_else(|_| STRIDE.to_string());
    match asked.parse() {
        Ok(stride) => cells().into_iter().step_by(stride).collect(),
        Err(_) if asked == "all" => cells(),
        Err(_) => cells().into_iter().filter(|cell| has_words(*cell, &asked)).collect(),
    }
}

fn has_words(cell: Cell, words: &str) -> bool {
    let row = cell.to_string();
    words.split_whitespace().all(|word| row.contains(word))
}

#[test]
fn only_the_ill_region_waits() {
    let usual = simulated(&scenario());
    assert!(usual.as_expected, "{:?}", usual.unexpected);
    let cells = asked_for();
    let broken: Vec<String> = cells
        .iter()
        .filter_map(|cell| {
            let broken = check_cell(*cell, &usual);
            (!broken.is_empty()).then(|| format!("{cell} {broken}"))
        })
        .collect();
    println!("{} nights, {} broken", cells.len(), broken.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
