#!/usr/bin/env bash
# Makes .venv with the exact versions of requirements/lock.txt; does nothing where it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted() { cat requirements/lock.txt pyproject.toml; }

if [ -x .venv/bin/motem ] && wanted | cmp -s - .venv/installed; then exit 0; fi

for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "${python:-}" ]; then
  echo "Motem needs Python 3.11 or newer, and none was found." >&2
  echo "Install one (Debian: apt-get install python3 python3-venv), or say where: make PYTHON=/path/to/python3" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "$("$python" -V) cannot make virtual environments (Debian: apt-get install python3-venv)." >&2
  exit 1
fi

echo "Making .venv with $("$python" -V); the first time this takes a minute or two."
"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/lock.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
wanted > .venv/installed
