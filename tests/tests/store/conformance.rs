//! What every back end has to do, as one function.

use std::io::{ErrorKind, Write};
use std::time::{Duration, SystemTime};

use cobre_data::output::OutputError;
use cobre_data::store::{Fingerprint, Store};

/// Judges an empty store.
pub(super) fn judge(store: &Store) {
    absent_files_are_told_from_errors(store);
    new_files_are_exclusive(store);
    one_of_many_writers_wins(store);
    replaced_files_hold_the_new_content(store);
    folders_list_one_level_or_all(store);
    odd_names_are_kept(store);
    bad_names_are_refused(store);
    files_of_every_size_come_back(store);
    a_file_that_is_given_up_leaves_nothing(store);
    a_file_is_never_replaced_by_another(store);
    folders_are_removed_with_all_they_hold(store);
}

/// The kind of failure of an operation on a file.
pub(super) fn kind(error: &OutputError) -> ErrorKind {
    match error {
        OutputError::IoError { source, .. } => source.kind(),
        other => panic!("not a failure of the store: {other}"),
    }
}

/// Bytes that differ from one position to the next.
pub(super) fn content(n_bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(n_bytes + 8);
    while bytes.len() < n_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(n_bytes);
    bytes
}

fn read(store: &Store, name: &str) -> Vec<u8> {
    store.get(name).unwrap_or_else(|error| panic!("{error}")).to_vec()
}

fn put(store: &Store, name: &str, content: &[u8]) {
    assert!(store.put_new(name, content.to_vec()).unwrap_or_else(|error| panic!("{error}")), "{name}");
}

fn paths(store: &Store, folder: &str) -> Vec<String> {
    store.list_all(folder).expect("a listing").into_iter().map(|file| file.path).collect()
}

fn absent_files_are_told_from_errors(store: &Store) {
    assert_eq!(store.get_if_exists("no/such/file").expect("an answer"), None);
    assert_eq!(store.size("no/such/file").expect("an answer"), None);
    assert_eq!(paths(store, "no/such/folder"), [""; 0]);
    let listing = store.list("no/such/folder").expect("an answer");
    assert!(listing.folders.is_empty() && listing.files.is_empty());
    store.remove("no/such/file").expect("nothing to do");
    store.remove_folder("no/such/folder").expect("nothing to do");
    for error in [store.get("no/such/file").expect_err("none"), store.fingerprint("no/such/file").expect_err("none")] {
        assert_eq!(kind(&error), ErrorKind::NotFound, "{error}");
        let place = store.location("no/such/file").display().to_string();
        assert!(error.to_string().contains(&place), "{error} names {place}");
    }
}

fn new_files_are_exclusive(store: &Store) {
    put(store, "new/a", b"first");
    assert!(!store.put_new("new/a", b"second".to_vec()).expect("an answer"));
    assert!(!store.put_new("new/a", b"fifth".to_vec()).expect("an answer"));
    assert_eq!(read(store, "new/a"), b"first");
    assert!(store.put_new("new/a", b"first".to_vec()).expect("an answer"), "the same content is as good as written");
    assert_eq!(store.size("new/a").expect("an answer"), Some(5));
    store.remove("new/a").expect("removed");
    assert_eq!(store.size("new/a").expect("an answer"), None);
    put(store, "new/a", b"third");
    assert_eq!(read(store, "new/a"), b"third");
}

fn one_of_many_writers_wins(store: &Store) {
    for round in 0..3 {
        let name = format!("race/{round}/claim");
        let barrier = std::sync::Barrier::new(16);
        let wins: Vec<bool> = std::thread::scope(|scope| {
            let enter = |writer: usize| {
                let (name, barrier) = (&name, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    store.put_new(name, format!("writer {writer}").into_bytes()).expect("an answer")
                })
            };
            let writers: Vec<_> = (0..16).map(enter).collect();
            writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
        });
        let winners: Vec<usize> = (0..16).filter(|writer| wins[*writer]).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(read(store, &name), format!("writer {}", winners[0]).as_bytes());
        assert_eq!(paths(store, &format!("race/{round}")), [name]);
    }
}

fn replaced_files_hold_the_new_content(store: &Store) {
    for text in ["one", "another", ""] {
        store.replace("sign", text.as_bytes().to_vec()).expect("written");
        assert_eq!(read(store, "sign"), text.as_bytes());
    }
    let now = SystemTime::now();
    let file = store.list("").expect("a listing").files.into_iter().find(|file| file.path == "sign").expect("the file");
    let age = now.duration_since(file.modified).unwrap_or_else(|later| later.duration());
    assert!(age < Duration::from_mins(1), "{age:?}");
}

