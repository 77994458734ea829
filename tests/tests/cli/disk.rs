//! Disks that refuse: exit code 2, the path is named, nothing looks as if it were there.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Done, cobre, finish, path};
use crate::setting::dataset;

fn toy() -> String {
    dataset("toy").display().to_string()
}

/// Asserts that a write was lost, and that this was said.
fn assert_lost(done: &Done, root: &Path, parts: &[&str]) {
    assert_eq!(done.code, Some(2), "{}", done.err);
    for part in parts {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
    assert!(!root.join("_meta/run-1.json").exists(), "a run with lost writes was committed");
    let reader = cobre_data::output::open_run(&cobre_data::store::Store::open_path(root).expect("a store"), None);
    assert!(reader.is_err(), "a reader opens the run: {reader:?}");
}

#[test]
fn a_file_in_the_place_of_the_output_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("results");
    std::fs::write(&file, "mine").expect("a file can be written");
    for output in [file.clone(), file.join("below")] {
        let done = cobre(&["run", &toy(), "--output", &output.display().to_string()]);
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert!(done.err.contains(&file.display().to_string()) && done.err.contains("hint:"), "{}", done.err);
        assert!(!done.err.contains("iteration"), "it was trained before the folder was tried:\n{}", done.err);
    }
    assert_eq!(std::fs::read_to_string(&file).expect("the file is still there"), "mine");
}

#[test]
fn a_limit_on_the_size_of_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("results");
    // Blocks of 1 KiB: more than the dictionaries need, less than the largest table. The signal of the
    // system must not end the program before it has said so.
    let script = "ulimit -f 100; exec \"$@\"";
    let program = path().display().to_string();
    let output = root.display().to_string();
    let done = finish(
        Command::new("bash")
            .args(["-c", script, "bash", &program, "run", &toy(), "--output", &output])
            .stdin(Stdio::null()),
    );
    assert_lost(&done, &root, &["cannot write", ".parquet", &output]);
}

/// A file system in memory, as long as the value lives; `None` where the user may not mount.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk() {
    let Some(disk) = TinyDisk::mount("size=64k") else {
        println!("did not run: this user may not mount; a limit on the size of files is tested instead");
        return;
    };
    let root = disk.0.path();
    let done = cobre(&["run", &toy(), "--output", &root.display().to_string()]);
    assert_lost(&done, root, &["cannot ", &root.display().to_string(), "hint: the disk is full"]);
}

#[test]
fn a_folder_that_cannot_be_written() {
    // Permissions do not stop root, a file system that is read-only does.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = TinyDisk::mount("ro");
    let root = disk.as_ref().map_or(folder.path(), |disk| disk.0.path());
    if disk.is_none() {
        let read_only = std::os::unix::fs::PermissionsExt::from_mode(0o555);
        std::fs::set_permissions(root, read_only).expect("permissions can be set");
    }
    let done = cobre(&["run", &toy(), "--output", &root.display().to_string()]);
    assert_lost(&done, root, &["cannot ", &root.display().to_string(), "hint: the folder cannot be written"]);
    assert!(!done.err.contains("iteration"), "it was trained before the folder was tried:\n{}", done.err);
}
