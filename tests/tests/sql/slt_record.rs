//! The records of an `.slt` file: questions with the types and rows of their answers, and what stands between them.
//!
//! ```text
//! # A remark.
//! query IR
//! SELECT 1, 2.5
//! ----
//! 1 2.5
//!
//! query error text that the message holds
//! SELECT nothing
//! ```

use std::fmt;

/// An answer, or what is expected of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// A letter per column, a line per row.
    Rows { types: Vec<char>, rows: Vec<String> },
    /// The message, or a part of it.
    Error(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { types, rows } => write!(f, "{}\n{}", types.iter().collect::<String>(), rows.join("\n")),
            Self::Error(message) => write!(f, "error {message}"),
        }
    }
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    /// Remarks and empty lines, as they are.
    Text(String),
    /// A question at a line (1-based).
    Question { line: usize, sql: String, answer: Answer },
}

/// The records of a text; else the line that is no part of one.
pub(super) fn read(text: &str) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, head)) = lines.next() {
        if head.is_empty() || head.starts_with('#') {
            records.push(Record::Text(head.to_owned()));
            continue;
        }
        let Some(kind) = head.strip_prefix("query ") else {
            return Err(format!("line {} is neither a remark nor a query: {head}", at + 1));
        };
        let error = kind.strip_prefix("error").map(|message| message.trim().to_owned());
        let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.is_empty()).collect();
        let (sql, rows) = match block.iter().position(|&line| line == "----") {
            Some(end) => (&block[..end], &block[end + 1..]),
            None if error.is_some() => (&block[..], &[][..]),
            None => return Err(format!("the query at line {} has no answer", at + 1)),
        };
        let answer = match error {
            Some(message) => Answer::Error(message),
            None => Answer::Rows {
                types: kind.trim().chars().collect(),
                rows: rows.iter().map(ToString::to_string).collect(),
            },
        };
        records.push(Record::Question { line: at + 1, sql: sql.join("\n"), answer });
        records.push(Record::Text(String::new()));
    }
    Ok(records)
}

/// The text of records.
pub(super) fn write(records: &[Record]) -> String {
    let lines = records.iter().map(|record| match record {
        Record::Text(line) => line.clone(),
        Record::Question { sql, answer: Answer::Error(message), .. } => format!("query error {message}\n{sql}"),
        Record::Question { sql, answer: Answer::Rows { types, rows }, .. } => {
            let head = format!("query {}\n{sql}\n----", types.iter().collect::<String>());
            std::iter::once(head).chain(rows.iter().cloned()).collect::<Vec<_>>().join("\n")
        }
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn a_text_is_read_and_written_alike() {
    let text = "# Remark.\n\nquery IT\nSELECT 1,\n  'a'\n----\n1 a\n\nquery error not there\nSELECT x\n";
    let records = read(text).expect("records");
    assert_eq!(write(&records), text);
    let error = Record::Question { line: 9, sql: "SELECT x".into(), answer: Answer::Error("not there".into()) };
    assert!(records.contains(&error), "{records:?}");
    read("query I\nSELECT 1\n").expect_err("no answer");
    read("SELECT 1\n").expect_err("no query");
}
