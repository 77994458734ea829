use proptest::prelude::*;

use crate::stochastic::NoiseStream;

#[test]
fn blocks_meet_the_published_answers() {
    // Known-answer vectors of Philox 4x32-10 that the authors distribute with Random123: (counter, seed, block).
    let known = [
        ([0; 4], 0, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], u64::MAX, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            0x299f_31d0_a409_3822,
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];
    for (counter, seed, block) in known {
        assert_eq!(NoiseStream::new(seed).block(counter), block, "counter {counter:x?}, seed {seed:x}");
    }
}

#[test]
fn uniform_draws_fill_the_unit_interval_evenly() {
    let stream = NoiseStream::new(1);
    let mut counts = [0_u32; 20];
    let n = 100_000;
    for i in 0..n / 2 {
        let (first, second) = stream.uniform([i, 0, 0, 0]);
        counts[(first * 20.0) as usize] += 1;
        counts[(second * 20.0) as usize] += 1;
    }
    let expected = f64::from(n) / 20.0;
    let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    // 99.99 % quantile of chi square with 19 degrees of freedom.
    assert!(chi_square < 50.8, "chi square {chi_square}");
}

#[test]
fn normal_draws_have_the_moments_of_the_normal_distribution() {
    let stream = NoiseStream::new(7);
    let n = 200_000;
    let moment = |power: i32| (0..n).map(|i| stream.normal([i, 1, 2, 3]).powi(power)).sum::<f64>() / f64::from(n);
    // Four standard errors of the sample moments.
    for (power, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let tolerance = 4.0 * f64::sqrt(variance / f64::from(n));
        let found = moment(power);
        assert!((found - expected).abs() < tolerance, "moment {power}: {found}, expected {expected} ± {tolerance}");
    }
}

#[test]
fn an_index_below_nothing_is_zero() {
    assert_eq!(NoiseStream::new(3).index([1, 2, 3, 4], 0), 0);
}

proptest! {
    #[test]
    fn draws_stay_in_their_ranges(seed: u64, counter: [u32; 4], n in 1_usize..1 << 40) {
        let stream = NoiseStream::new(seed);
        let (first, second) = stream.uniform(counter);
        prop_assert!(0.0 < first && first < 1.0);
        prop_assert!(0.0 < second && second < 1.0);
        // Odd multiples, so that neither end occurs and 1 − u is drawn as well.
        prop_assert_eq!((first * 2.0_f64.powi(53)) as u64 % 2, 1);
        prop_assert_eq!((second * 2.0_f64.powi(53)) as u64 % 2, 1);
        prop_assert!(stream.normal(counter).is_finite());
        prop_assert!(stream.index(counter, n) < n);
    }

    #[test]
    fn every_bit_of_seed_and_counter_matters(seed: u64, counter: [u32; 4], seed_bit in 0..64, word in 0_usize..4, bit in 0..32) {
        let block = NoiseStream::new(seed).block(counter);
        prop_assert_ne!(NoiseStream::new(seed ^ (1_u64 << seed_bit)).block(counter), block);
        let mut other = counter;
        other[word] ^= 1_u32 << bit;
        prop_assert_ne!(NoiseStream::new(seed).block(other), block);
    }

    #[test]
    fn an_index_is_the_uniform_draw_scaled(seed: u64, counter: [u32; 4], n in 1_usize..1 << 20) {
        let stream = NoiseStream::new(seed);
        let scaled = (stream.uniform(counter).0 * n as f64) as usize;
        // The uniform draw holds 53 of the 64 bits of the index.
        prop_assert!(stream.index(counter, n).abs_diff(scaled) <= 1);
    }
}
