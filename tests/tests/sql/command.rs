//! `cobre sql`: answers as text and files, and what it refuses.

use std::io::Write;
use std::process::Stdio;

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::program::{Done, cobre, command};
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

/// A place with the run `toy`.
fn toy() -> Place {
    let place = Place::disk();
    let case = CaseCopy::of("toy", |config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 3}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(20);
    });
    let (code, messages) = place.run(&case.path(), "toy", &[]);
    assert_eq!(code, Some(0), "{messages}");
    place
}

fn ask(place: &Place, further: &[&str]) -> Done {
    let root = place.root("toy");
    cobre(&[&["sql", root.as_str()], further].concat())
}

#[test]
fn an_answer_is_written_in_every_format() {
    let place = toy();
    let question = "SELECT 1 AS n, 0.1 + 0.2 AS x, 'a,b' AS t, NULL AS missing UNION ALL SELECT 2, NULL, NULL, NULL \
                    ORDER BY n";
    let done = ask(&place, &[question]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let lines: Vec<&str> = done.out.lines().map(str::trim_end).collect();
    assert_eq!(lines[1], "| n | x                   | t   | missing |");
    assert_eq!(lines.last(), Some(&"2 rows"));
    assert_eq!(
        ask(&place, &[question, "--format", "csv"]).out,
        "n,x,t,missing\n1,0.30000000000000004,\"a,b\",\n2,,,\n"
    );
    let lines: Vec<Value> = ask(&place, &[question, "--format", "json"])
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        lines,
        [
            json!({"n": 1, "x": 0.1 + 0.2, "t": "a,b", "missing": null}),
            json!({"n": 2, "x": null, "t": null, "missing": null})
        ]
    );
    let file = place.root("answer.parquet");
    let done = ask(&place, &["SELECT * FROM costs", "--format", "parquet", "--output", &file]);
    assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
    let written = SerializedFileReader::new(std::fs::File::open(&file).expect("a file")).expect("Parquet");
    assert_eq!(
        written.metadata().file_metadata().num_rows() as u64,
        place.open("toy", None).manifest().tables["simulation/costs"].rows
    );
    assert_eq!(ask(&place, &["SELECT * FROM costs WHERE false", "--format", "csv"]).out.lines().count(), 1);
}

#[test]
fn statements_come_from_a_file_or_standard_input() {
    let place = toy();
    let script =
        "-- a view and a question\nCREATE VIEW v AS SELECT count(*) AS n FROM costs;\nSELECT n > 0 AS ok FROM v;";
    let file = place.root("script.sql");
    std::fs::write(&file, script).expect("a file");
    let expected = "ok\ntrue\n";
    assert_eq!(ask(&place, &["--format", "csv", "--file", &file]).out, expected);
    for further in [&["--file", "-"][..], &[]] {
        let root = place.root("toy");
        let arguments = [&["sql", root.as_str(), "--format", "csv"][..], further].concat();
        let mut child = command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("it reads");
        let done = child.wait_with_output().expect("the program ends");
        assert_eq!(String::from_utf8_lossy(&done.stdout), expected);
    }
    // Tables of text follow each other; other formats hold one answer.
    assert_eq!(ask(&place, &["SELECT 1; SELECT 2"]).out.matches("1 row").count(), 2);
    let done = ask(&place, &["SELECT 1; SELECT 2", "--format", "csv"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("several answers"), "{}", done.err);
}

#[test]
fn copy_writes_a_file_of_its_own() {
    let place = toy();
    let file = place.root("copied.csv");
    let done = ask(&place, &[&format!("COPY (SELECT 1 AS one) TO '{file}' STORED AS CSV")]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "one\n1\n");
}

#[test]
fn copy_writes_to_s3() {
    let place = Place::s3("sql copy");
    let case = CaseCopy::of("toy", |config| config["simulation"]["selection"]["num_scenarios"] = json!(5));
    let (code, messages) = place.run(&case.path(), "toy", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let target = place.root("copied.parquet").replace(' ', "%20");
    let options: Vec<String> = place.options().0.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let root = place.root("toy");
    let statement = format!("COPY (SELECT * FROM costs) TO '{target}' STORED AS PARQUET");
    let mut arguments = vec!["sql", root.as_str(), statement.as_str()];
    arguments.extend(options.iter().flat_map(|option| ["--storage-option", option.as_str()]));
    let done = cobre(&arguments);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let store = place.store("");
    assert!(store.list("").expect("a listing").files.iter().any(|file| file.name().starts_with("copied")));
}

#[test]
fn what_cannot_be_answered_ends_in_one_message_and_leaves_no_file() {
    let place = toy();
    let file = place.root("answer.csv");
    for (question, part) in [
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM nothing", "nothing"),
        ("SELECT nothing FROM costs", "nothing"),
        ("", "no statement"),
        ("SELECT 1 / 0", "ivide by zero"),
        ("SELECT CAST('x' AS INT)", "x"),
    ] {
        let done = ask(&place, &[question, "--format", "csv", "--output", &file]);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{question}: {}", done.err);
        assert!(done.err.starts_with("error: ") && done.err.contains(part), "{question}: {}", done.err);
    }
    let left: Vec<_> = std::fs::read_dir(place.root("")).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let root = place.root("toy");
    for arguments in [
        &["sql", "/nowhere/at/all", "SELECT 1"][..],
        &["sql", &root, "SELECT 1", "--attach", "other=/nowhere"],
        &["sql", &root, "--file", "/nowhere.sql"],
        &["sql", &root, "SELECT 1", "--format", "csv", "--output", "/nowhere/x.csv"],
    ] {
        assert_eq!(cobre(arguments).code, Some(2), "{arguments:?}");
    }
    for arguments in [
        &["sql", &root, "SELECT 1", "--attach", &format!("study={root}")][..],
        &["sql", &format!("Upper={root}"), "SELECT 1"],
        &["sql", &root, "SELECT 1", "--format", "xml"],
    ] {
        assert_eq!(cobre(arguments).code, Some(1), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = toy();
    let root = place.root("toy");
    let question = "SELECT * FROM generate_series(1, 1000000)";
    let mut child = command(&["sql", &root, question, "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("the program ends");
    assert_eq!((done.status.code(), done.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_query_within_its_memory_spills_and_one_beyond_it_fails() {
    let place = toy();
    let sorted = "SELECT count(*) FROM (SELECT value, row_number() OVER (ORDER BY -value) AS n \
                  FROM generate_series(1, 3000000)) WHERE n > 0";
    let done = ask(&place, &[sorted, "--format", "csv", "--memory-limit", "48"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.out.lines().last(), Some("3000000"));
    let held = "SELECT count(*) FROM (SELECT array_agg(value) AS a FROM generate_series(1, 30000000)) WHERE a[1] > 0";
    let done = ask(&place, &[held, "--format", "csv", "--memory-limit", "48"]);
    assert_eq!(done.code, Some(1), "{}", done.out);
    assert!(done.err.contains("emory"), "{}", done.err);
}
