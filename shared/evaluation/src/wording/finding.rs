//! What a gate found, in a sentence.

use super::leak;
use super::numbers::{decimal, percent, points, two_decimals};
use crate::evaluation::Gate;
use crate::finding::{Cut, Finding, Mend, Reference, Statistic};
use meridian_judge::Verdict;

/// Columns that a sentence names.
const NAMED: usize = 5;

pub(super) fn sentence(gate: &Gate) -> String {
    let region = gate.region.as_deref();
    let (challenger, allowed) = (number(gate.challenger), number(gate.allowed));
    match &gate.finding {
        Finding::FeatureAlone { .. }
        | Finding::NoFeatureAlone
        | Finding::AucGain { .. }
        | Finding::AucCeiling { .. }
        | Finding::TrainedOn { .. } => leak::sentence(gate),
        Finding::Compared { statistic, with, cut, mend } => {
            let mend = mend.as_ref().map_or_else(String::new, |mend| format!("; {}", advice(*mend)));
            compared(gate, *statistic, *with, *cut) + &mend
        }
        Finding::Floor { beside_champion } => {
            let beside = if *beside_champion { "whatever the champion has" } else { "no champion to compare with" };
            let relation = match gate.verdict {
                Verdict::Fail => "less than",
                Verdict::Pass => "at least",
                Verdict::Inconclusive => "perhaps less than",
            };
            let subject = subject(Statistic::Auc, region);
            format!("{subject} {challenger:.4}, {beside}: {relation} the {allowed:.4} required")
        }
        Finding::Ceiling { threshold } => {
            let relation = match gate.verdict {
                Verdict::Fail => "more than",
                Verdict::Pass => "within",
                Verdict::Inconclusive => "perhaps more than",
            };
            format!(
                "{} {} at threshold {threshold}, no champion to compare with: {relation} the {} allowed",
                subject(Statistic::FalsePositiveRate, region),
                percent(challenger),
                percent(allowed)
            )
        }
        Finding::ReasonsCompared { records } => {
            let relation = match gate.verdict {
                Verdict::Pass => "at least",
                Verdict::Fail => "less than",
                Verdict::Inconclusive => "perhaps less than",
            };
            format!(
                "{} of the top five reasons of {records} records are the champion's too, {relation} the {} required",
                percent(challenger),
                percent(allowed)
            )
        }
        Finding::NothingExplained => {
            "no record was explained by both models, so their reasons are not compared".to_owned()
        }
        Finding::TooFew { positives, negatives, floor } => {
            let subject = region.unwrap_or("the held-out set");
            format!(
                "{subject} has {positives} positives and {negatives} negatives; at least {floor} of each are needed"
            )
        }
        Finding::NotEstimable { statistic } => {
            format!("{} cannot be estimated from these records", subject(*statistic, region))
        }
        Finding::ChampionNeverAlerts => {
            "the champion alerts on no record, so there is no alert rate to keep".to_owned()
        }
        Finding::NotComparable => "scores that are not finite numbers cannot be compared".to_owned(),
        Finding::Finite { scores, bad: 0 } => format!("all {scores} scores are finite numbers"),
        Finding::Finite { scores, bad } => format!("{bad} of {scores} scores are not finite numbers"),
        Finding::Spread { lowest, highest } => {
            let [lowest, highest] = [lowest, highest].map(|score| score.unwrap_or(f64::INFINITY));
            if highest > lowest {
                format!("scores spread from {lowest:.4} to {highest:.4}")
            } else {
                format!("the model gives every record the score {lowest:.4}")
            }
        }
        Finding::Columns { empty, constant, split_on } => columns(empty, constant, *split_on),
        Finding::RegionColumns { empty } => {
            let region = region.unwrap_or("the held-out set");
            if empty.is_empty() {
                format!("no column is empty in {region} alone")
            } else {
                format!("{region}'s records lack {}, which the others have", listed(empty))
            }
        }
        Finding::HoldoutSize { rows, positives } => {
            format!("the hold-out has {rows} records, {positives} of them positives")
        }
        Finding::HoldoutRepeats { rows, repeated } => {
            format!("{repeated} of the hold-out's {rows} records repeat another one's features")
        }
        Finding::HoldoutLabelRate => format!("{} of the hold-out's records are positives", percent(challenger)),
        Finding::Unfit { why } => why.to_string(),
    }
}

