//! HiGHS (Huangfu and Hall 2018) behind [`LpSolver`](super::LpSolver).
//!
//! HiGHS gets the expanded form of a stage problem: structural columns, one column per segment, the rows, the cut
//! rows. An instance holds one live model. A chain hands the whole model over anew, with its first right-hand sides,
//! and HiGHS drops everything it knew (factor, edge weights, random state) when a model comes in, so that chains
//! cannot see each other; within a chain it keeps its factor and only row bounds change.

mod expanded;
mod options;
mod raw;
mod status;
#[cfg(test)]
mod tests;

use super::certificate::{self, Certificate};
use super::dump;
use super::{Basis, BasisStatus, CutRow, LpModel, LpSolution, LpSolver, LpStatus};
use expanded::{Cache, Expanded, Matrix};
use raw::{Raw, Refused};
use std::sync::Arc;

/// Version of the HiGHS that is linked in.
pub fn version() -> String {
    Raw::version()
}

/// The dual simplex of HiGHS.
pub struct Highs {
    raw: Raw,
    cache: Cache,
    chain: Chain,
    solution: LpSolution,
    /// Codes of the last optimal basis: expanded columns; rows, then the cut rows of that solve.
    column_codes: Vec<i32>,
    row_codes: Vec<i32>,
    /// Expanded column values and row duals as HiGHS gives them.
    values: Vec<f64>,
    duals: Vec<f64>,
    matrix: Matrix,
}

/// What a chain was given.
struct Chain {
    model: Arc<LpModel>,
    form: Arc<Expanded>,
    cut_ids: Vec<u32>,
    /// Entries of the cut rows, row by row.
    cut_entries: Vec<f64>,
    /// Bounds of the rows and cut rows, as of the last solve.
    row_lower: Vec<f64>,
    row_upper: Vec<f64>,
    /// Starting basis as codes: expanded columns, rows and cut rows; none: slack basis.
    start: Option<(Vec<i32>, Vec<i32>)>,
    stage: ChainStage,
    /// The last right-hand sides were numbers, so the bounds above are those of the last solve.
    has_data: bool,
}

/// How far a chain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChainStage {
    /// HiGHS has not seen the model yet.
    Given,
    /// HiGHS holds the model; solves are hot.
    Live,
    /// HiGHS refused the model or a change to it.
    Refused,
}

impl Default for Highs {
    fn default() -> Self {
        Self::new()
    }
}

impl Highs {
    /// Creates an instance with an empty model.
    ///
    /// # Panics
    /// When HiGHS cannot create an instance (out of memory), or does not know an option this wrapper sets.
    pub fn new() -> Self {
        let mut raw = Raw::new();
        options::configure(&mut raw).expect("HiGHS refused an option; is it an older version?");
        let model = Arc::new(LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() });
        let form = Arc::new(Expanded::new(&model));
        let chain = Chain {
            model,
            form,
            cut_ids: Vec::new(),
            cut_entries: Vec::new(),
            row_lower: Vec::new(),
            row_upper: Vec::new(),
            start: None,
            stage: ChainStage::Given,
            has_data: false,
        };
        Self {
            raw,
            cache: Cache::default(),
            chain,
            solution: LpSolution::default(),
            column_codes: Vec::new(),
            row_codes: Vec::new(),
            values: Vec::new(),
            duals: Vec::new(),
            matrix: Matrix::default(),
        }
    }

    /// Hands the model with all cut rows to HiGHS.
    fn pass_model(&mut self) -> Result<(), Refused> {
        let chain = &self.chain;
        let lp = chain.form.with_cuts(&chain.cut_entries, &chain.row_lower, &chain.row_upper, &mut self.matrix);
        self.raw.pass_lp(&lp)
    }

    /// Brings HiGHS to the right-hand sides of a solve.
    fn prepare(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> Result<(), Refused> {
        let changed = self.chain.set_bounds(rhs, cut_rhs);
        match self.chain.stage {
            ChainStage::Live => {
                let range = changed.first..changed.end;
                let (lower, upper) = (&self.chain.row_lower[range.clone()], &self.chain.row_upper[range]);
                self.raw.change_row_bounds(changed.first, lower, upper)
            }
            ChainStage::Given => {
                self.pass_model()?;
                if let Some((columns, rows)) = &self.chain.start {
                    self.raw.set_basis(columns, rows)?;
                }
                self.chain.stage = ChainStage::Live;
                Ok(())
            }
            ChainStage::Refused => Err(Refused),
        }
    }

    /// Runs HiGHS and takes over an optimal solution.
    fn run(&mut self) -> Result<LpStatus, Refused> {
        let outcome = status::outcome(self.raw.run());
        if outcome == LpStatus::Optimal {
            self.raw.solution(&mut self.values, &mut self.duals)?;
            self.raw.basis(&mut self.column_codes, &mut self.row_codes)?;
            let model = &self.chain.model;
            let (columns, segments) = self.values.split_at(model.n_columns());
            let (row_duals, cut_duals) = self.duals.split_at(model.n_rows());
            let solution = &mut self.solution;
            copy(columns, &mut solution.columns);
            copy(segments, &mut solution.segments);
            copy(row_duals, &mut solution.row_duals);
            copy(cut_duals, &mut solution.cut_duals);
            solution.simplex_iterations = self.raw.simplex_iterations();
            solution.objective = model.columns.iter().zip(columns).map(|(column, x)| column.cost * x).sum::<f64>()
                + model.segments.iter().zip(segments).map(|(segment, y)| segment.cost * y).sum::<f64>();
        }
        Ok(outcome)
    }

    /// One step of the ladder. Where it changed options, the chain goes on from the basis alone: a factor that was
    /// made under other options must not meet the ordinary ones.
    fn step(&mut self, attempt: u32) -> Result<LpStatus, Refused> {
        if self.chain.stage == ChainStage::Refused {
            self.pass_model()?;
            self.chain.stage = ChainStage::Live;
        }
        match attempt {
            0 => {
                self.raw.clear_solver()?;
                return self.run();
            }
            1 => options::presolved(&mut self.raw)?,
            2 => options::primal(&mut self.raw)?,
            _ => {
                options::strict(&mut self.raw)?;
                self.pass_model()?;
            }
        }
        self.raw.clear_solver()?;
        let outcome = self.run()?;
        self.raw.clear_solver()?;
        if outcome == LpStatus::Optimal {
            self.raw.set_basis(&self.column_codes, &self.row_codes)?;
        }
        Ok(outcome)
    }
}

