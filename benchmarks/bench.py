"""Measures this library beside comparable code, in one run: `make bench`.

Every language has a program that times its cases in turns (a round runs each once), so that what disturbs the machine
disturbs all of them; a ratio is the median of the rounds' ratios. Writes `benchmarks/results.json`, from which
`report.py` makes the tables and the pictures of `docs/performance.md`. Last come the runtimes at the edge (`edge`),
whole receivers under load (`http`), and what `once` costs over each store.

`bench.py --rounds 5 rust node` is a quick look at two languages, and writes nothing. `bench.py --update once` measures
one part again, and writes it beside the others.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from tink_webhooks.testing import example_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
WORK = ROOT / "target/bench"
PYTHON = WORK / "venv/bin/python"
RESULTS = HERE / "results.json"
SECRET = "67abc1e08fb64c92b450a13e0876330b"
LANGUAGES = ["rust", "c", "python", "node", "go", "go-wasm", "edge", "http", "once"]
#: Those of them whose measurements have a form of their own.
PARTS = ("edge", "http", "once")
#: Servers among the requirements of Python and Node; the others are the libraries compared with.
SERVERS = {"fastapi", "uvicorn", "uvloop", "httptools", "express", "fastify"}
#: simdjson is compiled into the program: for this processor, as its users do.
OPTIMISED = ["-O3", "-march=native"]
#: Runs of a second for each case, body and server: four minutes. Short ones, as a machine changes between two runs.
HTTP_ROUNDS = 5
#: Each after twelve that are not counted.
EDGE_ROUNDS = 15


def bodies() -> list[Path]:
    """Events in Tink's shapes of some 350 bytes, 1 KB, 10 KB and 1 MB."""
    small = example_payload("refresh_finished")
    small["context"]["externalUserId"] = "customer-1001-of-the-shop-number-17"
    payment = example_payload("payment_updated")
    payment["content"]["metadata"] |= {f"reference{index}": f"order {index} of customer 1001" for index in range(8)}
    insights = example_payload("actionable_insights_created")
    insights["content"]["insights"] *= 33
    deleted = example_payload("account_transactions_deleted")
    deleted["content"]["transactions"]["ids"] = [
        f"{index * 0x9E3779B97F4A7C15 % 2**128:032x}" for index in range(29_900)
    ]
    WORK.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, payload in [("350", small), ("1k", payment), ("10k", insights), ("1m", deleted)]:
        path = WORK / f"{name}.json"
        path.write_text(json.dumps(payload, separators=(",", ":")), encoding="utf-8")
        paths.append(path)
    return paths


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Runs a command, shows its messages, and gives its output."""
    return subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def environment() -> None:
    """The virtual environment that Python's programs run in."""
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", WORK / "venv")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "-r", HERE / "requirements.txt")
    run(*pip, "--force-reinstall", "--no-deps", next((ROOT / "target/wheels").glob("*.whl")))


def build(language: str) -> list[str | Path]:
    """Builds a language's program. Gives the command that runs it."""
    capi = ROOT / "target/capi"
    if language == "rust":
        target = WORK / "rust"
        manifest = HERE / "rust/Cargo.toml"
        run("cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir", target)
        return [target / "release/bench"]
    if language == "c":
        program = WORK / "c_bench"
        flags = [*OPTIMISED, "-std=c++17", f"-I{capi}/include", f"-L{capi}/lib", f"-Wl,-rpath,{capi}/lib"]
        run("g++", *flags, HERE / "c_bench.cc", "-o", program, "-ltink_webhooks", "-lcrypto", "-lsimdjson")
        return [program]
    if language == "python":
        environment()
        cargo = ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", WORK / "floor"]
        run(*cargo, "--manifest-path", HERE / "python_floor/Cargo.toml", PYO3_PYTHON=str(PYTHON))
        (packages,) = (WORK / "venv/lib").glob("python*/site-packages")
        shutil.copy2(WORK / "floor/release/libfloor.so", packages / "floor.so")
        return [PYTHON, HERE / "python_bench.py"]
    if language == "node":
        run("npm", "ci", "--silent", "--no-audit", "--no-fund", cwd=HERE / "node")
        return ["node", "--expose-gc", HERE / "node/bench.mjs"]
    if language == "edge":
        return ["node", HERE / "edge.mjs"]
    if language == "http":
        build("python")
        build("node")
        return [PYTHON, HERE / "http/load.py"]
    if language == "once":
        environment()
        return [PYTHON, HERE / "once.py"]
    if language == "go-wasm":
        # The same program: Go adds the import of the engine to it, whose module is in this workspace alone.
        without_cgo = {"CGO_ENABLED": "0", "GOWORK": str(HERE / "go/nocgo.work")}
        program = WORK / "go_wasm_bench"
        run("go", "build", "-overlay", "nocgo.json", "-o", program, ".", cwd=HERE / "go", **without_cgo)
        return [program]
    run("go", "build", "-o", WORK / "go_bench", ".", cwd=HERE / "go")
    return [WORK / "go_bench"]


