//! Random stage problems: the shape of a real one, any size, from a seed alone.

use crate::solver::{CutRow, LpColumn, LpModel, Segment};
use std::sync::Arc;

/// The generator `SplitMix64` (Steele, Lea and Flood 2014): one 64-bit word of state, the same numbers everywhere.
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Starts a stream.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next word.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number between `low` and `high`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        low + unit * (high - low)
    }

    /// A whole number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end as u64) as usize
    }
}

/// How large a random stage problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomLpSize {
    /// Hydro plants with a reservoir, in cascades of random length.
    pub n_hydros: usize,
    /// Buses, in a ring of exchanges.
    pub n_buses: usize,
    /// Blocks of the stage.
    pub n_blocks: usize,
    /// Thermal units per bus.
    pub n_thermals: usize,
    /// Cuts.
    pub n_cuts: usize,
}

impl RandomLpSize {
    /// About the size of the smallest real studies: 23 rows, 174 columns with the segments.
    pub const SMALL: Self = Self { n_hydros: 4, n_buses: 5, n_blocks: 3, n_thermals: 4, n_cuts: 12 };
}

/// A stage problem that is feasible and bounded for any right-hand side [`rhs`](Self::rhs) gives.
///
/// Rows are water balances (an equality each, with a penalised shortage), load balances per bus and block (thermals,
/// tiers of deficit and excess as segments) and total outflows (a range row with penalties on both sides). Columns
/// are outgoing storages (the state), turbined flows and spillages per block, exchanges in both directions, and θ.
/// Cuts are tangents of a convex function that falls with the storage.
#[derive(Debug, Clone)]
pub struct RandomLp {
    /// The problem.
    pub model: Arc<LpModel>,
    /// The cuts, with ids 7, 10, 13, …
    pub cuts: Vec<CutRow>,
    /// Right-hand sides of the cuts.
    pub cut_rhs: Vec<f64>,
    seed: u64,
    inflow_scale: Vec<f64>,
    storage_capacity: Vec<f64>,
    demand: Vec<f64>,
    n_outflow_rows: usize,
}

/// Flow of 1 m³/s over a block, in hm³.
const VOLUME_PER_FLOW: f64 = 0.9;

impl RandomLp {
    /// Builds the problem of `seed`.
    pub fn new(seed: u64, size: RandomLpSize) -> Self {
        let mut random = SplitMix64::new(seed);
        let (n_hydros, n_blocks) = (size.n_hydros, size.n_blocks);
        let n_loads = size.n_buses * n_blocks;
        let storage_capacity: Vec<f64> = (0..n_hydros).map(|_| random.uniform(50.0, 2000.0)).collect();
        let downstream: Vec<Option<usize>> =
            (0..n_hydros).map(|h| (h + 1 < n_hydros && random.below(3) > 0).then_some(h + 1)).collect();
        let bus: Vec<usize> = (0..n_hydros).map(|_| random.below(size.n_buses)).collect();
        let productivity: Vec<f64> = (0..n_hydros).map(|_| random.uniform(0.2, 1.0)).collect();
        let load_row = |bus: usize, block: usize| n_hydros + bus * n_blocks + block;
        let outflow_row = |hydro: usize| n_hydros + n_loads + hydro;

        let mut columns = Columns::default();
        let state_columns: Vec<usize> =
            (0..n_hydros).map(|h| columns.push(0.0, 0.0, storage_capacity[h], vec![(h, 1.0)])).collect();
        for h in 0..n_hydros {
            let capacity = random.uniform(50.0, 400.0);
            for block in 0..n_blocks {
                let water = |mut entries: Vec<(usize, f64)>| {
                    entries.push((h, VOLUME_PER_FLOW));
                    entries.extend(downstream[h].map(|below| (below, -VOLUME_PER_FLOW)));
                    entries.push((outflow_row(h), 1.0));
                    entries
                };
                columns.push(0.001, 0.0, capacity, water(vec![(load_row(bus[h], block), productivity[h])]));
                columns.push(0.01, 0.0, f64::INFINITY, water(Vec::new()));
            }
        }
        for from in 0..size.n_buses {
            let to = (from + 1) % size.n_buses;
            if to == from {
                continue;
            }
            let capacity = random.uniform(20.0, 200.0);
            for block in 0..n_blocks {
                let ends = [load_row(from, block), load_row(to, block)];
                columns.push(0.05, 0.0, capacity, vec![(ends[0], -1.0), (ends[1], 1.0)]);
                columns.push(0.05, 0.0, capacity, vec![(ends[1], -1.0), (ends[0], 1.0)]);
            }
        }
        let theta = columns.push(1.0, 0.0, f64::INFINITY, Vec::new());

        let mut rows = Rows::default();
        for _ in 0..n_hydros {
            rows.push((0.0, 0.0), vec![segment(4000.0, f64::INFINITY, -1.0)]);
        }
        let mut demand = Vec::with_capacity(n_loads);
        for _ in 0..size.n_buses {
            let mut units: Vec<Segment> = (0..size.n_thermals)
                .map(|_| {
                    let capacity = random.uniform(10.0, 80.0);
                    let least = if random.below(4) == 0 { 0.3 * capacity } else { 0.0 };
                    Segment { lower: least, ..segment(random.uniform(5.0, 400.0), capacity, 1.0) }
                })
                .collect();
            let bus_demand = random.uniform(100.0, 400.0);
            units.push(segment(random.uniform(500.0, 900.0), 0.1 * bus_demand, 1.0));
            units.push(segment(random.uniform(1000.0, 3000.0), f64::INFINITY, 1.0));
            units.push(segment(0.1, f64::INFINITY, -1.0));
            for _ in 0..n_blocks {
                demand.push(bus_demand * random.uniform(0.7, 1.3));
                rows.push((0.0, 0.0), units.clone());
            }
        }
        for h in 0..n_hydros {
            let least = random.uniform(0.0, 100.0);
            let width = if h % 2 == 0 { random.uniform(100.0, 900.0) } else { f64::INFINITY };
            let mut slacks = vec![segment(600.0, f64::INFINITY, 1.0)];
            if width.is_finite() {
                slacks.push(segment(300.0, f64::INFINITY, -1.0));
            }
            rows.push((least, least + width), slacks);
        }

        // Tangents of the convex function Σ_j w_j · (1 − v_j / capacity_j)² at random points.
        let weights: Vec<f64> =
            storage_capacity.iter().map(|capacity| capacity * random.uniform(20.0, 200.0)).collect();
        let mut cuts = Vec::with_capacity(size.n_cuts);
        let mut cut_rhs = Vec::with_capacity(size.n_cuts);
        for cut in 0..size.n_cuts {
            let mut intercept = 0.0;
            let mut coefficients = Vec::with_capacity(n_hydros);
            for (weight, capacity) in weights.iter().zip(&storage_capacity) {
                let empty = 1.0 - random.uniform(0.0, 1.0);
                let slope = -2.0 * weight * empty / capacity;
                intercept += weight * empty * empty - slope * (1.0 - empty) * capacity;
                coefficients.push(slope);
            }
            cuts.push(CutRow { id: 7 + 3 * cut as u32, coefficients });
            cut_rhs.push(intercept);
        }
        let inflow_scale = (0..n_hydros).map(|_| random.uniform(20.0, 300.0)).collect();
        let model = Arc::new(columns.into_model(rows, state_columns, theta));
        Self { model, cuts, cut_rhs, seed, inflow_scale, storage_capacity, demand, n_outflow_rows: n_hydros }
    }

