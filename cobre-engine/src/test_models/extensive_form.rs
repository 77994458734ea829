use std::sync::Arc;

use crate::risk::RiskMeasure;
use crate::solver::{LpColumn, LpModel, LpSolver, LpStatus};
use crate::study::Study;

/// The whole scenario tree as one LP: every node of the tree has the variables of its stage, nested risk measures are
/// written out (Rockafellar and Uryasev 2000). It shares no code with the stage problem, so it can judge it.
///
/// The size grows with the number of paths: it is for small studies.
#[derive(Default)]
pub struct ExtensiveForm {
    columns: Vec<LpColumn>,
    entries: Vec<Vec<(usize, f64)>>,
    rows: Vec<(f64, f64)>,
}

/// One node of the tree, as its children see it.
struct Node {
    storage: Vec<usize>,
    lags: Vec<Vec<f64>>,
}

impl ExtensiveForm {
    /// Optimal value ($) of the study: what a converged lower bound must meet.
    ///
    /// # Errors
    /// The status of the LP when it is not optimal.
    pub fn optimum(study: &Study, solver: &mut dyn LpSolver) -> Result<f64, LpStatus> {
        let initial = study.system.initial();
        Self::value(study, 0, &initial.storage_hm3, &initial.inflow_lags_m3s, solver)
    }

    /// Risk-adjusted value ($) of stages `first..` from a given state: `lags[hydro][lag]`, most recent first. For
    /// `first = 0` this is the optimal value of the study; for later stages it is the exact cost-to-go that the cuts
    /// of stage `first − 1` approximate.
    ///
    /// # Errors
    /// The status of the LP when it is not optimal.
    pub fn value(
        study: &Study,
        first: usize,
        storage_hm3: &[f64],
        lags: &[Vec<f64>],
        solver: &mut dyn LpSolver,
    ) -> Result<f64, LpStatus> {
        let mut form = Self::default();
        // The incoming storage of the root as fixed columns.
        let storage = storage_hm3.iter().map(|&volume| form.column(0.0, volume, volume)).collect();
        let mut lags = lags.to_vec();
        for known in &mut lags {
            known.resize(study.inflow.max_order.max(known.len()), 0.0);
        }
        // The measure of stage t − 1 is taken over the openings of stage t; the first stage applies its own.
        let measure = study.system.stages()[first.saturating_sub(1)].risk_measure;
        let value = form.add_stage(study, first, &Node { storage, lags }, measure);
        form.columns[value].cost = 1.0;
        Ok(form.solve(solver)? * study.cost_scale_factor)
    }

    fn column(&mut self, cost: f64, lower: f64, upper: f64) -> usize {
        self.columns.push(LpColumn { cost, lower, upper });
        self.entries.push(Vec::new());
        self.columns.len() - 1
    }

    fn row(&mut self, lower: f64, upper: f64, entries: &[(usize, f64)]) {
        let row = self.rows.len();
        self.rows.push((lower, upper));
        for &(column, value) in entries {
            match self.entries[column].iter_mut().find(|(other, _)| *other == row) {
                Some((_, sum)) => *sum += value,
                None => self.entries[column].push((row, value)),
            }
        }
    }

    /// Adds all openings of stage `t` below a node; returns the column of their risk-adjusted value.
    fn add_stage(&mut self, study: &Study, t: usize, parent: &Node, measure: RiskMeasure) -> usize {
        let n_openings = study.openings.n_openings(t);
        let p = 1.0 / n_openings as f64;
        let values: Vec<usize> = (0..n_openings).map(|k| self.add_node(study, t, parent, k)).collect();
        let folded = self.column(0.0, f64::NEG_INFINITY, f64::INFINITY);
        let mut entries = vec![(folded, 1.0)];
        match measure {
            RiskMeasure::Expectation => entries.extend(values.iter().map(|&value| (value, -p))),
            RiskMeasure::Cvar { alpha, lambda } => {
                // CVaR_α(Q) = min_η η + 1/α·Σ p·max(0, Q − η)
                let eta = self.column(0.0, f64::NEG_INFINITY, f64::INFINITY);
                entries.push((eta, -lambda));
                for &value in &values {
                    let excess = self.column(0.0, 0.0, f64::INFINITY);
                    self.row(0.0, f64::INFINITY, &[(excess, 1.0), (value, -1.0), (eta, 1.0)]);
                    entries.push((value, -(1.0 - lambda) * p));
                    entries.push((excess, -lambda * p / alpha));
                }
            }
        }
        self.row(0.0, 0.0, &entries);
        folded
    }

