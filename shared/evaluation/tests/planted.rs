//! What evaluation must catch, and what it must let through: each planted fault is stopped by the gate that is named for
//! it, and models that are as good as the champion pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use flate2::read::GzDecoder;
use meridian_evaluation::{Columns, Contender, Evaluation, Finding, Gate, HeldOut, Mend, evaluate};
use meridian_judge::{EvaluationPolicy, Verdict};
use meridian_xgboost::{Image, Matrix, Model, ReadOptions, Scored};
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use support::{archive, holdout, model};

/// The operating threshold of the committed champion.
const THRESHOLD: f64 = 0.81;

/// The committed records, and what the committed models say about them.
struct Committed {
    holdout: HeldOut,
    champion: Vec<f32>,
    retrained: Model,
    challenger: Vec<f32>,
    /// The features by how far the challenger's margins move without them, farthest first.
    telling: Vec<usize>,
}

static COMMITTED: LazyLock<Committed> = LazyLock::new(|| {
    let (holdout, retrained) = (holdout(), model("v427"));
    let champion = holdout.margins(&model("v426")).unwrap();
    let challenger = holdout.margins(&retrained).unwrap();
    let telling = telling(&retrained, &holdout);
    Committed { holdout, champion, retrained, challenger, telling }
});

fn telling(model: &Model, holdout: &HeldOut) -> Vec<usize> {
    let few: Vec<&[f32]> = (0..holdout.rows()).step_by(200).map(|row| holdout.row(row)).collect();
    let says = |rows: Vec<Vec<f32>>| -> Vec<f32> { rows.iter().map(|row| model.margin(row).unwrap()).collect() };
    let with = says(few.iter().map(|row| row.to_vec()).collect());
    let moved = |feature: usize| -> f32 {
        let without = says(few.iter().map(|row| changed(row, |row| row[feature] = f32::NAN)).collect());
        with.iter().zip(without).map(|(with, without)| (with - without).abs()).sum()
    };
    let mut ranked: Vec<(usize, f32)> = (0..holdout.features().len()).map(|at| (at, moved(at))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.into_iter().map(|(feature, _)| feature).collect()
}

fn changed(row: &[f32], change: impl Fn(&mut Vec<f32>)) -> Vec<f32> {
    let mut row = row.to_vec();
    change(&mut row);
    row
}

impl Committed {
    /// What the challenger says when every record reaches it changed.
    fn served(&self, change: impl Fn(&mut Vec<f32>)) -> Vec<f32> {
        let width = self.holdout.features().len();
        let values: Vec<f32> =
            (0..self.holdout.rows()).flat_map(|row| changed(self.holdout.row(row), &change)).collect();
        self.retrained.matrix_margins(Matrix::new(&values, width).unwrap(), NonZeroUsize::MIN).unwrap()
    }

    /// The challenger's margins, those of one region's records replaced.
    fn only_in(&self, region: &str, other: &[f32]) -> Vec<f32> {
        let index = self.holdout.region_names().iter().position(|name| name == region).unwrap();
        let is_there = self.holdout.regions().iter().map(|of| usize::from(*of) == index);
        is_there
            .zip(&self.challenger)
            .zip(other)
            .map(|((there, own), other)| if there { *other } else { *own })
            .collect()
    }

    fn margins(&self, change: impl Fn(f32) -> f32) -> Planted {
        Planted::of(self.challenger.iter().map(|margin| change(*margin)).collect())
    }

    fn judge(&self, planted: &Planted, holdout: &HeldOut, rows: usize) -> Evaluation {
        let champion = Scored { margins: self.champion[..rows].to_vec(), ..Scored::default() };
        let margins = planted.margins[..rows].to_vec();
        let challenger = Scored { margins, splits: planted.splits.clone(), attributions: None };
        let policy = EvaluationPolicy::default();
        let at = |scored, threshold| Contender { scored, threshold };
        evaluate(at(&challenger, planted.threshold), Some(at(&champion, THRESHOLD)), holdout, &policy).unwrap()
    }
}

/// A challenger as it would be served.
struct Planted {
    margins: Vec<f32>,
    threshold: f64,
    splits: Option<Vec<u32>>,
}

impl Planted {
    fn of(margins: Vec<f32>) -> Planted {
        Planted { margins, threshold: THRESHOLD, splits: None }
    }
}

/// What is wrong, the gate that must say so, in which region, and how it is made.
type Case = (&'static str, &'static str, Option<&'static str>, fn(&Committed) -> Planted);

const BAD: [Case; 18] = [
    ("the callers' columns come in another order", "auc", None, |committed| {
        Planted::of(committed.served(|row| row.rotate_right(1)))
    }),
    ("the two columns that tell most are swapped", "auc", None, |committed| {
        Planted::of(committed.served(|row| row.swap(committed.telling[0], committed.telling[1])))
    }),
    ("a leaked feature that training had is never sent", "calibration_intercept", None, |committed| {
        Planted::of(committed.served(|row| row[committed.telling[0]] = f32::NAN))
    }),
    ("a feed of eight features stands still", "recall", None, |committed| {
        Planted::of(committed.served(|row| committed.telling[..8].iter().for_each(|feature| row[*feature] = 0.0)))
    }),
    ("amounts are sent in cents", "auc", None, |committed| {
        Planted::of(committed.served(|row| row[..160].iter_mut().for_each(|amount| *amount *= 100.0)))
    }),
    ("one region's labels had drifted in training", "auc", Some("brazil"), |committed| {
        let turned: Vec<f32> = committed.challenger.iter().map(|margin| -2.0 - margin).collect();
        Planted::of(committed.only_in("brazil", &turned))
    }),
    ("one region's features come empty", "auc", Some("japan"), |committed| {
        let without =
            committed.served(|row| committed.telling[..40].iter().for_each(|feature| row[*feature] = f32::NAN));
        Planted::of(committed.only_in("japan", &without))
    }),
    ("the threshold is on another scale", "false_positive_rate", None, |committed| Planted {
        threshold: 0.5,
        ..Planted::of(committed.challenger.clone())
    }),
    ("the threshold is so high that little is found", "recall", None, |committed| Planted {
        threshold: 0.97,
        ..Planted::of(committed.challenger.clone())
    }),
    ("training saw another share of positives", "calibration_intercept", None, |committed| {
        committed.margins(|margin| margin + 0.7)
    }),
    ("scores are too bold", "calibration_slope", None, |committed| committed.margins(|margin| 1.6 * margin)),
    ("scores are too timid", "calibration_slope", None, |committed| committed.margins(|margin| 0.6 * margin)),
    ("scores are turned round", "auc", None, |committed| committed.margins(|margin| -margin)),
    ("training's labels were shuffled", "auc", None, |committed| {
        let rows = committed.challenger.len();
        // A step that shares no factor with the 10,000 rows takes every record's score to another one.
        Planted::of((0..rows).map(|row| committed.challenger[(row * 4_001 + 7) % rows]).collect())
    }),
    ("every score is the same", "constant", None, |committed| committed.margins(|_| 0.25)),
    ("a score is not a number", "finite", None, |committed| {
        let mut planted = committed.margins(|margin| margin);
        planted.margins[17] = f32::NAN;
        planted
    }),
    ("an early-stopped model is served up to its best round only", "calibration_slope", None, |committed| {
        Planted::of(committed.holdout.margins(&stopped_early(30)).unwrap())
    }),
    ("a model trained on stale data", "auc", None, |committed| {
        Planted::of(committed.holdout.margins(&model("v429")).unwrap())
    }),
];

/// The committed challenger, saying that its best round was `rounds`, as the image serves it that goes by that.
fn stopped_early(rounds: usize) -> Model {
    let file = archive("v427");
    let mut tar = tar::Archive::new(GzDecoder::new(file.as_slice()));
    let mut bytes = Vec::new();
    tar.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut bytes).unwrap();
    let empty = b"attributes{}";
    let at = bytes.windows(empty.len()).position(|window| window == empty).unwrap() + empty.len() - 1;
    let text = |text: &str| [b"L".as_slice(), &(text.len() as u64).to_be_bytes(), text.as_bytes()].concat();
    let attribute = [text("best_ntree_limit"), b"S".to_vec(), text(&rounds.to_string())].concat();
    bytes.splice(at..at, attribute);
    Model::read(bytes.as_slice(), &ReadOptions { image: Image::V1_7, ..ReadOptions::default() }).unwrap()
}

#[test]
fn every_planted_fault_is_caught_by_the_gate_named_for_it() {
    let committed = &*COMMITTED;
    let mut missed = Vec::new();
    for (fault, gate, region, plant) in BAD {
        let evaluation = committed.judge(&plant(committed), &committed.holdout, committed.holdout.rows());
        let named = |found: &&Gate| found.name == gate && found.region.as_deref() == region;
        let caught =
            evaluation.gates.iter().find(named).is_some_and(|gate| gate.blocks() && gate.verdict == Verdict::Fail);
        if !caught || evaluation.verdict != Verdict::Fail {
            missed.push(format!("{fault}: not by {gate}, but {:?}", said(&evaluation)));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn challengers_as_good_as_the_champion_pass() {
    let committed = &*COMMITTED;
    let good: [(&str, Planted); 5] = [
        ("trained on newer records", committed.margins(|margin| margin)),
        ("the champion itself", Planted::of(committed.champion.clone())),
        ("as bold as a retrain may be", committed.margins(|margin| 1.05 * margin)),
        ("rounded", committed.margins(|margin| (margin * 64.0).round() / 64.0)),
        ("the mean of both", {
            Planted::of(
                committed
                    .champion
                    .iter()
                    .zip(&committed.challenger)
                    .map(|(old, new)| f32::midpoint(*old, *new))
                    .collect(),
            )
        }),
    ];
    for (name, planted) in good {
        let evaluation = committed.judge(&planted, &committed.holdout, committed.holdout.rows());
        assert_eq!(evaluation.verdict, Verdict::Pass, "{name}: {:?}", said(&evaluation));
    }
}

/// Calibrated at last, and its threshold moved alike: it alerts on the same records, and every score means what it says.
#[test]
fn a_challenger_that_is_recalibrated_passes() {
    let committed = &*COMMITTED;
    let policy = EvaluationPolicy::default();
    let plain = committed.judge(&committed.margins(|margin| margin), &committed.holdout, committed.holdout.rows());
    let (slope, intercept) =
        (plain.challenger.calibration_slope.unwrap(), plain.challenger.calibration_intercept.unwrap());
    assert!(
        intercept < -8.0 * policy.max_intercept_change,
        "far from calibrated, as training is oversampled: {intercept}"
    );
    let of = |change: &dyn Fn(f64) -> f64| {
        let threshold = 1.0 / (1.0 + (-change((THRESHOLD / (1.0 - THRESHOLD)).ln())).exp());
        let planted = Planted { threshold, ..committed.margins(|margin| change(f64::from(margin)) as f32) };
        committed.judge(&planted, &committed.holdout, committed.holdout.rows())
    };
    for evaluation in [of(&|margin| margin + intercept), of(&|margin| slope * margin + intercept)] {
        assert_eq!(evaluation.verdict, Verdict::Pass, "{:?}", said(&evaluation));
        assert_eq!(evaluation.challenger.alert_rate, plain.challenger.alert_rate);
        let gate = |name: &str| evaluation.gates.iter().find(|gate| gate.name == name).unwrap();
        let [_, farthest] = gate("calibration_intercept").interval.unwrap();
        assert!(farthest <= 0.0, "not surely nearer to 0: {farthest}");
        assert_eq!(gate("score_shift").verdict, Verdict::Fail, "moved scores are told");
    }
}

/// The step that the finding names.
#[test]
fn what_the_gate_says_mends_the_calibration() {
    let committed = &*COMMITTED;
    let bold = committed.margins(|margin| 1.6 * margin);
    let found = committed.judge(&bold, &committed.holdout, committed.holdout.rows());
    let slope = found.gates.iter().find(|gate| gate.name == "calibration_slope").unwrap();
    let Finding::Compared { mend: Some(Mend::Multiply { by }), .. } = slope.finding else { panic!("{slope:?}") };
    let mended = Planted::of(bold.margins.iter().map(|margin| (by * f64::from(*margin)) as f32).collect());
    let mended =
        committed.judge(&mended, &committed.holdout, committed.holdout.rows()).challenger.calibration_slope.unwrap();
    assert!((mended - 1.0).abs() < 1e-4, "{mended}");
}

/// With some seventy positives an equal challenger may be left open, but a bad one is known to be bad.
#[test]
fn what_is_clearly_bad_fails_on_few_records_too() {
    let committed = &*COMMITTED;
    let rows = 2_000;
    let holdout = first(&committed.holdout, rows);
    for fault in [
        "the callers' columns come in another order",
        "scores are turned round",
        "training's labels were shuffled",
        "every score is the same",
        "the threshold is on another scale",
    ] {
        let (.., plant) = BAD.iter().find(|(name, ..)| *name == fault).unwrap();
        let evaluation = committed.judge(&plant(committed), &holdout, rows);
        assert_eq!(evaluation.verdict, Verdict::Fail, "{fault}: {:?}", said(&evaluation));
    }
}

/// The reasons for a verdict, in words.
fn said(evaluation: &Evaluation) -> Vec<String> {
    evaluation.reasons().iter().map(ToString::to_string).collect()
}

/// The labels and regions of the first records; the margins are given, so one column is enough.
fn first(holdout: &HeldOut, rows: usize) -> HeldOut {
    let mut text = "label,customer_region,x\n".to_owned();
    for (row, (label, region)) in holdout.labels().iter().zip(holdout.regions()).enumerate().take(rows) {
        let region = &holdout.region_names()[usize::from(*region)];
        text += &format!("{},{region},{row}\n", u8::from(*label));
    }
    HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()])).unwrap()
}

#[test]
fn a_column_that_the_records_lack_blocks_and_is_named() {
    let committed = &*COMMITTED;
    let rows = 2_000;
    let mut text = "label,customer_region,x,empty,stuck\n".to_owned();
    for (row, (label, region)) in
        committed.holdout.labels().iter().zip(committed.holdout.regions()).enumerate().take(rows)
    {
        let region = &committed.holdout.region_names()[usize::from(*region)];
        text += &format!("{},{region},{row},,7\n", u8::from(*label));
    }
    let names = ["x", "empty", "stuck"].map(str::to_owned).to_vec();
    let holdout = HeldOut::read(text.as_bytes(), &Columns::standard(names)).unwrap();
    let judge = |splits: Option<Vec<u32>>| {
        let evaluation =
            committed.judge(&Planted { splits, ..Planted::of(committed.champion.clone()) }, &holdout, rows);
        let missing = |gate: &&Gate| gate.name == "missing" && gate.region.is_none();
        evaluation.gates.iter().find(missing).unwrap().clone()
    };
    let used = judge(Some(vec![9, 3, 8]));
    assert!(used.blocks() && used.verdict == Verdict::Fail, "{used:?}");
    let (empty, constant) = (vec!["empty".to_owned()], vec!["stuck".to_owned()]);
    assert_eq!(used.finding, Finding::Columns { empty, constant, split_on: true });
    assert_eq!(judge(Some(vec![9, 0, 0])).verdict, Verdict::Pass, "nobody misses what no split asks for");
    assert!(!judge(None).blocks(), "without counted splits the gate is advisory");
}
