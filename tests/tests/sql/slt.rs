//! The files of `tests/sql`: questions with their answers, in the format that DataFusion uses for its own.
//!
//! They are asked of two small runs of `four-reservoirs` and of their case. `COBRE_BLESS=1 cargo test --workspace --test
//! all -- sql::slt` writes the answers anew. Numbers agree to eight digits: other instruction sets round otherwise.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use cobre_sql::distributed::Workers;

use super::session::Asker;
use super::slt_record::{Answer, Record, read, write};
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;
use crate::setting::root;

/// Digits of a number that are told.
const DIGITS: usize = 9;

/// Two runs of the small case, which together write every table: the first writes aggregates only, the second the rest.
pub(super) struct Study {
    place: Place,
    case: CaseCopy,
}

impl Study {
    pub(super) fn record() -> Self {
        let place = Place::disk();
        let case = CaseCopy::small(|config| config["exports"]["stochastic"] = true.into());
        let run = || {
            let (code, messages) = place.run(&case.path(), "study", &[]);
            assert_eq!(code, Some(0), "{messages}");
        };
        case.change(|config| config["exports"]["results"]["aggregates_only"] = true.into());
        run();
        case.change(|config| config["exports"]["results"]["aggregates_only"] = false.into());
        run();
        Self { place, case }
    }

    /// A session over both runs, as `study` and `aggregates`, and their case, as `planned`.
    pub(super) fn open(&self) -> Asker {
        let mut asker = Asker::of(&self.place, &[("study", "study"), ("aggregates", "study#1")], 2);
        asker.attach("planned", &self.case.path());
        asker
    }

    /// The same, with workers.
    pub(super) fn open_with_workers(&self, workers: Workers) -> Asker {
        let mut asker = Asker::with_workers(&self.place, &[("study", "study"), ("aggregates", "study#1")], 2, workers);
        asker.attach("planned", &self.case.path());
        asker
    }

    /// Where the runs are.
    pub(super) fn root(&self) -> String {
        self.place.root("study")
    }
}

