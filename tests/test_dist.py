"""The checks of `make dist-test` find faults: planted in small artefacts that are made here."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import json
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest
from snippets import ROOT

sys.path.insert(0, str(ROOT / "tools/dist"))
import testing
from testing import command, common, inspection
from testing.common import Artefact, Failed

LICENCES = {name: (ROOT / name).read_bytes() for name in ("LICENSE-APACHE", "LICENSE-MIT")}
MODULE = "int PyInit__native(void) { return 0; }\n"
#: As a compiler leaves them in a library: of a user's home, of macOS, of Windows.
PATHS = [
    b"/home/builder/.cargo/registry/src/a-1.0.0/src/lib.rs",
    b"%s/project/target/release/deps/a.o" % str(Path("/", "root")).encode(),
    b"/Users/builder/project/core/src/lib.rs",
    b"C:\\Users\\runner\\.cargo\\registry\\src\\a.rs",
    b"/builds/group/project/core/src/lib.rs",
    str(ROOT / "core/src/lib.rs").encode(),
]


def compiled(folder: Path, source: str, *flags: str, name: str = "library.so") -> Path:
    """A shared library that needs nothing but what the flags name."""
    (folder / f"{name}.c").write_text(source)
    command = ["cc", "-shared", "-fPIC", "-nostdlib", f"{name}.c", "-o", name, *flags]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / name


def wanting_glibc(folder: Path, version: str) -> bytes:
    """A library with a symbol of this version of glibc. The C library that it is linked with is made here too."""
    (folder / "map").write_text(f"GLIBC_{version} {{ global: newly_added; }};\n")
    compiled(
        folder, "void newly_added(void) {}\n", "-Wl,-soname,libc.so.6", "-Wl,--version-script,map", name="libc.so.6"
    )
    source = "void newly_added(void);\nvoid PyInit__native(void) { newly_added(); }\n"
    return compiled(folder, source, "./libc.so.6").read_bytes()


def plain(folder: Path) -> bytes:
    """A library that needs nothing."""
    return compiled(folder, MODULE).read_bytes()


def wheel(folder: Path, library: bytes, **more: bytes) -> Artefact:
    """A wheel with this library, as pip accepts it."""
    info = "tink_webhooks-7.6.5.dist-info"
    name = "tink_webhooks-7.6.5-cp311-cp311-manylinux_2_17_x86_64.whl"
    files = {
        "tink_webhooks/__init__.py": b"",
        "tink_webhooks/_native.so": library,
        f"{info}/METADATA": b"Metadata-Version: 2.4\nName: tink-webhooks\nVersion: 7.6.5\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_17_x86_64\n",
        **{f"{info}/licenses/{licence}": text for licence, text in LICENCES.items()},
        **more,
    }
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}"
        for path, content in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return Artefact(folder / name, "wheel", "linux-x64-gnu", "3.11")


def tarball(folder: Path, kind: str, files: dict[str, bytes], platform: str = "any") -> Artefact:
    """An archive of these files."""
    path = folder / f"{kind}.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return Artefact(path, kind, platform)


MODULES = ("tink_webhooks", "tink_webhooks_explain")


def package(folder: Path, module: bytes = b"\0asm", **changes: object) -> Artefact:
    """The main package of npm."""
    platforms = {f"tink-webhooks-{number}": "7.6.5" for number in range(8)}
    manifest = {"name": "tink-webhooks", "version": "7.6.5", "optionalDependencies": platforms, **changes}
    files = {
        "package/package.json": json.dumps(manifest).encode(),
        **{f"package/dist/{name}.wasm": module for name in MODULES},
    }
    return tarball(folder, "npm", files)


def of_command(folder: Path, files: dict[str, bytes], platform: str = "linux-x64-musl") -> Artefact:
    """The archive of the command: these files, licences, and what it always has."""
    always = ("man/tink-webhooks.1", "man/tink-webhooks-check.1", "completions/tink-webhooks.bash")
    made = tarball(folder, "command", {f"a/{name}": b"" for name in always} | LICENCES | files, platform)
    return Artefact(made.path.rename(folder / "a.tar.gz"), made.kind, made.platform)


def x64(content: bytes) -> bool:
    return struct.unpack_from("<H", content, 18)[0] == 62


@pytest.fixture
def library(tmp_path: Path) -> bytes:
    """A library of this machine. The wheels here are for x86-64."""
    content = plain(tmp_path)
    if not x64(content):
        pytest.skip("this machine is not x86-64")
    return content


class TestCommand:
    """What the packages of the command must have, and what the command must do."""

    SCRIPT = b"#!/bin/sh\necho %s\n"

    def test_a_good_one_passes(self, tmp_path: Path) -> None:
        artefact = of_command(tmp_path, {"a/tink-webhooks": b"small"})
        assert command.files(artefact) == "6 files, the command 5 bytes"

    def test_it_is_too_large(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="the limit is 6,000,000"):
            command.files(of_command(tmp_path, {"a/tink-webhooks": bytes(6_000_000)}))

    def test_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="it has 0 commands"):
            command.files(of_command(tmp_path, {}))

    def test_a_page_is_missing(self, tmp_path: Path) -> None:
        artefact = tarball(tmp_path, "command", {"a/tink-webhooks": b"small"}, "linux-x64-musl")
        artefact.path = artefact.path.rename(tmp_path / "a.tar.gz")
        with pytest.raises(Failed, match=r"it lacks man/tink-webhooks\.1"):
            command.files(artefact)

    @pytest.mark.parametrize(
        "changes",
        [
            {"optionalDependencies": {}},
            {"optionalDependencies": {"a": "7.6.4"}},
            {"scripts": {"postinstall": "node a"}},
        ],
    )
    def test_a_package_that_names_no_platform(self, changes: dict[str, object], tmp_path: Path) -> None:
        good = package(tmp_path)
        assert command.files(Artefact(good.path, "command", "any")) == "8 platform packages"
        with pytest.raises(Failed, match="scripts, or does not name"):
            command.files(Artefact(package(tmp_path, **changes).path, "command", "any"))

    def test_what_a_program_asks_for(self, tmp_path: Path) -> None:
        """As of a library, and of Linux nothing at all."""

        def checked(content: bytes, platform: str) -> str | None:
            return inspection.check_program(of_command(tmp_path, {"a/tink-webhooks": content}, platform))

        assert checked(mach_o(kind=2), "darwin-arm64") == "macOS 11.0, signed, 0 exports"
        with pytest.raises(Failed, match="tink-webhooks: it asks for /opt/homebrew"):
            checked(mach_o(kind=2, needs="/opt/homebrew/lib/libssl.dylib"), "darwin-arm64")
        with pytest.raises(Failed, match="tink-webhooks: it has no code signature"):
            checked(mach_o(kind=2, signed=False), "darwin-arm64")
        with pytest.raises(ValueError, match="no shared library"):
            checked(mach_o(), "darwin-arm64")
        source = tmp_path / "a.c"
        source.write_text("int main(void) { return 0; }\n")
        for flags, fails in ((["-static"], False), ([], True)):
            subprocess.run(["cc", *flags, source, "-o", tmp_path / "a"], check=True)
            content = (tmp_path / "a").read_bytes()
            if not x64(content):
                pytest.skip("this machine is not x86-64")
            if fails:
                with pytest.raises(Failed, match=r"it asks for libc\.so"):
                    checked(content, "linux-x64-musl")
            else:
                assert checked(content, "linux-x64-musl") == "needs nothing"

    def test_one_that_signs_otherwise(self, tmp_path: Path) -> None:
        program = tmp_path / "program"
        program.write_bytes(self.SCRIPT % command.HEADER.encode())
        program.chmod(0o755)
        assert command.try_it([program], tmp_path) == command.HEADER
        program.write_bytes(self.SCRIPT % command.HEADER.replace("a", "b").encode())
        with pytest.raises(Failed, match="it signs otherwise"):
            command.try_it([program], tmp_path)


class TestWheel:
    """What a wheel may not have in it."""

    def test_a_good_one_passes(self, library: bytes, tmp_path: Path) -> None:
        artefact = wheel(tmp_path, library)
        inspection.paths(artefact)
        for _, check in inspection.STEPS["wheel"]:
            check(artefact)

    @pytest.mark.parametrize("path", PATHS)
    def test_a_path_of_its_builder(self, path: bytes, library: bytes, tmp_path: Path) -> None:
        with pytest.raises(Failed, match=r"_native\.so has a path of its builder"):
            inspection.paths(wheel(tmp_path, library + path))

    @pytest.mark.parametrize("text", [b"/rustc/1a2b/library/std/src/lib.rs", b"/cargo/registry/src/a.rs", b"/root"])
    def test_other_paths_are_no_fault(self, text: bytes, library: bytes, tmp_path: Path) -> None:
        inspection.paths(wheel(tmp_path, library + text))

    @pytest.mark.parametrize(("version", "good"), [("2.17", True), ("2.18", False), ("2.34", False), ("2.9", True)])
    def test_a_symbol_of_a_newer_glibc(self, version: str, good: bool, tmp_path: Path) -> None:
        content = wanting_glibc(tmp_path, version)
        if not x64(content):
            pytest.skip("this machine is not x86-64")
        artefact = wheel(tmp_path, content)
        if good:
            assert inspection.check_libraries(artefact) == f"glibc {version}"
        else:
            with pytest.raises(Failed, match=rf"asks for glibc {version}; the limit is 2\.17"):
                inspection.check_libraries(artefact)

    def test_a_library_for_another_processor(self, library: bytes, tmp_path: Path) -> None:
        changed = library[:18] + struct.pack("<H", 183) + library[20:]
        with pytest.raises(Failed, match="it is for linux on arm64"):
            inspection.check_libraries(wheel(tmp_path, changed))

    @pytest.mark.usefixtures("library")
    def test_a_library_that_users_lack(self, tmp_path: Path) -> None:
        compiled(tmp_path, "void other(void) {}\n", "-Wl,-soname,libssl.so.3", name="libssl.so.3")
        content = compiled(tmp_path, f"void other(void);\n{MODULE}void f(void) {{ other(); }}\n", "./libssl.so.3")
        with pytest.raises(Failed, match=r"it asks for libssl\.so\.3"):
            inspection.check_libraries(wheel(tmp_path, content.read_bytes()))

    @pytest.mark.usefixtures("library")
    def test_a_folder_to_look_for_libraries(self, tmp_path: Path) -> None:
        content = compiled(tmp_path, MODULE, "-Wl,-rpath,/opt/lib").read_bytes()
        with pytest.raises(Failed, match="it looks for libraries in /opt/lib"):
            inspection.check_libraries(wheel(tmp_path, content))

    @pytest.mark.usefixtures("library")
    def test_a_symbol_of_the_c_library(self, tmp_path: Path) -> None:
        content = compiled(tmp_path, MODULE + "void tink_webhooks_free(void) {}\n").read_bytes()
        with pytest.raises(Failed, match="tink_webhooks_free"):
            inspection.check_libraries(wheel(tmp_path, content))

    def test_a_changed_file(self, library: bytes, tmp_path: Path) -> None:
        artefact = wheel(tmp_path, library)
        files = dict(common.members(artefact.path))
        with zipfile.ZipFile(artefact.path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content + b"x" if name.endswith("__init__.py") else content)
        with pytest.raises(Failed, match=r"RECORD has another hash of tink_webhooks/__init__\.py"):
            inspection.record(artefact)

    def test_a_file_that_record_does_not_name(self, library: bytes, tmp_path: Path) -> None:
        artefact = wheel(tmp_path, library)
        with zipfile.ZipFile(artefact.path, "a") as archive:
            archive.writestr("tink_webhooks/extra.py", "")
        with pytest.raises(Failed, match="RECORD and the archive differ"):
            inspection.record(artefact)

    def test_another_tag(self, library: bytes, tmp_path: Path) -> None:
        artefact = wheel(tmp_path, library)
        renamed = artefact.path.with_name(artefact.name.replace("manylinux_2_17", "manylinux_2_34"))
        with pytest.raises(Failed, match="the name"):
            inspection.record(Artefact(artefact.path.rename(renamed), "wheel", "linux-x64-gnu"))

    def test_one_that_is_too_large(self, library: bytes, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="the limit is 500,000"):
            inspection.small(wheel(tmp_path, library + bytes(500_000)))


class TestArchives:
    """Packages of npm and C, crates, lists."""

    @pytest.mark.parametrize("lacking", LICENCES)
    def test_a_licence_that_is_missing(self, lacking: str, tmp_path: Path) -> None:
        files = {f"tink_webhooks-7.6.5/{name}": text for name, text in LICENCES.items()}
        inspection.licences(tarball(tmp_path, "c", files))
        del files[f"tink_webhooks-7.6.5/{lacking}"]
        with pytest.raises(Failed, match=f"there is no {lacking}"):
            inspection.licences(tarball(tmp_path, "c", files))

    def test_a_licence_that_is_another(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="LICENSE-MIT is not the text"):
            inspection.licences(tarball(tmp_path, "c", {**LICENCES, "LICENSE-MIT": b"MIT"}))

    def test_a_script_that_npm_would_run(self, tmp_path: Path) -> None:
        inspection.manifest(package(tmp_path))
        with pytest.raises(Failed, match="it has scripts"):
            inspection.manifest(package(tmp_path, scripts={"postinstall": "node fetch.js"}))

    def test_a_package_without_the_webassembly_module(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="no WebAssembly module"):
            inspection.manifest(package(tmp_path, module=b""))

    def test_a_platform_package_of_another_version(self, tmp_path: Path) -> None:
        platforms = {f"tink-webhooks-{number}": "0.0.9" for number in range(8)}
        with pytest.raises(Failed, match="of its own version"):
            inspection.manifest(package(tmp_path, optionalDependencies=platforms))

    def test_a_list_without_components(self, tmp_path: Path) -> None:
        path = tmp_path / "a.cdx.json"
        document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"name": "a"}}}
        path.write_text(json.dumps({**document, "components": [{"name": "a", "version": "1"}]}))
        assert inspection.bill(Artefact(path, "sbom", "any")) == "1 components"
        path.write_text(json.dumps({**document, "components": []}))
        with pytest.raises(Failed, match="names no component"):
            inspection.bill(Artefact(path, "sbom", "any"))

    def test_a_wrong_checksum(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"a")
        artefact = Artefact(tmp_path / "a", "sbom", "any")
        (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a\n")
        inspection.checksums(tmp_path, [artefact])
        (tmp_path / "a").write_bytes(b"b")
        with pytest.raises(Failed, match="SHA256SUMS has"):
            inspection.checksums(tmp_path, [artefact])


ROOT_MODULE = "github.com/tink-webhooks/tink-webhooks/bindings-go"


def go_module(
    folder: Path, name: str = "wazeroengine", go_mod: str | None = None, file: str | None = None, **files: bytes
) -> Artefact:
    """The zip of a Go module beside the root, or with the name "" of the root."""
    module = f"{ROOT_MODULE}/{name}".rstrip("/")
    requires = f"require (\n\texample.org/a v1.0.0\n\t{ROOT_MODULE} v7.6.5\n)\n" if name else ""
    contents = {
        "go.mod": (go_mod or f"module {module}\n\ngo 1.24\n\n{requires}").encode(),
        **LICENCES,
        **({"tink_webhooks.wasm": b"\0asm"} if name == "wazeroengine" else {}),
        **files,
    }
    path = folder / (file or f"tink_webhooks-go-{name and name + '-'}v7.6.5.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for inner, content in contents.items():
            archive.writestr(f"{module}@v7.6.5/{inner}", content)
    return Artefact(path, "go", "any")


class TestGoModules:
    """The root and those beside it."""

    def test_good_ones_pass(self, tmp_path: Path) -> None:
        archive = {
            "archive_stamp.h": b"",
            "build/include/tink_webhooks.h": b"",
            "build/linux-x86_64/empty.go": b"",
            "build/linux-x86_64/libtink_webhooks.a": b"",
        }
        assert inspection.module_zip(go_module(tmp_path, "", **archive)) == "1 archives"
        assert inspection.module_zip(go_module(tmp_path)) == "4 files, requires bindings-go v7.6.5"
        assert inspection.module_zip(go_module(tmp_path, "pgxstore")) == "3 files, requires bindings-go v7.6.5"
        archive["build/linux-aarch64/empty.go"] = b""
        alone = go_module(tmp_path, "", **archive)
        alone.platform = "linux-x64-gnu"
        assert inspection.module_zip(alone) == "1 archives"
        with pytest.raises(Failed, match="no archive for"):
            inspection.module_zip(go_module(tmp_path, "", **archive))

    @pytest.mark.parametrize(
        ("go_mod", "message"),
        [
            (f"module {ROOT_MODULE}/pgxstore\n\nrequire (\n\t{ROOT_MODULE} v7.6.4\n)\n", "does not require"),
            (
                f"module {ROOT_MODULE}/pgxstore\n\nrequire (\n\t{ROOT_MODULE} v7.6.5\n)\n\n"
                f"replace {ROOT_MODULE} => ../\n",
                "what is for development: replace",
            ),
            (f"module {ROOT_MODULE}\n", "names another module"),
        ],
    )
    def test_a_wrong_go_mod(self, go_mod: str, message: str, tmp_path: Path) -> None:
        with pytest.raises(Failed, match=message):
            inspection.module_zip(go_module(tmp_path, "pgxstore", go_mod))

    @pytest.mark.parametrize(("name", "module"), [("wazeroengine", b""), ("pgxstore", b"\0asm")])
    def test_where_the_webassembly_module_is(self, name: str, module: bytes, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="its WebAssembly modules are"):
            inspection.module_zip(go_module(tmp_path, name, **{"tink_webhooks.wasm": module}))

    def test_the_name_of_another(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="is not the name of"):
            inspection.module_zip(go_module(tmp_path, file="tink_webhooks-go-pgxstore-v7.6.5.zip"))

    def test_one_that_is_too_large(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match="the limit is 300,000"):
            inspection.small(go_module(tmp_path, text=bytes(300_000)))
        inspection.small(go_module(tmp_path, "", text=bytes(300_000)))

    def test_what_only_builds_has_passed_by_that(self, tmp_path: Path) -> None:
        artefact = go_module(tmp_path)
        artefact.step("builds", lambda: None)
        assert artefact.result == "passed"


def mach_o(
    *,
    minimum: tuple[int, int] = (11, 0),
    signed: bool = True,
    needs: str = "/usr/lib/libSystem.B.dylib",
    kind: int = 6,
) -> bytes:
    """The headers of a library for macOS on arm64; of kind 2, of a program."""
    text = needs.encode().ljust(len(needs) // 8 * 8 + 8, b"\0")
    commands = [
        struct.pack("<6I", 0xC, 24 + len(text), 24, 0, 0, 0) + text,
        struct.pack("<6I", 0x32, 24, 1, minimum[0] << 16 | minimum[1] << 8, 0, 0),
    ]
    if signed:
        end = 32 + sum(map(len, commands)) + 16
        commands.append(struct.pack("<4I", 0x1D, 16, end, 4))
    body = b"".join(commands)
    header = struct.pack("<8I", 0xFEEDFACF, 0x0100000C, 0, kind, len(commands), len(body), 0, 0)
    return header + body + (b"\xfa\xde\x0c\xc0" if signed else b"")


class TestMacOS:
    """Nothing runs these libraries here, so that what is read of them counts."""

    def test_a_good_one_passes(self) -> None:
        library = inspection.Library(mach_o())
        assert inspection.check_library(library, "darwin-arm64") == "macOS 11.0, signed, 0 exports"

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"minimum": (15, 0)}, r"it needs macOS 15\.0"),
            ({"signed": False}, "no code signature"),
            ({"needs": "/opt/homebrew/lib/libssl.dylib"}, "it asks for /opt/homebrew"),
        ],
    )
    def test_a_fault(self, changes: dict[str, object], message: str) -> None:
        with pytest.raises(Failed, match=message):
            inspection.check_library(inspection.Library(mach_o(**changes)), "darwin-arm64")

    def test_one_that_is_cut_off(self) -> None:
        with pytest.raises(ValueError, match="cut off"):
            inspection.Library(mach_o()[:60])


class TestReceivers:
    """A receiver that accepts what it must refuse is found."""

    @pytest.mark.parametrize("text", ["ok", "signature_mismatch"])
    def test_one_that_always_says_the_same(self, text: str) -> None:
        class Same(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Same)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(Failed, match="forged" if text == "ok" else "accepted"):
                common.exercise(server.server_port)
        finally:
            server.shutdown()
            server.server_close()

    def test_one_that_does_not_start(self, tmp_path: Path) -> None:
        with (
            pytest.raises(Failed, match=r"does not start.*\n.*no such luck"),
            common.serving([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path, common.bare()),
        ):
            pass


class TestTheRun:
    """The table, its file and the exit status."""

    @staticmethod
    def dist(folder: Path, components: list[dict[str, str]]) -> list[str]:
        document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"name": "a"}}}
        (folder / "a.cdx.json").write_text(json.dumps({**document, "components": components}))
        rows = [{"file": "a.cdx.json", "kind": "sbom", "platform": "any", "size": 1, "checked": []}]
        (folder / "table.json").write_text(json.dumps(rows))
        digest = hashlib.sha256((folder / "a.cdx.json").read_bytes()).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest}  a.cdx.json\n")
        return ["--dist", str(folder)]

    def test_what_passes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert testing.main(self.dist(tmp_path, [{"name": "b", "version": "1"}])) == 0
        assert "1 artefacts: 1 passed" in capsys.readouterr().out
        (row,) = json.loads((tmp_path / "tested.json").read_text())
        assert row["result"] == "passed"
        assert [step["name"] for step in row["steps"]] == ["paths", "CycloneDX"]

    def test_what_fails(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert testing.main(self.dist(tmp_path, [])) == 1
        assert "failed: a.cdx.json: CycloneDX: it names no component" in capsys.readouterr().out
        assert json.loads((tmp_path / "tested.json").read_text())[0]["result"] == "failed"

    def test_a_wrong_sum(self, tmp_path: Path) -> None:
        arguments = self.dist(tmp_path, [{"name": "b", "version": "1"}])
        (tmp_path / "SHA256SUMS").write_text("")
        assert testing.main(arguments) == 1

    def test_nothing_to_test(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert testing.main(["--dist", str(tmp_path)]) == 1
        assert "make dist" in capsys.readouterr().out

    def test_a_missing_tool_is_skipped_by_name(self, tmp_path: Path) -> None:
        artefact = Artefact(tmp_path / "a", "wheel", "win32-x64")
        assert not artefact.step("runs", lambda: common.need("no-such-tool"))
        assert artefact.steps == [("runs", "skipped", "no-such-tool is missing")]
        assert artefact.result == "skipped"

    def test_what_was_only_inspected_has_not_passed(self, tmp_path: Path) -> None:
        artefact = Artefact(tmp_path / "a", "npm", "linux-x64-gnu")
        assert artefact.step("paths", lambda: None)
        assert artefact.result == "not run"
