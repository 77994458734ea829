use super::DualSimplex;
use crate::solver::conformance::{self, Make};

const MAKE: Make<'static> = &|| Box::new(DualSimplex::new());

#[test]
fn conforms() {
    conformance::run(MAKE);
}
