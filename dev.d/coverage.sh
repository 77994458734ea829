# Lines of the Python package that its tests reach: those of its Python files, and those of its Rust files, counted while
# the same tests run against an instrumented extension. Fails below 90 % in any file. Sourced by ./dev.
#
# Only the extension's own crate is instrumented, and the profile is read by a crate from the registry: nothing of LLVM's
# tools has to be there.

profparser_version=0.15.0

PATH="$PWD/.venv/bin:$PWD/.tools/bin:$PATH"
export PATH

if [ ! -x .tools/bin/cov ]; then
    printf 'Building llvm_profparser %s into .tools: once, a minute\n' "$profparser_version"
    cargo install llvm_profparser --version "$profparser_version" --locked --profile dev --root .tools --quiet \
        </dev/null || fail "cargo could not install llvm_profparser" "is the network there? then run the command again"
fi

place=target/coverage
rm -rf "$place"
mkdir -p "$place/package" "$place/profiles"
cargo rustc --package py-cobre --features workspace --lib --locked -- -C instrument-coverage
cp -r py-cobre/python/cobre "$place/package/cobre"
rm -f "$place/package/cobre/_cobre.abi3.so" # a link to the build, where somebody works on the package
cp target/debug/lib_cobre.so "$place/package/cobre/_cobre.abi3.so"

COVERAGE_FILE="$place/coverage" LLVM_PROFILE_FILE="$PWD/$place/profiles/%p-%m.profraw" PYTHONPATH="$PWD/$place/package" \
    python -m pytest tests/python/package --quiet --cov=cobre --cov-report="json:$place/python.json"
cov show --object "$place/package/cobre/_cobre.abi3.so" \
    $(printf -- '--instr-profile %s ' "$place"/profiles/*.profraw) >"$place/rust.txt"
python dev.d/coverage.py "$place/python.json" "$place/rust.txt"
