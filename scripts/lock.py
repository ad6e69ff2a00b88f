"""Write requirements/*.lock: exact versions and hashes, without any registry's address.

`python3 scripts/lock.py` writes them all, `python3 scripts/lock.py imagine` those that are named.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
COMPILE = [ROOT / ".venv" / "bin" / "uv", "pip", "compile", "-q", "--generate-hashes", "--no-header", "--universal"]
COMPILE += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
LOCKS = {
    "build": ["requirements/build.in"],
    "node": ["requirements/node.in"],
    "base": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--extra", "vision", "--group", "dev"],
}
IMAGINE = ["pyproject.toml", "--extra", "imagine", "-c", "requirements/imagine.in", "-c", "requirements/dev.lock"]
IMAGINE_HEAD = """\
# What tests of imagined pictures need besides dev.lock. `make lock` writes it; install it with pip, --require-hashes
# and --no-deps. On Linux torch is the CPU build, which its makers keep in an index of their own and not on PyPI; pip
# takes it from wherever it is told to look (scripts/setup.py). Its hashes are those of torch-cpu.sha256.
"""
ONLY_FOR_CUDA = ("cuda-", "nvidia-", "triton")


def main(names: list[str]) -> None:
    for name, sources in LOCKS.items():
        if name in names or not names:
            print(f"• requirements/{name}.lock")
            compile_lock(sources, REQUIREMENTS / f"{name}.lock")
    if "imagine" in names or not names:
        print("• requirements/imagine.lock")
        (REQUIREMENTS / "imagine.lock").write_text(imagine())


def compile_lock(sources: list[str], to: Path) -> None:
    subprocess.run([*COMPILE, *sources, "-o", to], cwd=ROOT, check=True)


def imagine() -> str:
    """What the extra `imagine` adds to dev.lock, without CUDA."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "imagine.lock"
        compile_lock(IMAGINE, whole)
        wanted = dict(blocks(whole.read_text()))
    there = {name for name, _ in blocks((REQUIREMENTS / "dev.lock").read_text())}
    wanted["torch"] = torch(wanted["torch"])
    kept = (name for name in sorted(wanted) if name not in there and not name.startswith(ONLY_FOR_CUDA))
    return IMAGINE_HEAD + "".join(wanted[name] for name in kept)


def blocks(lock: str) -> list[tuple[str, str]]:
    """A lock's requirements, each with its name and hashes and without the remarks on who wanted it."""
    plain = re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE)
    parts = re.split(r"^(?=\S)", plain, flags=re.MULTILINE)
    return [(re.split(r"[^a-z0-9-]", part, maxsplit=1)[0], part) for part in parts if part]


def torch(block: str) -> str:
    """PyPI's torch where it is built without CUDA anyway, and the CPU build for Linux."""
    pin, _, hashes = block.partition(" \\\n")
    listed = [line.split()[0] for line in (REQUIREMENTS / "torch-cpu.sha256").read_text().splitlines()]
    cpu = [f"{pin}+cpu ; sys_platform == 'linux'", *(f"    --hash=sha256:{digest}" for digest in listed)]
    return " \\\n".join(cpu) + f"\n{pin} ; sys_platform != 'linux' \\\n{hashes}"


if __name__ == "__main__":
    main(sys.argv[1:])
