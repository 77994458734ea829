//! The C interface of HiGHS, wrapped narrowly: the only unsafe code of the solvers.
//!
//! [`Raw`] owns one HiGHS instance and knows the size of the model it holds, so that every slice handed over is
//! checked before its pointer is.
#![allow(unsafe_code)]

use highs_sys as c;
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

/// HiGHS refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// Columns with their compressed entries, and rows, of an LP to minimise.
pub(super) struct RawLp<'a> {
    pub(super) cost: &'a [f64],
    pub(super) lower: &'a [f64],
    pub(super) upper: &'a [f64],
    pub(super) row_lower: &'a [f64],
    pub(super) row_upper: &'a [f64],
    pub(super) starts: &'a [i32],
    pub(super) rows: &'a [i32],
    pub(super) values: &'a [f64],
}

/// One HiGHS instance.
pub(super) struct Raw {
    instance: NonNull<c_void>,
    n_columns: usize,
    n_rows: usize,
    /// The last run ended optimal and nothing was changed since: solution and basis have the size of the model.
    optimal: bool,
}

// SAFETY: an instance has no owner thread: what HiGHS keeps per thread (its task scheduler) is looked up anew in
// every run. `Raw` is not `Sync`, so two threads never use one instance at once.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the instance came from `Highs_create` and nobody uses it after this.
        unsafe { c::Highs_destroy(self.instance.as_ptr()) }
    }
}

impl Raw {
    pub(super) fn new() -> Self {
        // SAFETY: no argument, no condition.
        let instance = unsafe { c::Highs_create() };
        let instance = NonNull::new(instance).expect("HiGHS could not create an instance: out of memory");
        Self { instance, n_columns: 0, n_rows: 0, optimal: false }
    }

    pub(super) fn version() -> String {
        // SAFETY: HiGHS returns a static string that ends with a zero byte.
        unsafe { CStr::from_ptr(c::Highs_version()) }.to_string_lossy().into_owned()
    }

    pub(super) fn set_bool(&mut self, option: &CStr, value: bool) -> Result<(), Refused> {
        // SAFETY: the instance is live, the name ends with a zero byte.
        done(unsafe { c::Highs_setBoolOptionValue(self.instance.as_ptr(), option.as_ptr(), i32::from(value)) })
    }

    pub(super) fn set_int(&mut self, option: &CStr, value: i32) -> Result<(), Refused> {
        // SAFETY: as in `set_bool`.
        done(unsafe { c::Highs_setIntOptionValue(self.instance.as_ptr(), option.as_ptr(), value) })
    }

    pub(super) fn set_double(&mut self, option: &CStr, value: f64) -> Result<(), Refused> {
        // SAFETY: as in `set_bool`.
        done(unsafe { c::Highs_setDoubleOptionValue(self.instance.as_ptr(), option.as_ptr(), value) })
    }

    pub(super) fn set_string(&mut self, option: &CStr, value: &CStr) -> Result<(), Refused> {
        // SAFETY: as in `set_bool`; HiGHS copies the value, which ends with a zero byte.
        done(unsafe { c::Highs_setStringOptionValue(self.instance.as_ptr(), option.as_ptr(), value.as_ptr()) })
    }

    /// Replaces the model; solution, basis and factor of the model before it are dropped.
    pub(super) fn pass_lp(&mut self, lp: &RawLp<'_>) -> Result<(), Refused> {
        let (n_columns, n_rows) = (lp.cost.len(), lp.row_lower.len());
        let fits = lp.lower.len() == n_columns
            && lp.upper.len() == n_columns
            && lp.row_upper.len() == n_rows
            && lp.starts.len() == n_columns + 1
            && lp.rows.len() == lp.values.len()
            && lp.starts.last().copied() == i32::try_from(lp.rows.len()).ok();
        if !fits {
            return Err(Refused);
        }
        self.optimal = false;
        self.n_columns = 0;
        self.n_rows = 0;
        // SAFETY: the arrays have the lengths that are passed (checked above), HiGHS copies them, and checks starts
        // and row numbers itself before it uses them.
        done(unsafe {
            c::Highs_passLp(
                self.instance.as_ptr(),
                n_columns as i32,
                n_rows as i32,
                lp.rows.len() as i32,
                c::MATRIX_FORMAT_COLUMN_WISE,
                c::OBJECTIVE_SENSE_MINIMIZE,
                0.0,
                lp.cost.as_ptr(),
                lp.lower.as_ptr(),
                lp.upper.as_ptr(),
                lp.row_lower.as_ptr(),
                lp.row_upper.as_ptr(),
                lp.starts.as_ptr(),
                lp.rows.as_ptr(),
                lp.values.as_ptr(),
            )
        })?;
        self.n_columns = n_columns;
        self.n_rows = n_rows;
        Ok(())
    }

