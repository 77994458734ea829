use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::{CommError, Communicator, Gathered};

/// A rank of a world whose ranks are threads of this process, for tests: what several ranks do can be tried without a
/// launcher. Made by [`on_thread_ranks`].
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    /// A way to every rank, this one included.
    to: Vec<Sender<Arc<[u8]>>>,
    from: Vec<Receiver<Arc<[u8]>>>,
}

impl ThreadRank {
    /// A way from every rank to every rank.
    fn world(size: usize) -> Vec<Self> {
        let mut world: Vec<Self> = (0..size).map(|rank| Self { rank, to: Vec::new(), from: Vec::new() }).collect();
        for sender in 0..size {
            for receiver in 0..size {
                let (to, from) = channel();
                world[sender].to.push(to);
                world[receiver].from.push(from);
            }
        }
        world
    }

    fn receive(&self, rank: usize) -> Result<Arc<[u8]>, CommError> {
        self.from[rank].recv().map_err(|_| CommError { message: format!("rank {rank} is gone") })
    }

    /// The next message of every rank.
    fn receive_all(&self) -> Result<Gathered, CommError> {
        let (mut bytes, mut sizes) = (Vec::new(), Vec::new());
        for rank in 0..self.size() {
            let message = self.receive(rank)?;
            sizes.push(message.len());
            bytes.extend_from_slice(&message);
        }
        Ok(Gathered::new(bytes, &sizes))
    }

    /// A rank that is gone takes no message; whoever waits for one of it learns that.
    fn send(&self, rank: usize, message: &Arc<[u8]>) {
        let _ = self.to[rank].send(Arc::clone(message));
    }
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn name(&self) -> &'static str {
        "threads"
    }

    fn all_gather(&self, mine: &[u8]) -> Result<Gathered, CommError> {
        let mine = Arc::from(mine);
        for rank in 0..self.size() {
            self.send(rank, &mine);
        }
        self.receive_all()
    }

    fn gather(&self, root: usize, mine: &[u8]) -> Result<Option<Gathered>, CommError> {
        self.send(root, &Arc::from(mine));
        if self.rank == root { self.receive_all().map(Some) } else { Ok(None) }
    }

    fn broadcast(&self, root: usize, data: &mut Vec<u8>) -> Result<(), CommError> {
        if self.rank == root {
            let message = Arc::from(data.as_slice());
            for rank in (0..self.size()).filter(|&rank| rank != root) {
                self.send(rank, &message);
            }
        } else {
            let message = self.receive(root)?;
            data.clear();
            data.extend_from_slice(&message);
        }
        Ok(())
    }

    fn abort(&self, code: i32) -> ! {
        panic!("rank {} ends all ranks with code {code}", self.rank)
    }
}

/// Does `work` on `size` ranks, each a thread of this process; what they return, in their order.
///
/// # Panics
/// When a rank does.
pub fn on_thread_ranks<R: Send>(size: usize, work: impl Fn(&ThreadRank) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let ranks: Vec<_> = ThreadRank::world(size).into_iter().map(|rank| scope.spawn(move || work(&rank))).collect();
        let ends: Vec<_> = ranks.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ends.into_iter().map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        for size in [1, 2, 3, 5] {
            on_thread_ranks(size, |rank| crate::comm::conformance::run(rank));
        }
    }

    #[test]
    fn who_waits_for_a_rank_that_is_gone_learns_it() {
        let ends = on_thread_ranks(3, |rank| if rank.rank() == 1 { None } else { Some(rank.all_gather(&[])) });
        for end in [&ends[0], &ends[2]] {
            let error = end.as_ref().expect("it waited").as_ref().expect_err("rank 1 is gone");
            assert!(error.to_string().contains("rank 1 is gone"), "{error}");
        }
    }
}
