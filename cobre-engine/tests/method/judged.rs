//! Optima of the dual simplex, in training as it is, judged by HiGHS.
//!
//! `COBRE_JUDGED` says how many are judged; 20,000 where it does not, a million in the long tier.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cobre_engine::EngineError;
use cobre_engine::InflowNonNegativity;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{Control, TrainingError, TrainingStart, train};
use cobre_engine::solver::certificate::{self, Certificate};
use cobre_engine::solver::{Basis, CutRow, CutSource, DualSimplex, Highs, LpModel, LpSolution, LpSolver, LpStatus};
use cobre_engine::test_models::{RandomStudy, SplitMix64};

use crate::setting::{control, options};

/// Largest relative difference of an objective, and of the bound that a cut is made from at its trial point.
const OBJECTIVE: f64 = 1e-7;
const CUT: f64 = 1e-6;
/// One in so many problems is judged.
const EVERY: u64 = 5;

/// What was judged so far, and the worst of it.
#[derive(Debug, Default)]
struct Verdicts {
    n_problems: AtomicU64,
    n_judged: AtomicU64,
    n_infeasible: AtomicU64,
    n_unsure: AtomicU64,
    worst: Mutex<(f64, f64)>,
}

/// The dual simplex, with HiGHS solving some of its problems again from nothing.
struct Judged {
    inner: DualSimplex,
    judge: Highs,
    cuts: Vec<CutRow>,
    verdicts: Arc<Verdicts>,
}

/// Hands on the cuts of a source and remembers them.
struct Recorder<'a> {
    source: &'a mut dyn CutSource,
    rows: Vec<CutRow>,
    rhs: Vec<f64>,
}

impl CutSource for Recorder<'_> {
    fn separate(&mut self, state: &[f64], theta: f64) -> (&[CutRow], &[f64]) {
        let (rows, rhs) = self.source.separate(state, theta);
        self.rows.extend_from_slice(rows);
        self.rhs.extend_from_slice(rhs);
        (rows, rhs)
    }
}

impl Judged {
    fn compare(&mut self, status: LpStatus, rhs: &[f64], cut_rhs: &[f64]) {
        let is_drawn = self.verdicts.n_problems.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERY);
        if matches!(status, LpStatus::Failed(_)) || (!is_drawn && status == LpStatus::Optimal) {
            return;
        }
        let model = Arc::clone(self.inner.model());
        self.judge.load(&model, &self.cuts, None);
        let mut judged = self.judge.solve(rhs, cut_rhs);
        let mut step = 0;
        while (judged != status || !self.judge_is_sure(judged, rhs, cut_rhs))
            && let Some(next) = self.judge.recover(step)
        {
            judged = next;
            step += 1;
        }
        if step > 0 && judged == LpStatus::Optimal && !self.judge_is_sure(judged, rhs, cut_rhs) {
            // Tolerances of the judge leave more than what is judged by; what remains is the proof below.
            self.verdicts.n_unsure.fetch_add(1, Ordering::Relaxed);
            let proof = certificate::check(&model, &self.cuts, rhs, cut_rhs, self.inner.complete_solution());
            let objective = self.inner.solution().objective;
            let gap = (objective - proof.dual_bound).abs() / objective.abs().max(1.0);
            assert!(proof.holds(1e-9) && gap <= 1e-9, "objective {objective}, {proof:?}");
            return;
        }
        if status != LpStatus::Optimal {
            assert_eq!(judged, status, "{}", self.inner.dump());
            self.verdicts.n_infeasible.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let verdict = self.inner.certify(&[], &[], &[]);
        assert_eq!(judged, LpStatus::Optimal, "the optimum is {verdict:?}; {}", self.inner.dump());
        let expected = self.judge.solution().objective;
        let size = expected.abs().max(1.0);
        let own = self.inner.certify(&self.cuts, rhs, cut_rhs);
        let solution = self.inner.complete_solution();
        let objective = (solution.objective - expected).abs() / size;
        let bound = (own.dual_bound - expected).abs() / size;
        // The proof of the solver is checked with code of its own.
        let proof = certificate::check(&model, &self.cuts, rhs, cut_rhs, solution);
        assert!(proof.holds(1e-7), "{proof:?}");
        assert!((proof.dual_bound - expected).abs() <= CUT * size, "bound {} of {expected}", proof.dual_bound);
        assert!(objective <= OBJECTIVE, "objective {} where HiGHS finds {expected}", solution.objective);
        assert!(bound <= CUT, "bound {} where HiGHS finds {expected}", own.dual_bound);
        self.verdicts.n_judged.fetch_add(1, Ordering::Relaxed);
        let mut worst = self.verdicts.worst.lock().expect("no judge has panicked");
        *worst = (worst.0.max(objective), worst.1.max(bound));
    }
}

impl Judged {
    /// Whether the judge's own optimum is proven within a tenth of what it judges by.
    fn judge_is_sure(&mut self, status: LpStatus, rhs: &[f64], cut_rhs: &[f64]) -> bool {
        if status != LpStatus::Optimal {
            return true;
        }
        let proof = self.judge.certify(&self.cuts, rhs, cut_rhs);
        let objective = self.judge.solution().objective;
        let gap = (objective - proof.dual_bound).abs() / objective.abs().max(1.0);
        proof.primal_residual <= OBJECTIVE / 10.0 && gap <= OBJECTIVE / 10.0
    }
}

