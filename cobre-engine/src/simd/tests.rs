use std::cell::Cell;

use super::{
    Columns, LANES, Level, activities, add_groups, best_level, column_terms, combine, dot_columns, evaluate_at_states,
    evaluate_blocks, highest, highest_one, largest_open, most_violated, nonzeros, padded, rank_one, ratios, take_up_to,
};

thread_local! {
    /// The instruction set that this thread's kernels use.
    pub(super) static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
}

/// Runs a test with every instruction set that the processor has; returns what it gave.
pub(crate) fn at_every_level<T>(test: impl Fn() -> T) -> Vec<(Level, T)> {
    let levels = [Level::Portable, Level::Avx2, Level::Avx512].into_iter().filter(|level| *level <= best_level());
    let outcomes = levels
        .map(|level| {
            FORCED.set(Some(level));
            (level, test())
        })
        .collect();
    FORCED.set(None);
    outcomes
}

/// Small whole numbers: every order of summation gives the same.
fn number(i: usize) -> f64 {
    ((i * 7919 + 13) % 23) as f64 - 11.0
}

#[test]
fn kernels_do_what_the_loops_say() {
    at_every_level(|| {
        for (rows, columns) in [(1, 1), (5, 3), (8, 8), (19, 30), (45, 7), (100, 12)] {
            let stride = padded(rows) + LANES;
            let mut matrix: Vec<f64> = vec![0.0; stride * columns];
            for k in 0..columns {
                for i in 0..rows {
                    matrix[k * stride + i] = number(k * 100 + i);
                }
            }
            let places: Vec<u32> = (0..columns as u32).filter(|k| k % 3 != 1).collect();
            let factors: Vec<f64> = places.iter().map(|&k| number(k as usize + 5)).collect();
            let mut vector = vec![0.0; padded(rows)];
            for i in 0..rows {
                vector[i] = number(i + 50);
            }

            let mut combined = vec![7.0; padded(rows)];
            combine(&matrix, stride, &places, &factors, &mut combined);
            let mut dots = vec![0.0; columns];
            dot_columns(&matrix, stride, &vector, &mut dots);
            for i in 0..rows {
                let expected: f64 =
                    places.iter().zip(&factors).map(|(&k, f)| f * matrix[k as usize * stride + i]).sum();
                assert_eq!(combined[i], expected);
            }
            for k in 0..columns {
                let expected: f64 = (0..rows).map(|i| vector[i] * matrix[k * stride + i]).sum();
                assert_eq!(dots[k], expected);
            }

            let norms_of =
                |matrix: &[f64], i: usize| -> f64 { (0..columns).map(|k| matrix[k * stride + i].powi(2)).sum() };
            let mut norms: Vec<f64> = (0..padded(rows)).map(|i| norms_of(&matrix, i)).collect();
            let (before, norms_before) = (matrix.clone(), norms.clone());
            let which: Vec<u32> = (0..(padded(rows) / LANES) as u32).collect();
            rank_one(&mut matrix, stride, (&places, &factors), Some(&which), &vector, &mut norms, 0.0);
            let (mut other, mut other_norms) = (before.clone(), norms_before);
            rank_one(&mut other, stride, (&places, &factors), None, &vector, &mut other_norms, 0.0);
            assert_eq!((&other, &other_norms), (&matrix, &norms));
            for i in 0..rows {
                assert_eq!(norms[i], norms_of(&matrix, i));
                for (&k, f) in places.iter().zip(&factors) {
                    let at = k as usize * stride + i;
                    assert_eq!(matrix[at], before[at] - f * vector[i]);
                }
            }
        }
    });
}

