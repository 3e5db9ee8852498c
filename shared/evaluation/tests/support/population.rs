//! A made-up population of customers, and models that are trained on samples of it: logistic regressions, so that hundreds of
//! them are trained within a test's seconds. What tells two models apart (luck, more records, other features) is as real as
//! with trees.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use meridian_evaluation::{Columns, HeldOut};

/// Hidden causes of fraud.
const FACTORS: usize = 8;
/// Features that tell something, and after them such as tell nothing, and such as only a better model has: the last of these
/// tells what no sum of the others does.
pub const TELLING: usize = 16;
pub const IDLE: usize = 8;
pub const NEW: usize = 3;
const WIDTH: usize = TELLING + IDLE + NEW;
const REGIONS: [(&str, f64); 4] = [("europe", 0.42), ("australia", 0.67), ("japan", 0.86), ("brazil", 1.0)];
/// Share of positives in training: far more than customers send, so that no model is calibrated in absolute terms.
const TRAINED_POSITIVES: f64 = 0.25;

/// A small generator, the same on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        // Neighbouring seeds must not begin alike.
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let _ = [random.uniform(), random.uniform()];
        random
    }

    pub fn uniform(&mut self) -> f64 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal number (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Records with their labels.
pub struct Sample {
    pub rows: Vec<[f64; WIDTH]>,
    pub labels: Vec<bool>,
}

/// How each feature follows the factors: the world that no seed changes.
fn loads() -> Vec<[f64; FACTORS]> {
    let mut random = Random::new(427);
    let load = |scale: f64, random: &mut Random| std::array::from_fn(|_| scale * random.normal());
    let scale = |feature: usize| match feature {
        feature if feature < TELLING => 0.6,
        feature if feature < TELLING + IDLE => 0.0,
        _ => 1.2,
    };
    (0..WIDTH).map(|feature| load(scale(feature), &mut random)).collect()
}

fn factors_and_label(random: &mut Random) -> ([f64; FACTORS], bool) {
    let factors: [f64; FACTORS] = std::array::from_fn(|_| random.normal());
    let risk: f64 =
        factors.iter().zip([1.3, 1.1, -0.9, 0.8, -0.7, 0.6, 0.4, 0.3]).map(|(factor, weight)| factor * weight).sum();
    let logit = -8.2 + 1.4 * risk + 1.5 * factors[0] * factors[1];
    (factors, random.uniform() < 1.0 / (1.0 + (-logit).exp()))
}

impl Sample {
    /// Records as customers send them.
    pub fn drawn(seed: u64, rows: usize) -> Sample {
        Sample::kept(seed, rows, |_, _| true)
    }

    /// Records as training takes them: every positive, and so many negatives that [`TRAINED_POSITIVES`] are positives.
    pub fn for_training(seed: u64, rows: usize) -> Sample {
        let share = 0.033 * (1.0 - TRAINED_POSITIVES) / TRAINED_POSITIVES / (1.0 - 0.033);
        Sample::kept(seed, rows, |label, random| label || random.uniform() < share)
    }

    fn kept(seed: u64, rows: usize, keep: impl Fn(bool, &mut Random) -> bool) -> Sample {
        let (loads, mut random) = (loads(), Random::new(seed));
        let mut sample = Sample { rows: Vec::with_capacity(rows), labels: Vec::with_capacity(rows) };
        while sample.rows.len() < rows {
            let (factors, label) = factors_and_label(&mut random);
            if keep(label, &mut random) {
                let follows =
                    |load: &[f64; FACTORS]| load.iter().zip(&factors).map(|(load, factor)| load * factor).sum::<f64>();
                let pair = factors[0] * factors[1];
                let cause = |feature: usize| if feature == WIDTH - 1 { pair } else { follows(&loads[feature]) };
                sample.rows.push(std::array::from_fn(|feature| cause(feature) + 0.8 * random.normal()));
                sample.labels.push(label);
            }
        }
        sample
    }

    /// As held-out records, with one column that no model is asked about.
    pub fn held_out(&self, seed: u64) -> HeldOut {
        let mut random = Random::new(seed);
        let mut text = "label,customer_region,x\n".to_owned();
        for (row, label) in self.labels.iter().enumerate() {
            let at = random.uniform();
            let (region, _) = REGIONS.iter().find(|(_, end)| at < *end).unwrap();
            text += &format!("{},{region},{row}\n", u8::from(*label));
        }
        HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()])).unwrap()
    }
}

