"""The platforms, and what cargo makes for them: the addon, the C library and the header, in target/dist."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: What is made on the way.
WORK = ROOT / "target/dist"
CARGO_TARGET = WORK / "cargo"
TOOLS = Path(sys.executable).parent
#: The oldest glibc that what is made for Linux runs on.
GLIBC = "2.17"
#: The oldest macOS, by processor: rustc's own; zig's is the newest that it knows.
MACOS = {"x86_64-apple-darwin": "10.12", "aarch64-apple-darwin": "11.0"}


@dataclass(frozen=True)
class Platform:
    """One platform of the packages, with its name in each of them."""

    name: str
    #: Of rustc.
    target: str
    #: Of zig, as a C compiler.
    zig: str
    #: Of napi-rs.
    npm: str
    #: maturin's `--compatibility`; None where no wheel is made.
    wheel: str | None
    #: The folder in bindings-go/build; None where the module has no archive.
    go: str | None

    @property
    def system(self) -> str:
        """linux, darwin or win32."""
        return self.name.partition("-")[0]

    @property
    def musl(self) -> bool:
        """Whether its C library is musl."""
        return self.name.endswith("-musl")

    @property
    def glibc(self) -> bool:
        """Whether its C library is glibc."""
        return self.name.endswith("-gnu")

    @property
    def oldest(self) -> str:
        """The oldest system that what is made for it runs on."""
        if self.system == "linux":
            return f"glibc {GLIBC}" if self.glibc else "musl 1.2"
        return f"macOS {MACOS[self.target]}" if self.system == "darwin" else "Windows 10"

    @property
    def built(self) -> Path:
        """Where cargo puts what is made for it."""
        return CARGO_TARGET / self.target / "release"

    @property
    def prefix(self) -> Path:
        """The C library as it is installed."""
        return WORK / "c" / f"tink_webhooks-{version()}-{self.name}"

    @property
    def addon(self) -> Path:
        """The Node addon, under the name that the package loads."""
        return WORK / "node" / f"tink-webhooks.{self.npm}.node"


# maturin cannot make a wheel for Windows on arm64: it writes a .def file with the dotted name of the module. Go has no
# port to it that uses this linker.
PLATFORMS = [
    Platform(
        "linux-x64-gnu",
        "x86_64-unknown-linux-gnu",
        f"x86_64-linux-gnu.{GLIBC}",
        "linux-x64-gnu",
        "manylinux2014",
        "linux-x86_64",
    ),
    Platform(
        "linux-arm64-gnu",
        "aarch64-unknown-linux-gnu",
        f"aarch64-linux-gnu.{GLIBC}",
        "linux-arm64-gnu",
        "manylinux2014",
        "linux-aarch64",
    ),
    Platform(
        "linux-x64-musl",
        "x86_64-unknown-linux-musl",
        "x86_64-linux-musl",
        "linux-x64-musl",
        "musllinux_1_2",
        "linux-x86_64-musl",
    ),
    Platform(
        "linux-arm64-musl",
        "aarch64-unknown-linux-musl",
        "aarch64-linux-musl",
        "linux-arm64-musl",
        "musllinux_1_2",
        "linux-aarch64-musl",
    ),
    Platform("darwin-x64", "x86_64-apple-darwin", "x86_64-macos", "darwin-x64", "off", "macos-x86_64"),
    Platform("darwin-arm64", "aarch64-apple-darwin", "aarch64-macos", "darwin-arm64", "off", "macos-aarch64"),
    Platform("win32-x64", "x86_64-pc-windows-gnu", "x86_64-windows-gnu", "win32-x64-msvc", "off", "windows-x86_64"),
    Platform("win32-arm64", "aarch64-pc-windows-gnullvm", "aarch64-windows-gnu", "win32-arm64-msvc", None, None),
]


def this_platform() -> Platform:
    """The machine's own platform."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    libc = "gnu" if platform.libc_ver()[0] == "glibc" else "musl"
    found = [one for one in PLATFORMS if one.name == f"linux-{machine}-{libc}"]
    if sys.platform != "linux" or not found:
        sys.exit("dist: packages are made on Linux, x86-64 or arm64, for all platforms")
    return found[0]


def version() -> str:
    """The version of all packages."""
    found = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    if not found:
        sys.exit("dist: Cargo.toml has no version")
    return found[1]