#[test]
fn the_highest_cuts_are_found_in_order() {
    at_every_level(|| {
        let (n_blocks, stride) = (5, 3);
        let blocks: Vec<[f64; LANES]> =
            (0..n_blocks * stride).map(|i| std::array::from_fn(|lane| number(i * LANES + lane))).collect();
        let mut base: Vec<[f64; LANES]> = (0..n_blocks).map(|b| [number(b + 7); LANES]).collect();
        base[n_blocks - 1][5..].fill(f64::NEG_INFINITY);
        for x in [[1.0, 2.0, -1.0], [0.0, 0.0, 0.0], [3.0, -1.0, 2.0]] {
            let height = |place: usize| -> f64 {
                let (b, lane) = (place / LANES, place % LANES);
                base[b][lane] + (0..stride).map(|j| blocks[b * stride + j][lane] * x[j]).sum::<f64>()
            };
            let mut all: Vec<(f64, u32)> = (0..n_blocks * LANES).map(|place| (height(place), place as u32)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for limit in [f64::NEG_INFINITY, -5.0, 0.0, 20.0, 1e9] {
                for n in [0, 1, 4, 100] {
                    let expected: Vec<(f64, u32)> =
                        all.iter().copied().filter(|(height, _)| *height > limit).take(n).collect();
                    let mut found = vec![(7.0, 7)];
                    highest(&blocks, stride, &base, &x, limit, n, &mut found);
                    assert_eq!(found, expected, "limit {limit}, {n} cuts");
                    if n == 1 {
                        assert_eq!(highest_one(&blocks, stride, &base, &x, limit), expected.first().copied());
                    }
                }
            }
        }
    });
}

#[test]
fn cuts_without_a_slope_have_a_highest() {
    at_every_level(|| {
        let base = [[1.0; LANES], [2.0; LANES]];
        assert_eq!(highest_one(&[], 0, &base, &[], 0.5), Some((2.0, 8)));
        assert_eq!(highest_one(&[], 0, &base, &[], 2.5), None);
    });
}

#[test]
fn the_largest_is_found_among_the_open() {
    at_every_level(|| {
        let n = 3 * LANES;
        let (mut values, mut open) = (vec![0.5; n], vec![1.0; n]);
        (values[7], values[13], values[17]) = (-3.0, 2.0, -2.0);
        assert_eq!(largest_open(&values, &open), (3.0, 3.0, 7));
        open[7] = 0.0;
        assert_eq!(largest_open(&values, &open), (3.0, 2.0, 13));
        open[13] = 0.0;
        assert_eq!(largest_open(&values, &open), (3.0, 2.0, 17));
        open.fill(0.0);
        assert_eq!(largest_open(&values, &open), (3.0, 0.0, 0));
    });
}

#[test]
fn the_most_violated_is_the_first_of_equals() {
    at_every_level(|| {
        let n = 2 * LANES;
        let (mut x, low, high, mut norms) = (vec![0.5; n], vec![0.0; n], vec![1.0; n], vec![1.0; n]);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
        (x[11], x[3], x[4]) = (-1.0, 2.0, 4.0);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(4));
        norms[4] = 100.0;
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(3));
        (x[3], x[4], x[11]) = (1.0 + 1e-12, 0.5, 0.5);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
    });
}

#[test]
fn cuts_have_the_same_heights_at_several_states_as_at_each_alone() {
    at_every_level(|| {
        for (n_blocks, stride, first, n) in [(1, 1, 0, 1), (3, 7, 2, 5), (7, 6, 0, 6), (11, 9, 3, 4), (2, 4, 1, 0)] {
            for n_states in 0..=LANES {
                // Not whole numbers: rounding shows in which order they are summed.
                let value = |i: usize| number(i) / 3.0;
                let blocks: Vec<[f64; LANES]> =
                    (0..n_blocks * stride).map(|i| std::array::from_fn(|lane| value(i * LANES + lane))).collect();
                let panel: Vec<[f64; LANES]> = (0..n).map(|j| std::array::from_fn(|k| value(j * 31 + k))).collect();
                let base: Vec<[f64; LANES]> = (0..n_blocks * n_states).map(|i| [value(i + 5); LANES]).collect();
                let mut expected = base.clone();
                for (k, heights) in expected.chunks_exact_mut(n_blocks).enumerate() {
                    let x: Vec<f64> = panel.iter().map(|states| states[k]).collect();
                    evaluate_blocks(&blocks, stride, first, &x, heights);
                }
                let mut heights = base;
                evaluate_at_states(&blocks, stride, first, &panel, &mut heights);
                assert_eq!(heights, expected, "{n_blocks} blocks of {stride}, {n_states} states");
            }
        }
    });
}

