"""The health check of manifests/argocd, by a Lua interpreter, on what the operator reports; and examples of docs/gitops.md.

health.py ROOT
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml
from engine import documents, render
from lupa import lua51  # Argo CD's interpreter speaks Lua 5.1

GENERATION = 3


def table(root):
    """What docs/gitops.md says of each reason: kstatus, Argo CD."""
    text = pathlib.Path(root, "docs/gitops.md").read_text().split("\n## What tools make of each reason\n")[1]
    return {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \|$", text, re.MULTILINE)}


def reasons(root):
    text = pathlib.Path(root, "docs/conditions.md").read_text().split("\n## Reasons\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def status(reason, verdict):
    """As ConditionSummary makes it, to which KStatusTests hold the table."""
    def condition(kind, state, why=reason):
        return {"type": kind, "status": state, "reason": why, "message": "what is to be said",
                "observedGeneration": GENERATION, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    if reason == "Paused":
        conditions = [condition("Ready", "Unknown"), condition("Accepted", "True", "Accepted")]
    elif verdict == "Current":
        conditions = [condition("Ready", "True", "Ready"), condition("Part", "True")]
    else:
        abnormal = condition("Stalled", "True") if verdict == "Failed" else condition("Reconciling", "True", "Retrying")
        conditions = [condition("Part", "False"), condition("Ready", "False"), abnormal]
    return {"observedGeneration": GENERATION, "conditions": conditions}


class Script:
    def __init__(self, text):
        self.lua = lua51.LuaRuntime(unpack_returned_tuples=True)
        self.judge = self.lua.eval(f"function(obj) {text}\nend")

    def health(self, thing):
        result = self.judge(self.lua.table_from(thing, recursive=True))
        assert set(result.keys()) == {"status", "message"} and isinstance(result["message"], str)
        return result["status"], result["message"]


def thing(kind, **rest):
    return {"apiVersion": "lanyard.dev/v1alpha1", "kind": kind,
            "metadata": {"name": "web", "namespace": "shop", "generation": GENERATION}, **rest}


def check_reasons(root, script):
    said = table(root)
    assert said.keys() == reasons(root), f"docs/gitops.md and docs/conditions.md differ: {said.keys() ^ reasons(root)}"
    for kind in kinds(root):
        for reason, (verdict, wanted) in said.items():
            found, message = script.health(thing(kind, status=status(reason, verdict)))
            assert found == wanted, f"{kind} {reason}: {found}, and docs/gitops.md says {wanted}"
            if wanted in ("Degraded", "Progressing"):
                assert reason in message, f"{kind} {reason}: the message does not say why: {message}"
    return len(said)


def check_new(root, script):
    """What nobody has looked at yet is never good, and what is paused is paused whatever its generation."""
    kind, ready = "WorkloadIdentity", status("Ready", "Current")
    for fresh in ({}, {"status": {}}, {"status": {"observedGeneration": -1}},
                  {"status": {**ready, "observedGeneration": GENERATION - 1}}):
        assert script.health(thing(kind, **fresh))[0] == "Progressing", fresh
    stuck = {**status("Conflict", "Failed"), "observedGeneration": GENERATION - 1}
    assert script.health(thing(kind, status=stuck))[0] == "Progressing"
    paused = {**status("Paused", "InProgress"), "observedGeneration": GENERATION - 1}
    assert script.health(thing(kind, status=paused))[0] == "Suspended"
    return 6


def kinds(root):
    """Those that people write."""
    found = [yaml.safe_load(path.read_text())["spec"] for path in sorted(pathlib.Path(root, "crds").glob("*.yaml"))]
    return [spec["names"]["kind"] for spec in found if "status" in spec["versions"][0].get("subresources", {})]


def check_component(root, script):
    """Argo CD's ConfigMap gets the script once for each kind, and keeps what it has."""
    with tempfile.TemporaryDirectory(prefix="lanyard-chart.") as folder:
        own = pathlib.Path(folder)
        (own / "cm.yaml").write_text(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: argocd-cm, namespace: argocd}, data: {url: https://argo}}")
        (own / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["cm.yaml"],
            "components": [os.path.relpath(f"{root}/manifests/argocd", folder)]}))
        done = subprocess.run([os.environ["KUBECTL"], "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (config,) = documents(done.stdout)
    text = pathlib.Path(root, "manifests/argocd/health.lua").read_text()
    prefix = "resource.customizations.health.lanyard.dev_"
    assert config["metadata"]["name"] == "argocd-cm" and config["data"].pop("url") == "https://argo"
    assert config["data"] == {f"{prefix}{kind}": text for kind in kinds(root)}, config["data"].keys()
    return len(config["data"])


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def check_examples(root, script):
    """YAML of the pages is YAML, its order has no gap, and its values are accepted."""
    pages = [pathlib.Path(root, "docs", f"{name}.md") for name in ("gitops", "installation", "monitoring")]
    found = [document for page in pages for block in blocks(page, "yaml") for document in documents(block)]
    steps = {item["metadata"]["name"]: item["spec"] for item in found
             if item.get("apiVersion", "").startswith("kustomize.toolkit.fluxcd.io/")}
    assert len(steps) == 4
    for name, spec in steps.items():
        assert all(step["name"] in steps for step in spec.get("dependsOn", [])), name
        for check in spec.get("healthChecks", []):
            assert check["apiVersion"] == "lanyard.dev/v1alpha1" and check["kind"] in kinds(root), check
    values = [item["spec"]["values"] for item in found if item.get("kind") == "HelmRelease"]
    values += [item for item in found if "apiVersion" not in item and "config" in item]
    assert len(values) >= 3, "the pages have no values"
    for item in values:
        render(f"{root}/manifests/chart", item)
    return len(found)


CHECKS = {
    "reasons, as docs/gitops.md says": check_reasons,
    "objects that are new, changed or paused": check_new,
    "kinds, each in Argo CD's ConfigMap": check_component,
    "examples of pages": check_examples,
}


def run(root, text=None):
    """What each check says that fails, and how many cases the others had."""
    text = pathlib.Path(root, "manifests/argocd/health.lua").read_text() if text is None else text
    failures, counts = {}, {}
    for title, function in CHECKS.items():
        try:
            counts[title] = function(root, Script(text))
        except Exception as error:  # of Lua, YAML and Helm alike
            failures[title] = f"{type(error).__name__}: {error}"
    return failures, counts


def main(root):
    started = time.monotonic()
    print(f"GitOps, with Lua {'.'.join(map(str, lua51.LUA_VERSION))}")
    failures, counts = run(root)
    for title in CHECKS:
        print(f"  FAILED  {title}\n    {failures[title]}" if title in failures else f"  ok      {counts[title]} {title}")
    print(f"{len(counts)} of {len(CHECKS)} checks hold ({time.monotonic() - started:.1f} s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
