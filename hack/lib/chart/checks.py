"""Checks of the chart, without a server.

checks.py ROOT
"""

import json
import pathlib
import re
import sys
import time

import helm_python
import overlays  # noqa: F401: its checks
import values_checks  # noqa: F401: its checks
import yaml
from check import CHECKS, check, refused, same
from engine import CLUSTER_SCOPED, NAMESPACE, kustomize, lint, render
from umbrella import umbrella
from values import VARIANTS


@check("lint has no complaint, with every variant of values")
def lints(chart, root):
    for name, values in VARIANTS.items():
        assert not (found := lint(chart, values)), f"{name}: {found}"


@check("by default it is manifests/base, but for the namespace")
def is_base(chart, root):
    base = kustomize(root)
    del base.objects["Namespace", "", NAMESPACE]
    same(render(chart), base)


@check("with its namespace it is manifests/base, and all of it")
def is_whole_base(chart, root):
    whole = render(chart, VARIANTS["namespace"])
    same(whole, kustomize(root))
    assert whole.only("Namespace")["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@check("CRDs are kept when the release goes, unless that is not wanted, and left out where others bring them")
def definitions(chart, root):
    published = sorted(path.stem for path in pathlib.Path(root, "crds").glob("*.yaml"))

    def kept(values):
        return {item["spec"]["names"]["plural"]: item["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
                for item in render(chart, values).of("CustomResourceDefinition")}
    assert kept({}) == dict.fromkeys(published, "keep")
    assert kept({"crds": {"keep": False}}) == dict.fromkeys(published)
    assert kept({"crds": {"enabled": False}}) == {}


@check("the key of the digests is kept when the release goes, as the ledger is, and only there where it is wanted")
def digest_key(chart, root):
    for name, values in VARIANTS.items():
        for secret in (found := render(chart, values).of("Secret")):
            annotations = secret["metadata"].get("annotations", {})
            assert annotations.get("helm.sh/resource-policy") == "keep" and "data" not in secret, (name, secret)
        assert len(found) == (values.get("rbac", {}).get("secrets", True)), name
    assert not render(chart, {"rbac": {"secrets": False}}).of("Secret")


@check("sockets of SPIRE are where the configuration says, in any kind of volume")
def spire_sockets(chart, root):
    def mounted(values):
        pod = render(chart, values).pod["spec"]
        volumes = {volume.pop("name"): volume for volume in pod["volumes"]}
        return {mount["mountPath"]: volumes[mount["name"]] for mount in pod["containers"][0]["volumeMounts"]
                if mount["name"].startswith("spire-")}
    assert mounted({}) == {"/run/spire/server/private": {
        "persistentVolumeClaim": {"claimName": "spire-server-socket", "readOnly": True}}}
    assert mounted(VARIANTS["socket"]) == {"/srv/spire": {"hostPath": {"path": "/run/spire", "type": "Directory"}}}
    assert mounted(VARIANTS["agent"]) == {"/srv/agent": {"hostPath": {"path": "/run/spire/sockets"}}}


@check("no rendering grants wildcards, a view of Secrets, or a way to more rights")
def dangerous_rights(chart, root):
    seen = 0
    for name, values in VARIANTS.items():
        for role in (rendering := render(chart, values)).of("Role") + rendering.of("ClusterRole"):
            for rule in role["rules"]:
                seen += 1
                words = rule.get("resources", []) + rule["verbs"] + rule.get("apiGroups", [])
                assert not any("*" in word for word in words) and "nonResourceURLs" not in rule, (name, rule)
                assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule["verbs"]), (name, rule)
                if "secrets" in rule["resources"]:
                    assert role["kind"] == "Role" and rule["verbs"] in (["get"], ["patch"]), (name, rule)
    assert seen > 20


@check("rights that are not wanted go, and nothing else")
def fewer_rights(chart, root):
    def granted(values):
        rendering = render(chart, values)
        return {(role["kind"], resource, verb) for role in rendering.of("Role") + rendering.of("ClusterRole")
                for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    everything = granted({})
    gone = everything - granted({"rbac": {"secrets": False, "placement": False}})
    assert gone == {("Role", "secrets", "get"), ("Role", "secrets", "patch")} | {
        ("ClusterRole", kind, verb) for kind in ("pods", "nodes") for verb in ("list", "watch")}, gone
    none = render(chart, {"rbac": {"create": False, "tenantRoles": False}})
    assert not any(kind.endswith(("Role", "RoleBinding")) for kind, _, _ in none.objects)


@check("the pods keep the level restricted with every variant of values that does not mount the host's files")
def restricted(chart, root):
    for name, values in VARIANTS.items():
        pod = render(chart, values).pod["spec"]
        context, own = pod["securityContext"], pod["containers"][0]["securityContext"]
        assert context["runAsNonRoot"] is True and context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}, name
        assert own["readOnlyRootFilesystem"] is True, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        kinds = {key for volume in pod["volumes"] for key in volume if key != "name"}
        assert kinds <= {"configMap", "csi", "persistentVolumeClaim", "projected", "secret"} or name in (
            "socket", "agent"), (name, kinds)
        assert all(mount["readOnly"] for mount in pod["containers"][0]["volumeMounts"]), name


@check("every image comes from the registry that is said, with its credentials")
def registry(chart, root):
    def images(values):
        pod = render(chart, values).pod["spec"]
        return ([container["image"] for key in ("containers", "initContainers") for container in pod.get(key, [])],
                [secret["name"] for secret in pod.get("imagePullSecrets", [])])
    assert images({}) == (["lanyard:0.1.0"], [])
    assert images(VARIANTS["offline"]) == ([
        "registry.example.internal:5000/mirror/platform/lanyard@sha256:" + "a" * 64], ["mirror"])
    common = {"global": {"imageRegistry": "registry.example.internal", "imagePullSecrets": ["all", {"name": "both"}]}}
    assert images({**common, "image": {"registry": "elsewhere.example"}, "imagePullSecrets": [{"name": "both"}]}) == (
        ["registry.example.internal/lanyard:0.1.0"], ["all", "both"])


@check("it is part of an umbrella chart: global values, a condition, another release and namespace")
def in_umbrella(chart, root):
    with umbrella(chart) as whole:
        values = {"global": {"imageRegistry": "mirror.example", "team": {"name": "platform"}},
                  "lanyard": {"enabled": True, "replicas": 3}}
        rendering = render(whole, values, name="platform", namespace="security")
        assert rendering.only("Deployment")["spec"]["replicas"] == 3
        assert rendering.container["image"] == "mirror.example/lanyard:0.1.0"
        beside = render(chart)
        shared = {key for key in rendering.objects.keys() & beside.objects.keys() if key[0] != "CustomResourceDefinition"}
        assert not shared, f"two releases would fight for {shared}"
        spaces = {key[1] for key in rendering.objects if key[0] not in CLUSTER_SCOPED}
        assert spaces == {"security"}, spaces
        for binding in rendering.of("ClusterRoleBinding") + rendering.of("RoleBinding"):
            assert binding["subjects"] == [
                {"kind": "ServiceAccount", "name": "platform-lanyard", "namespace": "security"}], binding
            kind = binding["roleRef"]["kind"]
            role = (kind, "" if kind == "ClusterRole" else "security", binding["roleRef"]["name"])
            assert role in rendering.objects, f"no role {role}"
        assert not render(whole, {"lanyard": {"enabled": False}}).objects
        refused(whole, {"lanyard": {"replica": 3}}, "replica")


@check("labels are added to every object and to the pods, and to no selector")
def labels(chart, root):
    label = {"team": "platform"}
    rendering = render(chart, {**VARIANTS["namespace"], "extraLabels": label, "podLabels": {"zone": "a"}})
    for key, document in rendering.objects.items():
        assert document["metadata"]["labels"].items() >= label.items(), key
        selectors = [text for text in re.findall(r'"(?:matchLabels|selector)": ({[^{}]*})', json.dumps(document))]
        assert all("team" not in text for text in selectors), key
    assert rendering.pod["metadata"]["labels"] == {"app.kubernetes.io/name": "lanyard", "zone": "a", **label}
    assert rendering.only("Service")["spec"]["selector"] == {"app.kubernetes.io/name": "lanyard"}


@check("network policy, budget and Service are as said, or not there")
def network(chart, root):
    peer = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "prometheus"}}}]
    egress = [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 8200}]}]
    policy = render(chart, {"networkPolicy": {"from": peer, "egress": egress}}).only("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"] and policy["egress"] == egress
    assert [rule.get("from") for rule in policy["ingress"]] == [peer, None]
    without = {key: {"enabled": False} for key in ("networkPolicy", "podDisruptionBudget", "metricsService")}
    kinds = {key[0] for key in render(chart, without).objects}
    assert not kinds & {"NetworkPolicy", "PodDisruptionBudget", "Service"}
    budget = render(chart, {"replicas": 3, "podDisruptionBudget": {"maxUnavailable": "50%"}})
    assert budget.only("PodDisruptionBudget")["spec"]["maxUnavailable"] == "50%"


