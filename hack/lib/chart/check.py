"""What checks of the chart are made of: each is a function of chart and root, which asserts."""

import helm_python
from engine import differences, normal, render

CHECKS = {}


def check(title):
    def register(function):
        CHECKS[function.__name__] = (title, function)
        return function
    return register


def same(left, right):
    """Demands that two renderings mean the same."""
    found = differences(normal(left), normal(right))
    assert not found, "\n    ".join([f"{len(found)} differences", *found[:8]])


def refused(chart, values, word):
    try:
        render(chart, values)
    except helm_python.HelmError as error:
        assert word in str(error), f"{values} is refused, but {word!r} is not in: {error}"
        return
    raise AssertionError(f"{values} is not refused")
