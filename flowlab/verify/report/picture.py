"""How tight a claim is, as a small drawing that stands in a page: SVG whose text is text, around a map of pixels."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flowlab.verify.tightness import TightnessMap

__all__ = ["picture"]

_LEFT, _TOP, _WIDTH, _HEIGHT, _BAR = 60, 26, 220, 132, 10  # of the map, in the drawing's units
_FAILS = np.array([178, 24, 43], dtype=float)
#: Pale where tight, dark where loose: cividis reversed, legible without colour vision.
_SCALE = np.array(
    [(254, 232, 56), (200, 184, 102), (155, 148, 118), (120, 118, 119), (84, 91, 109), (40, 62, 108), (0, 34, 78)],
    float,
)


def picture(found: TightnessMap) -> str:
    """Return a map as inline SVG, or a curve where there is one argument.

    Parameters
    ----------
    found : TightnessMap

    Returns
    -------
    str
        An ``svg`` element with a description, without scripts and without addresses.

    Examples
    --------
    >>> from flowlab.verify import Real, at_most, claim, tightness
    >>> found = tightness(claim("demo", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, x * x + 1)), points=9)
    >>> picture(found)[:4], "polyline" in picture(found)
    ('<svg', True)
    """
    values = np.asarray(found.values, dtype=float) / (math.log(10) if found.measure == "ratio" else 1.0)
    title = f"{found.claim.id}: {_meaning(found)} over {' and '.join(found.over)}"
    inside = _map(values) if values.ndim == 2 else _curve(values)
    frame = f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}"/>'
    height = _TOP + _HEIGHT + 38
    return (
        f'<svg class="tightness" viewBox="0 0 372 {height}" width="372" height="{height}" role="img">'
        f"<title>{escape(title)}</title>{inside}{frame}{_axes(found, values)}</svg>"
    )


def _meaning(found: TightnessMap) -> str:
    return "log₁₀(right side / left side)" if found.measure == "ratio" else "slack"


def _map(values: NDArray[np.float64]) -> str:
    """Return the cells of a map and the bar of its colours, as two images."""
    low, high = _ends(values)
    part = (values - low) / (high - low) if high > low else np.zeros_like(values)
    drawn = _coloured(part)
    drawn[values < 0, :3] = _FAILS
    drawn[np.isnan(values), 3] = 0
    bar = _coloured(np.linspace(1.0, 0.0, 64)[:, None])
    place = f'x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}"'
    beside = f'x="{_LEFT + _WIDTH + 8}" y="{_TOP}" width="{_BAR}" height="{_HEIGHT}"'
    return _image(drawn[::-1], place) + _image(bar, beside)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the scale's ends, of the values where the claim holds."""
    holding = values[np.isfinite(values) & (values >= 0)]
    return (float(holding.min()), float(holding.max())) if holding.size else (0.0, 0.0)


def _coloured(part: NDArray[np.float64]) -> NDArray[np.float64]:
    place = np.nan_to_num(np.clip(part, 0.0, 1.0)) * (len(_SCALE) - 1)
    channels = [np.interp(place, np.arange(len(_SCALE)), _SCALE[:, each]) for each in range(3)]
    return np.stack([*channels, np.full_like(channels[0], 255.0)], axis=-1)


def _image(pixels: NDArray[np.float64], place: str) -> str:
    data = base64.b64encode(_png(pixels.round().astype(np.uint8))).decode("ascii")
    return f'<image {place} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return rows of red, green, blue and opacity as a PNG."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _curve(values: NDArray[np.float64]) -> str:
    """Return the line through the values."""
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    unit = _HEIGHT / (high - low) if high > low else 0.0
    step = _WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{_LEFT + index * step:.1f},{_TOP + _HEIGHT - (value - low) * unit:.1f}"
        for index, value in enumerate(values)
        if math.isfinite(value)
    )
    return f'<polyline class="curve" points="{points}"/>'


def _axes(found: TightnessMap, values: NDArray[np.float64]) -> str:
    """Return the labels: the arguments and their ends, and the least and greatest value."""
    right, bottom = _LEFT + _WIDTH, _TOP + _HEIGHT
    across, *upward = found.over
    first, last = _labels(found, across)
    parts = [
        _text(_LEFT, bottom + 15, first, "start"),
        _text(right, bottom + 15, last, "end"),
        _text((_LEFT + right) / 2, bottom + 31, f"{across}{_scale_of(found, across)} →", "middle"),
    ]
    if upward:
        low, high = _labels(found, upward[0])
        least, most = _ends(values)
        parts += [
            _text(_LEFT - 4, bottom, low, "end"),
            _text(_LEFT - 4, _TOP + 9, high, "end"),
            _text(_LEFT, _TOP - 8, f"↑ {upward[0]}{_scale_of(found, upward[0])}", "start"),
            _text(right + _BAR + 12, bottom, _level(found, least), "start"),
            _text(right + _BAR + 12, _TOP + 9, _level(found, most), "start"),
        ]
    else:
        finite = values[np.isfinite(values)]
        ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        parts += [
            _text(_LEFT - 4, y, _level(found, end), "end") for y, end in zip((bottom, _TOP + 9), ends, strict=True)
        ]
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _labels(found: TightnessMap, name: str) -> tuple[str, str]:
    ends: Any = found.axes[name]
    return _short(ends[0]), _short(ends[-1])


def _scale_of(found: TightnessMap, name: str) -> str:
    origin = found.logarithmic[name]
    return "" if origin is None else f" (log{f' from {origin:g}' if origin else ''})"


def _short(value: Any) -> str:
    return f"{float(value):.3g}" if isinstance(value, int | float | np.integer | np.floating) else str(value)[:9]


def _level(found: TightnessMap, value: float) -> str:
    """Return a value of the scale: the ratio itself as far as it can be written."""
    if found.measure != "ratio":
        return f"{value:.2g}"
    if abs(value) < 4:
        return f"{10**value:.3g}"
    return f"10^{value:.0f}" if 100 <= abs(value) < 1e6 else f"10^{value:.3g}"
