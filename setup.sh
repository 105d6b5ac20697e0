#!/bin/sh
# Make .venv with everything labapp needs. Idempotent; works with local wheels and with the network.
#
# PyTorch: the CPU build is taken: from PIP_FIND_LINKS where that folder has it, else from PyTorch's
# own index through uv. Set LABAPP_TORCH_BACKEND (cu128, auto ...) for another build.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
venv=.venv
stamp=$venv/.labapp-stamp
wanted=$(cat setup.sh requirements.lock pyproject.toml hatch_build.py frontend/package-lock.json frontend/vendor.toml | cksum)
if [ "$(cat $stamp 2>/dev/null || true)" = "$wanted" ]; then exit 0; fi

"$python" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || {
  echo "labapp needs Python 3.11 or newer; set PYTHON to one." >&2
  exit 1
}
echo "Setting up the environment in $venv ..."
[ -x $venv/bin/python ] || "$python" -m venv $venv
[ -x $venv/bin/uv ] || $venv/bin/python -m pip install -q --disable-pip-version-check 'uv==0.13.9'
# Without compiled bytecode every start of the command pays for it.
export VIRTUAL_ENV="$PWD/$venv" UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
export UV_LINK_MODE="${UV_LINK_MODE:-copy}"
uv=$venv/bin/uv
if ! $venv/bin/python -c 'import importlib.metadata as m, sys; sys.exit(not m.version("torch").startswith("2.13.0"))' 2>/dev/null; then
  if [ -n "${PIP_FIND_LINKS:-}" ] && UV_FIND_LINKS=$PIP_FIND_LINKS $uv pip install -q 'torch==2.13.0'; then :; else
    $uv pip install -q --torch-backend="${LABAPP_TORCH_BACKEND:-cpu}" 'torch==2.13.0'
  fi
fi
$uv pip install -q --no-deps --require-hashes -r requirements.lock
$uv pip install -q --no-deps -e .
$uv pip check -q
$venv/bin/python -m compileall -q labapp
printf '%s' "$wanted" > $stamp
