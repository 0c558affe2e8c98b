"""Draws panels as Prometheus recorded them, with the incidents as bands."""

from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot

COLUMNS, MOST_IN_LEGEND = 3, 9
UNITS = {"s": "seconds", "bytes": "bytes", "percentunit": "share", "ops": "per second", "reqps": "per second"}


def legend(text, labels):
    """The text of a legend with its labels; those that a series does not have are empty."""
    return text.format_map(defaultdict(str, labels)).strip()


def draw_panel(axes, panel, series, steps, start, end):
    count = 0
    for text, found in series:
        for labels, points in found:
            # A gap where nothing was recorded, in place of a line across it.
            times, values, before = [], [], None
            for at, value in points:
                if before is not None and at - before > 15:
                    times.append(None)
                    values.append(None)
                times.append((at - start) / 60)
                values.append(value)
                before = at
            shown = legend(text, labels) if count < MOST_IN_LEGEND else None
            axes.plot([float("nan") if at is None else at for at in times],
                      [float("nan") if value is None else value for value in values], linewidth=0.9, label=shown)
            count += 1
    for number, (at, _) in enumerate(steps):
        last = steps[number + 1][0] if number + 1 < len(steps) else end
        if number % 2:
            axes.axvspan((at - start) / 60, (last - start) / 60, color="0.93", zorder=0)
    axes.set_title(panel["title"], fontsize=9, loc="left")
    axes.set_ylabel(UNITS.get(panel.get("unit"), ""), fontsize=7)
    axes.set_xlim(0, (end - start) / 60)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=6)
    if count:
        axes.legend(fontsize=5, ncols=2, loc="upper left", framealpha=0.6)


def draw(drawn, steps, start, end, file):
    """`drawn`: panels with their queries' legends and series."""
    rows = -(-len(drawn) // COLUMNS)
    figure, grid = pyplot.subplots(rows, COLUMNS, figsize=(18, 2.6 * rows + 1.2), squeeze=False)
    for axes, (panel, series) in zip(grid.flat, drawn):
        draw_panel(axes, panel, series, steps, start, end)
    for axes in grid.flat[len(drawn):]:
        axes.set_axis_off()
    told = "   ".join(f"{(at - start) / 60:.1f} {text}" for at, text in steps)
    figure.suptitle("Lanyard: the dashboard of a run through incidents (hack/monitoring incident), by minutes", fontsize=12)
    figure.text(0.5, 0.003, told, fontsize=6, ha="center", va="bottom", wrap=True)
    figure.tight_layout(rect=(0, 0.02, 1, 0.985))
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=80)
    pyplot.close(figure)
