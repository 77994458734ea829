use super::DualSimplex;
use super::inverse::Inverse;
use crate::solver::conformance::{self, Make};

const EXPLICIT: Make<'static> = &|| Box::new(DualSimplex::new());
const FACTORED: Make<'static> = &|| Box::new(DualSimplex { inverse: Inverse::new(0), ..DualSimplex::new() });
const PERTURBED: Make<'static> = &|| Box::new(DualSimplex { patience: 1, ..DualSimplex::new() });

#[test]
fn conforms() {
    conformance::run(EXPLICIT);
}

#[test]
fn conforms_with_factors() {
    conformance::run(FACTORED);
}

#[test]
fn conforms_with_costs_that_are_perturbed_at_the_first_step_without_a_gain() {
    conformance::run(PERTURBED);
}
