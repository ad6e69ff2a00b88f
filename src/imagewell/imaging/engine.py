"""The engine: a render order in, a file and its Rendition out. Runs in render workers only."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial

import pyvips
from pyvips import Image

from imagewell.errors import InvalidParameter
from imagewell.imaging import color, decode, encode, fonts, look, pipeline
from imagewell.imaging.answers import blurhash, faces, facts, palette
from imagewell.imaging.answers.plain import Json
from imagewell.imaging.context import Context
from imagewell.imaging.font_settings import FontSettings
from imagewell.imaging.playback import Playback, chosen
from imagewell.imaging.steps import crop, cutout, orient, resize, text
from imagewell.imaging.work import BASE, Facts, LookOrder, RenderOrder, Rendition, Seen
from imagewell.transform import geometry
from imagewell.transform.limits import Limits
from imagewell.transform.model import Fit, Focus, Format, Output, Stage
from imagewell.transform.values import Size
from imagewell.vision.engines import Engines, missing

DECODED_WHEN_PROBED = frozenset({"tiff", "bmp", "ico", "svg"})
"""Formats whose end is not looked for in their structure: they are decoded whole instead."""
SVG_LOOK_PX = 256


class Engine:
    """Reads, transforms and writes pictures. One a process; it settles what libvips may do there.

    Args:
        engines: those that look at pictures, in workers that have them.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        font_settings: FontSettings | None = None,
        engines: Engines | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._engines = engines
        decode.block_other_loaders()
        pyvips.cache_set_max(0)
        _quiet()
        fonts.prepare(font_settings)

    def probe(self, path: str, whole: bool = False) -> Facts:
        """What the header says; with `whole`, after every pixel was decoded.

        Raises: UnsupportedFormat, UnreadableImage, TooLarge.
        """
        opened = decode.open_input(path, self._limits)
        found = opened.facts
        if whole or found.format in DECODED_WHEN_PROBED:
            scale = min(1.0, SVG_LOOK_PX / max(found.width, found.height)) if found.format == "svg" else 1.0
            with decode.translated():
                for frame in opened.load(scale=scale, count=found.frames):
                    frame.avg()
        return found

    def render(self, order: RenderOrder) -> Rendition:
        """Carry out one order; the result is in the rendition, or the file at `order.write_to` is complete.

        Raises: the refusals of decoding, the steps and encoding.
        """
        limits = self._limits
        if order.max_side_px is not None:
            limits = replace(limits, max_side_px=order.max_side_px)
        with decode.translated():
            made = _Render(order, limits, self._engines).run()
        return replace(made, sha256=encode.sha256_of(order.write_to)) if order.hashed and made.body is None else made

    def look(self, order: LookOrder) -> Seen:
        """What an engine sees. Raises: EngineMissing, and the refusals of decoding."""
        if self._engines is None:
            raise missing(order.engine)
        with decode.translated():
            return Seen(look.seen(order, self._engines, self._limits))