    /// Right-hand sides of the opening `opening` at the trial point `trial_point`.
    pub fn rhs(&self, trial_point: u64, opening: u64) -> Vec<f64> {
        let mut point = SplitMix64::new(self.seed ^ trial_point.wrapping_mul(0xA076_1D64_78BD_642F));
        let mut noise = SplitMix64::new(point.next_u64() ^ opening.wrapping_mul(0xE703_7ED1_A0B4_28DB));
        let wet = noise.uniform(0.4, 1.6);
        let mut rhs = Vec::with_capacity(self.model.n_rows());
        for (scale, capacity) in self.inflow_scale.iter().zip(&self.storage_capacity) {
            let stored = capacity * point.uniform(0.05, 0.95);
            rhs.push(stored + VOLUME_PER_FLOW * scale * wet * noise.uniform(0.6, 1.4));
        }
        rhs.extend(self.demand.iter().map(|demand| demand * noise.uniform(0.95, 1.05)));
        rhs.extend(std::iter::repeat_n(0.0, self.n_outflow_rows));
        rhs
    }
}

fn segment(cost: f64, upper: f64, coefficient: f64) -> Segment {
    Segment { cost, lower: 0.0, upper, coefficient }
}

/// Structural columns under construction.
#[derive(Default)]
struct Columns {
    columns: Vec<LpColumn>,
    entries: Vec<Vec<(usize, f64)>>,
}

impl Columns {
    fn push(&mut self, cost: f64, lower: f64, upper: f64, mut entries: Vec<(usize, f64)>) -> usize {
        entries.sort_unstable_by_key(|&(row, _)| row);
        self.columns.push(LpColumn { cost, lower, upper });
        self.entries.push(entries);
        self.columns.len() - 1
    }

    fn into_model(self, rows: Rows, state_columns: Vec<usize>, theta: usize) -> LpModel {
        let mut model = LpModel {
            columns: self.columns,
            column_starts: vec![0],
            row_ranges: rows.ranges,
            segment_starts: vec![0],
            state_columns,
            theta: Some(theta),
            ..LpModel::default()
        };
        for entries in self.entries {
            for (row, value) in entries {
                model.entry_rows.push(row as u32);
                model.entry_values.push(value);
            }
            model.column_starts.push(model.entry_rows.len());
        }
        for segments in rows.segments {
            model.segments.extend(segments);
            model.segment_starts.push(model.segments.len());
        }
        model
    }
}

/// Rows under construction.
#[derive(Default)]
struct Rows {
    ranges: Vec<(f64, f64)>,
    segments: Vec<Vec<Segment>>,
}

impl Rows {
    fn push(&mut self, range: (f64, f64), segments: Vec<Segment>) {
        self.ranges.push(range);
        self.segments.push(segments);
    }
}
