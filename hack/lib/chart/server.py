"""The API server that a chart is put on: what kubectl says to it, and what it is too old for.

Needs KUBECONFIG and KUBECTL.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml


class KubectlFailed(AssertionError):
    """What kubectl said in place of doing it."""


def kubectl(*arguments, body=None, fails=False):
    done = subprocess.run([os.environ["KUBECTL"], *arguments], capture_output=True, text=True,
                          input=None if body is None else json.dumps(body))
    if done.returncode and not fails:
        raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr[:2000]}")
    return done.stdout


def get(kind, name, space=None):
    """An object, or nothing."""
    text = kubectl("get", kind, name, "--ignore-not-found", "-o", "json", *(["-n", space] if space else []))
    return json.loads(text) if text else None


class Server:
    """What the server is too old for: the chart says 1.25, and the test environment may have an earlier one."""

    def __init__(self):
        version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]
        self.version = version["gitVersion"]
        self.is_old = int(re.match(r"\d+", version["minor"])[0]) < 25
        self.values = {"podDisruptionBudget": {"enabled": not self.is_old}}

    def copy(self, chart, folder):
        """The chart as this server can take it: without rules, which it does not know and Helm would refuse for it."""
        shutil.copytree(chart, folder)
        if self.is_old:
            file = pathlib.Path(folder, "Chart.yaml")
            file.write_text(re.sub(r"^kubeVersion: .*\n", "", file.read_text(), flags=re.MULTILINE))
            for path in pathlib.Path(folder, "files/crds").glob("*.yaml"):
                change(path, without_rules)
        return folder

    def older(self, chart, folder):
        """A chart as an earlier version might have been: a right less."""
        self.copy(chart, folder)
        file = pathlib.Path(folder, "Chart.yaml")
        file.write_text(re.sub(r"^(version|appVersion): .*", r"\1: 0.0.9", file.read_text(), flags=re.MULTILINE))
        role = pathlib.Path(folder, "files/base/cluster-role.yaml")
        role.write_text(role.read_text().replace("resources: [pods, nodes]", "resources: [pods]"))
        return folder


def change(path, function):
    path.write_text(yaml.safe_dump(function(yaml.safe_load(path.read_text()))))


def without_rules(tree):
    if isinstance(tree, dict):
        return {key: without_rules(value) for key, value in tree.items() if key != "x-kubernetes-validations"}
    return [without_rules(item) for item in tree] if isinstance(tree, list) else tree
