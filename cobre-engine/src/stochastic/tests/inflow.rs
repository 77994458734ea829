use proptest::prelude::*;

use crate::stochastic::{InflowData, InflowStatistics, NoiseStream, ParModel, ParStage};

fn row(stage_id: i32, season: usize, mean_m3s: f64, std_m3s: f64, coefficients: &[f64]) -> InflowStatistics {
    InflowStatistics { stage_id, season: Some(season), mean_m3s, std_m3s, coefficients: coefficients.to_vec() }
}

fn one_plant(rows: Vec<InflowStatistics>, n_seasons: usize, stages: &[(i32, Option<usize>)]) -> ParModel {
    ParModel::build(&InflowData { plants: vec![rows], n_seasons }, stages).unwrap()
}

/// Study stages with the labels from 0 on, whose seasons follow each other.
fn cycle(n_stages: usize, n_seasons: usize) -> Vec<(i32, Option<usize>)> {
    (0..n_stages).map(|t| (t as i32, Some(t % n_seasons))).collect()
}

fn assert_stage(found: &ParStage, base: f64, sigma: f64, psi: &[f64]) {
    assert!((found.base_m3s - base).abs() < 1e-12, "base {}, expected {base}", found.base_m3s);
    assert!((found.sigma_m3s - sigma).abs() < 1e-12, "sigma {}, expected {sigma}", found.sigma_m3s);
    assert_eq!(found.psi.len(), psi.len());
    for (found, expected) in found.psi.iter().zip(psi) {
        assert!((found - expected).abs() < 1e-14, "psi {found}, expected {expected}");
    }
}

#[test]
fn white_noise_keeps_its_statistics() {
    let rows = vec![
        InflowStatistics { season: None, ..row(0, 0, 120.0, 30.0, &[]) },
        InflowStatistics { season: None, ..row(1, 0, 80.0, 0.0, &[]) },
    ];
    let model = one_plant(rows, 0, &[(0, None), (1, None)]);
    assert_eq!(model.max_order, 0);
    assert_eq!(model.stages[0][0], ParStage { base_m3s: 120.0, sigma_m3s: 30.0, psi: vec![] });
    assert_eq!(model.natural_inflow(0, 0, &[], -1.5), 75.0);
    assert_eq!(model.natural_inflow(1, 0, &[], 2.0), 80.0);
}

#[test]
fn coefficients_are_scaled_by_the_deviations_of_both_stages() {
    // Season 0: µ 100, s 20, ψ* 0.6; season 1: µ 50, s 10, ψ* 0.8.
    let rows = vec![row(0, 0, 100.0, 20.0, &[0.6]), row(1, 1, 50.0, 10.0, &[0.8])];
    let model = one_plant(rows, 2, &cycle(2, 2));
    assert_eq!(model.max_order, 1);
    // Lag 1 of stage 0 has no row: season 1 as the study sees it first.
    assert_stage(&model.stages[0][0], 100.0 - 1.2 * 50.0, 20.0 * 0.8, &[1.2]);
    assert_stage(&model.stages[1][0], 50.0 - 0.4 * 100.0, 10.0 * 0.6, &[0.4]);
    assert!((model.natural_inflow(1, 0, &[150.0], 0.5) - (10.0 + 60.0 + 3.0)).abs() < 1e-12);
}

#[test]
fn rows_before_the_study_come_before_the_season() {
    let rows = vec![
        row(-1, 1, 40.0, 5.0, &[0.8]),
        row(0, 0, 100.0, 20.0, &[0.6, 0.1]),
        row(1, 1, 50.0, 10.0, &[0.8]),
        row(2, 0, 90.0, 10.0, &[0.6, 0.1]),
    ];
    let model = one_plant(rows, 2, &cycle(3, 2));
    let stage = &model.stages[0][0];
    // Lag 1 has a row of its own, lag 2 takes season 0 from study stage 0.
    assert!((stage.psi[0] - 0.6 * 20.0 / 5.0).abs() < 1e-14);
    assert!((stage.psi[1] - 0.1).abs() < 1e-14);
    assert!((stage.base_m3s - (100.0 - 2.4 * 40.0 - 0.1 * 100.0)).abs() < 1e-12);
    assert_eq!(model.max_order, 2);
}

