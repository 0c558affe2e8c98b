"""What hack/image/Containerfile says, for the instructions that an image of files alone needs.

Anything else in it is an error, so that what is built is what is written.
"""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Recipe:
    """What is copied where, layer by layer, and the configuration that runtimes read."""
    copies: list = field(default_factory=list)
    user: str = ""
    environment: list = field(default_factory=list)
    ports: list = field(default_factory=list)
    entry_point: list = field(default_factory=list)
    labels: dict = field(default_factory=dict)


class Refused(Exception):
    """An instruction that this does not know, or an argument that nobody gave."""


def read(file, arguments):
    """The recipe, with the arguments put in."""
    recipe, declared = Recipe(), set()
    for number, instruction, rest in instructions(Path(file).read_text()):
        where = f"{file}:{number}: {instruction}"
        if instruction == "ARG":
            if rest not in arguments:
                raise Refused(f"{where} {rest}: has no value")
            declared.add(rest)
            continue
        rest = substituted(rest, arguments, declared, where)
        if instruction == "FROM":
            if rest != "scratch":
                raise Refused(f"{where} {rest}: only scratch, as nothing is fetched")
        elif instruction == "COPY":
            source, target = shlex.split(rest)
            recipe.copies.append((source, target))
        elif instruction == "LABEL":
            recipe.labels.update(pairs(rest, where))
        elif instruction == "ENV":
            recipe.environment += [f"{name}={value}" for name, value in pairs(rest, where)]
        elif instruction == "USER":
            recipe.user = rest
        elif instruction == "EXPOSE":
            recipe.ports.append(rest)
        elif instruction == "ENTRYPOINT":
            recipe.entry_point = json.loads(rest)
        else:
            raise Refused(f"{where}: is not known here")
    return recipe


def instructions(text):
    """Number of its first line, name and rest of each instruction; comments are left out, continued lines joined."""
    begun, number = "", 0
    for index, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        number = number if begun else index
        begun += line.strip()
        if begun.endswith("\\"):
            begun = begun[:-1] + " "
            continue
        name, _, rest = begun.partition(" ")
        yield number, name, rest.strip()
        begun = ""


def substituted(text, arguments, declared, where):
    def value(match):
        name = match.group(1)
        if name not in declared:
            raise Refused(f"{where}: ${{{name}}} is no ARG")
        return arguments[name]
    return re.sub(r"\$\{(\w+)\}", value, text)


def pairs(text, where):
    found = []
    for word in shlex.split(text):
        name, equals, value = word.partition("=")
        if not equals:
            raise Refused(f"{where} {word}: must be NAME=VALUE")
        found.append((name, value))
    return found
