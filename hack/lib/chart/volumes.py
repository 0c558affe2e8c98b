"""The files of a pod: its volumes, the token of its ServiceAccount, and the names of hosts, as a kubelet lays them.

What a ConfigMap, Secret or claim holds is read from the API server, and tokens are asked for there.
"""

import base64
import json
import os
import pathlib
import time

from pod import Refused
from server import get, kubectl

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
ACCOUNT_SECONDS = 3607   # as the API server has it in the volume that it adds to pods


def request_token(namespace, account, seconds, audience=None):
    """A token of a ServiceAccount, with its claims; of the API server's own audience where none is said."""
    spec = {"expirationSeconds": seconds, **({"audiences": [audience]} if audience else {})}
    answer = kubectl("create", "--raw", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", "-f", "-",
                     body={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    token = json.loads(answer)["status"]["token"]
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    subject = f"system:serviceaccount:{namespace}:{account}"
    assert claims["sub"] == subject, f"the token is one of {claims['sub']}, and not of {subject}"
    assert audience is None or claims["aud"] == [audience], f"the token is for {claims['aud']}, and not for {audience}"
    life = claims["exp"] - claims["iat"]
    assert audience is None or life == seconds, f"the token is good for {life} s, and not for {seconds} s"
    return token, claims


class Files:
    """What is laid in a folder of the node for one pod."""

    def __init__(self, pod, folder, hosts):
        """hosts: names that are this machine in the pod, in place of the cluster's DNS."""
        self.pod, self.folder, self.hosts = pod, pathlib.Path(folder), hosts
        self.tokens, self.told = [], []

    def lay(self):
        """Source on the node and target in the pod of each mount; `told` says where each comes from."""
        made = {name: self._volume(name, kind, what) for name, (kind, what) in self.pod.volumes.items()}
        mounts = [(*made[name], target) for name, target in self.pod.mounts]
        if self.pod.has_token:
            mounts.append((*self._account(), ACCOUNT))
        hosts = self._write(self.folder / "hosts", f"127.0.0.1 localhost {self.pod.name} {' '.join(self.hosts)}\n", 0o644)
        mounts.append((hosts, f"this machine as {', '.join(self.hosts)}", "/etc/hosts"))
        self.told = [f"{target}: {text}" for _, text, target in mounts]
        return [(source, target) for source, _, target in mounts]

    def renew(self):
        """Tokens of which four fifths are over, as a kubelet does it."""
        for number, (due, *token) in enumerate(self.tokens):
            if time.time() > due:
                self.tokens[number] = self._token(*token)

    def _volume(self, name, kind, what):
        """A folder with what a volume has, and where that comes from."""
        if kind == "persistentVolumeClaim":
            return self._claim(what["claimName"])
        folder = self.folder / "volumes" / name
        folder.mkdir(parents=True)
        if kind == "projected":
            return folder, "; ".join(self._projected(folder, source["serviceAccountToken"]) for source in what["sources"])
        own = what["name"] if kind == "configMap" else what["secretName"]
        found = get(kind.lower(), own, self.pod.namespace)
        if not found or found.get("binaryData"):
            raise Refused(f"volume {name}: there is no {kind} {own} in {self.pod.namespace}, or it has bytes, which nobody here lays")
        for key, text in found.get("data", {}).items():
            self._write(folder / key, text if kind == "configMap" else base64.b64decode(text).decode(),
                        what.get("defaultMode", 0o644))
        return folder, f"{kind} {own}"

    def _projected(self, folder, said):
        audience, seconds = said.get("audience"), said.get("expirationSeconds", 3600)
        self.tokens.append(self._token(folder / said["path"], seconds, audience))
        return f"token of {self.pod.namespace}/{self.pod.account} for the audience {audience}, {seconds} s"

    def _claim(self, name):
        """The folder of a claim whose volume is one of this machine."""
        claim = get("persistentvolumeclaim", name, self.pod.namespace)
        if not claim:
            raise Refused(f"there is no claim {name} in {self.pod.namespace}")
        volume = get("persistentvolume", claim["spec"].get("volumeName", "-"))
        bound = ((volume or {}).get("spec") or {}).get("claimRef") or {}
        if (bound.get("namespace"), bound.get("name")) != (self.pod.namespace, name) or "hostPath" not in volume["spec"]:
            raise Refused(f"the claim {name} has no volume of its own that is a folder of this machine")
        folder = pathlib.Path(volume["spec"]["hostPath"]["path"])
        if not folder.is_dir():
            raise Refused(f"the volume of the claim {name} is {folder}, which is not there")
        return folder, f"claim {name}, volume {volume['metadata']['name']}"

    def _account(self):
        folder = self.folder / "account"
        folder.mkdir()
        self.tokens.append(self._token(folder / "token", ACCOUNT_SECONDS, None))
        self._write(folder / "ca.crt", pathlib.Path(os.environ["KUBE_CA_FILE"]).read_text(), 0o644)
        self._write(folder / "namespace", self.pod.namespace, 0o644)
        return folder, f"token of {self.pod.namespace}/{self.pod.account} for the API server"

    def _token(self, file, seconds, audience):
        token, claims = request_token(self.pod.namespace, self.pod.account, seconds, audience)
        self._write(file, token, 0o600)
        return claims["iat"] + 0.8 * (claims["exp"] - claims["iat"]), file, seconds, audience

    def _write(self, file, text, mode):
        """Whole at any moment, and readable for the group that the pod's files are of."""
        new = file.with_name(f".{file.name}.new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(text)
        os.chown(new, 0, self.pod.file_group)
        os.chmod(new, mode | 0o440)
        new.rename(file)
        return file
