//! Any bytes as one of the JSON files of a case; the first byte chooses which.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((choice, bytes)) = data.split_first() {
        let _outcome = cobre_fuzz::read_with(cobre_fuzz::JSON[usize::from(*choice) % cobre_fuzz::JSON.len()].0, bytes);
    }
});
