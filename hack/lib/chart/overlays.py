"""Checks of the chart against the components of manifests/, and against overlays as people write them."""

import json
import pathlib

import yaml
from check import check, same
from engine import NAMESPACE, kustomize, kustomized, render
from values import VARIANTS


def of_base(root, components=(), tenants=(), **more):
    """An overlay of the base, without the namespace, which the chart leaves to others."""
    overlay = kustomize(root, components, tenants, **more)
    del overlay.objects["Namespace", "", NAMESPACE]
    return overlay


def configure(rendering, **more):
    """Says more in the configuration, as an overlay would by a file of its own."""
    rendering.config_map["data"]["config.yaml"] = yaml.safe_dump(merged(rendering.config, more))


def merged(left, right):
    """What Helm makes of values over others."""
    if not (isinstance(left, dict) and isinstance(right, dict)):
        return right
    return {key: merged(left[key], right[key]) if key in left and key in right else {**left, **right}[key] for key in left | right}


@check("SPIRE over TCP is the component spire-tcp")
def spire_tcp(chart, root):
    same(render(chart, VARIANTS["tcp"]), of_base(root, ["spire-tcp"]))


@check("a login by JWT-SVID is the component workload-api: the agent's socket by CSI")
def spire_csi(chart, root):
    overlay = of_base(root, ["workload-api"])
    configure(overlay, vault={"auth": {"method": "jwtSVID"}})
    same(render(chart, VARIANTS["csi"]), overlay)


@check("watchNamespaces is manifests/namespaced, with roles in each namespace and none of tenants elsewhere")
def least_rights(chart, root):
    tenants = ["shop", "farm"]
    overlay = of_base(root, ["namespaced"], tenants)
    configure(overlay, watchNamespaces=tenants)
    same(render(chart, VARIANTS["tenants"]), overlay)
    # Where the operator watches its own namespace as well, both of its roles there have to stand beside each other.
    own = render(chart, {"config": {"watchNamespaces": [NAMESPACE]}})
    assert {("Role", NAMESPACE, name) for name in ("lanyard", "lanyard-tenant")} <= own.objects.keys()


@check("on OpenShift it is the component openshift: no user and no group is said, and all else is the same")
def openshift(chart, root):
    there, usual = render(chart, VARIANTS["openshift"]), render(chart)
    same(there, of_base(root, ["openshift"]))
    context = there.pod["spec"]["securityContext"]
    assert context == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}, context
    usual.pod["spec"]["securityContext"] = context
    same(there, usual)


@check("Prometheus and Grafana get the component monitoring, and alerts lead to where the pages are")
def monitored(chart, root):
    rendering = render(chart, VARIANTS["monitored"])
    same(rendering, of_base(root, ["monitoring"]))
    assert len(rendering.objects) == len(render(chart).objects) + 3
    parts = {"podMonitor": "PodMonitor", "rules": "PrometheusRule", "dashboard": "ConfigMap"}
    for part, kind in parts.items():
        more = render(chart, {"monitoring": {part: True}}).objects.keys() - render(chart).objects.keys()
        assert [key[0] for key in more] == [kind], more
    there = {**VARIANTS["monitored"]["monitoring"], "labels": {"release": "prometheus"}, "runbooks": "https://wiki.example/lanyard/"}
    chosen = render(chart, {"monitoring": there}, name="platform", namespace="security")
    for kind in ("PodMonitor", "PrometheusRule"):
        item = chosen.only(kind)
        assert item["metadata"]["labels"] == {"app.kubernetes.io/name": "lanyard", "release": "prometheus"}, item["metadata"]
        assert (item["metadata"]["name"], item["metadata"]["namespace"]) == ("platform-lanyard", "security")
    links = [rule["annotations"]["runbook_url"] for group in chosen.only("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
    assert len(links) > 10 and all(link.startswith("https://wiki.example/lanyard/Lanyard") for link in links), links[:2]
    assert chosen.pod["metadata"]["labels"].items() >= chosen.only("PodMonitor")["spec"]["selector"]["matchLabels"].items()


@check("another registry is what an overlay's images say")
def mirrored(chart, root):
    image = VARIANTS["offline"]["image"]
    name = f"{image['registry']}{image['repository']}"
    same(render(chart, {"image": {key: image[key] for key in ("registry", "repository", "digest")}}),
         of_base(root, images=[{"name": "lanyard", "newName": name, "digest": image["digest"]}]))


@check("the quick start's overlay is the chart with its configuration, and the claim with SPIRE's socket")
def quick_start(chart, root):
    folder = pathlib.Path(root, "manifests/quick-start/lanyard")
    overlay = kustomized(folder)
    del overlay.objects["Namespace", "", NAMESPACE]
    volume = overlay.objects.pop(("PersistentVolume", "", "lanyard-spire-server-socket"))
    claim = overlay.objects.pop(("PersistentVolumeClaim", NAMESPACE, "spire-server-socket"))
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"], claim
    assert volume["spec"]["claimRef"] == {"namespace": NAMESPACE, "name": claim["metadata"]["name"]}, volume
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert overlay.config == config
    rendering = render(chart, {"config": config})
    overlay.config_map["data"]["config.yaml"] = json.dumps(merged(render(chart).config, config))
    same(rendering, overlay)
    assert volume["spec"]["hostPath"]["path"] in [mount["mountPath"] for mount in rendering.container["volumeMounts"]]
