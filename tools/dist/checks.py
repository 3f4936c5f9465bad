"""What is looked at in everything that was made. Each check returns what it found to be so, or ends the program."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tempfile
from pathlib import Path

from archives import members
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from native import GLIBC, ROOT, TOOLS, Platform, homes, run, sysroot_tool

#: In bytes.
LIMITS = {"wheel": 500_000, "addon": 900_000, "go": 6_000_000, "go beside the root": 300_000, "command": 6_000_000}

#: Calls the library, so that the linker needs it.
PROGRAM = """
#include <tink_webhooks.h>
int main(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_builder_free(builder);
    return tink_webhooks_abi_version() != TINK_WEBHOOKS_ABI_VERSION;
}
"""


class CheckError(Exception):
    """Something that was made is not as it must be."""


def size(what: str, name: str, measured: int) -> str:
    """That a file is not larger than its kind may be."""
    if measured >= LIMITS[what]:
        raise CheckError(f"{name} has {measured:,} bytes; the limit is {LIMITS[what]:,}")
    return f"size < {LIMITS[what]:,}"


def no_builder(path: Path) -> str:
    """That no file in an archive names a folder of this machine: that of the repository, of cargo or of the user."""
    home = str(Path.home())
    # A short home such as /root is also a word of documents: there what follows it counts.
    folders = {str(folder) for folder in homes().values()} | {tempfile.gettempdir() + "/"}
    folders |= {home} if home.count("/") > 1 else {f"{home}/.cargo", f"{home}/.rustup", f"{home}/.cache"}
    pattern = re.compile(b"|".join(re.escape(folder.encode()) for folder in sorted(folders)))
    for name, content in members(path):
        for inner, text in archived(name, content):
            found = pattern.search(text)
            if found:
                around = text[max(0, found.start() - 20) : found.end() + 60]
                raise CheckError(f"{path.name}: {inner} has a path of this machine: {around!r}")
    return "no path of the builder"


def archived(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """A file, and what is in it if it is an archive itself."""
    if not name.endswith((".gz", ".zip", ".tgz")):
        return [(name, content)]
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / Path(name).name
        inner.write_bytes(content)
        return [(f"{name}: {entry}", text) for entry, text in members(inner)]


def glibc_versions(content: bytes) -> set[tuple[int, ...]]:
    """The versions of glibc whose symbols a shared object of ELF asks for."""
    versions = set()
    for section in ELFFile(io.BytesIO(content)).iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, needed in section.iter_versions():
                found = [re.fullmatch(r"GLIBC_([\d.]+)", version.name) for version in needed]
                versions |= {tuple(map(int, one[1].split("."))) for one in found if one}
    return versions


def needed(content: bytes) -> list[str]:
    """The shared libraries that a shared object of ELF asks for."""
    for section in ELFFile(io.BytesIO(content)).iter_sections():
        if isinstance(section, DynamicSection):
            return [tag.needed for tag in section.iter_tags() if tag.entry.d_tag == "DT_NEEDED"]
    return []


def linux_object(name: str, content: bytes, platform: Platform) -> str:
    """That a shared object for Linux asks for no newer glibc than it may, or for musl's C library alone."""
    libraries = set(needed(content))
    if platform.musl:
        wanted = r"libc\.so|libc\.musl-\w+\.so\.1|libgcc_s\.so\.1"
        if glibc_versions(content):
            raise CheckError(f"{name} for musl asks for glibc")
    else:
        wanted = r"lib(c|m|dl|rt|pthread|util)\.so\.\d|ld-linux-[\w-]+\.so\.\d|libgcc_s\.so\.1"
    others = [library for library in libraries if not re.fullmatch(wanted, library)]
    if others:
        raise CheckError(f"{name} asks for {', '.join(others)}")
    if platform.musl:
        return "musl"
    newest = max(glibc_versions(content), default=(0,))
    if newest > tuple(map(int, GLIBC.split("."))):
        raise CheckError(f"{name} asks for glibc {'.'.join(map(str, newest))}; the limit is {GLIBC}")
    return f"glibc {'.'.join(map(str, newest))}"


def shared_objects(path: Path, platform: Platform) -> list[str]:
    """The check of every shared object for Linux in an archive."""
    if platform.system != "linux":
        return []
    found = []
    for name, content in members(path):
        if content.startswith(b"\x7fELF") and re.search(r"\.(so|node)\b", name):
            found.append(linux_object(name, content, platform))
    if not found:
        raise CheckError(f"{path.name} has no shared object")
    return sorted(set(found))


