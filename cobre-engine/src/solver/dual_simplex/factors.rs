//! LU factors of a basis, and what has changed since they were made.
//!
//! A large basis of a stage problem is nearly triangular: the logicals of rows that are slack are unit vectors, and most
//! other columns touch two or three rows. Its factors have hardly more entries than the basis, where the explicit
//! inverse has rows times rows numbers to keep in the cache. Every exchange appends a column to a product of elementary
//! matrices (Dantzig and Orchard-Hays 1954), every further row a row; norms of the rows follow by the formula of Forrest
//! and Goldfarb (1992).

use super::form::NONE;
use super::inverse::Sparse;
use super::markowitz::{Columns, Elimination, Triangles};
use super::scattered::Scattered;
use crate::simd;

/// Entries of a row below this are taken for zero.
const TINY: f64 = 1e-14;
/// No squared norm is taken to be below this.
const SMALLEST_NORM: f64 = 1e-8;
/// Nor above this, so that their quotients are numbers.
const LARGEST_NORM: f64 = 1e100;

/// What an elementary matrix changes.
#[derive(Debug, Clone, Copy)]
enum Update {
    /// The variable at a place made way for one whose column has this pivot there.
    Column { place: u32, pivot: f64 },
    /// A row was added, with its logical at the place of the same number.
    Row { place: u32 },
}

/// A basis in the form of factors.
///
/// Rows and positions have the same numbers, as every variable is at the position of its pivot row; inside, they are in
/// the order of elimination, those without a pivot last.
#[derive(Debug, Default)]
pub(super) struct Factors {
    size: usize,
    n_pivots: usize,
    triangles: Triangles,
    lower_rows: Columns,
    upper_rows: Columns,
    /// Place of every row in the order of elimination, and the row of every place.
    place_of: Vec<u32>,
    row_of: Vec<u32>,
    updates: Vec<Update>,
    /// Entries of every update besides its pivot.
    update_entries: Columns,
    norms: Vec<f64>,
    elimination: Elimination,
    work: Scattered,
    touched: Vec<u32>,
    groups: Vec<u32>,
    row: Sparse,
}

impl Factors {
    /// Steps after which a basis is factored anew.
    pub(super) const MOST_UPDATES: u32 = 100;

    #[inline]
    pub(super) fn padded(&self) -> usize {
        simd::padded(self.size)
    }

    #[inline]
    pub(super) fn norms(&self) -> &[f64] {
        &self.norms
    }

    pub(super) fn norms_mut(&mut self) -> &mut [f64] {
        &mut self.norms
    }

    pub(super) fn factor(&mut self, size: usize, columns: &Columns, free: &mut [bool], taken: &mut Vec<u32>) {
        self.size = size;
        self.elimination.run(columns, free, taken, &mut self.triangles);
        let Self { triangles, lower_rows, upper_rows, place_of, row_of, .. } = self;
        row_of.clear();
        row_of.extend(triangles.pivots.iter().map(|pivot| pivot.0));
        self.n_pivots = row_of.len();
        place_of.clear();
        place_of.resize(size, NONE);
        for (place, &row) in row_of.iter().enumerate() {
            place_of[row as usize] = place as u32;
        }
        for (row, place) in place_of.iter_mut().enumerate() {
            if *place == NONE {
                *place = row_of.len() as u32;
                row_of.push(row as u32);
            }
        }
        triangles.lower.rename(place_of);
        triangles.upper.rename(place_of);
        lower_rows.transpose(&triangles.lower, size);
        upper_rows.transpose(&triangles.upper, size);
        self.updates.clear();
        self.update_entries.clear();
        self.fit();
    }

    /// Makes room for the positions.
    fn fit(&mut self) {
        let n = self.padded();
        self.norms.resize(n, 1.0);
        self.touched.resize(n, 0);
        self.groups.resize(n / simd::LANES, 0);
        self.work.fit(n);
    }

    pub(super) fn compute_norms(&mut self) {
        self.norms.fill(1.0);
        for position in 0..self.size {
            self.compute_norm(position);
        }
    }

