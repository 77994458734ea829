//! Help, versions, wrong arguments.

use crate::program::cobre;
use crate::setting::dataset;

#[test]
fn the_help_of_every_command_names_the_exit_codes() {
    for arguments in
        [&["--help"][..], &["run", "--help"], &["validate", "--help"], &["init", "--help"], &["version", "--help"]]
    {
        let done = cobre(arguments);
        assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.err);
        let text = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("Usage: cobre"), "{arguments:?}: {text}");
        for code in ["0 ok", "1 invalid case", "2 file error", "3 solver error", "4 internal error", "5 stopped"] {
            assert!(text.contains(code), "{arguments:?} does not say {code}: {text}");
        }
    }
}

#[test]
fn the_version_is_that_of_the_package_and_names_the_solver() {
    let done = cobre(&["version"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.starts_with(&format!("cobre {}", env!("CARGO_PKG_VERSION"))), "{}", done.out);
    assert!(done.out.contains("HiGHS 1."), "{}", done.out);
    let short = cobre(&["--version"]);
    assert_eq!(short.code, Some(0), "{}", short.err);
    assert!(short.out.contains(env!("CARGO_PKG_VERSION")), "{}", short.out);
}

#[test]
fn wrong_arguments_end_with_code_one_and_not_as_a_file_error() {
    for arguments in [
        &["run"][..],
        &["simulate-everything"],
        &["run", "case", "--threads", "0"],
        &["run", "case", "--quiet", "--json"],
        &["run", "case", "--no-such-option"],
    ] {
        let done = cobre(arguments);
        assert_eq!(done.code, Some(1), "{arguments:?}: {}", done.err);
        assert!(done.err.contains("error:"), "{arguments:?}: {}", done.err);
        assert_eq!(done.out, "", "{arguments:?}");
    }
}

#[test]
fn a_case_at_a_url_is_validated() {
    let done = cobre(&["validate", &format!("file://{}", dataset("toy").display())]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.starts_with("valid: 6 stages"), "{}", done.out);
    for (url, part) in [("ftp://host/case", "ftp"), ("memory://nothing/here", "memory://nothing/here")] {
        let done = cobre(&["validate", url]);
        assert_eq!(done.code, Some(2), "{url}: {}", done.err);
        assert!(done.err.contains(part), "{url}: {}", done.err);
    }
    let done = cobre(&["validate", "s3://key:hush@bucket/case"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(!done.err.contains("hush"), "{}", done.err);
}

#[test]
fn a_missing_case_is_a_file_error_that_names_the_path() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let path = root.path().join("no-such-case").display().to_string();
    for command in ["run", "validate"] {
        let done = cobre(&[command, &path]);
        assert_eq!(done.code, Some(2), "{command}: {}", done.err);
        assert!(done.err.contains("no-such-case"), "{command}: {}", done.err);
    }
    assert_eq!(std::fs::read_dir(root.path()).expect("the folder is there").count(), 0, "something was written");
}

#[test]
fn quiet_prints_nothing_when_all_is_well() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let output = root.path().join("results");
    let (case, results) = (dataset("toy").display().to_string(), output.display().to_string());
    let done = cobre(&["run", &case, "--output", &results, "--quiet"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", ""));
    assert!(output.join("_meta/run-1.json").is_file());
}

#[test]
fn progress_into_a_file_has_no_escape_codes() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (case, results) = (dataset("toy").display().to_string(), root.path().display().to_string());
    let done = cobre(&["run", &case, "--output", &results]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.out, "", "results of a run are files; progress goes to stderr");
    assert!(!done.err.contains('\u{1b}') && !done.err.contains('\r'), "{:?}", done.err);
    for part in ["lower bound", "iteration 60/60", "simulated 200 scenarios", "committed as run 1"] {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
}
