#!/bin/sh
# Runs its arguments with a Python 3.11, 3.12 or 3.13 that can make virtual environments; says so when there is none.
# The one of .venv wins when it works, so that every later start agrees with the first.
check='import sys, ensurepip, venv
sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 1)'
old_ifs=$IFS
IFS='
'
for candidate in "$PYTHON" .venv/bin/python python3 python3.13 python3.12 python3.11 \
    $(ls -d "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/3.1[123].*/bin/python3 2>/dev/null | sort -r) \
    /usr/local/bin/python3 /usr/bin/python3 /opt/homebrew/bin/python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c "$check" >/dev/null 2>&1; then
        IFS=$old_ifs
        exec "$candidate" "$@"
    fi
done
echo "No Python 3.11, 3.12 or 3.13 with venv was found." >&2
echo "  why: looked at \$PYTHON, .venv, PATH and pyenv; each was missing, of another version, or without ensurepip." >&2
echo "  try: sudo apt-get install python3 python3-venv    (or: make run PYTHON=/path/to/python3.12)" >&2
exit 1
