//! Damaged and hostile files: an error that names the file, never a panic, never nonsense taken for a policy.

use std::path::Path;

use cobre_data::output::OutputError;
use cobre_data::policy::{
    decode_bases, decode_cuts, decode_manifest, decode_states, encode_bases, encode_cuts, encode_manifest,
    encode_states,
};
use proptest::prelude::*;

use crate::fixture;

type Decode = fn(&[u8]) -> Result<Vec<u8>, OutputError>;

/// A valid file, and a reader that writes again what it has read.
struct Subject {
    name: &'static str,
    content: Vec<u8>,
    decode: Decode,
}

const PATH: &str = "policies/9/some.bin";

fn subjects() -> Vec<Subject> {
    fn path() -> &'static Path {
        Path::new(PATH)
    }
    let cuts: Decode = |content| encode_cuts(&decode_cuts(content, path())?, false);
    let bases: Decode = |content| encode_bases(&decode_bases(content, path())?, false);
    let states: Decode = |content| encode_states(&decode_states(content, path())?, false);
    let manifest: Decode = |content| encode_manifest(&decode_manifest(content, path())?);
    let subject = |name, content: Result<Vec<u8>, OutputError>, decode| Subject {
        name,
        content: content.expect("the fixture can be written"),
        decode,
    };
    vec![
        subject("cuts", encode_cuts(&fixture::cuts(), false), cuts),
        subject("compressed cuts", encode_cuts(&fixture::cuts(), true), cuts),
        subject("bases", encode_bases(&fixture::bases(), false), bases),
        subject("states", encode_states(&fixture::states(), false), states),
        subject("compressed states", encode_states(&fixture::states(), true), states),
        subject("manifest", encode_manifest(&fixture::manifest()), manifest),
    ]
}

