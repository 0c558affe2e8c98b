"""What Git says of the checkout that an image is made from."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

DECLARATION = "Sources/Lanyard/LanyardOperator/Process/Operator.swift"


class Doubtful(Exception):
    """Nothing, or two different things."""


@dataclass(frozen=True)
class Provenance:
    """version: of the tag, or the source's with the commit; revision: the commit; epoch: when it was made."""
    version: str
    revision: str
    epoch: int


def git(root, *arguments):
    try:
        return subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True, text=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise Doubtful(f"git {arguments[0]} says nothing: an image is made from a checkout of the repository") from None


def of_checkout(root):
    """A tag vX.Y.Z on the commit, or X.Y.Z-gCOMMIT; both have to be the version that the executable tells."""
    declared = re.search(r'static let version = "([^"]+)"', (Path(root) / DECLARATION).read_text()).group(1)
    revision = git(root, "rev-parse", "HEAD")
    tags = [tag.removeprefix("v") for tag in git(root, "tag", "--points-at", "HEAD", "--list", "v[0-9]*").split()]
    if tags and declared not in tags:
        raise Doubtful(f"the commit has the tag v{tags[0]}, and {DECLARATION} says {declared}")
    version = declared if tags else f"{declared}-g{revision[:12]}"
    if git(root, "status", "--porcelain"):
        version += "-changed"
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or git(root, "log", "-1", "--format=%ct")
    return Provenance(version, revision, int(epoch))
