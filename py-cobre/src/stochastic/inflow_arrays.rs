use cobre_data::case::Case as CaseData;
use cobre_engine::stochastic::InflowStatistics;

/// The inflow model of a case in arrays, stages and plants in their order: each row-major (stage, plant), coefficients
/// (stage, plant, lag) with zeros where a plant has fewer lags.
#[derive(Debug, Default)]
pub(super) struct InflowArrays {
    pub(super) means: Vec<f64>,
    pub(super) standard_deviations: Vec<f64>,
    pub(super) ar_coefficients: Vec<f64>,
    pub(super) lag_coefficients: Vec<f64>,
    pub(super) base: Vec<f64>,
    pub(super) residual_standard_deviations: Vec<f64>,
}

impl InflowArrays {
    pub(super) fn of(case: &CaseData) -> Self {
        let order = case.study.inflow.max_order;
        let mut arrays = Self::default();
        for (stage, plants) in case.study.system.stages().iter().zip(&case.study.inflow.stages) {
            for (plant, rows) in plants.iter().zip(&case.stochastic.inflow.plants) {
                let row = rows.iter().find(|row| row.stage_id == stage.id);
                let coefficients = row.map_or(&[][..], |row: &InflowStatistics| &row.coefficients);
                arrays.means.push(row.map_or(0.0, |row| row.mean_m3s));
                arrays.standard_deviations.push(row.map_or(0.0, |row| row.std_m3s));
                arrays.base.push(plant.base_m3s);
                arrays.residual_standard_deviations.push(plant.sigma_m3s);
                for lag in 0..order {
                    arrays.ar_coefficients.push(coefficients.get(lag).copied().unwrap_or(0.0));
                    arrays.lag_coefficients.push(plant.psi.get(lag).copied().unwrap_or(0.0));
                }
            }
        }
        arrays
    }
}
