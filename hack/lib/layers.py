#!/usr/bin/env python3
"""layers.py: modules use only what the folder they are in allows, by Package.swift and by their imports.

Needs: python3; runs in the root of a checkout.
Leaves: nothing.
Ends with 1 if one uses something else, is in no such folder, or has its tests elsewhere.
"""

import re
import sys
from pathlib import Path

# The table of docs/contributing.md: of a folder, the folders and single modules that its modules may use.
ALLOWED = {
    "Runtime": {"Runtime"},
    "Systems": {"Runtime", "LanyardAPI"},
    "Lanyard": {"Runtime", "Systems", "Lanyard"},
    "Testing": {"Runtime", "Systems", "Testing", "LanyardAPI"},
    "Tools": {"Runtime", "Systems", "Lanyard", "Testing", "Tools"},
}
# What Systems and Testing may use of Lanyard has to be as low as they are.
NARROWER = {"LanyardAPI": {"Runtime"}}

IMPORT = re.compile(r"^(?:@\w+ )?(?:\w+ )?import (?:(?:struct|class|enum|protocol|func) )?(\w+)", re.MULTILINE)


def targets(manifest):
    """Name → kind, path and dependencies within the package."""
    # What is of other packages is said by a product, or by a constant.
    text = re.sub(r"\.product\([^)]*\)", "", re.sub(r"//[^\n]*", "", manifest))
    found = {}
    for part in re.split(r"^ {8}\.(?=\w*[tT]arget\()", text, flags=re.MULTILINE)[1:]:
        name = re.search(r'name: "([^"]+)"', part).group(1)
        path = re.search(r'path: "([^"]+)"', part)
        listed = re.search(r"dependencies: \[(.*?)\]", part, re.DOTALL)
        found[name] = (part.startswith("testTarget"), path.group(1) if path else f"Tests/{name}",
                       set(re.findall(r'"([^"]+)"', listed.group(1))) if listed else set())
    return found


def main():
    all_targets = targets(Path("Package.swift").read_text())
    folders = {name: Path(path).parts[1] for name, (_, path, _) in all_targets.items() if path.startswith("Sources/")}
    if len(folders) < 10:
        sys.exit("Package.swift: the modules were not found")   # all is well only if it was looked at
    wrong = []
    for name, folder in folders.items():
        _, path, declared = all_targets[name]
        files = list(Path(path).rglob("*.swift"))
        if folder not in ALLOWED or not files:
            wrong.append(f"{name}: {path} is none of {', '.join(ALLOWED)}, or is empty")
            continue
        imported = {module for file in files for module in IMPORT.findall(file.read_text())}
        allowed = NARROWER.get(name, ALLOWED[folder])
        for used in sorted((declared | imported) & all_targets.keys()):
            if used not in allowed and folders.get(used) not in allowed:
                wrong.append(f"{name} of {folder} uses {used} of {folders.get(used, 'Tests')}")
    for name, (is_test, path, _) in all_targets.items():
        module = name.removesuffix("Tests")
        if is_test and module in folders and path != f"Tests/{folders[module]}/{name}":
            wrong.append(f"{name}: {path} should be Tests/{folders[module]}/{name}")
    for folder in sorted(path.name for path in Path("Sources").iterdir() if path.name not in ALLOWED):
        wrong.append(f"Sources/{folder} is none of {', '.join(ALLOWED)}")
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
