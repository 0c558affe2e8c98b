"""unpack.py IMAGE FOLDER EXECUTABLE CHECKOUT: looks whether an image is what it has to be, and unpacks it into FOLDER/root.

FOLDER/process says how it is to be run: lines user=, env= and entry=.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import bill
import layout

LIMIT = 60 * 2**20
PROGRAM = "/usr/bin/lanyard"
LABELS = "org.opencontainers.image."


class Wrong(Exception):
    """What an image must not be."""


def demand(condition, reason):
    if not condition:
        raise Wrong(reason)


def main(folder, target, executable, checkout):
    image = layout.Image(Path(folder) / "oci")
    entries = image.entries()
    look_at_configuration(image)
    look_at_entries(entries)
    look_at_libraries(entries, executable)
    look_at_identity(entries, image.configuration["config"]["User"])
    # What is made in another folder must not differ, so no folder may be in it.
    demand(str(Path(checkout).resolve()).encode() not in entries[PROGRAM][1],
           f"{PROGRAM} has the path of the checkout in it: {checkout}")
    look_at_bill(json.loads(image.referrer(bill.MEDIA_TYPE)), entries, checkout)
    unpack(entries, Path(target) / "root")
    configuration = image.configuration["config"]
    lines = [f"user={configuration['User']}"] + [f"env={value}" for value in configuration["Env"]]
    lines += [f"entry={word}" for word in configuration["Entrypoint"]]
    (Path(target) / "process").write_text("\n".join(lines) + "\n")
    print(f"{configuration['Labels'][LABELS + 'version']} {image.descriptor['digest']} {image.size / 2**20:.1f} MiB")


def look_at_configuration(image):
    configuration = image.configuration["config"]
    demand(re.fullmatch(r"[1-9]\d*:[1-9]\d*", configuration["User"]), "the user is root, or has no number")
    for name in ("title", "version", "revision", "created", "licenses"):
        demand(configuration["Labels"].get(LABELS + name), f"the label {LABELS}{name} is missing")
    demand(image.size <= LIMIT, f"{image.size} bytes are fetched, and {LIMIT} may be")
    demand(configuration["Entrypoint"] == [PROGRAM], f"the entry point is not {PROGRAM}")


def look_at_entries(entries):
    demand(len({entry.mtime for entry, _ in entries.values()}) == 1, "files are of several times")
    for path, (entry, _) in entries.items():
        demand(entry.isfile() or entry.isdir(), f"{path} is neither a file nor a folder")
        demand(entry.uid == 0 and entry.gid == 0, f"{path} is not root's")
        demand(entry.isdir() or not entry.mode & 0o7222, f"{path} can be written, or changes who runs it")
        demand(entry.isfile() or entry.mode == 0o755, f"the folder {path} can be written")
        demand("/.." not in path and "//" not in path, f"{path} is a strange path")


def look_at_libraries(entries, executable):
    """What can be executed is the program and what the loader says that it maps: so there is no shell."""
    answer = subprocess.run(["ldd", executable], check=True, capture_output=True, text=True).stdout
    wanted = {Path(name).name for name in re.findall(r"^\s+(\S+)(?= =>| \()", answer, re.MULTILINE)} - {"linux-vdso.so.1"}
    found = {path for path, (entry, _) in entries.items() if entry.isfile() and entry.mode & 0o111} - {PROGRAM}
    names = {Path(path).name for path in found}
    demand(names == wanted and len(found) == len(names), f"the image has {sorted(found)}, and the loader maps {sorted(wanted)}")


def look_at_identity(entries, user):
    number, group = user.split(":")
    users = entries["/etc/passwd"][1].decode().splitlines()
    demand([line.split(":")[2:4] for line in users] == [[number, group]], "/etc/passwd has not just the user of the image")
    authorities = entries["/etc/ssl/certs/ca-certificates.crt"][1].count(b"BEGIN CERTIFICATE")
    demand(authorities >= 50, f"/etc/ssl/certs has {authorities} authorities")


def look_at_bill(document, entries, checkout):
    """Every package that SwiftPM resolved, and every file that can be executed."""
    told = {component.get("purl", "") for component in document["components"]}
    pins = json.loads((Path(checkout) / "Package.resolved").read_text())["pins"]
    for pin in pins:
        place = pin["location"].removeprefix("https://").removesuffix(".git")
        demand(f"pkg:swift/{place}@{pin['state'].get('version')}" in told, f"the bill lacks {place}")
    paths = {entry["value"] for component in document["components"] for entry in component.get("properties", [])
             if entry["name"] == "lanyard:path"}
    for path, (entry, _) in entries.items():
        demand(entry.isdir() or not entry.mode & 0o111 or path in paths, f"the bill does not say where {path} comes from")


def unpack(entries, root):
    root.mkdir(mode=0o755)
    for path, (entry, data) in sorted(entries.items()):
        file = root / path.lstrip("/")
        if entry.isdir():
            file.mkdir(exist_ok=True)
        else:
            file.write_bytes(data)
        file.chmod(entry.mode)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Wrong, layout.Spoilt) as error:
        sys.exit(f"error: {error}")
