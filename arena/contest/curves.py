"""Learning curves as small inline SVG: both rates along a training, by hand, for there are many of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from arena.contest.standings import Standing
from arena.measure.diagnosis import IN_CURVES
from arena.measure.summary import Summary

WIDTH, HEIGHT = 232, 132
LEFT, RIGHT, TOP, BOTTOM = 26, 184, 10, 108
BESIDE = 208
"""Where the ends under the regime frozen are marked."""

CLASSES = ("e", "l")
"""Of what belongs to the early and to the late rate; the page has their colours."""


@dataclass(frozen=True)
class Curves:
    """One learner's way through its training."""

    agent: str
    svg: str


def curves(standing: Standing) -> Curves | None:
    """Both rates of an agent along its training; None where it was not followed."""
    shares = sorted(float(name.partition("~")[2]) for name in standing.values if name.startswith(f"{IN_CURVES[0]}~"))
    if not shares:
        return None
    lines = [[standing.summary(f"{rate}~{share:g}") for share in shares] for rate in IN_CURVES]
    frozen = [standing.summary(f"{rate}@frozen") for rate in IN_CURVES]
    return Curves(standing.agent, _drawn(standing.agent, shares, lines, frozen))


def _drawn(agent: str, shares: Sequence[float], lines: Sequence[Sequence[Summary]], frozen: Sequence[Summary]) -> str:
    said = ", ".join(
        f"{what} rate {line[0].mean:.2f} to {line[-1].mean:.2f}"
        for what, line in zip(("early", "late"), lines, strict=True)
        if line[0].seeds and line[-1].seeds
    )
    parts = [f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(agent)}: {said}">']
    parts += _frame(any(one.seeds for one in frozen))
    known = [
        [(_x(share), one) for share, one in zip(shares, line, strict=True) if one.seeds]  # others are passed over
        for line in lines
    ]
    for kind, line in reversed([*zip(CLASSES, known, strict=True)]):  # dashes show on a line, and discs in rings
        parts += _line(kind, line)
    for kind, line, one in zip(CLASSES, known, frozen, strict=True):
        parts += [_mark(kind, x, last.mean) for x, last in line[-1:]]
        if one.seeds:
            parts.append(f'<path class="b {kind}" d="M{BESIDE} {_y(one.low)}V{_y(one.high)}"/>')
            parts.append(_mark(kind, BESIDE, one.mean))
    return "".join(parts) + "</svg>"


def _frame(beside: bool) -> list[str]:
    """The axes, and where what is beside them begins."""
    parts = []
    end, below = WIDTH - 2 if beside else RIGHT + 4, BOTTOM + 18
    for value, mark in ((0.0, "0"), (0.5, "½"), (1.0, "1")):
        y = _y(value)
        parts.append(f'<path class="g" d="M{LEFT} {y}H{end}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 3.5:.1f}" class="a">{mark}</text>')
    parts.append(f'<text x="{LEFT}" y="{below}">0</text><text x="{RIGHT}" y="{below}" class="a">all</text>')
    parts.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{below}" class="m">of its training</text>')
    if beside:
        parts.append(f'<path class="s" d="M{(RIGHT + BESIDE) / 2 - 1} {TOP - 4}V{BOTTOM + 4}"/>')
        parts.append(f'<text x="{BESIDE + 2}" y="{below}" class="m">frozen</text>')
    return parts


def _line(kind: str, known: Sequence[tuple[float, Summary]]) -> list[str]:
    """The line through the means, and the band if there is one."""
    above = " ".join(f"{x},{_y(one.high)}" for x, one in known)
    below = " ".join(f"{x},{_y(one.low)}" for x, one in reversed(known))
    means = " ".join(f"{x},{_y(one.mean)}" for x, one in known)
    band = [] if all(one.certain for _, one in known) else [f'<polygon class="{kind}" points="{above} {below}"/>']
    return [*band, f'<polyline class="{kind}" points="{means}"/>'] if known else []


def _mark(kind: str, x: float, value: float) -> str:
    """A ring for the early rate, a disc for the late one, as everywhere."""
    return f'<circle class="{kind}" cx="{x}" cy="{_y(value)}" r="{4.2 if kind == "e" else 2.9}"/>'


def _x(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _y(value: float) -> float:
    return round(BOTTOM + (TOP - BOTTOM) * value, 1)
