"""What one object takes beside few and beside many: rows that are about all objects are divided by their number, memory after what
the process needs without them is taken off, and rows that are about one object are as they are."""
from .report import markdown, number

OF_ALL = (
    "identities.entries", "identities.statuses", "identities.cpu", "identities.apiserver", "identities.spire",
    "identities.requests", "identities.peak", "rest.spire", "rest.resident", "rest.own", "bindings.vault",
    "bindings.statuses", "bindings.cpu", "bindings.apiserver", "bindings.peak", "bindings.reads", "bindings.writes", "pods.entries", "pods.cpu", "pods.peak")
OF_ONE = (
    "identity.entry", "identity.status", "identity.gone", "binding.vault", "binding.status", "binding.changed", "binding.gone",
    "pods.new", "pods.gone")
# A row's unit, and that of one object's share with how many make one of the other.
SHARES = {"s": ("ms", 1000), "MiB": ("KiB", 1024), "": ("", 1)}
FLAT = 0.15  # by how much more than beside the fewest it may be


def growth(rows):
    """For each row and subject of which there are several sizes: the shares by size, and that beside the most divided by that
    beside the fewest."""
    rows = list(rows)
    bases = {row["row"].partition(".")[2]: row["subjects"] for row in rows if row["row"].startswith("base.")}
    found = {}
    for row in rows:
        for subject, of in row["subjects"].items():
            if row["row"] in (*OF_ALL, *OF_ONE) and (share := share_of(row, of["median"], bases, subject)):
                found.setdefault((row["row"], subject), {})[row["objects"]] = share
    units = {row["row"]: row["unit"] if row["row"] in OF_ONE else SHARES.get(row["unit"], ("",))[0] for row in rows}
    for (name, subject), by_size in found.items():
        if len(by_size) > 1:
            yield {"row": name, "subject": subject, "unit": units[name], "by": by_size,
                   "growth": by_size[max(by_size)] / by_size[min(by_size)]}


def share_of(row, value, bases, subject):
    """What one object has of a value; None where it cannot be told, as of memory without what the process needs anyway."""
    if row["row"] in OF_ONE:
        return value
    if row["unit"] == "MiB":
        base = bases.get(row["row"].partition(".")[2], {}).get(subject)
        if base is None or value <= base["median"]:
            return None
        value -= base["median"]
    return value * SHARES[row["unit"]][1] / row["objects"]


def table(rows):
    """In Markdown; nothing where no row has several sizes."""
    found = list(growth(rows))
    sizes = sorted({size for of in found for size in of["by"]})
    lines = [["for one object", "who", *map(str, sizes), "growth"]]
    for of in found:
        cells = [f"{number(of['by'][size])} {of['unit']}".strip() if size in of["by"] else "–" for size in sizes]
        lines.append([of["row"], of["subject"], *cells, f"×{of['growth']:.2f}" + (" grows" if of["growth"] > 1 + FLAT else "")])
    return markdown(lines) if found else ""
