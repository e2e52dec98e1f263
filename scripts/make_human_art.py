"""Make procgen_tools/worlds/maze/human_art.npz: the art of the large pictures for people.

    python scripts/make_human_art.py

The script reads the pictures of the installed `procgen` and reduces them: the mouse (Kenney,
CC0), cut out and with a dark outline; the sand of the walls (Kenney, CC0); and the nine
backgrounds (davis123, CC-BY 3.0), at 128 pixels as JPEG bytes. It draws the cheese itself,
because procgen's own picture has only 27 pixels.
"""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SPRITE_PIXELS = 96
BACKGROUND_PIXELS = 128
JPEG_QUALITY = 88
OUTLINE = (38, 34, 44)
OUTPUT = Path(__file__).parents[1] / "procgen_tools" / "worlds" / "maze" / "human_art.npz"
BACKGROUNDS = ("floortiles", *(f"backgrounddetailed{index}" for index in range(1, 9)))
"""In procgen's order of background_index."""


def procgen_assets() -> Path:
    spec = importlib.util.find_spec("procgen")
    if spec is None or spec.origin is None:
        raise SystemExit("procgen is not installed: pip install 'procgen-tools[procgen]'")
    return Path(spec.origin).parent / "data" / "assets"


def outlined(sprite: Image.Image, side: int, fill: float) -> Image.Image:
    """The opaque part of a sprite, scaled to `fill` of a square canvas, centred and outlined."""
    big = 4 * side
    part = sprite.crop(sprite.getchannel("A").point(lambda a: 255 * (a > 8)).getbbox())
    scale = fill * big / max(part.size)
    part = part.resize((round(part.width * scale), round(part.height * scale)), Image.LANCZOS)
    canvas = Image.new("RGBA", (big, big))
    canvas.paste(part, ((big - part.width) // 2, (big - part.height) // 2))
    width = big // 28
    alpha = canvas.getchannel("A")
    halo = alpha.filter(ImageFilter.GaussianBlur(width / 2)).point(
        lambda a: min(255, max(0, (a - 12) * 10))
    )
    outline = Image.new("RGBA", canvas.size, (*OUTLINE, 255))
    outline.putalpha(ImageChops.lighter(alpha, halo))
    outline.alpha_composite(canvas)
    return outline.resize((side, side), Image.LANCZOS)


def cheese() -> Image.Image:
    """A wedge of cheese in procgen's colours, on a 400-pixel canvas."""
    picture = Image.new("RGBA", (400, 400))
    draw = ImageDraw.Draw(picture)
    top, side, dark = (255, 226, 92), (255, 168, 32), (222, 122, 20)
    tip, back_left, back_right = (20, 210), (240, 60), (380, 150)
    height = 130
    draw.polygon([tip, back_left, back_right], fill=top)
    draw.polygon(
        [tip, back_right, (back_right[0], back_right[1] + height), (tip[0], tip[1] + height)],
        fill=side,
    )
    for x, y, radius in ((120, 265, 30), (230, 215, 20), (305, 245, 34), (200, 300, 14)):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=dark)
    for x, y, radius in ((230, 115, 24), (295, 142, 14), (150, 160, 16)):
        draw.ellipse([x - radius, y - radius * 0.6, x + radius, y + radius * 0.6], fill=side)
    return picture


def jpeg(picture: Image.Image) -> np.ndarray:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def main() -> None:
    assets = procgen_assets()
    mouse = Image.open(assets / "kenney/Enemies/mouse_move.png").convert("RGBA")
    sand = Image.open(assets / "kenney/Ground/Sand/sandCenter.png").convert("RGB")
    arrays = {
        "mouse": np.asarray(outlined(mouse, SPRITE_PIXELS, 0.91)),
        "cheese": np.asarray(outlined(cheese(), SPRITE_PIXELS, 0.9)),
        "wall": jpeg(sand.resize((SPRITE_PIXELS, SPRITE_PIXELS), Image.LANCZOS)),
    }
    side = (BACKGROUND_PIXELS, BACKGROUND_PIXELS)
    for index, name in enumerate(BACKGROUNDS):
        picture = Image.open(assets / "topdown_backgrounds" / f"{name}.png").convert("RGB")
        arrays[f"background_{index}"] = jpeg(picture.resize(side, Image.LANCZOS))
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    temporary = OUTPUT.with_suffix(".tmp.npz")
    np.savez_compressed(temporary, **arrays)
    temporary.replace(OUTPUT)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