    /// Appends rows, given row-wise; `starts` has one entry per row.
    pub(super) fn add_rows(
        &mut self,
        lower: &[f64],
        upper: &[f64],
        starts: &[i32],
        columns: &[i32],
        values: &[f64],
    ) -> Result<(), Refused> {
        if upper.len() != lower.len() || starts.len() != lower.len() || columns.len() != values.len() {
            return Err(Refused);
        }
        self.optimal = false;
        // SAFETY: the lengths passed are those of the arrays (checked above); HiGHS copies the arrays, and checks
        // starts and column numbers itself.
        done(unsafe {
            c::Highs_addRows(
                self.instance.as_ptr(),
                lower.len() as i32,
                lower.as_ptr(),
                upper.as_ptr(),
                columns.len() as i32,
                starts.as_ptr(),
                columns.as_ptr(),
                values.as_ptr(),
            )
        })?;
        self.n_rows += lower.len();
        Ok(())
    }

    /// Changes the bounds of the rows `first..first + lower.len()`.
    pub(super) fn change_row_bounds(&mut self, first: usize, lower: &[f64], upper: &[f64]) -> Result<(), Refused> {
        if lower.is_empty() {
            return Ok(());
        }
        if lower.len() != upper.len() || first + lower.len() > self.n_rows {
            return Err(Refused);
        }
        self.optimal = false;
        // SAFETY: the range lies within the rows of the model and the arrays are as long as the range.
        done(unsafe {
            c::Highs_changeRowsBoundsByRange(
                self.instance.as_ptr(),
                first as i32,
                (first + lower.len() - 1) as i32,
                lower.as_ptr(),
                upper.as_ptr(),
            )
        })
    }

    /// Sets the starting basis; HiGHS itself completes one that is singular or has a wrong number of basic variables.
    pub(super) fn set_basis(&mut self, columns: &[i32], rows: &[i32]) -> Result<(), Refused> {
        if columns.len() != self.n_columns || rows.len() != self.n_rows {
            return Err(Refused);
        }
        self.optimal = false;
        // SAFETY: HiGHS reads one status per column and row of the model, which the arrays hold.
        done(unsafe { c::Highs_setBasis(self.instance.as_ptr(), columns.as_ptr(), rows.as_ptr()) })
    }

    /// Writes the basis of an optimal run; `columns` and `rows` take one status per column and row.
    pub(super) fn basis(&self, columns: &mut Vec<i32>, rows: &mut Vec<i32>) -> Result<(), Refused> {
        if !self.optimal {
            return Err(Refused);
        }
        columns.resize(self.n_columns, c::kHighsBasisStatusLower);
        rows.resize(self.n_rows, c::kHighsBasisStatusBasic);
        // SAFETY: after an optimal run the basis has one status per column and row of the model; the buffers were
        // sized for that.
        done(unsafe { c::Highs_getBasis(self.instance.as_ptr(), columns.as_mut_ptr(), rows.as_mut_ptr()) })
    }

    /// Writes column values and row duals of an optimal run.
    pub(super) fn solution(&self, columns: &mut Vec<f64>, row_duals: &mut Vec<f64>) -> Result<(), Refused> {
        if !self.optimal {
            return Err(Refused);
        }
        columns.resize(self.n_columns, 0.0);
        row_duals.resize(self.n_rows, 0.0);
        // SAFETY: after an optimal run the solution has one value per column and row of the model; the buffers were
        // sized for that, and null pointers say that the other two vectors are not wanted.
        done(unsafe {
            c::Highs_getSolution(
                self.instance.as_ptr(),
                columns.as_mut_ptr(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                row_duals.as_mut_ptr(),
            )
        })
    }

    /// Solves; the outcome is the model status.
    pub(super) fn run(&mut self) -> i32 {
        // SAFETY: the instance is live; it may hold any model or none.
        let code = unsafe { c::Highs_run(self.instance.as_ptr()) };
        // SAFETY: as above.
        let status = unsafe { c::Highs_getModelStatus(self.instance.as_ptr()) };
        let status = if code == c::STATUS_ERROR && status == c::kHighsModelStatusOptimal {
            c::kHighsModelStatusSolveError
        } else {
            status
        };
        self.optimal = status == c::kHighsModelStatusOptimal;
        status
    }

    /// Simplex iterations of the last run.
    pub(super) fn simplex_iterations(&self) -> u64 {
        // SAFETY: the instance is live.
        let count = unsafe { c::Highs_getSimplexIterationCount(self.instance.as_ptr()) };
        u64::try_from(count).unwrap_or(0)
    }

    /// Drops solution, basis and factor; keeps the model.
    pub(super) fn clear_solver(&mut self) -> Result<(), Refused> {
        self.optimal = false;
        // SAFETY: the instance is live.
        done(unsafe { c::Highs_clearSolver(self.instance.as_ptr()) })
    }

    /// Reads a model file and solves it; the objective when the model is optimal.
    #[cfg(test)]
    pub(super) fn solve_file(&mut self, path: &CStr) -> Option<f64> {
        // SAFETY: the instance is live, the path ends with a zero byte.
        done(unsafe { c::Highs_readModel(self.instance.as_ptr(), path.as_ptr()) }).ok()?;
        if self.run() != c::kHighsModelStatusOptimal {
            return None;
        }
        // SAFETY: the instance is live.
        Some(unsafe { c::Highs_getObjectiveValue(self.instance.as_ptr()) })
    }
}

fn done(status: i32) -> Result<(), Refused> {
    if status == c::STATUS_ERROR { Err(Refused) } else { Ok(()) }
}
