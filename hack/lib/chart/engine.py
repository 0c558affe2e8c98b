"""What Helm's own engine makes of a chart, and what kubectl makes of a kustomization."""

import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import helm_python
import yaml

RELEASE, NAMESPACE = "lanyard", "lanyard-system"
CLUSTER_SCOPED = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace"}


class Rendering:
    """The objects of a chart or a kustomization, by kind, namespace and name."""

    def __init__(self, documents, notes=""):
        self.notes, self.objects = notes, {}
        for document in documents:
            key = key_of(document)
            if key in self.objects:
                raise AssertionError(f"{key} is there twice")
            self.objects[key] = document

    def of(self, kind):
        return [value for key, value in self.objects.items() if key[0] == kind]

    def only(self, kind):
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} objects of the kind {kind}"
        return found[0]

    @property
    def pod(self):
        return self.only("Deployment")["spec"]["template"]

    @property
    def container(self):
        return self.pod["spec"]["containers"][0]

    @property
    def config_map(self):
        (found,) = [item for item in self.of("ConfigMap") if "config.yaml" in item["data"]]
        return found

    @property
    def config(self):
        return yaml.safe_load(self.config_map["data"]["config.yaml"])


def key_of(document):
    metadata = document["metadata"]
    return document["kind"], metadata.get("namespace", ""), metadata["name"]


def documents(text):
    """The documents of a YAML text, for the caller to change."""
    return json.loads(parsed(text))


@functools.cache
def parsed(text):
    """As JSON: the CRDs, which are nearly all of the text, are the same each time."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps([document for document in yaml.load_all(text, loader) if document])


def render(chart, values=None, name=RELEASE, namespace=NAMESPACE):
    """What `helm template` would print; throws helm_python.HelmError for values that are refused."""
    with helm_python.Chart.load(chart) as loaded:
        loaded.validate_schema(values or {})
        files = loaded.render(values or {}, name=name, namespace=namespace)
    notes = "".join(text for path, text in files.items() if path.endswith("NOTES.txt"))
    texts = [text for path, text in sorted(files.items()) if not path.endswith((".txt", ".tpl"))]
    return Rendering([document for text in texts for document in documents(text)], notes)


def lint(chart, values=None):
    """What is wrong with a chart, but for what is only recommended."""
    report = helm_python.lint(chart, values or {}, strict=True, namespace=NAMESPACE, kube_version="v1.25.0")
    found = [f"{item['path']}: {item['error']}" for item in report["messages"] if item["severity"] > 1]
    return found + report["errors"]


def kustomize(root, components=(), tenants=(), **more):
    """The base with components of manifests/, the roles of tenants' namespaces, and more of an overlay."""
    with tempfile.TemporaryDirectory(prefix="lanyard-chart.") as folder:
        def write(path, content):
            place = pathlib.Path(folder, path)
            place.mkdir()
            (place / "kustomization.yaml").write_text(json.dumps(content))

        up = os.path.relpath(root, os.path.join(folder, "overlay"))
        head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
        for tenant in tenants:
            write(tenant, {**head, "namespace": tenant, "resources": [f"{up}/manifests/namespaced/tenant"]})
        write("overlay", {
            **head, "resources": [f"{up}/manifests/base", *(f"../{tenant}" for tenant in tenants)],
            "components": [f"{up}/manifests/{component}" for component in components], **more})
        return kustomized(f"{folder}/overlay")


def kustomized(folder):
    """What a kustomization is."""
    done = subprocess.run([os.environ["KUBECTL"], "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Rendering(documents(done.stdout))


def normal(rendering):
    """The objects as they mean the same: the configuration without the digest in its name, parsed, with what environment
    variables say in it, and without what tells Helm what to keep."""
    result, digest = {}, re.compile(r"(-config)-[a-z0-9]{10}$")
    for document in json.loads(json.dumps(list(rendering.objects.values()))):
        metadata = document["metadata"]
        annotations = metadata.get("annotations", {})
        annotations.pop("helm.sh/resource-policy", None)
        if not annotations:
            metadata.pop("annotations", None)
        metadata["name"] = digest.sub(r"\1", metadata["name"])
        if document["kind"] == "ConfigMap" and "config.yaml" in document["data"]:
            document["data"]["config.yaml"] = yaml.safe_load(document["data"]["config.yaml"])
        if document["kind"] == "Deployment":
            pod = document["spec"]["template"]["spec"]
            for volume in pod["volumes"]:
                if "configMap" in volume:
                    volume["configMap"]["name"] = digest.sub(r"\1", volume["configMap"]["name"])
            # Both are sets by their keys, in whichever order.
            pod["volumes"].sort(key=lambda volume: volume["name"])
            pod["containers"][0]["volumeMounts"].sort(key=lambda mount: mount["mountPath"])
        result[key_of(document)] = document
    for key, document in result.items():
        if key[0] == "Deployment":
            move_environment(document, next(value for kind, value in result.items()
                                            if kind[0] == "ConfigMap" and "config.yaml" in value["data"]))
    return result


def move_environment(deployment, config):
    """An address in the environment goes before that of the file."""
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for variable in list(container["env"]):
        if variable["name"] == "LANYARD_SPIRE_ADDRESS":
            config["data"]["config.yaml"]["spire"]["address"] = variable["value"]
            container["env"].remove(variable)


def differences(left, right, path=""):
    """Where two values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        return [item for key in sorted(left.keys() | right.keys(), key=str)
                for item in differences(left.get(key), right.get(key), f"{path}.{key}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [item for index, pair in enumerate(zip(left, right))
                for item in differences(*pair, f"{path}[{index}]")]
    return [] if left == right else [f"{path}: {left!r:.120} and not {right!r:.120}"]
