use proptest::prelude::*;

use crate::stochastic::standard_normal_quantile;

/// Quantiles computed with 40 digits as √2·erfinv(2p − 1) of the exact value of the `f64`, far tails by a root of the
/// logarithm of the distribution function. The probabilities lie on both sides of every change of formula.
const KNOWN: [(f64, f64); 21] = [
    (1e-300, -37.047_096_299_361_2),
    (1e-40, -13.310_921_371_425_17),
    (1e-20, -9.262_340_089_798_407),
    (1e-10, -6.361_340_902_404_057),
    (1e-5, -4.264_890_793_922_825),
    (0.001, -3.090_232_306_167_813_6),
    (0.02425, -1.972_961_051_311_884_7),
    (0.05, -1.644_853_626_951_472_6),
    (0.074, -1.446_632_067_158_978_5),
    (0.0751, -1.438_825_392_752_54),
    (0.25, -0.674_489_750_196_081_7),
    (0.4, -0.253_347_103_135_799_7),
    (0.5, 0.0),
    (0.6, 0.253_347_103_135_799_7),
    (0.75, 0.674_489_750_196_081_7),
    (0.9249, 1.438_825_392_752_540_5),
    (0.9251, 1.440_238_267_527_964),
    (0.975, 1.959_963_984_540_053_8),
    (0.999, 3.090_232_306_167_813),
    (0.999_999_9, 5.199_337_582_290_661),
    (1.0 - f64::EPSILON / 2.0, 8.209_536_151_601_387),
];

#[test]
fn quantiles_meet_the_known_values() {
    for (probability, expected) in KNOWN {
        let found = standard_normal_quantile(probability);
        let error = (found - expected).abs();
        assert!(error <= 1e-15 * expected.abs(), "p = {probability}: {found}, known {expected}");
    }
}

#[test]
fn the_ends_are_infinite_and_there_is_nothing_beyond() {
    assert_eq!(standard_normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(standard_normal_quantile(1.0), f64::INFINITY);
    for outside in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(standard_normal_quantile(outside).is_nan(), "{outside}");
    }
}

proptest! {
    #[test]
    fn quantiles_increase_and_are_antisymmetric(steps in 1_u64..(1 << 53), more in 1_u64..(1 << 45)) {
        let scale = 0.5_f64.powi(53);
        let p = steps as f64 * scale;
        prop_assert_eq!(standard_normal_quantile(p), -standard_normal_quantile(1.0 - p));
        let larger = (steps + more).min((1 << 53) - 1) as f64 * scale;
        // Rounding may reorder neighbours by a few units in the last place.
        prop_assert!(standard_normal_quantile(larger) >= standard_normal_quantile(p) - 1e-15);
    }
}
