"""What guards a release: the public API in `api/`, the workflows, the images, and `make release-check`."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
IMAGES = sorted((ROOT / "examples/docker").glob("*.Dockerfile"))
BIN = Path(sys.executable).parent


def tool(name: str) -> Path:
    if not (BIN / name).exists():
        pytest.skip(f"{name} is not installed for this Python or system")
    return BIN / name


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "tools/api", "--check", *arguments)


class TestApi:
    HEADER = ROOT / "include/tink_webhooks.h"

    def planted(self, tmp_path: Path, old: str, new: str, header: Path = HEADER) -> Path:
        text = header.read_text(encoding="utf-8")
        assert text.count(old) == 1
        changed = tmp_path / header.name
        changed.write_text(text.replace(old, new), encoding="utf-8")
        return changed

    def test_c_is_as_committed(self) -> None:
        assert check("c").returncode == 0

    def test_a_removed_symbol_is_found(self, tmp_path: Path) -> None:
        names = (ROOT / "bindings-c/symbols.txt").read_text(encoding="utf-8").split()
        source, library = tmp_path / "library.c", tmp_path / "library.so"
        source.write_text("".join(f"void {name}(void) {{}}\n" for name in names[1:]), encoding="utf-8")
        subprocess.run(["cc", "-shared", "-fPIC", "-nostartfiles", "-o", library, source], check=True)
        ran = check("c", "--library", library)
        assert ran.returncode == 1
        assert re.findall(r"^[-+](?![-+]).*", ran.stderr, re.MULTILINE) == [f"-symbol {names[0]}"]

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("_ERROR_TOO_DEEP 206", "_ERROR_TOO_DEEP 216", "+constant TINK_WEBHOOKS_ERROR_TOO_DEEP = 216"),
            (
                "char delivery_id[33]",
                "char delivery_id[40]",
                "+struct tink_webhooks_verification.delivery_id at 16, 40 ",
            ),
            (
                "uint32_t tink_webhooks_abi_version(",
                "uint64_t tink_webhooks_abi_version(",
                "+uint64_t tink_webhooks_abi",
            ),
        ],
    )
    def test_a_changed_header_is_found(self, old: str, new: str, line: str, tmp_path: Path) -> None:
        ran = check("c", "--header", self.planted(tmp_path, old, new))
        assert ran.returncode == 1
        assert f"\n{line}" in ran.stderr

    @pytest.mark.skipif(shutil.which("c++") is None, reason="c++ is not installed")
    @pytest.mark.parametrize(
        ("old", "new", "found"),
        [
            ("hooks_ptr make_dispatcher()", "hooks_ptr make_worker()", ["-make_dispatcher()", "+make_worker()"]),
            ("std::uint32_t flags = 0)", "std::uint32_t flags)", ["-flags = 0)", "+flags)"]),
            (
                "    std::uint32_t code() const",
                "private: std::uint32_t code() const",
                ["-name()", "-code()", "-http_status()"],
            ),
            ("using stream_ptr =", "using stream_pointer =", ["-stream_ptr =", "+stream_pointer ="]),
        ],
    )
    def test_a_changed_name_of_cpp_is_found(self, old: str, new: str, found: list[str], tmp_path: Path) -> None:
        header = ROOT / "include/tink_webhooks.hpp"
        assert check("cpp").returncode == 0
        shutil.copy(self.HEADER, tmp_path)
        ran = check("cpp", "--cpp-header", self.planted(tmp_path, old, new, header))
        assert ran.returncode == 1
        lines = re.findall(r"^[-+](?![-+]).*", ran.stderr, re.MULTILINE)
        assert len(lines) == len(found)
        for one in found:
            assert any(line.startswith(f"{one[0]}tink::") and one[1:] in line for line in lines), lines

    @pytest.mark.skipif(
        importlib.util.find_spec("griffe") is None, reason="griffe is not installed (Python 3.10 or newer)"
    )
    def test_a_changed_signature_of_python_is_found(self, tmp_path: Path) -> None:
        assert check("python").returncode == 0
        package = tmp_path / "tink_webhooks"
        shutil.copytree(ROOT / "bindings-python/python/tink_webhooks", package)
        stub = package / "_handler.pyi"
        text = stub.read_text(encoding="utf-8")
        assert "max_body_bytes: int" in text
        stub.write_text(text.replace("max_body_bytes: int", "max_body_bytes: float"), encoding="utf-8")
        ran = check("python", "--package", package)
        assert ran.returncode == 1
        assert re.search(r"^\+def tink_webhooks\.WebhookHandler\..*max_body_bytes: float", ran.stderr, re.MULTILINE)

    def test_the_version_is_in_no_baseline(self) -> None:
        version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
        assert version
        assert [path.name for path in (ROOT / "api").iterdir() if version[1] in path.read_text(encoding="utf-8")] == []


class TestWorkflows:
    def zizmor(self, path: Path) -> subprocess.CompletedProcess[str]:
        return run(tool("zizmor"), "--offline", "--no-progress", path)

    @pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
    def test_a_workflow_has_no_finding(self, path: Path) -> None:
        ran = self.zizmor(path)
        assert ran.returncode == 0, ran.stdout

    def test_an_action_that_is_not_pinned_is_found(self, tmp_path: Path) -> None:
        text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
        folder = tmp_path / ".github/workflows"
        folder.mkdir(parents=True)
        (folder / "ci.yml").write_text(re.sub(r"actions/checkout@\w+ # v\S+", "actions/checkout@v7", text, count=1))
        ran = self.zizmor(folder / "ci.yml")
        assert ran.returncode != 0
        assert "unpinned-uses" in ran.stdout

    @pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
    def test_the_targets_exist(self, path: Path) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
        for line in re.findall(r"run: make (.*)", path.read_text(encoding="utf-8")):
            named = [word for word in line.split() if re.fullmatch(r"[a-z-]+", word)]
            missing = [name for name in named if name not in targets and not name.startswith("publish-")]
            assert missing == [], line


class TestImages:
    @pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
    def test_hadolint_has_no_finding(self, path: Path) -> None:
        ran = run(tool("hadolint"), path)
        assert ran.returncode == 0, ran.stdout

    @pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
    def test_two_stages_a_user_without_rights_and_the_exec_form(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
        assert len(bases) == 2
        tags = [base.partition(":")[2] for base in bases] + re.findall(r"^ARG BASE=(\S+)", text, re.MULTILINE)
        assert all(tags), bases
        assert "latest" not in tags
        last = text.rpartition("\nFROM ")[2]
        assert re.search(r"^USER 65532:65532$", last, re.MULTILINE)
        assert re.search(r'^CMD \["', last, re.MULTILINE)


def test_what_keeps_a_release_back_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "tree"
    (copy / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools/release.py", copy / "tools")
    (copy / "Cargo.toml").write_text('[workspace.package]\nversion = "7.8.9"\n', encoding="utf-8")
    log = copy / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [Unreleased]\n\nSoon.\n", encoding="utf-8")
    ran = run(sys.executable, "tools/release.py", "notes", cwd=copy)
    assert ran.returncode == 1
    assert "CHANGELOG.md has no part [7.8.9]" in ran.stderr
    log.write_text(
        "# Changelog\n\n## [7.8.9] - 2026-01-02\n\nNew.\n\n## [7.8.8] - 2025-01-02\n\nOld.\n", encoding="utf-8"
    )
    assert run(sys.executable, "tools/release.py", "notes", cwd=copy).stdout == "New.\n"


def test_go_s_modules_are_placed_and_tagged(tmp_path: Path) -> None:
    """What only the zips have gets into the tree: archives, and the WebAssembly module."""
    sys.path.insert(0, str(ROOT / "tools"))
    import release

    dist, tag = tmp_path / "dist", f"v{release.version()}"
    dist.mkdir()
    module = "github.com/tink-webhooks/tink-webhooks/bindings-go"
    for name, built in (("", "build/a.a"), ("wazeroengine", "tink_webhooks.wasm")):
        folder = tmp_path / "bindings-go" / name
        folder.mkdir()
        (folder / "go.mod").write_text("replace")
        with zipfile.ZipFile(dist / f"tink_webhooks-go-{name and name + '-'}{tag}.zip", "w") as archive:
            root = f"{module}/{name}".rstrip("/")
            archive.writestr(f"{root}@{tag}/go.mod", f"module {root}\n")
            archive.writestr(f"{root}@{tag}/{built}", "built")
    assert release.place_go(dist, tmp_path) == [f"bindings-go/{tag}", f"bindings-go/wazeroengine/{tag}"]
    for name in ("build/a.a", "wazeroengine/tink_webhooks.wasm"):
        assert (tmp_path / "bindings-go" / name).read_text() == "built"
    assert (tmp_path / "bindings-go/wazeroengine/go.mod").read_text() == f"module {module}/wazeroengine\n"
    (dist / f"tink_webhooks-go-wazeroengine-{tag}.zip").unlink()
    with pytest.raises(release.ReleaseError, match="dist/ has no tink_webhooks-go-wazeroengine-v"):
        release.place_go(dist, tmp_path)
