//! The same run on a disk, on S3 and on Azure, and on an S3 server that answers badly.

use std::path::Path;

use cobre_data::store::Store;
use serde_json::json;

use super::case::CaseCopy;
use super::equal::assert_equal;
use super::kill::Place;
use crate::servers::Verdict;

/// A run of a few hundred requests.
fn few_requests() -> CaseCopy {
    CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(30);
    })
}

fn upload(folder: &Path, below: &str, store: &Store) {
    for entry in std::fs::read_dir(folder).expect("the case can be listed") {
        let path = entry.expect("an entry").path();
        let name = format!("{below}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            upload(&path, &format!("{name}/"), store);
        } else {
            let content = std::fs::read(&path).expect("a file of the case");
            assert!(store.put_new(&name, content).unwrap_or_else(|error| panic!("{error}")));
        }
    }
}

#[test]
fn a_run_is_the_same_on_a_disk_on_s3_and_on_azure() {
    let case = few_requests();
    let disk = Place::disk();
    let (code, messages) = disk.run(&case.path(), "run", &[]);
    assert_eq!(code, Some(0), "{messages}");
    for place in [Place::s3("same"), Place::azure("same")] {
        let (code, messages) = place.run(&case.path(), "run", &[]);
        assert_eq!(code, Some(0), "{messages}");
        assert_equal(&disk.open("run", None), &place.open("run", None));
        let done = place.ask(&["report", "--verify"], "run");
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    }
    // The case from a URL, too.
    let place = Place::s3("case");
    upload(Path::new(&case.path()), "", &place.store("case"));
    let (code, messages) = place.run(&place.root("case"), "run", &[]);
    assert_eq!(code, Some(0), "{messages}");
    assert_equal(&disk.open("run", None), &place.open("run", None));
}

#[test]
fn a_server_that_answers_badly_gets_a_whole_run_or_none() {
    let case = few_requests();
    let disk = Place::disk();
    assert_eq!(disk.run(&case.path(), "run", &[]).0, Some(0));
    let passing = vec![Verdict::Answer(503), Verdict::Close, Verdict::DropAnswer];
    for verdicts in [passing, vec![Verdict::Answer(409)]] {
        let kinds = verdicts.clone();
        let (direct, spoiled, proxy) = Place::spoiled_s3("spoiled", move |index, _| {
            if index % 31 == 17 { kinds[index / 31 % kinds.len()] } else { Verdict::Forward }
        });
        let (code, messages) = spoiled.run(&case.path(), "run", &[]);
        assert!(proxy.spoiled().len() > 2, "{verdicts:?}: {:?}", proxy.spoiled());
        println!("{verdicts:?}: {} of {} requests, exit code {code:?}", proxy.spoiled().len(), proxy.n_requests());
        if code == Some(0) {
            assert_equal(&disk.open("run", None), &direct.open("run", None));
            assert_eq!(direct.ask(&["report", "--verify"], "run").code, Some(0));
        } else {
            assert_eq!(code, Some(2), "{verdicts:?}: {messages}");
            assert_eq!(direct.store("run").size("_meta/run-1.json").expect("the server answers"), None, "{messages}");
        }
    }
}
