//! The `cobre` program, built once per test run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::setting::root;

/// What a command left behind.
pub(crate) struct Done {
    /// None when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Path of the program. Cargo builds it when it is missing or older than its sources: asking for the tests of this
/// package alone does not.
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| build("cobre", "cobre", &["--bins"]))
}

/// Path of the program that is built with MPI.
pub(crate) fn path_with_mpi() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| build("cobre", "cobre-mpi", &["--bins", "--features", "cobre-cli/mpi"]))
}

/// Path of the program that can be a worker, and have some.
pub(crate) fn path_with_workers() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| build("cobre", "cobre-workers", &["--bins", "--features", "cobre-cli/distributed"]))
}

/// Path of an example of the engine that is built with MPI.
pub(crate) fn example_with_mpi(name: &str) -> PathBuf {
    let built = format!("examples/{name}");
    build(&built, &format!("{name}-mpi"), &["--example", name, "--features", "cobre-cli/mpi"])
}

/// Has cargo build a program, and keeps it under a name of its own: cargo writes programs with and without MPI to the
/// same place, and tests of both run side by side.
fn build(built: &str, name: &str, selection: &[&str]) -> PathBuf {
    static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::new(());
    let _turn = ONE_AFTER_THE_OTHER.lock().unwrap_or_else(PoisonError::into_inner);
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let profile_name = profile.file_name().expect("a profile has a name").to_string_lossy();
    let target = profile.parent().expect("a profile lies in the target folder");
    let mut command = Command::new(env!("CARGO"));
    // What cargo tells a test of its own package is not for the builds of others: some would begin anew.
    let told = std::env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    }) {
        command.env_remove(name);
    }
    let done = command
        .args(["build", "--workspace", "--locked", "--quiet"])
        .args(["--profile", if profile_name == "debug" { "dev" } else { &profile_name }])
        .args(selection)
        .arg("--target-dir")
        .arg(target)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .expect("cargo can be started");
    assert!(done.status.success(), "{name} cannot be built: {}", String::from_utf8_lossy(&done.stderr));
    let folder = profile.join("programs");
    std::fs::create_dir_all(&folder).expect("a folder for programs");
    let kept = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let new = folder.join(format!("{name}-{}", std::process::id()));
    let built = profile.join(format!("{built}{}", std::env::consts::EXE_SUFFIX));
    std::fs::copy(&built, &new).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
    std::fs::rename(&new, &kept).expect("a program can be replaced");
    kept
}

/// A call of the program, without input and away from the repository.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).stdin(Stdio::null()).current_dir(std::env::temp_dir());
    command
}

/// Runs the program to its end.
pub(crate) fn cobre(arguments: &[&str]) -> Done {
    finish(&mut command(arguments))
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Done {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    Done {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}