#[test]
fn a_lag_without_statistics_drops_out() {
    // Season 2 of 3 has no row at all, season 1 does not vary.
    let rows = vec![row(0, 0, 100.0, 20.0, &[0.5, 0.2]), row(1, 1, 50.0, 0.0, &[])];
    let model = one_plant(rows, 3, &cycle(2, 3));
    let sigma = 20.0 * (1.0_f64 - 0.25 - 0.04).sqrt();
    assert_stage(&model.stages[0][0], 100.0, sigma, &[0.0, 0.0]);
}

#[test]
fn the_season_of_a_lag_is_read_at_its_first_study_stage() {
    // The study passes its stages out of the order of their labels.
    let stages = [(7, Some(0)), (3, Some(1)), (1, Some(0)), (5, Some(1))];
    let rows = vec![
        row(7, 0, 70.0, 7.0, &[]),
        row(5, 1, 50.0, 5.0, &[0.5]),
        row(3, 1, 30.0, 3.0, &[]),
        row(1, 0, 10.0, 1.0, &[]),
    ];
    let model = one_plant(rows, 2, &stages);
    assert_stage(&model.stages[3][0], 50.0 - 2.5 * 10.0, 5.0 * 0.75_f64.sqrt(), &[2.5]);
}

#[test]
fn the_ratio_of_a_season_comes_from_its_first_row_with_coefficients() {
    let rows = vec![
        row(-2, 0, 100.0, 20.0, &[]),
        row(-1, 0, 100.0, 20.0, &[0.6]),
        row(0, 0, 100.0, 20.0, &[0.3]),
        row(1, 0, 100.0, 20.0, &[]),
    ];
    let model = one_plant(rows, 1, &[(0, Some(0)), (1, Some(0))]);
    assert_stage(&model.stages[0][0], 70.0, 16.0, &[0.3]);
    assert_stage(&model.stages[1][0], 100.0, 20.0, &[]);
}

#[test]
fn rows_before_the_study_shape_the_autocorrelations() {
    // ρ_0(1) = 0.4 + 0.35·φ depends on φ, the coefficient of season 1, which lies before the study.
    let rows = vec![row(-1, 1, 100.0, 10.0, &[0.7]), row(0, 0, 100.0, 10.0, &[0.4, 0.35])];
    let model = one_plant(rows, 2, &[(0, Some(0))]);
    let explained: f64 = 0.4 * (0.4 + 0.35 * 0.7) + 0.35 * (0.35 + 0.4 * 0.7);
    assert_stage(&model.stages[0][0], 25.0, 10.0 * (1.0 - explained).sqrt(), &[0.4, 0.35]);
}

#[test]
fn a_plant_without_rows_has_no_inflow_and_orders_are_counted_over_the_study() {
    let plants = vec![
        vec![],
        vec![row(-1, 0, 5.0, 1.0, &[0.1, 0.1, 0.1]), row(0, 0, 5.0, 1.0, &[0.1])],
        vec![row(0, 0, 8.0, 1.0, &[0.2, 0.1])],
    ];
    let model = ParModel::build(&InflowData { plants, n_seasons: 1 }, &[(0, Some(0))]).unwrap();
    assert_eq!(model.max_order, 2);
    assert_eq!(model.stages[0][0], ParStage::default());
    assert_eq!(model.natural_inflow(0, 0, &[7.0, 7.0], 3.0), 0.0);
    assert_eq!(model.stages[0][2].psi.len(), 2);
}

/// Coefficients of orders 1 to 3, with absolute values that sum to 0.8 at most, of every season.
fn random_coefficients(stream: NoiseStream, process: u32, n_seasons: usize) -> Vec<Vec<f64>> {
    let season = |season: u32| {
        let order = 1 + stream.index([process, season, 0, 1], 3);
        let shape: Vec<f64> = (0..order as u32).map(|lag| stream.normal([process, season, lag, 2])).collect();
        let (total, _) = stream.uniform([process, season, 0, 3]);
        let sum: f64 = shape.iter().map(|c| c.abs()).sum();
        shape.iter().map(|c| 0.8 * total.sqrt() * c / sum).collect()
    };
    (0..n_seasons as u32).map(season).collect()
}

