"""The figures behind `/metrics`. Requests are counted as plain numbers, since that is done for every one of them;
prometheus_client is imported when somebody first asks to read them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from imagewell.faces.kit.services import Services

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

BUCKETS_S = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Figures = dict[str, tuple[str, Callable[[], float]]]
"""Name to what it means and how it is read."""


class Metrics:
    """What happened since the start, and how things stand."""

    def __init__(self, services: Services) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, list[float]] = {}
        self._figures = _figures_of(services)
        self._jobs = services.jobs
        self._registry: CollectorRegistry | None = None

    def observe(self, face: str, method: str, status: int, took_s: float) -> None:
        """One request, answered to the end."""
        key = face, method if method in METHODS else "OTHER", status
        self._counts[key] = self._counts.get(key, 0) + 1
        times = self._times.get(face)
        if times is None:
            times = self._times[face] = [0] * (len(BUCKETS_S) + 2)
        times[bisect_left(BUCKETS_S, took_s)] += 1
        times[-1] += took_s

    def page(self) -> tuple[bytes, bytes]:
        """The exposition format: its content type, and the text."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        if self._registry is None:
            # One of our own, so that nothing another library registers shows up.
            self._registry = CollectorRegistry()
            self._registry.register(self)
        return CONTENT_TYPE_LATEST.encode(), generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The figures as prometheus_client takes them."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        requests = CounterMetricFamily("imagewell_requests", "Requests answered.", labels=("face", "method", "status"))
        for (face, method, status), count in self._counts.items():
            requests.add_metric((face, method, str(status)), count)
        yield requests
        seconds = HistogramMetricFamily("imagewell_request_seconds", "Time to the end of the answer.", labels=("face",))
        edges = [*(str(float(edge)) for edge in BUCKETS_S), "+Inf"]
        for face, (*counts, total_s) in self._times.items():
            seconds.add_metric((face,), list(zip(edges, accumulate(counts), strict=True)), total_s)
        yield seconds
        jobs = CounterMetricFamily("imagewell_jobs", "Jobs that ended in this process.", labels=("kind", "state"))
        for (kind, state), count in self._jobs.ended.items():
            jobs.add_metric((kind, str(state)), count)
        yield jobs
        for name, (words, read) in self._figures.items():
            yield GaugeMetricFamily(name, words, read())


def _figures_of(services: Services) -> Figures:
    pool, hot = services.pool, services.delivery.hot
    return {
        "imagewell_render_workers": ("Render workers that live.", lambda: pool.stats().workers),
        "imagewell_render_busy": ("Render workers at work.", lambda: pool.stats().busy),
        "imagewell_render_waiting": ("Orders waiting for a worker.", lambda: pool.stats().waiting),
        "imagewell_render_orders": ("Orders taken since the start.", lambda: pool.stats().orders),
        "imagewell_render_workers_lost": ("Workers that crashed or were killed.", lambda: pool.stats().lost),
        "imagewell_hot_entries": ("Finished answers kept ready.", lambda: len(hot)),
        "imagewell_hot_bytes": ("What they weigh.", lambda: hot.bytes),
    }