@check("what is said of pods is what pods get")
def pods(chart, root):
    pod = render(chart, VARIANTS["pods"])
    spec, said = pod.pod["spec"], VARIANTS["pods"]
    assert pod.only("Deployment")["spec"]["replicas"] == said["replicas"]
    assert pod.container["resources"]["limits"] == {"memory": "1Gi"}
    assert pod.container["resources"]["requests"] == {"cpu": "50m", "memory": "128Mi"}
    for key in ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName"):
        assert spec[key] == said[key], key
    assert pod.pod["metadata"]["annotations"] == said["podAnnotations"]
    assert said["env"][0] in pod.container["env"] and len(pod.container["env"]) == 2
    assert said["volumes"][0] in spec["volumes"] and said["volumeMounts"][0] in pod.container["volumeMounts"]
    assert spec["serviceAccountName"] == "operator" and not pod.of("ServiceAccount")
    ports = {port["name"]: port["containerPort"] for port in pod.container["ports"]}
    assert ports == {"metrics": 9090, "health": 9091} and pod.only("Service")["spec"]["ports"][0]["port"] == 9090


@check("without an election one pod ends before the next one begins")
def one_by_one(chart, root):
    assert "strategy" not in render(chart).only("Deployment")["spec"]
    alone = render(chart, {"replicas": 1, "config": {"leaderElection": {"enabled": False}}})
    assert alone.only("Deployment")["spec"]["strategy"] == {"type": "Recreate", "rollingUpdate": None}


