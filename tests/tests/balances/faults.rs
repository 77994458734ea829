/// How far the two sides of a balance may lie apart, relative to the largest of its terms.
const CLOSE: f64 = 1e-6;

/// What was found wrong.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// Compares the sum of `terms` with zero; a sum that is not a number is a fault.
    pub(super) fn closes(&mut self, place: impl Fn() -> String, terms: &[f64]) {
        let scale = terms.iter().fold(1.0_f64, |scale, term| scale.max(term.abs()));
        let rest: f64 = terms.iter().sum();
        if rest.is_nan() || rest.abs() > CLOSE * scale {
            self.0.push(format!("{}: {rest:e} is left of {terms:?}", place()));
        }
    }

    /// Compares two values.
    pub(super) fn equal(&mut self, place: impl Fn() -> String, found: f64, expected: f64) {
        self.closes(place, &[found, -expected]);
    }

    pub(super) fn push(&mut self, fault: String) {
        self.0.push(fault);
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }
}