class _Render:
    """One order on its way."""

    def __init__(self, order: RenderOrder, limits: Limits, engines: Engines | None) -> None:
        self._order = order
        self._limits = limits
        self._engines = engines
        self._stages = [geometry.at_device_pixels(stage) for stage in order.transformation.stages] or [Stage()]
        self._target = encode.Target(order.write_to, order.answer_bytes)
        self._timings: dict[str, float] = {}
        self._since = time.perf_counter()

    def run(self) -> Rendition:
        output = self._order.transformation.output
        if output.format == Format.JSON:
            return self._describe(output.faces)
        frames, playback = self._picture(output)
        self._lap("transform")
        rendition = self._write(frames, playback, output)
        self._lap("encode")
        return replace(rendition, timings_ms=self._timings)

    def _picture(self, output: Output) -> tuple[list[Image], Playback]:
        """The frames after every stage."""
        if self._order.transformation.typeset is not None:
            frames, playback = [text.typeset(self._order.transformation.typeset, self._limits.max_side_px)], Playback()
            contexts = [self._context(self._stages[0], _size(frames[0]))]
        else:
            base = decode.open_input(self._path(BASE), self._limits)
            playback = self._playback(base, output)
            self._lap("open")
            frames, context = self._begin(base, playback)
            contexts = [context]
        frames = pipeline.run(frames, contexts[0])
        for stage in self._stages[1:]:
            frames = [frame.copy_memory() for frame in frames]
            frames = orient.apply(frames, stage.orient) if stage.orient else frames
            frames = pipeline.run(frames, self._context(stage, _size(frames[0])))
        return [self._under_ceiling(frame) for frame in frames], playback

    def _playback(self, base: decode.Opened, output: Output) -> Playback:
        count = base.facts.frames if base.facts.format in decode.ANIMATED else base.pages
        moves = base.facts.frames > 1 and output.format in encode.ANIMATED
        # A picture of a kind that has neither pages nor frames is what it is, whichever of them is asked for.
        asked = self._order.transformation.frames if base.facts.format in decode.ANIMATED | decode.PAGED else None
        return chosen(asked, count, base.delays_ms, base.loop, moves)

    def _begin(self, base: decode.Opened, playback: Playback) -> tuple[list[Image], Context]:
        """The first stage's frames, upright, and no larger than that stage needs them."""
        stage = self._stages[0]
        orientation = base.facts.orientation if stage.orient is None else stage.orient or 1
        stored = base.facts.size.turned() if base.facts.orientation >= 5 else base.facts.size
        context = self._context(stage, geometry.oriented(stored, orientation))
        keep_space = self._order.transformation.output.profile == "origin"
        context.convert = partial(color.to_srgb, keep_space=keep_space)
        scale = self._scale(base.facts.format, context)
        first = min(playback.frames)
        frames = base.load(
            scale=scale,
            first=first,
            count=max(playback.frames) - first + 1,
            random=stage.trim is None and stage.cutout is None and self._looks(stage),
        )
        frames = [frames[number - first] for number in playback.frames]
        if orient.ANGLES[orientation] != "d0" and scale < 1:
            # Turning reads a picture from its far corner: less of it to hold when it has shrunk before.
            whole = Size(max(1, round(stored.width * scale)), max(1, round(stored.height * scale)))
            frames = [resize.scaled(frame, whole) for frame in frames]
        return orient.apply(frames, orientation), context

    def _scale(self, format: str, context: Context) -> float:
        """At what share of its size the picture is needed; a drawing may be needed larger than it says it is."""
        stage, source = context.stage, context.source
        if stage.trim is not None or (stage.region is not None and format != "svg"):
            return 1.0
        if self._engines is not None and stage.resize is not None and stage.resize.fit is Fit.FACEAREA:
            return 1.0  # how little of the picture its faces are, only looking at it tells
        box = geometry.region_box(source, stage.region) if stage.region is not None else None
        placement = geometry.place(box.size if box else source, stage.resize, stage.pad, self._limits.max_side_px)
        _, _, width, height = placement.crop
        scale = max(placement.scaled.width / width, placement.scaled.height / height)
        if stage.cutout is not None:
            scale = max(scale, min(1.0, cutout.LEAST_SIDE_PX / max(source.width, source.height)))
        if format != "svg":
            return float(min(1.0, scale))
        most = min(
            self._limits.max_input_side_px / max(source.width, source.height),
            (self._limits.max_pixels / source.pixels) ** 0.5,
        )
        return float(min(scale, most))

    def _looks(self, stage: Stage) -> bool:
        """Whether the resize looks at the picture before it cuts it."""
        op = stage.resize
        if op is None or op.fit not in geometry.CUTS:
            return False
        by_engine = self._engines is not None and (op.fit is Fit.FACEAREA or Focus.FACES in op.focus)
        return by_engine or any(word in crop.MEASURES for word in op.focus)

    def _context(self, stage: Stage, source: Size) -> Context:
        return Context(self._order, stage, source, self._open, self._limits, engines=self._engines)

    def _open(self, reference: str) -> Image:
        """The first frame of another input: upright, 8-bit sRGB, in memory."""
        other = decode.open_input(self._path(reference), self._limits)
        (frame,) = orient.apply(other.load(), other.facts.orientation)
        return color.to_srgb(frame).copy_memory()

    def _path(self, reference: str) -> str:
        try:
            return self._order.inputs[reference]
        except KeyError:
            raise InvalidParameter("image", reference, "a picture that can be opened") from None

    def _under_ceiling(self, frame: Image) -> Image:
        """Steps after the resize can make a picture longer than is allowed; it is scaled down then."""
        longest = max(frame.width, frame.height)
        if longest <= self._limits.max_side_px:
            return frame
        scale = self._limits.max_side_px / longest
        return resize.scaled(frame, Size(max(1, round(frame.width * scale)), max(1, round(frame.height * scale))))

    def _write(self, frames: list[Image], playback: Playback, output: Output) -> Rendition:
        target, size = self._target, (frames[0].width, frames[0].height)
        if output.format in encode.PIXELS:
            backdrop = self._stages[-1].backdrop
            return encode.write(frames, output, target, playback, backdrop.color if backdrop else None)
        frame = frames[0].copy_memory()
        if output.format == Format.BLURHASH:
            return encode.write_text(blurhash.of_image(frame), Format.BLURHASH, target, size)
        if output.format == Format.PALETTE_CSS:
            css = palette.css_of(frame, output.palette.colors, output.palette.prefix)
            return encode.write_text(css, Format.PALETTE_CSS, target, size)
        document = json.dumps(palette.json_of(frame, output.palette.colors))
        return encode.write_text(document, Format.PALETTE_JSON, target, size)

    def _describe(self, with_faces: bool) -> Rendition:
        """Facts about the base as it came. Raises: EngineMissing for its faces."""
        base = decode.open_input(self._path(BASE), self._limits)
        document = facts.describe(
            base.header,
            base.data[:64],
            content_type=self._order.origin_type,
            content_length=self._order.origin_bytes,
        )
        if with_faces:
            document["Faces"] = self._faces(base.facts.size)
        return encode.write_text(json.dumps(document), Format.JSON, self._target, (base.facts.width, base.facts.height))

    def _faces(self, size: Size) -> list[Json]:
        if self._engines is None:
            raise missing("faces")
        rgb = look.opened(self._path(BASE), look.LONGEST_PX["faces"], self._limits)
        return faces.described(self._engines.faces(rgb), size)

    def _lap(self, name: str) -> None:
        now = time.perf_counter()
        self._timings[name] = round((now - self._since) * 1000, 2)
        self._since = now


def _quiet() -> None:
    """Keep libvips' remarks on its own doings out of Python, where each of some ten a picture takes a call."""
    remove = getattr(pyvips, "_remove_log_handler", None)
    if remove is not None:
        remove()


def _size(frame: Image) -> Size:
    return Size(frame.width, frame.height)
