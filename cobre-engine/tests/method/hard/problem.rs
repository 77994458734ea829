//! Small problems of any shape, drawn from a seed, with what makes a simplex method stumble.

use std::sync::Arc;

use cobre_engine::solver::{CutRow, LpColumn, LpModel, Segment};
use cobre_engine::test_models::SplitMix64;

const INFINITY: f64 = f64::INFINITY;

/// What is hard about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ties everywhere: small whole numbers, zero costs, rows and cuts that are there twice, right-hand sides of zero.
    Degenerate,
    /// The same, with rows that often contradict each other.
    Infeasible,
    /// The same, with open bounds towards which costs fall.
    Unbounded,
    /// Entries over ten orders of magnitude, costs over twelve. There is an optimum.
    BadlyScaled,
}

/// A problem, with right-hand sides to be solved one after the other.
#[derive(Debug, Clone)]
pub(super) struct HardLp {
    pub(super) model: Arc<LpModel>,
    pub(super) cuts: Vec<CutRow>,
    pub(super) cut_rhs: Vec<f64>,
    pub(super) rhs: Vec<Vec<f64>>,
}

const N_RHS: usize = 4;

impl HardLp {
    pub(super) fn new(kind: Kind, seed: u64) -> Self {
        let random = SplitMix64::new(seed ^ (kind as u64).wrapping_mul(0xA076_1D64_78BD_642F));
        let mut draw = Draw { random, kind, density: 1.0 };
        // Most are small enough to be read; some are as large as a stage problem.
        let (most_rows, most_columns) = if draw.one_in(16) { (60, 70) } else { (8, 10) };
        let (n_rows, n_columns) = (1 + draw.random.below(most_rows), 1 + draw.random.below(most_columns));
        draw.density = (6.0 / n_columns as f64).min(1.0);
        let has_theta = draw.one_in(2);
        let columns: Vec<LpColumn> = (0..n_columns).map(|_| draw.column()).collect();
        let mut rows: Vec<Row> = (0..n_rows).map(|_| draw.row(n_columns)).collect();
        if kind != Kind::BadlyScaled {
            for i in 0..n_rows {
                if draw.one_in(4) {
                    // The same row again, the same the other way round, or one that contradicts it.
                    let mut row = rows[i].clone();
                    match draw.random.below(3) {
                        0 => {}
                        1 => row.turn(),
                        _ => row.range = draw.range(),
                    }
                    rows.push(row);
                }
            }
        }
        let n_states = if has_theta { 1 + draw.random.below(n_columns) } else { 0 };
        let mut model = model_of(&columns, &rows);
        let (mut cuts, mut cut_rhs) = (Vec::new(), Vec::new());
        if has_theta {
            model.state_columns = (0..n_states).collect();
            model.theta = Some(n_columns);
            let cost = if draw.one_in(8) { 0.0 } else { 1.0 };
            model.columns.push(LpColumn { cost, lower: 0.0, upper: INFINITY });
            model.column_starts.push(model.entry_rows.len());
            draw.cuts(n_states, &mut cuts, &mut cut_rhs);
        }
        let rhs = (0..N_RHS).map(|_| draw.rhs(&model)).collect();
        Self { model: Arc::new(model), cuts, cut_rhs, rhs }
    }
}

/// A row under construction.
#[derive(Debug, Clone)]
struct Row {
    entries: Vec<f64>,
    range: (f64, f64),
    segments: Vec<Segment>,
}

impl Row {
    /// The same row times −1.
    fn turn(&mut self) {
        self.entries.iter_mut().for_each(|entry| *entry = -*entry);
        self.range = (-self.range.1, -self.range.0);
        self.segments.iter_mut().for_each(|segment| segment.coefficient = -segment.coefficient);
    }
}

fn model_of(columns: &[LpColumn], rows: &[Row]) -> LpModel {
    let mut model = LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() };
    for (j, &column) in columns.iter().enumerate() {
        model.columns.push(column);
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.entries[j] != 0.0) {
            model.entry_rows.push(i as u32);
            model.entry_values.push(row.entries[j]);
        }
        model.column_starts.push(model.entry_rows.len());
    }
    for row in rows {
        model.row_ranges.push(row.range);
        model.segments.extend_from_slice(&row.segments);
        model.segment_starts.push(model.segments.len());
    }
    model
}

struct Draw {
    random: SplitMix64,
    kind: Kind,
    /// Share of the entries of a row that may differ from zero.
    density: f64,
}

impl Draw {
    fn one_in(&mut self, n: usize) -> bool {
        self.random.below(n) == 0
    }

    fn one_of(&mut self, values: &[f64]) -> f64 {
        values[self.random.below(values.len())]
    }

