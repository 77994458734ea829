# Installs what is missing, and only that. Sourced by ./dev in the root of the repository.

cargo_deny_version=0.20.2
azurite_version=3.35.0

fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    for hint in "$@"; do printf '  hint: %s\n' "$hint" >&2; done
    exit 1
}

exists() {
    local pattern
    for pattern in "$@"; do
        if compgen -G "$pattern" >/dev/null; then return 0; fi
    done
    return 1
}

# bindgen loads the library and reads the compiler's own headers.
has_libclang() {
    [ -z "${LIBCLANG_PATH:-}" ] || return 0
    exists /usr/lib{,64}{,/llvm*/lib,/*-linux-gnu}/libclang{.so,-[0-9]}* &&
        exists /usr/lib{,64}{,/llvm*/lib}/clang/*/include/stddef.h
}

# The launcher, and what programs are compiled and linked with: any MPI that has both.
has_mpi() {
    command -v mpiexec >/dev/null && command -v mpicc >/dev/null &&
        printf '#include <mpi.h>\n' | mpicc -E -x c - >/dev/null 2>&1
}

has_venv() {
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints the Debian packages that $1 (build or test) lacks.
missing_packages() {
    case $1 in
        build)
            command -v c++ >/dev/null && command -v cc >/dev/null && command -v make >/dev/null || echo build-essential
            command -v cmake >/dev/null || echo cmake
            command -v pkg-config >/dev/null || echo pkg-config
            has_libclang || echo libclang-dev
            ;;
        test)
            command -v git >/dev/null || echo git
            has_venv || echo python3 python3-venv
            command -v node >/dev/null || echo nodejs
            command -v npm >/dev/null || echo npm
            has_mpi || echo libopenmpi-dev openmpi-bin
            command -v pgrep >/dev/null || echo procps
            command -v openssl >/dev/null || echo openssl
            ;;
    esac
}

install_packages() {
    local missing
    missing=$(missing_packages "$1" | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "missing on this machine (names of Debian packages): $missing" \
            "on Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y $missing" \
            "elsewhere: install the same with the system's own package manager; Python must be 3.11 or newer"
    fi
    printf 'Installing Debian packages: %s\n' "$missing"
    # shellcheck disable=SC2086 # the names are separate words
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
        </dev/null >target/apt.log 2>&1; then
        tail -n 20 target/apt.log >&2
        fail "apt-get could not install: $missing" "its whole output is in target/apt.log"
    fi
    missing=$(missing_packages "$1" | tr '\n' ' ')
    [ -z "$missing" ] || fail "still missing after the installation: $missing" "see target/apt.log"
}

# Fails unless a Rust toolchain of the workspace's minimum version is there.
require_rust() {
    local needed found
    command -v cargo >/dev/null ||
        fail "cargo is not installed" "get Rust from https://rustup.rs, then open a new shell"
    needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    found=$(rustc --version | cut -d ' ' -f 2)
    if [ "$(printf '%s\n%s\n' "$needed" "${found%%-*}" | sort -V | head -n 1)" != "$needed" ]; then
        fail "rustc $needed or newer is needed, found $found" "rustup update stable"
    fi
}

install_to_build() {
    mkdir -p target
    require_rust
    install_packages build
}

install_rust_components() {
    local tool
    for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 && continue
        command -v rustup >/dev/null || fail "cargo $tool is not installed" "install it with the Rust toolchain"
        printf 'Installing cargo %s\n' "$tool"
        rustup component add "${tool/fmt/rustfmt}" || fail "rustup could not add cargo $tool"
    done
}

install_venv() {
    local stamp=.venv/requirements.installed
    if [ -x .venv/bin/python ] && cmp -s requirements-dev.txt "$stamp"; then return 0; fi
    printf 'Installing Python tools into .venv: %s\n' "$(grep -v '^#' requirements-dev.txt | tr '\n' ' ')"
    [ -x .venv/bin/python ] || python3 -m venv .venv || fail "python3 -m venv .venv failed"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt </dev/null ||
        fail "pip could not install requirements-dev.txt" "is the network there? then run the command again"
    cp requirements-dev.txt "$stamp"
}

install_cargo_deny() {
    local wanted="cargo-deny $cargo_deny_version" found
    found=$(PATH="$PWD/.tools/bin:$PATH" cargo-deny --version 2>/dev/null || true)
    [ "$found" != "$wanted" ] || return 0
    printf 'Building %s into .tools: once, some minutes\n' "$wanted"
    # Unoptimised: it runs for a second, and builds in a third of the time.
    cargo install cargo-deny --version "$cargo_deny_version" --locked --profile dev --root .tools --quiet </dev/null ||
        fail "cargo could not install $wanted" "is the network there? then run the command again"
}

# A server that speaks Azure's protocol.
install_azurite() {
    local wanted=$azurite_version found
    found=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' .tools/azurite/node_modules/azurite/package.json 2>/dev/null || true)
    [ "$found" != "$wanted" ] || return 0
    printf 'Installing azurite %s into .tools\n' "$wanted"
    npm install --prefix .tools/azurite --no-audit --no-fund --loglevel error "azurite@$wanted" \
        </dev/null >target/npm.log 2>&1 ||
        fail "npm could not install azurite $wanted" "its whole output is in target/npm.log" \
            "is the network there? then run the command again"
}

install_to_test() {
    install_packages test
    install_rust_components
    install_venv
    install_cargo_deny
    install_azurite
}