#[test]
fn a_long_simulation_shows_the_prescribed_mean_and_deviation() {
    let stream = NoiseStream::new(2024);
    for process in 0..12 {
        let n_seasons = 1 + process as usize % 4;
        let coefficients = random_coefficients(stream, process, n_seasons);
        let moments: Vec<(f64, f64)> = (0..n_seasons)
            .map(|season| stream.uniform([process, season as u32, 0, 4]))
            .map(|(mean, std)| (50.0 + 500.0 * mean, 10.0 + 90.0 * std))
            .collect();
        let rows =
            |id: i32, season: usize| row(id, season, moments[season].0, moments[season].1, &coefficients[season]);
        let model =
            one_plant((0..n_seasons).map(|m| rows(m as i32, m)).collect(), n_seasons, &cycle(n_seasons, n_seasons));
        let mut lags = vec![0.0; model.max_order];
        let n_cycles = 40_000;
        let mut sums = vec![(0.0, 0.0); n_seasons];
        for year in 0..n_cycles + 100 {
            for season in 0..n_seasons {
                let eta = stream.normal([process, season as u32, year, 5]);
                let inflow = model.natural_inflow(season, 0, &lags, eta);
                lags.rotate_right(1);
                lags[0] = inflow;
                if year >= 100 {
                    let deviation = (inflow - moments[season].0) / moments[season].1;
                    sums[season].0 += deviation;
                    sums[season].1 += deviation * deviation;
                }
            }
        }
        for (season, (sum, squares)) in sums.into_iter().enumerate() {
            let mean = sum / f64::from(n_cycles);
            let std = (squares / f64::from(n_cycles) - mean * mean).sqrt();
            // Inflows of one season in successive years are correlated by at most 0.8: standard errors of the mean
            // below 0.015 and of the deviation below 0.0075.
            assert!(mean.abs() < 0.06, "process {process}, season {season}: mean off by {mean} deviations");
            assert!((std - 1.0).abs() < 0.03, "process {process}, season {season}: deviation ratio {std}");
        }
    }
}

proptest! {
    #[test]
    fn mean_lags_give_the_mean(process: u32, n_seasons in 1_usize..13, scale in 0.1..10.0) {
        let stream = NoiseStream::new(1);
        let coefficients = random_coefficients(stream, process, n_seasons);
        let mean = |season: usize| 100.0 + 10.0 * season as f64;
        let rows = (0..n_seasons).map(|m| row(m as i32, m, mean(m), scale * (1.0 + m as f64), &coefficients[m]));
        let model = one_plant(rows.collect(), n_seasons, &cycle(n_seasons, n_seasons));
        for season in 0..n_seasons {
            let lag = |l: usize| mean((season + 12 * n_seasons - l) % n_seasons);
            let lags: Vec<f64> = (1..=model.max_order).map(lag).collect();
            let inflow = model.natural_inflow(season, 0, &lags, 0.0);
            prop_assert!((inflow - mean(season)).abs() < 1e-9, "{} {}", inflow, mean(season));
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        process: u32,
        order in Just((-12..12).collect::<Vec<i32>>()).prop_shuffle(),
    ) {
        let coefficients = random_coefficients(NoiseStream::new(3), process, 6);
        let statistics = |&id: &i32| {
            let season = id.rem_euclid(6) as usize;
            row(id, season, 100.0 + f64::from(id), 20.0 + f64::from(id), &coefficients[season])
        };
        let sorted: Vec<i32> = (-12..12).collect();
        let [shuffled, sorted] = [order, sorted].map(|ids| one_plant(ids.iter().map(statistics).collect(), 6, &cycle(12, 6)));
        prop_assert_eq!(shuffled, sorted);
    }
}
