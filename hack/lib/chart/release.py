"""The chart on an API server: what it says of the rendering, and what a release leaves from its installation to its end.

release.py ROOT

Needs KUBECONFIG and KUBECTL. Without the CRDs of anybody else it installs a release that is older in a few things, upgrades it to the
chart, uninstalls it and installs it again; nothing stays.
"""

import os
import pathlib
import sys
import tempfile
import time

import helm_python
from engine import render
from server import Server, change, get, kubectl
from values import VARIANTS

SPACE, TENANT, RELEASE = "lanyard-helm", "lanyard-helm-tenant", "lanyard"
OBJECT = {
    "apiVersion": "lanyard.dev/v1alpha1", "kind": "WorkloadIdentity",
    "metadata": {"name": "web", "namespace": TENANT, "finalizers": ["lanyard.dev/cleanup"]},
    "spec": {"serviceAccountName": "web", "placement": "Cluster"}}
RECORD = {
    "apiVersion": "lanyard.dev/v1alpha1", "kind": "OwnershipRecord", "metadata": {"name": "web", "namespace": SPACE},
    "spec": {"owner": {"kind": "VaultRoleBinding", "namespace": TENANT, "name": "web", "uid": "1"}}}


def older(chart, server, folder):
    """A chart as an earlier version might have been: a field as well is missing."""
    def definition(tree):
        del spec_of(tree)["properties"]["hint"]
        return tree
    change(pathlib.Path(server.older(chart, folder), "files/crds/workloadidentities.yaml"), definition)
    return folder


def spec_of(definition):
    return definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def dry_runs(chart, server):
    """The server takes every object."""
    taken = 0
    for name in ("default", "tcp", "openshift", "pods"):
        objects = list(render(chart, {**VARIANTS[name], **server.values}, namespace=SPACE).objects.values())
        said = kubectl("apply", "--dry-run=server", *(["--validate=false"] if server.is_old else []), "-f", "-",
                       body={"apiVersion": "v1", "kind": "List", "items": objects}).splitlines()
        assert len(said) == len(objects) and all(line.endswith("(server dry run)") for line in said), said
        taken += len(objects)
    return f"{taken} objects are taken by Kubernetes {server.version} (dry run)"


def kept(before):
    """What tenants have is the same object as before, in all that matters."""
    after = get("workloadidentity", "web", TENANT)
    for part in ("uid", "generation", "finalizers"):
        assert after["metadata"][part] == before["metadata"][part], part
    assert after["spec"] == before["spec"]
    record = get("ownershiprecord", "web", SPACE)
    assert record and "deletionTimestamp" not in record["metadata"], "the ledger is gone"
    assert "deletionTimestamp" not in after["metadata"]


def digest_key():
    """What the operator has put there."""
    return (get("secret", "lanyard-digest-key", SPACE) or {}).get("data")


def installed():
    """Names of what a release has beside CRDs."""
    text = kubectl("get", "deployment,configmap,serviceaccount,service,networkpolicy,role,rolebinding", "-n", SPACE, "-o", "name")
    text += kubectl("get", "clusterrole,clusterrolebinding", "-o", "name")
    names = [line.split("/")[1] for line in text.split()]
    return sorted(name for name in names if name == RELEASE or name.startswith(f"{RELEASE}-"))


def life(chart, server, folder):
    """Installation, upgrade, uninstallation, and once more."""
    former, now = older(chart, server, f"{folder}/former"), server.copy(chart, f"{folder}/now")
    with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=SPACE) as helm:
        release = helm.install(former, RELEASE, server.values, namespace=SPACE)
        assert release["revision"] == 1, release.keys()
        kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "workloadidentities.lanyard.dev",
                "ownershiprecords.lanyard.dev")
        assert "hint" not in spec_of(get("crd", "workloadidentities.lanyard.dev"))["properties"]
        kubectl("apply", "-f", "-", body=OBJECT)
        kubectl("apply", "-f", "-", body=RECORD)
        kubectl("patch", "secret", "lanyard-digest-key", "-n", SPACE, "--type=merge", "-p", '{"data":{"key":"AAAA"}}')
        before = get("workloadidentity", "web", TENANT)
        assert before["status"] == {"observedGeneration": -1}, "kstatus would take it for good"

        helm.upgrade(now, RELEASE, {**server.values, "config": {"log": {"level": "debug"}}}, namespace=SPACE)
        assert "hint" in spec_of(get("crd", "workloadidentities.lanyard.dev"))["properties"]
        kept(before)
        rules = get("clusterrole", RELEASE)["rules"]
        assert any("nodes" in rule["resources"] for rule in rules), "the new right is missing"
        configs = [name for name in installed() if name.startswith(f"{RELEASE}-config-")]
        assert len(configs) == 1 and "debug" in get("configmap", configs[0], SPACE)["data"]["config.yaml"], configs
        assert digest_key() == {"key": "AAAA"}, "the key of the digests is lost"

        helm.uninstall(RELEASE)
        assert installed() == [], installed()
        kept(before)
        assert get("crd", "vaultrolebindings.lanyard.dev") and get("namespace", SPACE)
        assert digest_key() == {"key": "AAAA"}, "the key of the digests went with the release"

        helm.install(now, RELEASE, server.values, namespace=SPACE)
        kept(before)
        assert digest_key() == {"key": "AAAA"}, "the key of the digests is another one"
        helm.uninstall(RELEASE)
        kept(before)
    return "installed as an older one, upgraded, uninstalled and installed again: CRDs, objects, ledger and key stay"


def clear():
    """Nothing stays; the namespaces go when a controller manager has seen to it."""
    kubectl("patch", "workloadidentity", "web", "-n", TENANT, "--type=merge", "-p", '{"metadata":{"finalizers":[]}}', fails=True)
    with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=SPACE) as helm:
        helm.uninstall(RELEASE, ignore_not_found=True)
    kubectl("delete", "crd", "--ignore-not-found", *(f"{path.stem}.lanyard.dev" for path in definitions(sys.argv[1])))
    for space in (SPACE, TENANT):
        kubectl("delete", "namespace", space, "--ignore-not-found", "--timeout=60s", fails=True)


def definitions(root):
    return sorted(pathlib.Path(root, "crds").glob("*.yaml"))


def main(root):
    started, chart, server = time.monotonic(), f"{root}/manifests/chart", Server()
    if get("crd", "workloadidentities.lanyard.dev"):
        print("not tried: dry run, installation, upgrade and uninstallation, as the server has CRDs of somebody else")
        return 0
    try:
        for space in (SPACE, TENANT):
            kubectl("create", "namespace", space)
        print(f"  ok      {dry_runs(chart, server)}")
        with tempfile.TemporaryDirectory(prefix="lanyard-chart.") as folder:
            print(f"  ok      {life(chart, server, folder)}")
    finally:
        clear()
    print(f"a release on a server ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
