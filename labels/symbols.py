"""Drawings beside the warnings, as polygons in a square of side 1 (x right, y down), filled by the non-zero rule.

Black shapes run one way round, holes the other; so a whole symbol is one path.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

Polygon = tuple[tuple[float, float], ...]


def _black(*points: tuple[float, float]) -> Polygon:
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, (*points[1:], points[0]), strict=True))
    return points if twice_area > 0 else points[::-1]


def _hole(*points: tuple[float, float]) -> Polygon:
    return _black(*points)[::-1]


def _disc(x: float, y: float, radius: float) -> tuple[tuple[float, float], ...]:
    turns = [2 * math.pi * step / 40 for step in range(40)]
    return tuple((round(x + radius * math.cos(t), 4), round(y + radius * math.sin(t), 4)) for t in turns)


def _bar(x: float, y: float, length: float, thick: float, degrees: float) -> Polygon:
    """A bar centred at x, y and turned."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(length / 2, thick / 2), (-length / 2, thick / 2), (-length / 2, -thick / 2), (length / 2, -thick / 2)]
    return _black(*((round(x + a * cosine - b * sine, 4), round(y + a * sine + b * cosine, 4)) for a, b in corners))


def _crescent() -> Polygon:
    """Two arcs between the points where a moon of radius 0.46 meets the shadow that covers it."""
    outer = [math.radians(a) for a in range(20, 296, 12)]
    points = [(0.48 + 0.46 * math.cos(a), 0.5 + 0.46 * math.sin(a)) for a in outer]
    first, last = points[0], points[-1]
    centre, radius = (0.69, 0.33), 0.0
    radius = (math.dist(centre, first) + math.dist(centre, last)) / 2
    start = math.atan2(last[1] - centre[1], last[0] - centre[0])
    end = math.atan2(first[1] - centre[1], first[0] - centre[0])
    sweep = (end - start) % (2 * math.pi) - 2 * math.pi
    inner = [start + sweep * step / 16 for step in range(1, 16)]
    points += [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in inner]
    return _black(*((round(x, 4), round(y, 4)) for x, y in points))


_FORBIDDEN = (_black(*_disc(0.5, 0.5, 0.49)), _hole(*_disc(0.5, 0.5, 0.38)))

SYMBOLS: Mapping[str, tuple[Polygon, ...]] = MappingProxyType(
    {
        "no-opioids": (*_FORBIDDEN, _bar(0.5, 0.5, 0.75, 0.11, 45)),
        "tell": (
            _black((0.02, 0.1), (0.98, 0.1), (0.98, 0.72), (0.5, 0.72), (0.24, 0.98), (0.24, 0.72), (0.02, 0.72)),
            _hole((0.43, 0.17), (0.57, 0.17), (0.545, 0.47), (0.455, 0.47)),
            _hole((0.44, 0.54), (0.56, 0.54), (0.56, 0.66), (0.44, 0.66)),
        ),
        "sleep": (_crescent(),),
        "caution": (
            _black((0.5, 0.03), (0.99, 0.95), (0.01, 0.95)),
            _hole((0.5, 0.25), (0.825, 0.85), (0.175, 0.85)),
            _black((0.44, 0.4), (0.56, 0.4), (0.535, 0.65), (0.465, 0.65)),
            _black((0.445, 0.7), (0.555, 0.7), (0.555, 0.8), (0.445, 0.8)),
        ),
        "shake": (
            _black(
                (0.38, 0.02),
                (0.62, 0.02),
                (0.62, 0.2),
                (0.74, 0.34),
                (0.74, 0.98),
                (0.26, 0.98),
                (0.26, 0.34),
                (0.38, 0.2),
            ),
            _hole((0.35, 0.44), (0.65, 0.44), (0.65, 0.6), (0.35, 0.6)),
            _bar(0.1, 0.5, 0.4, 0.1, 75),
            _bar(0.9, 0.5, 0.4, 0.1, 75),
        ),
        "cold": (
            *(_bar(0.5, 0.5, 0.96, 0.1, turn) for turn in (30, 90, 150)),
            *(
                _bar(
                    0.5 + 0.3 * math.cos(math.radians(turn)),
                    0.5 + 0.3 * math.sin(math.radians(turn)),
                    0.3,
                    0.09,
                    turn + 90,
                )
                for turn in range(30, 390, 60)
            ),
        ),
        "alcohol": (
            _black(
                (0.14, 0.04),
                (0.86, 0.04),
                (0.55, 0.52),
                (0.55, 0.86),
                (0.78, 0.86),
                (0.78, 0.97),
                (0.22, 0.97),
                (0.22, 0.86),
                (0.45, 0.86),
                (0.45, 0.52),
            ),
            _hole((0.31, 0.12), (0.69, 0.12), (0.63, 0.21), (0.37, 0.21)),
        ),
        "light": (
            _black(*_disc(0.5, 0.5, 0.24)),
            *(
                _bar(
                    0.5 + 0.4 * math.cos(math.radians(turn)), 0.5 + 0.4 * math.sin(math.radians(turn)), 0.18, 0.1, turn
                )
                for turn in range(0, 360, 45)
            ),
        ),
        "syringe": (
            _bar(0.5, 0.06, 0.44, 0.1, 0),
            _bar(0.5, 0.14, 0.2, 0.1, 90),
            _black(
                (0.3, 0.22),
                (0.7, 0.22),
                (0.7, 0.78),
                (0.55, 0.86),
                (0.55, 0.99),
                (0.45, 0.99),
                (0.45, 0.86),
                (0.3, 0.78),
            ),
            _hole((0.38, 0.3), (0.62, 0.3), (0.62, 0.5), (0.38, 0.5)),
        ),
    }
)
