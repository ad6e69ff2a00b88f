"""`multipart/form-data` as a stream of events (RFC 7578), over python-multipart's low-level parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from imagewell.errors import MalformedRequest, UnsupportedMediaType

MAX_HEADERS = 16


@dataclass(frozen=True, slots=True)
class PartStart:
    """A part begins. `is_file`: it has a file name, or a declared type that is not text."""

    name: str
    filename: str | None
    content_type: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part that began last is complete."""


Event = PartStart | PartData | PartEnd


def boundary_of(content_type: str) -> bytes:
    """The boundary a Content-Type names.

    Raises: UnsupportedMediaType for another type, MalformedRequest without a usable boundary (1 to 70 characters).
    """
    kind, options = parse_options_header(content_type)
    if kind.strip() != b"multipart/form-data":
        raise UnsupportedMediaType(content_type or "(none)", "multipart/form-data")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise MalformedRequest("The multipart Content-Type has no usable boundary.")
    return boundary


class Parts:
    """Feeds bytes to the parser and hands out events; keeps no more than the headers of one part."""

    def __init__(self, boundary: bytes, max_parts: int, max_header_bytes: int) -> None:
        self._events: list[Event] = []
        self._headers: dict[str, str] = {}
        self._field = self._value = b""
        self._parts = 0
        self._max_parts = max_parts
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": lambda: self._events.append(PartEnd()),
                "on_end": self._end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=max_header_bytes,
        )
        # Its warnings would write a line of log for every hostile body.
        self._parser.logger.disabled = True

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events in `chunk`. Raises: MalformedRequest."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedRequest("The multipart body cannot be read.") from error
        events, self._events = self._events, []
        return iter(events)

    def close(self) -> None:
        """The body is over. Raises: MalformedRequest when its closing boundary never came."""
        if not self._ended:
            raise MalformedRequest("The multipart body ends before its closing boundary.")

    def _begin(self) -> None:
        self._headers = {}
        self._parts += 1
        if self._parts > self._max_parts:
            raise MalformedRequest(f"The multipart body has more than {self._max_parts} parts.")

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._field = self._value = b""

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition", "").encode("utf-8"))
        if kind.strip() != b"form-data" or b"name" not in options:
            raise MalformedRequest("A part of the multipart body has no Content-Disposition with a name.")
        filename = options.get(b"filename")
        content_type = self._headers.get("content-type", "").strip()
        self._events.append(
            PartStart(
                name=_text(options[b"name"]),
                filename=None if filename is None else _text(filename),
                content_type=content_type,
                is_file=filename is not None or bool(content_type and not content_type.lower().startswith("text/")),
            )
        )

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _end(self) -> None:
        self._ended = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
