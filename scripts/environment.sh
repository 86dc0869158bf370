# Sourced by scripts/run, scripts/test and .ci/run: the checkout's own virtual environment, .venv.
#
# prepare [base|test|dev] makes the environment if it is missing, installs flowlab into it (editable, with the
# extra asked for), and does nothing when that has been done for the present pyproject.toml. It sets:
#   root    the checkout
#   python  the environment's interpreter

root="$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
venv="$root/.venv"
python="$venv/bin/python"
stamp="$venv/installed-by-flowlab"

# A foreign PYTHONPATH would put its own packages before the environment's; --user would leave the environment.
unset PYTHONHOME PYTHONPATH
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf 'flowlab: %s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 1
}

# What an installation depends on: the metadata, and where the checkout lies (console scripts hold its path).
wanted_key() { printf '%s %s' "$(cksum <"$root/pyproject.toml")" "$root"; }

level_number() {
    case "$1" in
        dev) echo 3 ;; test) echo 2 ;; base) echo 1 ;; *) echo 0 ;;
    esac
}

# The stamp is written only after a complete installation: line 1 the level, line 2 the key.
stamped_level=none stamped_key=''
read_stamp() {
    stamped_level=none stamped_key=''
    if [ -f "$stamp" ]; then
        { IFS= read -r stamped_level && IFS= read -r stamped_key; } <"$stamp" || true
    fi
}

is_ready() {
    read_stamp
    [ "$stamped_key" = "$(wanted_key)" ] &&
        [ "$(level_number "$stamped_level")" -ge "$(level_number "$1")" ] &&
        [ -x "$python" ]
}

# The interpreter to build on: $PYTHON if given, else the first one on the path that is new enough.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
        if [ -n "${PYTHON:-}" ]; then break; fi
    done
    candidate="$("${PYTHON:-python3}" --version 2>/dev/null | head -n 1)" || true
    fail "needs Python 3.11 or newer; ${PYTHON:-python3} is ${candidate:-missing};" \
        "name another with PYTHON=/path/to/python3"
}

make_venv() {
    local base output
    base="$(find_python)" || exit 1
    # --clear: whatever lies here is not an environment that works.
    if ! output="$("$base" -m venv --clear "$venv" 2>&1)"; then
        printf '%s\n' "$output" >&2
        fail "$base -m venv failed (on Debian and Ubuntu: apt install python3-venv)"
    fi
}

# Of pip's talk, what tells that something moves: one line a package.
show_downloads() {
    local line name
    while IFS= read -r line; do
        case "$line" in
            *'Downloading '* | *'Using cached '*)
                name="${line#*Downloading }"
                name="${name#*Using cached }"
                case "$name" in *.metadata*) continue ;; esac
                printf '  %s\n' "$(sed -E 's/^([^-]+)-([^-]+)-[^ ]*\.whl/\1 \2/' <<<"$name")" >&2
                ;;
        esac
    done
}

install_locked() {
    local level="$1" extra=''
    if is_ready "$level"; then return; fi # another process did it while we waited
    read_stamp
    if [ "$(level_number "$stamped_level")" -gt "$(level_number "$level")" ]; then level="$stamped_level"; fi
    rm -f "$stamp"
    if [ -n "$stamped_key" ] && [ "${stamped_key#* * }" != "$root" ]; then
        rm -rf "$venv" # the checkout was moved, and its scripts with their absolute paths
    fi
    "$python" -m pip --version >/dev/null 2>&1 || make_venv
    if [ "$level" != base ]; then extra="[$level]"; fi
    say "installing flowlab$extra and its libraries into .venv (once) ..."
    (
        cd -- "$root" && # pip would misread brackets after some absolute paths
        "$python" -m pip install --progress-bar off --editable ".$extra" | show_downloads
    ) || fail "the installation did not finish (see above); run the command again to resume it"
    printf '%s\n%s\n' "$level" "$(wanted_key)" >"$stamp.new"
    mv -f "$stamp.new" "$stamp"
}

prepare() {
    if is_ready "$1"; then return; fi
    # One installation at a time; the lock is on a file that is always there, and ends with the subshell.
    (
        if command -v flock >/dev/null 2>&1; then flock 9 || true; fi
        install_locked "$1"
    ) 9<"$root/pyproject.toml"
}