/// The answer as a file tells it.
fn ask(asker: &mut Asker, question: &str) -> Answer {
    match asker.try_ask(question) {
        Ok(batch) => Answer::Rows {
            types: batch.schema().fields().iter().map(|field| column_type(field.data_type())).collect(),
            rows: rows(&batch),
        },
        Err(error) => Answer::Error(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

/// `I` integer, `R` real, `T` text, `B` Boolean, `D` date, `P` point in time, `?` anything else.
fn column_type(of: &DataType) -> char {
    match of {
        of if of.is_integer() => 'I',
        of if of.is_floating() => 'R',
        DataType::Utf8 => 'T',
        DataType::Boolean => 'B',
        DataType::Date32 => 'D',
        DataType::Timestamp(..) => 'P',
        _ => '?',
    }
}

fn rows(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let format = |column| ArrayFormatter::try_new(column, &options).expect("a column of text");
    let columns: Vec<_> = batch.columns().iter().map(|column| (format(column), column.data_type())).collect();
    let cell = |(column, of): &(ArrayFormatter<'_>, &DataType), row: usize| {
        let text = column.value(row).to_string();
        match text.parse::<f64>() {
            Ok(number) if of.is_floating() => number_text(number),
            _ if text.is_empty() => "(empty)".to_owned(),
            _ => text.replace(' ', "_"),
        }
    };
    let line = |row| columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" ");
    (0..batch.num_rows()).map(line).collect()
}

/// A number with as many digits as are told.
fn number_text(number: f64) -> String {
    let rounded: f64 = format!("{number:.0$e}", DIGITS - 1).parse().expect("a number");
    // Without a sign: what is zero but for its rounding may be on either side.
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// Checks that two answers are the same, to the order of sums.
pub(super) fn assert_agree(found: &RecordBatch, expected: &RecordBatch, question: &str) {
    let types: Vec<char> = expected.schema().fields().iter().map(|field| column_type(field.data_type())).collect();
    let answer = |batch| Answer::Rows { types: types.clone(), rows: rows(batch) };
    let (found, expected) = (answer(found), answer(expected));
    assert!(agree(&found, &expected), "{question}\nfound    {found}\nexpected {expected}");
}

/// Whether an answer is the expected one: words are equal, real numbers to all digits but the last, and an error holds
/// the expected text.
fn agree(found: &Answer, expected: &Answer) -> bool {
    match (found, expected) {
        (Answer::Error(found), Answer::Error(expected)) => !expected.is_empty() && found.contains(expected.as_str()),
        (Answer::Rows { types, rows }, Answer::Rows { types: expected_types, rows: expected }) => {
            let line = |found: &String, expected: &String| {
                let (found, expected): (Vec<_>, Vec<_>) = (found.split(' ').collect(), expected.split(' ').collect());
                let cells = found.iter().zip(&expected).zip(types);
                found.len() == expected.len()
                    && cells.into_iter().all(|((a, b), &of)| a == b || of == 'R' && close(a, b))
            };
            types == expected_types
                && rows.len() == expected.len()
                && rows.iter().zip(expected).all(|(found, expected)| line(found, expected))
        }
        _ => false,
    }
}

fn close(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    (a - b).abs() <= 10f64.powi(1 - DIGITS as i32) * a.abs().max(b.abs())
}

/// The files, by name.
pub(super) fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests").join("sql")).expect("the folder of the questions");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "slt"));
    files.sort();
    files
}

/// Asks what a file asks; what is wrong with the answers.
pub(super) fn judge(asker: &mut Asker, path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a file of questions");
    let mut records = read(&text).unwrap_or_else(|message| panic!("{}: {message}", path.display()));
    let is_blessed = std::env::var_os("COBRE_BLESS").is_some();
    let mut wrong = Vec::new();
    for record in &mut records {
        if let Record::Question { line, sql, answer } = record {
            let found = ask(asker, sql);
            if agree(&found, answer) {
                continue;
            }
            // An error in the place of an answer is no new answer.
            if is_blessed && std::mem::discriminant(&found) == std::mem::discriminant(answer) {
                *answer = found;
            } else {
                wrong.push(format!("{}:{line}\n{sql}\nfound    {found}\nexpected {answer}", path.display()));
            }
        }
    }
    if is_blessed {
        std::fs::write(path, write(&records)).expect("the answers can be written");
    }
    wrong
}

/// Names of the tables of the session that no text asks for.
fn not_asked_for(asker: &mut Asker, texts: &str) -> Vec<String> {
    let Answer::Rows { rows, .. } = ask(
        asker,
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> 'information_schema' \
         ORDER BY table_schema, table_name",
    ) else {
        panic!("names are rows");
    };
    assert!(rows.len() > 80, "{} tables", rows.len());
    let words: Vec<&str> = texts.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).collect();
    let is_asked_for = |name: &String| {
        let (schema, table) = name.split_once(' ').expect("schema and table");
        // What several schemas have alike is asked of one of them; a table of the case is not one of a run.
        let whole = if schema.ends_with("_inputs") { format!("planned.{table}") } else { format!("{schema}.{table}") };
        words.iter().any(|&word| word == whole || word == table && !whole.starts_with("planned."))
            || schema == "study" && words.contains(&format!("aggregates.{table}").as_str())
            || schema == "aggregates" && words.contains(&table)
    };
    rows.into_iter().filter(|name| !is_asked_for(name)).collect()
}

/// The questions of a document, and the columns of the answers that follow them.
fn told(text: &str) -> Vec<(String, Vec<String>)> {
    let block = |text: &str, kind: &str| -> Option<(String, usize)> {
        let start = text.find(&format!("```{kind}\n"))? + kind.len() + 4;
        let end = start + text[start..].find("\n```")?;
        Some((text[start..end].to_owned(), end))
    };
    let mut questions = Vec::new();
    let mut rest = text;
    while let Some((sql, end)) = block(rest, "sql") {
        let (answer, after) = block(&rest[end..], "text").expect("an answer follows a question");
        let header = answer.lines().nth(1).expect("a table has a header");
        let columns = header.trim_matches('|').split('|').map(|name| name.trim().to_owned()).collect();
        questions.push((sql.trim_end_matches(';').to_owned(), columns));
        rest = &rest[end + after..];
    }
    questions
}

/// Asks what the document asks: the numbers in it are those of a longer run, the columns have to be the same.
fn judge_document(asker: &mut Asker) {
    let text = std::fs::read_to_string(root().join("docs").join("sql.md")).expect("the document");
    let questions = told(&text);
    assert!(questions.len() >= 12, "{} questions", questions.len());
    for (question, columns) in questions {
        let answer = asker.ask(&question);
        let found: Vec<String> = answer.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(found, columns, "{question}");
    }
}

#[test]
fn questions_have_the_answers_of_their_files() {
    let study = Study::record();
    let mut asker = study.open();
    let mut wrong = Vec::new();
    let mut texts = String::new();
    for file in files() {
        wrong.extend(judge(&mut asker, &file));
        texts += &std::fs::read_to_string(&file).expect("a file of questions");
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
    let untold = not_asked_for(&mut asker, &texts);
    assert!(untold.is_empty(), "no file asks for {}", untold.join(", "));
    judge_document(&mut asker);
}

#[test]
fn wrong_answers_are_told_from_right_ones() {
    let answer = |line: &str| Answer::Rows { types: vec!['I', 'R', 'T'], rows: vec![line.to_owned()] };
    let expected = answer("1 2.5 north");
    for right in ["1 2.5 north", "1 2.50000001 north"] {
        assert!(agree(&answer(right), &expected), "{right}");
    }
    for wrong in ["1 2.5001 north", "2 2.5 north", "1 2.5 south", "1 2.5"] {
        assert!(!agree(&answer(wrong), &expected), "{wrong}");
    }
    assert!(!agree(&Answer::Error("1 2.5 north".to_owned()), &expected));
    assert!(agree(&Answer::Error("x: not found".to_owned()), &Answer::Error("not found".to_owned())));
    assert!(!agree(&Answer::Error("x: not found".to_owned()), &Answer::Error(String::new())));
    assert_eq!(number_text(1_234_567_890.123), "1234567890");
    assert_eq!(number_text(0.1 + 0.2), "0.3");
    assert_eq!(number_text(-0.0), "0");
}
