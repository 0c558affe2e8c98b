"""Checks of the chart's values: what they do, what is refused, and what the pages say of them."""

import json
import pathlib
import re

import yaml
from check import check, refused
from engine import render
from overlays import merged
from pod import Pod, Refused
from values import BESIDE, EMPTY, REFUSED, VARIANTS


@check("hack/install knows all that the pod asks for, and refuses what it does not know")
def installable(chart, root):
    one = {"replicas": 1, "image": {"digest": "sha256:" + "a" * 64}}

    def pod(values):
        return Pod(render(chart, {**one, **values}).only("Deployment"))
    usual = pod({})
    assert usual.arguments == ["controller", "--config", "/etc/lanyard/config.yaml"] and usual.has_token
    assert (usual.user, usual.group, usual.file_group, usual.account) == (1000, 1000, 1000, "lanyard")
    assert [kind for kind, _ in usual.volumes.values()] == ["configMap", "projected", "persistentVolumeClaim"]
    assert (usual.liveness.path, usual.readiness.path) == ("/livez", "/readyz") and usual.memory == 512 * 2**20
    assert {place for place, _ in usual.left} == {"pod.affinity", "pod.securityContext.seccompProfile", "container.resources.requests"}
    variable = {"name": "LANYARD_LOG_LEVEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    for values, word in (
            ({"replicas": 2}, "replicas"), (VARIANTS["tcp"], "csi"), (VARIANTS["socket"], "hostPath"), (VARIANTS["openshift"], "user"),
            ({"env": [variable]}, "valueFrom"), ({"nodeSelector": {"zone": "a"}}, "nodeSelector"),
            ({"containerSecurityContext": {"readOnlyRootFilesystem": False}}, "readOnlyRootFilesystem"),
            ({"podSecurityContext": {"supplementalGroups": [0]}}, "supplementalGroups")):
        try:
            pod(values)
        except Refused as error:
            assert word in str(error), f"{values} is refused, but {word!r} is not in: {error}"
        else:
            raise AssertionError(f"{values} is taken")


@check("the schema has every key of docs/configuration.md, and no other")
def configuration(chart, root):
    table = pathlib.Path(root, "docs/configuration.md").read_text().split("\n## Keys\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))

    def keys(schema, path=()):
        for name, value in schema["properties"].items():
            yield from keys(value, (*path, name)) if "properties" in value else [".".join((*path, name))]
    schema = json.loads(pathlib.Path(chart, "values.schema.json").read_text())

    def bounds(schema, path=()):
        for name, value in schema["properties"].items():
            if value.get("type") == "integer":
                yield ".".join((*path, name)), f"{value['minimum']} to {value['maximum']}"
            yield from bounds(value, (*path, name)) if "properties" in value else []
    for key, wanted in bounds(schema["properties"]["config"]):
        row = next(line for line in table.splitlines() if line.startswith(f"| `{key}` |"))
        assert re.search(rf"\b{wanted}\b", row), f"the schema takes {key} of {wanted}, and the page says something else"
    assert len(documented) > 30 and set(keys(schema["properties"]["config"])) == documented, (
        documented ^ set(keys(schema["properties"]["config"])))
    rendering = render(chart, VARIANTS["configured"])
    said = {**render(chart).config, **VARIANTS["configured"]["config"]}
    assert rendering.config["vault"]["mounts"] == said["vault"]["mounts"] and rendering.config["log"] == said["log"]
    assert rendering.only("ConfigMap")["metadata"]["name"] != render(chart).only("ConfigMap")["metadata"]["name"]


@check("every value has a comment's company in values.yaml and a place in the schema")
def documented_values(chart, root):
    schema = json.loads(pathlib.Path(chart, "values.schema.json").read_text())
    values = yaml.safe_load(pathlib.Path(chart, "values.yaml").read_text())
    assert values.keys() == schema["properties"].keys() - {"global", "enabled"}
    for name, value in values.items():
        inner = schema["properties"][name]
        if isinstance(value, dict) and "properties" in inner and name != "config":
            assert value.keys() >= inner["properties"].keys() - {"claims"}, name
        assert inner.get("additionalProperties") is not None or inner.get("type") != "object" or "properties" not in inner


@check("what cannot be is refused, with a word that helps")
def refusals(chart, root):
    assert len(REFUSED) > 20
    for values, word in REFUSED:
        refused(chart, values, word)


def leaves(values, path=()):
    """Places and defaults of values, but for the configuration."""
    for name, value in values.items():
        place = ".".join((*path, name))
        if isinstance(value, dict) and value and place != "config":
            yield from leaves(value, (*path, name))
        elif place != "config":
            yield place, value


def other(place, value):
    """Another value of the same kind."""
    if place in EMPTY:
        return EMPTY[place]
    if isinstance(value, bool):
        return not value
    assert value not in ("", {}, [], None), f"{place}: hack/lib/chart/values.py has no value for it"
    return value + 1 if isinstance(value, int) else value[:-1] if isinstance(value, list) else "other"


@check("every value does something")
def effects(chart, root):
    found = dict(leaves(yaml.safe_load(pathlib.Path(chart, "values.yaml").read_text())))
    assert len(found) > 40 and EMPTY.keys() | BESIDE.keys() <= found.keys(), EMPTY.keys() - found.keys()
    for place, value in found.items():
        change = other(place, value)
        for name in reversed(place.split(".")):
            change = {name: change}
        beside = BESIDE.get(place, {})
        assert render(chart, merged(beside, change)).objects != render(chart, beside).objects, f"{place} does nothing"
