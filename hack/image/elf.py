"""Which shared libraries an executable loads: read from the files, since one of another architecture cannot be asked."""

import re
import subprocess
from pathlib import Path

# The names of OCI, ELF and Debian.
MACHINES = {"amd64": "Advanced Micro Devices X86-64", "arm64": "AArch64"}
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


class Missing(Exception):
    """A library that is not there, or a file of another architecture."""


def readelf(file, *options):
    return subprocess.run(["readelf", "--wide", *options, "--", file], check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


def demand_architecture(file, architecture):
    machine = re.search(r"Machine: +(.+)", readelf(file, "--file-header")).group(1)
    if machine != MACHINES[architecture]:
        raise Missing(f"{file} is for {machine}, and not for {architecture}")


def libraries(executable, architecture):
    """Path in the image → file of this system, for all that the loader maps, the loader included."""
    demand_architecture(executable, architecture)
    triplet = TRIPLETS[architecture]
    interpreter = re.search(r"program interpreter: ([^]]+)\]", readelf(executable, "--program-headers"))
    if not interpreter:
        raise Missing(f"{executable} has no program interpreter: it loads no libraries")
    loader = interpreter.group(1)
    found = {loader: located(Path(loader).name, triplet, architecture)}
    open_ = [executable]
    while open_:
        for name in re.findall(r"\(NEEDED\).*\[(.+)\]", readelf(open_.pop(), "--dynamic")):
            target = f"/usr/lib/{triplet}/{name}"
            # The loader is there under the name that the kernel looks for.
            if target in found or name == Path(loader).name:
                continue
            found[target] = located(name, triplet, architecture)
            open_.append(found[target])
    return found


def located(name, triplet, architecture):
    for folder in (f"/lib/{triplet}", f"/usr/lib/{triplet}"):
        file = Path(folder) / name
        if file.exists():
            demand_architecture(file, architecture)
            return str(file)
    raise Missing(f"{name} is neither in /lib/{triplet} nor in /usr/lib/{triplet}: install its Debian package for {architecture}")
