"""What is compiled into each artefact, as a list in CycloneDX 1.5: sorted, without a path of the build.

Of Go's modules beside the root it also names the modules that they require, which a program of theirs is compiled with.
"""

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
    "go": "pkg:golang/github.com/tink-webhooks/tink-webhooks/@",
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
def tree(crate: str, target: str, features: str) -> tuple[tuple[int, str, str, str], ...]:
    """The crates that are compiled in, in the order of `cargo tree`: depth, name, version, licence."""
    text = run(
        *(
            "cargo",
            "tree",
            "--locked",
            "-p",
            crate,
            "--features",
            features,
            "--target",
            target,
            "-e",
            "normal,no-proc-macro",
            "--no-dedupe",
        ),
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


#: Components by their references, and what each of them depends on.
Parts = tuple[dict[str, dict[str, Any]], dict[str, set[str]]]


def of_crate(crate: str, target: str, features: str = "") -> Parts:
    """A crate with all that is compiled in, and Rust's standard library."""
    components, edges, path = {}, {}, []
    for depth, name, number, licence in tree(crate, target, features):
        ref = reference(name, number)
        components[ref] = component(name, number, licence)
        del path[depth:]
        if path:
            edges[path[-1]].add(ref)
        path.append(ref)
        edges.setdefault(ref, set())
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
    edges["artefact"] = {path[0], standard}
    return components, edges


def of_go_module(folder: str) -> Parts:
    """The modules that a go.mod requires, of which the licences are not told."""
    components, edges = {}, {"artefact": set()}
    text = (ROOT / folder / "go.mod").read_text()
    for name, number in re.findall(r"^(?:require |\t)(\S+) (v\S+)", text, re.MULTILINE):
        ref = f"pkg:golang/{name}@{number}"
        components[ref] = {"type": "library", "bom-ref": ref, "name": name, "version": number, "purl": ref}
        edges["artefact"].add(ref)
        edges[ref] = set()
    return components, edges


def parts(kind: str, name: str, target: str) -> Parts:
    """What an artefact is made of."""
    if kind != "go" or name == "bindings-go":
        return of_crate(CRATES[kind], target)
    components, edges = of_go_module(name)
    if name == "bindings-go/wazeroengine":
        inside, among = of_crate("tink-webhooks-wasm", "wasm32-unknown-unknown", "explain,host")
        among["artefact"] |= edges["artefact"]
        return components | inside, edges | among
    return components, edges


def document(kind: str, name: str, platform: Platform | None, digest: str | None = None) -> bytes:
    """The list of an artefact: of one platform, or of all that Linux on x86-64 has where it holds no machine code."""
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
    components, edges = parts(kind, name, target)
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
