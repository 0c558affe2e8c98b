"""The chart as a release on the servers of hack/env, beside a node that runs its pod (node.py).

installation.py ROOT up|upgrade|down FOLDER

FOLDER is the node's. `up` installs the release and waits for its pod; `upgrade` takes it out, installs an older one and upgrades that,
and looks each time whether objects and access are still there; `down` takes it out.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import helm_python
import yaml
from access import kept, snapshot
from engine import NAMESPACE, RELEASE, key_of, render
from process import Failed, fetch
from server import Server, get, kubectl

OPERATOR = f"system:serviceaccount:{NAMESPACE}:lanyard"
SOCKETS = "/run/spire/server/private"


def say(text):
    print(f"  {text}", flush=True)


class Installation:
    def __init__(self, root, folder):
        self.root, self.folder, self.server = root, pathlib.Path(folder), Server()
        self.values = self.folder / "values.yaml"

    def write_values(self):
        """What a user would write: the configuration, the image, and what cannot be here."""
        operator = pathlib.Path(os.environ["LANYARD_ENV_DIR"], "operator", "config.yaml")
        config = yaml.safe_load(operator.read_text()) if operator.exists() else {}
        if not config.get("vault", {}).get("auth", {}).get("tokenFile", "").startswith("/var/run/secrets/"):
            raise Failed(f"{operator} is not the configuration of a pod: RUNS_AS=pod hack/configure comes before")
        self.values.write_text(yaml.safe_dump({
            "replicas": 1, "image": {"digest": (self.folder / "image" / "digest").read_text().strip()}, "config": config,
            **self.server.values}, sort_keys=False))

    def read_values(self, level=None):
        values = yaml.safe_load(self.values.read_text())
        if level:
            values["config"]["log"]["level"] = level
        return values

    def prepare(self):
        """The namespace, and the claim with the SPIRE server's socket: the platform team's, as in the quick start."""
        if not get("namespace", NAMESPACE):
            kubectl("create", "namespace", NAMESPACE)
        kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
        text = pathlib.Path(self.root, "manifests/quick-start/lanyard/spire-socket.yaml").read_text()
        assert text.count(SOCKETS) == 1, "the volume of the quick start is not what it was"
        for item in yaml.safe_load_all(text.replace(SOCKETS, str(self.folder / "spire"))):
            kubectl("apply", "-f", "-", body=item)
        say(f"namespace {NAMESPACE} of the level restricted; claim spire-server-socket, as in manifests/quick-start")

    def helm(self, verb, chart, values):
        with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=NAMESPACE) as helm:
            release = getattr(helm, verb)(chart, RELEASE, values, namespace=NAMESPACE)
        rendered = render(chart, values)
        say(f"helm {verb} {RELEASE}: revision {release['revision']}; {self.compare(rendered)}")
        return rendered

    def compare(self, rendered):
        """Demands that the server has what was rendered, and nothing else in it but its own defaults."""
        objects = list(rendered.objects.values())
        answer = json.loads(kubectl("get", "-f", "-", "-o", "json", body={"apiVersion": "v1", "kind": "List", "items": objects}))
        stored = {key_of(item): item for item in answer["items"]}
        for key, item in rendered.objects.items():
            assert key in stored, f"the server has no {key}"
            gap = lacks(stored[key], item)
            assert not gap, f"{key} on the server is not as it was rendered: {gap}"
        return f"the {len(objects)} objects of the rendering are on the server, as rendered"

    def wait(self):
        """Until the rollout is over, as kubectl says; the node may say before that it will never be."""
        deadline, failure = time.monotonic() + 120, self.folder / "failure"
        while True:
            if failure.exists():
                raise Failed(failure.read_text().strip())
            status = (get("deployment", RELEASE, NAMESPACE) or {}).get("status", {})
            said = kubectl("rollout", "status", f"deployment/{RELEASE}", "-n", NAMESPACE, "--timeout=1s", fails=True)
            if "successfully rolled out" in said:
                break
            if time.monotonic() > deadline:
                raise Failed(f"the pod is ready within 120 s: expected, and seen: {status}")
        say(said.strip().splitlines()[-1])

    def wait_for_end(self):
        """Until the node has ended the pod."""
        deadline = time.monotonic() + 60
        while (self.folder / "running").exists():
            if (failure := self.folder / "failure").exists():
                raise Failed(failure.read_text().strip())
            if time.monotonic() > deadline:
                raise Failed("the pod ends within 60 s after its Deployment: expected, and it still runs")
            time.sleep(0.5)

    def check_metrics(self):
        """Leads, and finds the CRDs as its version has them."""
        port, deadline = self.read_values()["config"]["server"]["metrics"].rpartition(":")[2], time.monotonic() + 60
        while True:
            lines = fetch(port, "/metrics", 10).splitlines()
            if 'leader_election_master_status{name="lanyard"} 1' in lines:
                break
            if time.monotonic() > deadline:
                raise Failed("the operator leads within 60 s: expected, and its metric says no")
            time.sleep(0.5)
        outdated = [line for line in lines if line.startswith("lanyard_crd_outdated") and not line.endswith(" 0")]
        assert not outdated, f"the CRDs are those of the chart, and the operator says: {outdated}"
        say("it leads, and finds no CRD outdated")

    def check_requests(self):
        """What the operator has asked the API server for by now was all allowed, by the chart's roles alone."""
        begin = int((self.folder / "audit-begin").read_text())
        with open(os.environ["KUBE_AUDIT_LOG"]) as log:
            log.seek(begin)
            events = [event for line in log if OPERATOR in line and (event := json.loads(line))["user"]["username"] == OPERATOR]
        refused = {(event["verb"], event["requestURI"]) for event in events if event.get("responseStatus", {}).get("code") in (401, 403)}
        assert events, f"the audit log has requests of {OPERATOR}: expected, and there is none"
        assert not refused, f"requests of the operator were refused: {sorted(refused)[:8]}"
        say(f"{len(events)} events of requests by {OPERATOR} in the audit log, none refused")

    def uninstall(self):
        with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=NAMESPACE) as helm:
            helm.uninstall(RELEASE)
        self.wait_for_end()
        left = get("deployment", RELEASE, NAMESPACE), get("clusterrole", RELEASE), get("serviceaccount", "lanyard", NAMESPACE)
        assert left == (None, None, None), "Deployment, ClusterRole and ServiceAccount go with the release: expected"
        assert get("crd", "vaultrolebindings.lanyard.dev") and get("namespace", NAMESPACE), "CRDs and namespace stay: expected"
        say(f"helm uninstall {RELEASE}: Deployment, roles and ServiceAccount are gone, and the pod; CRDs and namespace stay")


