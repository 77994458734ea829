use crate::simd::{self, LANES};

/// What a pass over rows keeps at hand while it meets several vectors, in groups of lanes (64 bytes each).
const AT_HAND: usize = 512;

/// Rows of numbers, eight of them side by side: `[block][column][lane]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks {
    width: usize,
    /// What lanes without a row hold.
    padding: f64,
    len: usize,
    values: Vec<[f64; LANES]>,
}

impl Blocks {
    pub(super) fn new(width: usize, padding: f64) -> Self {
        Self { width, padding, len: 0, values: Vec::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn values(&self) -> &[[f64; LANES]] {
        &self.values
    }

    pub(super) fn push(&mut self, row: &[f64]) {
        debug_assert_eq!(row.len(), self.width);
        let lane = self.len % LANES;
        if lane == 0 {
            self.values.resize(self.values.len() + self.width, [self.padding; LANES]);
        }
        let first = self.len / LANES * self.width;
        for (group, &value) in self.values[first..].iter_mut().zip(row) {
            group[lane] = value;
        }
        self.len += 1;
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        debug_assert!(row < self.len && column < self.width);
        self.values[row / LANES * self.width + column][row % LANES]
    }

    pub(super) fn row(&self, row: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.block(row / LANES).iter().map(move |group| group[row % LANES])
    }

    /// The block that holds eight rows.
    pub(super) fn block(&self, block: usize) -> &[[f64; LANES]] {
        &self.values[block * self.width..(block + 1) * self.width]
    }

    /// Drops the rows from `first` on that are not to be kept; the others close up in their order.
    pub(super) fn retain_from(&mut self, first: usize, keep: impl Fn(usize) -> bool) {
        let mut to = first;
        for from in (first..self.len).filter(|&row| keep(row)) {
            if from != to {
                for column in 0..self.width {
                    self.values[to / LANES * self.width + column][to % LANES] =
                        self.values[from / LANES * self.width + column][from % LANES];
                }
            }
            to += 1;
        }
        self.len = to;
        self.values.truncate(to.div_ceil(LANES) * self.width);
        let lanes = to % LANES;
        if lanes > 0 {
            for group in &mut self.values[to / LANES * self.width..] {
                group[lanes..].fill(self.padding);
            }
        }
    }

    /// Adds to `sums`, one vector of them per vector of `by`, the products of all rows with that vector. The rows are
    /// read from memory once.
    pub(super) fn add_products(&self, by: &[Vec<f64>], sums: &mut [Vec<[f64; LANES]>]) {
        if self.width == 0 {
            return;
        }
        let n_blocks = (AT_HAND / self.width).max(1);
        for (chunk, rows) in self.values.chunks(n_blocks * self.width).enumerate() {
            let (begin, end) = (chunk * n_blocks, chunk * n_blocks + rows.len() / self.width);
            for (x, sums) in by.iter().zip(&mut *sums) {
                simd::evaluate_blocks(rows, self.width, 0, x, &mut sums[begin..end]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Blocks, LANES};

    fn numbers(n: usize) -> Blocks {
        let mut blocks = Blocks::new(2, -1.0);
        for i in 0..n {
            blocks.push(&[i as f64, 100.0 + i as f64]);
        }
        blocks
    }

    #[test]
    fn rows_close_up_in_their_order() {
        for n in [0, 1, 7, 8, 9, 30] {
            for first in [0, 3.min(n), n] {
                let mut blocks = numbers(n);
                blocks.retain_from(first, |row| row % 3 == 1);
                let mut expected = Blocks::new(2, -1.0);
                for i in (0..n).filter(|&i| i < first || i % 3 == 1) {
                    expected.push(&[i as f64, 100.0 + i as f64]);
                }
                assert_eq!(blocks, expected, "{n} rows from {first}");
            }
        }
    }

    #[test]
    fn products_in_parts_are_the_products() {
        let mut blocks = Blocks::new(3, 0.0);
        for i in 0..3000 {
            blocks.push(&[f64::from(i), 1.0, f64::from(i % 7)]);
        }
        let by = [vec![1.0, 2.0, 3.0], vec![-1.0, 0.5, 0.0]];
        let mut sums = vec![vec![[10.0; LANES]; 375]; 2];
        blocks.add_products(&by, &mut sums);
        for i in 0..3000 {
            let row = [f64::from(i), 1.0, f64::from(i % 7)];
            for (x, sums) in by.iter().zip(&sums) {
                let expected: f64 = 10.0 + row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
                assert_eq!(sums.as_flattened()[i as usize], expected);
            }
        }
    }
}
