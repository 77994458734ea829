# Runs every tier, whatever the others do, and reports. Sourced by ./dev. A tier without anything to run is absent.

logs=target/ci-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0
failed=0
summaries=
PATH="$PWD/.venv/bin:$PWD/.tools/bin:$PATH"
export PATH
export CARGO_TERM_COLOR=never

# The lines in which cargo test and pytest sum up.
summary_lines() {
    grep -E '^test result: |^=+ .*[0-9]+ (passed|failed|errors?)\b.* =+$' "$1" || true
}

# Sum of the numbers in front of the words $1 (an expression) in the text on stdin.
sum_of() {
    { grep -oE "[0-9]+ ($1)\b" || true; } | awk '{ sum += $1 } END { print sum + 0 }'
}

# tier NAME COMMAND…: one line of report; the output goes to a log, and is shown if the command fails. A tier counts
# its tests as its runner reports them; a tool that counts nothing is one check.
tier() {
    local name=$1 log=$logs/${1// /-}.log start=$SECONDS status=0 lines good bad
    shift
    printf '%-24s' "$name"
    "$@" </dev/null >"$log" 2>&1 || status=$?
    lines=$(summary_lines "$log")
    good=$(sum_of passed <<<"$lines")
    bad=$(sum_of 'failed|errors?' <<<"$lines")
    if [ "$status" -ne 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
    elif [ -z "$lines" ]; then
        good=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    # Binaries without a test say nothing of interest.
    lines=$(grep -v '^test result: ok. 0 passed; 0 failed; 0 ignored' <<<"$lines" || true)
    [ -z "$lines" ] || summaries+="$name"$'\n'"$lines"$'\n'
    if [ "$status" -eq 0 ]; then
        printf 'ok      %5d s\n' $((SECONDS - start))
    else
        printf 'FAILED  %5d s   exit code %d, log %s\n' $((SECONDS - start)) "$status" "$log"
        printf -- '---- %s, last 200 lines without progress\n' "$log"
        grep -vE '^ *(Compiling|Checking|Documenting|Downloaded|Downloading|Blocking|Finished) ' "$log" | tail -n 200
        printf -- '---- end of %s\n' "$log"
    fi
}

tracked() {
    git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@"
}

# Folder by folder: scripts of different folders may share a name.
check_types() {
    local folder status=0
    while read -r folder; do
        printf 'mypy %s\n' "$folder"
        mypy "$folder"/*.py </dev/null || status=1
    done < <(tracked '*.py' | xargs -r -d '\n' dirname | sort -u)
    return "$status"
}

# The test binaries of the crates as options. Every call of cargo names the whole workspace: another selection would
# unify features differently and compile HiGHS once more.
crate_tests() {
    tracked 'cobre-*/tests/*.rs' 'cobre-*/tests/*/main.rs' | grep -v '^cobre-polars/' |
        sed -nE 's,^[^/]+/tests/([^/]+)(\.rs|/main\.rs)$,--test \1,p' | sort -u
}

doc() {
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
}

printf 'Tests: the first run compiles everything, HiGHS (C++) and Arrow included, and takes several minutes.\n\n'

python_files=$(tracked '*.py' '*.pyi' '*.ipynb')
python_tests=$(tracked 'test_*.py' '**/test_*.py')
integration_tests=$(tracked 'tests/tests/*.rs' | grep -vE '^tests/tests/(all\.rs|house/|mpi/)' || true)

# static
tier 'fmt' cargo fmt --all --check
tier 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
tier 'clippy features' cargo clippy --workspace --all-targets --features cobre-cli/mpi,cobre-cli/distributed --locked -- -D warnings
tier 'rustdoc' doc
tier 'deny' cargo deny --locked check bans licenses sources
tier 'house' cargo test --workspace --locked --test all -- house:: --show-output
[ -z "$python_files" ] || tier 'ruff' ruff check .
[ -z "$python_files" ] || tier 'ruff format' ruff format --check .
[ -z "$python_files" ] || tier 'mypy' check_types
# unit, the method, the readers and writers: everything but the integration binary
tier 'unit' cargo test --workspace --exclude cobre-polars --locked --no-fail-fast --lib --bins
# shellcheck disable=SC2046 # one word per option
tier 'crates' cargo test --workspace --exclude cobre-polars --locked --no-fail-fast $(crate_tests)
tier 'doctests' cargo test --workspace --exclude cobre-polars --locked --no-fail-fast --doc
# integration
[ -z "$integration_tests" ] || tier 'integration' cargo test --workspace --locked --test all -- \
    --skip house:: --skip mpi::
# ranks: the tests build the program with MPI, then start it with mpiexec, one job after the other
tier 'mpi' cargo test --workspace --locked --test all -- mpi::
# the bridge to Polars by itself: built with the workspace, Polars would want a Python to link against
tier 'polars' cargo test --package cobre-polars --locked --no-fail-fast
# Python: the package is installed from its wheel
tier 'wheel' dev.d/wheel.sh
tier 'stubs' python -m mypy.stubtest cobre --mypy-config-file pyproject.toml
[ -z "$python_tests" ] || tier 'python' python -m pytest

printf '\n%s' "$summaries"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
