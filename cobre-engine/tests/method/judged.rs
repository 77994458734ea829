//! Optima of the dual simplex, in training as it is, judged by HiGHS.
//!
//! `COBRE_JUDGED` says how many are judged; 20,000 where it does not, a million in the long tier.

use std::sync::Arc;

use cobre_engine::EngineError;
use cobre_engine::InflowNonNegativity;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{Control, TrainingError, TrainingStart, train};
use cobre_engine::solver::LpStatus;
use cobre_engine::test_models::{Judge, RandomStudy, SplitMix64, Verdicts};

use crate::setting::{control, options};

/// A study of any shape, also of those where costs are out of scale.
fn shape(seed: u64) -> RandomStudy {
    let mut random = SplitMix64::new(seed);
    let treatments = [
        InflowNonNegativity::None,
        InflowNonNegativity::Penalty,
        InflowNonNegativity::Truncation,
        InflowNonNegativity::TruncationWithPenalty,
    ];
    RandomStudy {
        seed,
        n_hydros: 1 + random.below(8),
        n_thermals: 1 + random.below(6),
        n_buses: 1 + random.below(3),
        n_blocks: 1 + random.below(3),
        n_stages: 3 + random.below(4),
        n_openings: 2 + random.below(6),
        ar_order: random.below(3),
        inflow_variation: random.uniform(0.1, 1.2),
        load_variation: if random.below(2) == 0 { 0.0 } else { 0.1 },
        non_negativity: treatments[random.below(treatments.len())],
        annual_discount_rate: if random.below(2) == 0 { 0.0 } else { 0.12 },
        risk_measure: if random.below(2) == 0 {
            |_| RiskMeasure::Expectation
        } else {
            |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.5 }
        },
        operational_limits: random.below(2) == 0,
    }
}

#[test]
fn optima_in_training_are_those_of_highs() {
    let wanted: u64 = std::env::var("COBRE_JUDGED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let judge = Arc::new(Judge::new(5));
    let make = || judge.solver();
    let control = Control { make_solver: &make, ..control(2) };
    let mut seed = 5000;
    let mut n_recovered = 0;
    while judge.verdicts().n_judged < wanted {
        let mut study = shape(seed).build();
        if seed % 4 == 0 {
            // Costs that are much too large, or too small, for their tolerances.
            study.cost_scale_factor *= if seed % 8 == 0 { 1e-2 } else { 1e2 };
        }
        let mut observer = |record: &cobre_engine::sddp::IterationRecord,
                            _: &cobre_engine::sddp::TrainingSnapshot<'_>|
         -> Result<(), std::convert::Infallible> {
            for (_, _, work) in &record.solver {
                n_recovered += work.retries;
            }
            Ok(())
        };
        let trained = train(&study, &options(25, 3), control, TrainingStart::Fresh, &mut observer);
        if let Err(error) = trained.map_err(TrainingError::into_engine) {
            // Negative inflow into an empty reservoir, without a penalised source of water.
            let infeasible = matches!(error, EngineError::StageProblem { status: LpStatus::Infeasible, .. });
            assert!(infeasible, "seed {seed}: {error}");
        }
        seed += 1;
    }
    let found = judge.verdicts();
    println!("{found:?}; {n_recovered} needed recovery");
    let Verdicts { n_problems, n_judged, n_infeasible, n_unsure, .. } = found;
    assert!(n_unsure * 1000 <= n_judged, "HiGHS could not prove its own optimum of {n_unsure} problems");
    assert!(n_infeasible > 0, "no problem without a solution was met");
    assert!(n_recovered * 1000 <= n_problems, "{n_recovered} of {n_problems} problems needed recovery");
}
