//! The files of `tests/sql`: questions with their answers, asked of a small run of `four-reservoirs` and of its case.
//!
//! `COBRE_BLESS=1 cargo test --workspace --test all -- sql::slt` writes the answers anew. Numbers agree to nine digits:
//! other instruction sets round otherwise.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use cobre_sql::{Attachment, SessionOptions, SqlError, StudySession};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Normalizer, Runner, strict_column_validator};

use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;
use crate::setting::root;

/// Digits of a number that are told.
const DIGITS: usize = 9;

/// A session over both runs, as `study` and `aggregates`, and their case, as `planned`.
struct Database(StudySession);

#[async_trait]
impl AsyncDB for Database {
    type Error = SqlError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, SqlError> {
        let answer = self.0.sql(sql).await?;
        let types = answer.schema().fields().iter().map(|field| column_type(field.data_type())).collect();
        let rows = answer.collect().await?.iter().flat_map(rows).collect();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "cobre"
    }
}

fn column_type(of: &DataType) -> DefaultColumnType {
    match of {
        of if of.is_integer() => DefaultColumnType::Integer,
        of if of.is_floating() => DefaultColumnType::FloatingPoint,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DefaultColumnType::Text,
        _ => DefaultColumnType::Any,
    }
}

fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| (ArrayFormatter::try_new(column, &options).expect("a column of text"), column.data_type()))
        .collect();
    let cell = |(column, of): &(ArrayFormatter<'_>, &DataType), row: usize| {
        let text = column.value(row).to_string();
        match text.parse::<f64>() {
            Ok(number) if of.is_floating() => number_text(number),
            _ if text.is_empty() => "(empty)".to_owned(),
            _ => text,
        }
    };
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect()
}

/// A number with as many digits as are told.
fn number_text(number: f64) -> String {
    let rounded: f64 = format!("{number:.0$e}", DIGITS - 1).parse().expect("a number");
    // Without a sign: what is zero but for its rounding may be on either side.
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// Whether an answer is the expected one: words are equal, numbers to all digits but the last.
fn agree(normalizer: Normalizer, actual: &[Vec<String>], expected: &[String]) -> bool {
    let same = |actual: &str, expected: &str| {
        actual == expected
            || matches!((actual.parse::<f64>(), expected.parse::<f64>()), (Ok(a), Ok(b))
                if (a - b).abs() <= 10f64.powi(1 - DIGITS as i32) * a.abs().max(b.abs()) && expected.contains('.'))
    };
    let line = |row: &Vec<String>| row.iter().map(normalizer).collect::<Vec<_>>().join(" ");
    actual.len() == expected.len()
        && actual.iter().map(line).zip(expected.iter().map(normalizer)).all(|(actual, expected)| {
            let (actual, expected): (Vec<_>, Vec<_>) = (actual.split(' ').collect(), expected.split(' ').collect());
            actual.len() == expected.len() && actual.iter().zip(&expected).all(|(a, b)| same(a, b))
        })
}

/// The files, by name.
fn files() -> Vec<PathBuf> {
    let folder = root().join("tests").join("sql");
    let entries = std::fs::read_dir(&folder).expect("the folder of the questions");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files: BTreeSet<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "slt")).collect();
    files.into_iter().collect()
}

/// Two runs of the small case, which together write every table: the first writes aggregates only, the second the rest.
struct Study {
    place: Place,
    case: CaseCopy,
}

impl Study {
    fn record() -> Self {
        let place = Place::disk();
        let case = CaseCopy::small(|config| {
            config["exports"]["stochastic"] = true.into();
        });
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

    async fn open(&self) -> StudySession {
        let options = SessionOptions { threads: Some(2), ..SessionOptions::default() };
        let mut session = StudySession::new(options).expect("a session");
        let root = self.place.root("study");
        for place in [format!("study={root}"), format!("aggregates={root}#1"), format!("planned={}", self.case.path())] {
            let attachment = Attachment::parse(&place).expect("an attachment");
            session.attach(&attachment).await.unwrap_or_else(|error| panic!("{place}: {error}"));
        }
        session
    }
}

async fn judge(study: &Study, file: &Path) -> Result<(), String> {
    let mut runner = Runner::new(|| async { Ok(Database(study.open().await)) });
    runner.with_column_validator(strict_column_validator);
    runner.with_validator(agree);
    if std::env::var_os("COBRE_BLESS").is_some() {
        let update = runner.update_test_file(
            file,
            " ",
            agree,
            sqllogictest::default_normalizer,
            strict_column_validator,
        );
        return update.await.map_err(|error| format!("{}: {error}", file.display()));
    }
    runner.run_file_async(file).await.map_err(|error| error.to_string())
}

/// Names of all tables of the session that no text asks for.
async fn not_asked_for(study: &Study, texts: &str) -> Vec<String> {
    let names = "SELECT table_schema || '.' || table_name FROM information_schema.tables \
                 WHERE table_schema <> 'information_schema' ORDER BY 1";
    let DBOutput::Rows { rows, .. } = Database(study.open().await).run(names).await.expect("names") else {
        panic!("names are rows");
    };
    assert!(rows.len() > 60, "{} tables", rows.len());
    let is_asked = |qualified: &str| {
        // What two schemas have alike is asked of one of them.
        let plain = qualified.rsplit('.').next().unwrap_or_default();
        let name = if qualified.starts_with("planned.") { qualified } else { plain };
        let words = texts.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
        words.into_iter().any(|word| word == name || word.ends_with(&format!(".{name}")))
    };
    rows.into_iter().flatten().filter(|name| !is_asked(name)).collect()
}

#[test]
fn questions_have_the_answers_of_their_files() {
    let study = Study::record();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let files = files();
        let mut wrong = Vec::new();
        let mut texts = String::new();
        for file in &files {
            wrong.extend(judge(&study, file).await.err());
            texts += &std::fs::read_to_string(file).expect("a file of questions");
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        let untold = not_asked_for(&study, &texts).await;
        assert!(untold.is_empty(), "no file asks for {}", untold.join(", "));
    });
}

#[test]
fn wrong_answers_are_told_from_right_ones() {
    let normal = sqllogictest::default_normalizer;
    let row = |cells: &[&str]| vec![cells.iter().map(ToString::to_string).collect::<Vec<_>>()];
    let expected = ["1 2.5 north".to_owned()];
    assert!(agree(normal, &row(&["1", "2.5", "north"]), &expected));
    assert!(agree(normal, &row(&["1", "2.50000001", "north"]), &expected));
    for wrong in [&["1", "2.5001", "north"][..], &["2", "2.5", "north"], &["1", "2.5", "south"], &["1", "2.5"]] {
        assert!(!agree(normal, &row(wrong), &expected), "{wrong:?}");
    }
    assert!(!agree(normal, &[], &expected));
    assert_eq!(number_text(1_234_567_890.123), "1234567890");
    assert_eq!(number_text(0.1 + 0.2), "0.3");
    assert_eq!(number_text(-0.0), "0");
}
