"""The limit: the same decode, resize and encode in a bare pyvips loop, one process a core, no server.

`python -m bench.limit PATH FORMAT SECONDS WIDTH QUALITY` prints how many pictures a second one process made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

WIDTH = 400
OPTIONS = {
    "jpeg": {"Q": 75, "interlace": True, "optimize_coding": True},
    "webp": {"Q": 75, "effort": 4},
    "avif": {"Q": 50, "effort": 1},
}


def images_per_second(
    path: Path, format: str, seconds: float, processes: int, *, width: int = WIDTH, quality: int = 0
) -> float:
    """Pictures a second of `processes` loops side by side. quality: 0 is that of the delivery rows."""
    environment = {**os.environ, "VIPS_CONCURRENCY": "1"}
    command = [sys.executable, "-m", "bench.limit", *map(str, (path, format, seconds, width, quality))]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(processes)]
    return sum(float(process.communicate()[0]) for process in running)


def loop(path: Path, format: str, seconds: float, width: int, quality: int) -> float:
    import pyvips

    from bench.encoders import save

    pyvips.cache_set_max(0)
    make_one(pyvips, path, format, save, width, quality)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        make_one(pyvips, path, format, save, width, quality)
        count += 1
    return count / (time.perf_counter() - started)


def make_one(pyvips, path: Path, format: str, save, width: int, quality: int) -> bytes:  # type: ignore[no-untyped-def]
    data = path.read_bytes()
    header = pyvips.Image.new_from_buffer(data, "")
    turned = header.get_typeof("orientation") and header.get("orientation") >= 5
    factor = (header.height if turned else header.width) / width
    options = {"access": "sequential"}
    if path.suffix == ".jpg":
        shrink = next((by for by in (8, 4, 2) if factor / by >= 1.5), 1)
        options["shrink"] = shrink
    image = pyvips.Image.new_from_buffer(data, "", **options)
    side = image.height if turned else image.width
    if image.hasalpha():
        image = (image.premultiply() + 0.5).cast("uchar").resize(width / side).unpremultiply().cast("uchar")
    else:
        image = image.resize(width / side)
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True)
    if turned:
        image = image.copy_memory().autorot()
    return save(image, format, quality)


if __name__ == "__main__":
    print(loop(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
