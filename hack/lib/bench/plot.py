"""Draws latencies and cold starts: `hack/bench plot`, which gives it a Python that has matplotlib."""
import sys
from pathlib import Path

import drawing

from .report import FLOOR, ROWS
from .results import drawn
from .wire import Trouble

SERVERS = {"real": "a real SPIRE server", "emulator": "the emulator for SPIRE"}


class Colours:
    """Black for the floor, and one for each executable, the same in all panels."""

    def __init__(self):
        self.known = {FLOOR: "black"}

    def of(self, subject):
        return self.known.setdefault(subject, f"C{len(self.known) - 1}")


def count(number):
    return f"{number:,}".replace(",", " ")


def draw_latencies(latencies, colours, file, server):
    figure, panels = drawing.sheet(len(latencies))
    for axes, (row, subjects) in zip(panels, latencies.items()):
        sizes = sorted({size for points in subjects.values() for size, _, _ in points})
        for subject, points in subjects.items():
            colour, there = colours.of(subject), [size for size, _, _ in points]
            axes.plot(there, [median for _, median, _ in points], marker="o", markersize=3, linewidth=0.9, color=colour, label=subject)
            axes.plot(there, [p90 for _, _, p90 in points], linestyle="--", linewidth=0.6, color=colour)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [count(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("identities that are there already", fontsize=7)
        drawing.dress(axes, ROWS[row][1].replace("… → ", "one new identity → "), "milliseconds")
    drawing.save(figure, file, "Lanyard: one new identity among many (hack/bench)",
                 f"solid: median; dashed: what nine of ten do not exceed; with {server}")


def draw_courses(courses, colours, file, server):
    sizes = sorted({size for by_size in courses.values() for size in by_size})
    figure, panels = drawing.sheet(len(sizes))
    for axes, size in zip(panels, sizes):
        for by_size, style in zip(courses.values(), ("-", "--")):
            for subject, runs in by_size.get(size, {}).items():
                for number, points in enumerate(runs):
                    label = subject if style == "-" and not number else None
                    axes.plot([at for at, _ in points], [done for _, done in points], linestyle=style, linewidth=0.9,
                              color=colours.of(subject), label=label)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds since the start", fontsize=7)
        drawing.dress(axes, f"{count(size)} identities", "done")
    drawing.save(figure, file, "Lanyard: cold starts (hack/bench)",
                 f"solid: entries made in SPIRE; dashed: statuses written; with {server}")


def main(arguments):
    try:
        found, colours = drawn(arguments), Colours()
        server = SERVERS.get(found.spire, found.spire)
        for draw, of, name in ((draw_latencies, found.latencies, "latency"), (draw_courses, found.courses, "cold-start")):
            if of:
                draw(of, colours, file := Path(found.folder, f"bench-{name}.svg"), server)
                print(file)
    except (Trouble, OSError) as trouble:
        print(f"hack/bench plot: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
