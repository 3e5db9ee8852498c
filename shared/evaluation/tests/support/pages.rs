//! Evaluations as readers meet them: good, bad, thin, first, and with everything that may stand in a page at its worst.
//! The populations are made up; everything after the margins is the real evaluation.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use meridian_evaluation::{
    Columns, Contender, Costs, Digests, Drift, EvaluateCommand, Evaluation, FeatureDrift, HeldOut, Named, Prices,
    Provenance, Remark, evaluate, html,
};
use meridian_judge::EvaluationPolicy;
use meridian_xgboost::{Attributions, Scored, ShapeError};

/// The pages by name.
pub fn all() -> Vec<(&'static str, String)> {
    CASES.iter().map(|case| (case.name, case.page())).collect()
}

/// A made-up night.
pub struct Case {
    pub name: &'static str,
    challenger: &'static str,
    champion: Option<&'static str>,
    rows: usize,
    regions: Regions,
    /// How well the challenger's scores follow the truth; the champion's do by 1.
    skill: f64,
    /// What is added to the challenger's margins.
    shift: f64,
    explained: bool,
    /// What a miss and a false alarm cost, where somebody said so.
    prices: Option<Prices>,
}

#[derive(Clone, Copy)]
enum Regions {
    None,
    Four,
    Sixty,
}

/// Whoever names a column like this wants to run something.
pub const HOSTILE: &str = "</svg><script>alert('n')</script><img src=x onerror=n()>&amp;";

pub const CASES: [Case; 5] = [
    Case {
        name: "pass",
        challenger: "v427",
        champion: Some("v426"),
        rows: 20_000,
        regions: Regions::Four,
        skill: 1.01,
        shift: 0.02,
        explained: true,
        prices: Some(Prices { miss: 400.0, false_alarm: 5.0 }),
    },
    Case {
        name: "fail",
        challenger: "v429",
        champion: Some("v426"),
        rows: 20_000,
        regions: Regions::Four,
        skill: 0.55,
        shift: 0.5,
        explained: true,
        prices: None,
    },
    Case {
        name: "inconclusive",
        challenger: "v431",
        champion: Some("v426"),
        rows: 2_500,
        regions: Regions::Four,
        skill: 1.0,
        shift: 0.0,
        explained: false,
        prices: None,
    },
    Case {
        name: "first",
        challenger: "v1",
        champion: None,
        rows: 10_000,
        regions: Regions::None,
        skill: 1.0,
        shift: 0.0,
        explained: false,
        prices: Some(Prices { miss: 0.02, false_alarm: 0.0001 }),
    },
    Case {
        name: "crowded",
        challenger: "fraud-detection-global-cards-and-transfers-retrained-2026-11-20T03-00-00Z-<candidate>",
        champion: Some("a-champion-whose-name-goes-on-and-on-without-a-single-blank-in-which-a-line-could-break"),
        rows: 40_000,
        regions: Regions::Sixty,
        skill: 0.8,
        shift: 0.3,
        explained: true,
        prices: Some(Prices { miss: 4_000_000.0, false_alarm: 30_000.0 }),
    },
];

impl Case {
    pub fn named(name: &str) -> &'static Case {
        CASES.iter().find(|case| case.name == name).unwrap()
    }

    pub fn evaluation(&self) -> Evaluation {
        let population = Population::of(self);
        let threshold = 0.5;
        let policy = EvaluationPolicy::at_threshold(threshold);
        let challenger = Contender { scored: &population.challenger, threshold };
        let champion = population.champion.as_ref().map(|scored| Contender { scored, threshold });
        let mut evaluation = evaluate(challenger, champion, &population.holdout, &policy).unwrap();
        evaluation.costs = self.prices.and_then(|prices| Costs::of(challenger, champion, &population.holdout, prices));
        evaluation.drift = match self.name {
            "pass" => Some(drift(&[])),
            "crowded" => Some(drift(&["device_age_days", HOSTILE])),
            _ => None,
        };
        if self.name == "crowded" {
            let (model, list) = ("v426.tar.gz".to_owned(), "features.txt".to_owned());
            let fault = ShapeError::Name { position: 3, expected: "velocity_1h".to_owned(), found: HOSTILE.to_owned() };
            evaluation.remarks.push(Remark::ChampionsOwnFeatures { model, list, fault });
        }
        evaluation
    }

    pub fn page(&self) -> String {
        html(&self.evaluation(), &self.provenance())
    }

    pub fn provenance(&self) -> Provenance {
        let named = |name: &str| Named {
            name: name.to_owned(),
            sha256: format!("{:064x}", name.len() as u128 * 0x9e37_79b9_7f4a_7c15_f39c),
        };
        let file = |name: &str| format!("{name}.tar.gz");
        let command = EvaluateCommand {
            challenger: file(self.challenger),
            champion: self.champion.map(file),
            holdout: "holdout.parquet".to_owned(),
            label: "label".to_owned(),
            region_column: (!matches!(self.regions, Regions::None)).then(|| "customer_region".to_owned()),
            features: None,
            image: Some("3.0-5".to_owned()),
            policy: Some("fleet.toml".to_owned()),
            ..EvaluateCommand::default()
        };
        let inputs = Digests {
            challenger: named(self.challenger),
            champion: self.champion.map(named),
            feature_files: Vec::new(),
            champion_feature_files: Vec::new(),
            holdout: named("holdout.parquet"),
            reference: None,
            training_rows: None,
            holdout_approval: None,
        };
        Provenance { inputs, repeat: vec![command.line()] }
    }
}

