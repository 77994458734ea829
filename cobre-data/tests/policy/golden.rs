//! Files of every version that was ever written stay readable, and what is written today keeps its bytes.
//!
//! `COBRE_BLESS=1` writes the files of a version that has none; it never changes a file that is there. A difference
//! means that the format has changed: raise its version, keep the reader of the old one, and add files for the new.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use cobre_data::output::OutputError;
use cobre_data::policy::{
    POLICY_FORMAT_VERSION, StageCuts, StageStates, decode_bases, decode_cuts, decode_manifest, decode_states,
    encode_bases, encode_cuts, encode_manifest, encode_states,
};

use crate::fixture;

fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("policy-version-{version}"))
}

fn bless(path: &Path, content: &[u8]) {
    if std::env::var_os("COBRE_BLESS").is_some() && !path.exists() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, content).expect("the file can be written");
    }
}

/// Compares a file of the current version with what is written now, and with what it was made from.
fn judge<T: PartialEq + Debug>(
    name: &str,
    content: &T,
    encode: impl Fn(&T) -> Result<Vec<u8>, OutputError>,
    decode: impl Fn(&[u8], &Path) -> Result<T, OutputError>,
) {
    let path = folder(POLICY_FORMAT_VERSION).join(name);
    let written = encode(content).expect("the fixture can be written");
    bless(&path, &written);
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = decode(&golden, &path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(&read, content, "{name} is read as something else");
    // Equality does not see the sign of zero; the debug form does.
    assert_eq!(format!("{read:?}"), format!("{content:?}"), "{name} is read as something else");
    assert!(written == golden, "{name} is written differently: has the format changed?");
}

#[test]
fn manifest_keeps_its_bytes() {
    judge("policy.bin", &fixture::manifest(), encode_manifest, decode_manifest);
}

#[test]
fn cuts_keep_their_bytes() {
    judge("cuts.bin", &fixture::cuts(), |cuts| encode_cuts(cuts, false), decode_cuts);
}

#[test]
fn bases_keep_their_bytes() {
    judge("basis.bin", &fixture::bases(), |bases| encode_bases(bases, false), decode_bases);
}

#[test]
fn states_keep_their_bytes() {
    judge("states.bin", &fixture::states(), |states| encode_states(states, false), decode_states);
}

#[test]
fn files_of_a_training_with_cut_selection_keep_their_bytes() {
    let cuts = StageCuts { is_active: vec![true, false, true], ..fixture::cuts() };
    judge("cuts-selected.bin", &cuts, |cuts| encode_cuts(cuts, false), decode_cuts);
    let states = StageStates { cuts: vec![2, 0, 0], ..fixture::states() };
    judge("states-selected.bin", &states, |states| encode_states(states, false), decode_states);
}

/// The bytes of a compressed file are those of the compressor; its content is ours.
#[test]
fn a_compressed_file_stays_readable() {
    let path = folder(1).join("cuts-compressed.bin");
    bless(&path, &encode_cuts(&fixture::cuts(), true).expect("cuts"));
    let golden = std::fs::read(&path).expect("the compressed file");
    assert!(golden.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]), "not compressed");
    assert_eq!(decode_cuts(&golden, &path).expect("compressed cuts"), fixture::cuts());
}
