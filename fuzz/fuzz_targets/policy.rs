//! Any bytes as one of the files of a policy; the first byte chooses which.
#![no_main]

use cobre_data::policy::{decode_bases, decode_cuts, decode_manifest, decode_states};
use std::path::Path;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let path = Path::new("some.bin");
    match choice % 4 {
        0 => drop(decode_manifest(bytes, path)),
        1 => drop(decode_cuts(bytes, path)),
        2 => drop(decode_bases(bytes, path)),
        _ => drop(decode_states(bytes, path)),
    }
});
