"""Makes what a release uploads: ``make dist``, and for this platform alone ``make dist-quick``.

    python tools/dist build [--quick] [--platform NAME]... [--out dist] [KIND]...
    python tools/dist reproduce [--all] [KIND]...      (reproduce.py)

Everything lies in one folder, with SHA256SUMS over all of it and table.json, which says of each file what was checked.
A kind that is named is made anew; the files of the others stay. Made on Linux for all platforms, with zig and mingw.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import archives
import checks
import command
import native
import packages
import reproduce
import sbom
import wheels
from native import PLATFORMS, ROOT, Platform

KINDS = ["wheel", "sdist", "npm", "c", "go", "crate", "command"]
#: Those that are made of what cargo compiles, with the crates.
COMPILED = {"npm": "tink-webhooks-node", "c": "tink-webhooks-c", "go": "tink-webhooks-c"}
Made = TypeVar("Made")


@dataclass
class Row:
    """A file of the release."""

    file: str
    kind: str
    platform: str
    size: int
    checked: list[str] = field(default_factory=list)
    python: str | None = None

    def as_json(self) -> dict[str, object]:
        """The row of table.json."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Release:
    """The folder that is filled, and its table."""

    def __init__(self, out: Path, kinds: list[str], platforms: list[Platform]) -> None:
        """Keeps the files of the kinds that are not made now, and removes the rest."""
        self.out, self.kinds, self.platforms = out, kinds, platforms
        self.table = out / "table.json"
        out.mkdir(parents=True, exist_ok=True)
        old = json.loads(self.table.read_text()) if self.table.is_file() else []
        rows = [Row(**row) for row in old]
        # The list of an artefact goes with it.
        gone = {row.file for row in rows if row.kind in kinds}
        gone |= {f"{name}.cdx.json" for name in gone}
        self.rows = [row for row in rows if row.file not in gone and (out / row.file).is_file()]
        for path in out.iterdir():
            if path.name not in {row.file for row in self.rows}:
                path.unlink()
        self.started = time.monotonic()

    def timed(self, what: str, work: Callable[[], Made]) -> Made:
        """Does something, and prints how many seconds it took."""
        print(f"{what:<78}", end="", flush=True)
        started = time.monotonic()
        result = work()
        print(f"{time.monotonic() - started:7.1f} s", flush=True)
        return result

    def add(
        self,
        kind: str,
        made: Path,
        platform: Platform | None,
        found: list[str],
        python: str | None = None,
        name: str | None = None,
    ) -> None:
        """Takes an artefact into the release with the list of what is in it."""
        placed = packages.place(made, self.out)
        found.append(checks.no_builder(placed))
        names = {"c": "tink_webhooks", "command": command.CRATE}
        names["npm"] = "tink-webhooks" + (f"-{platform.npm}" if platform else "")
        listed = sbom.write(placed, kind, name or names.get(kind, "tink-webhooks"), platform)
        for path, its_kind, checked in ((placed, kind, found), (listed, "sbom", [checks.no_builder(listed)])):
            where = platform.name if platform else "any"
            self.rows.append(
                Row(path.name, its_kind, where, path.stat().st_size, checked, python if its_kind == "wheel" else None)
            )

    def build(self) -> None:
        """Makes all kinds."""
        self.compile()
        for kind in self.kinds:
            getattr(self, kind)()

    def compile(self) -> None:
        """What cargo compiles for several kinds: once per platform."""
        crates = sorted({COMPILED[kind] for kind in self.kinds if kind in COMPILED})
        for platform in self.platforms if crates else []:
            self.timed(
                f"compile {', '.join(crates)}: {platform.name}",
                lambda platform=platform: native.compile_libraries(platform, crates),
            )
            if "npm" in self.kinds:
                native.place_addon(platform)
            if "tink-webhooks-c" in crates:
                native.install_c_library(platform)

    def wheel(self) -> None:
        """Wheels of every platform and interpreter."""
        for platform in [platform for platform in self.platforms if platform.wheel]:
            for python in wheels.pythons():

                def work(platform: Platform = platform, python: str = python) -> None:
                    made = wheels.build(platform, python)
                    found = checks.wheel(made, platform)
                    found += checks.shared_objects(made, platform)
                    found.append(checks.size("wheel", made.name, made.stat().st_size))
                    self.add("wheel", made, platform, found, wheels.interpreter(made))

                self.timed(f"wheel: CPython {python}, {platform.name}", work)

    def sdist(self) -> None:
        """The source distribution."""

        def work() -> None:
            made = wheels.build_sdist()
            checks.tool(native.TOOLS / "twine", "check", "--strict", made)
            self.add("sdist", made, None, ["twine"])

        self.timed("sdist", work)

    def npm(self) -> None:
        """The npm packages."""

        def work() -> None:
            for made, platform in packages.npm(self.platforms).items():
                found = []
                addon = packages.node_of(made)
                if platform and addon:
                    found += checks.shared_objects(made, platform)
                    found.append(checks.size("addon", made.name, len(addon[1])))
                self.add("npm", made, platform, found)

        self.timed("npm packages", work)

    def c(self) -> None:
        """The archives of the C library."""
        for platform in self.platforms:

            def work(platform: Platform = platform) -> None:
                found = [checks.exported(platform), *checks.c_library(platform)]
                made = packages.c(platform)
                found += checks.shared_objects(made, platform)
                self.add("c", made, platform, found)

            self.timed(f"C library: {platform.name}", work)

    def go(self) -> None:
        """The Go modules: the root with the archives, and those beside it."""

        def work() -> None:
            made = packages.go([platform for platform in self.platforms if platform.go])
            for path, folder in made.items():
                limit = "go" if folder == "bindings-go" else "go beside the root"
                found = [checks.size(limit, path.name, path.stat().st_size)]
                # With the archive of one platform alone it is no release for any.
                alone = self.platforms[0] if folder == "bindings-go" and len(self.platforms) == 1 else None
                self.add("go", path, alone, found, name=folder)

        self.timed("Go modules", work)

    def crate(self) -> None:
        """The crates, in the order in which they are published."""

        def work() -> None:
            for made in packages.crates():
                self.add("crate", made, None, ["compiles from the package"])

        self.timed("crates", work)

    def command(self) -> None:
        """The command for each of its platforms: an archive, a wheel and a package of npm."""
        for platform in command.platforms(self.platforms):
            self.timed(
                f"compile {command.CRATE}: {platform.name}", lambda platform=platform: command.compile_it(platform)
            )

            def work(platform: Platform = platform) -> None:
                found = checks.program(command.binary(platform), platform)
                wheel = command.wheel(platform)
                for made in (command.archive(platform), wheel, command.npm_of(platform)):
                    checked = checks.wheel(made, platform, tagged=False) if made == wheel else []
                    self.add("command", made, platform, [*found, *checked])

            self.timed(f"command: {platform.name}", work)
        self.timed("command: npm", lambda: self.add("command", command.npm(), None, []))

    def write(self) -> None:
        """Writes table.json and SHA256SUMS."""
        self.rows.sort(key=lambda row: ([*KINDS, "sbom"].index(row.kind), row.file))
        self.table.write_text(json.dumps([row.as_json() for row in self.rows], indent=1) + "\n")
        sums = "".join(
            f"{archives.sha256(self.out / name)}  {name}\n" for name in sorted(row.file for row in self.rows)
        )
        (self.out / "SHA256SUMS").write_text(sums)

    def show(self) -> None:
        """Prints the table."""
        shown = [row for row in self.rows if row.kind != "sbom"]
        width = max((len(row.file) for row in shown), default=0)
        print(f"\n{'file':<{width}}  {'platform':<16}  {'size':>9}  checked")
        for row in shown:
            print(f"{row.file:<{width}}  {row.platform:<16}  {row.size:>9,}  {', '.join(row.checked)}")
        print(
            f"\n{len(shown)} artefacts, each with a list of what is in it (.cdx.json), SHA256SUMS and table.json: "
            f"{self.out}, {time.monotonic() - self.started:.0f} s"
        )


def main() -> None:
    """Makes what the command line names."""
    if sys.argv[1:2] == ["reproduce"]:
        sys.exit(reproduce.main(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="dist", description="Makes what a release uploads.")
    parser.add_argument("command", choices=["build"])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="for the platform of this machine alone")
    parser.add_argument("--platform", action="append", metavar="NAME", choices=[one.name for one in PLATFORMS])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_intermixed_args()  # KINDs may stand behind --quick
    unknown = set(given.kinds) - set(KINDS)
    if unknown:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    here = native.this_platform()
    platforms = [one for one in PLATFORMS if one.name in given.platform] if given.platform else PLATFORMS
    release = Release(
        given.out.resolve(),
        [kind for kind in KINDS if kind in given.kinds] if given.kinds else KINDS,
        [here] if given.quick else platforms,
    )
    try:
        release.build()
    except checks.CheckError as wrong:
        sys.exit(f"\ndist: {wrong}")
    finally:
        release.write()  # what was made before a failure stays
    release.show()


if __name__ == "__main__":
    main()
