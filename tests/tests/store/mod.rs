//! Stores: the same behaviour on a disk, in memory, and on real servers.

mod conformance;
mod faults;
mod wire;

use std::path::{Path, PathBuf};

use cobre_data::store::{Location, Store, StoreOptions};

use crate::servers::{AzureServer, S3Server};

#[test]
fn a_disk_conforms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("not/there yet");
    let store = Store::open_path(&root).expect("a store");
    assert!(!root.exists(), "opening creates nothing");
    conformance::judge(&store);
    let leftovers: Vec<_> =
        walk(&root).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "tmp")).collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

#[test]
fn memory_conforms() {
    conformance::judge(&Store::memory());
}

#[test]
fn s3_conforms() {
    let server = S3Server::start();
    conformance::judge(&open(&server.url("a prefix/é=1"), &server.options()));
}

#[test]
fn azure_conforms() {
    let server = AzureServer::start();
    conformance::judge(&open(&server.url(""), &server.options()));
}

/// The settings come from the environment as well. The test starts itself as a process with such an environment.
#[test]
fn s3_is_set_up_by_the_environment() {
    const URL: &str = "COBRE_TEST_STORE_URL";
    if let Ok(url) = std::env::var(URL) {
        assert!(open(&url, &StoreOptions::default()).put_new("a", b"x".to_vec()).expect("an answer"));
        return;
    }
    let server = S3Server::start();
    let variables = server.options().0.into_iter().map(|(key, value)| (key.to_uppercase(), value));
    let child = std::process::Command::new(std::env::current_exe().expect("a running test has a path"))
        .args(["--exact", "store::s3_is_set_up_by_the_environment"])
        .envs(variables)
        .env(URL, server.url("environment"))
        .output()
        .expect("the test can be started");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let store = open(&server.url("environment"), &server.options());
    assert_eq!(store.get("a").expect("the child wrote it"), &b"x"[..]);
}

/// All who name the same place in memory share it, within the process.
#[test]
fn a_place_in_memory_is_shared() {
    let options = StoreOptions::default();
    let root = open("memory://shared/root", &options);
    assert!(root.put_new("below/a", b"x".to_vec()).expect("an answer"));
    assert_eq!(open("memory://shared/root/below", &options).get("a").expect("the same place"), &b"x"[..]);
    assert_eq!(open("memory://other/root", &options).size("below/a").expect("an answer"), None);
    assert!(!root.is_local());
}

/// Opening looks at nothing, and an option that cannot be is found before anything is done.
#[test]
fn wrong_options_are_refused_by_name() {
    let location = Location::parse("s3://bucket/a").expect("a location");
    let refused = |key: &str, value: &str| {
        let options = StoreOptions([(key.to_owned(), value.to_owned())].into());
        Store::open(&location, &options).expect_err(key).to_string()
    };
    assert!(refused("aws_regoin", "x").contains("aws_regoin"));
    assert!(refused("max_retries", "many").contains("max_retries"));
    assert!(refused("aws_allow_http", "perhaps").contains("perhaps"));
}

/// What a killed writer left on a disk is not seen, and can be removed.
#[test]
fn unfinished_files_of_a_disk_are_hidden_and_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open_path(folder.path()).expect("a store");
    for name in ["run=1/a", "run=1/b/c"] {
        assert!(store.put_new(name, b"x".to_vec()).expect("an answer"));
        std::fs::write(folder.path().join(format!("{name}.1-0.tmp")), "y").expect("written");
    }
    let kept: Vec<_> = store.list_all("").expect("a listing").into_iter().map(|file| file.path).collect();
    assert_eq!(kept, ["run=1/a", "run=1/b/c"]);
    assert_eq!(store.list("run=1").expect("a listing").files.len(), 1);
    assert_eq!(store.remove_unfinished("run=1").expect("removed"), 2);
    assert_eq!(store.remove_unfinished("run=1").expect("nothing to do"), 0);
    assert_eq!(store.remove_unfinished("run=2").expect("nothing to do"), 0);
    assert_eq!(walk(folder.path()).len(), 2);
    assert_eq!(Store::memory().remove_unfinished("").expect("nothing to do"), 0);
}

fn open(url: &str, options: &StoreOptions) -> Store {
    let location = Location::parse(url).unwrap_or_else(|error| panic!("{error}"));
    Store::open(&location, options).unwrap_or_else(|error| panic!("{error}"))
}

/// All files of a disk, as the operating system sees them.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}
