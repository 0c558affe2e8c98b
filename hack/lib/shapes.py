#!/usr/bin/env python3
"""shapes.py FOLDER…: no function or property of more than 60 lines, no initialiser of more than 8 parameters.

Seen by how swift-format lays Swift out: a declaration begins a line, and its body ends with a brace of the same indentation.
`Generated/` is left out. Memberwise initialisers that nobody wrote are not looked at.
Needs: python3.
Leaves: nothing.
Ends with 1 if there is one, or if there are no functions at all.
"""

import re
import sys
from pathlib import Path

MAX_LINES, MAX_PARAMETERS = 60, 8

# Texts and comments; their line breaks stay. What is interpolated may have texts and brackets again.
NOISE = re.compile(r'#"""(?:.*?)"""#|"""(?:[^\\]|\\.)*?"""|#"[^\n]*?"#'
                   r'|"(?:[^"\\\n]|\\\((?:[^()\n"]|"[^"\n]*"|\((?:[^()\n"]|"[^"\n]*")*\))*\)|\\.)*"|//[^\n]*', re.DOTALL)
DECLARATION = re.compile(r"^( *)(?:(?:@\w+(?:\([^)\n]*\))?|\w+(?:\(\w+\))?) +)*?"
                         r"((?:func (?:\w+|`\w+`|[^\s\w(]+)|init[?!]?|subscript)(?= ?[(<])|var \w+(?=[ :]))", re.MULTILINE)


def plain(text):
    return NOISE.sub(lambda noise: "_" + "\n" * noise.group().count("\n"), text)


def parameters(text, start):
    """How many there are in the brackets that open at `start`, and where these end."""
    depth = angles = commas = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return (commas + 1 if text[start + 1:at].strip() else 0), at
        # An arrow is no bracket.
        angles += (text[at] == "<") - (text[at] == ">" and text[at - 1] != "-")
        commas += text[at] == "," and depth == 1 and angles == 0
    sys.exit(f"brackets that are not closed: {text[start:start + 80]!r}")


def length(lines, first, start, indent):
    """Of the declaration that begins in a line and whose body does not begin before another; 1 if it ends there."""
    for number in range(max(start, first + 1), len(lines)):
        line = lines[number]
        if line.startswith(indent + "}"):
            return number - first + 1
        # What is neither deeper nor goes on with the signature is the next thing.
        if line.strip() and not line.startswith((indent + " ", indent + ")", indent + "where ")):
            break
    return 1


def declarations(text):
    """Of each: its name, its line, how many lines it has, and how many parameters."""
    lines = text.split("\n")
    for found in DECLARATION.finditer(text):
        indent, name = found.groups()
        first = text.count("\n", 0, found.start(2))
        count, end = 0, found.end(2)
        if not name.startswith("var"):
            count, end = parameters(text, text.index("(", end))
        yield name, first + 1, length(lines, first, text.count("\n", 0, end), indent), count


def main(folders):
    files = sorted(file for folder in folders for file in Path(folder).rglob("*.swift") if "Generated" not in file.parts)
    functions, bad = 0, False
    for file in files:
        for name, line, size, count in declarations(plain(file.read_text())):
            functions += name.startswith("func")
            if size > MAX_LINES:
                print(f"{file}:{line}: {name} has {size} lines, limit {MAX_LINES}")
                bad = True
            if name.startswith("init") and count > MAX_PARAMETERS:
                print(f"{file}:{line}: {name} has {count} parameters, limit {MAX_PARAMETERS}")
                bad = True
    if not functions:
        sys.exit("there are no functions")   # nothing was found only if it was looked for
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
