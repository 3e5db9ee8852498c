//! A model that knows the answers is stopped first, by the feature that told it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/population.rs"]
mod population;

use flate2::{Compression, write::GzEncoder};
use meridian_evaluation::{
    Columns, Contender, Evaluation, Finding, Gate, HeldOut, HoldoutError, Reason, RowDigestsError, TrainedOn, Warning,
    evaluate, evaluate_after_training,
};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use meridian_xgboost::{Attributions, Scored};
use population::Random;
use std::fmt::Write as _;
use std::io::Write as _;

const ROWS: usize = 5_000;
const NAMES: [&str; 3] = ["amount", "chargeback_id", "age"];

/// Records in which a column knows the label, of all positives or of some.
struct LeakyRecords {
    holdout: HeldOut,
    champion: Vec<f32>,
    /// What an honest retrain says, and what one says that goes by the column.
    honest: Vec<f32>,
    leaking: Vec<f32>,
}

impl LeakyRecords {
    /// `known` is the share of the positives that have a chargeback before they are labelled.
    fn of(known: f64) -> LeakyRecords {
        let mut random = Random::new(7);
        let mut text = "label,customer_region,amount,chargeback_id,age\n".to_owned();
        let mut models = [Vec::new(), Vec::new(), Vec::new()];
        for row in 0..ROWS {
            let risk = random.normal();
            let label = random.uniform() < 1.0 / (1.0 + (5.0 - 2.2 * risk).exp());
            let is_known = label && random.uniform() < known;
            let chargeback = if is_known { row.to_string() } else { String::new() };
            writeln!(text, "{},europe,{:.6},{chargeback},{}", u8::from(label), risk + 0.4 * random.normal(), row % 60)
                .unwrap();
            let common = 1.6 * risk + 0.3 * random.normal() - 3.0;
            for (margins, leak) in models.iter_mut().zip([0.0, 0.0, 9.0]) {
                let leak = if is_known { leak } else { 0.0 };
                margins.push((common + 0.2 * random.normal() + leak) as f32);
            }
        }
        let holdout = HeldOut::read(text.as_bytes(), &Columns::standard(names())).unwrap();
        let [champion, honest, leaking] = models;
        LeakyRecords { holdout, champion, honest, leaking }
    }

    fn judge(&self, challenger: &Scored, champion: bool) -> Evaluation {
        let old = Scored { margins: self.champion.clone(), ..Scored::default() };
        let at = |scored| Contender { scored, threshold: 0.5 };
        let policy = EvaluationPolicy { max_fpr: 1.0, ..EvaluationPolicy::default() };
        evaluate(at(challenger), champion.then(|| at(&old)), &self.holdout, &policy).unwrap()
    }
}

fn names() -> Vec<String> {
    NAMES.map(str::to_owned).to_vec()
}

fn scored(margins: &[f32], splits: Option<[u32; 3]>) -> Scored {
    Scored { margins: margins.to_vec(), splits: splits.map(|splits| splits.to_vec()), ..Scored::default() }
}

fn gate<'a>(evaluation: &'a Evaluation, name: &str) -> &'a Gate {
    evaluation.gates.iter().find(|gate| gate.name == name).unwrap()
}

/// The gates on leaks, by their names.
fn leaks(evaluation: &Evaluation) -> Vec<&str> {
    evaluation.gates.iter().map(|gate| gate.name.as_str()).filter(|name| name.starts_with("leak_")).collect()
}

#[test]
fn a_feature_that_knows_the_label_is_named_before_all_else() {
    let leaky = LeakyRecords::of(1.0);
    for champion in [true, false] {
        let evaluation = leaky.judge(&scored(&leaky.leaking, Some([9, 3, 8])), champion);
        assert_eq!(evaluation.verdict, Verdict::Fail);
        assert_eq!(evaluation.gates[0].name, "leak_feature");
        let reasons = evaluation.reasons();
        assert!(matches!(reasons[0], Reason::Gate(gate) if gate.name == "leak_feature"), "{reasons:?}");
        let alone = gate(&evaluation, "leak_feature");
        assert!(
            matches!(&alone.finding, Finding::FeatureAlone { feature, .. } if feature == "chargeback_id"),
            "{alone:?}"
        );
        assert!(alone.challenger.unwrap() > 0.9999, "{alone:?}");
        let told = alone.reason();
        assert!(
            told.contains(" % of the model's lead on chance (AUC 0.5), and from 95.00 % on it is a leak; "),
            "{told}"
        );
        assert_eq!(gate(&evaluation, "leak_gain").verdict, Verdict::Fail, "AUC 1.000 is a leak by itself");
    }
}

