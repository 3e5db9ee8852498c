//! Models that are better than the champion, or as good, are approved; the same draws with a fault are not.
//!
//! Each draw of a seed has its own champion, challengers and records. `cargo test -p meridian-evaluation --test improvements --
//! --ignored` counts 100 draws, and holds the table of docs/evaluating.md to them: `UPDATE_TABLES=1` writes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "support/population.rs"]
mod population;

use meridian_evaluation::{Contender, Evaluation, HeldOut, evaluate};
use meridian_judge::{EvaluationPolicy, Verdict};
use meridian_xgboost::Scored;
use population::{IDLE, NEW, Random, Regression, Sample, TELLING, recalibration, threshold_at};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const HELD_OUT: usize = 10_000;
/// How much weights are drawn to 0.
const RIDGE: f64 = 1.0;
const TRAINING: usize = 12_000;
/// What a champion's threshold is chosen for.
const FALSE_POSITIVES: f64 = 0.01;
/// Of the champion's margins, as the case that was reported had it: too timid, with a slope of about 1.28.
const TIMID: f64 = 1.0 / 1.28;

/// One champion, and what it is judged on.
struct Draw {
    seed: u64,
    records: Sample,
    holdout: HeldOut,
    /// Records on which thresholds are chosen and scores are recalibrated.
    validation: Sample,
    /// What challengers are trained on.
    training: Sample,
    champion: Regression,
}

/// A model as it is served.
#[derive(Clone)]
struct Served {
    margins: Vec<f32>,
    /// Scores from here on are alerts, as log-odds.
    threshold: f64,
}

impl Served {
    /// With each margin, and the threshold, moved alike.
    fn moved(self, change: impl Fn(f64) -> f64) -> Served {
        let margins = self.margins.iter().map(|margin| change(f64::from(*margin)) as f32).collect();
        Served { margins, threshold: change(self.threshold) }
    }

    /// With each margin moved, and the threshold left where it was.
    fn spoilt(self, change: impl Fn(f64) -> f64) -> Served {
        let Served { margins, threshold } = self;
        Served { margins: margins.iter().map(|margin| change(f64::from(*margin)) as f32).collect(), threshold }
    }

    fn contender<'a>(&self, scored: &'a mut Scored) -> Contender<'a> {
        scored.margins.clone_from(&self.margins);
        Contender { scored, threshold: 1.0 / (1.0 + (-self.threshold).exp()) }
    }
}

impl Draw {
    fn of(seed: u64) -> Draw {
        let seed = 1_000 * (seed + 1);
        let records = Sample::drawn(seed + 1, HELD_OUT);
        let holdout = records.held_out(seed + 2);
        let champions = Sample::for_training(seed + 4, TRAINING);
        let champion = Regression::trained(&champions, TRAINING, 0..TELLING + IDLE, RIDGE);
        let (validation, training) = (Sample::drawn(seed + 3, 20_000), Sample::for_training(seed + 5, 2 * TRAINING));
        Draw { seed, records, holdout, validation, training, champion }
    }

    /// A model on the held-out records, its threshold chosen where so many negatives of the validation alert.
    fn served(&self, model: &Regression, false_positives: f64) -> Served {
        let asked = model.margins(&self.validation);
        let threshold = threshold_at(&asked, &self.validation.labels, false_positives);
        Served { margins: model.margins(&self.records), threshold }
    }

    fn champion(&self) -> Served {
        self.served(&self.champion, FALSE_POSITIVES)
    }

    /// A model recalibrated on the validation, its threshold alike.
    fn calibrated(&self, model: &Regression) -> Served {
        let (intercept, slope) = recalibration(&model.margins(&self.validation), &self.validation.labels);
        self.served(model, FALSE_POSITIVES).moved(|margin| intercept + slope * margin)
    }

    fn trained(&self, rows: usize, features: impl IntoIterator<Item = usize>) -> Regression {
        Regression::trained(&self.training, rows, features, RIDGE)
    }

    fn retrained(&self, rows: usize, features: impl IntoIterator<Item = usize>) -> Served {
        self.served(&self.trained(rows, features), FALSE_POSITIVES)
    }

    fn retrain(&self) -> Served {
        self.retrained(TRAINING, 0..TELLING + IDLE)
    }

    /// Goes by features that the champion does not have.
    fn better(&self) -> Served {
        self.retrained(TRAINING, 0..TELLING + IDLE + NEW)
    }

    fn judge(&self, [champion, challenger]: &[Served; 2]) -> Evaluation {
        let (mut new, mut old) = (Scored::default(), Scored::default());
        let (new, old) = (challenger.contender(&mut new), champion.contender(&mut old));
        evaluate(new, Some(old), &self.holdout, &EvaluationPolicy::default()).unwrap()
    }
}

