use super::certificate::Certificate;
use std::sync::Arc;

/// A structural column: it has entries in several rows, or carries state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LpColumn {
    /// Objective coefficient.
    pub cost: f64,
    /// Lower bound, may be −∞.
    pub lower: f64,
    /// Upper bound, may be +∞.
    pub upper: f64,
}

/// A column with an entry in one row alone.
///
/// The segments of a row, with its free range, make up one convex piecewise-linear logical; a solver may fold them
/// (breakpoints sorted by `cost / coefficient`) or expand them into ordinary columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Objective coefficient.
    pub cost: f64,
    /// Lower bound, may be −∞.
    pub lower: f64,
    /// Upper bound, may be +∞.
    pub upper: f64,
    /// Its entry in the row; not zero.
    pub coefficient: f64,
}

/// A stage problem in the form every solver takes:
///
/// ```text
/// minimise   c·x + Σ_i Σ_s cost_s·y_s
/// subject to b_i + low_i ≤ a_i·x + Σ_{s in segments of i} coefficient_s·y_s ≤ b_i + high_i      for every row i
///            θ − Σ_j β_cj·x[state_columns[j]] ≥ r_c                                           for every cut row c
///            bounds on x and y
/// ```
///
/// Only `b` (and `r`) change between solves: incoming state and noise live in the right-hand side. The model itself
/// is built once per stage and never changes; cut rows come and go with the solver.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LpModel {
    /// Structural columns.
    pub columns: Vec<LpColumn>,
    /// Compressed columns: entries of column `j` are `column_starts[j]..column_starts[j + 1]`.
    pub column_starts: Vec<usize>,
    /// Row of every entry, increasing within a column.
    pub entry_rows: Vec<u32>,
    /// Value of every entry.
    pub entry_values: Vec<f64>,
    /// `(low, high)` of every row; `(0, 0)` is an equality, `(0, ∞)` a row bounded below.
    pub row_ranges: Vec<(f64, f64)>,
    /// Segments of row `i` are `segment_starts[i]..segment_starts[i + 1]`.
    pub segment_starts: Vec<usize>,
    /// All segments, row by row.
    pub segments: Vec<Segment>,
    /// Columns that carry cut coefficients, in the order of [`CutRow::coefficients`].
    pub state_columns: Vec<usize>,
    /// The column θ of the cost-to-go; none at the last stage.
    pub theta: Option<usize>,
}

impl LpModel {
    /// Number of rows without cuts.
    pub fn n_rows(&self) -> usize {
        self.row_ranges.len()
    }
    /// Number of structural columns.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }
    /// Entries `(row, value)` of a structural column.
    pub fn entries(&self, column: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.column_starts[column]..self.column_starts[column + 1];
        self.entry_rows[range.clone()].iter().zip(&self.entry_values[range]).map(|(&row, &value)| (row as usize, value))
    }
    /// Segments of a row.
    pub fn row_segments(&self, row: usize) -> &[Segment] {
        &self.segments[self.segment_starts[row]..self.segment_starts[row + 1]]
    }
}

/// A cut as a row of the LP: `θ − Σ_j coefficients[j]·x[state_columns[j]] ≥ r`; `r` is given with every solve.
#[derive(Debug, Clone, PartialEq)]
pub struct CutRow {
    /// Identity of the cut in its pool; it names the row in a [`Basis`].
    pub id: u32,
    /// Coefficients over [`LpModel::state_columns`].
    pub coefficients: Vec<f64>,
}

/// Where a variable stands in a basic solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasisStatus {
    /// Nonbasic at its lower bound.
    Lower,
    /// Basic.
    Basic,
    /// Nonbasic at its upper bound.
    Upper,
    /// Nonbasic and free, at zero.
    Free,
}

impl From<BasisStatus> for u8 {
    /// The code in files: 0 lower, 1 basic, 2 upper, 3 free. It never changes.
    fn from(status: BasisStatus) -> Self {
        match status {
            BasisStatus::Lower => 0,
            BasisStatus::Basic => 1,
            BasisStatus::Upper => 2,
            BasisStatus::Free => 3,
        }
    }
}

/// A number that is the code of no [`BasisStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no status of a basis: 0 lower, 1 basic, 2 upper, 3 free")]
pub struct UnknownBasisStatus(pub u8);

impl TryFrom<u8> for BasisStatus {
    type Error = UnknownBasisStatus;

    fn try_from(code: u8) -> Result<Self, UnknownBasisStatus> {
        match code {
            0 => Ok(Self::Lower),
            1 => Ok(Self::Basic),
            2 => Ok(Self::Upper),
            3 => Ok(Self::Free),
            other => Err(UnknownBasisStatus(other)),
        }
    }
}

/// A basis, named by the parts of the model and by cut ids, so that it outlives a solver.
///
/// Row and cut statuses are those of the row activity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Basis {
    /// Per structural column.
    pub columns: Vec<BasisStatus>,
    /// Per segment.
    pub segments: Vec<BasisStatus>,
    /// Per row.
    pub rows: Vec<BasisStatus>,
    /// Nonbasic (tight) cut rows by cut id; a cut that is not named is slack. Their order is that of the rows in the
    /// LP a chain starts with: keep it, and the chain gives the same bits.
    pub cuts: Vec<u32>,
}