    /// Adds stage `t` at opening `k`; returns the column of its value: stage cost plus discounted cost-to-go.
    fn add_node(&mut self, study: &Study, t: usize, parent: &Node, k: usize) -> usize {
        let system = &study.system;
        let stage = &system.stages()[t];
        let noise = study.openings.noise(t, k);
        let scale = study.cost_scale_factor;
        let value = self.column(0.0, f64::NEG_INFINITY, f64::INFINITY);
        let mut cost: Vec<(usize, f64)> = vec![(value, 1.0)];
        let mut energy: Vec<Vec<Vec<(usize, f64)>>> = vec![vec![Vec::new(); stage.blocks.len()]; system.buses().len()];
        let mut water: Vec<Vec<(usize, f64)>> = vec![Vec::new(); system.n_hydros()];
        let mut water_rhs = Vec::new();
        let mut node = Node { storage: Vec::new(), lags: parent.lags.clone() };
        let hours: f64 = stage.blocks.iter().map(|block| block.hours).sum();
        let zeta = hours * 0.0036;

        for (h, hydro) in system.hydros().iter().enumerate() {
            let data = &hydro.stages[t];
            let prices = &data.penalties;
            let par = &study.inflow.stages[t][h];
            let mut inflow = par.base_m3s + par.sigma_m3s * noise[h];
            for (psi, lag) in par.psi.iter().zip(&parent.lags[h]) {
                inflow += psi * lag;
            }
            if study.inflow_non_negativity.truncates() {
                inflow = inflow.max(0.0);
            }
            if let Some(newest) = node.lags.get_mut(h).filter(|lags| !lags.is_empty()) {
                newest.rotate_right(1);
                newest[0] = inflow;
            }
            let storage = self.column(0.0, data.storage_hm3.min, data.storage_hm3.max);
            node.storage.push(storage);
            water[h].push((storage, 1.0));
            water[h].push((parent.storage[h], -1.0));
            let target = data.water_withdrawal_m3s;
            water_rhs.push(zeta * (inflow - target));
            if study.inflow_non_negativity.penalises() {
                let made_up = self.column(0.0, 0.0, f64::INFINITY);
                water[h].push((made_up, -zeta));
                cost.push((made_up, -prices.inflow_nonnegativity_cost * hours / scale));
            }
            if target != 0.0 {
                let neg = self.column(0.0, 0.0, if target > 0.0 { target } else { f64::INFINITY });
                let pos = self.column(0.0, 0.0, if target > 0.0 { f64::INFINITY } else { -target });
                water[h].extend([(neg, -zeta), (pos, zeta)]);
                cost.push((neg, -prices.water_withdrawal_violation_neg_cost * hours / scale));
                cost.push((pos, -prices.water_withdrawal_violation_pos_cost * hours / scale));
            }
            for (k, block) in stage.blocks.iter().enumerate() {
                let limits = &data.blocks[k];
                let tau = block.hours * 0.0036;
                let price = -block.hours / scale;
                let spilled = self.column(0.0, limits.spillage_m3s.min, limits.spillage_m3s.max);
                let diverted = self.column(0.0, limits.diversion_m3s.min, limits.diversion_m3s.max);
                cost.push((spilled, price * prices.spillage_cost));
                cost.push((diverted, price * prices.diversion_cost));
                water[h].extend([(spilled, tau), (diverted, tau)]);
                if let Some(down) = hydro.downstream {
                    water[down].push((spilled, -tau));
                }
                if let Some(down) = hydro.diversion_downstream {
                    water[down].push((diverted, -tau));
                }
                let mut outflow = vec![(spilled, 1.0)];
                let rho = data.productivity_mw_per_m3s;
                let cells = hydro.cell_buses();
                for &bus in &cells {
                    let groups: Vec<_> = hydro.unit_groups.iter().filter(|group| group.bus == bus).collect();
                    let cap = |flow: f64, power: f64| if rho > 0.0 { flow.min(power / rho) } else { flow };
                    let of_groups: f64 = groups.iter().map(|g| cap(g.turbined_m3s.max, g.generation_mw.max)).sum();
                    let upper = of_groups.min(cap(limits.turbined_m3s.max, limits.generation_mw.max));
                    let turbined = self.column(0.0, 0.0, upper);
                    cost.push((turbined, price * prices.turbined_cost));
                    water[h].push((turbined, tau));
                    if let Some(down) = hydro.downstream {
                        water[down].push((turbined, -tau));
                    }
                    energy[bus][k].push((turbined, rho));
                    outflow.push((turbined, 1.0));
                    let mut least_flow: f64 = groups.iter().map(|g| g.turbined_m3s.min).sum();
                    let mut least_power: f64 = groups.iter().map(|g| g.generation_mw.min).sum();
                    if cells.len() == 1 {
                        least_flow = least_flow.max(limits.turbined_m3s.min);
                        least_power = least_power.max(limits.generation_mw.min);
                    }
                    let missing = self.column(0.0, 0.0, f64::INFINITY);
                    cost.push((missing, price * prices.turbined_violation_below_cost));
                    self.row(least_flow, f64::INFINITY, &[(turbined, 1.0), (missing, 1.0)]);
                    let missing = self.column(0.0, 0.0, f64::INFINITY);
                    cost.push((missing, price * prices.generation_violation_below_cost));
                    self.row(least_power, f64::INFINITY, &[(turbined, rho), (missing, 1.0)]);
                }
                let (below, above) = (self.column(0.0, 0.0, f64::INFINITY), self.column(0.0, 0.0, f64::INFINITY));
                cost.push((below, price * prices.outflow_violation_below_cost));
                cost.push((above, price * prices.outflow_violation_above_cost));
                let mut with_below = outflow.clone();
                with_below.push((below, 1.0));
                self.row(limits.outflow_m3s.min, f64::INFINITY, &with_below);
                outflow.push((above, -1.0));
                self.row(f64::NEG_INFINITY, limits.outflow_m3s.max, &outflow);
            }
        }
        for (entries, rhs) in water.iter().zip(water_rhs) {
            self.row(rhs, rhs, entries);
        }
        self.add_network(study, t, noise, &mut energy, &mut cost);
        if t + 1 < system.n_stages() {
            let future = self.add_stage(study, t + 1, &node, stage.risk_measure);
            cost.push((future, -stage.discount_factor));
        }
        self.row(0.0, 0.0, &cost);
        value
    }

