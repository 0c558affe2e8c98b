"""Reads an image from a folder in OCI's layout, and takes nothing in it for granted."""

import hashlib
import io
import json
import tarfile
import zlib
from pathlib import Path


class Spoilt(Exception):
    """The folder is not what it says."""


class Image:
    """The one image of a layout."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.manifests = json.loads((self.folder / "index.json").read_text())["manifests"]
        images = [descriptor for descriptor in self.manifests if "artifactType" not in descriptor]
        if len(images) != 1:
            raise Spoilt(f"{folder} has {len(images)} images")
        self.descriptor = images[0]
        self.manifest = json.loads(self.blob(self.descriptor))
        self.configuration = json.loads(self.blob(self.manifest["config"]))

    def blob(self, descriptor):
        """What a descriptor refers to, if it has that digest and size."""
        algorithm, _, name = descriptor["digest"].partition(":")
        data = (self.folder / "blobs" / algorithm / name).read_bytes()
        if algorithm != "sha256" or hashlib.sha256(data).hexdigest() != name or len(data) != descriptor["size"]:
            raise Spoilt(f"the blob {descriptor['digest']} is another one")
        return data

    def layers(self):
        """The archives, if they are those that the configuration names."""
        diffs = self.configuration["rootfs"]["diff_ids"]
        if len(diffs) != len(self.manifest["layers"]):
            raise Spoilt("the configuration has not as many layers as the manifest")
        for descriptor, diff in zip(self.manifest["layers"], diffs):
            data = zlib.decompress(self.blob(descriptor), wbits=zlib.MAX_WBITS | 16)
            if "sha256:" + hashlib.sha256(data).hexdigest() != diff:
                raise Spoilt(f"the layer {descriptor['digest']} is not {diff}")
            yield data

    def entries(self):
        """Path → what the archives say of it, the last word counts; with the contents of files."""
        found = {}
        for data in self.layers():
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for entry in archive:
                    found["/" + entry.name] = (entry, archive.extractfile(entry).read() if entry.isfile() else None)
        return found

    def referrer(self, media_type):
        """The content of the artifact of that type that refers to the image."""
        for descriptor in self.manifests:
            if descriptor.get("artifactType") != media_type:
                continue
            artifact = json.loads(self.blob(descriptor))
            if artifact["subject"]["digest"] == self.descriptor["digest"] and artifact["artifactType"] == media_type:
                return self.blob(artifact["layers"][0])
        raise Spoilt(f"nothing of type {media_type} refers to the image")

    @property
    def size(self):
        """Of what a node fetches."""
        return sum(part["size"] for part in [self.manifest["config"], *self.manifest["layers"]])
