"""Charts of a model as SVG text, without outside resources: bars on one axis of bits or shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor

from linkage.calibration import Calibration
from linkage.clues import words_of
from linkage.configuration import CHILDREN, Configuration
from linkage.explanation import levels
from linkage.model import MatchModel, Thresholds

ROW, LABEL, PLOT, MARGIN = 18, 460, 520, 14
"""Pixels: height of a row, width of the words, width of the bars, space around."""
FOR, AGAINST, SECOND = "#1b6e53", "#a3341f", "#5b4b8a"
"""Told apart also by their side of the axis, or by the words beside them."""
INK, RULE = "#1f2328", "#8c959f"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One row: its words, its value on the axis, and what stands behind the bar."""

    words: str
    value: float
    said: str
    colour: str = FOR


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A chart as SVG, with the file name and the title under which people find it."""

    name: str
    title: str
    svg: str


def weights(model: MatchModel, configuration: Configuration = CHILDREN) -> Chart:
    """What every level adds or takes away, in bits."""
    bars = [
        Bar(
            words=f"{level.feature}: {level.vietnamese}",
            value=level.bits,
            said=f"{level.bits:+.1f}",
            colour=FOR if level.bits >= 0 else AGAINST,
        )
        for level in levels(model, configuration)
    ]
    title = "Trọng số của từng mức, tính bằng bit · Match weight of each level, in bits"
    return Chart(name="weights", title=title, svg=drawn(title, bars))


def clues(model: MatchModel) -> Chart:
    """What every clue of the second look adds to the log odds, the loudest first."""
    loudest = sorted(model.second.items(), key=lambda clue: (-abs(clue[1]), clue[0]))
    bars = [
        Bar(
            words=words_of(clue)[0],
            value=bits,
            said=f"{bits:+.1f}",
            colour=FOR if bits >= 0 else AGAINST,
        )
        for clue, bits in loudest
    ]
    title = "Manh mối của lần xét lại, tính bằng bit · Clues of the second look, in bits"
    return Chart(name="clues", title=title, svg=drawn(title, bars))


def shares(model: MatchModel, configuration: Configuration = CHILDREN) -> Chart:
    """m and u of every level: how often it is seen in pairs of one child, and of two."""
    bars = [
        Bar(words=words, value=share, said=f"{side} {share:.3g}", colour=colour)
        for level in levels(model, configuration)
        for words, side, share, colour in (
            (f"{level.feature}: {level.vietnamese}", "m", level.m, FOR),
            ("", "u", level.u, SECOND),
        )
    ]
    title = "m: trong các cặp là một trẻ; u: hai trẻ · m: among pairs of one child; u: of two"
    return Chart(name="shares", title=title, svg=drawn(title, bars))


def histogram(scores: Sequence[float], thresholds: Thresholds) -> Chart:
    """How many compared pairs weigh how much; `scores` in bits."""
    counts: dict[int, int] = {}
    for score in scores:
        counts[floor(score)] = counts.get(floor(score), 0) + 1
    bars = [
        Bar(words=f"{bits:+d} – {bits + 1:+d}{_marked(bits, thresholds)}", value=n, said=str(n))
        for bits in range(min(counts, default=0), max(counts, default=-1) + 1)
        for n in [counts.get(bits, 0)]
    ]
    title = "Số cặp theo trọng số (bit) · Compared pairs by weight (bits)"
    return Chart(name="histogram", title=title, svg=drawn(title, bars))


def trade_off(scores: Sequence[float], calibration: Calibration) -> Chart:
    """How many pairs stay from a weight on, and how many of them the model itself takes for wrong."""
    bars = []
    for least in range(-6, 25, 2):
        kept = [score for score in scores if score >= least]
        wrong = sum(1 - calibration.probability(score) for score in kept)
        said = f"{len(kept)}, {wrong:.1f} sai · wrong"
        bars.append(Bar(words=f"từ · from {least:+d} bit", value=len(kept), said=said))
    title = "Ngưỡng: số cặp còn lại, và số mà chính mô hình cho là sai · Threshold: pairs that stay, and those that the model itself expects to be wrong"
    return Chart(name="trade-off", title=title, svg=drawn(title, bars))


def drawn(title: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars from zero; every value also stands in words, so that colour tells nothing alone."""
    low = min(0.0, *(bar.value for bar in bars)) if bars else 0.0
    high = max(0.0, *(bar.value for bar in bars)) if bars else 1.0
    scale = (PLOT - 130) / ((high - low) or 1)
    zero = LABEL + MARGIN - low * scale + (60 if low < 0 else 0)
    width, height = LABEL + PLOT + 2 * MARGIN, ROW * len(bars) + 3 * MARGIN
    rows = "".join(_row(i, bar, zero, scale) for i, bar in enumerate(bars))
    axis = f'<line x1="{zero:.1f}" y1="{MARGIN}" x2="{zero:.1f}" y2="{height - MARGIN}" stroke="{RULE}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {ceil(height)}"'
        f' width="{width}" height="{ceil(height)}" role="img" font-family="sans-serif"'
        f' font-size="12" fill="{INK}"><title>{escape(title)}</title>{axis}{rows}</svg>'
    )


def _row(number: int, bar: Bar, zero: float, scale: float) -> str:
    y = 2 * MARGIN + number * ROW
    start, length = min(zero, zero + bar.value * scale), abs(bar.value * scale)
    at, anchor = (start + length + 4, "start") if bar.value >= 0 else (start - 4, "end")
    return (
        f'<text x="{LABEL}" y="{y}" text-anchor="end">{escape(bar.words)}</text>'
        f'<rect x="{start:.1f}" y="{y - 10}" width="{max(length, 0.5):.1f}" height="12"'
        f' fill="{bar.colour}"/><text x="{at:.1f}" y="{y}" text-anchor="{anchor}">'
        f"{escape(bar.said)}</text>"
    )


def _marked(bits: int, thresholds: Thresholds) -> str:
    """The thresholds that lie in this bit."""
    names = [
        name
        for name in ("review", "alone", "link", "certain")
        if floor(getattr(thresholds, name)) == bits
    ]
    return f"  ◂ {', '.join(names)}" if names else ""
