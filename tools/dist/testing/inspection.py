"""What an artefact's content shows without running it: paths, licences, sizes, and what its libraries ask for."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import struct
import tempfile
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from . import command
from .common import ROOT, Artefact, Failed, members, need, run

#: In bytes: the archive for wheels and Go, the library itself for addons.
LIMITS = {"wheel": 500_000, "npm": 900_000, "go": 6_000_000}
#: Of Go's modules beside the root.
LIMIT_BESIDE = 300_000
GLIBC = (2, 17)
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")
#: A file in somebody's home directory on Linux, macOS or Windows, or a source in a folder where builds are made. What a
#: document names, such as `/home/user`, is none: nothing follows.
BUILDER = re.compile(
    rb"(?:/root|/home/[\w.-]+|/Users/[\w.-]+|[A-Z]:\\Users\\[\w.-]+)[/\\](?:\.|[\w-]+[/\\])[\w./\\-]+"
    rb"|/(?:tmp|work|workspace|builds?)/(?:[\w.-]+/)+[\w.-]+\.(?:rs|rlib|rcgu\.o|toml)\b"
)
#: Of e_machine, Mach-O's cputype and PE's machine.
MACHINES = {62: "x64", 183: "arm64", 0x01000007: "x64", 0x0100000C: "arm64", 0x8664: "x64", 0xAA64: "arm64"}
#: The oldest macOS that the libraries run on, by processor, and the newest that they may ask for.
MACOS = {"x64": (10, 12), "arm64": (11, 0)}
SYSTEM = {
    "gnu": r"lib(c|m|dl|rt|pthread|util|gcc_s)\.so\.\d|ld-linux-[\w-]+\.so\.\d",
    "musl": r"libc\.so|libc\.musl-(x86_64|aarch64)\.so\.1|libgcc_s\.so\.1",
    "darwin": r"/usr/lib/lib(System|iconv|charset)[\w.]*\.dylib|/System/Library/Frameworks/.*",
    "win32": r"(?i)(kernel32|ntdll|userenv|ws2_32|bcrypt|bcryptprimitives|advapi32|msvcrt|ucrtbase|dbghelp"
    r"|api-ms-win-[\w-]+|python3\d*t?)\.dll",
}


def paths(artefact: Artefact) -> None:
    """No file has a path of the machine that built it: of this checkout, or of anybody's home directory."""
    here = re.escape(str(ROOT).encode()) + rb"(?=[/\\])"
    for name, content in members(artefact.path):
        for pattern in (BUILDER, re.compile(here)):
            if found := pattern.search(content):
                raise Failed(f"{name} has a path of its builder: {found[0][:120].decode('utf-8', 'replace')}")


def licences(artefact: Artefact) -> None:
    """Both licences are in it, and are those of the project."""
    found = {Path(name).name: content for name, content in members(artefact.path) if Path(name).name in LICENCES}
    for name in LICENCES:
        if name not in found:
            raise Failed(f"there is no {name}")
        if found[name] != (ROOT / name).read_bytes():
            raise Failed(f"{name} is not the text of the project's")


def small(artefact: Artefact) -> str | None:
    """It is below the limit of its kind."""
    if artefact.kind not in LIMITS:
        return None
    size, limit = artefact.path.stat().st_size, LIMITS[artefact.kind]
    if artefact.kind == "go" and not artefact.name.startswith("tink_webhooks-go-v"):
        limit = LIMIT_BESIDE
    if artefact.kind == "npm":
        size = sum(len(content) for name, content in members(artefact.path) if name.endswith(".node"))
    if size >= limit:
        raise Failed(f"{size:,} bytes; the limit is {limit:,}")
    return f"{size:,} bytes"


# ---- Libraries -------------------------------------------------------------------------------------------------------


