#!/usr/bin/env python3
"""report.py --url URL --folder FOLDER --factor N --picture FILE: what Prometheus recorded of a run of `hack/monitoring incident`.

Every query of every panel and alert is evaluated over the run: each must have data, and what it names must be on the series that
there are. Prints which alert fired and resolved when, and draws the panels.
FOLDER/steps has a line for each incident: seconds since 1970, a tab, what happens.
Needs: python3 with PyYAML and matplotlib (hack/monitoring has it), a Prometheus that is up.
Leaves: the picture.
Ends with 1 if a query fails, is empty or names what there is not, or if an alert did not fire, or did not resolve.
"""

import argparse
import json
import math
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import dashboard
import picture
import promql
import rules

# What a static target does not have, and pods do.
OF_PODS = {"pod", "namespace", "container", "endpoint"}
HOUR = 3600


class Prometheus:
    def __init__(self, url):
        self.url = url
        self.open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def get(self, path, **parameters):
        try:
            with self.open(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}", timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            sys.exit(f"Prometheus refuses {parameters}: {error.read().decode(errors='replace')}")

    def over(self, query, start, end):
        """Labels and points (time, value) of each series; not more points than Prometheus gives."""
        step = max(1, (end - start) // 8000)
        result = self.get("query_range", query=query, start=start, end=end, step=step)["result"]
        return [(series["metric"], [(at, float(value)) for at, value in series["values"]]) for series in result]

    def labels(self, metric, start, end):
        found = self.get("series", **{"match[]": metric, "start": start, "end": end})
        return {label for series in found for label in series}


def expanded(text, factor):
    return " ".join(text.split()).replace("$__rate_interval", promql.scaled("5m", factor)).replace("$job", ".*")


def queries(factor):
    """Place, expression: those of alerts as they were in the run."""
    for panel in dashboard.panels(dashboard.load()):
        for query in panel["queries"]:
            yield f"panel {panel['title']}", expanded(query["expr"], factor)
    for rule in rules.alerts():
        yield rule["alert"], promql.scaled(rule["expr"], factor)


def has_data(found):
    """A quantile of nothing is no number."""
    return any(not math.isnan(value) for _, points in found for _, value in points)


def missing(prometheus, place, text, start, end):
    """What an expression names that no series had."""
    names, known = promql.names(text), set()
    for selector in names.selectors:
        labels = prometheus.labels(selector.metric, start, end) | OF_PODS
        if labels == OF_PODS:
            yield f"{place}: there was no series of {selector.metric}"
        known |= labels
        for label, _, _ in selector.matchers:
            if label not in labels:
                yield f"{place}: no series of {selector.metric} had the label {label}"
    for label in sorted((names.grouped | names.matched) - known):
        yield f"{place}: no series had the label {label}"


def firings(prometheus, start, end):
    """Alert → times at which it fired first and last, and the step in seconds."""
    found = {}
    for labels, points in prometheus.over('ALERTS{alertstate="firing"}', start, end):
        times = [at for at, _ in points]
        first, last = found.get(labels["alertname"], (times[0], times[-1]))
        found[labels["alertname"]] = (min(first, times[0]), max(last, times[-1]))
    return found


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def table(steps, fired, start, end):
    """Prints it; returns what is not as it should be."""
    problems, width = [], max(len(rule["alert"]) for rule in rules.alerts())
    print(f"\n{'alert':{width}}  fired   resolved  during")
    for rule in rules.alerts():
        name = rule["alert"]
        if name not in fired:
            problems.append(f"{name} did not fire")
            print(f"{name:{width}}  never")
            continue
        first, last = fired[name]
        during = [text for at, text in steps if at <= first][-1:] or ["the start"]
        # One that fires in the last seconds has not resolved.
        resolved = clock(last - start) if last < end - 2 else "never"
        if resolved == "never":
            problems.append(f"{name} did not resolve")
        print(f"{name:{width}}  {clock(first - start):>6}  {resolved:>8}  {during[0]}")
    return problems


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("url", "folder", "picture"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--factor", type=int, required=True)
    given = parser.parse_args()
    prometheus = Prometheus(given.url)
    steps = [(float(at), text) for at, text in
             (line.split("\t", 1) for line in (Path(given.folder) / "steps").read_text().splitlines())]
    start, end = int(steps[0][0]), int(time.time())
    if end - start > 6 * HOUR:
        sys.exit("a run of more than six hours: are the steps those of another one?")
    problems, count = [], 0
    for place, text in queries(given.factor):
        count += 1
        if not place.startswith("Lanyard") and not has_data(prometheus.over(text, start, end)):
            problems.append(f"{place}: no data of {text}")
        problems += missing(prometheus, place, text, start, end)
    print(f"{count} expressions were evaluated over {clock(end - start)} minutes")
    problems += table(steps, firings(prometheus, start, end), start, end)
    drawn = [(panel, [(re.sub(r"\{\{(\w+)\}\}", r"{\1}", query["legend"]),
                       prometheus.over(expanded(query["expr"], given.factor), start, end)) for query in panel["queries"]])
             for panel in dashboard.panels(dashboard.load())]
    picture.draw(drawn, steps, start, end, given.picture)
    print("\n".join(problems) or f"every query had data, every alert fired and resolved; drawn: {given.picture}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
