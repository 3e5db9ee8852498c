//! The evaluation gates that a release did not pass.

use meridian_domain::Verdict;
use meridian_domain::reason::{GateRuling, Shortage};

/// The number of gates on all records that are described in full. The rest are only named.
const IN_FULL: usize = 4;

/// A sentence for each gate that decided. Where gates on all records did, regions are only named.
pub(super) fn decided(rulings: &[GateRuling], more: u64) -> Vec<String> {
    let mut told: Vec<&GateRuling> = Vec::new();
    for ruling in rulings {
        // Where the records are too few, every gate says the same.
        let same = |other: &&GateRuling| {
            ruling.shortage.is_some() && (&other.region, other.shortage) == (&ruling.region, ruling.shortage)
        };
        if !told.iter().any(same) {
            told.push(ruling);
        }
    }
    let (whole, regional): (Vec<&GateRuling>, Vec<&GateRuling>) =
        told.into_iter().partition(|ruling| ruling.region.is_none());
    let mut sentences: Vec<String> = whole.iter().take(IN_FULL).map(|ruling| sentence(ruling)).collect();
    let rest: Vec<String> = whole.iter().skip(IN_FULL).map(|ruling| name(&ruling.gate)).collect();
    if !rest.is_empty() {
        sentences.push(format!("also not passed: {}", rest.join(", ")));
    }
    if whole.is_empty() {
        sentences.extend(regional.iter().map(|ruling| sentence(ruling)));
    } else if !regional.is_empty() {
        let mut regions: Vec<&str> = regional.iter().filter_map(|ruling| ruling.region.as_deref()).collect();
        regions.sort_unstable();
        regions.dedup();
        sentences.push(format!("gates failed in these customer regions too: {}", regions.join(", ")));
    }
    if more > 0 {
        sentences.push(format!("{more} more gates are in the report"));
    }
    sentences
}

/// `held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0100 allowed`.
fn sentence(ruling: &GateRuling) -> String {
    if let Some(Shortage { positives, negatives, floor }) = ruling.shortage {
        let subject = ruling.region.as_deref().unwrap_or("the held-out set");
        return format!(
            "{subject} has {positives} positives and {negatives} negatives; at least {floor} of each are needed"
        );
    }
    let failed = ruling.verdict == Verdict::Fail;
    if let Some(said) = of_records(ruling, failed) {
        return said;
    }
    let form = Form::of(&ruling.gate);
    let subject = subject(ruling);
    let Some(challenger) = ruling.challenger.map(|number| form.number(number)) else {
        return format!("{subject}: {}", if failed { "failed" } else { "no conclusion" });
    };
    let champion = ruling.champion.map_or_else(String::new, |number| format!(", champion {}", form.number(number)));
    let relation = match ruling.allowed.map(|limit| form.size(limit)) {
        None => ruling.verdict.to_string(),
        Some(limit) => match (ruling.difference.map(|by| form.moved(by)), failed) {
            (Some(moved), true) => format!("{moved}, more than the {limit} allowed"),
            (Some(moved), false) => format!("{moved}, but it may be more than the {limit} allowed"),
            // A bound of its own number: at least for what is good, at most for what is bad.
            (None, _) => {
                let relation = if form.is_gain { "less than" } else { "more than" };
                let limit = ruling.allowed.map_or(limit, |limit| form.number(limit));
                let wanted = if form.is_gain { "required" } else { "allowed" };
                format!("{}{relation} the {limit} {wanted}", if failed { "" } else { "perhaps " })
            }
        },
    };
    let mend = ruling.challenger.map_or_else(String::new, |number| form.mend(number));
    format!("{subject} {challenger}{champion}: {relation}{mend}")
}

/// Gates on the records and on the scores: their numbers are not compared with the champion's.
fn of_records(ruling: &GateRuling, failed: bool) -> Option<String> {
    let number = ruling.challenger?;
    if let Some(said) = of_leaks(ruling, number) {
        return Some(said);
    }
    let share = |share: f64| format!("{:.2} %", 100.0 * share);
    let allowed = |write: &dyn Fn(f64) -> String| ruling.allowed.map_or_else(|| "none".to_owned(), write);
    Some(match ruling.gate.as_str() {
        "holdout_size" => {
            let least = allowed(&|least| least.to_string());
            format!("the hold-out has {number} records, fewer than the {least} required")
        }
        "holdout_repeats" => format!(
            "{} of the hold-out's records repeat another one's features, more than the {} allowed",
            share(number),
            allowed(&share)
        ),
        "holdout_label_rate" => {
            format!(
                "{} of the hold-out's records are positives, outside the bound of {}",
                share(number),
                allowed(&share)
            )
        }
        "finite" => format!("{number} scores are not finite numbers"),
        "constant" => "the model gives every record the same score".to_owned(),
        "missing" => match &ruling.region {
            Some(region) => format!("columns that the model uses are empty only in {region}: {number}"),
            None if failed => format!("columns that the model splits on are empty or constant: {number}"),
            None => format!("columns are empty or constant: {number}"),
        },
        "top_reasons" => format!(
            "{} of the top reasons are the champion's too, {} the {} required",
            share(number),
            if failed { "less than" } else { "perhaps less than" },
            allowed(&share)
        ),
        _ => return None,
    })
}

