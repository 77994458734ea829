//! The `cobre` program, built once per test run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

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
    PATH.get_or_init(|| {
        let test = std::env::current_exe().expect("a running test has a path");
        let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
        let name = profile.file_name().expect("a profile has a name").to_string_lossy().into_owned();
        let target = profile.parent().expect("a profile lies in the target folder");
        let profile_name = if name == "debug" { "dev" } else { &name };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--bins", "--locked", "--quiet", "--profile", profile_name])
            .arg("--target-dir")
            .arg(target)
            .current_dir(root())
            .stdin(Stdio::null())
            .output()
            .expect("cargo can be started");
        assert!(built.status.success(), "cobre cannot be built: {}", String::from_utf8_lossy(&built.stderr));
        profile.join(format!("cobre{}", std::env::consts::EXE_SUFFIX))
    })
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
