use cobre_engine::Study;
use cobre_engine::subproblem::{StageProblemFacts, stage_problem_facts};
use serde::{Deserialize, Serialize};

/// `training/scaling_report.json`: size and numerical range of the stage problems, before cuts.
///
/// The only scaling is that of costs by a constant divisor: matrices are the same before and after it, and all factors
/// of columns and rows are 1. What the solver does inside is its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalingReport {
    /// Divisor of all costs.
    pub cost_scale_factor: f64,
    /// Problems by stage.
    pub stages: Vec<StageScaling>,
    /// Over all stages.
    pub summary: ScalingSummary,
}

/// Size and numerical range of a stage problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageScaling {
    /// Label of the stage.
    pub stage_id: i32,
    /// Size.
    pub dimensions: Dimensions,
    /// In $.
    pub pre_scaling: CoefficientRanges,
    /// As the solver sees it.
    pub post_scaling: CoefficientRanges,
    /// Factors of the columns.
    pub col_scale: ScaleFactors,
    /// Factors of the rows.
    pub row_scale: ScaleFactors,
}

/// Size of a stage problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Columns.
    pub num_cols: u64,
    /// Rows.
    pub num_rows: u64,
    /// Matrix entries that are not zero.
    pub num_nz: u64,
}

/// Magnitudes of the coefficients that are not zero; null where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CoefficientRanges {
    /// Smallest and largest matrix entry.
    pub matrix_coeff_range: Option<[f64; 2]>,
    /// Largest over smallest.
    pub matrix_coeff_ratio: Option<f64>,
    /// Smallest and largest objective coefficient.
    pub objective_range: Option<[f64; 2]>,
    /// Largest over smallest.
    pub objective_ratio: Option<f64>,
}

/// Statistics of scale factors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScaleFactors {
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Median.
    pub median: f64,
    /// Number.
    pub count: u64,
}

/// Scaling over all stages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScalingSummary {
    /// Largest ratio of matrix entries before scaling.
    pub worst_pre_scaling_matrix_ratio: Option<f64>,
    /// Largest ratio of matrix entries after scaling.
    pub worst_post_scaling_matrix_ratio: Option<f64>,
    /// The first over the second.
    pub improvement_factor: Option<f64>,
    /// Stages.
    pub num_stages: u64,
}

impl ScalingReport {
    /// The report of a study.
    pub fn new(study: &Study) -> Self {
        let scale = study.cost_scale_factor;
        let facts = stage_problem_facts(study);
        let ratios = facts.iter().filter_map(|facts| facts.matrix_range).map(|(low, high)| high / low);
        let worst = ratios.max_by(f64::total_cmp);
        Self {
            cost_scale_factor: scale,
            summary: ScalingSummary {
                worst_pre_scaling_matrix_ratio: worst,
                worst_post_scaling_matrix_ratio: worst,
                improvement_factor: worst.map(|_| 1.0),
                num_stages: facts.len() as u64,
            },
            stages: facts.iter().map(|facts| StageScaling::new(facts, scale)).collect(),
        }
    }
}

impl StageScaling {
    fn new(facts: &StageProblemFacts, scale: f64) -> Self {
        let ones = |count: usize| ScaleFactors { min: 1.0, max: 1.0, median: 1.0, count: count as u64 };
        Self {
            stage_id: facts.stage_id,
            dimensions: Dimensions {
                num_cols: facts.n_columns as u64,
                num_rows: facts.n_rows as u64,
                num_nz: facts.n_nonzeros as u64,
            },
            pre_scaling: CoefficientRanges::new(facts, scale),
            post_scaling: CoefficientRanges::new(facts, 1.0),
            col_scale: ones(facts.n_columns),
            row_scale: ones(facts.n_rows),
        }
    }
}

impl CoefficientRanges {
    /// The ranges with costs multiplied by `cost_factor`.
    fn new(facts: &StageProblemFacts, cost_factor: f64) -> Self {
        let ratio = |(low, high): (f64, f64)| high / low;
        Self {
            matrix_coeff_range: facts.matrix_range.map(|(low, high)| [low, high]),
            matrix_coeff_ratio: facts.matrix_range.map(ratio),
            objective_range: facts.objective_range.map(|(low, high)| [low * cost_factor, high * cost_factor]),
            objective_ratio: facts.objective_range.map(ratio),
        }
    }
}
