//! Gauss-Legendre quadrature on the interval from 0 to 1.

/// The most points of a rule. It is exact up to degree 127, so for paths of 128 distinct features; on longer ones its
/// error falls geometrically with the number of points and is far below what f32 resolves.
pub(super) const MOST_POINTS: usize = 64;
/// Rules of more points are taken in parts of this many.
pub(super) const PART: usize = 8;

/// Points and their weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    /// Ascending, strictly between 0 and 1.
    pub(super) points: Vec<f32>,
    /// Positive; their sum is 1.
    pub(super) weights: Vec<f32>,
}

impl Rule {
    /// The rule with which a tree is explained exactly whose paths have at most `distinct` different features.
    ///
    /// What is integrated for one leaf is a polynomial of degree `distinct` - 1, and n points are exact up to degree
    /// 2n - 1. The counts are those that there is a loop for: 2, 4, 6, and multiples of [`PART`].
    pub(super) fn for_path(distinct: usize) -> Rule {
        let needed = distinct.div_ceil(2);
        let points = if needed <= PART { needed.max(1).next_multiple_of(2) } else { needed.next_multiple_of(PART) };
        Rule::new(points.min(MOST_POINTS))
    }

    /// Newton's method on the Legendre polynomial of degree `count`, from Tricomi's estimates of its roots; see Press
    /// et al., "Numerical Recipes", section 4.6. In f64, then rounded.
    fn new(count: usize) -> Rule {
        let (points, weights) = (1..=count)
            .map(|k| {
                let mut x = (std::f64::consts::PI * (k as f64 - 0.25) / (count as f64 + 0.5)).cos();
                let mut slope = 1.0;
                // Each step doubles the number of right digits; the estimates start with two or more.
                for _ in 0..8 {
                    let value;
                    (value, slope) = legendre(count, x);
                    x -= value / slope;
                }
                // From [-1, 1] to [0, 1]: the roots come in descending order, and the rule is symmetric.
                (((1.0 - x) / 2.0) as f32, (1.0 / ((1.0 - x * x) * slope * slope)) as f32)
            })
            .unzip();
        Rule { points, weights }
    }
}

/// The Legendre polynomial of degree `degree` (1 or more) and its derivative at `x`, strictly between -1 and 1.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_power_that_a_path_can_need_is_integrated_exactly() {
        for distinct in 1..=2 * MOST_POINTS {
            let rule = Rule::for_path(distinct);
            for power in 0..distinct as i32 {
                let terms = rule.points.iter().zip(&rule.weights);
                let integral: f64 =
                    terms.map(|(point, weight)| f64::from(*weight) * f64::from(*point).powi(power)).sum();
                let expected = 1.0 / f64::from(power + 1);
                // The points themselves are rounded to f32.
                assert!((integral - expected).abs() < 3e-7, "{distinct} features: the integral of t^{power}");
            }
        }
    }

    #[test]
    fn a_rule_has_no_more_points_than_its_path_needs() {
        let counts = [1, 4, 5, 8, 12, 16, 17, 33, 1000].map(|distinct| Rule::for_path(distinct).points.len());
        assert_eq!(counts, [2, 2, 4, 4, 6, 8, 16, 24, MOST_POINTS]);
    }
}
