//! Stores: the same behaviour on a disk, in memory, and on real servers.

mod conformance;

use cobre_data::store::Store;

#[test]
fn a_disk_conforms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("not/there yet");
    let store = Store::open_path(&root).expect("a store");
    assert!(!root.exists(), "opening creates nothing");
    conformance::judge(&store);
    let leftovers: Vec<_> = walk(&root).into_iter().filter(|path| path.ends_with(".tmp")).collect();
    assert_eq!(leftovers, [""; 0]);
}

#[test]
fn memory_conforms() {
    conformance::judge(&Store::memory());
}

/// All files of a disk, as the operating system sees them.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}
