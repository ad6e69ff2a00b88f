"""Write requirements/*.lock: exact versions and hashes, without any registry's address."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = [ROOT / ".venv" / "bin" / "uv", "pip", "compile", "-q", "--generate-hashes", "--no-header", "--universal"]
COMPILE += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
LOCKS = {
    "build": ["requirements/build.in"],
    "node": ["requirements/node.in"],
    "base": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--extra", "vision", "--group", "dev"],
}

for name, sources in LOCKS.items():
    print(f"• requirements/{name}.lock")
    subprocess.run([*COMPILE, *sources, "-o", f"requirements/{name}.lock"], cwd=ROOT, check=True)
