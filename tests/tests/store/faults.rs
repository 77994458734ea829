//! One fault at every call of the object store underneath: a success is one that reads back, anything else an error.

use std::io::Write;
use std::sync::Arc;

use cobre_data::output::OutputError;
use cobre_data::store::testing::{Fault, FaultyStore};
use cobre_data::store::{Fingerprint, Store};

use super::conformance::content;

/// An operation, and what it left if it says that it was done.
struct Operation {
    name: &'static str,
    /// Answers with what must hold afterwards.
    run: fn(&Store) -> Result<Outcome, OutputError>,
    /// Calls of the object store without a fault, at least.
    n_calls: usize,
}

enum Outcome {
    /// The file holds the content.
    Holds(&'static str, Vec<u8>),
    /// The answer, as text, is the one of a store without faults.
    Answers(String),
}

fn small() -> Vec<u8> {
    content(1000, 1)
}

/// Two parts.
fn large() -> Vec<u8> {
    content((8 << 20) + 1000, 2)
}

fn stream(store: &Store, name: &'static str, content: Vec<u8>) -> Result<Outcome, OutputError> {
    let mut file = store.create(name)?;
    let path = store.location(name);
    file.write_all(&content).map_err(|source| OutputError::IoError { operation: "write", path, source })?;
    assert_eq!(file.publish()?, Fingerprint::of(&content));
    Ok(Outcome::Holds(name, content))
}

fn operations() -> Vec<Operation> {
    let operation = |name, n_calls, run| Operation { name, run, n_calls };
    vec![
        operation("put_new", 1, |store| {
            assert!(store.put_new("new/a", small())?, "nobody else is there");
            Ok(Outcome::Holds("new/a", small()))
        }),
        operation("put_new beside another", 2, |store| {
            assert!(!store.put_new("old/a", small())?, "another file is there");
            Ok(Outcome::Holds("old/a", b"old".to_vec()))
        }),
        operation("replace", 1, |store| {
            store.replace("old/a", small())?;
            Ok(Outcome::Holds("old/a", small()))
        }),
        operation("small file", 1, |store| stream(store, "new/small", small())),
        operation("large file", 6, |store| stream(store, "new/large", large())),
        operation("get", 1, |store| Ok(Outcome::Answers(format!("{:?}", store.get("old/a")?)))),
        operation("get_if_exists", 1, |store| Ok(Outcome::Answers(format!("{:?}", store.get_if_exists("old/a")?)))),
        operation("size", 1, |store| Ok(Outcome::Answers(format!("{:?}", store.size("old/a")?)))),
        operation("list", 1, |store| {
            let listing = store.list("old")?;
            let files: Vec<_> = listing.files.into_iter().map(|file| file.path).collect();
            Ok(Outcome::Answers(format!("{:?} {files:?}", listing.folders)))
        }),
        operation("list_all", 1, |store| {
            let files: Vec<_> = store.list_all("old")?.into_iter().map(|file| file.path).collect();
            Ok(Outcome::Answers(format!("{files:?}")))
        }),
        operation("fingerprint", 2, |store| Ok(Outcome::Answers(format!("{:?}", store.fingerprint("old/a")?)))),
        operation("remove", 1, |store| {
            store.remove("old/a")?;
            Ok(Outcome::Answers("removed".to_owned()))
        }),
        operation("remove_folder", 3, |store| {
            store.remove_folder("old")?;
            Ok(Outcome::Answers("removed".to_owned()))
        }),
    ]
}

fn fill(store: &Store) {
    assert!(store.put_new("old/a", b"old".to_vec()).expect("an answer"));
    assert!(store.put_new("old/b/c", b"older".to_vec()).expect("an answer"));
}

/// Every fault at every call of every operation on a store that `make` makes.
fn judge(make: impl Fn() -> Store) {
    for operation in operations() {
        let sound = make();
        fill(&sound);
        let Ok(wanted) = (operation.run)(&sound) else { panic!("{}: no fault", operation.name) };
        for fault in Fault::ALL {
            for index in 0.. {
                let sound = make();
                fill(&sound);
                let faulty = Arc::new(FaultyStore::once(sound.object_store(), index, fault));
                let store = Store::from_object_store(Arc::clone(&faulty) as _, "faulty://");
                let answer = (operation.run)(&store);
                if faulty.hit().is_empty() {
                    assert!(index >= operation.n_calls, "{}: {index} calls", operation.name);
                    break;
                }
                let case = format!("{}: {fault:?} at {:?}", operation.name, faulty.hit());
                check(&sound, answer.as_ref().ok(), &wanted, &case);
                if let Err(error) = answer {
                    let (said, root) = (error.to_string(), sound.location("").display().to_string());
                    assert!(said.contains("faulty://") || said.contains(&root), "{case}: {error} names no place");
                }
                expect_whole_files(&sound, &case);
            }
        }
    }
}

fn check(sound: &Store, answer: Option<&Outcome>, wanted: &Outcome, case: &str) {
    match (answer, wanted) {
        (Some(Outcome::Holds(name, content)), _) => {
            assert!(sound.get(name).expect("a file") == *content, "{case}: {name} reads back otherwise");
        }
        (Some(Outcome::Answers(said)), Outcome::Answers(wanted)) => assert_eq!(said, wanted, "{case}"),
        (Some(Outcome::Answers(_)), Outcome::Holds(..)) => panic!("{case}: another outcome"),
        (None, _) => {}
    }
}

/// After any answer a file is old, new, or absent; never torn.
fn expect_whole_files(sound: &Store, case: &str) {
    for file in sound.list_all("").expect("a listing") {
        let found = sound.get(&file.path).expect("a file");
        let whole = match file.path.as_str() {
            "old/a" => found == &b"old"[..] || found == small(),
            "old/b/c" => found == &b"older"[..],
            "new/a" | "new/small" => found == small(),
            "new/large" => found == large(),
            other => panic!("{case}: {other} is not a file of ours"),
        };
        assert!(whole, "{case}: {} is torn", file.path);
    }
}

#[test]
fn no_single_fault_makes_a_wrong_success_in_memory() {
    judge(Store::memory);
}

#[test]
fn no_single_fault_makes_a_wrong_success_on_a_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let n_stores = std::cell::Cell::new(0);
    judge(|| {
        n_stores.set(n_stores.get() + 1);
        Store::open_path(&folder.path().join(n_stores.get().to_string())).expect("a store")
    });
}