def lacks(stored, rendered, path=""):
    """The first place where something that was rendered is not stored; what a server leaves out is empty."""
    if rendered is None or (not rendered and stored is None):
        return None
    if isinstance(rendered, dict) and isinstance(stored, dict):
        return next((gap for key, value in rendered.items() if (gap := lacks(stored.get(key), value, f"{path}.{key}"))), None)
    if isinstance(rendered, list) and isinstance(stored, list) and len(rendered) == len(stored):
        return next((gap for index, pair in enumerate(zip(stored, rendered)) if (gap := lacks(*pair, f"{path}[{index}]"))), None)
    return None if stored == rendered else f"{path}: {stored!r:.200} and not {rendered!r:.200}"


def up(release, folder):
    annotations = (get("crd", "workloadidentities.lanyard.dev") or {"metadata": {"annotations": {
        "meta.helm.sh/release-name": RELEASE}}})["metadata"].get("annotations", {})
    if annotations.get("meta.helm.sh/release-name") != RELEASE:
        raise Failed("the server has CRDs of Lanyard that are of no release, as hack/configure makes them: hack/env down, and again")
    release.write_values()
    release.prepare()
    audit = pathlib.Path(os.environ["KUBE_AUDIT_LOG"])
    (release.folder / "audit-begin").write_text(f"{audit.stat().st_size if audit.exists() else 0}\n")
    if release.server.is_old:
        say(f"Kubernetes {release.server.version} is older than the chart demands: without CEL rules in CRDs, and PodDisruptionBudget")
    release.helm("install", release.server.copy(f"{release.root}/manifests/chart", f"{folder}/chart"), release.read_values())
    release.wait()
    release.check_metrics()


def configuration_of_pod():
    volumes = get("deployment", RELEASE, NAMESPACE)["spec"]["template"]["spec"]["volumes"]
    return next(volume["configMap"]["name"] for volume in volumes if volume["name"] == "config")


def upgrade(release, folder):
    release.check_requests()
    before = snapshot(NAMESPACE)
    assert before["objects"] and before["vault"] and before["spire"], "there are objects, and what was made for them: expected"
    say(f"before: {kept(before, NAMESPACE)}")
    release.uninstall()
    say(f"while nobody is there: {kept(before, NAMESPACE)}")
    now = release.server.copy(f"{release.root}/manifests/chart", f"{folder}/chart")
    release.helm("install", release.server.older(f"{release.root}/manifests/chart", f"{folder}/older"), release.read_values())
    release.wait()
    release.check_metrics()
    say(f"under an older release, of a right less: {kept(before, NAMESPACE)}")
    former = configuration_of_pod()
    release.helm("upgrade", now, release.read_values(level="debug"))
    release.wait()
    release.check_metrics()
    assert former != configuration_of_pod(), "another configuration is another ConfigMap, which rolls the pod: expected"
    assert any("nodes" in rule["resources"] for rule in get("clusterrole", RELEASE)["rules"]), "the right of this version: expected"
    say(f"after the upgrade, with a new pod: {kept(before, NAMESPACE)}")


def down(release, _):
    release.uninstall()


def main(root, verb, folder):
    release = Installation(root, folder)
    try:
        with tempfile.TemporaryDirectory(prefix="lanyard-chart.") as charts:
            {"up": up, "upgrade": upgrade, "down": down}[verb](release, charts)
    except (AssertionError, Failed, OSError, helm_python.HelmError) as error:
        print(f"  NOT as it should be: {type(error).__name__}: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