class Library:
    """A shared library of any system: processor, what it needs, what it exports. Or a program."""

    def __init__(self, content: bytes, *, program: bool = False) -> None:
        """Reads the headers. Raises ValueError for what is no shared library, or with `program` no program."""
        self.program = program
        self.needs: list[str] = []
        self.exports: set[str] = set()
        #: What the loader must find elsewhere; of ELF alone.
        self.undefined: set[str] = set()
        self.name = ""
        self.glibc: tuple[int, ...] = (0,)
        self.minimum: tuple[int, ...] = ()
        self.signed = False
        self.searched: list[str] = []
        try:
            if content[:4] == b"\x7fELF":
                self.system = "linux"
                self._elf(content)
            elif content[:4] == b"\xcf\xfa\xed\xfe":
                self.system = "darwin"
                self._mach_o(content)
            elif content[:2] == b"MZ":
                self.system = "win32"
                self._pe(content)
            else:
                raise ValueError("no shared library")
        except struct.error as cut:
            raise ValueError("a library that is cut off") from cut

    def _elf(self, content: bytes) -> None:
        self.machine = MACHINES[struct.unpack_from("<H", content, 18)[0]]
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            text = run(need("readelf"), "-W", "-d", "-V", "--dyn-syms", file.name)
        self.needs = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
        self.name = "".join(re.findall(r"\(SONAME\).*\[(.*)\]", text))
        self.searched = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", text)
        versions = re.findall(r"Name: GLIBC_(\d[\d.]*)", text)
        self.glibc = max((tuple(map(int, version.split("."))) for version in versions), default=(0,))
        rows = re.findall(r"(?:GLOBAL|WEAK) +DEFAULT +(\w+) +([^\s@]+)", text)
        self.exports = {name for section, name in rows if section != "UND"}
        self.undefined = {name for section, name in rows if section == "UND"}

    def _mach_o(self, content: bytes) -> None:
        _, processor, _, kind, count, _, _, _ = struct.unpack_from("<8I", content)
        if kind not in ((2,) if self.program else (6, 8)):  # MH_EXECUTE; MH_DYLIB, MH_BUNDLE
            raise ValueError("no shared library")
        self.machine = MACHINES[processor]
        at = 32
        for _ in range(count):
            command, size = struct.unpack_from("<2I", content, at)
            text = (
                content[at + struct.unpack_from("<I", content, at + 8)[0] : at + size].split(b"\0")[0].decode("latin")
            )
            if command in (0xC, 0x80000018, 0x8000001F):  # LC_LOAD_DYLIB, weak, re-exported
                self.needs.append(text)
            elif command == 0xD:  # LC_ID_DYLIB
                self.name = text
            elif command == 0x8000001C:  # LC_RPATH
                self.searched.append(text)
            elif command == 0x1D:  # LC_CODE_SIGNATURE
                where, length = struct.unpack_from("<2I", content, at + 8)
                self.signed = length > 0 and content[where : where + 4] == b"\xfa\xde\x0c\xc0"
            elif command in (0x24, 0x32):  # LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION
                version = struct.unpack_from("<I", content, at + (8 if command == 0x24 else 12))[0]
                self.minimum = (version >> 16, version >> 8 & 0xFF)
            elif command == 0x2:  # LC_SYMTAB
                symbols, number, strings, _ = struct.unpack_from("<4I", content, at + 8)
                for index in range(number):
                    name, type_, _, _, _ = struct.unpack_from("<IBBHQ", content, symbols + 16 * index)
                    # External, not private, and defined in a section.
                    if type_ & 0xE0 == 0 and type_ & 0x1F == 0xF:
                        end = content.index(b"\0", strings + name)
                        self.exports.add(content[strings + name : end].decode("latin").removeprefix("_"))
            at += size

    def _pe(self, content: bytes) -> None:
        at = struct.unpack_from("<I", content, 0x3C)[0]
        machine, sections, _, _, _, optional, flags = struct.unpack_from("<HHIIIHH", content, at + 4)
        if content[at : at + 4] != b"PE\0\0" or bool(flags & 0x2000) is self.program:
            raise ValueError("no shared library")
        self.machine = MACHINES[machine]
        table = at + 24 + optional
        places = [struct.unpack_from("<8xIIII", content, table + 40 * index) for index in range(sections)]

        def offset(address: int) -> int:
            for virtual, start, raw, file in places:
                if start <= address < start + max(virtual, raw):
                    return file + address - start
            raise ValueError("an address outside of all sections")

        def text(address: int) -> str:
            start = offset(address)
            return content[start : content.index(b"\0", start)].decode("latin")

        exports, _, imports, _ = struct.unpack_from("<4I", content, at + 24 + 112)
        if exports:
            self.name = text(struct.unpack_from("<I", content, offset(exports) + 12)[0])
            number, _, names = struct.unpack_from("<3I", content, offset(exports) + 24)
            self.exports = {
                text(struct.unpack_from("<I", content, offset(names) + 4 * index)[0]) for index in range(number)
            }
        entry = offset(imports)
        while name := struct.unpack_from("<I", content, entry + 12)[0]:
            self.needs.append(text(name))
            entry += 20


