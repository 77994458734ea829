use crate::stochastic::{InflowData, InflowStatistics, ParError, ParModel};

const STAGES: [(i32, Option<usize>); 2] = [(0, Some(0)), (1, Some(1))];

fn row(stage_id: i32, season: Option<usize>, coefficients: &[f64]) -> InflowStatistics {
    InflowStatistics { stage_id, season, mean_m3s: 100.0, std_m3s: 20.0, coefficients: coefficients.to_vec() }
}

/// Builds a model whose plant 0 has no inflow and whose plant 1 has the given rows.
fn build(rows: Vec<InflowStatistics>, n_seasons: usize) -> Result<ParModel, ParError> {
    ParModel::build(&InflowData { plants: vec![vec![], rows], n_seasons }, &STAGES)
}

fn pair(coefficients: &[f64]) -> Vec<InflowStatistics> {
    vec![row(0, Some(0), coefficients), row(1, Some(1), &[])]
}

#[test]
fn a_study_stage_needs_statistics() {
    let rows = vec![row(-1, Some(1), &[]), row(0, Some(0), &[])];
    assert_eq!(build(rows, 2), Err(ParError::MissingStatistics { hydro: 1, stage_id: 1 }));
}

#[test]
fn coefficients_need_seasons() {
    assert_eq!(build(pair(&[0.5]), 0), Err(ParError::MissingSeasons { hydro: 1 }));
    assert!(build(pair(&[]), 0).is_ok());
}

#[test]
fn coefficients_need_a_declared_season() {
    assert_eq!(
        build(pair(&[0.5]).into_iter().map(|row| InflowStatistics { season: Some(2), ..row }).collect(), 2),
        Err(ParError::UnknownSeason { hydro: 1, stage_id: 0, season: Some(2), n_seasons: 2 })
    );
    assert_eq!(
        build(vec![row(0, None, &[0.5]), row(1, Some(1), &[])], 2),
        Err(ParError::UnknownSeason { hydro: 1, stage_id: 0, season: None, n_seasons: 2 })
    );
}

#[test]
fn a_stage_has_one_row() {
    let mut rows = pair(&[0.5]);
    rows.push(row(1, Some(1), &[0.2]));
    assert_eq!(build(rows, 2), Err(ParError::RepeatedStatistics { hydro: 1, stage_id: 1 }));
}

#[test]
fn statistics_are_numbers() {
    let with = |change: fn(&mut InflowStatistics)| {
        let mut rows = pair(&[0.5, 0.1]);
        change(&mut rows[0]);
        match build(rows, 2) {
            Err(ParError::InvalidStatistics { hydro: 1, stage_id: 0, quantity, value }) => (quantity, value),
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(with(|row| row.mean_m3s = f64::NAN), ("mean", value) if value.is_nan()));
    assert_eq!(with(|row| row.std_m3s = -1.0), ("std", -1.0));
    assert_eq!(with(|row| row.std_m3s = f64::INFINITY), ("std", f64::INFINITY));
    assert_eq!(with(|row| row.coefficients[1] = f64::NEG_INFINITY), ("coefficient", f64::NEG_INFINITY));
}

#[test]
fn a_coefficient_that_overflows_is_refused() {
    let mut rows = pair(&[0.5]);
    rows[1].std_m3s = f64::MIN_POSITIVE;
    rows[0].std_m3s = 1e6;
    assert_eq!(
        build(rows, 2),
        Err(ParError::InvalidStatistics { hydro: 1, stage_id: 0, quantity: "base", value: f64::NEG_INFINITY })
    );
}

#[test]
fn an_explosive_process_is_refused() {
    let found = build(pair(&[1.5]), 2);
    assert!(
        matches!(found, Err(ParError::NotStationary { hydro: 1, season: 0, residual_variance }) if residual_variance == -1.25),
        "{found:?}"
    );
}

#[test]
fn an_undetermined_process_is_refused() {
    let rows = vec![row(0, Some(0), &[0.0, 1.0]), row(1, Some(0), &[0.0, 1.0])];
    let data = InflowData { plants: vec![rows], n_seasons: 1 };
    let stages = [(0, Some(0)), (1, Some(0))];
    assert_eq!(ParModel::build(&data, &stages), Err(ParError::Singular { hydro: 0 }));
}