    /// A number whose magnitude is spread evenly over orders.
    fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        10f64.powf(self.random.uniform(least, most))
    }

    fn sign(&mut self) -> f64 {
        if self.one_in(2) { -1.0 } else { 1.0 }
    }

    fn cost(&mut self) -> f64 {
        match self.kind {
            Kind::BadlyScaled => self.magnitude(-6.0, 6.0),
            Kind::Unbounded => self.one_of(&[-2.0, -1.0, 0.0, 0.0, 1.0, 1.0, 2.0]),
            Kind::Degenerate | Kind::Infeasible => self.one_of(&[0.0, 0.0, 0.0, 1.0, 1.0, 2.0]),
        }
    }

    fn column(&mut self) -> LpColumn {
        let cost = self.cost();
        let has_end = self.one_in(2);
        match self.kind {
            Kind::BadlyScaled if has_end => {
                // With both ends the cost may have any sign.
                let upper = self.magnitude(-2.0, 4.0);
                LpColumn { cost: self.sign() * cost, lower: 0.0, upper }
            }
            Kind::BadlyScaled => LpColumn { cost, lower: 0.0, upper: INFINITY },
            Kind::Unbounded => {
                let lower = self.one_of(&[0.0, 0.0, -1.0, -INFINITY]);
                LpColumn { cost, lower, upper: self.one_of(&[1.0, 3.0, INFINITY, INFINITY]) }
            }
            Kind::Degenerate | Kind::Infeasible => {
                let lower = self.one_of(&[0.0, 0.0, 0.0, -1.0, 1.0]);
                let upper = lower + self.one_of(&[0.0, 1.0, 2.0, INFINITY]);
                // Where the upper bound is finite a negative cost has an end as well.
                let cost = if upper.is_finite() && self.one_in(3) { -cost } else { cost };
                LpColumn { cost, lower, upper }
            }
        }
    }

    fn entry(&mut self) -> f64 {
        if self.random.uniform(0.0, 1.0) > self.density {
            return 0.0;
        }
        if self.kind == Kind::BadlyScaled {
            if self.one_in(2) { 0.0 } else { self.sign() * self.magnitude(-4.0, 6.0) }
        } else {
            self.one_of(&[-2.0, -1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0])
        }
    }

    fn range(&mut self) -> (f64, f64) {
        let width = if self.kind == Kind::BadlyScaled { self.magnitude(-2.0, 5.0) } else { self.one_of(&[1.0, 2.0]) };
        match self.random.below(5) {
            0 => (-INFINITY, 0.0),
            1 => (0.0, INFINITY),
            2 => (-width, 0.0),
            3 => (-width, width),
            _ => (0.0, 0.0),
        }
    }

    fn row(&mut self, n_columns: usize) -> Row {
        let entries = (0..n_columns).map(|_| self.entry()).collect();
        let range = self.range();
        let mut segments = Vec::new();
        if self.kind == Kind::BadlyScaled {
            // Slacks on both sides, so that there always is a point, and tiers below them.
            for sign in [1.0, -1.0] {
                let coefficient = sign * self.magnitude(-4.0, 6.0);
                segments.push(Segment { cost: self.cost(), lower: 0.0, upper: INFINITY, coefficient });
            }
            for _ in 0..self.random.below(3) {
                let coefficient = self.sign() * self.magnitude(-4.0, 6.0);
                let (cost, upper) = (self.sign() * self.cost(), self.magnitude(-2.0, 4.0));
                segments.push(Segment { cost, lower: 0.0, upper, coefficient });
            }
            return Row { entries, range, segments };
        }
        let most = if self.kind == Kind::Infeasible { 2 } else { 4 };
        for _ in 0..self.random.below(most) {
            let lower = self.one_of(&[0.0, 0.0, 0.0, -1.0]);
            let open = if self.kind == Kind::Infeasible { 1.0 } else { INFINITY };
            let upper = lower + self.one_of(&[0.0, 1.0, 2.0, open]);
            let mut cost = self.cost();
            if upper.is_infinite() && self.kind != Kind::Unbounded {
                cost = cost.abs();
            }
            segments.push(Segment { cost, lower, upper, coefficient: self.one_of(&[-2.0, -1.0, 1.0, 1.0, 2.0]) });
        }
        Row { entries, range, segments }
    }

    fn cuts(&mut self, n_states: usize, cuts: &mut Vec<CutRow>, cut_rhs: &mut Vec<f64>) {
        for id in 0..self.random.below(9) {
            let again = !cuts.is_empty() && self.one_in(3);
            let (coefficients, r) = if again {
                let i = self.random.below(cuts.len());
                // The same cut, one beside it, or one a rounding away.
                let shift = self.one_of(&[0.0, 0.0, -1.0, 1e-13]);
                (cuts[i].coefficients.clone(), cut_rhs[i] + shift)
            } else if self.kind == Kind::BadlyScaled {
                let slopes = (0..n_states).map(|_| self.sign() * self.magnitude(-4.0, 4.0)).collect();
                (slopes, self.sign() * self.magnitude(-2.0, 6.0))
            } else {
                let slopes = (0..n_states).map(|_| self.one_of(&[-2.0, -1.0, 0.0, 0.0, 1.0])).collect();
                (slopes, self.one_of(&[0.0, 0.0, 1.0, 2.0, 4.0]))
            };
            cuts.push(CutRow { id: 3 + 2 * id as u32, coefficients });
            cut_rhs.push(r);
        }
    }

    fn rhs(&mut self, model: &LpModel) -> Vec<f64> {
        (0..model.n_rows())
            .map(|_| match self.kind {
                Kind::BadlyScaled => self.sign() * self.magnitude(-2.0, 6.0),
                Kind::Infeasible => self.one_of(&[0.0, 1.0, 2.0, 3.0, -2.0]),
                Kind::Degenerate | Kind::Unbounded => self.one_of(&[0.0, 0.0, 0.0, 1.0, 2.0]),
            })
            .collect()
    }
}
