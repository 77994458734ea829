/// For every row of a matrix a set of columns that contains all of its entries.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Words per row; none where the sets are not kept.
    stride: usize,
    n_rows: usize,
    words: Vec<u64>,
    /// Working space.
    added: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl Places {
    /// The sets of an identity of `size` rows with room for `most` columns; none are kept where there is no room.
    pub(super) fn reset(&mut self, most: usize, size: usize) {
        self.stride = most.div_ceil(BITS);
        self.n_rows = size;
        self.words.clear();
        if !self.is_kept() {
            return;
        }
        self.words.resize(size * self.stride, 0);
        for i in 0..size {
            self.insert(i, i);
        }
    }

    #[inline]
    pub(super) fn is_kept(&self) -> bool {
        self.stride > 0
    }

    fn insert(&mut self, row: usize, column: usize) {
        self.words[row * self.stride + column / BITS] |= 1 << (column % BITS);
    }

    /// The set of a row, ascending.
    #[cfg(test)]
    fn of(&self, row: usize) -> impl Iterator<Item = u32> + '_ {
        self.words[row * self.stride..][..self.stride].iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    (at * BITS) as u32 + bit
                })
            })
        })
    }

    /// Keeps the columns in the set of a row that `keep` says, asked in ascending order.
    #[inline]
    pub(super) fn retain(&mut self, row: usize, mut keep: impl FnMut(usize) -> bool) {
        let stride = self.stride;
        for (at, word) in self.words[row * stride..][..stride].iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                *word ^= u64::from(!keep(at * BITS + bit)) << bit;
            }
        }
    }

    /// Adds the set of a row to those of others.
    pub(super) fn include(&mut self, row: usize, others: &[u32]) {
        let stride = self.stride;
        self.added.clear();
        self.added.extend_from_slice(&self.words[row * stride..][..stride]);
        for &other in others {
            for (word, added) in self.words[other as usize * stride..][..stride].iter_mut().zip(&self.added) {
                *word |= added;
            }
        }
    }

    /// A row and a column more: the row has the nonzeros of `row`, and one in the column of its own.
    pub(super) fn append(&mut self, row: &[f64]) {
        if !self.is_kept() {
            return;
        }
        let at = self.n_rows;
        self.n_rows += 1;
        self.words.resize(self.n_rows * self.stride, 0);
        for (column, &value) in row.iter().enumerate() {
            if value != 0.0 {
                self.insert(at, column);
            }
        }
        self.insert(at, at);
    }

    /// Makes room for `most` columns.
    pub(super) fn widen(&mut self, most: usize) {
        let stride = most.div_ceil(BITS);
        if !self.is_kept() || stride == self.stride {
            return;
        }
        let mut words = vec![0; self.n_rows * stride];
        for (to, from) in words.chunks_exact_mut(stride).zip(self.words.chunks_exact(self.stride)) {
            to[..self.stride].copy_from_slice(from);
        }
        (self.words, self.stride) = (words, stride);
    }

    /// Removes a row and a column; the last row and the last column take the freed places.
    pub(super) fn remove(&mut self, row: usize, column: usize) {
        if !self.is_kept() {
            return;
        }
        let last = self.n_rows - 1;
        let (word, bit) = (last / BITS, last % BITS);
        for set in self.words.chunks_exact_mut(self.stride) {
            let moved = set[word] >> bit & 1;
            set[word] &= !(1 << bit);
            set[column / BITS] &= !(1 << (column % BITS));
            if column != last {
                set[column / BITS] |= moved << (column % BITS);
            }
        }
        self.words.copy_within(last * self.stride..(last + 1) * self.stride, row * self.stride);
        self.words.truncate(last * self.stride);
        self.n_rows = last;
    }
}

#[cfg(test)]
mod tests {
    use super::Places;
    use crate::test_models::SplitMix64;

    fn sets(places: &Places, n: usize) -> Vec<Vec<u32>> {
        (0..n).map(|row| places.of(row).collect()).collect()
    }

    #[test]
    fn sets_follow_the_matrix() {
        let mut random = SplitMix64::new(5);
        let n = 70;
        let mut places = Places::default();
        places.reset(72, n);
        let mut dense: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| i == j).collect()).collect();
        for step in 0..400 {
            let size = dense.len();
            let (row, other) = ((random.uniform(0.0, size as f64)) as usize, random.uniform(0.0, size as f64) as usize);
            match step % 5 {
                0..3 => {
                    places.include(other, &[row as u32]);
                    for column in 0..size {
                        dense[row][column] |= dense[other][column];
                    }
                }
                3 => {
                    places.remove(row, other);
                    let last = size - 1;
                    for set in &mut dense {
                        set[other] = set[last];
                        set.pop();
                    }
                    dense.swap_remove(row);
                }
                _ => {
                    if size.is_multiple_of(64) {
                        places.widen(size + 64);
                    }
                    let values: Vec<f64> = (0..size).map(|column| f64::from(u8::from(column % 3 == 0))).collect();
                    places.append(&values);
                    for set in &mut dense {
                        set.push(false);
                    }
                    let mut added: Vec<bool> = values.iter().map(|value| *value != 0.0).collect();
                    added.push(true);
                    dense.push(added);
                }
            }
            let expected: Vec<Vec<u32>> = dense
                .iter()
                .map(|set| (0..set.len() as u32).filter(|&column| set[column as usize]).collect())
                .collect();
            assert_eq!(sets(&places, dense.len()), expected, "step {step}");
        }
        let before: Vec<u32> = places.of(3).collect();
        let mut asked = Vec::new();
        places.retain(3, |column| {
            asked.push(column as u32);
            column % 2 == 1
        });
        assert_eq!(asked, before);
        let odd: Vec<u32> = before.into_iter().filter(|column| column % 2 == 1).collect();
        assert!(!odd.is_empty() && odd.len() < asked.len());
        assert_eq!(places.of(3).collect::<Vec<u32>>(), odd);
    }
}
