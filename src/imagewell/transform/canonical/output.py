"""Options of encoding that the format does not have."""

from __future__ import annotations

from dataclasses import replace

from imagewell.transform.model import Format, Output, Palette

DATA = frozenset({Format.JSON, Format.BLURHASH, Format.PALETTE_JSON, Format.PALETTE_CSS})
"""Answers about the picture: nothing is encoded."""
PALETTES = frozenset({Format.PALETTE_JSON, Format.PALETTE_CSS})
LOSSY = frozenset({Format.JPEG, Format.WEBP, Format.AVIF})
LOSSLESS_TOO = frozenset({Format.WEBP, Format.AVIF})
WITH_CHROMA = frozenset({Format.JPEG, Format.AVIF})
WITH_DENSITY = frozenset({Format.JPEG, Format.PNG})
INDEXED = frozenset({Format.GIF})
"""Formats that always have a palette; PNG has one where `indexed` says so."""


def output_normal(output: Output) -> Output:
    """The output without what its formats have no use for. One that is not settled yet keeps everything."""
    if output.format is None or output.auto:
        return output
    if output.format in DATA:
        return Output(
            format=output.format,
            palette=_palette(output.format, output.palette),
            faces=output.faces and output.format == Format.JSON,
        )
    formats = {output.format} if output.if_clear is None else {output.format, output.if_clear}
    lossless = output.lossless and bool(formats & LOSSLESS_TOO)
    has_palette = bool(formats & INDEXED) or (output.indexed and Format.PNG in formats)
    return replace(
        output,
        if_clear=None if output.if_clear == output.format else output.if_clear,
        quality=output.quality if formats & (LOSSY - LOSSLESS_TOO if lossless else LOSSY) else None,
        lossless=lossless,
        indexed=output.indexed and Format.PNG in formats,
        true_color=output.true_color and Format.PNG in formats,
        colors=output.colors if has_palette else None,
        chroma=output.chroma if formats & WITH_CHROMA else None,
        progressive=output.progressive or Format.JPEG not in formats,
        dpi=output.dpi if formats & WITH_DENSITY else None,
        iptc=output.iptc and Format.JPEG in formats,
        palette=Palette(),
        faces=False,
    )


def _palette(format: Format, palette: Palette) -> Palette:
    if format not in PALETTES:
        return Palette()
    return palette if format is Format.PALETTE_CSS else replace(palette, prefix=Palette().prefix)
