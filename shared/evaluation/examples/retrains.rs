//! How often the gates reject a retrain that is no worse, and what they catch: `retrains DIR [POLICY] [ROWS]`, where DIR is
//! what `tools/train/retrains.py` wrote, POLICY a file with an `[evaluation]` table (`-` or nothing for the defaults), and
//! ROWS how many of a pair's records are used.
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a measuring tool; its input is its own")]

use meridian_evaluation::{Columns, Contender, Evaluation, HeldOut, evaluate};
use meridian_judge::{EvaluationPolicy, Verdict};
use meridian_xgboost::Scored;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Index {
    regions: Vec<String>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    file: String,
    threshold: f64,
    margins: Vec<String>,
}

/// Each model's margins.
type Margins = Vec<Vec<f32>>;

/// What came of one kind of challenger.
#[derive(Default)]
struct Tally {
    pairs: u64,
    failed: u64,
    open: u64,
    /// How often each gate blocked, and blocked alone.
    by_gate: BTreeMap<String, (u64, u64)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: retrains DIR [POLICY] [ROWS]")?;
    let policy = match arguments.next().filter(|path| path != "-") {
        Some(path) => meridian_domain::evaluation_policy(&fs::read_to_string(path)?)?,
        None => EvaluationPolicy::default(),
    };
    let rows = arguments.next().map_or(Ok(usize::MAX), |rows| rows.parse())?;
    let folder = Path::new(&folder);
    let index: Index = serde_json::from_slice(&fs::read(folder.join("index.json"))?)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for pair in &index.pairs {
        let bytes = fs::read(folder.join(&pair.file))?;
        let (holdout, margins) = read(&bytes, &index.regions, rows)?;
        let champion = Scored { margins: margins[0].clone(), ..Scored::default() };
        let champion = Contender { scored: &champion, threshold: pair.threshold };
        let mut challengers: Vec<(String, Vec<f32>)> =
            pair.margins.iter().cloned().zip(margins.iter().cloned()).skip(1).collect();
        challengers.extend(transformed(&margins[1]));
        for (name, margins) in challengers {
            let scored = Scored { margins, ..Scored::default() };
            let challenger = Contender { scored: &scored, threshold: pair.threshold };
            let evaluation = evaluate(challenger, Some(champion), &holdout, &policy)?;
            tallies.entry(name).or_default().add(&evaluation);
        }
    }
    for (name, tally) in &tallies {
        tally.print(name);
    }
    Ok(())
}

/// Challengers that are spoilt by arithmetic: margins shifted, made bolder, and turned round.
fn transformed(retrain: &[f32]) -> Vec<(String, Vec<f32>)> {
    let of = |change: fn(f32) -> f32| retrain.iter().map(|margin| change(*margin)).collect();
    vec![
        ("margins + 0.5".to_owned(), of(|margin| margin + 0.5)),
        ("margins - 0.5".to_owned(), of(|margin| margin - 0.5)),
        ("margins x 1.3".to_owned(), of(|margin| 1.3 * margin)),
        ("margins x 0.7".to_owned(), of(|margin| 0.7 * margin)),
        ("inverted".to_owned(), of(|margin| -margin)),
    ]
}

/// The held-out set (with a feature that only counts, as no model is asked here and no record may repeat) and the margins.
fn read(bytes: &[u8], regions: &[String], most: usize) -> Result<(HeldOut, Margins), Box<dyn Error>> {
    let (rows, rest) = bytes.split_at_checked(4).ok_or("too short")?;
    let rows = u32::from_le_bytes(rows.try_into()?) as usize;
    let (labels, rest) = rest.split_at_checked(rows).ok_or("too short")?;
    let (places, rest) = rest.split_at_checked(rows).ok_or("too short")?;
    let mut text = "label,customer_region,x\n".to_owned();
    for (row, (label, place)) in labels.iter().zip(places).enumerate().take(most) {
        text += &format!("{label},{},{}\n", regions[usize::from(*place)], row);
    }
    let holdout = HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()]))?;
    let floats: Vec<f32> = rest.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let kept = |margins: &[f32]| margins.iter().copied().take(most).collect();
    Ok((holdout, floats.chunks_exact(rows).map(kept).collect()))
}

impl Tally {
    fn add(&mut self, evaluation: &Evaluation) {
        self.pairs += 1;
        self.failed += u64::from(evaluation.verdict == Verdict::Fail);
        self.open += u64::from(evaluation.verdict == Verdict::Inconclusive);
        let blocking: Vec<String> = evaluation
            .gates
            .iter()
            .filter(|gate| gate.blocks())
            .map(|gate| format!("{}{}", gate.name, if gate.region.is_some() { " (region)" } else { "" }))
            .collect();
        let alone = blocking.iter().all(|name| *name == blocking[0]);
        let mut names = blocking;
        names.sort();
        names.dedup();
        for name in names {
            let (blocked, only) = self.by_gate.entry(name).or_default();
            *blocked += 1;
            *only += u64::from(alone);
        }
    }

    fn print(&self, name: &str) {
        let rejected = self.failed + self.open;
        let share = |count: u64| 100.0 * count as f64 / self.pairs as f64;
        println!(
            "{name:16} {rejected:4} of {:4} not approved ({:5.1} %, 95 % bounds {:.1} to {:.1} %): {} failed, {} inconclusive",
            self.pairs,
            share(rejected),
            100.0 * (1.0 - upper_bound(self.pairs - rejected, self.pairs)),
            100.0 * upper_bound(rejected, self.pairs),
            self.failed,
            self.open,
        );
        let gates: Vec<String> =
            self.by_gate.iter().map(|(gate, (blocked, only))| format!("{gate} {blocked} ({only})")).collect();
        println!("{:16}      blocked by (alone): {}", "", gates.join(", "));
    }
}

/// The exact (Clopper-Pearson) upper bound of a share, one-sided at 97.5 %, so that two of them make a 95 % interval.
fn upper_bound(part: u64, whole: u64) -> f64 {
    if part == whole {
        return 1.0;
    }
    let (mut low, mut high) = (part as f64 / whole as f64, 1.0);
    for _ in 0..60 {
        let share = f64::midpoint(low, high);
        if at_most(part, whole, share) > 0.025 {
            low = share;
        } else {
            high = share;
        }
    }
    high
}

/// P(binomial(whole, share) <= part).
fn at_most(part: u64, whole: u64, share: f64) -> f64 {
    let mut term = whole as f64 * (1.0 - share).ln();
    let mut sum = term.exp();
    for count in 1..=part {
        term += ((whole - count + 1) as f64 / count as f64 * share / (1.0 - share)).ln();
        sum += term.exp();
    }
    sum
}