/// The rows `first..end`.
struct Changed {
    first: usize,
    end: usize,
}

impl Chain {
    /// Takes over the right-hand sides; says which rows have other bounds than before.
    fn set_bounds(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> Changed {
        let n_rows = self.model.n_rows();
        let mut changed = Changed { first: usize::MAX, end: 0 };
        for (row, (&b, &(low, high))) in rhs.iter().zip(&self.model.row_ranges).enumerate() {
            let (lower, upper) = (b + low, b + high);
            if lower != self.row_lower[row] || upper != self.row_upper[row] {
                self.row_lower[row] = lower;
                self.row_upper[row] = upper;
                changed.first = changed.first.min(row);
                changed.end = row + 1;
            }
        }
        for (cut, &r) in cut_rhs.iter().enumerate() {
            let row = n_rows + cut;
            if r != self.row_lower[row] {
                self.row_lower[row] = r;
                changed.first = changed.first.min(row);
                changed.end = row + 1;
            }
        }
        changed.first = changed.first.min(changed.end);
        changed
    }

    /// Maps a starting basis to codes. Names of cuts that are not in the LP leave the basis with too many basic
    /// variables; HiGHS, which factors a given basis first, drops those that find no pivot.
    fn set_start(&mut self, basis: &Basis) {
        let model = &self.model;
        let shape = (basis.columns.len(), basis.segments.len(), basis.rows.len());
        let expected = (model.n_columns(), model.segments.len(), model.n_rows());
        assert_eq!(shape, expected, "a basis has one status per column, segment and row of its model");
        let (mut columns, mut rows) = self.start.take().unwrap_or_default();
        columns.clear();
        rows.clear();
        columns.extend(basis.columns.iter().zip(&model.columns).map(|(&s, c)| status::to_code(s, c.lower, c.upper)));
        columns.extend(basis.segments.iter().zip(&model.segments).map(|(&s, c)| status::to_code(s, c.lower, c.upper)));
        rows.extend(basis.rows.iter().zip(&model.row_ranges).map(|(&s, &(low, high))| status::to_code(s, low, high)));
        let mut tight = basis.cuts.clone();
        tight.sort_unstable();
        rows.extend(
            self.cut_ids.iter().map(|id| if tight.binary_search(id).is_ok() { status::LOWER } else { status::BASIC }),
        );
        self.start = Some((columns, rows));
    }

    /// Every row and cut row slack, every column at a bound.
    fn write_slack_basis(&self, basis: &mut Basis) {
        let at_bound = |lower, upper| status::from_code(status::to_code(BasisStatus::Lower, lower, upper));
        basis.columns.clear();
        basis.columns.extend(self.model.columns.iter().map(|column| at_bound(column.lower, column.upper)));
        basis.segments.clear();
        basis.segments.extend(self.model.segments.iter().map(|segment| at_bound(segment.lower, segment.upper)));
        basis.rows.clear();
        basis.rows.resize(self.model.n_rows(), BasisStatus::Basic);
        basis.cuts.clear();
    }

    /// Appends cut rows; their right-hand sides come with the next solve.
    fn push_cuts(&mut self, cuts: &[CutRow]) {
        for cut in cuts {
            assert_eq!(
                cut.coefficients.len(),
                self.model.state_columns.len(),
                "a cut row has one coefficient per state column"
            );
            self.cut_ids.push(cut.id);
            self.form.push_cut(&cut.coefficients, &mut self.cut_entries);
            self.row_lower.push(f64::NEG_INFINITY);
            self.row_upper.push(f64::INFINITY);
        }
    }
}

impl LpSolver for Highs {
    fn name(&self) -> &'static str {
        "highs"
    }