def epoch() -> int:
    """The time that everything made carries: that of the last commit, in seconds, or SOURCE_DATE_EPOCH."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct").strip()
    return int(given)


def homes() -> dict[str, Path]:
    """The folders of this machine that a compiler may write into what it makes, and what replaces them."""
    home = Path.home()
    return {
        "/tink-webhooks": ROOT,
        "/cargo": Path(os.environ.get("CARGO_HOME", home / ".cargo")),
        "/rustup": Path(os.environ.get("RUSTUP_HOME", home / ".rustup")),
    }


def sysroot_tool(name: str) -> str:
    """A tool of LLVM, of the compiler's own version (`rustup component add llvm-tools`)."""
    folder = Path(run("rustc", "--print", "target-libdir").strip()).parent / "bin"
    return str(folder / name)


def environment(target: Platform | None = None) -> dict[str, str]:
    """The variables of a compilation. Nothing of the user's that would change its result."""
    flags = [f"--remap-path-prefix={folder}={name}" for name, folder in homes().items()]
    if target and target.musl:
        flags.append("-Ctarget-feature=-crt-static")
    if target and target.target.endswith("-windows-gnu"):
        flags.append("-Clink-arg=-Wl,--no-insert-timestamp")
    unwanted = re.compile(r"RUSTFLAGS|CFLAGS|LDFLAGS|CARGO_(PROFILE|BUILD|INCREMENTAL|TARGET).*|CC|MAKEFLAGS")
    kept = {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}
    if target and target.system == "darwin":
        kept["MACOSX_DEPLOYMENT_TARGET"] = MACOS[target.target]
    return kept | {
        "PATH": f"{TOOLS}{os.pathsep}{kept['PATH']}",
        "SOURCE_DATE_EPOCH": str(epoch()),
        "CARGO_TARGET_DIR": str(CARGO_TARGET),
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "CARGO_PROFILE_RELEASE_STRIP": "symbols",
        "CARGO_TERM_QUIET": "true",
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Runs a command. If it fails, its output is printed and the program ends."""
    ran = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"{ran.stdout}{ran.stderr}\ndist: failed: {' '.join(map(str, command))}")
    return ran.stdout


def compile_libraries(target: Platform, crates: list[str]) -> None:
    """Compiles the addon and the C library for a platform: cargo, with zig or mingw as linker."""
    env = environment(target)
    triple = target.target + (f".{GLIBC}" if target.glibc else "")
    command = ["cargo-zigbuild", "zigbuild"]
    if target.system == "win32":
        env["LIBNODE_PATH"] = str(stub_of_node(target))
        if target.target.endswith("-windows-gnu"):
            command = ["cargo", "build"]
    for crate in crates:
        command += ["-p", crate]
    run(*command, "--release", "--locked", "--target", triple, env=env)


def stub_of_node(target: Platform) -> Path:
    """The folder of an empty libnode, for napi-build. What an addon needs of Node it looks up when it is loaded."""
    folder = WORK / "libnode" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    empty = folder / "empty.c"
    empty.write_text("")
    if target.target.endswith("-windows-gnu"):
        run("x86_64-w64-mingw32-gcc", "-shared", "-o", folder / "libnode.dll", empty)
    else:
        run(TOOLS / "python", "-m", "ziglang", "cc", "-target", target.zig, "-c", "-o", folder / "empty.o", empty)
        run(TOOLS / "python", "-m", "ziglang", "ar", "rcs", folder / "libnode.a", folder / "empty.o")
        (folder / "libnode.dll").touch()  # napi-build asks that it exists; the linker takes the archive
    return folder


def name_musl(library: Path, target: Platform) -> None:
    """Names musl's C library in a shared object as Alpine does; zig's linker writes the name of its own stub."""
    machine = target.target.partition("-")[0]
    run(TOOLS / "patchelf", "--replace-needed", "libc.so", f"libc.musl-{machine}.so.1", library)


def place_addon(target: Platform) -> None:
    """Puts the addon under the name that the package loads."""
    names = {"linux": "libtink_webhooks_node.so", "darwin": "libtink_webhooks_node.dylib"}
    target.addon.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target.built / names.get(target.system, "tink_webhooks_node.dll"), target.addon)
    if target.musl:
        name_musl(target.addon, target)


def install_c_library(target: Platform) -> None:
    """Lays the C library out as bindings-c/install.sh does on this machine."""
    shutil.rmtree(target.prefix, ignore_errors=True)
    tools = {
        "TARGET": target.target,
        "OBJCOPY": sysroot_tool("llvm-objcopy"),
        "NM": sysroot_tool("llvm-nm"),
        "AR": sysroot_tool("llvm-ar"),
        "DLLTOOL": f"{TOOLS / 'python'} -m ziglang dlltool",
    }
    run(ROOT / "bindings-c/install.sh", target.prefix, env=environment(target) | tools)
    if target.musl:
        name_musl(target.prefix / f"lib/libtink_webhooks.so.{version()}", target)
