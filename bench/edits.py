"""Edit calls of the IMG Processing API: a resize stored as a new image, and a background removed.

The resize is held against the bare loop of the same decode, resize and encode; the removal against a bare onnxruntime
loop of the same model, which does nothing else: no decoding, no edges, no PNG, no storing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import limit, load, servers
from bench.cold import CORES
from bench.photos import Photo
from bench.table import Row

WIDTH, QUALITY = 800, 90
"""Of the resized picture; the quality is the API's own."""
PICTURES = 20
MODELS = Path(sys.executable).parent.parent / "models"
REMOVALS_AT_ONCE = 2 * CORES


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    with servers.imagewell(folder / "edits", IMAGEWELL_VISION__MODELS_DIR=str(MODELS)) as ours:
        ids = upload(ours, photos["m"])
        yield edit(ours, photos["m"], ids, seconds, rounds)
        yield removal(ours, ids, seconds, rounds)


def upload(ours: servers.Imagewell, photo: Photo) -> list[str]:
    """Ids of copies that differ in a comment."""
    ours.upload_copies(photo, PICTURES)
    listed = ours.request("GET", f"/imgprocessing/v1/images?take={PICTURES}", x_api_key=ours.key)
    return [image["id"] for image in json.loads(listed)["data"]]


def edit(ours: servers.Imagewell, photo: Photo, ids: list[str], seconds: float, rounds: int) -> Row:
    calls = posts(ours.key, [f"/imgprocessing/v1/images/{id}/resize" for id in ids], f'{{"width":{WIDTH}}}')
    ratios, rates = [], []
    for _ in range(rounds):
        top = limit.images_per_second(photo.path, "jpeg", seconds, CORES, width=WIDTH, quality=QUALITY)
        rates.append(answered(ours, calls, 8, seconds))
        ratios.append(rates[-1] / top)
    ratio = statistics.median(ratios)
    note = f"{statistics.median(rates):.0f}/s, m to {WIDTH} px wide, stored"
    return Row("edit: resize, 8 connections", "≥ 0.80 of the limit", f"{ratio:.2f}", ratio >= 0.8, note)


def removal(ours: servers.Imagewell, ids: list[str], seconds: float, rounds: int) -> Row:
    seconds = max(20.0, seconds)  # what is half done at the end is not counted, and one takes most of a second
    calls = posts(ours.key, [f"/imgprocessing/v1/images/{id}/remove-background" for id in ids], "{}")
    answered(ours, calls, REMOVALS_AT_ONCE, 4)  # the engines are loaded at the first call
    factors, rates = [], []
    for _ in range(rounds):
        top = inferences_per_second(seconds)
        rates.append(answered(ours, calls, REMOVALS_AT_ONCE, seconds))
        factors.append(top / rates[-1])
    factor = statistics.median(factors)
    note = f"{statistics.median(rates):.2f}/s, 2 MP, cut out and stored"
    goal = "≤ 1.2 × a bare onnxruntime loop"
    return Row(f"background removal, {REMOVALS_AT_ONCE} connections", goal, f"{factor:.2f} ×", factor <= 1.2, note)


def answered(ours: servers.Imagewell, calls: str, connections: int, seconds: float) -> float:
    rate = load.wrk(ours.url, calls, connections, seconds)
    if rate.bad:
        raise SystemExit(f"{rate.bad} edit calls failed")
    return rate.per_second


def posts(key: str, paths: list[str], body: str) -> str:
    headers = (
        f'wrk.body = [[{body}]]\nwrk.headers["x-api-key"] = "{key}"\nwrk.headers["content-type"] = "application/json"'
    )
    return load.round_robin(paths, headers, "POST")


def inferences_per_second(seconds: float) -> float:
    """Of as many one-threaded loops as there are cores: faster together than one loop of as many threads."""
    command = [sys.executable, "-m", "bench.edits", str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) for _ in range(CORES)]
    return sum(float(process.communicate()[0]) for process in running)


def inference_loop(seconds: float) -> float:
    import time

    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODELS / "u2net.onnx"), options, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: np.random.default_rng(1).random((1, 3, 320, 320), dtype=np.float32)}
    wanted = [session.get_outputs()[0].name]
    session.run(wanted, given)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        session.run(wanted, given)
        count += 1
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    print(inference_loop(float(sys.argv[1])))
