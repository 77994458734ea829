use super::opening_paths::OpeningPaths;
use super::record::{Phase, SolverStatistics};
use super::workers::{SolverFactory, Workers};
use crate::comm::Communicator;
use crate::error::EngineError;
use crate::solver::LpStatus;
use crate::study::Study;
use crate::subproblem::{ChainFailure, Frame, StageProblem, StateLayout, build_stage_problems};

/// What a run is controlled by from outside: the engine has no clock and no signals of its own.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Number of worker threads, at least 1.
    pub n_threads: usize,
    /// Makes the solver of a worker.
    pub make_solver: SolverFactory<'a>,
    /// Seconds since some fixed moment.
    pub clock: &'a (dyn Fn() -> f64 + Sync),
    /// Whether to stop at the next safe point: the end of an iteration or of a bucket. With several ranks one that
    /// is asked is enough; all stop at the same point.
    pub stop_requested: &'a (dyn Fn() -> bool + Sync),
    /// The ranks that share the work; [`Local`](crate::comm::Local) for a process by itself. All of them train and
    /// simulate the same study with the same options.
    pub communicator: &'a dyn Communicator,
}

/// Everything the passes share, and the workers of a rank.
pub(crate) struct Context<'a> {
    pub(crate) study: &'a Study,
    pub(crate) states: StateLayout,
    pub(crate) problems: Vec<StageProblem>,
    pub(crate) initial: Vec<f64>,
    /// Cumulative discount factor `D(t)`, 1 at the first stage.
    pub(crate) discount: Vec<f64>,
    /// In which order the openings of every stage are solved.
    pub(crate) opening_paths: Vec<OpeningPaths>,
    pub(crate) workers: Workers,
    pub(crate) clock: &'a (dyn Fn() -> f64 + Sync),
}

impl<'a> Context<'a> {
    pub(crate) fn new(study: &'a Study, control: Control<'a>) -> Result<Self, EngineError> {
        let states = StateLayout::new(study);
        let mut discount = Vec::with_capacity(study.system.n_stages());
        let mut factor = 1.0;
        for stage in study.system.stages() {
            discount.push(factor);
            factor *= stage.discount_factor;
        }
        let problems = build_stage_problems(study);
        Ok(Self {
            study,
            states,
            opening_paths: problems.iter().map(|problem| OpeningPaths::new(study, problem)).collect(),
            problems,
            initial: states.initial(study),
            discount,
            workers: Workers::new(control.n_threads, control.make_solver)?,
            clock: control.clock,
        })
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame { study: self.study, states: &self.states }
    }

    pub(crate) fn failure(
        &self,
        phase: Phase,
        stage: usize,
        opening: usize,
        iteration: u32,
        path: usize,
        failure: ChainFailure,
    ) -> EngineError {
        let status = match failure.status {
            LpStatus::Optimal => LpStatus::Failed(1),
            other => other,
        };
        let stage_id = self.study.system.stages()[stage].id;
        EngineError::StageProblem { phase, stage_id, opening, iteration, path, status, dump: failure.dump }
    }
}

/// Sums of solver work by (phase, stage), kept in order.
#[derive(Default)]
pub(crate) struct WorkLog(pub(crate) Vec<(Phase, usize, SolverStatistics)>);

impl WorkLog {
    pub(crate) fn add(&mut self, phase: Phase, stage: usize, statistics: &[SolverStatistics]) {
        let mut sum = SolverStatistics::default();
        for one in statistics {
            sum.add(one);
        }
        self.0.push((phase, stage, sum));
    }

    /// All of it together.
    pub(crate) fn total(&self) -> SolverStatistics {
        let mut total = SolverStatistics::default();
        for (_, _, statistics) in &self.0 {
            total.add(statistics);
        }
        total
    }

    /// The same phases and stages, without any work.
    pub(crate) fn without_work(&self) -> Self {
        Self(self.0.iter().map(|&(phase, stage, _)| (phase, stage, SolverStatistics::default())).collect())
    }
}
