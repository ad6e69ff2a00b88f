"""`make bench`: print the performance table, goal and result side by side.

    python -m bench [--only cold,hot,overload,upload,memory,start,edits] [--seconds 3] [--rounds 3]

wrk and nginx come from Debian (`apt-get install wrk nginx-light`), sharp from npm (`npm ci --prefix bench/js`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from bench import cold, edits, hot, memory, overload, photos, start, upload
from bench.servers import HERE
from bench.table import Row, table

SECTIONS = {
    "cold": cold.rows,
    "overload": overload.rows,
    "hot": hot.rows,
    "upload": upload.rows,
    "memory": memory.rows,
    "start": start.rows,
    "edits": edits.rows,
}


def main() -> None:
    asked = argparse.ArgumentParser(description="Print the performance table.")
    asked.add_argument("--only", default=",".join(SECTIONS), help="sections, comma separated")
    asked.add_argument("--seconds", type=float, default=3, help="of each measurement")
    asked.add_argument("--rounds", type=int, default=3, help="alternating; the median counts")
    asked.add_argument("--json", type=Path, help="also write the rows there")
    options = asked.parse_args()
    prepare()
    console = Console()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="imagewell-bench-") as scratch:
        folder = Path(scratch)
        pictures = photos.make(folder / "photos")
        for name in options.only.split(","):
            for row in SECTIONS[name](pictures, folder, options.seconds, options.rounds):
                console.print(f"[dim]{row.name}: {row.result} ({row.goal}) {row.note}")
                rows.append(row)
    console.print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([row.__dict__ for row in rows], indent=1))


def prepare() -> None:
    missing = [
        name for name in ("wrk", "nginx", "node") if not (shutil.which(name) or Path(f"/usr/sbin/{name}").exists())
    ]
    if missing:
        raise SystemExit(f"{', '.join(missing)} missing. Run: apt-get install -y wrk nginx-light nodejs npm")
    if not (HERE / "js" / "node_modules").exists():
        subprocess.run(
            ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HERE / "js", check=True
        )


if __name__ == "__main__":
    main()
