"""How the pictures of this repository look. The same data makes the same file, byte for byte, with the same matplotlib."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
matplotlib.rcParams["svg.hashsalt"] = "lanyard"
from matplotlib import pyplot  # noqa: E402

COLUMNS = 3
FOOT = 0.15  # inches


def sheet(count):
    """A figure, and the axes of its panels."""
    rows, columns = -(-count // COLUMNS), min(count, COLUMNS)
    figure, grid = pyplot.subplots(rows, columns, figsize=(6 * columns, 2.6 * rows + 1.2), squeeze=False)
    for axes in grid.flat[count:]:
        axes.set_axis_off()
    return figure, list(grid.flat[:count])


def dress(axes, title, unit, has_legend=True):
    """What a panel has beside its lines, once they are drawn."""
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_ylabel(unit, fontsize=7)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=6)
    if has_legend:
        axes.legend(fontsize=5, ncols=2, loc="upper left", framealpha=0.6)


def save(figure, file, heading, foot):
    """PNG or SVG, as the file's name ends."""
    figure.suptitle(heading, fontsize=12)
    figure.text(0.5, 0.003, foot, fontsize=6, ha="center", va="bottom", wrap=True)
    figure.tight_layout(rect=(0, max(0.02, FOOT / figure.get_figheight()), 1, 0.985))
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=80, metadata={"Date": None} if str(file).endswith(".svg") else None)
    pyplot.close(figure)
