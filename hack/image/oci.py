"""OCI images as folders of blobs (the image layout): the same bytes whenever and wherever the same files go in."""

import hashlib
import io
import json
import os
import struct
import tarfile
import zlib
from datetime import datetime, timezone
from pathlib import Path

IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(value):
    """JSON in one way only."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """A folder to which blobs are added, and an index of what is in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        (self.folder / "blobs" / "sha256").mkdir(parents=True)
        self.manifests = []

    def add(self, data, media_type, **more):
        """Stores a blob, and returns what refers to it."""
        name = digest(data)
        self.path(name).write_bytes(data)
        return {"mediaType": media_type, "digest": name, "size": len(data), **more}

    def path(self, name):
        return self.folder / "blobs" / name.replace(":", "/")

    def list(self, descriptor):
        """Puts a manifest into the index."""
        self.manifests.append(descriptor)

    def close(self):
        (self.folder / "oci-layout").write_bytes(encoded({"imageLayoutVersion": "1.0.0"}))
        (self.folder / "index.json").write_bytes(
            encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.manifests}))


def add_image(layout, recipe, context, architecture, epoch, tag):
    """One layer for each COPY of the recipe. Returns what refers to the manifest."""
    layers, diffs, history = [], [], []
    for source, target in recipe.copies:
        archive = layer(Path(context) / source, target, epoch)
        diffs.append(digest(archive))
        layers.append(layout.add(compressed(archive), LAYER))
        history.append({"created": instant(epoch), "created_by": f"COPY {source} {target}"})
    configuration = {
        "created": instant(epoch),
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": recipe.user,
            "Env": recipe.environment,
            "ExposedPorts": {port: {} for port in recipe.ports},
            "Entrypoint": recipe.entry_point,
            "WorkingDir": "/",
            "Labels": recipe.labels,
        },
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": history,
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": layout.add(encoded(configuration), CONFIG),
        "layers": layers,
        "annotations": recipe.labels,
    }
    image = layout.add(encoded(manifest), IMAGE, platform={"architecture": architecture, "os": "linux"})
    layout.list({**image, "annotations": {REF_NAME: tag}})
    return image


def add_referrer(layout, subject, data, media_type, annotations):
    """An artifact about an image: registries list it among the image's referrers."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "artifactType": media_type,
        "config": layout.add(b"{}", EMPTY),
        "layers": [layout.add(data, media_type)],
        "subject": {name: subject[name] for name in ("mediaType", "digest", "size")},
        "annotations": annotations,
    }
    artifact = layout.add(encoded(manifest), IMAGE, artifactType=media_type)
    layout.list({**artifact, "annotations": annotations})
    return artifact


def compressed(data):
    """As gzip writes it, but with nothing of time and system in the header."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(data) + deflate.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def layer(source, target, epoch):
    """A file as `target`, or what is in a folder below it, as a tar archive: sorted, owned by root, of one time."""
    target = target.strip("/")
    if source.is_dir():
        entries = {os.path.join(target, file.relative_to(source)): file for file in source.rglob("*")}
    else:
        entries = {target: source}
    for name in list(entries):
        entries |= {str(folder): None for folder in Path(name).parents if str(folder) not in (".", *entries)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(entries):
            add(archive, name, entries[name], epoch)
    return buffer.getvalue()


def add(archive, name, file, epoch):
    entry = tarfile.TarInfo(name)
    entry.mtime, entry.uname, entry.gname = epoch, "", ""
    if file is None or (file.is_dir() and not file.is_symlink()):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
        return
    if file.is_symlink() or not file.is_file():
        raise ValueError(f"{file}: neither a file nor a folder")
    data = file.read_bytes()
    # Nobody may write; whether it can be executed is all that is taken from the file system.
    entry.mode = 0o555 if file.stat().st_mode & 0o100 else 0o444
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def instant(epoch):
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
