use proptest::prelude::*;

use crate::stochastic::{ForwardSampler, SampleDomain};

fn samples(domain: SampleDomain, n: usize) -> Vec<usize> {
    let sampler = ForwardSampler::new(42, domain);
    let iterations = 0..2_u32;
    let draw = |(iteration, path, stage)| sampler.opening(iteration, path, stage, n);
    iterations.flat_map(|i| (0..3).flat_map(move |p| (0..3).map(move |s| (i, p, s)))).map(draw).collect()
}

#[test]
fn openings_do_not_change_between_versions() {
    // Computed by a second implementation of the stream in Python.
    assert_eq!(samples(SampleDomain::Training, 10), [3, 7, 8, 5, 2, 5, 9, 6, 1, 4, 3, 2, 0, 4, 7, 8, 2, 9]);
    assert_eq!(samples(SampleDomain::Simulation, 10), [8, 5, 2, 1, 4, 8, 2, 9, 7, 6, 0, 4, 8, 7, 3, 4, 5, 6]);
}

#[test]
fn openings_are_equally_likely_and_independent_across_stages() {
    let sampler = ForwardSampler::new(5, SampleDomain::Training);
    let n_openings = 7;
    let n_paths = 49_000;
    let mut pairs = vec![0_u32; n_openings * n_openings];
    for path in 0..n_paths {
        let [first, second] = [3, 4].map(|stage| sampler.opening(11, path, stage, n_openings));
        pairs[first * n_openings + second] += 1;
    }
    let expected = n_paths as f64 / 49.0;
    let chi_square: f64 = pairs.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    // 99.99 % quantile of chi square with 48 degrees of freedom.
    assert!(chi_square < 93.2, "chi square {chi_square}");
}

proptest! {
    #[test]
    fn openings_exist(seed: u64, iteration: u32, path in 0_usize..1 << 31, stage in 0_usize..1 << 20, n in 1_usize..1 << 20) {
        for domain in [SampleDomain::Training, SampleDomain::Simulation] {
            prop_assert!(ForwardSampler::new(seed, domain).opening(iteration, path, stage, n) < n);
        }
    }

    #[test]
    fn openings_do_not_depend_on_the_order_of_the_draws(
        seed: u64,
        order in Just((0..60).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let sampler = ForwardSampler::new(seed, SampleDomain::Training);
        let draw = |position: usize| sampler.opening(position as u32 % 3, position / 3 % 4, position / 12, 1000);
        let in_order: Vec<usize> = (0..60).map(draw).collect();
        let mut shuffled = vec![0; 60];
        for position in order {
            shuffled[position] = draw(position);
        }
        prop_assert_eq!(in_order, shuffled);
    }
}
