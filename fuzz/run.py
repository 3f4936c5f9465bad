"""Builds the fuzz targets and runs each of them for a while: `make fuzz`.

Those in Rust begin with the seeds that `seeds.py` makes, in `target/fuzz/seeds/`; those in Go, which need Go, with the
seeds in their tests. What the fuzzer learns stays in `target/fuzz/corpus/`; a finding goes to `target/fuzz/artifacts/`,
and the command that shows it again is printed. Nothing in the repository changes. The last lines say what came of each
target; the status is 1 if there is a finding, or a target that did not run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import seeds

FUZZ = Path(__file__).resolve().parent
ROOT = FUZZ.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
OUT = TARGET / "fuzz"
SEEDS = OUT / "seeds"
CARGO_FUZZ = "0.13.2"

#: Each target with its dictionary and the longest input it makes.
TARGETS = {
    "header": ("signature", 5_000),
    "verify": ("signature", 5_000),
    "payload": ("json", 5_000),
    "text": ("json", 5_000),
    "c_abi": (None, 700),
}

#: Fuzz tests in bindings-go.
GO_TARGETS = ("FuzzStructs", "FuzzDecode", "FuzzData", "FuzzDelivery")
GO_PACKAGE = FUZZ.parent / "bindings-go"

#: Coverage and AddressSanitizer are unstable flags of rustc; this lets a stable rustc take them.
ENVIRONMENT = {**os.environ, "RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": str(OUT / "build")}
ENVIRONMENT.pop("TINK_WEBHOOK_SECRET", None)


@dataclass
class Outcome:
    """How a target ended."""

    target: str
    executions: int
    covered: int
    seconds: float
    finding: str | None
    unit: str = "edges"

    def __str__(self) -> str:
        rate = self.executions / max(self.seconds, 0.001)
        verdict = f"FOUND: {self.finding}" if self.finding else "nothing found"
        return (
            f"{self.target:<11} {self.executions:>10,} executions  {rate:>8,.0f}/s  {self.seconds:>6.1f} s  "
            f"{self.covered:>6,} {self.unit}  {verdict}"
        )


def cargo_fuzz() -> str:
    """The tool, installed into `target/` on first use."""
    tool = TARGET / "tools/bin/cargo-fuzz"
    if not tool.exists():
        own = shutil.which("cargo-fuzz")
        if own:
            return own
        print(f"==> cargo install cargo-fuzz@{CARGO_FUZZ}, once, into {tool.parent.parent}", flush=True)
        command = ["cargo", "install", f"cargo-fuzz@{CARGO_FUZZ}", "--locked", "--quiet"]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(OUT / "build-tools")}
        subprocess.run([*command, "--root", str(tool.parent.parent)], check=True, env=environment)
        shutil.rmtree(OUT / "build-tools", ignore_errors=True)
    return str(tool)


def build() -> None:
    """All targets, with AddressSanitizer."""
    lock = ["cargo", "metadata", "--locked", "--format-version=1", "--manifest-path", str(FUZZ / "Cargo.toml")]
    if subprocess.run(lock, stdout=subprocess.DEVNULL).returncode:
        sys.exit("fuzz/Cargo.lock is behind: run `cargo metadata --manifest-path fuzz/Cargo.toml` and commit it")
    subprocess.run([cargo_fuzz(), "build", "--fuzz-dir", str(FUZZ)], cwd=ROOT, env=ENVIRONMENT, check=True)


def run(target: str, seconds: int, seed: int) -> Outcome:
    """One target."""
    dictionary, longest = TARGETS[target]
    corpus, artifacts = OUT / "corpus" / target, OUT / "artifacts" / target
    corpus.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(parents=True, exist_ok=True)
    before = set(artifacts.iterdir())
    (binary,) = (OUT / "build").glob(f"*/release/{target}")
    command = [
        str(binary),
        str(corpus),
        str(SEEDS / target),
        f"-artifact_prefix={artifacts}/",
        f"-max_total_time={seconds}",
        f"-max_len={longest}",
        f"-seed={seed}",
        "-timeout=10",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]
    if dictionary:
        command.append(f"-dict={FUZZ / 'dictionaries' / dictionary}.dict")
    print(f"\n==> {target}, {seconds} s, seed {seed}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    executions = covered = 0
    kept: list[str] = []
    shown = started
    for line in process.stderr or ():
        if found := re.match(r"#(\d+)\t.*?cov: (\d+)", line):
            executions, covered = max(executions, int(found[1])), max(covered, int(found[2]))
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                print(f"    {executions:>10,} executions, {covered:,} edges", flush=True)
        elif found := re.match(r"stat::number_of_executed_units:\s*(\d+)", line):
            executions = int(found[1])
        elif not re.match(r"INFO:|###|stat::|Dictionary:|\"", line):
            kept.append(line)
    code = process.wait()
    elapsed = time.monotonic() - started
    new = sorted(set(artifacts.iterdir()) - before)
    finding = None
    if code or new:
        print("".join(kept[-60:]), end="")
        finding = str(new[0]) if new else f"status {code}"
        if new:
            print(f"to see it again: {binary} {new[0]}")
    elif not executions:
        finding = "it did not run"
    outcome = Outcome(target, executions, covered, elapsed, finding)
    print(outcome, flush=True)
    return outcome


def run_go(target: str, seconds: int) -> Outcome:
    """One fuzz test of Go. Its engine takes no seed."""
    corpus, artifacts = OUT / "corpus" / target, OUT / "artifacts" / target
    corpus.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(parents=True, exist_ok=True)
    binary = OUT / "build/go.test"
    binary.parent.mkdir(parents=True, exist_ok=True)
    # Go's cache makes this a matter of a second for all but the first.
    compiled = ["go", "test", "-c", "-vet=off", f"-fuzz=^{target}$", "-o", str(binary), "."]
    subprocess.run(compiled, cwd=GO_PACKAGE, env=ENVIRONMENT, check=True)
    command = [
        str(binary),
        "-test.run=^$",
        f"-test.fuzz=^{target}$",
        f"-test.fuzztime={seconds}s",
        "-test.fuzzminimizetime=10x",  # the default minimizes each input for up to a minute
        f"-test.fuzzcachedir={corpus}",
    ]
    print(f"\n==> {target}, {seconds} s", flush=True)
    started = time.monotonic()
    process = subprocess.run(
        command,
        cwd=artifacts,  # a finding goes to testdata/ below it
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    elapsed = time.monotonic() - started
    said = process.stdout
    reports = re.findall(r"execs: (\d+) .*?\(total: (\d+)\)", said)
    executions, kept = map(int, reports[-1]) if reports else (0, 0)
    finding = None
    if process.returncode:
        print(said[-5000:], end="")
        finding = f"status {process.returncode}"
        if found := re.search(r"testdata/fuzz/\S+", said):
            finding = str(artifacts / found[0])
            print(f"to see it again: copy {finding} to bindings-go/{found[0]}, and go test -run '^{target}$' .")
    elif not executions:
        finding = "it did not run"
    outcome = Outcome(target, executions, kept, elapsed, finding, "inputs")
    print(outcome, flush=True)
    return outcome


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="per target")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 2**31, help="of the fuzzer's random numbers")
    parser.add_argument("targets", nargs="*", help=f"of {', '.join([*TARGETS, *GO_TARGETS])}; all by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - TARGETS.keys() - set(GO_TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if arguments.seconds < 1:
        parser.error("--seconds must be positive")
    wanted = arguments.targets or [*TARGETS, *GO_TARGETS]
    outcomes = []
    if rust := [target for target in wanted if target in TARGETS]:
        build()
        seeds.write(SEEDS)
        outcomes += [run(target, arguments.seconds, arguments.seed) for target in rust]
    if go := [target for target in wanted if target in GO_TARGETS]:
        if shutil.which("go"):
            outcomes += [run_go(target, arguments.seconds) for target in go]
        else:
            print(f"skipped: Go is not installed; {', '.join(go)}")
    print("\n" + "\n".join(map(str, outcomes)))
    found = sum(outcome.finding is not None for outcome in outcomes)
    print(f"\n{len(outcomes) - found} passed, {found} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
