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
logs=$(mktemp -d)
# begin NAME COMMAND...: let it run beside the rest; what it says is kept for the end. The longest, on
# SQLite, goes before them, so that not one processor is left with nothing to do at the end.
begin() {
  name=$1
  shift
  nice -n 5 "$@" >"$logs/$name" 2>&1 &
  started="$started $!:$name"
}
stop() {
  for each in $started; do kill "${each%%:*}" 2>/dev/null || true; done
  rm -rf "$logs"
}
started=""
trap stop EXIT
# Three of these at a time keep two processors busy to the end; on SQLite it takes the longest.
plain="not browser and not model and not data"
step "Tests on PostgreSQL, and with the model and a browser, beside the rest"
# The walks over every page, step and role ask nothing of the database that others do not; pages ask
# it through the services and the API, which are tried on both; a test marked `once` asks it nothing;
# of a test with parameters the first and the last are tried on both.
begin PostgreSQL $bin/python -m tests.postgres -- $bin/python -m pytest -q -m "$plain and not once" --fewer \
  --ignore tests/test_routes.py --ignore tests/labs/test_pupil_guard.py \
  --ignore-glob "*/test_*_matrix.py" --ignore-glob "*_views.py" --ignore-glob "*_pages.py" "$@"
heavy="browser or model or data"
if ! command -v chromium >/dev/null 2>&1 && [ -z "${LABAPP_CHROMIUM:-}" ]; then
  echo "no chromium on this machine: the browser tests are SKIPPED (Debian: apt-get install chromium)"
  heavy="(model or data) and not browser"
fi
begin browser $bin/python -m pytest -q -m "$heavy" --durations=10 "$@"
step "Types"
$bin/mypy
step "Import contracts"
$bin/lint-imports
step "Tests on SQLite"
$bin/python -m pytest -q -m "$plain" "$@"
for each in $started; do
  wait "${each%%:*}" || { cat "$logs/${each#*:}"; exit 1; }
  printf '\n%s: ' "${each#*:}" && tail -n 1 "$logs/${each#*:}"
done
step "All is well, in $(($(date +%s) - begun)) s"
