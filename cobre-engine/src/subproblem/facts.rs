use super::{StageProblem, build_stage_problems};
use crate::study::Study;

/// Size and numerical range of a stage problem before cuts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageProblemFacts {
    /// Label of the stage.
    pub stage_id: i32,
    /// Variables, those with an entry in one row alone included.
    pub n_columns: usize,
    /// Of these, variables with an entry in one row alone; a solver may fold them into the row.
    pub n_segments: usize,
    /// Rows.
    pub n_rows: usize,
    /// Matrix entries, none of them zero.
    pub n_nonzeros: usize,
    /// Smallest and largest magnitude of a matrix entry; none without entries.
    pub matrix_range: Option<(f64, f64)>,
    /// Smallest and largest magnitude of an objective coefficient that is not zero, in solver units: $ over the cost
    /// scale factor of the study. None where nothing has a cost.
    pub objective_range: Option<(f64, f64)>,
}

/// Facts of the problems of all stages.
pub fn stage_problem_facts(study: &Study) -> Vec<StageProblemFacts> {
    build_stage_problems(study).iter().map(|problem| problem.facts(study)).collect()
}

impl StageProblem {
    /// Size and numerical range of the problem before cuts.
    pub fn facts(&self, study: &Study) -> StageProblemFacts {
        let model = &self.model;
        let entries = model.entry_values.iter().copied().chain(model.segments.iter().map(|one| one.coefficient));
        let costs = model.columns.iter().map(|one| one.cost).chain(model.segments.iter().map(|one| one.cost));
        StageProblemFacts {
            stage_id: study.system.stages()[self.stage].id,
            n_columns: model.n_columns() + model.segments.len(),
            n_segments: model.segments.len(),
            n_rows: model.n_rows(),
            n_nonzeros: model.entry_values.len() + model.segments.len(),
            matrix_range: magnitudes(entries),
            objective_range: magnitudes(costs),
        }
    }
}

/// Smallest and largest magnitude of the numbers that are not zero.
fn magnitudes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.map(f64::abs).filter(|value| *value != 0.0).fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::stage_problem_facts;
    use crate::test_models::RandomStudy;

    #[test]
    fn facts_of_a_problem_counted_by_hand() {
        let study = RandomStudy { seed: 5, n_hydros: 1, n_thermals: 2, n_stages: 2, ..RandomStudy::default() }.build();
        let [first, last] = stage_problem_facts(&study)[..] else { panic!("two stages") };
        // One water and one energy balance. Columns: storage, turbined flow, θ. Segments: spilled volume and water made
        // up in the water balance; two thermals, two steps of deficit and excess in the energy balance.
        assert_eq!((first.stage_id, first.n_rows, first.n_columns, first.n_segments), (0, 2, 10, 7));
        // Storage has one entry, turbined flow two, θ none, every segment one.
        assert_eq!(first.n_nonzeros, 10);
        // At the last stage there is no θ, and storage carries no state: a segment too.
        assert_eq!((last.stage_id, last.n_rows, last.n_columns, last.n_segments), (1, 2, 9, 8));
        assert_eq!(last.n_nonzeros, 10);
        let volume = 0.0036 * 720.0;
        let rho = study.system.hydros()[0].stages[0].productivity_mw_per_m3s;
        let (low, high) = first.matrix_range.expect("entries");
        assert!((low - rho.min(1.0)).abs() < 1e-12 && (high - volume).abs() < 1e-12, "{low} to {high}");
        let scale = study.cost_scale_factor;
        let (low, high) = first.objective_range.expect("costs");
        // Below: one hm³ of spillage at 0.01 $/(m³/s·h), or θ at 1. Above: one m³/s made up at 1500 $/(m³/s·h), or one
        // MW of the dearest deficit, over a month.
        let dearest = study.system.buses()[0].deficit_segments[1].cost_per_mwh.max(1500.0);
        let expected = ((0.01 / 0.0036 / scale).min(1.0), dearest * 720.0 / scale);
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-12 * expected;
        assert!(close(low, expected.0) && close(high, expected.1), "{low} to {high}, not {expected:?}");
    }
}
