//! Costs of blocks: they make up the stage, and follow from what the outcome says of quantities.

use cobre_engine::Study;
use cobre_engine::sddp::SimulationOptions;
use cobre_engine::simulation::{BlockCost, CostBreakdown, StageOutcome, simulate};
use cobre_engine::system::Limits;
use cobre_engine::test_models::RandomStudy;

use crate::outcomes::Outcomes;
use crate::rebuilt::with_parts;
use crate::setting::{control, train_with};

/// Causes that blocks have, of a block and of a stage.
type Cause = (&'static str, fn(&BlockCost) -> f64, fn(&CostBreakdown) -> f64);

const CAUSES: [Cause; 10] = [
    ("thermal", |block| block.thermal_cost, |stage| stage.thermal_cost),
    ("deficit", |block| block.deficit_cost, |stage| stage.deficit_cost),
    ("excess", |block| block.excess_cost, |stage| stage.excess_cost),
    ("outflow below", |block| block.outflow_violation_below_cost, |stage| stage.outflow_violation_below_cost),
    ("outflow above", |block| block.outflow_violation_above_cost, |stage| stage.outflow_violation_above_cost),
    ("turbined below", |block| block.turbined_violation_cost, |stage| stage.turbined_violation_cost),
    ("generation below", |block| block.generation_violation_cost, |stage| stage.generation_violation_cost),
    ("spillage", |block| block.spillage_cost, |stage| stage.spillage_cost),
    ("turbined", |block| block.turbined_cost, |stage| stage.turbined_cost),
    ("exchange", |block| block.exchange_cost, |stage| stage.exchange_cost),
];

/// The same costs from the quantities of the outcome; the deficit is left at zero, as its price depends on the depth.
fn from_quantities(study: &Study, t: usize, outcome: &StageOutcome, k: usize) -> BlockCost {
    let system = &study.system;
    let n_blocks = system.stages()[t].blocks.len();
    let hours = system.stages()[t].blocks[k].hours;
    let mut cost = BlockCost::default();
    for (i, thermal) in system.thermals().iter().enumerate() {
        cost.thermal_cost += hours * thermal.stages[t].cost_per_mwh * outcome.thermal_mw[i * n_blocks + k];
    }
    for (i, bus) in system.buses().iter().enumerate() {
        cost.excess_cost += hours * bus.stages[t].excess_cost_per_mwh * outcome.buses[i * n_blocks + k].excess_mw;
    }
    for (i, line) in system.lines().iter().enumerate() {
        let flows = &outcome.lines[i * n_blocks + k];
        cost.exchange_cost += hours * line.stages[t].exchange_cost_per_mwh * (flows.direct_mw + flows.reverse_mw);
    }
    for (h, hydro) in system.hydros().iter().enumerate() {
        let prices = &hydro.stages[t].penalties;
        let block = &outcome.hydro_blocks[h * n_blocks + k];
        cost.spillage_cost +=
            hours * (prices.spillage_cost * block.spillage_m3s + prices.diversion_cost * block.diverted_outflow_m3s);
        cost.turbined_cost += hours * prices.turbined_cost * block.turbined_m3s;
        cost.outflow_violation_below_cost +=
            hours * prices.outflow_violation_below_cost * block.outflow_slack_below_m3s;
        cost.outflow_violation_above_cost +=
            hours * prices.outflow_violation_above_cost * block.outflow_slack_above_m3s;
        cost.turbined_violation_cost += hours * prices.turbined_violation_below_cost * block.turbined_slack_m3s;
        cost.generation_violation_cost += hours * prices.generation_violation_below_cost * block.generation_slack_mw;
    }
    cost
}

fn studies() -> [Study; 2] {
    let shape = RandomStudy { seed: 840, n_blocks: 3, n_buses: 2, n_hydros: 3, ..RandomStudy::default() };
    let plain = shape.build();
    // Limits that cannot all be kept: every violation occurs.
    let limited = RandomStudy { operational_limits: true, inflow_variation: 1.2, ..shape }.build();
    let tight = with_parts(&limited, |parts| {
        for block in parts.hydros.iter_mut().flat_map(|hydro| &mut hydro.stages).flat_map(|stage| &mut stage.blocks) {
            block.turbined_m3s.min = 60.0;
            block.generation_mw.min = 70.0;
            block.outflow_m3s.min = 90.0;
            block.outflow_m3s.max = 95.0;
        }
        // More power than anyone wants.
        for thermal in &mut parts.thermals {
            thermal.stages[1].generation_mw[0] = Limits::new(900.0, 900.0);
        }
    });
    [plain, tight]
}

#[test]
fn costs_of_blocks_make_up_the_stage() {
    let mut seen = [0.0; CAUSES.len()];
    for (s, study) in studies().iter().enumerate() {
        let (trained, _) = train_with(study, 4, 2, 1).expect("training");
        let mut outcomes = Outcomes::default();
        let options = SimulationOptions { n_scenarios: 60, bucket_size: 60, seed: 5 };
        simulate(study, &trained.state.policy, &options, control(1), &[], &mut outcomes, &mut |_| {})
            .expect("simulation");
        for (_, t, paths) in &outcomes.stages {
            for outcome in paths {
                assert_eq!(outcome.block_costs.len(), 3);
                for (i, (name, of_block, of_stage)) in CAUSES.iter().enumerate() {
                    let sum = outcome.block_costs.iter().fold(0.0, |sum, block| sum + of_block(block));
                    assert_eq!(sum.to_bits(), of_stage(&outcome.cost).to_bits(), "study {s}, stage {t}: {name}");
                    seen[i] += sum;
                }
                for (k, block) in outcome.block_costs.iter().enumerate() {
                    let mut expected = from_quantities(study, *t, outcome, k);
                    expected.deficit_cost = block.deficit_cost;
                    let has_deficit = outcome.buses.iter().skip(k).step_by(3).any(|bus| bus.deficit_mw > 0.0);
                    assert_eq!(block.deficit_cost > 0.0, has_deficit, "study {s}, stage {t}, block {k}");
                    for (name, of_block, _) in &CAUSES {
                        let (found, expected) = (of_block(block), of_block(&expected));
                        let close = (found - expected).abs() <= 1e-9 * expected.abs();
                        assert!(close, "study {s}, stage {t}, block {k}: {name} is {found}, not {expected}");
                    }
                }
                let cost = &outcome.cost;
                let causes: f64 = CAUSES.iter().map(|(_, _, of_stage)| of_stage(cost)).sum();
                let sum = causes + cost.withdrawal_violation_cost + cost.inflow_penalty_cost;
                let immediate = cost.immediate_cost;
                assert!((sum - immediate).abs() < 1e-7 * immediate.max(1.0), "{immediate} is not {sum}");
            }
        }
    }
    for ((name, _, _), seen) in CAUSES.iter().zip(seen) {
        assert!(seen > 0.0, "{name}: no scenario has such a cost, so nothing was compared");
    }
}
