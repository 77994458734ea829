use std::sync::atomic::{AtomicUsize, Ordering};
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

    /// Runs `work` on every item `n_steps` times, one step after the other. No item waits for another one between two of its
    /// steps; a worker takes the next item in turn that is not taken, so steps of one number are done close together.
    /// Results by step and item, or the error of the earliest step, and there of the first item, that has one.
    pub(crate) fn run_steps<T: Send, R: Send>(
        &self,
        items: &mut [T],
        n_steps: usize,
        work: impl Fn(&mut Chain, usize, usize, &mut T) -> Result<R, EngineError> + Sync,
    ) -> Result<Vec<Vec<R>>, EngineError> {
        let n_items = items.len();
        let Some(pool) = self.pool.as_ref().filter(|_| n_items > 1) else {
            let run_step = |step| self.run(items, |chain, i, item| work(chain, step, i, item));
            return (0..n_steps).map(run_step).collect();
        };
        let turns = Turns::new(n_items, n_steps);
        // Taken by one worker at a time, in the order of the steps: never contended.
        let items: Vec<Mutex<&mut T>> = items.iter_mut().map(Mutex::new).collect();
        let done = pool.broadcast(|worker| {
            let mut chain = self.chains[worker.index()].lock().unwrap_or_else(PoisonError::into_inner);
            let mut results = Vec::new();
            while let Some(turn) = turns.take() {
                let Turn { number, step, i, .. } = turn;
                let mut item = items[i].lock().unwrap_or_else(PoisonError::into_inner);
                let result = work(&mut chain, step, i, &mut item);
                drop(item);
                if result.is_ok() {
                    turn.end_well();
                }
                results.push((number, result));
            }
            results
        });
        let mut results: Vec<_> = done.into_iter().flatten().collect();
        results.sort_unstable_by_key(|&(turn, _)| turn);
        let mut steps: Vec<Vec<R>> = (0..n_steps).map(|_| Vec::with_capacity(n_items)).collect();
        for (turn, result) in results {
            steps[turn / n_items].push(result?);
        }
        Ok(steps)
    }
}

/// Turns of items, step by step: turn `k` is step `k / n_items` of item `k mod n_items`.
struct Turns {
    /// How many there are.
    n: usize,
    next: AtomicUsize,
    /// Steps that are done, per item.
    done: Vec<AtomicUsize>,
    /// The first turn that failed. Those behind it are not taken, those before it are finished, so that which error is
    /// reported does not depend on which worker was faster.
    failed: AtomicUsize,
}

impl Turns {
    fn new(n_items: usize, n_steps: usize) -> Self {
        Self {
            n: n_items * n_steps,
            next: AtomicUsize::new(0),
            done: (0..n_items).map(|_| AtomicUsize::new(0)).collect(),
            failed: AtomicUsize::new(usize::MAX),
        }
    }

    /// The next turn, once the step before of its item is done.
    fn take(&self) -> Option<Turn<'_>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.n {
            return None;
        }
        let (step, i) = (number / self.done.len(), number % self.done.len());
        // Another worker has the step before: it took its turn earlier, so the earliest of all turns never waits.
        let mut n_spins = 0;
        while self.done[i].load(Ordering::Acquire) < step && self.failed.load(Ordering::Acquire) > number {
            n_spins += 1;
            if n_spins < 1000 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        (self.failed.load(Ordering::Acquire) > number).then_some(Turn { turns: self, number, step, i })
    }
}

/// A step of an item, taken by a worker. It has failed unless it is said to have ended well: a panic must not leave others
/// waiting.
struct Turn<'a> {
    turns: &'a Turns,
    number: usize,
    step: usize,
    i: usize,
}

impl Turn<'_> {
    fn end_well(self) {
        self.turns.done[self.i].store(self.step + 1, Ordering::Release);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.turns.done[self.i].load(Ordering::Relaxed) == self.step {
            self.turns.failed.fetch_min(self.number, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Workers;
    use crate::error::EngineError;
    use crate::solver::DualSimplex;

    fn workers(n_threads: usize) -> Workers {
        Workers::new(n_threads, &|| Box::new(DualSimplex::new())).expect("threads")
    }

    fn failure(message: String) -> EngineError {
        EngineError::Options { option: "test", message }
    }

    #[test]
    fn items_go_through_their_steps_in_order() {
        for n_threads in [1, 2, 5] {
            let mut items = vec![Vec::new(); 7];
            let results = workers(n_threads).run_steps(&mut items, 200, |_, step, i, item| {
                item.push(step);
                Ok(1000 * step + i)
            });
            let expected: Vec<Vec<usize>> = (0..200).map(|step| (0..7).map(|i| 1000 * step + i).collect()).collect();
            assert_eq!(results.expect("no step fails"), expected);
            assert!(items.iter().all(|item| item.iter().copied().eq(0..200)), "{n_threads} threads");
        }
    }

    #[test]
    fn the_earliest_error_is_reported_however_fast_the_others_are() {
        let workers = workers(4);
        for _ in 0..200 {
            let mut items = vec![(); 6];
            let found = workers.run_steps(&mut items, 5, |_, step, i, ()| {
                if (step, i) == (2, 1) {
                    // The slowest of the three that fail.
                    std::thread::sleep(std::time::Duration::from_micros(50));
                }
                let fails = [(2, 1), (2, 3), (3, 0)].contains(&(step, i));
                if fails { Err(failure(format!("step {step} of item {i}"))) } else { Ok(()) }
            });
            assert!(found.expect_err("three steps fail").to_string().contains("step 2 of item 1"));
        }
    }

    #[test]
    fn a_panic_ends_all_workers() {
        let workers = workers(3);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            workers.run_steps(&mut [(); 4], 1000, |_, step, i, ()| {
                assert!((step, i) != (20, 2), "on purpose");
                Ok(())
            })
        }));
        assert!(ended.is_err(), "the panic was swallowed");
        assert!(workers.run_steps(&mut [(); 4], 3, |_, _, _, ()| Ok(())).is_ok(), "the workers are of no use any more");
    }
}
