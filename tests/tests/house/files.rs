//! What a source file may be and hold.

use super::rust_source::lines;
use super::tree::{files, is_generated, paths};

/// Above this a file is a question, printed.
const LONG: usize = 500;
/// Above this a file is refused.
const TOO_LONG: usize = 800;

/// Extensions of what people wrote; the empty one is that of files without.
const TEXT: &[&str] = &["rs", "py", "pyi", "md", "toml", "json", "txt", "sh", "sql", "slt", "fbs", "ipynb", "yml", ""];

/// Names of modules that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc"];

/// Macros that leave work undone or were meant for one evening.
const LEFTOVERS: &[&str] = &["todo!", "unimplemented!", "dbg!"];

/// Roots of paths that exist on one machine only. Split, so that this file does not hold them.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Marks of work put off. Split, so that this file does not hold them.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

#[test]
fn no_source_file_is_too_long() {
    let mut too_long = Vec::new();
    for file in files(&["rs", "py", "pyi"]).into_iter().filter(|file| !is_generated(&file.path)) {
        let n_lines = file.text.lines().count();
        if n_lines > TOO_LONG {
            too_long.push(format!("{}: {n_lines} lines", file.path));
        } else if n_lines > LONG {
            println!("long: {} has {n_lines} lines", file.path);
        }
    }
    assert!(too_long.is_empty(), "more than {TOO_LONG} lines:\n{}", too_long.join("\n"));
}

#[test]
fn every_module_is_named_after_what_it_holds() {
    let empty = |path: &String| {
        path.split('/').any(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs").trim_end_matches(".py")))
    };
    let wrong: Vec<String> = paths().into_iter().filter(empty).collect();
    assert!(wrong.is_empty(), "names that say nothing:\n{}", wrong.join("\n"));
}

#[test]
fn no_test_is_switched_off() {
    let mut wrong = Vec::new();
    for file in files(&["rs"]) {
        for (at, line) in lines(&file.text).iter().enumerate() {
            if line.code.contains("#[ignore") || (line.code.contains("cfg_attr") && line.has_word("ignore")) {
                wrong.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    for file in files(&["py"]) {
        for (at, line) in file.text.lines().enumerate() {
            if line.contains("pytest.mark.skip") || line.contains("pytest.mark.xfail") {
                wrong.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "tests that do not run:\n{}", wrong.join("\n"));
}

#[test]
fn no_code_is_left_undone() {
    let mut wrong = Vec::new();
    for file in files(&["rs"]) {
        for (at, line) in lines(&file.text).iter().enumerate() {
            if LEFTOVERS.iter().any(|leftover| line.code.contains(leftover)) {
                wrong.push(format!("{}:{}: {}", file.path, at + 1, line.code.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "left undone:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_speaks_of_one_machine_or_of_work_put_off() {
    let mut wrong = Vec::new();
    for file in files(TEXT) {
        for (at, line) in file.text.lines().enumerate() {
            let machine = MACHINE_PATHS.iter().any(|root| names_root(line, root));
            let put_off = MARKS.iter().any(|mark| has_mark(line, mark));
            if machine || put_off {
                wrong.push(format!("{}:{}: {}", file.path, at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "words that do not belong:\n{}", wrong.join("\n"));
}

/// Whether a path of `line` starts with `root`; the same word further down a path is no offence.
fn names_root(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '>' | '*'))
    })
}

/// Whether `line` holds `mark` as a word.
fn has_mark(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + mark.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn offending_words_are_found() {
    let root = MACHINE_PATHS[0];
    assert!(names_root(&format!("see `{root}cases`"), root));
    assert!(!names_root(&format!("docs{root}cases"), root));
    assert!(has_mark(&format!("// {}: later", MARKS[0]), MARKS[0]));
    assert!(!has_mark(&format!("M{}S", MARKS[0]), MARKS[0]));
}
