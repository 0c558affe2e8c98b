"""The bill of materials of an image, in CycloneDX: its Swift packages, and the Debian packages of its files."""

import hashlib
import json
import uuid
from pathlib import Path

MEDIA_TYPE = "application/vnd.cyclonedx+json"
SPEC = "1.6"


def of_image(image, executable, packages, linked, compiler, files, release):
    """The document as bytes, the same for the same image.

    image: digest, version, architecture and date of the image.
    executable: the file as it is in the image.
    packages, linked: the graph that was resolved, and what of it is in the executable.
    files: Debian package → its files in the image.
    """
    purl = f"pkg:oci/lanyard@{image['digest'].replace(':', '%3A')}?arch={image['architecture']}"
    swift = swift_itself(compiler)
    debian = {package: debian_component(package, paths, release) for package, paths in files.items()}
    chosen = {identity: package_component(packages[identity], identity in linked) for identity in packages if identity}
    program = {
        "type": "application", "bom-ref": "lanyard", "name": "lanyard", "version": image["version"],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(Path(executable).read_bytes()).hexdigest()}],
        "properties": [{"name": "lanyard:path", "value": "/usr/bin/lanyard"}],
    }
    needs = {"lanyard": {chosen[identity]["bom-ref"] for identity in packages[""].needs} | {swift["bom-ref"]}
             | {component["bom-ref"] for component in debian.values()}}
    for identity, component in chosen.items():
        needs[component["bom-ref"]] = {chosen[below]["bom-ref"] for below in packages[identity].needs}
    needs[purl] = {"lanyard"}
    document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX", "specVersion": SPEC, "version": 1,
        # The same image has the same bill.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, purl)}",
        "metadata": {
            "timestamp": image["date"],
            "tools": {"components": [{"type": "application", "name": "hack/image/build", "version": image["version"]}]},
            "component": {"type": "container", "bom-ref": purl, "name": "lanyard", "version": image["version"], "purl": purl},
        },
        "components": sorted([program, swift, *chosen.values(), *debian.values()], key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": ref, "dependsOn": sorted(below)} for ref, below in sorted(needs.items())],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def swift_itself(version):
    """The standard library and Foundation, which are linked in."""
    purl = f"pkg:github/swiftlang/swift@swift-{version}-RELEASE"
    return {"type": "library", "bom-ref": purl, "name": "swift", "version": version, "purl": purl,
            "description": "Standard library, concurrency, dispatch and Foundation, linked statically"}


def package_component(package, is_linked):
    """One of Swift: `excluded` if it is in the graph only, as for another platform or for tests."""
    place = package.location.removeprefix("https://").removesuffix(".git")
    name = place.rpartition("/")[2]
    purl = f"pkg:swift/{place}@{package.version}"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": package.version, "purl": purl,
        "scope": "required" if is_linked else "excluded",
        "externalReferences": [{"type": "vcs", "url": package.location}],
        "properties": [{"name": "lanyard:revision", "value": package.revision}],
    }


def debian_component(package, paths, release):
    distribution = release.partition("-")[0]
    version = package.version.replace("+", "%2B").replace(":", "%3A")
    name = package.name.replace("+", "%2B")
    purl = f"pkg:deb/{distribution}/{name}@{version}?arch={package.architecture}&distro={release}"
    return {
        "type": "library", "bom-ref": purl, "name": package.name, "version": package.version, "purl": purl,
        "scope": "required",
        "properties": [{"name": "lanyard:source", "value": f"{package.source} {package.source_version}"}]
        + [{"name": "lanyard:path", "value": path} for path in sorted(paths)],
    }