fn folders_list_one_level_or_all(store: &Store) {
    for name in ["tree/b/2", "tree/b/1", "tree/a/x/y", "tree/c", "tree/b-not", "treeless"] {
        put(store, name, name.as_bytes());
    }
    let listing = store.list("tree").expect("a listing");
    assert_eq!(listing.folders, ["a", "b"]);
    let files: Vec<_> = listing.files.iter().map(|file| (file.path.as_str(), file.name(), file.bytes)).collect();
    assert_eq!(files, [("tree/b-not", "b-not", 10), ("tree/c", "c", 6)]);
    assert_eq!(paths(store, "tree"), ["tree/a/x/y", "tree/b-not", "tree/b/1", "tree/b/2", "tree/c"]);
    assert_eq!(paths(store, "tree/b"), ["tree/b/1", "tree/b/2"]);
    assert_eq!(paths(store, "tre"), [""; 0]);
    assert!(store.list("").expect("a listing").folders.contains(&"tree".to_owned()));
}

fn odd_names_are_kept(store: &Store) {
    let names = [
        "odd/run=1/scenario_bucket=0/part-0.parquet",
        "odd/with space/a b",
        "odd/acentuação/São Simão",
        "odd/100%/50%25",
        "odd/plus+and&/a'b(c)",
        "odd/what?/x*y",
        "odd/hash#tag",
        "odd/水",
    ];
    for name in names {
        put(store, name, name.as_bytes());
    }
    for name in names {
        assert_eq!(read(store, name), name.as_bytes(), "{name}");
    }
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(paths(store, "odd"), sorted);
    for name in names {
        store.remove(name).expect("removed");
    }
    assert_eq!(paths(store, "odd"), [""; 0]);
}

fn bad_names_are_refused(store: &Store) {
    for name in ["", "/", "../outside", "a/../b", "a//b", "./a", "a/part.parquet.tmp"] {
        let error = store.put_new(name, b"x".to_vec()).expect_err(name);
        assert_eq!(kind(&error), ErrorKind::InvalidInput, "{name}: {error}");
        assert!(store.replace(name, b"x".to_vec()).is_err(), "{name}");
        assert!(store.create(name).is_err(), "{name}");
    }
}

/// Sizes around the limits of a part, written in pieces of odd length.
fn files_of_every_size_come_back(store: &Store) {
    const PART: usize = 8 << 20;
    for n_bytes in [0, 1, 1000, PART, PART + 1, 5 * PART + 12_345] {
        let name = format!("sizes/{n_bytes}");
        let content = content(n_bytes, n_bytes as u64);
        let mut file = store.create(&name).expect("a name");
        for piece in content.chunks(1_234_567) {
            file.write_all(piece).expect("written");
        }
        assert_eq!(store.size(&name).expect("an answer"), None, "{name} is not published yet");
        let published = file.publish().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(published, Fingerprint::of(&content), "{name}");
        assert!(file.publish().is_err(), "published twice");
        drop(file);
        assert_eq!(store.size(&name).expect("an answer"), Some(n_bytes as u64), "{name}");
        assert_eq!(store.fingerprint(&name).expect("an answer"), published, "{name}");
        assert!(read(store, &name) == content, "{name}");
    }
    assert_eq!(store.list("sizes").expect("a listing").files.len(), 6);
    store.remove_folder("sizes").expect("removed");
}

fn a_file_that_is_given_up_leaves_nothing(store: &Store) {
    for n_bytes in [10, 20 << 20] {
        let mut file = store.create("given/up").expect("a name");
        file.write_all(&content(n_bytes, 1)).expect("written");
        drop(file);
        assert_eq!(store.size("given/up").expect("an answer"), None);
        assert_eq!(paths(store, "given"), [""; 0]);
    }
}

fn a_file_is_never_replaced_by_another(store: &Store) {
    for n_bytes in [10, 20 << 20] {
        let name = format!("kept/{n_bytes}");
        let mut file = store.create(&name).expect("a name");
        file.write_all(&content(n_bytes, 1)).expect("written");
        let kept = file.publish().expect("published");
        let mut rival = store.create(&name).expect("a name");
        rival.write_all(&content(n_bytes, 2)).expect("written");
        let error = rival.publish().expect_err("the name is taken");
        assert_eq!(kind(&error), ErrorKind::AlreadyExists, "{error}");
        drop(rival);
        assert_eq!(store.fingerprint(&name).expect("an answer"), kept);
        let mut twin = store.create(&name).expect("a name");
        twin.write_all(&content(n_bytes, 1)).expect("written");
        assert_eq!(twin.publish().expect("the same content"), kept);
    }
}

fn folders_are_removed_with_all_they_hold(store: &Store) {
    for name in ["gone/a", "gone/b/c/d", "gone-not/a"] {
        put(store, name, b"x");
    }
    store.remove_folder("gone").expect("removed");
    assert_eq!(paths(store, "gone"), [""; 0]);
    assert_eq!(paths(store, "gone-not"), ["gone-not/a"]);
    assert!(!store.list("").expect("a listing").folders.contains(&"gone".to_owned()));
}
