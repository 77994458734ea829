//! Outcomes of a stage in physical units, from the solution of its LP.

use super::StageProblem;
use super::builder::Slot;
use super::hydro::Flow;
use crate::simulation::{
    BlockCost, BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome,
};
use crate::solver::LpSolution;
use crate::study::Study;
use crate::subproblem::{StageInput, StateLayout};

impl Flow<Slot> {
    /// Flow (m³/s) in block `k`; `zeta` is the volume of one m³/s over the stage.
    fn flow(&self, k: usize, zeta: f64, solution: &LpSolution) -> f64 {
        match self {
            Flow::Blocks(slots) => slots[k].amount(solution),
            Flow::Stage(slot) => slot.amount(solution) / zeta,
        }
    }
}

impl Slot {
    /// The value of a variable that cannot be negative, without the rounding of the solver below zero.
    fn amount(self, solution: &LpSolution) -> f64 {
        self.value(solution).max(0.0)
    }
}

/// The amount of a variable that exists in some blocks only.
fn amount_at(slots: &[Slot], index: usize, solution: &LpSolution) -> f64 {
    slots.get(index).map_or(0.0, |slot| slot.amount(solution))
}

impl StageProblem {
    /// Everything that happens at the stage. `discount_factor` is the cumulative `D(t)`.
    pub fn read_outcome(
        &self,
        study: &Study,
        states: &StateLayout,
        incoming: &[f64],
        input: &StageInput,
        solution: &LpSolution,
        discount_factor: f64,
    ) -> StageOutcome {
        let mut outcome = StageOutcome {
            inflow_lags_m3s: incoming[states.n_hydros()..].to_vec(),
            block_costs: vec![BlockCost::default(); study.system.stages()[self.stage].blocks.len()],
            ..Default::default()
        };
        let mut cost = CostBreakdown { discount_factor, ..CostBreakdown::default() };
        self.read_hydros(study, states, incoming, input, solution, &mut outcome, &mut cost);
        self.read_network(study, input, solution, &mut outcome);
        for block in &outcome.block_costs {
            cost.add_block(block);
        }
        let theta = self.future_cost(study, solution);
        cost.future_cost = study.system.stages()[self.stage].discount_factor * theta;
        cost.total_cost = solution.objective * study.cost_scale_factor;
        cost.immediate_cost = cost.total_cost - cost.future_cost;
        outcome.cost = cost;
        outcome
    }