#[test]
fn blocks_of_cuts_are_evaluated_in_part() {
    at_every_level(|| {
        for (n_blocks, stride, first, n) in [(1, 1, 0, 1), (3, 7, 2, 5), (2, 6, 0, 6), (2, 4, 1, 0)] {
            let blocks: Vec<[f64; LANES]> =
                (0..n_blocks * stride).map(|i| std::array::from_fn(|lane| number(i * LANES + lane))).collect();
            let x: Vec<f64> = (0..n).map(|j| number(j + 3)).collect();
            let mut values = vec![[2.0; LANES]; n_blocks];
            evaluate_blocks(&blocks, stride, first, &x, &mut values);
            for b in 0..n_blocks {
                for lane in 0..LANES {
                    let sum: f64 = (0..n).map(|j| blocks[b * stride + first + j][lane] * x[j]).sum();
                    assert_eq!(values[b][lane], 2.0 + sum);
                }
            }
        }
    });
}

/// Numbers of many sizes, with zeros and both signs.
fn scattered(seed: usize, n: usize) -> Vec<f64> {
    (0..n).map(|k| number(seed + 3 * k) * (1.0 + 0.1 * number(7 * k + seed)).exp()).collect()
}

#[test]
fn ratios_are_those_of_a_loop_and_are_taken_up_to_a_reach() {
    at_every_level(|| {
        let n = 6 * LANES;
        let (mut row, price) = (scattered(1, n), scattered(2, n));
        row[LANES..2 * LANES].fill(0.0);
        row[20] = 1e-12;
        let mut below: Vec<f64> = price.iter().zip(scattered(3, n)).map(|(price, gap)| price - gap.abs()).collect();
        let mut above: Vec<f64> = price.iter().zip(scattered(4, n)).map(|(price, gap)| price + gap.abs()).collect();
        (below[30], above[31], below[32], above[32]) =
            (f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY);
        // Outside of its slopes by rounding.
        above[40] = price[40] - 1e-12;
        let expected = |v: usize| {
            let gap = if row[v] > 0.0 { above[v] - price[v] } else { price[v] - below[v] };
            if row[v].abs() < 1e-9 { f64::INFINITY } else { gap.max(0.0) / row[v].abs() }
        };
        let (mut which, mut steps) = (vec![0; n / LANES], vec![[0.0; LANES]; n / LANES]);
        let (count, least) = ratios(&row, &price, &below, &above, &mut which, &mut steps);
        assert_eq!(which[..count], [0, 2, 3, 4, 5]);
        let variables: Vec<usize> =
            which[..count].iter().flat_map(|&g| (0..LANES).map(move |lane| g as usize * LANES + lane)).collect();
        for (&v, &step) in variables.iter().zip(steps.as_flattened()) {
            assert_eq!(step, expected(v), "variable {v}");
        }
        assert_eq!(least, variables.iter().map(|&v| expected(v)).fold(f64::INFINITY, f64::min));
        let mut finite: Vec<f64> = variables.iter().map(|&v| expected(v)).filter(|step| step.is_finite()).collect();
        finite.sort_by(f64::total_cmp);
        let reach = finite[10];
        let (mut places, mut taken) = (vec![0; n], vec![0.0; n]);
        let (n_taken, rest) = take_up_to(reach, &mut steps[..count], &mut places, &mut taken);
        assert!(n_taken >= 11 && rest > reach);
        for (&place, &step) in places[..n_taken].iter().zip(&taken) {
            assert_eq!(step, expected(variables[place as usize]));
            assert_eq!(steps.as_flattened()[place as usize], f64::INFINITY);
        }
        let left = steps[..count].as_flattened().iter().filter(|step| step.is_finite()).count();
        assert_eq!((left, n_taken), (finite.len() - n_taken, finite.iter().filter(|step| **step <= reach).count()));
        let mut moved = price.clone();
        add_groups(&which[..count], 0.5, &row, &mut moved);
        for v in 0..n {
            assert!((moved[v] - price[v] - 0.5 * row[v]).abs() <= 1e-12 * (1.0 + row[v].abs()));
        }
    });
}