def libraries(path: Path) -> dict[str, Library]:
    """The shared libraries of an archive, by name."""
    found = {}
    for name, content in members(path):
        if re.search(r"\.(so(\.[\d.]+)?|node|dylib|dll|pyd)$", name) and content[:2] in (b"\x7fE", b"\xcf\xfa", b"MZ"):
            found[name] = Library(content)
    if not found:
        raise Failed("there is no shared library in it")
    return found


def check_library(library: Library, platform: str) -> str:
    """The library is for the platform, and asks for nothing that the oldest such system lacks. What it needs."""
    system, machine, *libc = platform.split("-")
    if (library.system, library.machine) != (system, machine):
        raise Failed(f"it is for {library.system} on {library.machine}")
    allowed = SYSTEM[libc[0] if libc else system]
    if others := [name for name in library.needs if not re.fullmatch(allowed, name)]:
        raise Failed(f"it asks for {', '.join(others)}")
    if others := [folder for folder in library.searched if not folder.startswith(("$ORIGIN", "@loader_path"))]:
        raise Failed(f"it looks for libraries in {', '.join(others)}")
    if system == "darwin":
        if not library.signed and machine == "arm64":
            raise Failed("it has no code signature, and macOS on arm64 loads no such library")
        if library.name and not library.name.startswith("@"):
            raise Failed(f"its install name is a path of its own: {library.name}")
        if not library.minimum or library.minimum > MACOS[machine]:
            raise Failed(f"it needs macOS {'.'.join(map(str, library.minimum))}")
        signed = "signed" if library.signed else "not signed"
        return f"macOS {'.'.join(map(str, library.minimum))}, {signed}, {len(library.exports)} exports"
    if libc == ["gnu"]:
        newest = ".".join(map(str, library.glibc))
        if library.glibc > GLIBC:
            raise Failed(f"it asks for glibc {newest}; the limit is {'.'.join(map(str, GLIBC))}")
        return f"glibc {newest}"
    if libc == ["musl"] and library.glibc > (0,):
        raise Failed("it is for musl and asks for glibc")
    return ", ".join(library.needs) or "needs nothing"


def check_libraries(artefact: Artefact) -> str:
    """Every shared library of the archive; it exports for C exactly the list, else the module's entry alone."""
    details = set()
    listed = set((ROOT / "bindings-c/symbols.txt").read_text().split())
    for name, library in libraries(artefact.path).items():
        try:
            details.add(check_library(library, artefact.platform))
        except Failed as failed:
            raise Failed(f"{name}: {failed}") from None
        ours = {symbol for symbol in library.exports if "tink" in symbol}
        if artefact.kind == "c":
            if ours != listed:
                raise Failed(f"{name}: its exports differ from symbols.txt: {sorted(ours ^ listed)[:5]}")
        else:
            entry = {"wheel": "PyInit__native", "npm": "napi_register_module_v1"}[artefact.kind]
            if entry not in library.exports or ours:
                raise Failed(f"{name}: it does not export {entry}, or exports {sorted(ours)[:3]}")
    return "; ".join(sorted(details))


