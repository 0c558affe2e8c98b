"""What files that `hack/bench --json` has written say together, and what is drawn of it."""
import argparse
import typing

from .report import FLOOR, GROUPS, Report
from .wire import Trouble

SINGLE = ("identity.entry", "identity.status")
COLD = ("identities.entries", "identities.statuses")
GROUPS_DRAWN = [rows[0].partition(".")[0] for rows in (SINGLE, COLD)]


class Drawn(typing.NamedTuple):
    """By row; without rows where that picture was not asked for."""
    latencies: dict  # by subject: how many objects there were, median, ninth decile
    courses: dict  # by number of objects and subject the runs: seconds since the start, and how many were done by then
    folder: str
    spire: str


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="hack/bench plot", description="Draws what `hack/bench --json FILE` wrote, of several files together: latency over the "
        "number of identities, and cold starts over time.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="values, for example of one size each")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where bench-latency.svg and bench-cold-start.svg go")
    parser.add_argument("--only", choices=GROUPS_DRAWN, help="one of the two: of single identities, or of cold starts")
    return parser.parse_args(arguments)


def read(files):
    """All values, and which SPIRE server they are of, which has to be the same."""
    if not files:
        raise Trouble("which files?")
    report, servers = Report(set(GROUPS)), {}
    for file in files:
        servers.setdefault(report.take(file).get("spire"), file)
    if len(servers) > 1:
        raise Trouble("not to be compared: " + ", ".join(f"{file} is of SPIRE: {server}" for server, file in servers.items()))
    return report, next(iter(servers))


def drawn(arguments):
    chosen = options(arguments)
    report, spire = read(chosen.files)
    rows = {}
    for row in report.rows():
        rows.setdefault(row["row"], []).append(row)
    single, cold = (() if chosen.only not in (None, group) else of for group, of in zip(GROUPS_DRAWN, (SINGLE, COLD)))
    return Drawn({name: latencies(rows, name) for name in single}, {name: courses(rows, name) for name in cold}, chosen.out, spire)


def latencies(rows, name):
    found = {}
    for row in there(rows, name):
        for subject, of in in_order(row["subjects"]):
            found.setdefault(subject, []).append((row["objects"], of["median"], of["p90"]))
    return found


def courses(rows, name):
    found = {}
    for row in there(rows, name):
        for subject, of in in_order(row["subjects"]):
            for text in of.get("tenths", ()):
                found.setdefault(row["objects"], {}).setdefault(subject, []).append(course(text))
    if not found:
        raise Trouble(f"no file says when things were done in {name}: older ones do not. {how_to_measure(name)}")
    return found


def there(rows, name):
    if name not in rows:
        raise Trouble(f"no file has the row {name}. {how_to_measure(name)}")
    return rows[name]


def how_to_measure(name):
    return f"Measure it: hack/bench --only {name.partition('.')[0]} --json FILE"


def in_order(subjects):
    """The floor first, as everything is compared with it."""
    return sorted(subjects.items(), key=lambda item: item[0] != FLOOR)


def course(text):
    """From how many there were in each tenth of a second to how many there were by its end, without tenths in which nothing was."""
    points, total = [(0, 0)], 0
    for place, count in enumerate(map(int, text.split())):
        if count:
            if points[-1][0] < place / 10:
                points.append((place / 10, total))
            total += count
            points.append(((place + 1) / 10, total))
    return points