    fn compute_norm(&mut self, position: usize) {
        let mut row = std::mem::take(&mut self.row);
        self.write_row(position, &mut row);
        self.norms[position] =
            row.values.iter().map(|value| value * value).sum::<f64>().clamp(SMALLEST_NORM, LARGEST_NORM);
        self.row = row;
    }

    pub(super) fn write_row(&mut self, position: usize, row: &mut Sparse) {
        self.work.add(self.place_of[position], 1.0);
        self.solve_transposed();
        row.clear();
        let row_of = &self.row_of;
        self.work.drain(|place, value| {
            if value.abs() > TINY {
                row.push(row_of[place], value);
            }
        });
    }

    pub(super) fn combine(&mut self, v: &Sparse, out: &mut [f64]) {
        for (row, value) in v.iter() {
            self.work.add(self.place_of[row], value);
        }
        self.solve();
        self.write_out(out);
    }

    pub(super) fn price(&mut self, c: &[f64], out: &mut [f64]) {
        for (&place, &value) in self.place_of.iter().zip(c) {
            if value != 0.0 {
                self.work.add(place, value);
            }
        }
        self.solve_transposed();
        self.write_out(out);
    }

    fn write_out(&mut self, out: &mut [f64]) {
        out.fill(0.0);
        let row_of = &self.row_of;
        self.work.drain(|place, value| out[row_of[place] as usize] = value);
    }

    /// Solves `B·x = b` in place: `b` over rows, `x` over positions.
    fn solve(&mut self) {
        let Self { triangles: Triangles { lower, pivots, upper }, work, n_pivots, updates, update_entries, .. } = self;
        work.ascend(0, *n_pivots, |work, place| work.add_multiple(lower.get(place), -work.values[place]));
        work.descend(*n_pivots, |work, place| {
            work.values[place] *= pivots[place].1;
            work.add_multiple(upper.get(place), -work.values[place]);
        });
        for (k, &update) in updates.iter().enumerate() {
            let entries = update_entries.get(k);
            match update {
                Update::Column { place, pivot } => {
                    let value = work.values[place as usize];
                    if value != 0.0 {
                        let value = value / pivot;
                        work.values[place as usize] = value;
                        work.add_multiple(entries, -value);
                    }
                }
                Update::Row { place } => {
                    let sum = work.dot(entries);
                    if sum != 0.0 {
                        work.add(place, -sum);
                    }
                }
            }
        }
    }

    /// Solves `y·B = c` in place: `c` over positions, `y` over rows.
    fn solve_transposed(&mut self) {
        let Self { triangles, lower_rows, upper_rows, work, n_pivots, size, updates, update_entries, .. } = self;
        for (k, &update) in updates.iter().enumerate().rev() {
            let entries = update_entries.get(k);
            match update {
                Update::Column { place, pivot } => {
                    let sum = work.dot(entries);
                    let value = work.values[place as usize];
                    if sum != 0.0 || value != 0.0 {
                        work.values[place as usize] = 0.0;
                        work.add(place, (value - sum) / pivot);
                    }
                }
                Update::Row { place } => {
                    let value = work.values[place as usize];
                    if value != 0.0 {
                        work.add_multiple(entries, -value);
                    }
                }
            }
        }
        // Rows that were added later have no entries in the triangles.
        let n_factored = upper_rows.len().min(*size);
        work.ascend(*n_pivots, n_factored, |work, place| {
            work.add_multiple(upper_rows.get(place), -work.values[place]);
        });
        work.ascend(0, *n_pivots, |work, place| {
            work.values[place] *= triangles.pivots[place].1;
            work.add_multiple(upper_rows.get(place), -work.values[place]);
        });
        work.descend(n_factored, |work, place| work.add_multiple(lower_rows.get(place), -work.values[place]));
    }

