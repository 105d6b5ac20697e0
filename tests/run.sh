#!/bin/sh
# Everything that CI checks, in the order in which it fails fastest. `make test` calls it.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
LABAPP_TEST_INSTANCE="${LABAPP_TEST_INSTANCE:-$PWD/instance/test}"
export LABAPP_TEST_INSTANCE PYTHONDONTWRITEBYTECODE=1
step() { printf '\n== %s\n' "$1"; }

step "Style"
$bin/ruff check .
$bin/ruff format --check --quiet .
step "Types"
$bin/mypy
step "Import contracts"
$bin/lint-imports
step "Tests on SQLite"
rm -f .coverage .coverage.*
$bin/python -m pytest -q -m "not browser" --cov --cov-report= "$@"
step "Tests on PostgreSQL"
$bin/python -m tests.postgres -- $bin/python -m pytest -q -m "not browser and not model and not data" --cov --cov-append --cov-report= "$@"
step "Browser"
if command -v chromium >/dev/null 2>&1 || [ -n "${LABAPP_CHROMIUM:-}" ]; then
  $bin/python -m pytest -q -m browser --cov --cov-append --cov-report= "$@"
else
  echo "no chromium on this machine: the browser tests are SKIPPED (Debian: apt-get install chromium)"
fi
step "Coverage"
$bin/coverage report --format=total
$bin/coverage report | tail -n 40
