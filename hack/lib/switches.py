"""Puts many mutations into one text of each source file, of which the environment chooses one when the program runs."""
import dataclasses
import os
import re

from swift_bodies import enclosing_body, enclosing_value, is_balanced, is_expression, masked

VARIABLE = "LANYARD_MUTANT"
FUNCTION = f"""
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

private let chosen = getenv("{VARIABLE}").flatMap {{ Int(String(cString: $0)) }}

/// Whether the environment chooses this mutation. Public, since defaults of parameters ask it.
public func mutant(_ number: Int) -> Bool {{ number == chosen }}
"""


@dataclasses.dataclass
class Place:
    """A part of a file that is there once as it is and once for each of its mutations."""
    start: int
    end: int
    kind: str
    numbers: list


def mutated(text, mutation):
    return text.replace(mutation["old"], mutation["new"])


def changed(text, mutation):
    """The part of the text that a mutation changes, as narrow as it can be."""
    old, new, start = mutation["old"], mutation["new"], text.index(mutation["old"])
    before = len(os.path.commonprefix([old, new]))
    behind = len(os.path.commonprefix([old[before:][::-1], new[before:][::-1]]))
    return start + before, start + len(old) - behind


class SwitchedFile:
    """One source file with the mutations of it, by their numbers. `text` is what to compile, `alone` why some are not in it."""

    def __init__(self, text, mutations):
        self.original, self.mutations = text, mutations
        self.alone, self.lines = {}, []
        code, places = masked(text), []
        for number in mutations:
            self.add(number, code, places)
        self.text = self.switched(places)

    def add(self, number, code, places):
        start, end = changed(self.original, self.mutations[number])
        found = enclosing_body(code, start, end)
        if not found and (value := enclosing_value(code, start, end)):
            found = (*value, "choice")
        if not found:
            self.alone[number] = "in no body and no value"
            return
        place = Place(*found, [number])
        if not is_balanced(self.variant(place, number)):
            self.alone[number] = "reaches beyond its body"
            return
        # What is in another place belongs to that.
        for other in [other for other in places if other.start < place.end and place.start < other.end]:
            places.remove(other)
            outer = min(place, other, key=lambda each: each.start)
            place = dataclasses.replace(outer, numbers=other.numbers + place.numbers)
        places.append(place)

    def variant(self, place, number=None):
        """What a place is with this mutation, or with none."""
        if number is None:
            return self.original[place.start : place.end]
        text = mutated(self.original, self.mutations[number])
        return text[place.start : place.end + len(text) - len(self.original)]

    def switched(self, places):
        pieces, at, line = [], 0, 1
        for place in sorted(places, key=lambda place: place.start):
            for text, numbers in [(self.original[at : place.start], None), *self.alternatives(place)]:
                last = line + text.count("\n")
                if numbers:
                    self.lines.append((line, last, numbers))
                pieces.append(text)
                line = last
            at = place.end
        return "".join(pieces) + self.original[at:]

    def alternatives(self, place):
        """The pieces of what is written in a place, each with the mutations that it is for."""
        every = sorted(place.numbers)
        if place.kind == "choice":
            pieces = [(f"mutant({number}) ? {self.variant(place, number)} : ", [number]) for number in every]
            return [("(", every), *pieces, (f"{self.variant(place)})", every)]
        pieces = []
        for number in every:
            pieces += [(f" if mutant({number}) {{", every), (self.branch(place, number), [number]), ("} else", every)]
        return [*pieces, (f" {{{self.branch(place)}}} ", every)]

    def branch(self, place, number=None):
        """A body that is no body any more: what it returns has to be said."""
        text = self.variant(place, number)
        if place.kind == "void" or not is_expression(text):
            return text
        blanks = re.match(r"\s*", masked(text)).end()
        return f"{text[:blanks]}return {text[blanks:]}"

    def blamed(self, line):
        """The mutations that this line is for; if it is for none, all of the file."""
        numbers = [each for first, last, numbers in self.lines if first <= line <= last for each in numbers]
        return set(numbers or (number for number in self.mutations if number not in self.alone))