def missing(language: str) -> str | None:
    """The reason why a language cannot be measured here, or None."""
    if language in ("go", "go-wasm") and not shutil.which("go"):
        return "Go is not installed"
    if language == "c" and subprocess.run(["pkg-config", "--exists", "simdjson", "libcrypto"], check=False).returncode:
        return "needs libsimdjson-dev and libssl-dev"
    if language == "http" and not all(map(shutil.which, ["wrk", "taskset", "setpriv"])):
        return "needs wrk, and util-linux for taskset and setpriv"
    return None


def pinned(servers: bool) -> str:
    """Names and versions of the servers, or of the peers."""
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    python = [line.partition("#")[0].strip() for line in lines]
    node = json.loads((HERE / "node/package.json").read_text(encoding="utf-8"))["dependencies"]
    pins = {
        "Python": [tuple(pin.split("==")) for pin in python if "==" in pin and "matplotlib" not in pin],
        "Node": list(node.items()),
    }
    return "; ".join(
        f"{language}: " + ", ".join(f"{name} {version}" for name, version in rows if (name in SERVERS) == servers)
        for language, rows in pins.items()
    )


def machine() -> dict[str, str]:
    """The machine, and the versions of everything that was measured."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    sha = "with SHA extensions" if "sha_ni" in fields.get("flags", "") else "without SHA extensions"

    def version(*command: str | Path) -> str:
        if not shutil.which(str(command[0])):
            return "not installed"
        found = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        return found.stdout.strip().splitlines()[0] if found.returncode == 0 else "not installed"

    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "processor": f"{os.cpu_count()} x {fields.get('model name', platform.machine())}, {sha}",
        "system": platform.platform(),
        "rustc": version("rustc", "--version"),
        "python": platform.python_version(),
        "node": version("node", "--version"),
        "go": version("go", "version"),
        "openssl": version("openssl", "version"),
        "peers": pinned(servers=False),
        "servers": f"{pinned(servers=True)}; C: libmicrohttpd {version('pkg-config', '--modversion', 'libmicrohttpd')}",
    }


def show(language: str, measured: list[dict[str, Any]]) -> None:
    """Prints a language's table."""
    sizes = sorted({case["bytes"] for case in measured})
    print(f"\n{language}: median nanoseconds per call, and the quartiles' distance in percent")
    print(f"{'':<48}" + "".join(f"{size:>18,} B" for size in sizes))
    for name in dict.fromkeys(case["case"] for case in measured):
        row = ""
        for size in sizes:
            ns = next((case["ns"] for case in measured if (case["case"], case["bytes"]) == (name, size)), None)
            if ns is None:
                row += f"{'-':>20}"
                continue
            low, middle, high = quantiles(ns, n=4)
            row += f"{median(ns):>13,.0f} ±{100 * (high - low) / middle / 2:>3.0f} %"
        print(f"{name:<48}{row}")


def show_edge(document: dict[str, Any]) -> None:
    """Prints the table of the runtimes at the edge."""
    for runtime in document["runtimes"]:
        show(f"edge: {runtime['runtime']}", runtime["measured"])
    for name in document["left_out"]:
        print(f"skipped: {name} is not installed (npm ci, in tools/edge or tools/runtimes)")


def show_load(document: dict[str, Any]) -> None:
    """Prints the table of the receivers."""
    print(f"\nhttp: {document['how']}; medians")
    print(f"{'':<70}{'requests/s':>12}{'p99, ms':>10}")
    for row in document["measured"]:
        name = f"{row['server']}, {row['case']}"
        print(f"{name:<70.70}{row['bytes']:>7,} B {median(row['rps']):>12,.0f}{median(row['p99_ms']):>10.2f}")


@contextlib.contextmanager
def server(kind: str) -> Iterator[str]:
    """Where a server listens that is started for this, or `-` where it is not installed."""
    sys.path.insert(0, str(ROOT / "bindings-python/tests"))
    import once_servers
    import pytest

    with contextlib.ExitStack() as stack:
        try:
            # As their packages set them up: Redis writes nothing before it answers, and PostgreSQL everything.
            if kind == "redis":
                started = stack.enter_context(once_servers.redis_server("redis", durable=False))
                found = f"redis://127.0.0.1:{started.port}/0"
            else:
                found = stack.enter_context(once_servers.postgres_server(durable=True)).dsn
        except pytest.skip.Exception as reason:
            print(f"skipped: {reason}")
            found = "-"
        yield found


