"""What the light core is made of: a CycloneDX 1.6 document with every package of the lock file and its hashes.

`python requirements/sbom.py [LOCK] [OUT]`. The same lock file gives the same bytes: no date or random number is in it.
Source of the form: CycloneDX 1.6 JSON, ECMA-424.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOCK, OUT = HERE / "embedded.lock", HERE.parent / "sbom.cdx.json"
NAME, VERSION = "emotion-submission-harness", "0.1.0"
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"^\s+--hash=sha256:(?P<hash>[0-9a-f]{64})\s*\\?$")


def components(lock: str) -> list[dict[str, Any]]:
    """A component for each pin of a lock file, in its order. ValueError for a line that is none, or has no hash."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lock.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if hashed := _HASH.match(line):
            found[-1]["externalReferences"][0]["hashes"].append({"alg": "SHA-256", "content": hashed["hash"]})
        elif pin := _PIN.match(line):
            name = re.sub(r"[-_.]+", "-", pin["name"]).lower()
            purl = f"pkg:pypi/{name}@{pin['version']}"
            one: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": pin["version"]}
            one["purl"] = purl
            if pin["marker"]:
                one["properties"] = [{"name": "python:environment-marker", "value": pin["marker"]}]
            # A release has an archive for each platform, and a lock file all their hashes.
            found.append({**one, "externalReferences": [{"type": "distribution", "url": purl, "hashes": []}]})
        else:
            raise ValueError(f"line {number} of the lock file is neither a pin nor a hash: {line.strip()[:80]}")
    if bare := [one["bom-ref"] for one in found if not one["externalReferences"][0]["hashes"]]:
        raise ValueError(f"without a hash: {', '.join(bare)}")
    return found


def document(lock: str) -> dict[str, Any]:
    """The document of a lock file. ValueError as of `components`."""
    serial = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(lock.encode()).hexdigest())
    own = {"type": "application", "bom-ref": NAME, "name": NAME, "version": VERSION}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": own | {"licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components(lock),
    }


def main(arguments: list[str]) -> int:
    """Write the document; returns the exit code."""
    lock, out = (Path(given) for given in (*arguments, *map(str, (LOCK, OUT)[len(arguments) :])))
    try:
        made = document(lock.read_text(encoding="utf-8"))
        out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except (OSError, ValueError) as fault:
        print(f"error: {lock}: {fault} (make lock)", file=sys.stderr)
        return 1
    print(f"{len(made['components'])} packages, {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