def program(path: Path, platform: Platform) -> list[str]:
    """That the command is small, and on Linux asks for no library and no loader."""
    content = path.read_bytes()
    found = [size("command", path.name, len(content))]
    if platform.system == "linux":
        segments = {segment.header.p_type for segment in ELFFile(io.BytesIO(content)).iter_segments()}
        if "PT_INTERP" in segments or needed(content):
            raise CheckError(f"{path.name} for {platform.name} is not static")
        found.append("static")
    return found


def wheel(path: Path, platform: Platform, *, tagged: bool = True) -> list[str]:
    """What the tools of the Python packaging authority find; of one without a shared library nothing about its tag."""
    tool(TOOLS / "twine", "check", "--strict", path)
    # W007: it has no library. A wheel of the command holds a program alone.
    tool(TOOLS / "check-wheel-contents", *([] if tagged else ["--ignore", "W007"]), path)
    checked = ["twine", "check-wheel-contents"]
    if platform.system == "linux" and tagged:
        shown = tool(TOOLS / "auditwheel", "show", path).replace("\n", " ")
        wanted = "manylinux_2_17" if platform.glibc else "musllinux_1_2"
        if not re.search(rf'consistent with\s+the\s+following\s+platform\s+tag:\s+"{wanted}', shown):
            raise CheckError(f"auditwheel finds {path.name} not to be {wanted}: {shown}")
        checked.append(f"auditwheel {wanted}")
    return checked


def tool(*command: str | Path) -> str:
    """Runs a checker; what it prints becomes the error if it fails."""
    environment = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise CheckError(f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def c_library(platform: Platform) -> list[str]:
    """That a program links with the shared library and with the archive, with zig as the platform's C compiler.

    Where `make dist-test` links programs and runs them, this is not done: zig compiles the C library first.
    """
    if platform.name not in ("darwin-x64", "darwin-arm64", "win32-arm64"):
        return []
    prefix = platform.prefix
    text = (prefix / "lib/pkgconfig/tink_webhooks.pc").read_text()
    found = re.search(r"^Libs.private: (.*)$", text, re.MULTILINE)
    private = found[1].split() if found else []
    if platform.system == "win32":
        shared = prefix / "lib/libtink_webhooks.dll.a"
    else:
        shared = prefix / ("lib/libtink_webhooks." + ("so" if platform.system == "linux" else "dylib"))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "program.c"
        source.write_text(PROGRAM)
        for library, more in ((shared, []), (prefix / "lib/libtink_webhooks.a", private)):
            if not library.exists():
                raise CheckError(f"{platform.name}: no {library.name}")
            command = [TOOLS / "python", "-m", "ziglang", "cc", "-target", platform.zig, f"-I{prefix / 'include'}"]
            unwind = [] if platform.system == "darwin" or library is shared else ["-lunwind"]
            tool(*command, source, library, *more, *unwind, "-o", Path(folder) / "program")
    return ["links shared", "links static"]


def exported(platform: Platform) -> str:
    """That the shared library of C exports the listed symbols and no others."""
    wanted = set((ROOT / "bindings-c/symbols.txt").read_text().split())
    names = {"linux": "libtink_webhooks_c.so", "darwin": "libtink_webhooks_c.dylib"}
    library = platform.built / names.get(platform.system, "tink_webhooks_c.dll")
    if platform.system == "win32":
        text = run(sysroot_tool("llvm-readobj"), "--coff-exports", library)
        found = set(re.findall(r"^ *Name: (\w+)$", text, re.MULTILINE))
    else:
        dynamic = ["-D"] if platform.system == "linux" else ["-g"]
        text = run(sysroot_tool("llvm-nm"), *dynamic, "--defined-only", "--format=just-symbols", library)
        found = {name.removeprefix("_" if platform.system == "darwin" else "") for name in text.split()}
    # zig's linker does not take rustc's list of exports: these become visible, and clash with nothing.
    others = {
        "darwin-x64": r"__dso_handle|_mh_dylib_header|rust_eh_personality|_R\w+std\w+",
        "win32-arm64": r"_CRT_INIT|atexit|__mingw_module_is_dll|\w*unw\w+|rust_eh_personality|_R\w+std\w+",
    }
    others["darwin-arm64"] = others["darwin-x64"]
    found = {name for name in found if not re.fullmatch(others.get(platform.name, ""), name)}
    if found != wanted:
        raise CheckError(f"{platform.name}: exports differ from symbols.txt: {sorted(found ^ wanted)}")
    return "exports"
