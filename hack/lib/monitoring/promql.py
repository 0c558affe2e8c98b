"""Reads of PromQL what it names: metrics with their matchers, and labels by which is grouped or matched.

No parser: an expression that Prometheus would refuse may pass here, and is refused by promtool.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|\d[\w.]*|[A-Za-z_][\w:]*|[=!]~|[=!<>]=|.')
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "group", "topk", "bottomk", "quantile", "stddev", "stdvar", "count_values"}
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}
DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)\b")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass
class Selector:
    """A metric with the matchers that stand behind it: label, operator, value."""
    metric: str
    matchers: list = field(default_factory=list)


@dataclass
class Names:
    """What an expression names."""
    selectors: list = field(default_factory=list)
    grouped: set = field(default_factory=set)   # by which labels is aggregated
    matched: set = field(default_factory=set)   # on which labels two sides are matched

    @property
    def metrics(self):
        return {selector.metric for selector in self.selectors}


def tokens(expression):
    found = [token for token in TOKEN.findall(expression) if not token.isspace() and not token.startswith("#")]
    return found + [""]


def names(expression):
    result, words, at = Names(), tokens(expression), 0
    while words[at]:
        word, following = words[at], words[at + 1]
        at += 1
        if not re.match(r"[A-Za-z_]", word) or word.lower() in OPERATORS:
            continue
        if word in GROUPINGS:
            if following == "(":
                end = words.index(")", at)
                labels = {label for label in words[at + 1:end] if label != ","}
                (result.grouped if word in ("by", "without") else result.matched).update(labels)
                at = end + 1
        elif following == "(" or word in AGGREGATIONS:
            continue
        else:
            selector = Selector(word)
            result.selectors.append(selector)
            if following == "{":
                end = words.index("}", at)
                inner = [token for token in words[at + 1:end] if token != ","]
                for label, operator, value in zip(inner[0::3], inner[1::3], inner[2::3]):
                    selector.matchers.append((label, operator, value[1:-1]))
                at = end + 1
    return result


def scaled(text, factor):
    """The same with all durations divided: `5m` with the factor 20 is `15s`."""
    def divided(match):
        seconds = int(match.group(1)) * SECONDS[match.group(2)] / factor
        return f"{max(round(seconds), 1)}s"
    return "".join(DURATION.sub(divided, token) if re.match(r"\d", token) else token for token in TOKEN.findall(text))