/// How a solve ended. A status is data, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LpStatus {
    /// An optimal basic solution is at hand.
    Optimal,
    /// No point satisfies all rows and bounds.
    Infeasible,
    /// The objective has no lower bound.
    Unbounded,
    /// The solver gave up; its own code says why.
    Failed(i32),
}

/// An optimal solution. Duals are `∂ objective / ∂ b_i`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LpSolution {
    /// Objective value.
    pub objective: f64,
    /// Structural columns.
    pub columns: Vec<f64>,
    /// Segments; empty where the solver was not asked for them.
    pub segments: Vec<f64>,
    /// Duals of the rows.
    pub row_duals: Vec<f64>,
    /// Duals of the cut rows, in order of addition.
    pub cut_duals: Vec<f64>,
    /// Simplex iterations of the solve.
    pub simplex_iterations: u64,
}

/// Where a solve finds cut rows that it was not given.
pub trait CutSource {
    /// Cut rows that are violated where the state columns take the values `state` and θ the value `theta`, and that were
    /// not given before, with their right-hand sides. None: all hold.
    fn separate(&mut self, state: &[f64], theta: f64) -> (&[CutRow], &[f64]);
}

/// No cut row.
impl CutSource for () {
    fn separate(&mut self, _: &[f64], _: f64) -> (&[CutRow], &[f64]) {
        (&[], &[])
    }
}

/// A simplex solver for chains of re-solves of one [`LpModel`].
///
/// # Contract
/// * [`load`](Self::load) starts a chain. What follows is a pure function of the model, the cut rows, the basis and
///   the right-hand sides of the chain: nothing leaks in from chains solved before.
/// * Within a chain only right-hand sides change, and cut rows are added; a solve starts from the optimal basis of
///   the solve before it.
/// * At [`LpStatus::Optimal`] the solution is basic, and its duals give a valid bound: see
///   [`certificate`](super::certificate).
pub trait LpSolver: Send {
    /// Name, for outputs.
    fn name(&self) -> &'static str;

    /// The model of the chain.
    fn model(&self) -> &Arc<LpModel>;

    /// Starts a chain with the given cut rows and starting basis. A basis of another shape is an error of the caller;
    /// cut ids that are not among `cuts` are ignored; `None` starts from the slack basis.
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>);

    /// Adds cut rows behind those already there; they enter the basis as slack.
    fn add_cut_rows(&mut self, cuts: &[CutRow]);

    /// Solves for the right-hand sides `rhs` (one per row) and `cut_rhs` (one per cut row, in order of addition).
    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus;

    /// The same under all cut rows that `source` knows as well: those that are violated at a solution are added.
    fn solve_lazily(&mut self, rhs: &[f64], cut_rhs: &[f64], source: &mut dyn CutSource) -> LpStatus {
        let status = self.solve(rhs, cut_rhs);
        self.add_violated(status, rhs, cut_rhs, source)
    }

    /// Goes on from a solve, or a step of recovery, that ended with `status`: adds what `source` finds violated and solves
    /// again, until all cut rows hold.
    fn add_violated(
        &mut self,
        mut status: LpStatus,
        rhs: &[f64],
        cut_rhs: &[f64],
        source: &mut dyn CutSource,
    ) -> LpStatus {
        let mut all_rhs = cut_rhs.to_vec();
        let mut state = Vec::new();
        while status == LpStatus::Optimal
            && let Some(theta) = self.model().theta
        {
            let model = Arc::clone(self.model());
            let columns = &self.solution().columns;
            state.clear();
            state.extend(model.state_columns.iter().map(|&column| columns[column]));
            let (rows, new_rhs) = source.separate(&state, columns[theta]);
            if rows.is_empty() {
                break;
            }
            self.add_cut_rows(rows);
            all_rhs.extend_from_slice(new_rhs);
            status = self.solve(rhs, &all_rhs);
        }
        status
    }

    /// Tries again after a solve that did not end as expected, on the same data, by step `attempt` (0, 1, …) of the
    /// solver's own ladder: drop the basis, another method, rebuild. `None`: there is no such step.
    fn recover(&mut self, attempt: u32) -> Option<LpStatus>;

    /// The solution of the last solve that was optimal; the values of the segments may be missing.
    fn solution(&self) -> &LpSolution;

    /// The same with the values of the segments.
    fn complete_solution(&mut self) -> &LpSolution;

    /// The proof of the last optimum. `cuts`, `rhs` and `cut_rhs` are those of its solve.
    fn certify(&mut self, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Certificate;

    /// Writes the basis of the last solve that was optimal.
    fn write_basis(&self, basis: &mut Basis);

    /// The LP of the last solve as text in the CPLEX LP format, for a report.
    fn dump(&self) -> String;
}

#[cfg(test)]
mod tests {
    use super::{BasisStatus, UnknownBasisStatus};

    #[test]
    fn codes_of_a_status_are_those_in_files() {
        let all = [BasisStatus::Lower, BasisStatus::Basic, BasisStatus::Upper, BasisStatus::Free];
        assert_eq!(all.map(u8::from), [0, 1, 2, 3]);
        assert_eq!(all.map(|status| BasisStatus::try_from(u8::from(status))), all.map(Ok));
        assert_eq!(BasisStatus::try_from(4), Err(UnknownBasisStatus(4)));
    }
}
