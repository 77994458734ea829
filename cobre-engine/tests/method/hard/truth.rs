//! What a problem is, by HiGHS alone.

use std::sync::Arc;

use cobre_engine::solver::{CutRow, Highs, LpModel, LpSolution, LpSolver, LpStatus};

use super::problem::Kind;

/// The outcomes that are right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Truth {
    /// The optimum.
    Optimum(f64),
    /// There is an optimum by the making of the problem, and a point with this objective: the optimum is not above it,
    /// up to what violations within tolerance can buy, a small part of `size`. It may well lie below: prices of 1e-9 are
    /// none to HiGHS, and with entries of a million they are worth something.
    Below {
        objective: f64,
        size: f64,
    },
    Infeasible,
    Unbounded,
    /// No point, and a ray along which the cost falls: it may be called either.
    InfeasibleWithRay,
}

/// Solves a problem from nothing, with all steps of the ladder.
pub(super) fn solve_anew(
    model: &Arc<LpModel>,
    cuts: &[CutRow],
    rhs: &[f64],
    cut_rhs: &[f64],
) -> (LpStatus, Box<dyn LpSolver>) {
    let mut solver = Highs::new();
    solver.load(model, cuts, None);
    let mut status = solver.solve(rhs, cut_rhs);
    let mut attempt = 0;
    while matches!(status, LpStatus::Failed(_))
        && let Some(next) = solver.recover(attempt)
    {
        status = next;
        attempt += 1;
    }
    (status, Box::new(solver))
}

/// The truth about a problem.
///
/// # Panics
/// When HiGHS contradicts itself.
pub(super) fn judge(kind: Kind, model: &Arc<LpModel>, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Truth {
    let (status, mut solver) = solve_anew(model, cuts, rhs, cut_rhs);
    if status == LpStatus::Optimal {
        let solution = solver.complete_solution();
        return match kind {
            Kind::BadlyScaled => Truth::Below { objective: solution.objective, size: size_of(model, rhs, solution) },
            _ => Truth::Optimum(solution.objective),
        };
    }
    if kind == Kind::BadlyScaled {
        return Truth::Below { objective: f64::INFINITY, size: 1.0 };
    }
    // A feasible problem without an optimum has a ray; so has, perhaps, an infeasible one.
    let is_feasible = match solve_anew(&Arc::new(without_costs(model)), cuts, rhs, cut_rhs).0 {
        LpStatus::Optimal => true,
        LpStatus::Infeasible => false,
        other => panic!("a problem without costs ended as {other:?}"),
    };
    let zeros = (vec![0.0; rhs.len()], vec![0.0; cut_rhs.len()]);
    let (ray_status, ray) = solve_anew(&Arc::new(rays(model)), cuts, &zeros.0, &zeros.1);
    assert_eq!(ray_status, LpStatus::Optimal, "zero is a ray of every problem");
    match (is_feasible, ray.solution().objective < -1e-6) {
        (true, true) => Truth::Unbounded,
        (false, false) => Truth::Infeasible,
        (false, true) => Truth::InfeasibleWithRay,
        (true, false) => panic!("{status:?}, but there is a point, and no ray"),
    }
}

/// The sum of all terms of objective and bound: what a relative error of one could change.
pub(super) fn size_of(model: &LpModel, rhs: &[f64], solution: &LpSolution) -> f64 {
    let mut size = 1.0;
    let mut magnitude: Vec<f64> = rhs.iter().map(|b| 1.0 + b.abs()).collect();
    for (j, column) in model.columns.iter().enumerate() {
        size += (column.cost * solution.columns[j]).abs();
        for (row, value) in model.entries(j) {
            magnitude[row] += (value * solution.columns[j]).abs();
        }
    }
    for row in 0..model.n_rows() {
        let range = model.segment_starts[row]..model.segment_starts[row + 1];
        for (segment, y) in model.row_segments(row).iter().zip(&solution.segments[range]) {
            size += (segment.cost * y).abs();
            magnitude[row] += (segment.coefficient * y).abs();
        }
    }
    solution.row_duals.iter().zip(&magnitude).fold(size, |size, (price, magnitude)| size + price.abs() * magnitude)
}

/// The same points, all at no cost.
fn without_costs(model: &LpModel) -> LpModel {
    let mut model = model.clone();
    model.columns.iter_mut().for_each(|column| column.cost = 0.0);
    model.segments.iter_mut().for_each(|segment| segment.cost = 0.0);
    model
}

/// The directions in which every point can be left for ever, none longer than one in any variable.
fn rays(model: &LpModel) -> LpModel {
    let end = |bound: f64, open: f64| if bound.is_finite() { 0.0 } else { open };
    let mut model = model.clone();
    for column in &mut model.columns {
        (column.lower, column.upper) = (end(column.lower, -1.0), end(column.upper, 1.0));
    }
    for segment in &mut model.segments {
        (segment.lower, segment.upper) = (end(segment.lower, -1.0), end(segment.upper, 1.0));
    }
    for range in &mut model.row_ranges {
        *range = (end(range.0, f64::NEG_INFINITY), end(range.1, f64::INFINITY));
    }
    model
}
