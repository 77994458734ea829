//! A policy whose files are not those that were written is refused, with the file that is wrong.

use std::path::Path;

use cobre_data::policy::{PolicyContent, decode_states, encode_states, write_policy};
use cobre_engine::test_models::RandomStudy;

use super::files::{FOLDER, Files, manifest_of, states_of_training, stored};

fn files() -> Files {
    stored(&RandomStudy::default().build(), 3, 2).1
}

fn refusal(files: &Files) -> String {
    files.try_read().expect_err("a damaged policy is read").to_string()
}

#[test]
fn every_missing_file_is_missed() {
    let whole = files();
    for path in whole.0.keys() {
        let mut files = whole.clone();
        files.0.remove(path);
        assert!(refusal(&files).contains(path.as_str()), "{path}: {}", refusal(&files));
    }
}

#[test]
fn a_changed_byte_is_noticed_in_every_file() {
    let whole = files();
    for (path, content) in whole.0.iter().filter(|(path, _)| *path != "policy.bin") {
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut files = whole.clone();
            files.0.get_mut(path).expect("a file")[at] ^= 1;
            let said = refusal(&files);
            assert!(said.contains(&format!("{FOLDER}/{path}")) && said.contains("SHA-256"), "{path}: {said}");
        }
        let mut files = whole.clone();
        files.0.get_mut(path).expect("a file").pop();
        assert!(refusal(&files).contains("bytes found"), "{}", refusal(&files));
    }
}

#[test]
fn files_of_other_stages_and_other_policies_are_noticed() {
    let whole = files();
    let other = whole.0["cuts/1.bin"].clone();
    let mut swapped = whole.clone();
    swapped.change_file("cuts/0.bin", |content| *content = other);
    assert!(refusal(&swapped).contains("cuts at position 0 belong to another stage"), "{}", refusal(&swapped));

    let mut fewer = whole.clone();
    fewer.change_manifest(|manifest| manifest.parts.retain(|part| part.path != "basis/2.bin"));
    assert!(refusal(&fewer).contains("bases of 3 stages, 4 expected"), "{}", refusal(&fewer));

    let mut without_cuts = whole.clone();
    without_cuts.change_manifest(|manifest| manifest.parts.retain(|part| !part.path.starts_with("cuts/")));
    assert!(refusal(&without_cuts).contains("cuts of 0 stages"), "{}", refusal(&without_cuts));

    let mut unknown = whole.clone();
    unknown.change_manifest(|manifest| manifest.parts[0].path = "cuts/01.bin".to_owned());
    assert!(refusal(&unknown).contains("unknown part"), "{}", refusal(&unknown));

    let mut another_state = whole.clone();
    another_state.change_manifest(|manifest| {
        manifest.components.pop();
        manifest.initial_state.pop();
    });
    assert!(refusal(&another_state).contains("over 2 components, the state has 1"), "{}", refusal(&another_state));

    let mut points = whole.clone();
    points.change_file("states/1.bin", |content| {
        let mut states = decode_states(content, Path::new("states/1.bin")).expect("trial points");
        states.cuts = vec![4321; states.len()];
        *content = encode_states(&states, false).expect("trial points");
    });
    assert!(refusal(&points).contains("a trial point at position 1 names cut 4321"), "{}", refusal(&points));

    let mut trajectories = whole.clone();
    trajectories.change_manifest(|manifest| manifest.forward_passes = 3);
    assert!(refusal(&trajectories).contains("bases of 2 trajectories"), "{}", refusal(&trajectories));

    let mut cuts = whole;
    cuts.change_cuts(|cuts| {
        cuts.intercepts.clear();
        cuts.coefficients.clear();
        cuts.iteration.clear();
        cuts.trajectory.clear();
        cuts.times_binding.clear();
        cuts.is_active.clear();
        cuts.last_binding_iteration.clear();
    });
    assert!(refusal(&cuts).contains("where there are 0"), "{}", refusal(&cuts));
}

#[test]
fn content_that_does_not_fit_its_manifest_is_not_written() {
    let study = RandomStudy::default().build();
    let (state, points) = states_of_training(&study, 2, 2).pop().expect("an iteration");
    let manifest = manifest_of(&study, &state);
    let content = PolicyContent { states: &points, ..PolicyContent::of_state(&state) };
    let refusal = |manifest: &cobre_data::policy::PolicyManifest, content: &PolicyContent<'_>| {
        let written = write_policy(manifest.clone(), content, false, |path, _| panic!("{path} is written"));
        written.expect_err("content that does not fit").to_string()
    };
    let fewer = PolicyContent { pools: &content.pools[1..], ..content.clone() };
    assert!(refusal(&manifest, &fewer).contains("pools of cuts: 3 found, 4 expected"));
    let fewer = PolicyContent { trajectory_bases: content.trajectory_bases[1..].to_vec(), ..content.clone() };
    assert!(refusal(&manifest, &fewer).contains("trajectories with bases: 1 found, 2 expected"));
    let fewer = PolicyContent { states: &points[1..], ..content.clone() };
    assert!(refusal(&manifest, &fewer).contains("stages with trial points: 3 found, 4 expected"));
    let mut turned = points.clone();
    turned.swap(0, 1);
    let turned = PolicyContent { states: &turned, ..content.clone() };
    assert!(refusal(&manifest, &turned).contains("the trial points at position 0"));
    let mut smaller = manifest;
    smaller.components.pop();
    smaller.initial_state.pop();
    assert!(refusal(&smaller, &content).contains("components of the state in the cuts: 2 found, 1 expected"));
}
