//! The files of the repository, and cargo's view of it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that programs write, from the root. Their length and comments are those of the programs.
const GENERATED: &[&str] = &["cobre-data/src/policy/generated.rs"];

/// Whether a program wrote the file at `path`.
pub(super) fn is_generated(path: &str) -> bool {
    GENERATED.contains(&path)
}

/// A file of the repository.
pub(super) struct TrackedFile {
    /// Path from the root, with `/`.
    pub(super) path: String,
    /// Content; bytes that are not UTF-8 are replaced.
    pub(super) text: String,
}

impl TrackedFile {
    /// Whether the name ends in one of `extensions` (without the dot; empty for names without one).
    pub(super) fn has_extension(&self, extensions: &[&str]) -> bool {
        let found = Path::new(&self.path).extension().unwrap_or_default();
        extensions.iter().any(|&wanted| found == wanted)
    }
}

/// The root of the repository.
pub(super) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package of the tests lies in a folder of the root").to_path_buf()
}

/// Paths from the root of all files that are, or by their name could be, under version control, sorted.
pub(super) fn paths() -> Vec<String> {
    let listed = output(
        Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root()),
    );
    let mut paths: Vec<String> =
        listed.split('\0').filter(|path| root().join(path).is_file()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    assert!(paths.iter().any(|path| path == "Cargo.toml"), "git lists no Cargo.toml below {}", root().display());
    paths
}

/// The files with one of `extensions`, with their content.
pub(super) fn files(extensions: &[&str]) -> Vec<TrackedFile> {
    let mut files = Vec::new();
    for path in paths() {
        let mut file = TrackedFile { path, text: String::new() };
        if file.has_extension(extensions) {
            file.text = read(&file.path);
            files.push(file);
        }
    }
    files
}

/// The content of a file; bytes that are not UTF-8 are replaced.
pub(super) fn read(path: &str) -> String {
    let bytes = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What cargo prints for `arguments`, run in the root.
pub(super) fn cargo(arguments: &[&str]) -> String {
    output(Command::new(env!("CARGO")).args(arguments).current_dir(root()))
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?} failed: {complaint}");
    String::from_utf8(done.stdout).expect("paths and crate names are UTF-8")
}