/// A number that a gate lacks could not be computed.
pub(super) fn number(found: Option<f64>) -> f64 {
    found.unwrap_or(f64::NAN)
}

/// `held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0100 allowed`.
fn compared(gate: &Gate, statistic: Statistic, with: Reference, cut: Option<Cut>) -> String {
    let Manner { worse, better, number: written, size } = Manner::of(statistic);
    let worst = gate.interval.map_or(f64::NAN, |[_, high]| high);
    let moved = |by: f64| match statistic.ideal() {
        None if !size(by.abs()).contains(|c: char| c.is_ascii_digit() && c != '0') => "no difference".to_owned(),
        None => format!("{} {}", if by > 0.0 { worse } else { better }, size(by.abs())),
        Some(ideal) if matches!(with, Reference::Ideal { .. }) => format!("{} from {ideal}", size(by.abs())),
        Some(ideal) => format!("{} {} {ideal}", size(by.abs()), if by > 0.0 { worse } else { better }),
    };
    let (found, limit) = (moved(number(gate.difference)), size(number(gate.allowed)));
    let comparison = match gate.verdict {
        Verdict::Pass if worst <= 0.0 => found,
        Verdict::Pass => format!("{found}, at worst {}, within the {limit} allowed", moved(worst)),
        Verdict::Fail => format!("{found}, more than the {limit} allowed"),
        Verdict::Inconclusive => format!("{found}, but it may be {}, more than the {limit} allowed", moved(worst)),
    };
    let at = match cut {
        None => String::new(),
        // Where each model was cut, as people know it from manifests.
        Some(Cut::At(threshold)) => format!(" at threshold {}", (threshold * 1e4).round() / 1e4),
        Some(Cut::Never) => format!(" at threshold {}", f64::INFINITY),
    };
    let (other, theirs, note) = match with {
        Reference::Champion => ("champion", number(gate.champion), ""),
        // Its distance from itself is 0, which tells nobody anything.
        Reference::ChampionItself => {
            return format!(
                "{} {}{at}: {comparison}",
                subject(statistic, gate.region.as_deref()),
                written(number(gate.challenger))
            );
        }
        Reference::Ideal { value } => ("ideal", value, ""),
        Reference::Noise { expected, usual } => {
            let is_noise = gate.challenger.is_some_and(|index| index <= usual);
            ("noise alone", expected, if is_noise { " (no more than noise)" } else { "" })
        }
    };
    let subject = subject(statistic, gate.region.as_deref());
    format!("{subject} {}{at}, {other} {}: {comparison}{note}", written(number(gate.challenger)), written(theirs))
}

/// How the scores are mended.
fn advice(mend: Mend) -> String {
    match mend {
        Mend::Multiply { by } => {
            let fault = if by < 1.0 { "bold" } else { "timid" };
            format!(
                "the scores are too {fault}: multiply every margin and the threshold's log-odds by {}",
                two_decimals(by)
            )
        }
        Mend::Add { by } => {
            let fault = if by < 0.0 { "more" } else { "fewer" };
            format!(
                "the scores promise {fault} positives than there are: add {} to every margin and to the threshold's log-odds",
                two_decimals(by)
            )
        }
    }
}

