use std::ops::Range;

/// Why ranks cannot exchange anything any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ranks cannot exchange data: {message}")]
pub struct CommError {
    /// What happened.
    pub message: String,
}

/// One rank of a world, as it sees the others.
///
/// The methods that name no single rank are collective: every rank of the world calls them, in the same order, from one
/// thread of its process. Messages are bytes of any number, beyond 2³¹ too.
pub trait Communicator {
    /// Position of this rank, from 0.
    fn rank(&self) -> usize;

    /// Number of ranks, at least 1.
    fn size(&self) -> usize;

    /// Name of the mechanism, for records: `local`, `mpi`.
    fn name(&self) -> &'static str;

    /// Collective: gives every rank the bytes of all ranks.
    ///
    /// # Errors
    /// [`CommError`] when a rank is gone. A mechanism may end the process instead.
    fn all_gather(&self, mine: &[u8]) -> Result<Gathered, CommError>;

    /// Collective: gives rank `root` the bytes of all ranks, and the others nothing.
    ///
    /// # Errors
    /// As [`all_gather`](Self::all_gather).
    fn gather(&self, root: usize, mine: &[u8]) -> Result<Option<Gathered>, CommError>;

    /// Collective: gives every rank the bytes that rank `root` has in `data`.
    ///
    /// # Errors
    /// As [`all_gather`](Self::all_gather).
    fn broadcast(&self, root: usize, data: &mut Vec<u8>) -> Result<(), CommError>;

    /// Collective: returns when all ranks have come here.
    ///
    /// # Errors
    /// As [`all_gather`](Self::all_gather).
    fn barrier(&self) -> Result<(), CommError> {
        self.all_gather(&[]).map(|_| ())
    }

    /// Collective: whether any rank says so.
    ///
    /// # Errors
    /// As [`all_gather`](Self::all_gather).
    fn any(&self, flag: bool) -> Result<bool, CommError> {
        let all = self.all_gather(&[u8::from(flag)])?;
        Ok((0..self.size()).any(|rank| all.of(rank).first() == Some(&1)))
    }

    /// Ends all ranks at once, with `code`. Not collective: for what no rank can go on from.
    fn abort(&self, code: i32) -> !;
}

/// What every rank has sent, in one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gathered {
    bytes: Vec<u8>,
    /// End of the bytes of every rank.
    ends: Vec<usize>,
}

impl Gathered {
    /// From the bytes of all ranks, one after the other, and how many there are of each.
    ///
    /// # Panics
    /// When the sizes do not add up to the bytes.
    pub fn new(bytes: Vec<u8>, sizes: &[usize]) -> Self {
        let mut end = 0;
        let ends: Vec<usize> = sizes
            .iter()
            .map(|size| {
                end += size;
                end
            })
            .collect();
        assert_eq!(end, bytes.len(), "the sizes of the ranks' messages do not add up");
        Self { bytes, ends }
    }

    /// Number of ranks.
    pub fn n_ranks(&self) -> usize {
        self.ends.len()
    }

    /// What a rank has sent.
    ///
    /// # Panics
    /// When there is no such rank.
    pub fn of(&self, rank: usize) -> &[u8] {
        &self.bytes[self.range(rank)]
    }

    fn range(&self, rank: usize) -> Range<usize> {
        let start = if rank == 0 { 0 } else { self.ends[rank - 1] };
        start..self.ends[rank]
    }
}