    fn model(&self) -> &Arc<LpModel> {
        &self.chain.model
    }

    /// # Panics
    /// When the basis or a cut row has another shape than the model.
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>) {
        let chain = &mut self.chain;
        chain.form = self.cache.get(model);
        chain.model = Arc::clone(model);
        chain.cut_ids.clear();
        chain.cut_entries.clear();
        chain.row_lower.clear();
        chain.row_upper.clear();
        chain.row_lower.extend(model.row_ranges.iter().map(|&(low, _)| low));
        chain.row_upper.extend(model.row_ranges.iter().map(|&(_, high)| high));
        chain.push_cuts(cuts);
        match basis {
            Some(basis) => chain.set_start(basis),
            None => chain.start = None,
        }
        chain.stage = ChainStage::Given;
        chain.has_data = false;
        self.column_codes.clear();
        self.row_codes.clear();
    }

    /// # Panics
    /// When a cut row has another shape than the model.
    fn add_cut_rows(&mut self, cuts: &[CutRow]) {
        if cuts.is_empty() {
            return;
        }
        let chain = &mut self.chain;
        let (first_row, first_entry) = (chain.row_lower.len(), chain.cut_entries.len());
        chain.push_cuts(cuts);
        match chain.stage {
            ChainStage::Given => {
                if let Some((_, rows)) = &mut chain.start {
                    rows.resize(chain.row_lower.len(), status::BASIC);
                }
            }
            ChainStage::Live => {
                let width = chain.form.cut_width();
                let starts: Vec<i32> = (0..cuts.len()).map(|cut| (cut * width) as i32).collect();
                let columns: Vec<i32> = cuts.iter().flat_map(|_| chain.form.cut_columns().iter().copied()).collect();
                let (lower, upper) = (&chain.row_lower[first_row..], &chain.row_upper[first_row..]);
                let entries = &chain.cut_entries[first_entry..];
                if self.raw.add_rows(lower, upper, &starts, &columns, entries).is_err() {
                    chain.stage = ChainStage::Refused;
                }
            }
            ChainStage::Refused => {}
        }
    }

    /// # Panics
    /// When there is not one right-hand side per row and per cut row.
    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus {
        assert_eq!(rhs.len(), self.chain.model.n_rows(), "a solve needs one right-hand side per row");
        assert_eq!(cut_rhs.len(), self.chain.cut_ids.len(), "a solve needs one right-hand side per cut row");
        self.chain.has_data =
            rhs.iter().all(|b| b.is_finite()) && cut_rhs.iter().all(|&r| r.is_finite() || r == f64::NEG_INFINITY);
        if !self.chain.has_data {
            return status::MODEL_REFUSED;
        }
        self.prepare(rhs, cut_rhs).and_then(|()| self.run()).unwrap_or_else(|Refused| {
            self.chain.stage = ChainStage::Refused;
            status::MODEL_REFUSED
        })
    }

    fn recover(&mut self, attempt: u32) -> Option<LpStatus> {
        if attempt > 3 || self.chain.stage == ChainStage::Given || !self.chain.has_data {
            return None;
        }
        let outcome = self.step(attempt).unwrap_or(status::MODEL_REFUSED);
        let restored = options::ordinary(&mut self.raw);
        if restored.is_err() || outcome == status::MODEL_REFUSED {
            self.chain.stage = ChainStage::Refused;
        }
        Some(outcome)
    }

    fn solution(&self) -> &LpSolution {
        &self.solution
    }

    fn complete_solution(&mut self) -> &LpSolution {
        &self.solution
    }

    fn certify(&mut self, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Certificate {
        certificate::check(&self.chain.model, cuts, rhs, cut_rhs, &self.solution)
    }

    fn write_basis(&self, basis: &mut Basis) {
        let model = &self.chain.model;
        if self.row_codes.len() < model.n_rows() {
            self.chain.write_slack_basis(basis);
            return;
        }
        let (columns, segments) = self.column_codes.split_at(model.n_columns());
        let (rows, cuts) = self.row_codes.split_at(model.n_rows());
        basis.columns.clear();
        basis.columns.extend(columns.iter().map(|&code| status::from_code(code)));
        basis.segments.clear();
        basis.segments.extend(segments.iter().map(|&code| status::from_code(code)));
        basis.rows.clear();
        basis.rows.extend(rows.iter().map(|&code| status::from_code(code)));
        basis.cuts.clear();
        let tight = cuts.iter().zip(&self.chain.cut_ids).filter(|(code, _)| **code != status::BASIC);
        basis.cuts.extend(tight.map(|(_, id)| *id));
    }

    fn dump(&self) -> String {
        let chain = &self.chain;
        dump::text(&chain.model, &chain.cut_ids, &chain.cut_entries, &chain.row_lower, &chain.row_upper)
    }
}

/// Copies without giving up the memory of `to`.
fn copy(from: &[f64], to: &mut Vec<f64>) {
    to.clear();
    to.extend_from_slice(from);
}
