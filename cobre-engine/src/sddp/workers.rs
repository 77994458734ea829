use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::EngineError;
use crate::solver::LpSolver;
use crate::subproblem::Chain;

/// Makes a solver for a worker.
pub type SolverFactory<'a> = &'a (dyn Fn() -> Box<dyn LpSolver> + Sync);

/// Worker threads with one chain of solves each.
///
/// Work is handed out by item; the result of an item depends on the item alone, never on the worker or on what it
/// did before, so results are the same for any number of threads. A chain is made, and its memory first touched, on the
/// thread that works with it.
pub(crate) struct Workers {
    pool: Option<rayon::ThreadPool>,
    /// Element `i` is that of thread `i` alone: its lock, taken once per item, is never contended.
    chains: Vec<Mutex<Chain>>,
}

impl Workers {
    pub(crate) fn new(n_threads: usize, make_solver: SolverFactory<'_>) -> Result<Self, EngineError> {
        let make_chain = || Mutex::new(Chain::new(make_solver()));
        if n_threads <= 1 {
            return Ok(Self { pool: None, chains: vec![make_chain()] });
        }
        let built = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        let pool = built.map_err(|error| EngineError::Threads { message: error.to_string() })?;
        let chains = pool.broadcast(|_| make_chain());
        Ok(Self { pool: Some(pool), chains })
    }

    /// From now on a cut counts as binding in a solve when its dual is above `tolerance`.
    pub(crate) fn set_activity_tolerance(&mut self, tolerance: f64) {
        for chain in &mut self.chains {
            chain.get_mut().unwrap_or_else(PoisonError::into_inner).set_activity_tolerance(tolerance);
        }
    }

    /// Runs `work` on every item; results in the order of the items, or the error of the first item that has one.
    pub(crate) fn run<T: Send, R: Send>(
        &self,
        items: &mut [T],
        work: impl Fn(&mut Chain, usize, &mut T) -> Result<R, EngineError> + Sync,
    ) -> Result<Vec<R>, EngineError> {
        let one = |worker: usize, i: usize, item: &mut T| {
            // Uncontended: a worker has a chain of its own. A poisoned chain is overwritten by `enter`.
            let mut chain = self.chains[worker].lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut chain, i, item)
        };
        match &self.pool {
            Some(pool) if items.len() > 1 => {
                let results: Vec<Result<R, EngineError>> = pool.install(|| {
                    items
                        .par_iter_mut()
                        .with_max_len(1)
                        .enumerate()
                        .map(|(i, item)| one(rayon::current_thread_index().unwrap_or(0), i, item))
                        .collect()
                });
                results.into_iter().collect()
            }
            _ => items.iter_mut().enumerate().map(|(i, item)| one(0, i, item)).collect(),
        }
    }
}
