use std::fmt;

/// A table of plain text. The first column is aligned to the left, the others to the right.
pub(super) struct TextTable {
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(super) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&title| title.to_owned()).collect()] }
    }

    /// Adds a row with one cell per column.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.rows[0].len());
        self.rows.push(cells);
    }
}

impl fmt::Display for TextTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        for (i, row) in self.rows.iter().enumerate() {
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                line.push_str(&format!("  {cell:>width$}"));
            }
            let end = if i + 1 == self.rows.len() { "" } else { "\n" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number for people: nine significant digits at most.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e15).contains(&size) {
        format!("{value:.5e}")
    } else if size >= 1e6 {
        format!("{value:.1}")
    } else {
        format!("{value:.4}")
    }
}

/// A share of one as a percentage.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

#[cfg(test)]
mod tests {
    use super::{TextTable, number, percent};

    #[test]
    fn columns_are_aligned() {
        let mut table = TextTable::new(&["stage", "cuts"]);
        table.row(vec!["São".to_owned(), "1".to_owned()]);
        table.row(vec!["x".to_owned(), "12345".to_owned()]);
        assert_eq!(table.to_string(), "stage   cuts\nSão        1\nx      12345");
    }

    #[test]
    fn numbers_keep_what_matters() {
        let texts = [0.0, -1.5, 1e-9, 1_234_567.89, 2e20, f64::NAN].map(number);
        assert_eq!(texts, ["0", "-1.5000", "1.00000e-9", "1234567.9", "2.00000e20", "NaN"]);
        assert_eq!([percent(Some(0.125)), percent(None)], ["12.5 %", "-"]);
    }
}
