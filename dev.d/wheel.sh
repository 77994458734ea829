#!/usr/bin/env bash
# Builds the wheel of the Python package in the profile of the tests, installs it into .venv, and tries it in an
# environment of its own. Run in the root of the repository with .venv in the path.
set -euo pipefail

wheels=target/wheels
rm -rf "$wheels"
# The feature makes cargo use what a build of the workspace has compiled.
maturin build --manifest-path py-cobre/Cargo.toml --profile dev --features workspace --locked --out "$wheels"
wheel=$(ls "$wheels"/cobre-*-cp311-abi3-*.whl)
python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheel"

# The extension stays clear of MPI: it would have to be initialised before the interpreter knows.
library=$(python -c 'import cobre._cobre; print(cobre._cobre.__file__)')
if readelf --dynamic "$library" | grep -iE 'NEEDED.*(mpi|libpython)'; then
    printf 'error: the extension links what it must not\n' >&2
    exit 1
fi

fresh=target/fresh-venv
rm -rf "$fresh"
python3 -m venv "$fresh"
"$fresh"/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
"$fresh"/bin/python -W error dev.d/first_study.py