def check_program(artefact: Artefact) -> str | None:
    """The command asks for nothing that the oldest such system lacks; on Linux for nothing at all."""
    name, content = command.content(artefact)
    library = Library(content, program=True)
    try:
        needs = check_library(library, artefact.platform)
    except Failed as failed:
        raise Failed(f"{name}: {failed}") from None
    if library.system == "linux" and library.needs:
        raise Failed(f"{name} is not static: it asks for {', '.join(library.needs)}")
    return needs


# ---- Kinds -----------------------------------------------------------------------------------------------------------


def record(artefact: Artefact) -> str:
    """A wheel's RECORD names every file with its right hash, and its tags are those of its name."""
    files = dict(members(artefact.path))
    lists = [name for name in files if name.endswith(".dist-info/RECORD")]
    if len(lists) != 1:
        raise Failed("there is no RECORD, or more than one")
    rows = {row[0]: row[1] for row in csv.reader(io.StringIO(files[lists[0]].decode())) if row}
    if set(rows) != set(files):
        raise Failed(f"RECORD and the archive differ in {sorted(set(rows) ^ set(files))[:3]}")
    for name, expected in rows.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
        if name != lists[0] and expected != f"sha256={digest}":
            raise Failed(f"RECORD has another hash of {name}")
    tags = set(re.findall(r"^Tag: (.*?)\r?$", files[lists[0].replace("RECORD", "WHEEL")].decode(), re.MULTILINE))
    python, abi, platforms = artefact.path.stem.split("-")[-3:]
    named = {f"{python}-{abi}-{platform}" for platform in platforms.split(".")}
    if tags != named:
        raise Failed(f"WHEEL has the tags {sorted(tags)}, the name {sorted(named)}")
    return f"{len(files)} files"


def manifest(artefact: Artefact) -> str:
    """A package of npm: nothing runs when it is installed, and it names what its platform is."""
    files = {name.removeprefix("package/"): content for name, content in members(artefact.path)}
    package = json.loads(files["package.json"])
    if package.get("scripts") or package.get("devDependencies") or package.get("dependencies"):
        raise Failed("it has scripts or dependencies")
    version = package["version"]
    addons = [name for name in files if name.endswith(".node")]
    if artefact.platform == "any":
        wanted = set(package.get("optionalDependencies", {}).items())
        if len(wanted) < 8 or {its for _, its in wanted} != {version} or addons:
            raise Failed("it does not name eight platform packages of its own version, or has an addon")
        for module in ("tink_webhooks.wasm", "tink_webhooks_explain.wasm"):
            if not files.get(f"dist/{module}", b"").startswith(b"\0asm"):
                raise Failed(f"it has no WebAssembly module {module}")
        return f"{len(wanted)} platform packages, WebAssembly"
    system, machine, *libc = artefact.platform.split("-")
    named = [package.get("os"), package.get("cpu"), package.get("libc")]
    wanted_names = [[system], [machine], [{"gnu": "glibc", "musl": "musl"}[libc[0]]] if libc else None]
    if named != wanted_names:
        raise Failed(f"os, cpu and libc are {named}, not {wanted_names}")
    if addons != [package["main"]]:
        raise Failed(f"its addons are {addons}, main is {package['main']}")
    return str(package["name"])