#[test]
fn terms_of_columns_are_those_of_a_loop() {
    at_every_level(|| {
        let n = 4 * LANES;
        let (cost, price, value) = (scattered(5, n), scattered(6, n), scattered(7, n));
        let mut lower = vec![0.0; n];
        let mut upper: Vec<f64> = scattered(8, n).iter().map(|u| u.abs()).collect();
        let (mut below, mut above) = (vec![f64::NEG_INFINITY; n], vec![1e9; n]);
        for v in (0..n).step_by(3) {
            above[v] = f64::INFINITY;
        }
        let columns = |price: &[f64], lower: &[f64], upper: &[f64], below: &[f64], above: &[f64]| {
            column_terms(Columns { cost: &cost, lower, upper, value: &value, price, below, above }, 1e-9)
        };
        let terms = columns(&price, &lower, &upper, &below, &above);
        let objective: f64 = cost.iter().zip(&value).map(|(cost, value)| cost * value).sum();
        let bound: f64 =
            (0..n).map(|v| (cost[v] - price[v]) * if cost[v] < price[v] { upper[v] } else { lower[v] }).sum();
        let dual = (0..n).step_by(3).map(|v| (cost[v] - price[v]).abs() / (1.0 + cost[v].abs())).fold(0.0, f64::max);
        assert!((terms.objective - objective).abs() <= 1e-12 * objective.abs());
        assert!((terms.bound - bound).abs() <= 1e-12 * bound.abs());
        assert!((terms.dual - dual).abs() <= 1e-12 * dual);
        assert!(!terms.wrong_sign && !terms.uncertain);
        // A price above its slope, and an open end that a reduced cost points to.
        above[1] = price[1] - 1.0;
        assert!(columns(&price, &lower, &upper, &below, &above).wrong_sign);
        above[1] = 1e9;
        below[1] = price[1] + 1e-12;
        assert!(!columns(&price, &lower, &upper, &below, &above).wrong_sign);
        let v = (0..n).find(|&v| cost[v] < price[v]).expect("a price above its cost");
        upper[v] = f64::INFINITY;
        assert!(columns(&price, &lower, &upper, &below, &above).uncertain);
        let mut nearly = price.clone();
        nearly[v] = cost[v] + 1e-12;
        let terms = columns(&nearly, &lower, &upper, &below, &above);
        assert!(!terms.uncertain && terms.bound.is_finite());
        lower[v] = f64::NEG_INFINITY;
        nearly[v] = cost[v] - 1.0;
        assert!(columns(&nearly, &lower, &upper, &below, &above).uncertain);
    });
}

#[test]
fn activities_and_nonzeros_are_those_of_a_loop() {
    at_every_level(|| {
        let stride = 3 * LANES;
        let (lines, x) = (scattered(9, 5 * stride), scattered(10, stride));
        let (mut sums, mut sizes) = ([0.0; 4], [0.0; 4]);
        activities(&lines, stride, &x, &mut sums, &mut sizes);
        for k in 0..4 {
            let terms = || lines[k * stride..].iter().zip(&x).map(|(a, x)| a * x);
            let size: f64 = terms().map(f64::abs).sum();
            assert!((sums[k] - terms().sum::<f64>()).abs() <= 1e-13 * size);
            assert!((sizes[k] - size).abs() <= 1e-13 * size);
        }
        let (mut which, mut places) = (vec![0; lines.len() / LANES], vec![0; lines.len()]);
        let mut lines = lines;
        lines[2 * LANES..3 * LANES].fill(0.0);
        let (n_groups, n) = nonzeros(&lines, &mut which, &mut places);
        let expected: Vec<u32> = (0..lines.len() as u32).filter(|&k| lines[k as usize] != 0.0).collect();
        assert_eq!(places[..n], expected);
        assert!(n < lines.len());
        let mut groups: Vec<u32> = expected.iter().map(|place| place / LANES as u32).collect();
        groups.dedup();
        assert_eq!(which[..n_groups], groups);
        assert!(n_groups < which.len());
    });
}

#[test]
fn fused_instruction_sets_round_alike() {
    let outcomes = at_every_level(|| {
        let stride = 5 * LANES;
        let matrix = scattered(11, 9 * stride);
        let (mut sums, mut dots) = (vec![0.0; stride], [0.0; 9]);
        combine(&matrix, stride, &[0, 3, 8], &scattered(12, 3), &mut sums);
        dot_columns(&matrix, stride, &scattered(13, stride), &mut dots);
        sums.extend(dots);
        sums.into_iter().map(f64::to_bits).collect::<Vec<u64>>()
    });
    let fused: Vec<&Vec<u64>> =
        outcomes.iter().filter(|(level, _)| *level != Level::Portable).map(|(_, bits)| bits).collect();
    assert!(fused.windows(2).all(|pair| pair[0] == pair[1]));
}