impl LpSolver for Judged {
    fn name(&self) -> &'static str {
        "judged"
    }
    fn model(&self) -> &Arc<LpModel> {
        self.inner.model()
    }
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>) {
        self.cuts = cuts.to_vec();
        self.inner.load(model, cuts, basis);
    }
    fn add_cut_rows(&mut self, cuts: &[CutRow]) {
        self.cuts.extend_from_slice(cuts);
        self.inner.add_cut_rows(cuts);
    }
    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus {
        self.inner.solve(rhs, cut_rhs)
    }
    fn solve_lazily(&mut self, rhs: &[f64], cut_rhs: &[f64], source: &mut dyn CutSource) -> LpStatus {
        let mut recorder = Recorder { source, rows: Vec::new(), rhs: cut_rhs.to_vec() };
        let status = self.inner.solve_lazily(rhs, cut_rhs, &mut recorder);
        let Recorder { rows, rhs: all_rhs, .. } = recorder;
        self.cuts.extend(rows);
        self.compare(status, rhs, &all_rhs);
        status
    }
    fn recover(&mut self, attempt: u32) -> Option<LpStatus> {
        self.inner.recover(attempt)
    }
    fn solution(&self) -> &LpSolution {
        self.inner.solution()
    }
    fn complete_solution(&mut self) -> &LpSolution {
        self.inner.complete_solution()
    }
    fn certify(&mut self, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Certificate {
        self.inner.certify(cuts, rhs, cut_rhs)
    }
    fn take_iterations(&mut self) -> u64 {
        self.inner.take_iterations()
    }
    fn write_basis(&self, basis: &mut Basis) {
        self.inner.write_basis(basis);
    }
    fn dump(&self) -> String {
        self.inner.dump()
    }
}

/// A study of any shape, also of those where costs are out of scale.
fn shape(seed: u64) -> RandomStudy {
    let mut random = SplitMix64::new(seed);
    let treatments = [
        InflowNonNegativity::None,
        InflowNonNegativity::Penalty,
        InflowNonNegativity::Truncation,
        InflowNonNegativity::TruncationWithPenalty,
    ];
    RandomStudy {
        seed,
        n_hydros: 1 + random.below(8),
        n_thermals: 1 + random.below(6),
        n_buses: 1 + random.below(3),
        n_blocks: 1 + random.below(3),
        n_stages: 3 + random.below(4),
        n_openings: 2 + random.below(6),
        ar_order: random.below(3),
        inflow_variation: random.uniform(0.1, 1.2),
        load_variation: if random.below(2) == 0 { 0.0 } else { 0.1 },
        non_negativity: treatments[random.below(treatments.len())],
        annual_discount_rate: if random.below(2) == 0 { 0.0 } else { 0.12 },
        risk_measure: if random.below(2) == 0 {
            |_| RiskMeasure::Expectation
        } else {
            |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.5 }
        },
        operational_limits: random.below(2) == 0,
    }
}

#[test]
fn optima_in_training_are_those_of_highs() {
    let wanted: u64 = std::env::var("COBRE_JUDGED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let verdicts = Arc::new(Verdicts::default());
    let make = || -> Box<dyn LpSolver> {
        Box::new(Judged {
            inner: DualSimplex::new(),
            judge: Highs::new(),
            cuts: Vec::new(),
            verdicts: Arc::clone(&verdicts),
        })
    };
    let control = Control { make_solver: &make, ..control(2) };
    let mut seed = 5000;
    let mut n_recovered = 0;
    while verdicts.n_judged.load(Ordering::Relaxed) < wanted {
        let mut study = shape(seed).build();
        if seed % 4 == 0 {
            // Costs that are much too large, or too small, for their tolerances.
            study.cost_scale_factor *= if seed % 8 == 0 { 1e-2 } else { 1e2 };
        }
        let mut observer = |record: &cobre_engine::sddp::IterationRecord,
                            _: &cobre_engine::sddp::TrainingSnapshot<'_>|
         -> Result<(), std::convert::Infallible> {
            for (_, _, work) in &record.solver {
                n_recovered += work.retries;
            }
            Ok(())
        };
        let trained = train(&study, &options(25, 3), control, TrainingStart::Fresh, &mut observer);
        if let Err(error) = trained.map_err(TrainingError::into_engine) {
            // Negative inflow into an empty reservoir, without a penalised source of water.
            let infeasible = matches!(error, EngineError::StageProblem { status: LpStatus::Infeasible, .. });
            assert!(infeasible, "seed {seed}: {error}");
        }
        seed += 1;
    }
    let (objective, bound) = *verdicts.worst.lock().expect("no judge has panicked");
    let n_judged = verdicts.n_judged.load(Ordering::Relaxed);
    let n_problems = verdicts.n_problems.load(Ordering::Relaxed);
    let n_infeasible = verdicts.n_infeasible.load(Ordering::Relaxed);
    let n_unsure = verdicts.n_unsure.load(Ordering::Relaxed);
    println!(
        "{n_judged} of {n_problems} problems judged: worst objective {objective:.1e}, worst bound {bound:.1e}; \
         {n_infeasible} infeasible; {n_recovered} needed recovery; the judge could not prove its own of {n_unsure} more"
    );
    assert!(n_unsure * 1000 <= n_judged, "the judge could not prove its own optimum of {n_unsure} problems");
    assert!(n_infeasible > 0, "no problem without a solution was met");
    assert!(n_recovered * 1000 <= n_problems, "{n_recovered} of {n_problems} problems needed recovery");
}
