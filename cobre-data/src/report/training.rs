use serde::Serialize;

use super::columns::Columns;
use crate::output::{OutputError, Run};

/// How training went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainingReport {
    /// Bounds of every iteration.
    pub convergence: Vec<ConvergencePoint>,
    /// Cuts in all pools after the last iteration.
    pub cuts: u64,
    /// Wall time of all iterations (s).
    pub seconds: f64,
    /// Wall time of the forward passes (s).
    pub forward_seconds: f64,
    /// Wall time of the backward passes (s).
    pub backward_seconds: f64,
    /// Work of the solver by part of the method.
    pub work: Vec<PhaseWork>,
}

/// Bounds of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConvergencePoint {
    /// 1-based.
    pub iteration: u32,
    /// Lower bound ($).
    pub lower_bound: f64,
    /// Mean cost of the forward pass ($).
    pub upper_bound: f64,
    /// Gap (%); none where it has no meaning.
    pub gap_percent: Option<f64>,
}

/// Work of the solver in one part of the method.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseWork {
    /// `forward`, `backward`, `lower_bound` or `simulation`.
    pub phase: String,
    /// Stage problems solved.
    pub lp_solves: u64,
    /// Stage problems that needed the recovery ladder.
    pub lp_retries: u64,
    /// Simplex iterations.
    pub simplex_iterations: u64,
    /// Time in the solver, summed over workers (s).
    pub solve_seconds: f64,
}

impl TrainingReport {
    /// Reads the training tables; none when there are no rows.
    pub(super) fn read(run: &Run) -> Result<Option<Self>, OutputError> {
        let mut report = Self {
            convergence: Vec::new(),
            cuts: 0,
            seconds: 0.0,
            forward_seconds: 0.0,
            backward_seconds: 0.0,
            work: Vec::new(),
        };
        if !run.manifest().tables.contains_key("training/convergence") {
            return Ok(None);
        }
        run.for_each_batch("training/convergence", |batch| {
            let columns = Columns(batch);
            let of = |name: &str| columns.numbers(name).unwrap_or_else(|| vec![None; batch.num_rows()]);
            let (lower, upper, gap) = (of("lower_bound"), of("upper_bound"), of("gap_percent"));
            let (forward, backward, total) = (of("time_forward_ms"), of("time_backward_ms"), of("time_total_ms"));
            for (i, iteration) in of("iteration").into_iter().enumerate() {
                report.convergence.push(ConvergencePoint {
                    iteration: iteration.unwrap_or_default() as u32,
                    lower_bound: lower[i].unwrap_or(f64::NAN),
                    upper_bound: upper[i].unwrap_or(f64::NAN),
                    gap_percent: gap[i],
                });
                report.forward_seconds += forward[i].unwrap_or_default() / 1e3;
                report.backward_seconds += backward[i].unwrap_or_default() / 1e3;
                report.seconds += total[i].unwrap_or_default() / 1e3;
            }
            if let Some(cuts) = of("cuts_active").last().copied().flatten() {
                report.cuts = cuts as u64;
            }
        })?;
        report.work = read_work(run, "training/solver_iterations")?;
        Ok(Some(report).filter(|report| !report.convergence.is_empty()))
    }
}

/// Sums of a table of solver work, by phase in order of appearance; nothing when the run was written without it.
pub(super) fn read_work(run: &Run, table: &str) -> Result<Vec<PhaseWork>, OutputError> {
    let mut work: Vec<PhaseWork> = Vec::new();
    if !run.manifest().tables.contains_key(table) {
        return Ok(work);
    }
    run.for_each_batch(table, |batch| {
        let columns = Columns(batch);
        let of = |name: &str| columns.numbers(name).unwrap_or_else(|| vec![None; batch.num_rows()]);
        let (solves, retries) = (of("lp_solves"), of("lp_retries"));
        let (pivots, times) = (of("simplex_iterations"), of("solve_time_ms"));
        for (i, phase) in columns.texts("phase").unwrap_or_default().into_iter().enumerate() {
            let at = work.iter().position(|entry| entry.phase == phase).unwrap_or_else(|| {
                work.push(PhaseWork { phase, lp_solves: 0, lp_retries: 0, simplex_iterations: 0, solve_seconds: 0.0 });
                work.len() - 1
            });
            let sum = &mut work[at];
            sum.lp_solves += solves[i].unwrap_or_default() as u64;
            sum.lp_retries += retries[i].unwrap_or_default() as u64;
            sum.simplex_iterations += pivots[i].unwrap_or_default() as u64;
            sum.solve_seconds += times[i].unwrap_or_default() / 1e3;
        }
    })?;
    Ok(work)
}
