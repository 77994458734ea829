#!/usr/bin/env bash
# Writes cobre-data/src/policy/generated.rs anew from policy.fbs, with the flatc of the version that the crate
# flatbuffers is held at. The first call builds flatc (about two minutes, needs cmake and a C++ compiler).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

root=$(git rev-parse --show-toplevel)
build=${FLATC_BUILD:-$root/target/flatc}
mkdir -p "$build/src"
cat >"$build/Cargo.toml" <<'TOML'
[package]
name = "flatc"
version = "0.0.0"
edition = "2024"

[dependencies]
flatc-fork = "=0.6.0"

[workspace]
TOML
cat >"$build/src/main.rs" <<'RUST'
fn main() -> std::io::Result<()> {
    let status = std::process::Command::new(flatc_fork::flatc()).args(std::env::args_os().skip(1)).status()?;
    std::process::exit(status.code().unwrap_or(1));
}
RUST
CARGO_TARGET_DIR=$build/target cargo build --quiet --manifest-path "$build/Cargo.toml"

"$build/target/debug/flatc" --rust -o "$build" policy.fbs
{
    printf '#![allow(missing_docs, unreachable_pub, unsafe_code, unused, rustdoc::all)]\n'
    printf '#![allow(clippy::all, clippy::pedantic, clippy::undocumented_unsafe_blocks, clippy::unwrap_used)]\n\n'
    cat "$build/policy_generated.rs"
} >../src/policy/generated.rs
rustfmt --edition 2024 --config-path "$root" ../src/policy/generated.rs
