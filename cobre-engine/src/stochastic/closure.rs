//! Residual variance of a periodic autoregressive process of unit variance.

use super::linear::solve_dense;

/// Residual variances that rounding may push below zero.
const ROUNDING: f64 = 1e-12;

/// Why the residual ratios do not follow from the coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ClosureError {
    /// The autocorrelations are not determined.
    Singular,
    /// The residual variance of a season is negative.
    NotStationary { season: usize, residual_variance: f64 },
}

/// The autocorrelations `ρ_m(k)` of season `m` with its `k`-th predecessor, for `k = 1..=order`.
struct Autocorrelations {
    n_seasons: usize,
    order: usize,
    values: Vec<f64>,
}

impl Autocorrelations {
    /// Position of `ρ_m(k)` for `k ≥ 1`, where `m` is the season `back` steps before `season`.
    fn position(&self, season: usize, back: usize, k: usize) -> usize {
        let earlier = (season + self.n_seasons - back % self.n_seasons) % self.n_seasons;
        earlier * self.order + k - 1
    }

    /// Solves the periodic Yule–Walker system
    /// `ρ_m(k) = Σ_j ψ*_{m,j}·corr(z_{m−j}, z_{m−k})` for all seasons `m` and lags `k = 1..=order`.
    ///
    /// The correlation on the right is 1 for `j = k`, `ρ_{m−j}(k−j)` for the nearer `j` and `ρ_{m−k}(j−k)` for the
    /// farther, so the system closes over lags up to the largest order.
    fn solve(coefficients: &[&[f64]]) -> Option<Self> {
        let n_seasons = coefficients.len();
        let order = coefficients.iter().map(|psi| psi.len()).max().unwrap_or(0);
        let mut rho = Self { n_seasons, order, values: Vec::new() };
        let n = n_seasons * order;
        let mut matrix = vec![0.0; n * n];
        let mut right = vec![0.0; n];
        for season in 0..n_seasons {
            for k in 1..=order {
                let row = rho.position(season, 0, k);
                matrix[row * n + row] += 1.0;
                for (j, &psi) in (1..).zip(coefficients[season]) {
                    match j.cmp(&k) {
                        std::cmp::Ordering::Equal => right[row] += psi,
                        std::cmp::Ordering::Less => matrix[row * n + rho.position(season, j, k - j)] -= psi,
                        std::cmp::Ordering::Greater => matrix[row * n + rho.position(season, k, j - k)] -= psi,
                    }
                }
            }
        }
        rho.values = solve_dense(matrix, right)?;
        Some(rho)
    }
}

/// Ratio of residual to total standard deviation in every season: `r_m = √(1 − Σ_j ψ*_{m,j}·ρ_m(j))`, from the
/// standardised coefficients of the seasons of one cycle (lag 1 first; empty for order 0, whose ratio is 1).
pub(super) fn residual_ratios(coefficients: &[&[f64]]) -> Result<Vec<f64>, ClosureError> {
    let rho = Autocorrelations::solve(coefficients).ok_or(ClosureError::Singular)?;
    let mut ratios = Vec::with_capacity(coefficients.len());
    for (season, psi) in coefficients.iter().enumerate() {
        let explained: f64 = (1..).zip(*psi).map(|(j, c)| c * rho.values[rho.position(season, 0, j)]).sum();
        let residual_variance = 1.0 - explained;
        if residual_variance.is_nan() || residual_variance <= -ROUNDING {
            return Err(ClosureError::NotStationary { season, residual_variance });
        }
        ratios.push(residual_variance.max(0.0).sqrt());
    }
    Ok(ratios)
}