/// What a reference tells of fourteen features, where these moved.
fn drift(moved: &[&str]) -> Drift {
    let of = |(place, feature): (usize, &&str)| FeatureDrift {
        feature: (*feature).to_owned(),
        psi: 4.25 / (1.0 + place as f64),
        noise: 0.0021,
        missing_before: 0.0004,
        missing_after: 0.31,
    };
    let most = moved.iter().enumerate().map(of).collect();
    Drift { rows: 120_000, features: 14, moved: moved.len() as u64, most }
}

/// Records with a hidden truth that labels and margins follow.
struct Population {
    holdout: HeldOut,
    challenger: Scored,
    champion: Option<Scored>,
}

impl Population {
    fn of(case: &Case) -> Population {
        let mut random = Random(427);
        let regions = case.regions.names();
        let mut csv = "label,customer_region,x\n".to_owned();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..case.rows {
            let (truth, noise) = (random.normal(), random.normal());
            let label = random.uniform() < 1.0 / (1.0 + (6.3 - 1.9 * truth).exp());
            // Half of the records are the first region's, half of the rest the second's, and so on.
            let region = (0..regions.len() - 1).find(|_| random.uniform() < 2.2 / regions.len() as f64);
            let region = &regions[region.unwrap_or(regions.len() - 1)];
            csv += &format!("{},\"{}\",{truth:.3}\n", u8::from(label), region.replace('"', "\"\""));
            let margin = |skill: f64, own: f64| (1.9 * skill * truth + 0.7 * noise + 0.35 * own - 3.6) as f32;
            before.push(margin(1.0, random.normal()));
            after.push(margin(case.skill, random.normal()) + case.shift as f32);
        }
        let columns = Columns::standard(vec!["x".to_owned()]);
        let columns = match case.regions {
            Regions::None => Columns { region: None, ..columns },
            _ => columns,
        };
        let csv = if columns.region.is_none() { without_region(&csv) } else { csv };
        let holdout = HeldOut::read(csv.as_bytes(), &columns).unwrap();
        let explain = |margins: &[f32], skill: f64| case.explained.then(|| attributions(margins, skill));
        let champion =
            case.champion.map(|_| Scored { attributions: explain(&before, 1.0), margins: before, ..Scored::default() });
        Population {
            holdout,
            challenger: Scored { attributions: explain(&after, case.skill), margins: after, ..Scored::default() },
            champion,
        }
    }
}

fn without_region(csv: &str) -> String {
    let lines = csv.lines().map(|line| {
        let mut fields = line.split(',');
        format!("{},{}\n", fields.next().unwrap(), fields.next_back().unwrap())
    });
    lines.collect()
}

/// Contributions of fourteen features to five hundred records.
fn attributions(margins: &[f32], skill: f64) -> Attributions {
    let mut features: Vec<String> = [
        "amount_usd",
        "merchant_risk_30d",
        "device_age_days",
        "velocity_1h",
        "card_present",
        "country_mismatch",
        "hour_of_day",
        "account_age_days",
        "chargebacks_90d",
        "ip_reputation",
        "basket_size",
    ]
    .map(str::to_owned)
    .into();
    features.push(HOSTILE.to_owned());
    features.push(
        "a_feature_of_a_join_of_several_windows_over_several_tables_whose_name_was_never_meant_for_people".to_owned(),
    );
    features.push("Überweisung nach Übersee, 30 Tage".to_owned());
    let mut random = Random(skill.to_bits() | 1);
    let rows: Vec<u32> = (0..500.min(margins.len() as u32)).collect();
    let weight = |feature: usize| {
        let weight = 1.0 / (1.0 + feature as f64);
        // What a worse model lost.
        if feature == 2 { weight * (skill * skill).min(1.0) } else { weight }
    };
    let values =
        rows.iter().flat_map(|_| (0..features.len()).collect::<Vec<_>>()).map(|f| (weight(f) * random.normal()) as f32);
    Attributions { values: values.collect(), rows, features, base: -3.6 }
}

impl Regions {
    fn names(self) -> Vec<String> {
        match self {
            Regions::None => vec!["all".to_owned()],
            Regions::Four => ["europe", "australia", "japan", "brazil"].map(str::to_owned).into(),
            Regions::Sixty => (0..60)
                .map(|i| match i {
                    7 => HOSTILE.to_owned(),
                    11 => "a-region-named-after-the-path-to-its-table-in-the-warehouse".to_owned(),
                    i => format!("region-{i:02}"),
                })
                .collect(),
        }
    }
}

/// A small generator: the pages are the same on every machine.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly a standard normal: twelve uniforms less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
