//! Quantiles of the normal and the chi-square distribution.

use std::f64::consts::PI;

/// The standard normal quantile of `p`, accurate to about 1e-15: algorithm AS 241, PPND16 (Wichura 1988, Applied
/// Statistics 37, 477-484). Infinite at 0 and 1, NaN outside.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    const CENTRE: ([f64; 8], [f64; 8]) = (
        [
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        [
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_854,
        ],
    );
    const NEAR: ([f64; 8], [f64; 8]) = (
        [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            0.241_780_725_177_450_6,
            0.022_723_844_989_269_184,
            7.745_450_142_783_414e-4,
        ],
        [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            0.689_767_334_985_1,
            0.148_103_976_427_480_08,
            0.015_198_666_563_616_457,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    );
    const FAR: ([f64; 8], [f64; 8]) = (
        [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            0.296_560_571_828_504_87,
            0.026_532_189_526_576_124,
            0.001_242_660_947_388_078_4,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_1e-7,
        ],
        [
            1.0,
            0.599_832_206_555_888,
            0.136_929_880_922_735_8,
            0.014_875_361_290_850_615,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    );
    let ratio = |(above, below): &([f64; 8], [f64; 8]), x: f64| polynomial(above, x) / polynomial(below, x);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&CENTRE, 0.180_625 - q * q);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let size = if r <= 5.0 { ratio(&NEAR, r - 1.6) } else { ratio(&FAR, r - 5.0) };
    if r == f64::INFINITY { r.copysign(q) } else { size.copysign(q) }
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The chi-square quantile of `p` (0 to 1) with `degrees` degrees of freedom (1 or more), by bisection, to about 1e-12.
pub(crate) fn chi_square_quantile(p: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while chi_square_below(high, degrees) < p && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if chi_square_below(middle, degrees) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(chi-square with `degrees` <= x): the regularised lower incomplete gamma function by its power series (Abramowitz
/// and Stegun 6.5.29), which converges for every x and quickly for those of interest.
fn chi_square_below(x: f64, degrees: usize) -> f64 {
    let (a, x) = (degrees as f64 / 2.0, x / 2.0);
    if x <= 0.0 {
        return 0.0;
    }
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut step = a;
    while term > sum * 1e-17 {
        step += 1.0;
        term *= x / step;
        sum += term;
    }
    (sum.ln() + a * x.ln() - x - ln_gamma_of_half(degrees)).exp().min(1.0)
}

/// ln(gamma(degrees / 2)), exactly by recursion from gamma(1/2) = sqrt(pi) and gamma(1) = 1.
fn ln_gamma_of_half(degrees: usize) -> f64 {
    let (start, value) = if degrees % 2 == 1 { (0.5, 0.5 * PI.ln()) } else { (1.0, 0.0) };
    let steps = degrees.saturating_sub(1) / 2;
    (0..steps).fold(value, |sum, step| sum + (start + step as f64).ln())
}
