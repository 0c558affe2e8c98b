#!/usr/bin/env python3
"""circles.py MODULE…: no circle between the folders of a module, seen by the names of its top-level types.

Members of extensions are not seen, so this is a lower bound. What is private to a file is no other file's.
Needs: python3.
Leaves: nothing.
Ends with 1 if there is a circle, and says which files close it.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
TYPE = re.compile(r"^(?:(?:public|package|internal|final|indirect|@\w+) +)*"
                  r"(?:struct|class|enum|actor|protocol|typealias) +(\w+)", re.MULTILINE)
NAME = re.compile(r"\b[A-Z]\w*")


def arrows(module):
    """Folder → folder → how they are joined: file, type and where it is declared."""
    texts = {file: NOISE.sub(" ", file.read_text()) for file in sorted(module.rglob("*.swift"))}
    home = {name: file for file, text in texts.items() for name in TYPE.findall(text)}
    found = defaultdict(lambda: defaultdict(list))
    for file, text in texts.items():
        for name in sorted(set(NAME.findall(text)) & home.keys()):
            source, target = folder(module, file), folder(module, home[name])
            if source != target:
                found[source][target].append(f"{file.relative_to(module)} uses {name} of {home[name].relative_to(module)}")
    return found, len(texts)


def folder(module, file):
    return file.relative_to(module).parts[0] if file.parent != module else "."


def reachable(found, start):
    seen, open_ = set(), list(found[start])
    while open_:
        if (here := open_.pop()) not in seen:
            seen.add(here)
            open_ += found.get(here, {})
    return seen


def main(module):
    found, files = arrows(module)
    if not files:
        sys.exit(f"{module}: no sources")   # nothing was found only if it was looked for
    folders = list(found)
    ahead = {name: reachable(found, name) for name in folders}
    inside = [(source, target) for source in folders for target in found[source]
              if source in ahead.get(target, ())]
    for source, target in sorted(inside, key=lambda arrow: len(found[arrow[0]][arrow[1]])):
        print(f"{module.name}: {source} → {target} is part of a circle")
        for line in found[source][target]:
            print(f"    {line}")
    return bool(inside)


if __name__ == "__main__":
    sys.exit(any([main(Path(module)) for module in sys.argv[1:]]))
