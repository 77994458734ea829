//! What happens to files when the disk fails in the middle of an operation.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Fault;
use crate::output::OutputError;
use crate::store::Store;

/// A folder in memory where there is one: syncing a real disk a thousand times takes its time.
fn temporary_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

fn fail(root: &Path, fault: impl Fn(&'static str, &Path, usize) -> io::Result<()> + Send + Sync + 'static) -> Store {
    let fault: Fault = Arc::new(fault);
    Store::with_disk_fault(root, fault).expect("a store")
}

/// Writes small and large files in every way there is, and removes one.
fn write_all(store: &Store, large: &[u8]) -> Result<(), OutputError> {
    assert!(store.put_new("a/claim", b"mine".to_vec())?);
    store.replace("a/sign", b"1".to_vec())?;
    store.replace("a/sign", b"22".to_vec())?;
    let mut file = store.create("b/c/large")?;
    file.write_all(large).map_err(|source| OutputError::io("write", &store.location("b/c/large"), source))?;
    file.publish()?;
    store.remove("a/claim")?;
    store.remove_folder("b")
}

fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        found.push(path.display().to_string());
        found.extend(names(&path));
    }
    found
}

#[test]
fn a_failing_operation_is_reported_and_leaves_whole_files() {
    let large: Vec<u8> = (0..9u32 << 20).map(|i| (i % 251) as u8).collect();
    let mut failed = std::collections::BTreeSet::new();
    for failing in 0.. {
        let root = temporary_folder();
        let seen = Arc::new(std::sync::Mutex::new((0, "")));
        let log = Arc::clone(&seen);
        let store = fail(root.path(), move |operation, _, _| {
            let mut log = log.lock().expect("no panic while locked");
            log.0 += 1;
            if log.0 == failing + 1 {
                log.1 = operation;
                return Err(io::Error::other("broken wire"));
            }
            Ok(())
        });
        let answer = write_all(&store, &large);
        let (done, operation) = *seen.lock().expect("no panic while locked");
        if done <= failing {
            answer.expect("no fault");
            break;
        }
        failed.insert(operation);
        let error = answer.expect_err(operation).to_string();
        assert!(error.contains("broken wire") && error.contains(&root.path().display().to_string()), "{error}");
        let sound = Store::open_path(root.path()).expect("a store");
        for file in sound.list_all("").expect("a listing") {
            let content = sound.get(&file.path).expect("a file");
            let whole: &[&[u8]] = match file.name() {
                "claim" => &[b"mine"],
                "sign" => &[b"1", b"22"],
                "large" => &[&large],
                other => panic!("{other} is no name of a file"),
            };
            assert!(whole.contains(&&*content), "{} after a failure to {operation}", file.path);
        }
        let unfinished: Vec<_> = names(root.path()).into_iter().filter(|name| name.ends_with(".tmp")).collect();
        assert_eq!(unfinished, [""; 0], "after a failure to {operation}");
    }
    let operations =
        ["create", "create the folder", "link", "remove", "remove the folder", "sync", "sync the folder", "write"];
    assert_eq!(failed.into_iter().collect::<Vec<_>>(), operations);
}

#[test]
fn a_name_that_may_be_lost_is_taken_back() {
    let root = temporary_folder();
    let store = fail(
        root.path(),
        |operation, _, _| if operation == "sync the folder" { Err(io::Error::other("no")) } else { Ok(()) },
    );
    store.put_new("a", b"x".to_vec()).expect_err("the folder cannot be synced");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn a_full_disk_and_a_read_only_one_keep_their_hints() {
    let root = temporary_folder();
    let full = fail(root.path(), |_, _, bytes| if bytes > 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) });
    let error = full.put_new("a", b"x".to_vec()).expect_err("full").to_string();
    assert!(error.contains("the disk is full") && error.contains("cannot write"), "{error}");
    let read_only = fail(root.path(), |_, _, _| Err(io::ErrorKind::ReadOnlyFilesystem.into()));
    let error = read_only.put_new("a/b", b"x".to_vec()).expect_err("read-only").to_string();
    assert!(error.contains("check its permissions") && error.contains("cannot create the folder"), "{error}");
}

#[test]
fn a_file_in_the_place_of_a_folder_is_an_error_when_written() {
    let root = temporary_folder();
    let file = root.path().join("file");
    std::fs::write(&file, "x").expect("written");
    let store = Store::open_path(&file).expect("opening looks at nothing");
    let error = store.put_new("a", b"x".to_vec()).expect_err("no folder").to_string();
    assert!(error.contains("a file is in the place of a folder"), "{error}");
    assert!(error.contains(&file.display().to_string()), "{error}");
}

#[test]
fn a_panic_is_an_error() {
    let root = temporary_folder();
    let n_calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&n_calls);
    let store = fail(root.path(), move |operation, _, _| {
        count.fetch_add(1, Ordering::SeqCst);
        assert!(operation != "sync", "a bad day");
        Ok(())
    });
    let error = store.put_new("a", b"x".to_vec()).expect_err("the disk panics").to_string();
    assert!(error.contains("a bad day"), "{error}");
    assert!(n_calls.load(Ordering::SeqCst) > 0);
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn paths_are_shown_as_they_were_given() {
    let store = Store::open_path(Path::new("some/../relative/folder")).expect("a store");
    let error = store.get("no").expect_err("not there").to_string();
    assert!(error.contains("cannot read some/../relative/folder/no"), "{error}");
}
