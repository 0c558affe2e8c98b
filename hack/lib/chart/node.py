"""In place of Deployment controller and kubelet: runs the one pod of a Deployment, as the API server has it, from an unpacked image.

node.py ROOT FOLDER NAMESPACE NAME HOST…

FOLDER has `image`, unpacked by hack/image/unpack.py, and its digest in `image/digest`. A Deployment that comes, changes and goes
brings, replaces and ends the pod; FOLDER/running is there as long as it runs. HOSTs are names that are this machine in the pod.
Where something is not as it should be, all ends, and FOLDER/failure says what; so it does by SIGTERM, and when FOLDER is gone.

Needs: root, KUBECONFIG, KUBECTL, KUBE_CA_FILE, KUBE_APISERVER_URL.
"""

import os
import pathlib
import shutil
import signal
import sys
import time

from pod import Pod, Refused
from process import Failed, Process
from server import KubectlFailed, get, kubectl
from volumes import Files


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Node:
    def __init__(self, root, folder, space, name, hosts):
        self.root, self.folder, self.space, self.name, self.hosts = root, pathlib.Path(folder), space, name, hosts
        self.log = self.folder.parent / "logs" / "operator.log"
        self.is_stopped, self.process, self.files, self.reported, self.said = False, None, None, None, ""

    def stop(self, *_):
        self.is_stopped = True

    def run(self):
        """Until it is stopped."""
        due = 0
        while not self.is_stopped and self.folder.is_dir():
            if time.monotonic() >= due:
                self.try_to_follow()
                due = time.monotonic() + 2
            if self.process:
                was_ready = self.process.is_ready
                self.process.look()
                if self.process.is_ready != was_ready:
                    self.say_ready()
                    due = 0
                elif not was_ready and self.process.trouble:
                    self.say_once(f"not ready yet: {self.process.trouble}"[:1000])
            time.sleep(0.2)
        self.end_pod("the node ends")

    def try_to_follow(self):
        """A server that is away, or has changed meanwhile, is asked again."""
        try:
            self.follow(get("deployment", self.name, self.space))
            if self.files:
                self.files.renew()
        except KubectlFailed as error:
            self.say_once(f"to be tried again: {error}"[:400])

    def say_once(self, text):
        if text != self.said:
            self.said = text
            say(text)

    def follow(self, deployment):
        if deployment is None:
            self.end_pod("the Deployment is gone")
            return
        pod = Pod(deployment, get("serviceaccount", deployment["spec"]["template"]["spec"]["serviceAccountName"], self.space))
        if self.process and self.process.pod.digest != pod.digest:
            self.end_pod("the Deployment has changed")
        if not self.process:
            self.start_pod(pod)
        self.report(deployment)

    def start_pod(self, pod):
        image, folder = self.folder / "image", self.folder / "pod"
        digest = (image / "digest").read_text().strip()
        if not pod.image.endswith(f"@{digest}"):
            raise Refused(f"container.image: {pod.image} is not the image that is unpacked here: {digest}")
        facts = [line.split("=", 1) for line in (image / "process").read_text().splitlines()]
        entry = [value for key, value in facts if key == "entry"]
        server = os.environ["KUBE_APISERVER_URL"].removeprefix("https://").split(":")
        environment = {
            **dict(value.split("=", 1) for key, value in facts if key == "env"), "HOSTNAME": pod.name,
            "KUBERNETES_SERVICE_HOST": server[0], "KUBERNETES_SERVICE_PORT": server[1], **pod.environment}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.files = Files(pod, folder, self.hosts)
        mounts = self.files.lay()
        (folder / "root").symlink_to(image / "root")
        for source, target in mounts:
            place(image / "root" / target.lstrip("/"), source)
        lines = [f"user={pod.user}:{pod.group}", f"groups={pod.file_group}"]
        lines += [f"env={name}={value}" for name, value in environment.items()] + [f"entry={word}" for word in entry]
        (folder / "process").write_text("\n".join(lines) + "\n")
        (folder / "mounts").write_text("".join(f"{source} {target}\n" for source, target in mounts))
        expected = {"executable": image / "root" / entry[0].lstrip("/"), "words": entry + pod.arguments,
                    "environment": environment, "mounts": [target for _, target in mounts]}
        self.process = Process([f"{self.root}/hack/image/run", folder, *pod.arguments], pod, expected, self.log)
        (self.folder / "running").write_text(f"{self.process.process.pid}\n")
        say(f"pod of {self.space}/{self.name}: process {self.process.process.pid}: {' '.join(entry + pod.arguments)}")
        say(f"  image {pod.image}; user {pod.user}, group {pod.group}, files of group {pod.file_group}; ServiceAccount {pod.account}")
        for line in self.files.told:
            say(f"  {line}")
        say(f"  environment: {' '.join(sorted(environment))}")
        for what, why in pod.left:
            say(f"  left to a cluster: {what}: {why}")

    def say_ready(self):
        process = self.process
        if not process.is_ready:
            say(f"not ready any more: {process.pod.readiness.path} fails")
            return
        say(f"ready after {time.monotonic() - process.started:.1f} s: {process.pod.readiness.path} on port {process.pod.readiness.port}; "
            f"{len(process.metrics)} series on port {process.pod.ports['metrics']}")
        say("  as /proc says: user, groups, no capability, no new privileges, arguments, environment, mounts, root read-only")

    def end_pod(self, why):
        if not self.process:
            return
        process, self.process, self.files = self.process, None, None
        said = process.end()
        (self.folder / "running").unlink(missing_ok=True)
        say(f"{why}: the pod {said}")

    def report(self, deployment):
        """What a controller would say of it, for `kubectl rollout status`."""
        ready = int(self.process is not None and self.process.is_ready)
        status = {"observedGeneration": deployment["metadata"]["generation"], "replicas": 1, "updatedReplicas": 1,
                  "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": 1 - ready}
        if (now := (deployment["metadata"]["uid"], status)) != self.reported:
            kubectl("replace", "--raw", f"/apis/apps/v1/namespaces/{self.space}/deployments/{self.name}/status", "-f", "-",
                    body={**deployment, "status": status})
            self.reported = now


def place(target, source):
    """Where something is mounted there has to be something of the same kind."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()


def main(root, folder, space, name, *hosts):
    os.umask(0o022)
    node = Node(root, folder, space, name, hosts)
    signal.signal(signal.SIGTERM, node.stop)
    try:
        node.run()
    except Exception as error:  # whatever it is, who waits for the pod has to hear of it
        text = f"{'' if isinstance(error, (Failed, Refused)) else type(error).__name__ + ': '}{error}"
        say(f"FAILED: {text}")
        if node.process and node.process.process.poll() is None:
            node.process.process.terminate()
        if node.folder.is_dir():
            (node.folder / "running").unlink(missing_ok=True)
            (node.folder / "failure").write_text(text + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
