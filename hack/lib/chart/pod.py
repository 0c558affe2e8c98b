"""What the pods of a Deployment need of their node, read from its specification.

What is said there is done, or is among what takes a cluster (`left`, with the reason); anything else is refused, so that nothing is
left out unawares. What is refused here is no mistake of the chart: it needs somebody who teaches it to this file.
"""

import dataclasses
import hashlib
import json

# What is not done, and why, by the place where it stands.
LEFT = {
    "deployment": {
        "progressDeadlineSeconds": "who waits says how long",
        "revisionHistoryLimit": "there are no ReplicaSets",
        "strategy": "pods share the ports of this machine, so one ends before the next begins",
    },
    "pod": {
        "affinity": "there is one node",
        "dnsPolicy": "names are in /etc/hosts",
        "restartPolicy": "a pod that ends by itself is a failure",
        "schedulerName": "there is one node",
    },
    "pod.securityContext": {"seccompProfile": "no container runtime is here that has a default profile"},
    "container": {
        "imagePullPolicy": "the image is unpacked already",
        "terminationMessagePath": "nobody reads it",
        "terminationMessagePolicy": "nobody reads it",
    },
    "container.resources": {"requests": "there is one node"},
}
# How hack/image/run runs a process, whatever is said: so just this may be said.
CONFINEMENT = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
VOLUMES = {
    "configMap": {"name", "defaultMode"},
    "persistentVolumeClaim": {"claimName", "readOnly"},
    "projected": {"sources", "defaultMode"},
    "secret": {"secretName", "defaultMode"},
}
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


class Refused(Exception):
    """Something in a specification that nobody here knows, or that cannot be done here."""


@dataclasses.dataclass
class Probe:
    """A probe over HTTP."""

    path: str
    port: int
    period: int
    timeout: int
    delay: int
    failures: int


class Pod:
    """The one pod of a Deployment, without its files."""

    def __init__(self, deployment, account=None):
        """account: its ServiceAccount, which may say that no pod gets its token."""
        if (replicas := deployment["spec"].get("replicas", 1)) != 1:
            raise Refused(f"replicas: {replicas} pods would share the ports of this machine: it must be 1")
        self.left = []
        self._look("deployment", deployment["spec"], {"replicas", "selector", "template"})
        self.name, self.namespace = (deployment["metadata"][key] for key in ("name", "namespace"))
        template = deployment["spec"]["template"]
        self.digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
        spec = template["spec"]
        self._look("pod", spec, {
            "automountServiceAccountToken", "containers", "securityContext", "serviceAccount", "serviceAccountName",
            "terminationGracePeriodSeconds", "volumes"})
        if len(spec["containers"]) != 1:
            raise Refused(f"pod.containers: there are {len(spec['containers'])}, and one is run")
        container = spec["containers"][0]
        self._look("container", container, {
            "args", "env", "image", "livenessProbe", "name", "ports", "readinessProbe", "resources", "securityContext",
            "volumeMounts"})
        self.account, self.grace = spec["serviceAccountName"], spec.get("terminationGracePeriodSeconds", 30)
        self.has_token = spec.get("automountServiceAccountToken", (account or {}).get("automountServiceAccountToken", True))
        self.image, self.arguments = container["image"], self._plain("container.args", container.get("args", []))
        self._read_user(spec.get("securityContext") or {}, container.get("securityContext") or {})
        self._read_environment(container.get("env", []))
        self._read_ports(container)
        self._read_limits(container.get("resources") or {})
        self._read_volumes(spec.get("volumes", []), container.get("volumeMounts", []))

    def _look(self, place, value, done):
        """Refuses what stands at a place and is not known there."""
        left = LEFT.get(place, {})
        if strange := sorted(value.keys() - done - left.keys()):
            raise Refused(f"{place}: {', '.join(strange)}: nobody here knows what that asks for")
        self.left += [(f"{place}.{key}", left[key]) for key in sorted(value.keys() & left.keys())]

    @staticmethod
    def _plain(place, words):
        """Words in which nothing is to be replaced."""
        for word in words:
            if "$(" in word or "\n" in word:
                raise Refused(f"{place}: {word!r} refers to a variable, or has several lines")
        return words

    def _read_user(self, context, own):
        self._look("pod.securityContext", context, {"fsGroup", "runAsGroup", "runAsNonRoot", "runAsUser"})
        if not context.get("runAsUser") or not context.get("runAsGroup"):
            raise Refused("pod.securityContext: it says no user and group beside root, and here is no OpenShift that gives one")
        if own != CONFINEMENT:
            raise Refused(f"container.securityContext: {own}, and what is run here is always {CONFINEMENT}")
        self.user, self.group = context["runAsUser"], context["runAsGroup"]
        self.file_group = context.get("fsGroup", self.group)

    def _read_environment(self, variables):
        self.environment = {}
        for variable in variables:
            self._look("container.env", variable, {"name", "value"})
            self.environment[variable["name"]] = self._plain("container.env", [variable.get("value", "")])[0]

    def _read_ports(self, container):
        self.ports = {}
        for port in container.get("ports", []):
            self._look("container.ports", port, {"containerPort", "name", "protocol"})
            self.ports[port["name"]] = port["containerPort"]
        self.liveness, self.readiness = (self._probe(kind, container[kind]) for kind in ("livenessProbe", "readinessProbe"))

    def _probe(self, kind, probe):
        self._look(f"container.{kind}", probe, {
            "failureThreshold", "httpGet", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"})
        get = probe["httpGet"]
        self._look(f"container.{kind}.httpGet", get, {"path", "port", "scheme"})
        if probe.get("successThreshold", 1) != 1 or get.get("scheme", "HTTP") != "HTTP":
            raise Refused(f"container.{kind}: only one success by HTTP is known here: {probe}")
        return Probe(get["path"], self.ports.get(get["port"], get["port"]), probe.get("periodSeconds", 10),
                     probe.get("timeoutSeconds", 1), probe.get("initialDelaySeconds", 0), probe.get("failureThreshold", 3))

    def _read_limits(self, resources):
        self._look("container.resources", resources, {"limits"})
        limits = resources.get("limits", {})
        self._look("container.resources.limits", limits, {"memory"})
        text = str(limits.get("memory", ""))
        unit = UNITS.get(text[-2:])
        if text and not (text[:-2].isdigit() and unit):
            raise Refused(f"container.resources.limits.memory: {text} is in no unit of {', '.join(UNITS)}")
        self.memory = int(text[:-2]) * unit if text else None

    def _read_volumes(self, volumes, mounts):
        self.volumes, self.mounts = {}, []
        for volume in volumes:
            name, *kinds = volume["name"], *(key for key in volume if key != "name")
            if len(kinds) != 1 or kinds[0] not in VOLUMES:
                raise Refused(f"volume {name}: {', '.join(kinds)} is no kind that is known here: {', '.join(VOLUMES)}")
            what = volume[kinds[0]]
            self._look(f"volume {name}", what, VOLUMES[kinds[0]])
            for source in what.get("sources", []):
                self._look(f"volume {name}: a source", source, {"serviceAccountToken"})
                self._look(f"volume {name}: a token", source["serviceAccountToken"], {"audience", "expirationSeconds", "path"})
            self.volumes[name] = (kinds[0], what)
        for mount in mounts:
            self._look("container.volumeMounts", mount, {"mountPath", "name", "readOnly"})
            if not mount.get("readOnly") or mount["name"] not in self.volumes:
                raise Refused(f"container.volumeMounts: {mount} is not read-only, or of no volume")
            self.mounts.append((mount["name"], mount["mountPath"]))