/// What is better or wrong, and the champion and the challenger with it.
type Case = (&'static str, fn(&Draw) -> [Served; 2]);

/// The improvement of a champion that is too timid.
const STEEPER: &str = "the same, slope 1.28 to about 1";

const IMPROVEMENTS: [Case; 9] = [
    ("another seed", |draw| [draw.champion(), draw.retrain()]),
    ("twice the training records", |draw| [draw.champion(), draw.retrained(2 * TRAINING, 0..TELLING + IDLE)]),
    ("without features that tell nothing", |draw| [draw.champion(), draw.retrained(TRAINING, 0..TELLING)]),
    ("features that tell more", |draw| [draw.champion(), draw.better()]),
    ("the same, half the false positives", |draw| {
        let model = draw.trained(TRAINING, 0..TELLING + IDLE + NEW);
        [draw.champion(), draw.served(&model, 0.5 * FALSE_POSITIVES)]
    }),
    (STEEPER, |draw| {
        let champion = draw.calibrated(&draw.champion).moved(|margin| TIMID * margin);
        [champion, draw.calibrated(&draw.trained(TRAINING, 0..TELLING + IDLE + NEW))]
    }),
    ("recalibrated, threshold alike", |draw| [draw.champion(), draw.calibrated(&draw.champion)]),
    ("retrained and recalibrated", |draw| {
        [draw.champion(), draw.calibrated(&draw.trained(TRAINING, 0..TELLING + IDLE))]
    }),
    ("threshold lowered to 1.3 % false positives", |draw| {
        [draw.champion(), draw.served(&draw.champion, 1.3 * FALSE_POSITIVES)]
    }),
];

const FAULTS: [Case; 9] = [
    ("log-odds raised by 0.7", |draw| [draw.champion(), draw.retrain().spoilt(|margin| margin + 0.7)]),
    ("log-odds lowered by 1.2", |draw| [draw.champion(), draw.retrain().spoilt(|margin| margin - 1.2)]),
    ("scores 1.6 times as bold", |draw| [draw.champion(), draw.retrain().moved(|margin| 1.6 * margin)]),
    ("scores 0.6 times as bold", |draw| [draw.champion(), draw.retrain().moved(|margin| 0.6 * margin)]),
    ("a quarter of the telling features", |draw| [draw.champion(), draw.retrained(TRAINING, 0..TELLING / 4)]),
    ("a hundredth of the training records", |draw| {
        [draw.champion(), draw.retrained(TRAINING / 100, 0..TELLING + IDLE)]
    }),
    ("threshold at 3 % false positives", |draw| [draw.champion(), draw.served(&draw.champion, 3.0 * FALSE_POSITIVES)]),
    ("threshold so high that half is lost", |draw| {
        [draw.champion(), draw.served(&draw.champion, 0.1 * FALSE_POSITIVES)]
    }),
    ("the label leaks into the score", |draw| {
        let mut served = draw.better();
        let mut random = Random::new(draw.seed + 6);
        let leak = |label: &bool| if *label { 6.0 + random.normal() } else { 0.0 };
        let leaks: Vec<f64> = draw.records.labels.iter().map(leak).collect();
        served.margins.iter_mut().zip(leaks).for_each(|(margin, leak)| *margin += leak as f32);
        [draw.champion(), served]
    }),
];

/// How many draws each case's challenger is approved in, and what held it back elsewhere.
fn approved(cases: &[Case], draws: u64) -> Vec<(&'static str, u64, Vec<String>)> {
    let mut found: Vec<(&'static str, u64, Vec<String>)> =
        cases.iter().map(|(name, _)| (*name, 0, Vec::new())).collect();
    for draw in (0..draws).map(Draw::of) {
        for ((_, make), (_, count, held)) in cases.iter().zip(&mut found) {
            let evaluation = draw.judge(&make(&draw));
            *count += u64::from(evaluation.verdict == Verdict::Pass);
            held.extend(
                evaluation
                    .gates
                    .iter()
                    .filter(|gate| gate.blocks())
                    .map(|gate| format!("{}{}", gate.name, if gate.region.is_some() { " (region)" } else { "" })),
            );
        }
    }
    found
}

/// Draws that the page's table counts.
const COUNTED: u64 = 100;
/// Approvals of a case in so many draws: of an improvement at least, of a fault at most.
const LEAST: u64 = 98;
const MOST: u64 = 2;
/// Gates that a row of the table names.
const NAMED: usize = 3;
/// Where the page's table begins and ends.
const START: &str = "<!-- improvements:start -->\n";
const END: &str = "<!-- improvements:end -->";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evaluating.md")
}

/// The page before its table, the table, and the page behind it.
fn parts(page: &str) -> [&str; 3] {
    let (before, rest) = page.split_once(START).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    [before, table, after]
}

/// The page's table of so many draws.
fn table(found: &[(&str, u64, Vec<String>)]) -> String {
    let row = |(name, count, held): &(&str, u64, Vec<String>)| format!("| {name} | {count} | {} |\n", most(held));
    format!(
        "`UPDATE_TABLES=1 cargo test -p meridian-evaluation --test improvements -- --ignored`, with the draws in which a gate held \
         the challenger back:\n\n\
         | planted | approved, of {COUNTED} | held back by |\n|---|---|---|\n{}",
        found.iter().map(row).collect::<String>()
    )
}

/// The gates that held a challenger back most often: `` `brier` 84, `auc` 3 and 2 more ``.
fn most(held: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    held.iter().for_each(|gate| *counts.entry(gate).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(gate, count)| (Reverse(*count), *gate));
    let named: Vec<String> = counts.iter().take(NAMED).map(|(gate, count)| format!("`{gate}` {count}")).collect();
    match counts.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// `auc 3, recall 1`.
fn tally(mut held: Vec<String>) -> String {
    held.sort();
    let counts: Vec<String> =
        held.chunk_by(|one, other| one == other).map(|same| format!("{} {}", same[0], same.len())).collect();
    counts.join(", ")
}

#[test]
fn every_planted_improvement_is_approved() {
    const DRAWS: u64 = 5;
    for (improvement, count, held) in approved(&IMPROVEMENTS, DRAWS) {
        assert!(
            COUNTED * count >= LEAST * DRAWS,
            "{improvement}: approved in {count} of {DRAWS}; held back by {}",
            tally(held)
        );
    }
}

#[test]
fn no_fault_of_the_same_draws_is_approved() {
    for (fault, count, _) in approved(&FAULTS, 3) {
        assert_eq!(count, 0, "{fault}");
    }
}

/// The calibration of a champion that is too timid is no reason to keep it.
#[test]
fn a_slope_that_moves_to_1_passes_as_nearer() {
    let draw = Draw::of(0);
    let (_, make) = IMPROVEMENTS.iter().find(|(name, _)| *name == STEEPER).unwrap();
    let evaluation = draw.judge(&make(&draw));
    let slope = evaluation.gates.iter().find(|gate| gate.name == "calibration_slope").unwrap();
    assert_eq!(slope.verdict, Verdict::Pass, "{}", slope.reason());
    assert!(slope.difference.unwrap() < 0.0 && slope.interval.unwrap()[1] <= 0.0, "{}", slope.reason());
}

#[test]
#[ignore = "1,800 evaluations and as many trained models: minutes; the table of docs/evaluating.md"]
#[expect(clippy::disallowed_methods, reason = "a person asks for the table to be written anew")]
fn the_pages_table_is_that_of_100_draws() {
    let draw = Draw::of(0);
    for (name, make) in &IMPROVEMENTS {
        let found = draw.judge(&make(&draw));
        println!("{name}: {:?}\n  for {:?}", found.challenger, found.champion);
    }
    let (improvements, faults) = (approved(&IMPROVEMENTS, COUNTED), approved(&FAULTS, COUNTED));
    for (name, count, held) in improvements.iter().chain(&faults) {
        println!("{name}: {count}; {}", tally(held.clone()));
    }
    improvements.iter().for_each(|(name, count, _)| assert!(*count >= LEAST, "{name}: {count}"));
    faults.iter().for_each(|(name, count, _)| assert!(*count <= MOST, "{name}: {count}"));
    let text = std::fs::read_to_string(page()).unwrap();
    let [before, _, after] = parts(&text);
    let written = format!("{before}{START}{}{END}{after}", table(&[improvements, faults].concat()));
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(page(), &written).unwrap();
    }
    assert!(text == written, "docs/evaluating.md is stale: run this test with UPDATE_TABLES=1");
}

/// What can be held without counting: a case that is added or renamed makes the page stale.
#[test]
fn the_pages_table_has_every_case_within_its_bound() {
    let text = std::fs::read_to_string(page()).unwrap();
    let rows = parts(&text)[1].lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let rows: Vec<(&str, u64)> = rows
        .map(|row| {
            let mut cells = row.split(" | ");
            (cells.next().unwrap(), cells.next().unwrap().parse().unwrap())
        })
        .collect();
    let cases: Vec<&str> = IMPROVEMENTS.iter().chain(&FAULTS).map(|(name, _)| *name).collect();
    let told: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(told, cases, "docs/evaluating.md is stale");
    let (improvements, faults) = rows.split_at(IMPROVEMENTS.len());
    assert!(improvements.iter().all(|(_, count)| (LEAST..=COUNTED).contains(count)), "{improvements:?}");
    assert!(faults.iter().all(|(_, count)| *count <= MOST), "{faults:?}");
}
