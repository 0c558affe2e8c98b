"""show_bill.py table|json FOLDER: the bill of materials of an image, if it is what CycloneDX's schema allows."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import bill
import layout


def main(form, folder):
    text = (Path(folder) / "lanyard.cdx.json").read_bytes()
    image = layout.Image(Path(folder) / "oci")
    if image.referrer(bill.MEDIA_TYPE) != text:
        sys.exit(f"{folder}/lanyard.cdx.json is not the bill that refers to the image")
    document = json.loads(text)
    wrong = JsonStrictValidator(SchemaVersion.from_version(document["specVersion"])).validate_str(text.decode())
    if wrong:
        sys.exit(f"the schema of CycloneDX {document['specVersion']} refuses the bill: {wrong}")
    if form == "json":
        print(text.decode(), end="")
        return
    rows = [("NAME", "VERSION", "SCOPE", "FROM")]
    for component in document["components"]:
        origin = component.get("purl", "pkg:").removeprefix("pkg:").partition("/")[0]
        rows.append((component["name"], component["version"], component.get("scope", "required"), origin or "this repository"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