    #[expect(clippy::too_many_arguments)]
    fn read_hydros(
        &self,
        study: &Study,
        states: &StateLayout,
        incoming: &[f64],
        input: &StageInput,
        solution: &LpSolution,
        outcome: &mut StageOutcome,
        cost: &mut CostBreakdown,
    ) {
        let system = &study.system;
        let stage = &system.stages()[self.stage];
        let n_blocks = stage.blocks.len();
        let hours = stage.hours();
        outcome.hydro_blocks = vec![HydroBlockOutcome::default(); system.n_hydros() * n_blocks];
        for (h, slots) in self.hydros.iter().enumerate() {
            let hydro = &system.hydros()[h];
            let data = &hydro.stages[self.stage];
            let penalties = &data.penalties;
            let inflow_slack = slots.inflow_slack.amount(solution);
            let (withdrawal_pos, withdrawal_neg) =
                (slots.withdrawal_pos.amount(solution), slots.withdrawal_neg.amount(solution));
            outcome.hydros.push(HydroOutcome {
                storage_initial_hm3: incoming[states.storage(h)],
                storage_final_hm3: slots.storage.value(solution),
                inflow_m3s: self.relaxed_of[h].map_or(input.inflow_m3s[h], |i| self.relaxed[i].slot.value(solution)),
                water_value_per_hm3: solution.row_duals[self.rows.water[h]] * study.cost_scale_factor,
                inflow_nonnegativity_slack_m3s: inflow_slack,
                withdrawal_violation_pos_m3s: withdrawal_pos,
                withdrawal_violation_neg_m3s: withdrawal_neg,
            });
            cost.inflow_penalty_cost += penalties.inflow_nonnegativity_cost * hours * inflow_slack;
            cost.withdrawal_violation_cost += hours
                * (penalties.water_withdrawal_violation_pos_cost * withdrawal_pos
                    + penalties.water_withdrawal_violation_neg_cost * withdrawal_neg);

            let n_cells = slots.turbined.len() / n_blocks;
            for cell in 0..n_cells {
                for k in 0..n_blocks {
                    let i = cell * n_blocks + k;
                    let turbined = slots.turbined[i].amount(solution);
                    let generation = data.productivity_mw_per_m3s * turbined;
                    outcome.cells.push((turbined, generation));
                    let block = &mut outcome.hydro_blocks[h * n_blocks + k];
                    block.turbined_m3s += turbined;
                    block.generation_mw += generation;
                    block.turbined_slack_m3s += slots.turbined_below[i].amount(solution);
                    block.generation_slack_mw += slots.generation_below[i].amount(solution);
                }
            }
            for (k, duration) in stage.blocks.iter().map(|block| block.hours).enumerate() {
                let diverted = slots.diversion.flow(k, self.zeta, solution);
                let block = &mut outcome.hydro_blocks[h * n_blocks + k];
                let cost = &mut outcome.block_costs[k];
                block.spillage_m3s = slots.spillage.flow(k, self.zeta, solution);
                block.diverted_outflow_m3s = diverted;
                block.spillage_cost =
                    duration * (penalties.spillage_cost * block.spillage_m3s + penalties.diversion_cost * diverted);
                block.outflow_slack_below_m3s = amount_at(&slots.outflow_below, k, solution);
                block.outflow_slack_above_m3s = amount_at(&slots.outflow_above, k, solution);
                cost.spillage_cost += block.spillage_cost;
                cost.turbined_cost += duration * penalties.turbined_cost * block.turbined_m3s;
                cost.outflow_violation_below_cost +=
                    duration * penalties.outflow_violation_below_cost * block.outflow_slack_below_m3s;
                cost.outflow_violation_above_cost +=
                    duration * penalties.outflow_violation_above_cost * block.outflow_slack_above_m3s;
                cost.turbined_violation_cost +=
                    duration * penalties.turbined_violation_below_cost * block.turbined_slack_m3s;
                cost.generation_violation_cost +=
                    duration * penalties.generation_violation_below_cost * block.generation_slack_mw;
                if let Some(target) = hydro.diversion_downstream {
                    outcome.hydro_blocks[target * n_blocks + k].diverted_inflow_m3s += diverted;
                }
            }
        }
    }

    fn read_network(&self, study: &Study, input: &StageInput, solution: &LpSolution, outcome: &mut StageOutcome) {
        let system = &study.system;
        let blocks = &system.stages()[self.stage].blocks;
        outcome.thermal_mw = self.network.thermals.iter().map(|slot| slot.amount(solution)).collect();
        for (i, generation) in outcome.thermal_mw.iter().enumerate() {
            let price = system.thermals()[i / blocks.len()].stages[self.stage].cost_per_mwh;
            let k = i % blocks.len();
            outcome.block_costs[k].thermal_cost += price * generation * blocks[k].hours;
        }
        for (i, (direct, reverse)) in self.network.lines.iter().enumerate() {
            let flows = LineBlockOutcome { direct_mw: direct.amount(solution), reverse_mw: reverse.amount(solution) };
            let price = system.lines()[i / blocks.len()].stages[self.stage].exchange_cost_per_mwh;
            let k = i % blocks.len();
            outcome.block_costs[k].exchange_cost += price * (flows.direct_mw + flows.reverse_mw) * blocks[k].hours;
            outcome.lines.push(flows);
        }
        for (i, segments) in self.network.deficit.iter().enumerate() {
            let bus = &system.buses()[i / blocks.len()];
            let hours = blocks[i % blocks.len()].hours;
            let cost = &mut outcome.block_costs[i % blocks.len()];
            let mut deficit = 0.0;
            for (slot, segment) in segments.iter().zip(&bus.deficit_segments) {
                let value = slot.amount(solution);
                deficit += value;
                cost.deficit_cost += segment.cost_per_mwh * value * hours;
            }
            let excess = self.network.excess[i].amount(solution);
            cost.excess_cost += bus.stages[self.stage].excess_cost_per_mwh * excess * hours;
            outcome.buses.push(BusBlockOutcome {
                load_mw: input.load_mw[i],
                deficit_mw: deficit,
                excess_mw: excess,
                spot_price: solution.row_duals[self.rows.energy[i]] * study.cost_scale_factor / hours,
            });
        }
    }
}
