//! LU factors of a sparse basis (Markowitz 1957; singletons first, as Suhl and Suhl 1990).

use super::form::NONE;

/// Sparse columns one after the other.
#[derive(Debug, Default)]
pub(super) struct Columns {
    starts: Vec<u32>,
    entries: Vec<(u32, f64)>,
}

impl Columns {
    pub(super) fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.entries.clear();
    }

    /// Adds an entry to the column that [`end`](Self::end) ends.
    #[inline]
    pub(super) fn push(&mut self, place: u32, value: f64) {
        self.entries.push((place, value));
    }

    /// Ends a column.
    pub(super) fn end(&mut self) {
        self.starts.push(self.entries.len() as u32);
    }

    /// The column that has not ended yet.
    fn last(&self) -> &[(u32, f64)] {
        &self.entries[self.starts[self.len()] as usize..]
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// Gives all places other names.
    pub(super) fn rename(&mut self, names: &[u32]) {
        for (place, _) in &mut self.entries {
            *place = names[*place as usize];
        }
    }

    /// Becomes the transpose of `other`, whose columns have entries at places below `n`.
    pub(super) fn transpose(&mut self, other: &Self, n: usize) {
        self.starts.clear();
        self.starts.resize(n + 2, 0);
        for &(place, _) in &other.entries {
            self.starts[place as usize + 2] += 1;
        }
        for at in 2..n + 2 {
            self.starts[at] += self.starts[at - 1];
        }
        self.entries.clear();
        self.entries.resize(other.entries.len(), (0, 0.0));
        for j in 0..other.len() {
            for &(place, value) in other.get(j) {
                let at = &mut self.starts[place as usize + 1];
                self.entries[*at as usize] = (j as u32, value);
                *at += 1;
            }
        }
        self.starts.truncate(n + 1);
    }
}

/// A pivot is at least this large, relative to the largest entry that its column began with.
const SMALLEST: f64 = 1e-9;
/// In elimination a pivot is at least this share of the largest entry of its column.
const THRESHOLD: f64 = 0.1;
/// Entries that elimination leaves below this are none.
const TINY: f64 = 1e-14;
/// Columns that are looked at for a pivot.
const LOOKED_AT: usize = 4;

/// Working space of the elimination.
#[derive(Debug, Default)]
pub(super) struct Elimination {
    /// Entries of the columns in rows without a pivot, and in rows that have one.
    active: Vec<Vec<(u32, f64)>>,
    done: Vec<Vec<(u32, f64)>>,
    /// Columns with an active entry in a row, each once; some are gone.
    by_row: Vec<Vec<u32>>,
    row_counts: Vec<u32>,
    /// Largest entry of every column at the beginning.
    largest: Vec<f64>,
    is_gone: Vec<bool>,
    short_columns: Vec<u32>,
    short_rows: Vec<u32>,
    rest: Vec<u32>,
    /// Place of every row in the column that is changed.
    place_of: Vec<u32>,
}

/// A factor `L·U` of the rows that need a column.
///
/// `L` is a product of columns below a pivot of one; `U` has the pivots, in order, and what is above them.
#[derive(Debug, Default)]
pub(super) struct Triangles {
    /// What is below the pivot of every column of `L`.
    pub(super) lower: Columns,
    /// Row of every pivot, and what to multiply by to divide by it.
    pub(super) pivots: Vec<(u32, f64)>,
    pub(super) upper: Columns,
}

impl Triangles {
    fn clear(&mut self) {
        self.lower.clear();
        self.pivots.clear();
        self.upper.clear();
    }
}

impl Elimination {
    /// Finds a pivot for every column among the rows that are `free`, which no longer are. `taken` receives the row of
    /// every column, [`NONE`] for those that depend on others.
    pub(super) fn run(&mut self, columns: &Columns, free: &mut [bool], taken: &mut Vec<u32>, found: &mut Triangles) {
        found.clear();
        taken.clear();
        taken.resize(columns.len(), NONE);
        self.load(columns, free);
        self.take_singletons(free, taken, found);
        while let Some((row, column)) = self.best(columns.len()) {
            self.eliminate(row, column, found);
            self.finish(row, column, free, taken, found);
            self.take_singletons(free, taken, found);
        }
    }

