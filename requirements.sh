#!/bin/sh
# Pin every dependency with its hash, but for PyTorch and what only its CUDA build needs: see setup.sh.
set -eu
cd "$(dirname "$0")"
.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra test \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
  pyproject.toml -o requirements.lock.new
.venv/bin/python - <<'PYTHON'
import re
from pathlib import Path
text = Path("requirements.lock.new").read_text()
blocks = re.split(r"\n(?=\S)", text.strip())
unwanted = re.compile(r"^(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)(==|\s|\[)")
Path("requirements.lock").write_text("\n".join(b for b in blocks if not unwanted.match(b)) + "\n")
PYTHON
rm requirements.lock.new
