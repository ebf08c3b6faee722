"""The report's plots, as SVG that takes its colours and its font from the page.

The page also has the legend: the roles have the colours `--teacher` and `--student`.

Equal numbers give equal bytes: no date, salted ids, text kept as text. Safe in threads: figures
are made without pyplot, and matplotlib's settings are changed under a lock.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from recdial.domain import Role
from services.evaluator.statistics import Histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# matplotlib knows no CSS, so each colour of the page has a stand-in that no plot uses otherwise.
_INK, _MUTED, _LINE = "#010203", "#040506", "#070809"
_ROLE_COLOURS = {Role.teacher: "#0a0b0c", Role.student: "#0d0e0f"}
_CSS = {
    _INK: "currentColor",
    _MUTED: "var(--muted)",
    _LINE: "var(--line)",
    _ROLE_COLOURS[Role.teacher]: "var(--teacher)",
    _ROLE_COLOURS[Role.student]: "var(--student)",
}
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "recdial",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _MUTED,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.8,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_LOCK = threading.Lock()
_WIDTH, _HEIGHT = 4.2, 2.6
_MAX_BINS = 30
_BIN_WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def histogram_plot(
    name: str,
    histograms: Mapping[Role, Histogram],
    *,
    quantity: str,
    counted: str,
    published: tuple[str, float] | None = None,
) -> str:
    """Bars of the share of `counted` things with each `quantity`, roles side by side.

    `published` is a dataset's name and its mean, drawn as a line.
    """

    def draw(axes: Axes) -> None:
        numbers = [number for histogram in histograms.values() for number in histogram]
        width = _bin_width(min(numbers), max(numbers))
        bar = 0.84 * width / len(histograms)
        for place, (role, histogram) in enumerate(histograms.items()):
            bins: dict[int, int] = {}
            for number, count in histogram.items():
                start = number // width * width
                bins[start] = bins.get(start, 0) + count
            total = sum(bins.values())
            # A bin of one number stands over it, a wider one over the middle of its numbers.
            left = (width - 1) / 2 - bar * len(histograms) / 2 + bar * place
            axes.bar(
                [start + left for start in bins],
                [100 * count / total for count in bins.values()],
                bar,
                align="edge",
                color=_ROLE_COLOURS[role],
            )
        if published:
            label, mean = published
            axes.axvline(mean, color=_INK, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.annotate(
                f"{label} {mean:g}",
                (mean, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(4, 2),
                textcoords="offset points",
                ha="left" if mean < (min(numbers) + max(numbers)) / 2 else "right",
                va="bottom",
                fontsize=8,
            )
        axes.set_xlabel(quantity)
        axes.set_ylabel(f"% of {counted}")
        axes.grid(axis="y")
        _whole_numbers(axes)

    return _svg(name, draw, _HEIGHT)


def reasons_plot(name: str, reasons: Mapping[Role, Mapping[str, int]]) -> str:
    """Bars of how many dialogues broke each rule, most often broken first, by role."""
    totals: dict[str, int] = {}
    for counts in reasons.values():
        for rule, count in counts.items():
            totals[rule] = totals.get(rule, 0) + count
    rules = sorted(totals, key=lambda rule: (totals[rule], rule))

    def draw(axes: Axes) -> None:
        bar = 0.7 / len(reasons)
        for row, rule in enumerate(rules):
            breaking = [role for role in reversed(list(reasons)) if rule in reasons[role]]
            bottom = row - bar * len(breaking) / 2
            bars = axes.barh(
                [bottom + bar * place for place in range(len(breaking))],
                [reasons[role][rule] for role in breaking],
                bar,
                align="edge",
                color=[_ROLE_COLOURS[role] for role in breaking],
            )
            axes.bar_label(bars, padding=3, fontsize=8, color=_INK)
        axes.set_yticks(range(len(rules)), rules)
        axes.tick_params(axis="y", labelcolor=_INK)
        axes.set_xlabel("dialogues")
        axes.margins(x=0.12)
        axes.spines.left.set_visible(True)
        axes.spines.bottom.set_visible(False)
        _whole_numbers(axes)
        axes.grid(axis="x")

    return _svg(name, draw, 0.7 + 0.16 * len(rules) * max(1.5, len(reasons)))


def loss_plot(
    name: str, losses: tuple[float, ...], validation: tuple[tuple[int, float], ...] = ()
) -> str:
    """The training loss of every step, and step and loss of every validation."""

    def draw(axes: Axes) -> None:
        axes.plot(
            range(1, len(losses) + 1),
            losses,
            color=_ROLE_COLOURS[Role.student],
            linewidth=1.8,
            marker="o" if len(losses) <= _MAX_BINS else "",
            markersize=3.5,
        )
        if validation:
            steps, found = zip(*validation, strict=True)
            axes.plot(steps, found, color=_INK, linewidth=1.2, marker="s", markersize=3.5)
            axes.annotate(
                "validation",
                validation[-1],
                xytext=(0, 6),
                textcoords="offset points",
                horizontalalignment="right",
                fontsize=8,
            )
        axes.set_ylim(bottom=0)
        axes.set_xlabel("optimiser step")
        axes.set_ylabel("loss (nats per token)")
        axes.grid(axis="y")
        _whole_numbers(axes)

    return _svg(name, draw, _HEIGHT)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def _bin_width(low: int, high: int) -> int:
    return next(
        (width for width in _BIN_WIDTHS if (high - low) // width < _MAX_BINS), high - low + 1
    )


def _svg(name: str, draw: Callable[[Axes], None], height: float) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    target = io.StringIO()
    with _LOCK, matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(
            target,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return _for_page(target.getvalue(), name)


def _for_page(svg: str, name: str) -> str:
    """The element alone, with ids of its own, the size of its place and the page's looks."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"\s*<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    for stand_in, colour in _CSS.items():
        svg = svg.replace(stand_in, colour)
    return svg
