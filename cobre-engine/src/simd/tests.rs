use super::{LANES, combine, dot_columns, evaluate_blocks, highest, highest_one, most_violated, padded, rank_one};

/// Small whole numbers: every order of summation gives the same.
fn number(i: usize) -> f64 {
    ((i * 7919 + 13) % 23) as f64 - 11.0
}

#[test]
fn kernels_do_what_the_loops_say() {
    for (rows, columns) in [(1, 1), (5, 3), (8, 8), (19, 30)] {
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
            let expected: f64 = places.iter().zip(&factors).map(|(&k, f)| f * matrix[k as usize * stride + i]).sum();
            assert_eq!(combined[i], expected);
        }
        for k in 0..columns {
            let expected: f64 = (0..rows).map(|i| vector[i] * matrix[k * stride + i]).sum();
            assert_eq!(dots[k], expected);
        }

        let norms_of = |matrix: &[f64], i: usize| -> f64 { (0..columns).map(|k| matrix[k * stride + i].powi(2)).sum() };
        let mut norms: Vec<f64> = (0..padded(rows)).map(|i| norms_of(&matrix, i)).collect();
        let before = matrix.clone();
        rank_one(&mut matrix, stride, &places, &factors, &vector, &mut norms, 0.0);
        for i in 0..rows {
            assert_eq!(norms[i], norms_of(&matrix, i));
            for (&k, f) in places.iter().zip(&factors) {
                let at = k as usize * stride + i;
                assert_eq!(matrix[at], before[at] - f * vector[i]);
            }
        }
    }
}

#[test]
fn the_highest_cuts_are_found_in_order() {
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
}

#[test]
fn the_most_violated_is_the_first_of_equals() {
    let n = 2 * LANES;
    let (mut x, low, high, mut norms) = (vec![0.5; n], vec![0.0; n], vec![1.0; n], vec![1.0; n]);
    assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
    (x[11], x[3], x[4]) = (-1.0, 2.0, 4.0);
    assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(4));
    norms[4] = 100.0;
    assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(3));
    (x[3], x[4], x[11]) = (1.0 + 1e-12, 0.5, 0.5);
    assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
}

#[test]
fn blocks_of_cuts_are_evaluated_in_part() {
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
}
