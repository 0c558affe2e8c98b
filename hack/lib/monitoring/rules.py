#!/usr/bin/env python3
"""rules.py check | plain FILE [--tested] [--factor N]: the alerts and the dashboard of manifests/monitoring.

check   every alert has a page, and cases in which it fires and does not; every metric and label, and every value of a label
        that alerts, dashboard and pages name is in docs/metrics.md (values also in docs/conditions.md)
plain   writes the alerts as Prometheus reads them from a file; --tested leaves of the annotations the summary, and
        --factor divides every duration
Needs: python3 with PyYAML (hack/monitoring has it).
Leaves: with plain the file.
"""

import argparse
import re
import sys
from pathlib import Path

import yaml

import dashboard
import promql

ROOT = Path(__file__).parents[3]
RULES = ROOT / "manifests/monitoring/prometheus-rule.yaml"
PAGES = ROOT / "docs/runbooks"
# Where nothing is: an overlay says where the pages are. See docs/monitoring.md.
PREFIX = "https://example.org/lanyard/docs/runbooks/"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mend"]
# What Prometheus adds of a pod, and of histograms.
TARGET = {"job", "instance", "pod", "namespace", "container", "endpoint"}
SUFFIXES = {"_bucket": {"le"}, "_sum": set(), "_count": set()}


def groups():
    return yaml.safe_load(RULES.read_text())["spec"]["groups"]


def alerts():
    return [rule for group in groups() for rule in group["rules"]]


def documented():
    """Series → labels."""
    found = {}
    for row in re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE):
        name, kind, labels = row[0], row[1], {label.strip() for label in row[2].split(",")} - {""}
        if kind == "histogram":
            found |= {name + suffix: labels | more for suffix, more in SUFFIXES.items()}
        else:
            found[name] = labels
    return found


class Check:
    def __init__(self):
        self.series = documented()
        self.words = set(re.findall(r"\w+", (ROOT / "docs/metrics.md").read_text() + (ROOT / "docs/conditions.md").read_text()))
        self.problems, self.count = [], 0

    def fail(self, place, text):
        self.problems.append(f"{place}: {text}")

    def expression(self, place, text, shown):
        """`shown` are the labels that a legend or a summary has."""
        self.count += 1
        names = promql.names(text)
        if not names.selectors:
            self.fail(place, "names no metric")
        known = set(TARGET)
        for selector in names.selectors:
            if selector.metric not in self.series:
                self.fail(place, f"there is no metric {selector.metric}")
                continue
            labels = self.series[selector.metric] | TARGET
            known |= labels
            for label, operator, value in selector.matchers:
                if label not in labels:
                    self.fail(place, f"{selector.metric} has no label {label}")
                elif label not in TARGET:
                    self.values(place, label, value)
        for label in sorted((names.grouped | names.matched) - known):
            self.fail(place, f"no metric has the label {label}")
        for label in sorted(set(shown) - (names.grouped or known) - (TARGET if not names.grouped else set())):
            self.fail(place, f"shows the label {label}, which is not left")

    def values(self, place, label, value):
        for word in value.split("|"):
            if re.fullmatch(r"\w+", word) and word not in self.words and not word.isdigit():
                self.fail(place, f"no {label} is {word}")

    def alert(self, rule):
        name, notes = rule["alert"], rule["annotations"]
        shown = re.findall(r"\$labels\.(\w+)", " ".join(notes.values()))
        self.expression(name, rule["expr"], shown)
        if rule["labels"].get("severity") not in ("critical", "warning") or set(notes) != {"summary", "description", "runbook_url"}:
            self.fail(name, "has a severity, summary, description and runbook_url")
        if notes["runbook_url"] != f"{PREFIX}{name}.md":
            self.fail(name, f"its runbook_url is {PREFIX}{name}.md")
        page = PAGES / f"{name}.md"
        if not page.exists():
            self.fail(name, f"there is no {page.relative_to(ROOT)}")
        elif re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE) != HEADINGS:
            self.fail(page.relative_to(ROOT), f"its headings are {', '.join(HEADINGS)}")

    def cases(self, names):
        fires, quiet = set(), set()
        for file in sorted(Path(__file__).parent.glob("cases-*.yaml")):
            for test in yaml.safe_load(file.read_text())["tests"]:
                for case in test["alert_rule_test"]:
                    (fires if case.get("exp_alerts") else quiet).add(case["alertname"])
        for name in sorted(names):
            if name not in fires:
                self.fail(name, "no case in which it fires")
            if name not in quiet:
                self.fail(name, "no case in which it does not fire")
        for name in sorted((fires | quiet) - names):
            self.fail(name, "cases of an alert that there is not")

    def pages(self, names):
        for page in sorted(PAGES.glob("*.md")):
            if page.stem not in names and page.name != "README.md":
                self.fail(page.relative_to(ROOT), "no alert leads here")
            for metric in re.findall(r"`((?:lanyard|vault|spiffe|spire|workqueue|leader_election|controller_runtime|rest_client)_\w+)",
                                     page.read_text()):
                if metric not in self.series and f"{metric}_bucket" not in self.series:
                    self.fail(page.relative_to(ROOT), f"there is no metric {metric}")

    def table(self, rules):
        """What docs/monitoring.md says of alerts: their names, for how long, and how severe."""
        told = re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| [^|]+ \| (\w*) ?\| (\w+) \|$",
                          (ROOT / "docs/monitoring.md").read_text(), re.MULTILINE)
        if told != [(rule["alert"], rule.get("for", ""), rule["labels"]["severity"]) for rule in rules]:
            self.fail("docs/monitoring.md", "its table of alerts is not that of the rules")

    def panels(self):
        for panel in dashboard.panels(dashboard.load()):
            for query in panel["queries"]:
                text = query["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")
                self.expression(f"panel {panel['title']}", text, re.findall(r"\{\{(\w+)\}\}", query["legend"]))


def check():
    checks, rules = Check(), alerts()
    names = {rule["alert"] for rule in rules}
    if not rules or len(names) < len(rules):
        checks.fail(RULES.name, "no alerts, or two of one name")
    for rule in rules:
        checks.alert(rule)
    checks.cases(names)
    checks.table(rules)
    checks.pages(names)
    checks.panels()
    print("\n".join(checks.problems) or
          f"{len(rules)} alerts with pages and cases; {checks.count} expressions name nothing that there is not")
    return bool(checks.problems)


def plain(file, tested, factor):
    made = groups()
    for rule in (rule for group in made for rule in group["rules"]):
        if tested:
            rule["annotations"] = {"summary": rule["annotations"]["summary"]}
        if factor != 1:
            rule["expr"] = promql.scaled(rule["expr"], factor)
            if "for" in rule:
                rule["for"] = promql.scaled(rule["for"], factor)
    file.write_text(yaml.safe_dump({"groups": made}, sort_keys=False, allow_unicode=True))
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("verb", choices=["check", "plain"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--tested", action="store_true")
    parser.add_argument("--factor", type=int, default=1)
    given = parser.parse_args()
    return check() if given.verb == "check" else plain(given.file, given.tested, given.factor)


if __name__ == "__main__":
    sys.exit(main())
