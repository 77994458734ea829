use proptest::prelude::*;

use crate::stochastic::closure::{ClosureError, residual_ratios};

/// Variances of every season of `z_t = Σ ψ_j·z_{t−j} + r·η_t`, from rest, after so many cycles that they repeat: the
/// covariance matrix of the last inflows is propagated season by season.
fn stationary_variances(coefficients: &[Vec<f64>], ratios: &[f64]) -> Vec<f64> {
    let order = coefficients.iter().map(Vec::len).max().unwrap_or(0).max(1);
    // covariance[i][j] of the inflows i + 1 and j + 1 stages ago.
    let mut covariance = vec![vec![0.0; order]; order];
    let mut variances = vec![0.0; ratios.len()];
    for _ in 0..600 {
        for (season, psi) in coefficients.iter().enumerate() {
            let with: Vec<f64> = covariance.iter().map(|row| psi.iter().zip(row).map(|(c, v)| c * v).sum()).collect();
            variances[season] = psi.iter().zip(&with).map(|(c, v)| c * v).sum::<f64>() + ratios[season].powi(2);
            let mut next = vec![vec![variances[season]; order]; order];
            for i in 1..order {
                next[0][i] = with[i - 1];
                next[i][0] = with[i - 1];
                for j in 1..order {
                    next[i][j] = covariance[i - 1][j - 1];
                }
            }
            covariance = next;
        }
    }
    variances
}

/// Coefficients of one season whose absolute values sum to less than 0.85: any cycle of such seasons is stationary.
fn season(max_order: usize) -> impl Strategy<Value = Vec<f64>> {
    (prop::collection::vec(-1.0..1.0, 0..=max_order), 0.0..0.85).prop_map(|(shape, total)| {
        let sum: f64 = shape.iter().map(|c: &f64| c.abs()).sum();
        shape.into_iter().map(|c| c * total / sum.max(1e-9)).collect()
    })
}

fn ratios(coefficients: &[Vec<f64>]) -> Result<Vec<f64>, ClosureError> {
    residual_ratios(&coefficients.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-14, "{found}, expected {expected}");
}

#[test]
fn the_ratio_of_a_first_order_season_is_known() {
    let found = ratios(&[vec![0.6]]).unwrap();
    close(found[0], 0.8);
    // With order 1, the correlation with the last season is the coefficient, whatever the other seasons do.
    let found = ratios(&[vec![0.6], vec![-0.28], vec![]]).unwrap();
    [0.8, 0.96, 1.0].into_iter().zip(found).for_each(|(expected, ratio)| close(ratio, expected));
}

#[test]
fn the_ratio_of_a_second_order_season_is_known() {
    // Yule and Walker: ρ₁ = ψ₁/(1 − ψ₂), ρ₂ = ψ₁·ρ₁ + ψ₂.
    let (one, two) = (0.5, 0.3);
    let rho_one: f64 = one / (1.0 - two);
    let rho_two = one * rho_one + two;
    close(ratios(&[vec![one, two]]).unwrap()[0], (1.0 - one * rho_one - two * rho_two).sqrt());
}

#[test]
fn the_ratio_of_mixed_orders_is_known() {
    // Season 0 looks two stages back, season 1 one: ρ_0(2) = ψ₂ + ψ₁·ρ_1(1), ρ_0(1) = ψ₁ + ψ₂·ρ_1(1), ρ_1(1) = φ.
    let (one, two, phi) = (0.4, 0.35, 0.7);
    let explained: f64 = one * (one + two * phi) + two * (two + one * phi);
    let found = ratios(&[vec![one, two], vec![phi]]).unwrap();
    close(found[0], (1.0 - explained).sqrt());
    close(found[1], (1.0_f64 - 0.49).sqrt());
}

#[test]
fn seasons_without_coefficients_keep_their_deviation() {
    assert_eq!(ratios(&[vec![], vec![], vec![]]).unwrap(), [1.0; 3]);
    assert!(ratios(&[]).unwrap().is_empty());
}

#[test]
fn a_unit_root_leaves_no_residual() {
    assert_eq!(ratios(&[vec![1.0]]).unwrap(), [0.0]);
    // Rounded, the coefficient is a little above one.
    assert_eq!(ratios(&[vec![1.0 + 2.0 * f64::EPSILON]]).unwrap(), [0.0]);
}

#[test]
fn an_explosive_season_is_refused() {
    match ratios(&[vec![0.5], vec![1.2]]) {
        Err(ClosureError::NotStationary { season: 1, residual_variance }) => close(residual_variance, -0.44),
        other => panic!("{other:?}"),
    }
}

#[test]
fn undetermined_autocorrelations_are_refused() {
    // ρ₁ = 0·1 + 1·ρ₁ holds for any ρ₁.
    assert_eq!(ratios(&[vec![0.0, 1.0]]), Err(ClosureError::Singular));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn the_ratios_give_unit_variance_in_every_season(coefficients in prop::collection::vec(season(6), 1..=12)) {
        let ratios = ratios(&coefficients).unwrap();
        for (season, variance) in stationary_variances(&coefficients, &ratios).into_iter().enumerate() {
            prop_assert!((variance - 1.0).abs() < 1e-10, "season {}: {}", season, variance);
        }
    }

    #[test]
    fn repeating_the_cycle_changes_nothing(coefficients in prop::collection::vec(season(4), 1..=4)) {
        let once = ratios(&coefficients).unwrap();
        let twice = ratios(&[coefficients.clone(), coefficients].concat()).unwrap();
        for (season, ratio) in twice.into_iter().enumerate() {
            prop_assert!((ratio - once[season % once.len()]).abs() < 1e-12);
        }
    }
}