/// What was measured, and where: nothing is said of the whole set, `in brazil` of a region.
fn subject(statistic: Statistic, region: Option<&str>) -> String {
    let place = region.map_or(String::new(), |region| format!(" in {region}"));
    match statistic {
        Statistic::Auc if region.is_none() => "held-out AUC".to_owned(),
        Statistic::Auc => format!("AUC{place}"),
        Statistic::FalsePositiveRate => format!("false-positive rate{place}"),
        Statistic::Recall => format!("recall{place}"),
        Statistic::FalsePositiveRateAtAlertRate => format!("at the champion's alert rate, false-positive rate{place}"),
        Statistic::RecallAtAlertRate => format!("at the champion's alert rate, recall{place}"),
        Statistic::CalibrationSlope => format!("calibration slope{place}"),
        Statistic::CalibrationIntercept => format!("calibration in the large{place}"),
        Statistic::Brier => format!("Brier score{place}"),
        Statistic::ScoreShift => format!("score shift{place} (PSI)"),
        Statistic::ScoreDistance => format!("score distance{place} (KS)"),
        Statistic::TopReasons => format!("agreement on the top reasons{place}"),
    }
}

/// How a number is written.
type Written = fn(f64) -> String;

/// How a statistic's numbers are spoken of.
struct Manner {
    /// What a difference above 0 and below 0 is called: `a drop of`, `a gain of`; after it, of a distance: `farther from`.
    worse: &'static str,
    better: &'static str,
    /// How a number, and a difference of numbers, is written.
    number: Written,
    size: Written,
}

impl Manner {
    fn of(statistic: Statistic) -> Self {
        let (worse, better) = match statistic {
            Statistic::Auc | Statistic::Recall | Statistic::RecallAtAlertRate | Statistic::TopReasons => {
                ("a drop of", "a gain of")
            }
            Statistic::ScoreShift | Statistic::ScoreDistance => ("a shift of", "a shift of"),
            Statistic::CalibrationSlope | Statistic::CalibrationIntercept => ("farther from", "nearer to"),
            Statistic::FalsePositiveRate | Statistic::FalsePositiveRateAtAlertRate | Statistic::Brier => {
                ("a rise of", "a fall of")
            }
        };
        let (number, size): (Written, Written) = match statistic {
            Statistic::FalsePositiveRate
            | Statistic::Recall
            | Statistic::FalsePositiveRateAtAlertRate
            | Statistic::RecallAtAlertRate
            | Statistic::TopReasons => (percent, points),
            Statistic::CalibrationSlope | Statistic::CalibrationIntercept => (two_decimals, two_decimals),
            Statistic::Auc | Statistic::Brier | Statistic::ScoreShift | Statistic::ScoreDistance => (decimal, decimal),
        };
        Self { worse, better, number, size }
    }
}

