"""What was measured: values by row and by who did the work, their medians, and the ratio to the floor."""
import collections
import json
import math
import os
import pathlib
import re
import statistics
import sys
import time

from .wire import Trouble

FLOOR = "floor"
# What is measured, in the order of the table: name, unit, what it means.
ROWS = {
    "identity.entry": ("ms", "one new identity → its entry in SPIRE"),
    "identity.status": ("ms", "… → Ready in its status"),
    "identity.gone": ("ms", "deletion → the object is gone"),
    "identities.entries": ("s", "identities cold: all entries"),
    "identities.statuses": ("s", "… all statuses"),
    "identities.cpu": ("s", "… processor time of the client"),
    "identities.apiserver": ("s", "… of the API server"),
    "identities.spire": ("s", "… of SPIRE"),
    "identities.requests": ("", "… requests to the API server"),
    "identities.batch": ("", "… entries in a call, on average"),
    "identities.peak": ("MiB", "… memory at most"),
    "rest.cpu": ("s", "identities at rest: processor time in a minute"),
    "rest.apiserver": ("s", "… of the API server"),
    "rest.spire": ("s", "… of SPIRE"),
    "rest.resident": ("MiB", "… memory"),
    "rest.own": ("MiB", "… without the program's own pages"),
    "rest.switches": ("1/s", "… context switches"),
    "rest.requests": ("", "… requests to all servers in a minute, without the lease"),
    "binding.vault": ("ms", "one new binding → policy, auth role and database role in Vault"),
    "binding.status": ("ms", "… → Ready in its status"),
    "binding.changed": ("ms", "a changed one → its policy in Vault"),
    "binding.gone": ("ms", "deletion → the object is gone"),
    "bindings.vault": ("s", "bindings cold: all in Vault"),
    "bindings.statuses": ("s", "… all statuses"),
    "bindings.cpu": ("s", "… processor time of the client"),
    "bindings.apiserver": ("s", "… of the API server"),
    "bindings.peak": ("MiB", "… memory at most"),
    "bindings.reads": ("", "… reads of Vault"),
    "bindings.writes": ("", "… writes to Vault"),
    "restart.cpu": ("s", "restart with bindings: processor time in 25 s"),
    "restart.reads": ("", "… reads of Vault"),
    "restart.writes": ("", "… writes to Vault"),
    "pods.entries": ("s", "pods under one identity cold: all entries"),
    "pods.cpu": ("s", "… processor time of the client"),
    "pods.peak": ("MiB", "… memory at most"),
    "pods.new": ("ms", "one new pod → its entry in SPIRE"),
    "pods.gone": ("ms", "one pod gone → its entry is gone"),
    "base.resident": ("MiB", "three identities: memory"),
    "base.own": ("MiB", "… without the program's own pages"),
    "base.peak": ("MiB", "… at most"),
}
GROUPS = sorted({row.partition(".")[0] for row in ROWS})
STARTED = time.monotonic()


def say(text):
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    print(f"  [{minutes:3}:{seconds:02}] {text}", file=sys.stderr, flush=True)


class Pace:
    """Says how far something is, but not more often than every ten seconds."""

    def __init__(self):
        self.said = time.monotonic()

    def tell(self, text):
        if time.monotonic() - self.said >= 10:
            self.said = time.monotonic()
            say(f"  {text}")


def nearest(values, share):
    """The value at this place among the sorted ones: 0.9 is that which nine of ten do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


class Report:
    def __init__(self, groups):
        self.groups, self.values, self.courses = groups, {}, {}

    def add(self, row, subject, objects, *values):
        """Values of a row that was asked for; `objects` is how many there were."""
        if row.partition(".")[0] in self.groups:
            self.values.setdefault((row, objects), {}).setdefault(subject, []).extend(values)

    def add_course(self, row, subject, objects, begun, moments):
        """What was done to many objects: the value is when the last one was done, in seconds, and how many were done when is kept."""
        self.add(row, subject, objects, max(moments) - begun)
        tenths = collections.Counter(int((moment - begun) * 10) for moment in moments)
        self.courses.setdefault((row, objects), {}).setdefault(subject, []).append(
            [tenths[place] for place in range(max(tenths) + 1)])

    def subjects(self):
        """Who did the work, but for the floor, in the order in which they came."""
        return list(dict.fromkeys(subject for by_subject in self.values.values() for subject in by_subject if subject != FLOOR))

    def take(self, file):
        """Adds the values of a file that `write` has written, and gives what else is in it."""
        try:
            about = json.loads(pathlib.Path(file).read_text())
            for row in about.pop("rows"):
                for subject, of in row["subjects"].items():
                    self.add(row["row"], subject, row["objects"], *of["values"])
                    courses = [[int(count) for count in text.split()] for text in of.get("tenths", ())]
                    self.courses.setdefault((row["row"], row["objects"]), {}).setdefault(subject, []).extend(courses)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Trouble(f"{file} is nothing that hack/bench --json has written") from None
        return about

    def rows(self):
        order = list(ROWS)
        for (row, objects), by_subject in sorted(self.values.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
            unit, meaning = ROWS[row]
            found = {}
            for subject, values in by_subject.items():
                found[subject] = {"median": statistics.median(values), "p90": nearest(values, 0.9), "values": values}
                if courses := self.courses.get((row, objects), {}).get(subject):
                    # As text: a number of its own line each, as json has them, would be the most of the file.
                    found[subject]["tenths"] = [" ".join(map(str, counts)) for counts in courses]
            floor = found.get(FLOOR, {}).get("median")
            for subject, of in found.items():
                if floor and subject != FLOOR:
                    of["ratio"] = of["median"] / floor
            yield {"row": row, "objects": objects, "unit": unit, "meaning": meaning, "subjects": found}

    def table(self, subjects):
        """In Markdown: for each subject median and p90, and its ratio to the floor."""
        lines = [["row", "objects", "what", FLOOR, *subjects]]
        for row in self.rows():
            cells = [row["row"], f"{row['objects']}", row["meaning"]]
            for subject in (FLOOR, *subjects):
                cells.append(cell(row["subjects"].get(subject), row["unit"]))
            lines.append(cells)
        return markdown(lines)

    def write(self, file, **about):
        about["machine"] = {"processors": os.cpu_count(), "model": processor(), "kernel": os.uname().release}
        pathlib.Path(file).write_text(json.dumps({**about, "rows": list(self.rows())}, indent=1) + "\n")


def markdown(lines):
    """A table of cells; the first line is its head."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [lines[0], ["---"] * len(lines[0]), *lines[1:]])


def cell(of, unit):
    if of is None:
        return "–"
    shown = f"{number(of['median'])} {unit}".strip()
    if len(of["values"]) > 1:
        shown += f" ({number(of['p90'])})"
    return f"{shown} ×{of['ratio']:.2f}" if "ratio" in of else shown


def number(value):
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def processor():
    found = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else "unknown"
