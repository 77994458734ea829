//! A stage problem as CPLEX LP text.

use crate::solver::LpModel;
use std::fmt::Write;

/// Writes the LP with the row bounds of its last solve. Columns are `x<j>`, segments `y<row>_<s>`, rows `r<i>` (a
/// range is two rows, `_low` and `_high`), cut rows `cut<id>`.
pub(super) fn text(
    model: &LpModel,
    cut_ids: &[u32],
    cut_entries: &[f64],
    row_lower: &[f64],
    row_upper: &[f64],
) -> String {
    let mut names: Vec<String> = (0..model.n_columns()).map(|column| format!("x{column}")).collect();
    let mut bounds: Vec<(f64, f64)> = model.columns.iter().map(|column| (column.lower, column.upper)).collect();
    let mut objective: Vec<Term> =
        model.columns.iter().enumerate().map(|(j, column)| Term { name: j, value: column.cost }).collect();
    let mut rows: Vec<Vec<Term>> = vec![Vec::new(); model.n_rows()];
    for column in 0..model.n_columns() {
        for (row, value) in model.entries(column) {
            rows[row].push(Term { name: column, value });
        }
    }
    for row in 0..model.n_rows() {
        for (place, segment) in model.row_segments(row).iter().enumerate() {
            rows[row].push(Term { name: names.len(), value: segment.coefficient });
            objective.push(Term { name: names.len(), value: segment.cost });
            bounds.push((segment.lower, segment.upper));
            names.push(format!("y{row}_{place}"));
        }
    }

    let mut out = String::from("minimize\n obj:");
    push_sum(&mut out, &objective, &names);
    out.push_str("subject to\n");
    for (row, terms) in rows.iter().enumerate() {
        push_row(&mut out, &format!("r{row}"), terms, &names, (row_lower[row], row_upper[row]));
    }
    if let Some(theta) = model.theta {
        for (cut, entries) in cut_entries.chunks_exact(model.state_columns.len() + 1).enumerate() {
            let columns = model.state_columns.iter().chain([&theta]);
            let terms: Vec<Term> = columns.zip(entries).map(|(&name, &value)| Term { name, value }).collect();
            let lower = row_lower[model.n_rows() + cut];
            push_row(&mut out, &format!("cut{}", cut_ids[cut]), &terms, &names, (lower, f64::INFINITY));
        }
    }
    out.push_str("bounds\n");
    for (name, &(lower, upper)) in names.iter().zip(&bounds) {
        push_bound(&mut out, name, lower, upper);
    }
    out.push_str("end\n");
    out
}

/// `value` times the column called `names[name]`.
#[derive(Clone, Copy)]
struct Term {
    name: usize,
    value: f64,
}

/// Terms per line: readers of the format limit the length of a line.
const TERMS_PER_LINE: usize = 8;

fn push_sum(out: &mut String, terms: &[Term], names: &[String]) {
    let mut written = 0;
    for term in terms.iter().filter(|term| term.value != 0.0) {
        if written > 0 && written % TERMS_PER_LINE == 0 {
            out.push_str("\n   ");
        }
        let sign = if term.value < 0.0 { '-' } else { '+' };
        // Writing to a string cannot fail.
        let _ = write!(out, " {sign} {:?} {}", term.value.abs(), names[term.name]);
        written += 1;
    }
    if written == 0 {
        // A row without entries still needs a term.
        if let Some(name) = names.first() {
            let _ = write!(out, " 0 {name}");
        }
    }
    out.push('\n');
}

fn push_row(out: &mut String, name: &str, terms: &[Term], names: &[String], (lower, upper): (f64, f64)) {
    let mut push = |suffix: &str, relation: &str, bound: f64| {
        let _ = write!(out, " {name}{suffix}:");
        push_sum(out, terms, names);
        let _ = writeln!(out, "  {relation} {bound:?}");
    };
    if lower == upper {
        push("", "=", lower);
        return;
    }
    let both = lower.is_finite() && upper.is_finite();
    if lower.is_finite() {
        push(if both { "_low" } else { "" }, ">=", lower);
    }
    if upper.is_finite() {
        push(if both { "_high" } else { "" }, "<=", upper);
    }
}

fn push_bound(out: &mut String, name: &str, lower: f64, upper: f64) {
    let _ = match (lower.is_finite(), upper.is_finite()) {
        (false, false) => writeln!(out, " {name} free"),
        (true, true) if lower == upper => writeln!(out, " {name} = {lower:?}"),
        (true, true) => writeln!(out, " {lower:?} <= {name} <= {upper:?}"),
        (true, false) => writeln!(out, " {name} >= {lower:?}"),
        (false, true) => writeln!(out, " -inf <= {name} <= {upper:?}"),
    };
}