fn columns(empty: &[String], constant: &[String], split_on: bool) -> String {
    let parts = [("empty", empty), ("constant", constant)];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{} {} {what}", listed(names), if names.len() == 1 { "is" } else { "are" }))
        .collect();
    if parts.is_empty() {
        return "every column that the model relies on holds values".to_owned();
    }
    let splits = if split_on { ", although the model splits on it" } else { "" };
    format!("in the held-out set {}{splits}", parts.join(" and "))
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    shown.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::open;
    use meridian_judge::GateMode;

    fn gate(region: Option<&str>, verdict: Verdict, finding: Finding) -> Gate {
        let region = region.map(str::to_owned);
        Gate { region, verdict, ..open("score_shift", GateMode::Required, finding) }
    }

    #[test]
    fn a_region_named_like_a_word_of_the_sentence_stays_itself() {
        let with = Reference::Noise { expected: 0.001, usual: 0.002 };
        let finding = Finding::Compared { statistic: Statistic::ScoreShift, with, cut: None, mend: None };
        let compared = Gate {
            challenger: Some(0.002),
            difference: Some(0.001),
            interval: Some([0.0, 0.003]),
            allowed: Some(0.1),
            ..gate(Some("champion"), Verdict::Pass, finding)
        };
        assert_eq!(
            sentence(&compared),
            "score shift in champion (PSI) 0.0020, noise alone 0.0010: a shift of 0.0010, at worst a shift of 0.0030, within the \
             0.1000 allowed (no more than noise)"
        );
    }

    #[test]
    fn a_drop_of_auc_is_told_with_both_models_and_the_margin() {
        let (statistic, with) = (Statistic::Auc, Reference::Champion);
        let dropped = Gate {
            challenger: Some(0.855),
            champion: Some(0.9176),
            difference: Some(0.0626),
            interval: Some([0.05, 0.075]),
            allowed: Some(0.02),
            ..gate(None, Verdict::Fail, Finding::Compared { statistic, with, cut: None, mend: None })
        };
        assert_eq!(
            sentence(&dropped),
            "held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0200 allowed"
        );
    }

    #[test]
    fn too_few_records_one_score_and_trained_on_records_are_told() {
        let told = |verdict, finding| sentence(&Gate { allowed: Some(0.01), ..gate(None, verdict, finding) });
        assert_eq!(
            told(Verdict::Inconclusive, Finding::TooFew { positives: 1, negatives: 1, floor: 50 }),
            "the held-out set has 1 positives and 1 negatives; at least 50 of each are needed"
        );
        assert_eq!(
            told(Verdict::Fail, Finding::Spread { lowest: Some(0.7311), highest: Some(0.7311) }),
            "the model gives every record the score 0.7311"
        );
        assert_eq!(
            told(Verdict::Fail, Finding::TrainedOn { trained: 200, rows: 5000 }),
            "leak: 200 of 5000 held-out records are among the rows of training, more than the 1.00 % allowed: train \
             without them, or approve another hold-out"
        );
    }

    #[test]
    fn a_threshold_that_no_score_reaches_is_said() {
        let (statistic, with) = (Statistic::RecallAtAlertRate, Reference::Champion);
        let finding = Finding::Compared { statistic, with, cut: Some(Cut::of(f64::INFINITY)), mend: None };
        let compared = Gate {
            challenger: Some(0.0),
            champion: Some(0.5),
            difference: Some(0.5),
            interval: Some([0.4, 0.6]),
            allowed: Some(0.1),
            ..gate(None, Verdict::Fail, finding)
        };
        assert_eq!(
            sentence(&compared),
            "at the champion's alert rate, recall 0.00 % at threshold inf, champion 50.00 %: a drop of 50.00 points, more than \
             the 10.00 points allowed"
        );
    }

    #[test]
    fn a_slope_is_told_by_its_distance_from_1_and_its_fix() {
        let of = |verdict, [challenger, champion]: [f64; 2], interval: [f64; 2], mend| {
            let (statistic, with) = (Statistic::CalibrationSlope, Reference::Champion);
            let difference = (challenger - 1.0).abs() - (champion - 1.0).abs();
            sentence(&Gate {
                challenger: Some(challenger),
                champion: Some(champion),
                difference: Some(difference),
                interval: Some(interval),
                allowed: Some(0.2),
                ..gate(None, verdict, Finding::Compared { statistic, with, cut: None, mend })
            })
        };
        assert_eq!(
            of(Verdict::Pass, [1.06, 1.28], [-0.31, -0.09], None),
            "calibration slope 1.06, champion 1.28: 0.22 nearer to 1"
        );
        assert_eq!(
            of(Verdict::Fail, [0.6, 1.04], [0.21, 0.5], Some(Mend::Multiply { by: 0.6 })),
            "calibration slope 0.60, champion 1.04: 0.36 farther from 1, more than the 0.20 allowed; the scores are too bold: \
             multiply every margin and the threshold's log-odds by 0.60"
        );
    }

    #[test]
    fn wanting_columns_are_named_up_to_five() {
        let names = |count: usize| (0..count).map(|n| format!("f{n}")).collect::<Vec<_>>();
        let finding = Finding::Columns { empty: names(7), constant: names(1), split_on: true };
        assert_eq!(
            sentence(&gate(None, Verdict::Fail, finding)),
            "in the held-out set `f0`, `f1`, `f2`, `f3`, `f4` and 2 more are empty and `f0` is constant, although the model \
             splits on it"
        );
        let finding = Finding::RegionColumns { empty: names(1) };
        assert_eq!(
            sentence(&gate(Some("japan"), Verdict::Fail, finding)),
            "japan's records lack `f0`, which the others have"
        );
    }
}