/// Gates on leaks: a model that knows what no request will tell it.
fn of_leaks(ruling: &GateRuling, number: f64) -> Option<String> {
    let auc = |number: f64| fixed(number, 4);
    let champion = ruling.champion.map_or_else(String::new, |number| format!(", champion {}", auc(number)));
    let allowed = ruling.allowed.map_or_else(|| "none".to_owned(), auc);
    let knows = "is it known when a request comes? If not, train without it";
    let look = ruling.feature.as_ref().map_or_else(
        || "look for features that know the label".to_owned(),
        |feature| format!("it goes by `{feature}` first: {knows}"),
    );
    Some(match (ruling.gate.as_str(), &ruling.feature, ruling.difference) {
        ("leak_feature", Some(feature), _) => {
            format!("leak: `{feature}` alone ranks the records with AUC {}{champion}; {knows}", auc(number))
        }
        ("leak_gain", _, Some(gain)) => format!(
            "leak: held-out AUC {}{champion}: a gain of {}, more than the {allowed} that is believed; {look}",
            auc(number),
            auc(gain)
        ),
        ("leak_gain", _, None) => {
            format!("leak: held-out AUC {}, more than the {allowed} that is believed of any model; {look}", auc(number))
        }
        ("leak_records", ..) => format!(
            "leak: {:.2} % of the held-out records are among the rows of training, more than the {} allowed",
            100.0 * number,
            ruling.allowed.map_or_else(|| "none".to_owned(), |most| format!("{:.2} %", 100.0 * most))
        ),
        _ => return None,
    })
}

fn subject(ruling: &GateRuling) -> String {
    match &ruling.region {
        None if ruling.gate == "auc" => "held-out AUC".to_owned(),
        None => name(&ruling.gate),
        Some(region) => format!("{} in {region}", name(&ruling.gate)),
    }
}

/// What people call a gate.
fn name(gate: &str) -> String {
    match gate {
        "auc" => "AUC",
        "false_positive_rate" => "false-positive rate",
        "false_positive_rate_at_alert_rate" => "at the champion's alert rate, false-positive rate",
        "recall_at_alert_rate" => "at the champion's alert rate, recall",
        "calibration_intercept" => "calibration in the large",
        "brier" => "Brier score",
        "score_shift" => "score shift (PSI)",
        "score_distance" => "score distance (KS)",
        "leak_feature" => "leak: one feature alone",
        "leak_gain" => "leak: gain of AUC",
        "leak_records" => "leak: records trained on",
        "finite" => "finite scores",
        "constant" => "constant scores",
        "missing" => "missing values",
        "holdout_size" => "hold-out size",
        "holdout_repeats" => "repeated hold-out records",
        "holdout_label_rate" => "hold-out label rate",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

/// How a gate's numbers are written.
struct Form {
    /// A share, written as a percentage.
    is_share: bool,
    decimals: usize,
    /// More is better.
    is_gain: bool,
    /// Neither more nor less is better.
    is_shift: bool,
    /// What a perfect model has, of a gate that judges the distance from it.
    ideal: Option<f64>,
}

impl Form {
    fn of(gate: &str) -> Self {
        let is_recall = ["recall", "recall_at_alert_rate"].contains(&gate);
        let ideal = match gate {
            "calibration_slope" => Some(1.0),
            "calibration_intercept" => Some(0.0),
            _ => None,
        };
        Self {
            is_share: is_recall || ["false_positive_rate", "false_positive_rate_at_alert_rate"].contains(&gate),
            decimals: if ideal.is_some() { 2 } else { 4 },
            is_gain: is_recall || gate == "auc",
            is_shift: ["score_shift", "score_distance"].contains(&gate),
            ideal,
        }
    }

    fn number(&self, number: f64) -> String {
        if self.is_share { format!("{:.2} %", 100.0 * number) } else { fixed(number, self.decimals) }
    }

    /// A difference of two shares; "1 % more" could be read as a ratio.
    fn size(&self, size: f64) -> String {
        if self.is_share { format!("{:.2} points", 100.0 * size) } else { fixed(size, self.decimals) }
    }

    /// `by` is above 0 where the challenger is worse.
    fn moved(&self, by: f64) -> String {
        if let Some(ideal) = self.ideal {
            return format!("{} {} {ideal}", self.size(by.abs()), if by > 0.0 { "farther from" } else { "nearer to" });
        }
        let direction = match (self.is_shift, self.is_gain, by > 0.0) {
            (true, ..) => "a shift of",
            (_, true, true) => "a drop of",
            (_, true, false) => "a gain of",
            (_, false, true) => "a rise of",
            (_, false, false) => "a fall of",
        };
        format!("{direction} {}", self.size(by.abs()))
    }

    /// How a model is recalibrated whose slope or calibration in the large this is.
    fn mend(&self, challenger: f64) -> String {
        let by = self.number(challenger);
        match self.ideal {
            None => String::new(),
            Some(ideal) if ideal > 0.0 => format!("; multiply every margin and the threshold's log-odds by {by}"),
            Some(_) => format!("; add {by} to every margin and to the threshold's log-odds"),
        }
    }
}

/// With a minus sign, which is no hyphen; what rounds to zero has none.
fn fixed(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let is_zero = !text.contains(|c: char| c.is_ascii_digit() && c != '0');
    if number < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}
