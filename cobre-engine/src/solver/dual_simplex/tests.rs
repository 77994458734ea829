use super::DualSimplex;
use super::inverse::Inverse;
use crate::solver::conformance::{self, Make};

const EXPLICIT: Make<'static> = &|| Box::new(DualSimplex::new());
const FACTORED: Make<'static> = &|| Box::new(DualSimplex { inverse: Inverse::new(0), ..DualSimplex::new() });
#[test]
fn conforms() {
    conformance::run(EXPLICIT);
}

#[test]
fn conforms_with_factors() {
    conformance::run(FACTORED);
}