#[test]
fn a_gain_too_good_to_be_true_is_a_leak_of_the_feature_gone_by() {
    // Of five positives in a hundred the column knows nothing.
    let leaky = LeakyRecords::of(0.85);
    let mut challenger = scored(&leaky.leaking, None);
    // Of two records: the challenger goes by the second feature.
    let values = vec![0.2, -3.0, 0.1, -0.2, 2.0, 0.1];
    challenger.attributions = Some(Attributions { rows: vec![0, 1], features: names(), values, base: 0.0 });
    let evaluation = leaky.judge(&challenger, true);
    assert_eq!(evaluation.verdict, Verdict::Fail);
    assert_eq!(
        gate(&evaluation, "leak_feature").verdict,
        Verdict::Pass,
        "{}",
        gate(&evaluation, "leak_feature").reason()
    );
    let gain = gate(&evaluation, "leak_gain");
    assert_eq!(gain.verdict, Verdict::Fail, "{}", gain.reason());
    assert_eq!(gain.finding, Finding::AucGain { suspect: Some("chargeback_id".to_owned()) });
    assert_eq!(evaluation.reasons()[0], Reason::Gate(gain));
    assert!(!evaluation.warnings().iter().any(|warning| matches!(warning, Warning::ImplausibleGain(_))));
}

#[test]
fn an_honest_model_shows_no_leak_whatever_columns_lie_beside_it() {
    let leaky = LeakyRecords::of(1.0);
    // The column is in the records, and no split of the model asks for it.
    let evaluation = leaky.judge(&scored(&leaky.honest, Some([9, 0, 8])), true);
    assert_eq!(leaks(&evaluation), ["leak_feature", "leak_gain"]);
    for name in leaks(&evaluation) {
        assert_eq!(gate(&evaluation, name).verdict, Verdict::Pass, "{}", gate(&evaluation, name).reason());
    }
    assert_eq!(evaluation.verdict, Verdict::Pass, "{:?}", evaluation.reasons());
    let off = EvaluationPolicy { leaks: GateMode::Off, ..EvaluationPolicy::default() };
    let leaking = scored(&leaky.leaking, None);
    let evaluation = evaluate(Contender { scored: &leaking, threshold: 0.5 }, None, &leaky.holdout, &off).unwrap();
    assert_eq!(leaks(&evaluation), Vec::<&str>::new());
}

/// The digest of a row as docs/evaluating.md writes it down: SHA-256 of its little-endian f32, in the order served.
fn digest(row: &[f32]) -> String {
    let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
    let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn records_that_training_saw_are_counted_and_stop_the_release() {
    let leaky = LeakyRecords::of(0.0);
    let served = ["age", "amount"].map(str::to_owned);
    let rows = |count: usize| -> String {
        let row = |row: usize| [leaky.holdout.row(row)[2], leaky.holdout.row(row)[0]];
        (0..count).map(|index| digest(&row(index)) + "\n").chain([digest(&[1.0, f32::NAN]) + "\r\n"]).collect()
    };
    let count = |text: &[u8]| TrainedOn::count(text, leaky.holdout.records(), &served).unwrap();
    let seen = count((rows(200) + &rows(200)).as_bytes());
    assert_eq!(seen, TrainedOn { trained: 200, rows: ROWS as u64, listed: 402 });
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(rows(30).as_bytes()).unwrap();
    let few = count(&packed.finish().unwrap());
    assert_eq!((few.trained, few.listed), (30, 31));

    let judge = |trained: Option<TrainedOn>| {
        let (new, old) = (scored(&leaky.honest, None), scored(&leaky.champion, None));
        let at = |scored| Contender { scored, threshold: 0.5 };
        evaluate_after_training(at(&new), Some(at(&old)), &leaky.holdout, trained, &EvaluationPolicy::default())
            .unwrap()
    };
    let evaluation = judge(Some(seen));
    let records = gate(&evaluation, "leak_records");
    assert_eq!(records.finding, Finding::TrainedOn { trained: 200, rows: ROWS as u64 });
    assert_eq!((records.verdict, records.allowed), (Verdict::Fail, Some(0.01)));
    assert_eq!(evaluation.reasons()[0], Reason::Gate(records));
    assert_eq!(judge(Some(few)).verdict, Verdict::Pass);
    assert!(!judge(None).gates.iter().any(|gate| gate.name == "leak_records"), "nobody said what training saw");
}

#[test]
fn what_is_no_list_of_digests_is_refused_without_its_text() {
    let leaky = LeakyRecords::of(0.0);
    let count = |text: &str| TrainedOn::count(text.as_bytes(), leaky.holdout.records(), &names());
    let good = "ab".repeat(32);
    assert!(matches!(count(""), Err(RowDigestsError::Empty)));
    for wrong in ["1700.5,3,44", &format!("{good}0"), &good.replacen('a', "g", 1), &"0".repeat(100_000)] {
        let error = count(&format!("{good}\n\n{wrong}\n")).unwrap_err();
        assert!(matches!(error, RowDigestsError::NotADigest { line: 3 }), "{error}");
    }
    let lacking = TrainedOn::count(good.as_bytes(), leaky.holdout.records(), &["income".to_owned()]).unwrap_err();
    assert!(
        matches!(&lacking, RowDigestsError::Features(HoldoutError::Columns { missing, .. }) if *missing == ["income"]),
        "{lacking}"
    );
}
