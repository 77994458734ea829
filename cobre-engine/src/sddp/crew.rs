use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::EngineError;

/// How often somebody who waits looks again before it sleeps: for a millisecond or so. To be woken takes some tens of
/// microseconds, as long as a dozen problems of a small system, and every stage of the backward pass has two such waits.
const LOOKS: usize = 1024;
/// Pauses of the processor between two looks.
const PAUSES: usize = 32;

/// Looks until `seen` is true, but not for long.
fn look_out(seen: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if seen() {
            return;
        }
        for _ in 0..PAUSES {
            std::hint::spin_loop();
        }
        // Where there are more threads than processors, the one that is waited for may want this one.
        std::thread::yield_now();
    }
}

/// The calling thread and helpers beside it. Who is done stays awake for a while: the next work is often close.
pub(super) struct Crew {
    helpers: Option<ThreadPool>,
    /// Works begun so far.
    n_begun: Arc<AtomicUsize>,
}

impl Crew {
    /// A crew of `n` threads, the calling one included.
    pub(super) fn new(n: usize) -> Result<Self, EngineError> {
        let n_begun = Arc::new(AtomicUsize::new(0));
        if n <= 1 {
            return Ok(Self { helpers: None, n_begun });
        }
        let built = ThreadPoolBuilder::new().num_threads(n - 1).build();
        let helpers = built.map_err(|error| EngineError::Threads { message: error.to_string() })?;
        Ok(Self { helpers: Some(helpers), n_begun })
    }

    /// Does `work` once on every thread; it is given the number of the thread, and 0 is the calling one. Results by thread.
    pub(super) fn all<R: Send>(&self, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
        let Some(helpers) = &self.helpers else { return vec![work(0)] };
        let n_helpers = helpers.current_num_threads();
        let results = Mutex::new(Vec::with_capacity(1 + n_helpers));
        let n_done = AtomicUsize::new(0);
        let one = |thread: usize| {
            let result = work(thread);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((thread, result));
        };
        let begun = self.n_begun.fetch_add(1, Ordering::AcqRel) + 1;
        helpers.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, helper| {
                one(1 + helper.index());
                n_done.fetch_add(1, Ordering::Release);
                let n_begun = Arc::clone(&self.n_begun);
                rayon::spawn(move || look_out(|| n_begun.load(Ordering::Acquire) != begun));
            });
            one(0);
            look_out(|| n_done.load(Ordering::Acquire) == n_helpers);
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(thread, _)| *thread);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::Crew;

    #[test]
    fn every_thread_works_once_whether_it_was_asleep_or_not() {
        for n in [1, 2, 5] {
            let crew = Crew::new(n).expect("threads");
            for round in 0..300 {
                let sum = 7 * round;
                assert_eq!(crew.all(|thread| thread + sum), (sum..sum + n).collect::<Vec<_>>());
                if round % 100 == 0 {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }

    #[test]
    fn all_return_when_the_slowest_is_done() {
        let crew = Crew::new(3).expect("threads");
        for slow in 0..3 {
            let slept = crew.all(|thread| {
                if thread == slow {
                    std::thread::sleep(Duration::from_millis(30));
                }
                thread == slow
            });
            assert_eq!(slept.iter().filter(|&&it| it).count(), 1, "{slept:?}");
        }
    }

    #[test]
    fn a_panic_of_any_thread_is_passed_on_and_ends_nothing_else() {
        let crew = Crew::new(3).expect("threads");
        for unlucky in 0..3 {
            let ended = catch_unwind(AssertUnwindSafe(|| crew.all(|thread| assert_ne!(thread, unlucky, "on purpose"))));
            assert!(ended.is_err(), "the panic of thread {unlucky} was swallowed");
            assert_eq!(crew.all(|thread| thread), [0, 1, 2]);
        }
    }
}
