#!/usr/bin/env python3
"""dashboard.py --write | --check: the dashboard of manifests/monitoring, made from dashboard.yaml beside this file.

Needs: python3 with PyYAML (hack/monitoring has it).
Leaves: with --write manifests/monitoring/dashboard.json.
With --check it ends with 1 if that file is not what would be written.
"""

import json
import sys
from pathlib import Path

import yaml

SOURCE = Path(__file__).with_name("dashboard.yaml")
TARGET = Path(__file__).parents[3] / "manifests/monitoring/dashboard.json"
COLUMNS, HEIGHT = 24, 8
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
TYPES = {"lines": "timeseries", "stat": "stat", "table": "table"}


def load():
    return yaml.safe_load(SOURCE.read_text())


def panels(source):
    """All of them, without the rows that they are in."""
    return [panel for row in source["rows"] for panel in row["panels"]]


def target(query, draw, letter):
    made = {"refId": letter, "datasource": DATASOURCE, "expr": " ".join(query["expr"].split()), "legendFormat": query["legend"]}
    if draw == "table":
        made |= {"format": "table", "instant": True}
    return made


def options(draw):
    if draw == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name", "colorMode": "value"}
    if draw == "table":
        return {"sortBy": [{"displayName": "Value", "desc": True}]}
    return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}


def panel(described, number, x, y):
    draw = described["draw"]
    made = {
        "id": number,
        "type": TYPES[draw],
        "title": described["title"],
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": described["width"], "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": described.get("unit", "short"), "min": 0}, "overrides": []},
        "options": options(draw),
        "targets": [target(query, draw, chr(ord("A") + at)) for at, query in enumerate(described["queries"])],
    }
    if "text" in described:
        made["description"] = described["text"]
    if draw == "table":
        made["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]
    return made


def laid_out(source):
    """Rows below each other; the panels of a row from left to right, as many beside each other as fit."""
    made, y = [], 0
    for row in source["rows"]:
        made.append({"id": len(made) + 1, "type": "row", "title": row["title"], "collapsed": False, "panels": [],
                     "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        x, y = 0, y + 1
        for described in row["panels"]:
            if x + described["width"] > COLUMNS:
                x, y = 0, y + HEIGHT
            made.append(panel(described, len(made) + 1, x, y))
            x += described["width"]
        y += HEIGHT
    return made


def dashboard(source):
    variable = {"name": "job", "label": "Job", "type": "query", "datasource": DATASOURCE, "refresh": 2, "includeAll": True,
                "multi": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
                "definition": "label_values(lanyard_fence_open, job)",
                "query": {"query": "label_values(lanyard_fence_open, job)", "refId": "job"}}
    source_variable = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1}
    return {
        "uid": "lanyard",
        "title": source["title"],
        "tags": ["lanyard", "spire", "vault"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-3h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [source_variable, variable]},
        "annotations": {"list": []},
        "panels": laid_out(source),
    }


def main():
    text = json.dumps(dashboard(load()), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--write"]:
        TARGET.write_text(text)
        return 0
    if sys.argv[1:] != ["--check"]:
        sys.exit(__doc__)
    if not TARGET.exists() or TARGET.read_text() != text:
        print(f"{TARGET.name} is not what {SOURCE.name} says: {Path(__file__).name} --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