    fn add_network(
        &mut self,
        study: &Study,
        t: usize,
        noise: &[f64],
        energy: &mut [Vec<Vec<(usize, f64)>>],
        cost: &mut Vec<(usize, f64)>,
    ) {
        let system = &study.system;
        let blocks = &system.stages()[t].blocks;
        let scale = study.cost_scale_factor;
        for thermal in system.thermals() {
            let data = &thermal.stages[t];
            for (k, limits) in data.generation_mw.iter().enumerate() {
                let generation = self.column(0.0, limits.min, limits.max);
                cost.push((generation, -data.cost_per_mwh * blocks[k].hours / scale));
                energy[thermal.bus][k].push((generation, 1.0));
            }
        }
        for line in system.lines() {
            let data = &line.stages[t];
            for (k, limits) in data.blocks.iter().enumerate() {
                let direct = self.column(0.0, 0.0, limits.direct_mw);
                let reverse = self.column(0.0, 0.0, limits.reverse_mw);
                let price = -data.exchange_cost_per_mwh * blocks[k].hours / scale;
                cost.extend([(direct, price), (reverse, price)]);
                energy[line.source_bus][k].extend([(direct, -1.0), (reverse, 1.0)]);
                energy[line.target_bus][k].extend([(direct, 1.0), (reverse, -1.0)]);
            }
        }
        let mut component = system.n_hydros();
        for (b, bus) in system.buses().iter().enumerate() {
            let data = &bus.stages[t];
            let mut demand = data.load_mean_mw;
            if bus.has_stochastic_load() {
                demand += data.load_std_mw * noise[component];
                component += 1;
            }
            let demand = demand.max(0.0);
            for (k, block) in blocks.iter().enumerate() {
                for segment in &bus.deficit_segments {
                    let deficit = self.column(0.0, 0.0, segment.depth_mw);
                    cost.push((deficit, -segment.cost_per_mwh * block.hours / scale));
                    energy[b][k].push((deficit, 1.0));
                }
                let excess = self.column(0.0, 0.0, f64::INFINITY);
                cost.push((excess, -data.excess_cost_per_mwh * block.hours / scale));
                energy[b][k].push((excess, -1.0));
                let load = demand * data.load_factors[k];
                self.row(load, load, &energy[b][k]);
            }
        }
    }

    fn solve(self, solver: &mut dyn LpSolver) -> Result<f64, LpStatus> {
        let mut model = LpModel { columns: self.columns, row_ranges: self.rows, ..LpModel::default() };
        model.column_starts.push(0);
        for mut entries in self.entries {
            entries.sort_by_key(|&(row, _)| row);
            for (row, value) in entries {
                model.entry_rows.push(row as u32);
                model.entry_values.push(value);
            }
            model.column_starts.push(model.entry_rows.len());
        }
        model.segment_starts = vec![0; model.n_rows() + 1];
        let model = Arc::new(model);
        solver.load(&model, &[], None);
        let rhs = vec![0.0; model.n_rows()];
        let mut status = solver.solve(&rhs, &[]);
        if status != LpStatus::Optimal {
            status = solver.recover(0).unwrap_or(status);
        }
        match status {
            LpStatus::Optimal => Ok(solver.solution().objective),
            other => Err(other),
        }
    }
}
