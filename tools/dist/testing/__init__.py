"""`python tools/dist test`: installs everything in `dist/` in empty places, runs it, and prints what came of it."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import time
from pathlib import Path

from . import command, foreign, inspection, native
from .common import ROOT, WORK, Artefact

KINDS = ("wheel", "sdist", "npm", "c", "go", "crate", "command", "sbom")


def here() -> str:
    """This machine's platform, by the name that the table uses."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"linux-{machine}-{'gnu' if platform.libc_ver()[0] == 'glibc' else 'musl'}"


def read(folder: Path, kinds: list[str], platforms: list[str]) -> list[Artefact]:
    """The rows of the table that are asked for."""
    rows = json.loads((folder / "table.json").read_text())
    found = [Artefact(folder / row["file"], row["kind"], row["platform"], row.get("python")) for row in rows]
    for artefact in found:
        if not artefact.path.is_file():
            raise SystemExit(f"dist-test: the table names {artefact.name}, which is not in {folder}")
        if artefact.kind not in KINDS:
            raise SystemExit(f"dist-test: {artefact.name} is of an unknown kind: {artefact.kind}")
    return [
        artefact
        for artefact in found
        if (not kinds or artefact.kind in kinds) and (not platforms or artefact.platform in platforms)
    ]


def test(artefact: Artefact) -> None:
    """Inspects one artefact, and runs it where that is possible."""
    print(f"\n{artefact.name}", flush=True)
    shutil.rmtree(WORK / "work" / artefact.name, ignore_errors=True)
    if not inspection.inspect(artefact):
        return
    runs_here = artefact.platform in ("any", here())
    if artefact.kind in ("sbom", "command") or (artefact.kind == "npm" and runs_here):
        return
    steps = native.steps(artefact) if runs_here else foreign.steps(artefact)
    for name, step in steps:
        artefact.step(name, lambda step=step: step(artefact))


def test_npm(artefacts: list[Artefact]) -> None:
    """The packages of npm that run here are tested together, after each was inspected."""
    packages = [artefact for artefact in artefacts if artefact.kind == "npm"]
    main = next((one for one in packages if one.platform == "any"), None)
    own = next((one for one in packages if one.platform == here()), None)
    if not main or not own or "failed" in (main.result, own.result):
        return
    print(f"\n{main.name} and {own.name}", flush=True)
    native.npm(main, own, [one for one in packages if one not in (main, own)])


def table(artefacts: list[Artefact]) -> str:
    """One line for each artefact, and a line for each step that failed or was left out."""
    rows = [("file", "platform", "bytes", "what was run", "result")]
    remarks = []
    for artefact in artefacts:
        ran = ", ".join(name for name, state, _ in artefact.steps if state == "passed" and name != "runs")
        lived = [detail for name, state, detail in artefact.steps if name == "runs" and state == "passed"]
        size = f"{artefact.path.stat().st_size:,}"
        rows.append((artefact.name, artefact.platform, size, "; ".join([*lived, ran]), artefact.result))
        remarks += [
            f"{state}: {artefact.name}: {name}: {detail}" for name, state, detail in artefact.steps if state != "passed"
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{file:<{widths[0]}}  {where:<{widths[1]}}  {size:>{widths[2]}}  {result:<8}  {ran}"
        for file, where, size, ran, result in rows
    ]
    return "\n".join([*lines, "", *remarks] if remarks else lines)


def main(argv: list[str]) -> int:
    """Tests what the command line names. 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="dist test", description="Tests what `make dist` has made.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--platform", action="append", default=[], metavar="NAME")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", metavar="FOLDER")
    given = parser.parse_args(argv)
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    folder = given.dist.resolve()
    if not (folder / "table.json").is_file():
        print(f"dist-test: there is no {folder / 'table.json'}; first run: make dist")
        return 1
    started = time.monotonic()
    artefacts = read(folder, given.kinds, given.platform)
    if not artefacts:
        print("dist-test: the table has no such artefact")
        return 1
    for artefact in artefacts:
        test(artefact)
    test_npm(artefacts)
    command.test(artefacts)
    for artefact in artefacts:
        if artefact.result != "failed":
            shutil.rmtree(WORK / "work" / artefact.name, ignore_errors=True)
    sums = Artefact(folder / "SHA256SUMS", "sums", "any")
    if not given.kinds and not given.platform:
        print("\nSHA256SUMS", flush=True)
        sums.step("every file", lambda: inspection.checksums(folder, artefacts))
    print(f"\n{table(artefacts)}")
    written = [
        {
            "file": artefact.name,
            "kind": artefact.kind,
            "platform": artefact.platform,
            "size": artefact.path.stat().st_size,
            "result": artefact.result,
            "steps": [{"name": name, "state": state, "detail": detail} for name, state, detail in artefact.steps],
        }
        for artefact in artefacts
    ]
    record = folder / "tested.json"
    now = {row["file"] for row in written}
    # What was not tested this time stays as it was, unless it is no longer there.
    before = json.loads(record.read_text()) if record.is_file() else []
    written += [row for row in before if row["file"] not in now and (folder / row["file"]).is_file()]
    record.write_text(json.dumps(written, indent=1) + "\n")
    states = [artefact.result for artefact in artefacts]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
    print(f"\n{len(artefacts)} artefacts: {counts}; {time.monotonic() - started:.0f} s")
    return int("failed" in states or sums.result == "failed")
