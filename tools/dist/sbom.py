"""What is compiled into each artefact, as a list in CycloneDX 1.5: sorted, without a path of the build."""

from __future__ import annotations

import functools
import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

import tomllib
from archives import sha256
from native import ROOT, Platform, environment, epoch, run, version

#: What each kind of artefact is made of, and its address in a registry, with `@` for its name.
CRATES = {
    "wheel": "tink-webhooks-python",
    "sdist": "tink-webhooks-python",
    "npm": "tink-webhooks-node",
    "c": "tink-webhooks-c",
    "go": "tink-webhooks-c",
    "crate": "tink-webhooks",
    "command": "tink-webhooks-cli",
}
PURLS = {
    "wheel": "pkg:pypi/tink-webhooks",
    "sdist": "pkg:pypi/tink-webhooks",
    "npm": "pkg:npm/@",
    "c": "pkg:generic/tink_webhooks",
    "go": "pkg:golang/github.com/tink-webhooks/tink-webhooks/bindings-go",
    "crate": "pkg:cargo/@",
    "command": "pkg:generic/@",
}
NAMESPACE = uuid.UUID("b7a1d7a6-6f4c-5a53-9d0e-5f7d5b6c5a10")


@functools.cache
def checksums() -> dict[tuple[str, str], str]:
    """SHA-256 of each crate from the registry, by name and version."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(one["name"], one["version"]): one["checksum"] for one in lock["package"] if "checksum" in one}


@functools.cache
def tree(crate: str, target: str) -> tuple[tuple[int, str, str, str], ...]:
    """The crates that are compiled in, in the order of `cargo tree`: depth, name, version, licence."""
    text = run(
        *("cargo", "tree", "--locked", "-p", crate, "--target", target, "-e", "normal,no-proc-macro", "--no-dedupe"),
        *("--prefix", "depth", "--format", ";{p};{l}"),
        env=environment(),
    )
    found = []
    for line in text.splitlines():
        depth, package, licence = line.split(";")
        name, number = package.split(" ")[:2]
        found.append((int(depth), name, number.removeprefix("v"), licence))
    return tuple(found)


def reference(name: str, number: str) -> str:
    """The name of a crate in a list."""
    return f"pkg:cargo/{name}@{number}"


def component(name: str, number: str, licence: str) -> dict[str, Any]:
    """A crate's entry."""
    purl = reference(name, number)
    entry: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": number,
        # Old manifests write "MIT/Apache-2.0", which is no expression of SPDX.
        "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", licence)}],
        "purl": purl,
    }
    checksum = checksums().get((name, number))
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


@functools.cache
def compiler() -> str:
    """The version of rustc, whose standard library is compiled in."""
    return run("rustc", "--version").split()[1]


def document(kind: str, name: str, platform: Platform | None, digest: str | None = None) -> bytes:
    """The list of an artefact: of one platform, or of all that Linux on x86-64 has where it holds no machine code."""
    crate = CRATES[kind]
    target = platform.target if platform else "x86_64-unknown-linux-gnu"
    purl = f"{PURLS[kind].replace('@', name)}@{'v' if kind == 'go' else ''}{version()}"
    main: dict[str, Any] = {
        "type": "library",
        "bom-ref": "artefact",
        "name": name,
        "version": version(),
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": purl,
    }
    if digest:
        main["hashes"] = [{"alg": "SHA-256", "content": digest}]
    components, edges, path = {}, {}, []
    for depth, crate_name, number, licence in tree(crate, target):
        ref = reference(crate_name, number)
        components[ref] = component(crate_name, number, licence)
        del path[depth:]
        if path:
            edges[path[-1]].add(ref)
        path.append(ref)
        edges.setdefault(ref, set())
    root = path[0]
    standard = f"pkg:generic/rust-std@{compiler()}"
    components[standard] = {
        "type": "library",
        "bom-ref": standard,
        "name": "rust-std",
        "version": compiler(),
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": standard,
    }
    edges[standard] = set()
    edges["artefact"] = {root, standard}
    listed = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{kind} {name} {version()} {target} {digest}')}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch())),
            "component": main,
            "properties": [{"name": "target", "value": platform.target if platform else "any"}],
        },
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }
    return (json.dumps(listed, indent=1, ensure_ascii=False) + "\n").encode()


def write(artefact: Path, kind: str, name: str, platform: Platform | None) -> Path:
    """Writes the list of an artefact beside it."""
    to = artefact.with_name(f"{artefact.name}.cdx.json")
    to.write_bytes(document(kind, name, platform, sha256(artefact)))
    return to