/// What is read from damaged bytes is an error with the path, or something that can be written and read again.
fn judge(subject: &Subject, damaged: &[u8]) {
    match (subject.decode)(damaged) {
        Ok(written) => assert_eq!((subject.decode)(&written).expect("read again"), written, "{}", subject.name),
        Err(error) => assert!(error.to_string().contains(PATH), "{}: {error}", subject.name),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_survived(
        which in 0..6usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let subject = &subjects()[which];
        let mut damaged = subject.content.clone();
        for (at, byte) in changes {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        judge(subject, &damaged);
    }

    /// Offsets and lengths are words: small and huge ones are more likely to find their way through the checks.
    #[test]
    fn changed_words_are_survived(
        which in 0..6usize,
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![0..64u32, any::<u32>(), (u32::MAX - 64)..=u32::MAX]),
            1..4,
        ),
    ) {
        let subject = &subjects()[which];
        let mut damaged = subject.content.clone();
        for (at, word) in changes {
            let at = 4 * at.index(damaged.len() / 4);
            damaged[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        judge(subject, &damaged);
    }

    #[test]
    fn noise_is_refused(which in 0..6usize, noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let subject = &subjects()[which];
        prop_assert!((subject.decode)(&noise).is_err());
        let mut marked = subject.content[..subject.content.len().min(8)].to_vec();
        marked.extend(noise);
        judge(subject, &marked);
    }
}

#[test]
fn every_truncation_is_refused_or_harmless() {
    for subject in subjects() {
        let mut n_refused = 0;
        for len in 0..subject.content.len() {
            judge(&subject, &subject.content[..len]);
            n_refused += usize::from((subject.decode)(&subject.content[..len]).is_err());
        }
        assert!(n_refused + 8 > subject.content.len(), "{}: {n_refused} truncations refused", subject.name);
    }
}

#[test]
fn every_single_byte_may_be_wrong() {
    for subject in subjects() {
        for at in 0..subject.content.len() {
            for byte in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                let mut damaged = subject.content.clone();
                damaged[at] = byte;
                judge(&subject, &damaged);
            }
        }
    }
}

fn message<T: std::fmt::Debug>(result: Result<T, OutputError>) -> String {
    result.expect_err("an error").to_string()
}

#[test]
fn a_file_of_another_kind_is_named() {
    let cuts = encode_cuts(&fixture::cuts(), false).expect("cuts");
    let said = message(decode_states(&cuts, Path::new("states/3.bin")));
    assert!(said.contains("states/3.bin") && said.contains("this is the cuts of a stage"), "{said}");
    let mut foreign = cuts;
    foreign[4..8].copy_from_slice(b"CBVF");
    let said = message(decode_cuts(&foreign, Path::new("cuts/3.bin")));
    assert!(said.contains("the public tool"), "{said}");
    assert!(message(decode_manifest(b"{}", Path::new("policy.bin"))).contains("no file of a policy"));
}

#[test]
fn another_version_is_named() {
    let cuts = encode_cuts(&fixture::cuts(), false).expect("cuts");
    // The version is the only word of value 1 whose change makes it another version.
    for (version, hint) in [(0u32, false), (2, true), (77, true)] {
        let n_found = (8..cuts.len() - 4)
            .filter(|&at| {
                let mut changed = cuts.clone();
                if cuts[at..at + 4] != 1u32.to_le_bytes() {
                    return false;
                }
                changed[at..at + 4].copy_from_slice(&version.to_le_bytes());
                let result = decode_cuts(&changed, Path::new("cuts/3.bin"));
                result.is_err_and(|error| {
                    let said = error.to_string();
                    said.contains(&format!("policy format version {version} found, versions 1 to 1 expected"))
                        && said.contains("a newer program wrote it") == hint
                })
            })
            .count();
        assert_eq!(n_found, 1, "version {version}");
    }
}

#[test]
fn contradictions_are_refused() {
    let path = Path::new("some.bin");
    let mut cuts = fixture::cuts();
    cuts.coefficients.pop();
    assert!(message(encode_cuts(&cuts, false)).contains("coefficients has 5 entries, 6 expected"));
    let mut cuts = fixture::cuts();
    cuts.intercepts[1] = f64::NAN;
    assert!(message(encode_cuts(&cuts, false)).contains("intercepts[1] is NaN"));
    let mut cuts = fixture::cuts();
    cuts.dimension = usize::MAX;
    assert!(message(encode_cuts(&cuts, false)).contains("3 rows of"));
    let mut states = fixture::states();
    states.trajectory.push(1);
    assert!(message(encode_states(&states, false)).contains("trajectory has 4 entries, 3 expected"));

    for (change, expected) in [
        ("../policy.bin", "no relative path"),
        ("/policy.bin", "no relative path"),
        ("a//b.bin", "no relative path"),
        ("a\\b.bin", "no relative path"),
        ("basis/0.bin", "a part twice"),
    ] {
        let mut manifest = fixture::manifest();
        manifest.parts[0].path = change.to_owned();
        assert!(message(encode_manifest(&manifest)).contains(expected), "{change}");
    }
    let mut manifest = fixture::manifest();
    manifest.training_parts[0].sha256 = "A".repeat(64);
    assert!(message(encode_manifest(&manifest)).contains("is no SHA-256"));
    let mut manifest = fixture::manifest();
    manifest.components[1] = manifest.components[0].clone();
    assert!(message(encode_manifest(&manifest)).contains("a component twice"));

    // A status code that does not exist, in the bytes themselves.
    let content = encode_bases(&fixture::bases(), false).expect("bases");
    let at = content.windows(4).position(|window| window == [0, 1, 2, 3]).expect("the columns of the first basis");
    let mut damaged = content;
    damaged[at] = 4;
    assert!(message(decode_bases(&damaged, path)).contains("basis status 4 found"));
}

#[test]
fn half_a_compressed_file_is_refused() {
    let mut content = encode_cuts(&fixture::cuts(), true).expect("cuts");
    content.truncate(content.len() / 2);
    assert!(message(decode_cuts(&content, Path::new("cuts/3.bin"))).contains("damaged Zstandard frame"));
}
