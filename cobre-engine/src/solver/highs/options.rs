//! The options HiGHS runs with, and those of its recovery ladder.

use super::raw::{Raw, Refused};

/// Primal and dual feasibility: the lower bound is a sum of many thousand optima, so 1e-7 would show in it.
const TOLERANCE: f64 = 1e-9;
/// HiGHS drops matrix entries below this; the smallest value it accepts.
const SMALLEST_ENTRY: f64 = 1e-12;
/// HiGHS' own threshold of a Markowitz pivot.
const PIVOT_THRESHOLD: f64 = 0.1;
/// The strictest threshold HiGHS accepts.
const STRICT_PIVOT_THRESHOLD: f64 = 0.5;
/// HiGHS' own smallest pivot.
const PIVOT_TOLERANCE: f64 = 1e-10;
/// A smallest pivot for bases that are nearly singular.
const STRICT_PIVOT_TOLERANCE: f64 = 1e-8;

const SIMPLEX_DUAL: i32 = 1;
const SIMPLEX_PRIMAL: i32 = 4;
const EDGE_WEIGHTS_DEVEX: i32 = 1;
const SCALING_OFF: i32 = 0;
const SCALING_EQUILIBRATION: i32 = 2;

/// Sets what never changes, and the options of an ordinary solve.
pub(super) fn configure(raw: &mut Raw) -> Result<(), Refused> {
    raw.set_bool(c"output_flag", false)?;
    raw.set_bool(c"log_to_console", false)?;
    raw.set_int(c"threads", 1)?;
    raw.set_string(c"parallel", c"off")?;
    raw.set_string(c"solver", c"simplex")?;
    raw.set_double(c"primal_feasibility_tolerance", TOLERANCE)?;
    raw.set_double(c"dual_feasibility_tolerance", TOLERANCE)?;
    raw.set_double(c"small_matrix_value", SMALLEST_ENTRY)?;
    // Devex costs less than steepest edge where a chain starts from a basis without weights.
    raw.set_int(c"simplex_dual_edge_weight_strategy", EDGE_WEIGHTS_DEVEX)?;
    ordinary(raw)
}

/// Sets the options of an ordinary solve: a hot dual simplex on the LP as it is.
pub(super) fn ordinary(raw: &mut Raw) -> Result<(), Refused> {
    raw.set_string(c"presolve", c"off")?;
    raw.set_int(c"simplex_strategy", SIMPLEX_DUAL)?;
    raw.set_int(c"simplex_scale_strategy", SCALING_OFF)?;
    // Perturbed costs need a primal clean-up after the dual simplex, for as many iterations as they save.
    raw.set_double(c"dual_simplex_cost_perturbation_multiplier", 0.0)?;
    raw.set_double(c"factor_pivot_threshold", PIVOT_THRESHOLD)?;
    raw.set_double(c"factor_pivot_tolerance", PIVOT_TOLERANCE)
}

/// Step 1 of the ladder: another LP for the simplex, presolved, scaled, with perturbed costs.
pub(super) fn presolved(raw: &mut Raw) -> Result<(), Refused> {
    raw.set_string(c"presolve", c"on")?;
    raw.set_int(c"simplex_scale_strategy", SCALING_EQUILIBRATION)?;
    raw.set_double(c"dual_simplex_cost_perturbation_multiplier", 1.0)
}

/// Step 2 of the ladder: another simplex.
pub(super) fn primal(raw: &mut Raw) -> Result<(), Refused> {
    raw.set_int(c"simplex_strategy", SIMPLEX_PRIMAL)
}

/// Step 3 of the ladder: safer factors.
pub(super) fn strict(raw: &mut Raw) -> Result<(), Refused> {
    raw.set_double(c"factor_pivot_threshold", STRICT_PIVOT_THRESHOLD)?;
    raw.set_double(c"factor_pivot_tolerance", STRICT_PIVOT_TOLERANCE)
}