def once_elsewhere(rounds: int, redis: str, postgres: str) -> Iterator[dict[str, Any]]:
    """What `once` costs in Node and Go: the least of each store, and `once`."""
    with tempfile.TemporaryDirectory() as folder:
        given = (str(rounds), redis, postgres, folder)
        # This one has SQLite, where the machine's own is older.
        node = ROOT / "tools/sqlite/node_modules/node22/bin/node"
        commands: dict[str, list[str | Path]] = {"node": [node if node.exists() else "node", HERE / "node/once.mjs"]}
        if shutil.which("go"):
            run("go", "build", "-o", WORK / "go_once", ".", cwd=HERE / "go/once")
            commands["go"] = [WORK / "go_once"]
        for language, command in commands.items():
            for row in json.loads(run(*command, *given)):
                yield {"language": language, **row}


def show_once(document: dict[str, Any]) -> None:
    """Prints the table of the stores."""
    print("\nonce: median microseconds per event, and the quartiles' distance in percent")
    for row in document["measured"]:
        low, middle, high = quantiles(row["ns"], n=4)
        name = f"{row['language']}: {row['store']}, {row['case']}"
        print(f"{name:<70}{middle / 1_000:>10,.1f} ±{100 * (high - low) / middle / 2:>3.0f} %")


def measure(language: str, rounds: int, paths: list[Path]) -> Any:
    """Builds and runs a language's program. Shows its measurements and gives them."""
    print(f"\n==> {language}: building", flush=True)
    command = build(language)
    if language == "once":
        with server("redis") as redis, server("postgres") as postgres:
            load = os.getloadavg()[0]
            document = {"load": load, **json.loads(run(*command, str(rounds), redis, postgres))}
            document["measured"] = [{"language": "python", **row} for row in document["measured"]]
            document["measured"] += once_elsewhere(rounds, redis, postgres)
        show_once(document)
        return document
    if language == "edge":
        document = json.loads(run(*command, str(min(rounds, EDGE_ROUNDS)), "--json"))
        show_edge(document)
        return document
    if language == "http":
        document = json.loads(run(*command, str(min(rounds, HTTP_ROUNDS)), SECRET, paths[0], paths[2]))
        show_load(document)
        return document
    measured = []
    for path in paths:
        started = time.monotonic()
        print(f"    {path.stat().st_size:>9,} bytes ", end="", flush=True)
        output = run(*command, str(rounds), SECRET, path)
        measured += [json.loads(line) for line in output.splitlines()]
        print(f"{time.monotonic() - started:>6.1f} s", flush=True)
    show(language, measured)
    return measured


def with_floor(languages: dict[str, list[dict[str, Any]]]) -> None:
    """Adds to Node's cases what its construct cannot be faster than: the core's, and a native call that does nothing.

    Python measures it itself, in turns with its other cases.
    """
    core = {case["bytes"]: median(case["ns"]) for case in languages.get("rust", ()) if case["case"] == "construct"}
    node = languages.get("node", [])
    for case in [case for case in node if case["case"] == "an empty native call" and case["bytes"] in core]:
        both = [core[case["bytes"]] + ns for ns in case["ns"]]
        node.append({"case": "core's construct and an empty call", "bytes": case["bytes"], "ns": both})


def main() -> int:
    """Measures the languages that the command line names, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", choices=[*LANGUAGES, []], help="all by default")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--update", action="store_true", help="write these, and leave the others as they are")
    arguments = parser.parse_args()
    languages = arguments.languages or LANGUAGES
    paths = bodies()
    results: dict[str, Any] = {"machine": machine(), "rounds": arguments.rounds, "languages": {}, "left_out": {}}
    for language in languages:
        if reason := missing(language):
            print(f"skipped: {language}: {reason}")
            results["left_out"][language] = reason
            continue
        measured = measure(language, arguments.rounds, paths)
        if language in PARTS:
            results[language] = measured
        else:
            results["languages"][language] = measured
    with_floor(results["languages"])
    if arguments.update:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        kept["languages"] |= results["languages"]
        results = {**kept, **{part: results[part] for part in PARTS if part in results}}
    if arguments.update or not arguments.languages:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        lost = run(PYTHON, HERE / "report.py")
        print(
            "\nwritten: benchmarks/results.json, docs/performance.md, docs/img/, the tables of README, "
            "docs/edge.md and docs/once.md"
        )
        print(f"\n{lost}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
