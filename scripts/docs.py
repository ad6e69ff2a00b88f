"""Write the reference pages that are made from tables in the code: docs/settings.md, docs/imgix.md, docs/errors.md.

`--check` writes nothing and fails when a page is not what it would be; the test suite does the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

from imagewell.reference import pages

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = [path for path, text in pages().items() if _differs(ROOT / path, text)]
    for path in stale:
        print(f"{path} is not up to date; run `make docs`." if check else f"• {path}")
        if not check:
            (ROOT / path).write_text(pages()[path])
    return 1 if check and stale else 0


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text() != text


if __name__ == "__main__":
    sys.exit(main())