    fn load(&mut self, columns: &Columns, free: &[bool]) {
        let n = columns.len();
        for lists in [&mut self.active, &mut self.done] {
            lists.iter_mut().for_each(Vec::clear);
            if lists.len() < n {
                lists.resize(n, Vec::new());
            }
        }
        self.by_row.iter_mut().for_each(Vec::clear);
        if self.by_row.len() < free.len() {
            self.by_row.resize(free.len(), Vec::new());
        }
        self.row_counts.clear();
        self.row_counts.resize(free.len(), 0);
        self.place_of.clear();
        self.place_of.resize(free.len(), NONE);
        self.largest.clear();
        self.is_gone.clear();
        self.is_gone.resize(n, false);
        self.short_columns.clear();
        self.short_rows.clear();
        for j in 0..n {
            let mut largest = 0.0f64;
            for &(row, value) in columns.get(j) {
                largest = largest.max(value.abs());
                if free[row as usize] {
                    self.active[j].push((row, value));
                    self.by_row[row as usize].push(j as u32);
                    self.row_counts[row as usize] += 1;
                } else {
                    self.done[j].push((row, value));
                }
            }
            self.largest.push(largest);
            if self.active[j].len() <= 1 {
                self.short_columns.push(j as u32);
            }
        }
        let short = |&row: &u32| free[row as usize] && self.row_counts[row as usize] == 1;
        self.short_rows.extend((0..free.len() as u32).filter(short));
        self.rest.clear();
        self.rest.extend(0..n as u32);
    }

    /// Takes columns with one entry and rows with one entry as long as there are any: neither fills anything in.
    fn take_singletons(&mut self, free: &mut [bool], taken: &mut [u32], found: &mut Triangles) {
        loop {
            if let Some(column) = self.short_columns.pop() {
                if self.is_gone[column as usize] {
                    continue;
                }
                let Some(&(row, value)) = self.active[column as usize].first() else {
                    self.is_gone[column as usize] = true;
                    continue;
                };
                if value.abs() < self.least_pivot(column) {
                    self.drop_column(column);
                } else {
                    self.finish(row, column, free, taken, found);
                }
            } else if let Some(row) = self.short_rows.pop() {
                if !free[row as usize] || self.row_counts[row as usize] != 1 {
                    continue;
                }
                let has_entry = |&&column: &&u32| {
                    !self.is_gone[column as usize] && self.active[column as usize].iter().any(|entry| entry.0 == row)
                };
                let Some(&column) = self.by_row[row as usize].iter().find(has_entry) else { continue };
                let entry = self.active[column as usize].iter().find(|entry| entry.0 == row);
                // A small one may still find a better row.
                if entry.is_some_and(|entry| entry.1.abs() >= THRESHOLD * 1e-2 * self.largest_active(column)) {
                    self.push_lower(row, column, found);
                    self.finish(row, column, free, taken, found);
                }
            } else {
                return;
            }
        }
    }

    fn largest_active(&self, column: u32) -> f64 {
        self.active[column as usize].iter().fold(0.0, |largest, entry| largest.max(entry.1.abs()))
    }

    fn least_pivot(&self, column: u32) -> f64 {
        SMALLEST * self.largest[column as usize].max(1e-3)
    }

    /// The pivot with the least `(entries of its row − 1)·(entries of its column − 1)` among those of a few short
    /// columns; columns without a pivot are dropped.
    fn best(&mut self, n_columns: usize) -> Option<(u32, u32)> {
        debug_assert!(self.rest.len() <= n_columns);
        loop {
            let Self { rest, is_gone, .. } = self;
            rest.retain(|&column| !is_gone[column as usize]);
            let shortest = self.rest.iter().map(|&column| self.active[column as usize].len()).min()?;
            let mut best: Option<(usize, f64, u32, u32)> = None;
            let mut n_looked_at = 0;
            let mut hopeless = None;
            for &column in &self.rest {
                let entries = &self.active[column as usize];
                if entries.len() > shortest + 1 {
                    continue;
                }
                let largest = self.largest_active(column);
                if largest < self.least_pivot(column) {
                    hopeless = Some(column);
                    break;
                }
                for &(row, value) in entries {
                    let size = value.abs();
                    if size < THRESHOLD * largest {
                        continue;
                    }
                    let cost = (self.row_counts[row as usize] as usize - 1) * (entries.len() - 1);
                    if best.is_none_or(|(least, of, ..)| cost < least || (cost == least && size > of)) {
                        best = Some((cost, size, row, column));
                    }
                }
                n_looked_at += 1;
                if n_looked_at == LOOKED_AT {
                    break;
                }
            }
            match hopeless {
                Some(column) => self.drop_column(column),
                None => return best.map(|(_, _, row, column)| (row, column)),
            }
        }
    }

    /// Forgets a column that has no pivot.
    fn drop_column(&mut self, column: u32) {
        self.is_gone[column as usize] = true;
        for at in 0..self.active[column as usize].len() {
            let row = self.active[column as usize][at].0 as usize;
            self.row_counts[row] -= 1;
            if self.row_counts[row] == 1 {
                self.short_rows.push(row as u32);
            }
        }
    }

