"""What the server writes about itself: structlog for events, and one line a request.

No secret and no query string is ever logged: a query may carry a signature. The request line goes through a small
buffer of its own because it is on the hot path: a cached picture is answered in tens of microseconds, and a full
logging call would double that.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

if TYPE_CHECKING:
    import structlog


class LogSettings(BaseModel):
    """IMAGEWELL_LOG__*."""

    model_config = ConfigDict(frozen=True)

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    """`auto` is for people when standard error is a terminal, JSON lines otherwise."""
    requests: bool = True
    """One line for each request."""


class Log:
    """A logger by name. structlog is imported for the first line, which most starts do not write."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        import structlog

        _set_up()
        return getattr(structlog.get_logger(self._name), method)


class _Formatter(logging.Formatter):
    """The standard library's records, as structlog writes its own."""

    def format(self, record: logging.LogRecord) -> str:
        return _set_up().format(record)


_settings, _stream = LogSettings(), sys.stderr
_formatter: structlog.stdlib.ProcessorFormatter | None = None


def configure(settings: LogSettings, stream: TextIO = sys.stderr) -> None:
    """Settle how and where everything is logged, the standard library's records included."""
    global _settings, _stream, _formatter
    _settings, _stream, _formatter = settings, stream, None
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # httpx names whole URLs at INFO, and a URL may carry a signature.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _set_up() -> structlog.stdlib.ProcessorFormatter:
    """structlog as `configure` settled it; once is enough."""
    global _formatter
    if _formatter is None:
        _formatter = _structlog(_settings, _stream)
    return _formatter


def _structlog(settings: LogSettings, stream: TextIO) -> structlog.stdlib.ProcessorFormatter:
    import structlog

    people = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)  # no local variables
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    bare = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(processors=[bare, renderer], foreign_pre_chain=shared)


class RequestLog:
    """One JSON line a request, written in batches a few times a second."""

    FLUSH_AFTER_S = 0.25
    FLUSH_AT_LINES = 512

    def __init__(self, enabled: bool = True, stream: TextIO = sys.stderr) -> None:
        self.enabled = enabled
        self._stream = stream
        self._lines: list[dict[str, Any]] = []
        self._timer: asyncio.TimerHandle | None = None

    def record(self, facts: dict[str, Any]) -> None:
        """Note one answered request; `facts` is not copied and must not be changed afterwards."""
        if not self.enabled:
            return
        self._lines.append(facts)
        if len(self._lines) >= self.FLUSH_AT_LINES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.FLUSH_AFTER_S, self.flush)

    def flush(self) -> None:
        """Write what is buffered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("".join(to_json(line).decode() + "\n" for line in lines))
            self._stream.flush()
