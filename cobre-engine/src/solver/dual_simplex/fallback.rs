//! HiGHS as the last step of recovery.

use super::DualSimplex;
use crate::solver::certificate;
use crate::solver::{Basis, CutRow, Highs, LpSolver, LpStatus};

impl DualSimplex {
    /// Solves the problem of the last solve with HiGHS, from nothing, and goes on from its basis.
    pub(super) fn ask_highs(&mut self) -> LpStatus {
        let cuts: Vec<CutRow> = (0..self.cuts.len())
            .map(|slot| CutRow { id: self.cuts.ids[slot], coefficients: self.cuts.coefficients(slot).to_vec() })
            .collect();
        let cut_rhs: Vec<f64> = (0..cuts.len()).map(|slot| self.cuts.rhs(slot)).collect();
        let mut highs = Highs::new();
        highs.load(&self.model, &cuts, None);
        let mut status = highs.solve(&self.rhs, &cut_rhs);
        let mut attempt = 0;
        while matches!(status, LpStatus::Failed(_)) {
            match highs.recover(attempt) {
                Some(next) => status = next,
                None => break,
            }
            attempt += 1;
        }
        if status == LpStatus::Optimal {
            let mut basis = Basis::default();
            highs.write_basis(&mut basis);
            if self.form.can_fold {
                self.start(Some(&basis));
            }
            self.solution.clone_from(highs.solution());
            self.segments_written = true;
            self.certificate = certificate::check(&self.model, &cuts, &self.rhs, &cut_rhs, &self.solution);
        }
        status
    }
}