/// A logistic regression.
#[derive(Clone)]
pub struct Regression {
    features: Vec<usize>,
    /// The intercept, then each feature's.
    weights: Vec<f64>,
}

impl Regression {
    /// Trained on the sample's first `rows` records by Newton's method, each weight drawn to 0 by `ridge`.
    pub fn trained(sample: &Sample, rows: usize, features: impl IntoIterator<Item = usize>, ridge: f64) -> Regression {
        let features: Vec<usize> = features.into_iter().collect();
        let mut model = Regression { weights: vec![0.0; features.len() + 1], features };
        for _ in 0..6 {
            let step = model.step(sample, rows, ridge);
            model.weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
        }
        model
    }

    fn step(&self, sample: &Sample, rows: usize, ridge: f64) -> Vec<f64> {
        let width = self.weights.len();
        let (mut gradient, mut curvature) = (vec![0.0; width], vec![vec![0.0; width]; width]);
        for (row, label) in sample.rows.iter().zip(&sample.labels).take(rows) {
            let inputs: Vec<f64> =
                std::iter::once(1.0).chain(self.features.iter().map(|feature| row[*feature])).collect();
            let margin: f64 = inputs.iter().zip(&self.weights).map(|(input, weight)| input * weight).sum();
            let promised = 1.0 / (1.0 + (-margin).exp());
            let (residual, weight) = (f64::from(u8::from(*label)) - promised, promised * (1.0 - promised));
            for (place, input) in inputs.iter().enumerate() {
                gradient[place] += residual * input;
                let scaled = weight * input;
                curvature[place].iter_mut().zip(&inputs).for_each(|(sum, other)| *sum += scaled * other);
            }
        }
        for place in 1..width {
            gradient[place] -= ridge * self.weights[place];
            curvature[place][place] += ridge;
        }
        solved(curvature, gradient)
    }

    pub fn margins(&self, sample: &Sample) -> Vec<f32> {
        sample.rows.iter().map(|row| self.margin(row)).collect()
    }

    fn margin(&self, row: &[f64; WIDTH]) -> f32 {
        let known: f64 =
            self.features.iter().zip(&self.weights[1..]).map(|(feature, weight)| row[*feature] * weight).sum();
        (self.weights[0] + known) as f32
    }
}

/// By elimination; the matrix is positive definite.
fn solved(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let width = right.len();
    for pivot in 0..width {
        let (above, below) = matrix.split_at_mut(pivot + 1);
        for (row, right_of) in below.iter_mut().zip(pivot + 1..) {
            let factor = row[pivot] / above[pivot][pivot];
            row.iter_mut().zip(&above[pivot]).for_each(|(value, other)| *value -= factor * other);
            right[right_of] -= factor * right[pivot];
        }
    }
    for row in (0..width).rev() {
        let known: f64 = (row + 1..width).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// The threshold, as log-odds, at which this share of the negatives alerts.
pub fn threshold_at(margins: &[f32], labels: &[bool], false_positives: f64) -> f64 {
    let mut negatives: Vec<f32> =
        margins.iter().zip(labels).filter(|(_, label)| !**label).map(|(margin, _)| *margin).collect();
    negatives.sort_unstable_by(f32::total_cmp);
    f64::from(negatives[((1.0 - false_positives) * negatives.len() as f64) as usize])
}

/// Intercept and slope that recalibrate these margins (Cox 1958).
pub fn recalibration(margins: &[f32], labels: &[bool]) -> (f64, f64) {
    let rows =
        margins.iter().map(|margin| std::array::from_fn(|place| if place == 0 { f64::from(*margin) } else { 0.0 }));
    let sample = Sample { rows: rows.collect(), labels: labels.to_vec() };
    // Started at the margins themselves: from 0 Newton's method may overshoot.
    let mut model = Regression { features: vec![0], weights: vec![0.0, 1.0] };
    for _ in 0..12 {
        let step = model.step(&sample, margins.len(), 0.0);
        model.weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
    }
    (model.weights[0], model.weights[1])
}