/// A lost answer is no failure: the store looks at what is there.
#[test]
fn lost_answers_of_writes_are_found_out() {
    let writes: [(&str, fn(&Store) -> Result<Outcome, OutputError>); 4] = [
        ("put", |store| {
            assert!(store.put_new("new/a", small())?);
            Ok(Outcome::Holds("new/a", small()))
        }),
        ("put", |store| {
            store.replace("new/a", small())?;
            Ok(Outcome::Holds("new/a", small()))
        }),
        ("put", |store| stream(store, "new/small", small())),
        ("complete", |store| stream(store, "new/large", large())),
    ];
    for (operation, write) in writes {
        let sound = Store::memory();
        let plan =
            move |call: &cobre_data::store::testing::Call| (call.operation == operation).then_some(Fault::LostAnswer);
        let faulty = Arc::new(FaultyStore::new(sound.object_store(), plan));
        let store = Store::from_object_store(Arc::clone(&faulty) as _, "faulty://");
        let answer = write(&store).unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert!(!faulty.hit().is_empty(), "{operation}");
        check(&sound, Some(&answer), &answer, operation);
    }
}

/// Two writers whom the server turns away both try again; a lasting conflict is an error.
#[test]
fn a_conflict_with_nobody_is_tried_again() {
    for (n_conflicts, done) in [(1, true), (3, true), (4, false)] {
        let sound = Store::memory();
        let left = std::sync::atomic::AtomicUsize::new(n_conflicts);
        let faulty = FaultyStore::new(sound.object_store(), move |call| {
            let order = std::sync::atomic::Ordering::SeqCst;
            let hit = call.operation == "put" && left.fetch_update(order, order, |n| n.checked_sub(1)).is_ok();
            hit.then_some(Fault::Conflict)
        });
        let store = Store::from_object_store(Arc::new(faulty), "faulty://");
        let answer = store.put_new("new/a", small());
        assert_eq!(answer.is_ok_and(|written| written), done, "{n_conflicts} conflicts");
        assert_eq!(sound.size("new/a").expect("an answer").is_some(), done);
    }
}

/// Dropped or failed uploads are given up, so that the server keeps no parts.
#[test]
fn a_failed_upload_is_aborted() {
    for (failing, fault) in [("put part", Fault::Refused), ("complete", Fault::Refused), ("none", Fault::Refused)] {
        let aborts = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = Arc::clone(&aborts);
        let faulty = FaultyStore::new(Store::memory().object_store(), move |call| {
            if call.operation == "abort" {
                seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            (call.operation == failing).then_some(fault)
        });
        let store = Store::from_object_store(Arc::new(faulty), "faulty://");
        if failing == "none" {
            let mut file = store.create("new/large").expect("a name");
            file.write_all(&large()).expect("written");
        } else {
            assert!(stream(&store, "new/large", large()).is_err(), "{failing}");
        }
        assert_eq!(aborts.load(std::sync::atomic::Ordering::SeqCst), 1, "{failing}");
    }
}
