"""What Debian says of files of this system: packages, versions, licences, certificates."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

CERTIFICATES = "ca-certificates"
FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version")


class NotOfDebian(Exception):
    """A file that no package owns, or a system that has no packages."""


@dataclass(frozen=True, order=True)
class Package:
    """One that is installed."""
    name: str
    version: str
    architecture: str
    source: str
    source_version: str

    @property
    def copyright(self):
        return Path("/usr/share/doc") / self.name / "copyright"


def query(*arguments):
    try:
        result = subprocess.run(["dpkg-query", *arguments], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError:
        raise NotOfDebian("the libraries of the image are Debian's, and this system has no dpkg") from None
    return result.stdout if result.returncode == 0 else None


def package(name):
    """The package of that name, which may say an architecture: libc6:amd64."""
    text = query("--show", "--showformat", "\\t".join(f"${{{field}}}" for field in FIELDS) + "\\n", name)
    if not text:
        raise NotOfDebian(f"the package {name} is not installed: apt-get install {name}")
    return Package(*text.splitlines()[0].split("\t"))


def owner(file):
    """The package that a file belongs to. /lib is /usr/lib, and packages say the one or the other."""
    names = [file, os.path.realpath(file)]
    names += [name.removeprefix("/usr") if name.startswith("/usr/") else "/usr" + name for name in names]
    for name in names:
        found = query("--search", name)
        if found:
            return package(found.splitlines()[0].rpartition(": ")[0].split(",")[0])
    raise NotOfDebian(f"{file} belongs to no Debian package")


def certificates():
    """The authorities of the package in one file, without those that were added to this system; and how many are not there."""
    package(CERTIFICATES)
    files = [file for file in query("--listfiles", CERTIFICATES).splitlines()
             if file.startswith("/usr/share/ca-certificates/") and file.endswith(".crt")]
    there = sorted(file for file in files if Path(file).exists())
    if not there:
        raise NotOfDebian(f"the certificates of {CERTIFICATES} are not there: apt-get install --reinstall {CERTIFICATES}")
    return b"".join(Path(file).read_bytes().strip() + b"\n" for file in there), len(files) - len(there)


def release():
    """Such as debian-12."""
    lines = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return f"{lines['ID']}-{lines['VERSION_ID']}".replace('"', "")
