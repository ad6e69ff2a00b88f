"""`make golden`: render the set into tests/golden/out, write the hashes and a contact sheet to look at."""

from __future__ import annotations

import json

from PIL import Image, ImageDraw

from tests.golden.render import HASHES, HERE, perceptual_hash, render_all

OUT = HERE / "out"
CELL = (330, 330)
ACROSS = 6


def main() -> None:
    made = list(render_all(OUT))
    HASHES.write_text(json.dumps({name: perceptual_hash(path) for name, path in made}, indent=2) + "\n")
    rows = -(-len(made) // ACROSS)
    sheet = Image.new("RGB", (CELL[0] * ACROSS, CELL[1] * rows), (128, 128, 128))
    draw = ImageDraw.Draw(sheet)
    for number, (name, path) in enumerate(made):
        left, top = number % ACROSS * CELL[0], number // ACROSS * CELL[1]
        with Image.open(path) as opened:
            clear = opened.convert("RGBA")
            clear.thumbnail((320, 300))
            sheet.paste(clear, (left + 5, top + 22), clear)
        draw.text((left + 6, top + 4), name, fill=(255, 255, 255))
    sheet.save(OUT / "sheet.png")
    print(f"{len(made)} pictures in {OUT}; look at sheet.png, then commit {HASHES.name}.")


if __name__ == "__main__":
    main()