def module_zip(artefact: Artefact) -> str:
    """A zip of a Go module: one module and version in front of every name, that of the file, and what belongs to it."""
    files = dict(members(artefact.path))
    prefixes = {name.partition("@")[0] + "@" + name.partition("@")[2].partition("/")[0] for name in files}
    if len(prefixes) != 1:
        raise Failed(f"names begin with {sorted(prefixes)[:3]}: one module@version/ is wanted")
    (prefix,) = prefixes
    named = re.fullmatch(r"tink_webhooks-go-(?:([a-z]+)-)?(v.+)\.zip", artefact.name)
    if not named or prefix.rpartition("/")[2] != f"{named[1] or 'bindings-go'}@{named[2]}":
        raise Failed(f"{artefact.name} is not the name of {prefix}")
    inside = {name.removeprefix(f"{prefix}/"): content for name, content in files.items()}
    if "go.mod" not in inside:
        raise Failed("it lacks go.mod")
    go_mod = inside["go.mod"].decode()
    if f"module {prefix.partition('@')[0]}\n" not in go_mod:
        raise Failed("go.mod names another module")
    if replaced := re.search(r"^replace\b.*", go_mod, re.MULTILINE):
        raise Failed(f"go.mod has what is for development: {replaced[0]}")
    if named[1]:
        return module_beside(prefix, go_mod, inside)
    return root_module(inside.keys(), every=artefact.platform == "any")


def root_module(inside: Set[str], *, every: bool) -> str:
    """The header, and archives: of every platform that has a folder for one, or of the one that was made."""
    archives = sorted(name.split("/")[1] for name in inside if re.fullmatch(r"build/[\w-]+/libtink_webhooks\.a", name))
    if lacking := {"archive_stamp.h", "build/include/tink_webhooks.h"} - inside:
        raise Failed(f"it lacks {sorted(lacking)}")
    folders = {name.split("/")[1] for name in inside if re.fullmatch(r"build/[\w-]+/empty\.go", name)} - {"include"}
    if (lacking := folders - set(archives)) and (every or len(archives) != 1):
        raise Failed(f"it has no archive for {sorted(lacking)}")
    return f"{len(archives)} archives"


def module_beside(prefix: str, go_mod: str, inside: Mapping[str, bytes]) -> str:
    """It requires the root of its own version; the engine carries the WebAssembly module, which nothing else does."""
    module, _, tag = prefix.partition("@")
    root, _, name = module.rpartition("/")
    if f"\t{root} {tag}\n" not in go_mod:
        raise Failed(f"go.mod does not require {root} {tag}")
    modules = sorted(path for path, content in inside.items() if content.startswith(b"\0asm"))
    if modules != (["tink_webhooks.wasm"] if name == "wazeroengine" else []):
        raise Failed(f"its WebAssembly modules are {modules}")
    return f"{len(inside)} files, requires {root.rpartition('/')[2]} {tag}"


def c_files(artefact: Artefact) -> str:
    """A C package has header, shared library, archive, pkg-config file and CMake package; the SONAME is the ABI's."""
    names = [name for name, _ in members(artefact.path)]
    wanted = [
        r"include/tink_webhooks\.h",
        r"include/tink_webhooks\.hpp",
        r"lib/libtink_webhooks\.a",
        r"lib/pkgconfig/tink_webhooks\.pc",
        r"lib/cmake/tink_webhooks/tink_webhooksConfig\.cmake",
    ]
    if artefact.platform.startswith("win32"):
        wanted += [r"bin/tink_webhooks\.dll", r"lib/(libtink_webhooks\.dll\.a|tink_webhooks\.lib)"]
    for pattern in wanted:
        if not any(re.search(rf"(^|/){pattern}$", name) for name in names):
            raise Failed(f"it lacks {pattern}".replace("\\", ""))
    header = (ROOT / "include/tink_webhooks.h").read_text()
    abi = re.findall(r"^#define TINK_WEBHOOKS_ABI_VERSION \"?([\d.]+)", header, re.MULTILINE)
    (name,) = {library.name for library in libraries(artefact.path).values()}
    system = artefact.platform.partition("-")[0]
    expected = {"linux": "libtink_webhooks.so.{}", "darwin": "@rpath/libtink_webhooks.{}.dylib"}
    if system in expected and name != expected[system].format(*abi):
        raise Failed(f"the library names itself {name}, not {expected[system].format(*abi)}")
    return f"{len(names)} files, {name}"


