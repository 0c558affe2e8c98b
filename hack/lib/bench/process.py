"""What processes have used, by /proc; and the operator's own process."""
import os
import pathlib
import re
import signal
import subprocess
import time

from .wire import Trouble

TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    def __init__(self, pid):
        self.pid = int(pid)
        self.folder = pathlib.Path(f"/proc/{self.pid}")

    def cpu(self):
        """Seconds of processor time, all threads and those that have ended."""
        after_name = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / TICKS

    def memory(self):
        """Resident now, and at most since it began, in MiB."""
        return self.sizes("VmRSS", "VmHWM")

    def own_memory(self):
        """Resident now without pages of files, such as the program itself, which the kernel reads again when it needs them, in MiB."""
        return self.sizes("RssAnon")[0]

    def sizes(self, *names):
        text = (self.folder / "status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024 for name in names)

    def switches(self):
        """How often its threads were given the processor and gave it up."""
        total = 0
        for status in self.folder.glob("task/*/status"):
            try:
                text = status.read_text()
            except OSError:  # a thread that has just ended
                continue
            total += sum(int(number) for number in re.findall(r"ctxt_switches:\s+(\d+)", text))
        return total


class Operator(Process):
    """As hack/demo starts it: under its own ServiceAccount and Vault role, with the configuration of hack/configure."""

    running = None

    def __init__(self, label, executable, environment, settings):
        directory = pathlib.Path(environment["LANYARD_ENV_DIR"])
        self.log = directory / "logs" / f"bench-{label}.log"
        own = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "BAO_TOKEN", "KUBE_ADMIN_TOKEN")}
        command = [executable, "controller", "--config", directory / "operator/config.yaml",
                   "--kubeconfig", directory / "operator/kubeconfig"]
        for setting in settings:
            command += ["--set", setting]
        self.started = time.time()
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=own)
        super().__init__(self.child.pid)
        Operator.running = self

    def ensure_running(self):
        if self.child.poll() is not None:
            last = self.log.read_text(errors="replace").splitlines()[-3:]
            raise Trouble(f"the operator ended ({self.child.returncode}); {self.log} ends with:\n" + "\n".join(last))

    def stop(self):
        Operator.running = None
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(40)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise Trouble("the operator did not end within 40 s of SIGTERM") from None