    pub(super) fn pivot(&mut self, position: usize, row: &Sparse, alpha: &[f64]) {
        let pivot = alpha[position];
        let own: f64 = row.values.iter().map(|value| value * value).sum();
        for (row, value) in row.iter() {
            self.work.add(self.place_of[row], value);
        }
        self.solve();
        let Self { work, norms, place_of, groups, touched, update_entries, .. } = self;
        let (_, n) = simd::nonzeros(alpha, groups, touched);
        for &at in &touched[..n] {
            let entry = alpha[at as usize];
            if entry.abs() <= TINY || at as usize == position {
                continue;
            }
            let place = place_of[at as usize];
            update_entries.push(place, entry);
            // ‖r_i − q·r_p‖² with q = α_i / α_p.
            let share = entry / pivot;
            let norm = &mut norms[at as usize];
            *norm = (*norm - 2.0 * share * work.values[place as usize] + share * share * own)
                .clamp(SMALLEST_NORM, LARGEST_NORM);
        }
        norms[position] = (own / (pivot * pivot)).clamp(SMALLEST_NORM, LARGEST_NORM);
        work.drain(|_, _| {});
        update_entries.end();
        self.updates.push(Update::Column { place: place_of[position], pivot });
    }

    pub(super) fn append(&mut self, entries: &[f64]) {
        let (_, n) = simd::nonzeros(entries, &mut self.groups, &mut self.touched);
        for &at in &self.touched[..n] {
            self.update_entries.push(self.place_of[at as usize], entries[at as usize]);
        }
        self.update_entries.end();
        let place = self.size as u32;
        self.updates.push(Update::Row { place });
        self.place_of.push(place);
        self.row_of.push(place);
        self.size += 1;
        self.fit();
        self.compute_norm(self.size - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, Factors, NONE, Sparse};
    use crate::simd::padded;
    use crate::test_models::SplitMix64;

    /// A column of up to four entries, one of them at `row`.
    fn column(random: &mut SplitMix64, n_rows: usize, row: usize) -> Vec<(u32, f64)> {
        let mut entries = vec![(row as u32, random.uniform(0.5, 2.0))];
        for _ in 0..random.below(4) {
            let other = random.below(n_rows) as u32;
            if entries.iter().all(|entry| entry.0 != other) {
                entries.push((other, random.uniform(-2.0, 2.0)));
            }
        }
        entries
    }

    fn sparse(entries: &[(u32, f64)]) -> Sparse {
        let mut vector = Sparse::default();
        for &(place, value) in entries {
            vector.push(place, value);
        }
        vector
    }

    /// A basis both factored and as columns by position.
    struct Both {
        factors: Factors,
        basis: Vec<Vec<(u32, f64)>>,
    }

    impl Both {
        /// Logicals in every fourth row, drawn columns in the others.
        fn new(random: &mut SplitMix64, n_rows: usize) -> Self {
            let mut basis: Vec<Vec<(u32, f64)>> = (0..n_rows).map(|row| vec![(row as u32, 1.0)]).collect();
            let mut free: Vec<bool> = (0..n_rows).map(|row| row % 4 != 0).collect();
            let drawn: Vec<_> = (0..n_rows).filter(|&row| free[row]).map(|row| column(random, n_rows, row)).collect();
            let mut columns = Columns::default();
            columns.clear();
            for entries in &drawn {
                for &(row, value) in entries {
                    columns.push(row, value);
                }
                columns.end();
            }
            let (mut factors, mut taken) = (Factors::default(), Vec::new());
            factors.factor(n_rows, &columns, &mut free, &mut taken);
            for (entries, &position) in drawn.into_iter().zip(&taken) {
                if position != NONE {
                    basis[position as usize] = entries;
                }
            }
            factors.compute_norms();
            Self { factors, basis }
        }

        fn size(&self) -> usize {
            self.basis.len()
        }

        fn combine(&mut self, v: &Sparse) -> Vec<f64> {
            let mut x = vec![f64::NAN; padded(self.size())];
            self.factors.combine(v, &mut x);
            x
        }

        /// `y·B` by position.
        fn products(&self, y: &[f64]) -> Vec<f64> {
            self.basis.iter().map(|column| column.iter().map(|&(row, value)| value * y[row as usize]).sum()).collect()
        }

        fn check(&mut self, random: &mut SplitMix64) {
            let n = self.size();
            let v: Vec<(u32, f64)> = (0..5).map(|_| (random.below(n) as u32, random.uniform(-1.0, 1.0))).collect();
            let x = self.combine(&sparse(&v));
            let mut rest = vec![0.0; n];
            for &(row, value) in &v {
                rest[row as usize] += value;
            }
            for (column, x) in self.basis.iter().zip(&x) {
                for &(row, value) in column {
                    rest[row as usize] -= value * x;
                }
            }
            let largest = x.iter().fold(1.0f64, |largest, x| largest.max(x.abs()));
            assert!(rest.iter().all(|rest| rest.abs() < 1e-9 * largest), "B·x ≠ b");

            let c: Vec<f64> = (0..padded(n)).map(|k| if k < n { random.uniform(-1.0, 1.0) } else { 0.0 }).collect();
            let mut y = vec![f64::NAN; padded(n)];
            self.factors.price(&c, &mut y);
            let largest = y.iter().fold(1.0f64, |largest, y| largest.max(y.abs()));
            let products = self.products(&y);
            assert!(products.iter().zip(&c).all(|(found, c)| (found - c).abs() < 1e-9 * largest), "y·B ≠ c");

            let (mut row, position) = (Sparse::default(), random.below(n));
            self.factors.write_row(position, &mut row);
            let mut dense = vec![0.0; n];
            row.iter().for_each(|(place, value)| dense[place] = value);
            let largest = dense.iter().fold(1.0f64, |largest, y| largest.max(y.abs()));
            for (k, product) in self.products(&dense).into_iter().enumerate() {
                assert!((product - f64::from(u8::from(k == position))).abs() < 1e-9 * largest, "row {position}");
            }
            let norm: f64 = dense.iter().map(|value| value * value).sum();
            let known = self.factors.norms()[position];
            assert!((known - norm).abs() < 1e-6 * norm, "norm {known} of row {position} is {norm}");
        }
    }

    #[test]
    fn factors_follow_the_basis() {
        let mut random = SplitMix64::new(11);
        let mut n_exchanged = 0;
        for round in 0..20 {
            let mut both = Both::new(&mut random, 40 + 9 * round);
            both.check(&mut random);
            for step in 0..60 {
                if step % 12 == 11 {
                    // The row of a cut over a few basic variables, by position.
                    let mut entries = vec![0.0; padded(both.size())];
                    let new = both.size() as u32;
                    for _ in 0..6 {
                        let position = random.below(both.size());
                        entries[position] = random.uniform(-1.0, 1.0);
                        both.basis[position].retain(|entry| entry.0 != new);
                        both.basis[position].push((new, entries[position]));
                    }
                    both.factors.append(&entries);
                    both.basis.push(vec![(new, 1.0)]);
                } else {
                    let n = both.size();
                    let (position, row) = (random.below(n), random.below(n));
                    let entering = column(&mut random, n, row);
                    let alpha = both.combine(&sparse(&entering));
                    if alpha[position].abs() < 0.1 {
                        continue;
                    }
                    let mut row = Sparse::default();
                    both.factors.write_row(position, &mut row);
                    both.factors.pivot(position, &row, &alpha);
                    both.basis[position] = entering;
                    n_exchanged += 1;
                }
                both.check(&mut random);
            }
        }
        assert!(n_exchanged > 50, "only {n_exchanged} exchanges");
    }

    #[test]
    fn columns_that_depend_on_others_are_left_out() {
        let mut columns = Columns::default();
        columns.clear();
        for entries in [[(0, 1.0), (1, 2.0)], [(1, 1.0), (2, 1.0)], [(0, 2.0), (1, 4.0)], [(2, 1e-13), (0, 0.0)]] {
            for &(row, value) in &entries {
                columns.push(row, value);
            }
            columns.end();
        }
        let (mut free, mut taken) = (vec![true, true, true, false], Vec::new());
        Factors::default().factor(4, &columns, &mut free, &mut taken);
        let n_taken = taken.iter().filter(|&&position| position != NONE).count();
        assert_eq!(n_taken, 2, "{taken:?}");
        assert_eq!(taken[3], NONE, "an entry of rounding is no pivot");
        assert_eq!(free.iter().filter(|&&free| free).count(), 1);
    }
}
