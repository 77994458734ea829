use std::ops::Range;

/// The contiguous part of `n_items` that belongs to `rank` of `size` ranks: parts differ by one item at most, the larger
/// ones first, and their order is that of the ranks.
pub fn share(n_items: usize, rank: usize, size: usize) -> Range<usize> {
    let (base, extra) = (n_items / size, n_items % size);
    let start = rank * base + rank.min(extra);
    start..start + base + usize::from(rank < extra)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_follow_each_other_and_differ_by_one_at_most() {
        for n_items in 0..30 {
            for size in 1..9 {
                let mut next = 0;
                for rank in 0..size {
                    let range = share(n_items, rank, size);
                    assert_eq!(range.start, next, "{n_items} items, rank {rank} of {size}");
                    assert!(range.len() == n_items / size || range.len() == n_items.div_ceil(size));
                    next = range.end;
                }
                assert_eq!(next, n_items);
            }
        }
    }

    #[test]
    fn ranks_without_an_item_are_the_last() {
        assert_eq!((0..4).map(|rank| share(2, rank, 4).len()).collect::<Vec<_>>(), [1, 1, 0, 0]);
    }
}
