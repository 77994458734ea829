/// Whose turn a bucket is where several ranks simulate: of the buckets that are left, rank `r` of `n` takes every `n`-th
/// from number `r` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Rank, from 0. The first one commits the buckets of all.
    pub rank: usize,
    /// Number of ranks.
    pub n_ranks: usize,
}

impl Turn {
    /// That of one rank by itself.
    pub const ALONE: Self = Self { rank: 0, n_ranks: 1 };

    pub(super) fn is_alone(self) -> bool {
        self.n_ranks == 1
    }
}
