#!/bin/sh
# Everything that CI checks, in the order in which it fails fastest. `make test` calls it.
# Words after it go to pytest: tests/run.sh -x
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
LABAPP_TEST_INSTANCE="${LABAPP_TEST_INSTANCE:-$PWD/instance/test}"
export LABAPP_TEST_INSTANCE
begun=$(date +%s)
since=$begun
step() {
  now=$(date +%s)
  [ "$now" = "$begun" ] || printf '   (%s s)\n' "$((now - since))"
  since=$now
  printf '\n== %s\n' "$1"
}

step "Style"
$bin/ruff check .
$bin/ruff format --check --quiet .
step "Types"
$bin/mypy
step "Import contracts"
$bin/lint-imports
step "Tests on SQLite, and beside them on PostgreSQL, and with the model and a browser"
rm -f .coverage .coverage.*
logs=$(mktemp -d)
plain="not browser and not model and not data"
# The walk over every page as every role asks nothing of the database that others do not: once is enough.
$bin/python -m tests.postgres -- $bin/python -m pytest -q -m "$plain" \
  --ignore tests/test_routes.py "$@" >"$logs/PostgreSQL" 2>&1 &
postgres=$!
heavy="browser or model or data"
if ! command -v chromium >/dev/null 2>&1 && [ -z "${LABAPP_CHROMIUM:-}" ]; then
  echo "no chromium on this machine: the browser tests are SKIPPED (Debian: apt-get install chromium)"
  heavy="(model or data) and not browser"
fi
$bin/python -m pytest -q -m "$heavy" --durations=10 "$@" >"$logs/model and browser" 2>&1 &
browser=$!
trap 'kill $postgres $browser 2>/dev/null || true; rm -rf "$logs"' EXIT
$bin/python -m pytest -q -m "$plain" --cov --cov-report= "$@"
wait $postgres || { cat "$logs/PostgreSQL"; exit 1; }
wait $browser || { cat "$logs/model and browser"; exit 1; }
for name in PostgreSQL "model and browser"; do printf '\n%s: ' "$name" && tail -n 1 "$logs/$name"; done
step "Coverage (of the tests on SQLite)"
$bin/coverage report | tail -n 40
step "All is well, in $(($(date +%s) - begun)) s"
