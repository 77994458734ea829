use crate::solver::{LpColumn, LpModel, LpSolution, Segment};

/// Where a variable of the stage problem ended up in the LP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// It cannot differ from zero and is not in the LP.
    Zero,
    /// A structural column.
    Column(usize),
    /// A segment: its only row carries it.
    Segment(usize),
}

impl Slot {
    /// The value of the variable in a solution.
    pub(super) fn value(self, solution: &LpSolution) -> f64 {
        match self {
            Self::Zero => 0.0,
            Self::Column(j) => solution.columns[j],
            Self::Segment(s) => solution.segments[s],
        }
    }
}

/// Position of a variable in the order of declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variable(usize);

struct Declared {
    cost: f64,
    lower: f64,
    upper: f64,
    state: bool,
    entries: Vec<(usize, f64)>,
}

/// Collects rows and variables of a stage problem, then sorts variables into columns and segments: what has one entry
/// and carries no state is a segment of its row, what can only be zero disappears.
#[derive(Default)]
pub(super) struct ModelBuilder {
    rows: Vec<(f64, f64)>,
    variables: Vec<Declared>,
}

impl ModelBuilder {
    /// Adds a row with activity in `[b + low, b + high]`.
    pub(super) fn add_row(&mut self, low: f64, high: f64) -> usize {
        self.rows.push((low, high));
        self.rows.len() - 1
    }

    /// Adds a variable with its entries `(row, value)`.
    pub(super) fn add(&mut self, cost: f64, lower: f64, upper: f64, entries: &[(usize, f64)]) -> Variable {
        self.declare(cost, lower, upper, false, entries)
    }

    /// Adds a variable that cuts may refer to: always a column, even if fixed.
    pub(super) fn add_state(&mut self, cost: f64, lower: f64, upper: f64, entries: &[(usize, f64)]) -> Variable {
        self.declare(cost, lower, upper, true, entries)
    }

    fn declare(&mut self, cost: f64, lower: f64, upper: f64, state: bool, entries: &[(usize, f64)]) -> Variable {
        let mut merged: Vec<(usize, f64)> = Vec::with_capacity(entries.len());
        for &(row, value) in entries {
            match merged.iter_mut().find(|(other, _)| *other == row) {
                Some((_, sum)) => *sum += value,
                None => merged.push((row, value)),
            }
        }
        merged.retain(|&(_, value)| value != 0.0);
        merged.sort_by_key(|&(row, _)| row);
        self.variables.push(Declared { cost, lower, upper, state, entries: merged });
        Variable(self.variables.len() - 1)
    }

    /// The model, and the slot of every variable in order of declaration.
    pub(super) fn build(self, theta: Option<Variable>, states: &[Variable]) -> (LpModel, Vec<Slot>) {
        let mut model = LpModel { row_ranges: self.rows, ..LpModel::default() };
        let n_rows = model.n_rows();
        let mut row_segments: Vec<Vec<(usize, Segment)>> = vec![Vec::new(); n_rows];
        let mut slots = vec![Slot::Zero; self.variables.len()];
        model.column_starts.push(0);
        for (i, variable) in self.variables.iter().enumerate() {
            if !variable.state && variable.lower == 0.0 && variable.upper == 0.0 {
                continue;
            }
            match variable.entries.as_slice() {
                &[(row, coefficient)] if !variable.state => row_segments[row].push((
                    i,
                    Segment { cost: variable.cost, lower: variable.lower, upper: variable.upper, coefficient },
                )),
                entries => {
                    slots[i] = Slot::Column(model.columns.len());
                    model.columns.push(LpColumn { cost: variable.cost, lower: variable.lower, upper: variable.upper });
                    for &(row, value) in entries {
                        model.entry_rows.push(row as u32);
                        model.entry_values.push(value);
                    }
                    model.column_starts.push(model.entry_rows.len());
                }
            }
        }
        model.segment_starts.push(0);
        for segments in row_segments {
            for (i, segment) in segments {
                slots[i] = Slot::Segment(model.segments.len());
                model.segments.push(segment);
            }
            model.segment_starts.push(model.segments.len());
        }
        let column_of = |variable: Variable| match slots[variable.0] {
            Slot::Column(j) => j,
            Slot::Zero | Slot::Segment(_) => unreachable!("a state variable is always a column"),
        };
        model.theta = theta.map(column_of);
        model.state_columns = states.iter().map(|&state| column_of(state)).collect();
        (model, slots)
    }
}

impl Variable {
    /// The slot the variable was given.
    pub(super) fn slot(self, slots: &[Slot]) -> Slot {
        slots[self.0]
    }
}