@check("the notes say what comes next, for each way")
def notes(chart, root):
    wanted = {
        "default": ["claim spire-server-socket", "vault write auth/kubernetes/role/lanyard", "audience=vault", "WARNING",
                    "bound_service_account_names=lanyard ", "exec deployment/lanyard -- lanyard doctor --config",
                    "lanyard uninstall --remove", "CRDs, resources and access\nstay", "enforce=restricted"],
        "tcp": ["spire-server entry create -admin", "spiffe://example.org/ns/lanyard-system/sa/lanyard"],
        "csi": ["vault write auth/jwt/role/lanyard role_type=jwt", "bound_subject=spiffe://example.org/ns/lanyard-system/sa/lanyard"],
        "socket": ["socket in /srv/spire"],
        "configured": ["vault write auth/clusters/role/platform", "the trust domain neural-hive.local"],
        "pods": ["bound_service_account_names=operator "],
        "brought": ["set crds.keep to true"],
    }
    for name, words in wanted.items():
        text = render(chart, VARIANTS[name]).notes
        for word in words:
            assert word in text, f"{name}: no {word!r} in\n{text}"
        assert "<no value>" not in text and "{{" not in text
    assert "WARNING" not in render(chart, VARIANTS["configured"]).notes
    for name in ("namespace", "socket", "agent"):
        assert "label namespace" not in render(chart, VARIANTS[name]).notes, name


@check("chart and image have the version of the operator")
def versions(chart, root):
    source = pathlib.Path(root, "Sources/Lanyard/LanyardOperator/Process/Operator.swift").read_text()
    version = re.search(r'static let version = "([^"]+)"', source)[1]
    with helm_python.Chart.load(chart) as loaded:
        assert (loaded.version, loaded.metadata["appVersion"]) == (version, version)
    assert render(chart).container["image"].endswith(f":{version}")


def run(chart, root, only=None):
    """The names of the checks that fail, with what they say."""
    failures = {}
    for name, (_, function) in CHECKS.items():
        if only is None or name == only:
            try:
                function(chart, root)
            except Exception as error:  # of YAML and Helm alike
                failures[name] = f"{type(error).__name__}: {error}"
    return failures


def main(root):
    started, chart = time.monotonic(), f"{root}/manifests/chart"
    print(f"chart, with Helm {helm_python.helm_sdk_version()}")
    failures = run(chart, root)
    for name, (title, _) in CHECKS.items():
        print(f"  {'FAILED' if name in failures else 'ok    '}  {title}")
        if name in failures:
            print(f"    {failures[name]}")
    print(f"{len(CHECKS) - len(failures)} of {len(CHECKS)} checks hold ({time.monotonic() - started:.1f} s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
