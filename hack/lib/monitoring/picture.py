"""Draws panels as Prometheus recorded them, with the incidents as bands."""

from collections import defaultdict

import drawing

MOST_IN_LEGEND = 9
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
    axes.set_xlim(0, (end - start) / 60)
    drawing.dress(axes, panel["title"], UNITS.get(panel.get("unit"), ""), has_legend=count > 0)


def draw(drawn, steps, start, end, file):
    """`drawn`: panels with their queries' legends and series."""
    figure, panels = drawing.sheet(len(drawn))
    for axes, (panel, series) in zip(panels, drawn):
        draw_panel(axes, panel, series, steps, start, end)
    told = "   ".join(f"{(at - start) / 60:.1f} {text}" for at, text in steps)
    drawing.save(figure, file, "Lanyard: the dashboard of a run through incidents (hack/monitoring incident), by minutes", told)
