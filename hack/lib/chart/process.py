"""The process of a pod: started from the unpacked image, seen from outside, asked by its probes, ended.

What it is started with is held against what /proc says of it: so it does not matter who has started it, or how.
"""

import http.client
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """What is not as the specification says, or has ended."""


def fetch(port, path, timeout):
    """What is answered on a port of this machine; an OSError where that is no success."""
    try:
        with DIRECT.open(f"http://127.0.0.1:{port}{path}", timeout=timeout) as answer:
            return answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


class Process:
    """The process of one pod."""

    def __init__(self, command, pod, expected, log):
        """expected: what /proc has to say of it: `executable`, `words`, `environment`, `mounts`."""
        self.pod, self.expected, self.log = pod, expected, pathlib.Path(log)
        with open(log, "a") as stream:
            self.begin = stream.tell()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                                            start_new_session=True)
        self.started, self.is_ready, self.metrics, self.trouble = time.monotonic(), False, None, None
        self.asked, self.failed = {"liveness": 0, "readiness": 0}, {"liveness": 0, "readiness": 0}
        self.due = {"liveness": self.started + pod.liveness.delay, "readiness": self.started + pod.readiness.delay}

    def look(self):
        """Asks the probes whose time has come."""
        if (status := self.process.poll()) is not None:
            raise Failed(f"the pod ended by itself with {status}:{self._last_lines()}")
        for kind, probe in (("liveness", self.pod.liveness), ("readiness", self.pod.readiness)):
            if time.monotonic() < self.due[kind]:
                continue
            self.due[kind] = time.monotonic() + probe.period
            trouble = self._ask(probe)
            self.asked[kind] += 1
            self.failed[kind] = self.failed[kind] + 1 if trouble else 0
            if kind == "liveness" and self.failed[kind] >= probe.failures:
                raise Failed(f"a kubelet would start it again: {probe.path} failed {self.failed[kind]} times, last by: {trouble}")
            if kind == "readiness":
                self._readiness(trouble)

    @staticmethod
    def _ask(probe):
        """Nothing, or why it fails."""
        try:
            fetch(probe.port, probe.path, probe.timeout)
        except urllib.error.HTTPError as error:
            return f"{error}: " + "; ".join(line for line in error.read().decode().splitlines() if line.startswith("[-]"))
        except OSError as error:
            return f"{error}"
        return None

    def _readiness(self, trouble):
        self.trouble = trouble
        if trouble is None and not self.is_ready:
            self.verify()
            self.is_ready = True
        elif self.failed["readiness"] >= self.pod.readiness.failures:
            self.is_ready = False

    def verify(self):
        """Holds what runs against what the specification says."""
        folder = pathlib.Path("/proc", str(self.process.pid))
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
        none = "0" * 16
        for key, wanted in (("Uid", self.pod.user), ("Gid", self.pod.group), ("Groups", self.pod.file_group), ("NoNewPrivs", 1),
                            ("CapPrm", none), ("CapEff", none), ("CapInh", none), ("CapAmb", none)):
            self._demand(set(status[key].split()), {str(wanted)}, key)
        self._demand(os.path.samefile(folder / "exe", self.expected["executable"]), True, "that it is the image's executable")
        self._demand(_words(folder / "cmdline"), self.expected["words"], "its arguments")
        environment = dict(word.split("=", 1) for word in _words(folder / "environ"))
        wrong = {name for name, _ in environment.items() ^ self.expected["environment"].items()}
        self._demand(wrong, set(), "variables of its environment that differ")
        options = {}
        for line in (folder / "mountinfo").read_text().splitlines():
            fields = line.split()
            options[fields[4]] = fields[5].split(",")
        for target in ("/", *self.expected["mounts"]):
            self._demand("ro" in options.get(target, []), True, f"that {target} is mounted, and read-only")
        self.metrics = [line for line in fetch(self.pod.ports["metrics"], "/metrics", 10).splitlines() if not line.startswith("#")]
        self._demand(any(line.startswith("lanyard_") for line in self.metrics), True, "that its metrics are the operator's")

    @staticmethod
    def _demand(seen, wanted, what):
        if seen != wanted:
            raise Failed(f"{what}: expected {wanted}, and seen {seen}")

    def peak(self):
        """The most memory that it had, in bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def end(self):
        """Ends it as a kubelet does, and says how that went; it must end by itself, in time, and well."""
        if (status := self.process.poll()) is not None:
            raise Failed(f"the pod had ended by itself with {status}:{self._last_lines()}")
        peak, begun = self.peak(), time.monotonic()
        self.process.terminate()
        try:
            status = self.process.wait(self.pod.grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"the pod did not end within {self.pod.grace} s of SIGTERM:{self._last_lines()}") from None
        if status:
            raise Failed(f"the pod ended with {status}, and not with 0:{self._last_lines()}")
        if self.pod.memory and peak > self.pod.memory:
            raise Failed(f"the pod had {peak} bytes of memory, and its limit is {self.pod.memory}")
        limit = f" of {self.pod.memory / 2**20:.0f}" if self.pod.memory else ""
        return (f"ended {time.monotonic() - begun:.1f} s after SIGTERM, of {self.pod.grace} s, with 0; it had {peak / 2**20:.0f}{limit} "
                f"MiB; asked {self.asked['liveness']} times whether it lives, {self.asked['readiness']} times whether it is ready")

    def _last_lines(self):
        with open(self.log, errors="replace") as stream:
            stream.seek(self.begin)
            return "".join(f"\n    {line[:400]}" for line in stream.read().splitlines()[-8:]) + f"\n    all of it: {self.log}"


def _words(file):
    return [word for word in file.read_bytes().decode().split("\0") if word]