def bill(artefact: Artefact) -> str:
    """A CycloneDX list: it names what it is of, and components with versions."""
    document = json.loads(artefact.path.read_bytes())
    components = document.get("components") or []
    if document.get("bomFormat") != "CycloneDX" or not document.get("specVersion"):
        raise Failed("it is no CycloneDX list")
    if not document.get("metadata", {}).get("component") or not components:
        raise Failed("it names no component")
    if nameless := [one for one in components if not one.get("name") or not one.get("version")]:
        raise Failed(f"a component without a name or version: {nameless[0]}")
    return f"{len(components)} components"


def by_tools(artefact: Artefact) -> list[tuple[str, Callable[[], str | None]]]:
    """What well-known checkers find in it: nothing."""
    path = artefact.path

    def audited() -> str:
        shown = " ".join(run(need("auditwheel"), "show", path).split())
        tag = "manylinux_2_17" if artefact.platform.endswith("gnu") else "musllinux_1_2"
        if not re.search(rf'consistent with the following platform tag: "{tag}', shown):
            raise Failed(f"auditwheel finds it not to be {tag}: {shown[:300]}")
        return tag

    def quiet(*command: str) -> Callable[[], str | None]:
        def check() -> None:
            if command[0] in ("publint", "attw"):
                need("node")
            run(need(command[0]), *command[1:], path)

        return check

    twine = ("twine", quiet("twine", "check", "--strict"))
    if artefact.kind == "sdist":
        return [twine]
    if artefact.kind == "command" and artefact.name.endswith(".whl"):
        return [("RECORD", lambda: record(artefact)), twine]
    if artefact.kind == "wheel":
        steps = [twine, ("check-wheel-contents", quiet("check-wheel-contents"))]
        return [*steps, ("auditwheel", audited)] if artefact.platform.startswith("linux") else steps
    if artefact.kind == "npm" and artefact.platform == "any":
        return [
            ("publint", quiet("publint", "run", "--strict")),
            ("attw", quiet("attw", "--ignore-rules=cjs-resolves-to-esm")),
        ]
    return []


#: What is looked at in each kind, besides paths.
STEPS: dict[str, list[tuple[str, Callable[[Artefact], str | None]]]] = {
    "wheel": [("licences", licences), ("size", small), ("RECORD", record), ("library", check_libraries)],
    "sdist": [("licences", licences)],
    "npm": [("licences", licences), ("size", small), ("manifest", manifest), ("library", check_libraries)],
    "c": [("licences", licences), ("files", c_files), ("library", check_libraries)],
    "go": [("licences", licences), ("size", small), ("module", module_zip)],
    "crate": [],
    "command": [("licences", licences), ("files", command.files), ("library", check_program)],
    "sbom": [("CycloneDX", bill)],
}


def inspect(artefact: Artefact) -> bool:
    """Runs every check of the artefact's kind. True if it may be run: its content is what it must be."""
    passed = [artefact.step("paths", lambda: paths(artefact))]
    for name, check in STEPS[artefact.kind]:
        if name != "library" or artefact.platform != "any":
            passed.append(artefact.step(name, lambda check=check: check(artefact)))
    for name, tool in by_tools(artefact):
        artefact.step(name, tool)
    return all(passed)


def checksums(folder: Path, artefacts: list[Artefact]) -> None:
    """SHA256SUMS lists every file of the table with its right hash."""
    rows = dict(reversed(line.split(maxsplit=1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    listed = {name.lstrip("*"): digest for name, digest in rows.items()}
    for artefact in artefacts:
        digest = hashlib.sha256(artefact.path.read_bytes()).hexdigest()
        if listed.get(artefact.name) != digest:
            raise Failed(f"SHA256SUMS has {listed.get(artefact.name)} for {artefact.name}, which has {digest}")
