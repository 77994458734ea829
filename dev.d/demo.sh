# Builds the shipped binary, runs the example study and says where to look. Sourced by ./dev.

case_dir=datasets/four-reservoirs
output=output/four-reservoirs
binary=${CARGO_TARGET_DIR:-target}/release/cobre

[ -d "$case_dir" ] || fail "$case_dir is not there" "is this a complete clone of the repository?"

if [ ! -x "$binary" ]; then
    cat <<'TEXT'
Building cobre, optimised. The first time this takes some minutes: the HiGHS solver is compiled from its C++ source,
then Arrow and Parquet. Later builds take seconds.
TEXT
fi
cargo build --release --locked -p cobre-cli --no-default-features </dev/null ||
    fail "the build failed" "the compiler's message is above; ./dev setup checks what has to be installed"

printf '\n$ cobre run %s --output %s\n' "$case_dir" "$output"
status=0
"$binary" run "$case_dir" --output "$output" </dev/null || status=$?
[ "$status" -eq 0 ] || fail "cobre ended with exit code $status (1 case, 2 files, 3 solver, 4 internal, 5 stopped)"

manifest=$(compgen -G "$output/_meta/run-*.json" | sort -V | tail -n 1 || true)
[ -n "$manifest" ] || fail "cobre ended without an error, but left no $output/_meta/run-<n>.json"
run=${manifest##*/run-}
run=$output/run=${run%.json}

cat <<TEXT

The run is committed in $manifest; its tables are Parquet files below $run:

$(find "$run" -mindepth 2 -maxdepth 2 -type d -not -name '_*' | sort | sed 's/^/  /')

Ask for the energy of every stage, with nothing of Cobre's own (pip install duckdb):

  python3 -c "import duckdb; duckdb.sql('''
      SELECT stage_id, round(avg(mwh)) AS mean_mwh, round(quantile_cont(mwh, 0.05)) AS dry_mwh
      FROM (SELECT scenario_id, stage_id, sum(generation_mwh) AS mwh
            FROM read_parquet('$run/simulation/hydros/**/*.parquet') GROUP BY ALL)
      GROUP BY stage_id ORDER BY stage_id''').show()"

The command itself is $binary; more queries are in docs/user-guide.md.
TEXT
