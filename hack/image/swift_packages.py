"""Which Swift packages are in an executable, by SwiftPM's own word: the graph that it resolved, and what it linked."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class Unknown(Exception):
    """The build does not say what is asked."""


@dataclass
class SwiftPackage:
    """One of the graph; its identity is what packages call each other."""
    identity: str
    version: str
    location: str
    folder: Path
    needs: set = field(default_factory=set)

    @property
    def revision(self):
        """The commit that was built."""
        return subprocess.run(["git", "-C", self.folder, "rev-parse", "HEAD"],
                              check=True, capture_output=True, text=True).stdout.strip()

    @property
    def licences(self):
        """Files that have to go with a copy of it."""
        return sorted(file for file in self.folder.iterdir() if re.match(r"(LICENSE|NOTICE)\b", file.name) and file.is_file())


def resolved(root):
    """Identity → package, for all that the package in the folder depends on; the root is the entry with an empty identity."""
    answer = subprocess.run(
        ["swift", "package", "--package-path", root, "show-dependencies", "--format", "json"],
        check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}).stdout
    found = {}

    def note(node, identity):
        package = found.setdefault(identity, SwiftPackage(identity, node["version"], node["url"], Path(node["path"])))
        for below in node["dependencies"]:
            package.needs.add(below["identity"])
            note(below, below["identity"])

    note(json.loads(answer), "")
    return found


def linked(executable, packages):
    """The identities of those whose object files were linked. The root has the empty one."""
    executable = Path(os.path.realpath(executable))
    build = executable.parent
    try:
        objects = (build / f"{executable.name}.product" / "Objects.LinkFileList").read_text()
    except FileNotFoundError:
        raise Unknown(f"beside {executable} there is no list of what was linked: it has to lie where SwiftPM built it") from None
    folders = {os.path.realpath(package.folder) + "/": identity for identity, package in packages.items()}
    found = set()
    for module in sorted(set(re.findall(rf"/{re.escape(build.name)}/([^/\n]+\.build)/", objects))):
        source = first_source(build / module)
        # The root's folder is above the others.
        folder = max((folder for folder in folders if source.startswith(folder)), key=len, default=None)
        if folder is None:
            raise Unknown(f"{source}, which was linked, is of no package of the graph")
        found.add(folders[folder])
    return found


def first_source(module):
    """A file that the module was compiled from: of Swift there is a map, of C what the compiler noted."""
    outputs = module / "output-file-map.json"
    if outputs.exists():
        sources = json.loads(outputs.read_text()).keys()
    else:
        sources = [word for note in module.rglob("*.d") for word in note.read_text().partition(":")[2].split()[:2]]
    # What was generated is no package's; nor is the end of a line.
    sources = [source for source in sources if source.startswith("/") and not source.startswith(f"{module.parent}/")]
    if not sources:
        raise Unknown(f"{module} does not say what it was compiled from")
    return os.path.realpath(min(sources))


def toolchain():
    """The folder of its programs. The compiler is asked, since `swift` in PATH may be swiftly's, which calls one elsewhere."""
    answer = subprocess.run(["swiftc", "-print-target-info"], check=True, capture_output=True, text=True).stdout
    return Path(json.loads(answer)["paths"]["runtimeResourcePath"]).parents[1] / "bin"


def compiler(executable):
    """The version of Swift that built it, such as 6.3.1."""
    notes = sorted(Path(os.path.realpath(executable)).parent.glob("swift-version-*.txt"), key=lambda file: file.stat().st_mtime)
    version = re.search(r"Swift version (\S+)", notes[-1].read_text()) if notes else None
    if not version:
        raise Unknown("the build does not say which Swift it was made with")
    return version.group(1)
