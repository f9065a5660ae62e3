"""The font in which figures write Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

LATIN = "DejaVu Sans"
"""It comes with matplotlib."""
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "Arial Unicode MS",
)


@cache
def chinese_font() -> str | None:
    """An installed font family with Chinese characters, the first of `CHINESE_FONTS`; None where there is none.

    matplotlib's list of fonts is as old as its cache: one that was installed since is looked for and added.
    """
    from matplotlib import font_manager

    found = _first(font.name for font in font_manager.fontManager.ttflist)
    if found is None:
        for path in font_manager.findSystemFonts():
            if _stem(Path(path).stem) in {_stem(name) for name in CHINESE_FONTS}:
                font_manager.fontManager.addfont(path)
        found = _first(font.name for font in font_manager.fontManager.ttflist)
    return found


def fonts() -> list[str]:
    """The families to draw with, in order; the second, where there is one, has Chinese."""
    found = chinese_font()
    return [LATIN, found] if found else [LATIN]


def _first(installed: Iterable[str]) -> str | None:
    names = set(installed)
    return next((name for name in CHINESE_FONTS if name in names), None)


def _stem(name: str) -> str:
    """As files of a family begin, whose names say the weight and the script in ways of their own."""
    return name.replace(" ", "").casefold()[:11]
