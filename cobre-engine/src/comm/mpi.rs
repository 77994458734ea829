use mpi::Threading;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _, Root as _};

use super::{CommError, Communicator, Gathered};

/// A rank of the world that an MPI launcher has started.
///
/// MPI is initialised when the value is made and finalised when it is dropped; it can be neither sent to another thread
/// nor shared with one, which is what MPI asks for at its level `MPI_THREAD_FUNNELED`. Where a rank is gone, or a call
/// fails, MPI ends the whole job.
pub struct Mpi {
    world: SimpleCommunicator,
    /// Bytes of all ranks together that one call moves: MPI counts with 32 bits.
    limit: usize,
    /// Dropped last: finalises MPI.
    _universe: Universe,
}

impl Mpi {
    /// Joins the world.
    ///
    /// # Errors
    /// [`CommError`] when the process has joined it before, or the library does not support threads beside it.
    pub fn join() -> Result<Self, CommError> {
        let Some((universe, threading)) = mpi::initialize_with_threading(Threading::Funneled) else {
            return Err(CommError { message: "MPI was initialised before in this process".into() });
        };
        if threading < Threading::Funneled {
            let message = "this MPI library allows no threads beside the one that calls it".into();
            return Err(CommError { message });
        }
        let world = universe.world();
        Ok(Self { world, limit: i32::MAX as usize, _universe: universe })
    }

    /// The same with calls that move at most `limit` bytes, at least one per rank: what happens to messages beyond 2³¹
    /// can then be tried with short ones.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit: limit.clamp(self.size(), i32::MAX as usize), ..self }
    }
}

/// Name and version of the MPI library.
pub fn mpi_version() -> String {
    let text = mpi::environment::library_version().unwrap_or_default();
    text.split([',', '\n', '\0']).next().unwrap_or_default().trim().to_owned()
}

impl Communicator for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn name(&self) -> &'static str {
        "mpi"
    }

    fn all_gather(&self, mine: &[u8]) -> Result<Gathered, CommError> {
        Ok(self.in_parts(mine, true, |mine, all| self.world.all_gather_varcount_into(mine, all)))
    }

    fn gather(&self, root: usize, mine: &[u8]) -> Result<Option<Gathered>, CommError> {
        let is_root = self.rank() == root;
        let process = self.world.process_at_rank(root as i32);
        let gathered = self.in_parts(mine, is_root, |mine, all| {
            if is_root {
                process.gather_varcount_into_root(mine, all);
            } else {
                process.gather_varcount_into(mine);
            }
        });
        Ok(is_root.then_some(gathered))
    }

    fn broadcast(&self, root: usize, data: &mut Vec<u8>) -> Result<(), CommError> {
        let process = self.world.process_at_rank(root as i32);
        let mut size = data.len() as u64;
        process.broadcast_into(&mut size);
        data.resize(size as usize, 0);
        for part in data.chunks_mut(self.limit) {
            process.broadcast_into(part);
        }
        Ok(())
    }

    fn barrier(&self) -> Result<(), CommError> {
        self.world.barrier();
        Ok(())
    }

    fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }
}

/// What a rank sends that has nothing to send: an empty slice of Rust may point to address 1, which Open MPI takes for
/// `MPI_IN_PLACE`.
static NOTHING: [u8; 1] = [0];

/// Where the bytes of all ranks go, and how many there are of each.
type Parts<'a> = PartitionMut<'a, [u8], Vec<i32>, Vec<i32>>;

impl Mpi {
    /// Moves the messages of all ranks by as many calls as their lengths ask for; without `receives` this rank gets
    /// nothing.
    fn in_parts(&self, mine: &[u8], receives: bool, call: impl Fn(&[u8], &mut Parts<'_>)) -> Gathered {
        let n_ranks = self.size();
        let mut sizes = vec![0u64; n_ranks];
        self.world.all_gather_into(&(mine.len() as u64), &mut sizes);
        let sizes: Vec<usize> = sizes.into_iter().map(|size| size as usize).collect();
        let mut bytes = vec![0; if receives { sizes.iter().sum() } else { 0 }];
        // A call takes at most this many bytes of every rank.
        let at_once = (self.limit / n_ranks).max(1);
        let longest = sizes.iter().copied().max().unwrap_or(0);
        let mut part = Vec::new();
        for from in (0..longest).step_by(at_once) {
            let range = |size: usize| from.min(size)..(from + at_once).min(size);
            let counts: Vec<i32> = sizes.iter().map(|&size| range(size).len() as i32).collect();
            let starts: Vec<i32> =
                counts.iter().scan(0, |end, count| Some(std::mem::replace(end, *end + count))).collect();
            let mine = if mine.is_empty() { &NOTHING[..0] } else { &mine[range(mine.len())] };
            if longest <= at_once && receives {
                call(mine, &mut PartitionMut::new(&mut bytes, counts, starts));
                break;
            }
            part.clear();
            part.resize(counts.iter().map(|&count| count as usize).sum(), 0);
            call(mine, &mut PartitionMut::new(&mut part, counts, starts));
            let (mut start, mut received) = (0, part.as_slice());
            for &size in sizes.iter().filter(|_| receives) {
                let (of_rank, rest) = received.split_at(range(size).len());
                bytes[start..start + size][range(size)].copy_from_slice(of_rank);
                (start, received) = (start + size, rest);
            }
        }
        let sizes = if receives { sizes } else { Vec::new() };
        Gathered::new(bytes, &sizes)
    }
}
