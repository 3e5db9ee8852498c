//! Student's t: the law of a difference over a scatter that few days have shown.

/// Steps of the continued fraction, at most; it needs some tens.
const STEPS: u32 = 500;
/// Relative size of a step that changes nothing.
const PRECISE: f64 = 1e-14;
/// Bisection steps of a quantile.
const HALVES: u32 = 100;

/// The value that t with so many degrees of freedom exceeds with this chance, under one half.
pub(super) fn upper_quantile(freedom: f64, chance: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(freedom, high) > chance && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..HALVES {
        let middle = f64::midpoint(low, high);
        if upper_tail(freedom, middle) > chance { low = middle } else { high = middle }
    }
    high
}

/// The chance of more than `t`, at least 0.
fn upper_tail(freedom: f64, t: f64) -> f64 {
    0.5 * incomplete_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5)
}

/// The regularised incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17.22 and, for the other half,
/// 8.17.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let ln_front = a * x.ln() + b * (-x).ln_1p() - libm::lgamma(a) - libm::lgamma(b) + libm::lgamma(a + b);
    ln_front.exp() / (a * fraction(x, a, b))
}

/// The continued fraction's denominator, by the modified method of Lentz (Thompson & Barnett 1986, Journal of Computational
/// Physics 64).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let kept = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..=STEPS {
        let m = f64::from(step / 2);
        let term = if step % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / kept(1.0 + term * d);
        c = kept(1.0 + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < PRECISE {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distributions of few degrees of freedom have closed forms.
    #[test]
    fn tails_are_those_of_the_closed_forms() {
        for t in [0.1_f64, 1.0, 3.7, 12.0, 80.0] {
            let near = |freedom: f64, wanted: f64| {
                let seen = upper_tail(freedom, t);
                assert!((seen / wanted - 1.0).abs() < 1e-9, "{freedom}, {t}: {seen:e} for {wanted:e}");
            };
            near(1.0, t.recip().atan() / std::f64::consts::PI);
            near(2.0, 1.0 / (2.0 + t * t).sqrt() / ((2.0 + t * t).sqrt() + t));
        }
    }

    /// The usual printed table's.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, chance, wanted) in [(6.0, 0.000_5, 5.959), (13.0, 0.000_5, 4.221), (27.0, 0.01, 2.473)] {
            let seen = upper_quantile(freedom, chance);
            assert!((seen - wanted).abs() < 0.000_6, "{freedom}, {chance}: {seen} for {wanted}");
        }
    }
}
