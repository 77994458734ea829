//! Cut selection: at the end of an iteration cuts leave the outer approximation, stage by stage.

use super::context::Context;
use super::policy::Policy;
use super::record::StageSelection;
use crate::cuts::{CutPool, CutSelection, SelectionRule, Standings, VisitedStates, evicted};
use crate::error::EngineError;

/// What selection remembers of every stage that has cuts; nothing without a method.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    stages: Vec<Standings>,
    /// With the stages that have no cuts.
    n_stages: usize,
}

/// The work on one stage.
struct Task<'a> {
    stage: usize,
    pool: &'a mut CutPool,
    standings: Option<&'a mut Standings>,
    points: &'a [Vec<f64>],
}

impl Selector {
    /// Nothing remembered yet.
    pub(super) fn new(context: &Context<'_>, selection: &CutSelection) -> Self {
        let Some(SelectionRule { method, .. }) = selection.rule else { return Self::default() };
        let n_stages = context.problems.len();
        let stages = vec![Standings::new(method, context.states.dimension()); n_stages - 1];
        Self { stages, n_stages }
    }

    /// What is remembered by a training that goes on after `iteration` iterations.
    pub(super) fn resume(
        context: &Context<'_>,
        selection: &CutSelection,
        pools: &[CutPool],
        visited: Vec<VisitedStates>,
        n_points: usize,
    ) -> Result<Self, EngineError> {
        let Some(SelectionRule { method, .. }) = selection.rule else { return Ok(Self::default()) };
        let refused = |message: String| EngineError::Options { option: "resume", message };
        let n_stages = context.problems.len();
        if n_stages == 1 {
            // Nothing has cuts.
            return Ok(Self::default());
        }
        if visited.len() != n_stages {
            let found = visited.len();
            return Err(refused(format!(
                "cut selection needs the trial points of all iterations so far: those of {found} stages were found \
                 where the study has {n_stages}"
            )));
        }
        let mut tasks: Vec<_> = visited.into_iter().zip(pools).take(n_stages - 1).collect();
        let stages = context.workers.run(&mut tasks, |_, t, (visited, pool)| {
            let stage_id = context.study.system.stages()[t].id;
            if visited.len() != n_points || visited.dimension() != context.states.dimension() {
                let (found, dimension) = (visited.len(), visited.dimension());
                return Err(refused(format!(
                    "cut selection needs {n_points} trial points of stage {stage_id}, states of {} components: {found} \
                     of {dimension} were found",
                    context.states.dimension()
                )));
            }
            let visited = std::mem::replace(visited, VisitedStates::new(0));
            Standings::resume(method, visited, pool)
                .ok_or_else(|| refused(format!("an inactive cut stands for a trial point of stage {stage_id}")))
        })?;
        Ok(Self { stages, n_stages })
    }

    /// Whether trial points are remembered.
    pub(super) fn asks_for_points(&self) -> bool {
        !self.stages.is_empty()
    }

    /// The trial points of every stage; empty without a method.
    pub(super) fn visited(&self) -> Vec<VisitedStates> {
        let Some(any) = self.stages.first() else { return Vec::new() };
        let mut visited: Vec<_> = self.stages.iter().map(|standings| standings.visited().clone()).collect();
        visited.resize(self.n_stages, VisitedStates::new(any.visited().dimension()));
        visited
    }

    /// Selects the cuts of all stages, given the trial points of the iteration by stage. Every rank does the same.
    pub(super) fn select(
        &mut self,
        context: &Context<'_>,
        selection: &CutSelection,
        policy: &mut Policy,
        iteration: u32,
        points: &[Vec<Vec<f64>>],
    ) -> Result<Vec<StageSelection>, EngineError> {
        if selection.rule.is_none() && selection.max_active_per_stage.is_none() {
            return Ok(Vec::new());
        }
        let n_stages = context.problems.len();
        let mut standings = self.stages.iter_mut();
        let mut tasks: Vec<Task<'_>> = policy.pools[..n_stages - 1]
            .iter_mut()
            .enumerate()
            .map(|(stage, pool)| Task {
                stage,
                pool,
                standings: standings.next(),
                points: points.get(stage).map_or(&[], Vec::as_slice),
            })
            .collect();
        context.workers.run(&mut tasks, |_, _, task| {
            let started = (context.clock)();
            let mut record = select_stage(selection, task, iteration);
            record.seconds = (context.clock)() - started;
            Ok(record)
        })
    }
}

fn select_stage(selection: &CutSelection, task: &mut Task<'_>, iteration: u32) -> StageSelection {
    let Task { stage, pool, standings, points } = task;
    let n_active_before = pool.n_active();
    if let Some(standings) = standings {
        standings.update(pool, points);
        if selection.rule.is_some_and(|rule| rule.is_due(iteration)) {
            pool.deactivate(&standings.rejected(pool));
        }
    }
    let n_active = pool.n_active();
    let n_evicted = selection.max_active_per_stage.map(|cap| {
        let evicted = evicted(pool, cap, iteration);
        pool.deactivate(&evicted);
        evicted.len() as u32
    });
    if let Some(standings) = standings {
        standings.note_deactivated(pool);
    }
    StageSelection {
        stage: *stage,
        n_cuts: pool.len() as u32,
        n_active_before: n_active_before as u32,
        n_deactivated: (n_active_before - n_active) as u32,
        n_evicted,
        seconds: 0.0,
    }
}