    /// The column of `L` of a pivot.
    fn push_lower(&mut self, row: u32, column: u32, found: &mut Triangles) {
        let entries = &self.active[column as usize];
        let pivot = entries.iter().find(|entry| entry.0 == row).map_or(1.0, |entry| entry.1);
        for &(other, value) in entries.iter().filter(|entry| entry.0 != row) {
            found.lower.push(other, value / pivot);
        }
    }

    /// Takes the pivot out of the other columns with an entry in its row.
    fn eliminate(&mut self, row: u32, column: u32, found: &mut Triangles) {
        self.push_lower(row, column, found);
        let lower = found.lower.last();
        let Self { active, by_row, row_counts, is_gone, place_of, short_rows, .. } = self;
        let others = std::mem::take(&mut by_row[row as usize]);
        for &other in others.iter().filter(|&&other| other != column && !is_gone[other as usize]) {
            let entries = &mut active[other as usize];
            let Some(&(_, factor)) = entries.iter().find(|entry| entry.0 == row) else { continue };
            for (at, entry) in entries.iter().enumerate() {
                place_of[entry.0 as usize] = at as u32;
            }
            for &(below, share) in lower {
                let change = factor * share;
                let at = place_of[below as usize];
                if at == NONE {
                    entries.push((below, -change));
                    by_row[below as usize].push(other);
                    row_counts[below as usize] += 1;
                } else {
                    entries[at as usize].1 -= change;
                }
            }
            entries.retain(|&(at, value)| {
                place_of[at as usize] = NONE;
                let stays = value.abs() > TINY || at == row;
                if !stays {
                    by_row[at as usize].retain(|&column| column != other);
                    row_counts[at as usize] -= 1;
                    if row_counts[at as usize] == 1 {
                        short_rows.push(at);
                    }
                }
                stays
            });
        }
        by_row[row as usize] = others;
    }

    /// Writes a pivot and what is above it, and takes its row and column out of the active part.
    fn finish(&mut self, row: u32, column: u32, free: &mut [bool], taken: &mut [u32], found: &mut Triangles) {
        let Self { active, done, by_row, row_counts, is_gone, short_columns, short_rows, .. } = self;
        is_gone[column as usize] = true;
        free[row as usize] = false;
        taken[column as usize] = row;
        for &(place, value) in &done[column as usize] {
            found.upper.push(place, value);
        }
        found.upper.end();
        found.lower.end();
        for &(place, value) in &active[column as usize] {
            if place == row {
                found.pivots.push((row, 1.0 / value));
            }
            row_counts[place as usize] -= 1;
            if row_counts[place as usize] == 1 {
                short_rows.push(place);
            }
        }
        for &other in &by_row[row as usize] {
            if is_gone[other as usize] {
                continue;
            }
            let entries = &mut active[other as usize];
            let Some(at) = entries.iter().position(|entry| entry.0 == row) else { continue };
            done[other as usize].push(entries.swap_remove(at));
            if entries.len() <= 1 {
                short_columns.push(other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, Elimination, Triangles};

    /// Small whole numbers, so that entries vanish in elimination and come back.
    #[test]
    fn the_product_of_the_triangles_is_the_matrix() {
        let n = 7;
        let (mut elimination, mut found) = (Elimination::default(), Triangles::default());
        let mut n_full = 0;
        for seed in 0..400u64 {
            let entry = |i: usize, j: usize| {
                let word = (seed * 49 + (i * n + j) as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
                [0.0, 1.0, -1.0, 2.0, 0.0, 1.0][(word % 6) as usize]
            };
            let mut columns = Columns::default();
            columns.clear();
            for j in 0..n {
                for i in (0..n).filter(|&i| entry(i, j) != 0.0) {
                    columns.push(i as u32, entry(i, j));
                }
                columns.end();
            }
            let (mut free, mut taken) = (vec![true; n], Vec::new());
            elimination.run(&columns, &mut free, &mut taken, &mut found);
            assert_eq!(found.pivots.len(), free.iter().filter(|&&free| !free).count());
            if found.pivots.len() < n {
                continue;
            }
            n_full += 1;
            for (k, &(row, reciprocal)) in found.pivots.iter().enumerate() {
                // Column k of U, then the columns of L from the last to the first.
                let mut product = vec![0.0; n];
                product[row as usize] = 1.0 / reciprocal;
                for &(place, value) in found.upper.get(k) {
                    product[place as usize] = value;
                }
                for (at, &(row, _)) in found.pivots.iter().enumerate().rev() {
                    let factor = product[row as usize];
                    for &(below, share) in found.lower.get(at) {
                        product[below as usize] += share * factor;
                    }
                }
                let column = taken.iter().position(|&taken| taken == row).expect("a column has this row");
                for (i, value) in product.iter().enumerate() {
                    assert!((value - entry(i, column)).abs() < 1e-12, "seed {seed}, row {i} of column {column}");
                }
            }
        }
        assert!(n_full > 100, "only {n_full} matrices are regular");
    }
}
