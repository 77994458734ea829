use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_queue::ArrayQueue;

use super::crew::Crew;
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
    crew: Crew,
    /// Element `i` is that of worker `i` alone: its lock, taken once per item, is never contended.
    chains: Vec<Mutex<Chain>>,
}

impl Workers {
    pub(crate) fn new(n_threads: usize, make_solver: SolverFactory<'_>) -> Result<Self, EngineError> {
        let crew = Crew::new(n_threads)?;
        let chains = crew.all(|_| Mutex::new(Chain::new(make_solver())));
        Ok(Self { crew, chains })
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
        self.run_longest_first(items, |_| 0, work)
    }

    /// The same; those are begun first whose `expected` work is the most.
    pub(crate) fn run_longest_first<T: Send, R: Send>(
        &self,
        items: &mut [T],
        expected: impl Fn(&T) -> u64,
        work: impl Fn(&mut Chain, usize, &mut T) -> Result<R, EngineError> + Sync,
    ) -> Result<Vec<R>, EngineError> {
        let n_items = items.len();
        let mut line: Vec<(usize, &mut T)> = items.iter_mut().enumerate().collect();
        line.sort_by_key(|(i, item)| (expected(item), Reverse(*i)));
        let line = Mutex::new(line);
        let take = || line.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let done = self.each(n_items, |chain| {
            let mut done = Vec::with_capacity(n_items);
            while let Some((i, item)) = take() {
                done.push((i, work(chain, i, item)));
            }
            done
        });
        let mut results: Vec<(usize, Result<R, EngineError>)> = done.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(i, _)| *i);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Runs `work` once with the chain of every worker, or of the first alone where there is at most one item of work.
    fn each<R: Send>(&self, n_items: usize, work: impl Fn(&mut Chain) -> R + Sync) -> Vec<R> {
        let one = |worker: usize| {
            // Uncontended: a worker has a chain of its own. A poisoned chain is overwritten by `enter`.
            work(&mut self.chains[worker].lock().unwrap_or_else(PoisonError::into_inner))
        };
        if n_items > 1 { self.crew.all(one) } else { vec![one(0)] }
    }

    /// Runs `work` on every item `n_steps` times, one step after the other. No item waits for another one between two of its
    /// steps: a worker puts an item back in line after a step and takes the one that has waited longest, so steps of one
    /// number are done close together. Results by item and step, or the error of the earliest step, and there of the first
    /// item, that has one.
    pub(crate) fn run_steps<T: Send, R: Send>(
        &self,
        items: &mut [T],
        n_steps: usize,
        work: impl Fn(&mut Chain, usize, usize, &mut T) -> Result<R, EngineError> + Sync,
    ) -> Result<Vec<Vec<R>>, EngineError> {
        let line = ArrayQueue::new(items.len().max(1));
        for (i, item) in items.iter_mut().enumerate() {
            _ = line.push(Walk { i, item, results: Vec::with_capacity(n_steps), failure: None });
        }
        // Those behind it are not taken: they cannot give the earliest error.
        let failed_step = AtomicUsize::new(usize::MAX);
        let ended = self.each(line.len(), |chain| {
            let mut ended = Vec::new();
            // A worker that finds nobody in line is done: whoever is on a step goes on by itself.
            while let Some(mut walk) = line.pop() {
                let step = walk.results.len();
                if step == n_steps || step > failed_step.load(Ordering::Relaxed) {
                    ended.push(walk);
                    continue;
                }
                match work(chain, step, walk.i, walk.item) {
                    Ok(result) => {
                        walk.results.push(result);
                        _ = line.push(walk);
                    }
                    Err(error) => {
                        failed_step.fetch_min(step, Ordering::Relaxed);
                        walk.failure = Some(error);
                        ended.push(walk);
                    }
                }
            }
            ended
        });
        let mut walks: Vec<Walk<'_, T, R>> = ended.into_iter().flatten().collect();
        walks.sort_unstable_by_key(|walk| walk.i);
        let failures = walks.iter_mut().filter_map(|walk| Some((walk.results.len(), walk.failure.take()?)));
        match failures.min_by_key(|(step, _)| *step) {
            Some((_, error)) => Err(error),
            None => Ok(walks.into_iter().map(|walk| walk.results).collect()),
        }
    }
}

/// An item on its way through its steps.
struct Walk<'a, T, R> {
    i: usize,
    item: &'a mut T,
    /// Those of the steps that are done.
    results: Vec<R>,
    /// Why the next step could not be done.
    failure: Option<EngineError>,
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
    fn items_that_take_long_are_begun_first_and_reported_in_their_place() {
        let begun = std::sync::Mutex::new(Vec::new());
        let mut items = [3u64, 9, 1, 9, 4];
        let results = workers(1).run_longest_first(
            &mut items,
            |&item| item,
            |_, i, item| {
                begun.lock().expect("nobody panics").push(i);
                Ok((i, *item))
            },
        );
        assert_eq!(results.expect("no item fails"), [(0, 3), (1, 9), (2, 1), (3, 9), (4, 4)]);
        assert_eq!(begun.into_inner().expect("nobody panics"), [1, 3, 4, 0, 2]);
    }

    #[test]
    fn items_go_through_their_steps_in_order() {
        for n_threads in [1, 2, 5] {
            let mut items = vec![Vec::new(); 7];
            let results = workers(n_threads).run_steps(&mut items, 200, |_, step, i, item| {
                item.push(step);
                Ok(1000 * step + i)
            });
            let expected: Vec<Vec<usize>> = (0..7).map(|i| (0..200).map(|step| 1000 * step + i).collect()).collect();
            assert_eq!(results.expect("no step fails"), expected);
            assert!(items.iter().all(|item| item.iter().copied().eq(0..200)), "{n_threads} threads");
        }
        assert_eq!(workers(2).run_steps(&mut [(); 0], 3, |_, _, _, ()| Ok(())).expect("nothing to do").len(), 0);
    }

    #[test]
    fn nobody_waits_for_an_item_that_is_slow() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let n_others = AtomicUsize::new(0);
        let seen = workers(2).run_steps(&mut [(); 3], 10, |_, step, i, ()| {
            if (step, i) == (0, 0) {
                // It ends when the others are through all of their steps.
                let started = std::time::Instant::now();
                while n_others.load(Ordering::Acquire) < 20 && started.elapsed().as_secs() < 60 {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                return Ok(n_others.load(Ordering::Acquire));
            }
            n_others.fetch_add(usize::from(i > 0), Ordering::AcqRel);
            Ok(0)
        });
        assert_eq!(seen.expect("no step fails")[0][0], 20);
    }

    #[test]
    fn the_earliest_error_is_reported_however_fast_the_others_are() {
        let workers = workers(4);
        for _ in 0..200 {
            let mut items = vec![(); 6];
            let found = workers.run_steps(&mut items, 5, |_, step, i, ()| {
                if [(1, 1), (2, 1)].contains(&(step, i)) {
                    // The first of the three that fail comes to it last, and is the slowest.
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
