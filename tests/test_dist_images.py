"""What `make dist-images` reads out of the Dockerfiles, and what stands for their base images."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import ROOT

sys.path.insert(0, str(ROOT / "tools/dist"))
from testing import bases, images, projects
from testing.common import Artefact, Failed, Missing, NotRun, members

DOCKERFILES = sorted((ROOT / "examples/docker").glob("*.Dockerfile"))
TEXT = """\
# Another base:
#   docker build --build-arg BASE=2-other .
ARG BASE=1-slim
FROM image:${BASE} AS build
FROM second:3
FROM build
FROM image:${BASE}
"""


class TestDockerfiles:
    def test_the_images_of_all_stages_once(self) -> None:
        assert images.bases(TEXT, {}) == ["image:1-slim", "second:3"]

    def test_a_build_argument_replaces_what_is_written(self) -> None:
        assert images.bases(TEXT, {"BASE": "2-other"}) == ["image:2-other", "second:3"]

    def test_the_builds_that_a_comment_names(self) -> None:
        assert images.variants(TEXT) == [{}, {"BASE": "2-other"}]

    def test_a_file_without_a_base(self) -> None:
        with pytest.raises(Failed, match="no FROM"):
            images.bases("# FROM image:1\nRUN true\n", {})

    @pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
    def test_something_stands_for_every_base_of_the_examples(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        named = [name for arguments in images.variants(text) for name in images.bases(text, arguments)]
        known = [[pattern for pattern, _ in bases.STANDINS if re.fullmatch(pattern, name)] for name in named]
        assert [len(patterns) for patterns in known] == [1] * len(named), named

    def test_every_language_has_a_project(self) -> None:
        assert {path.name.partition(".")[0] for path in DOCKERFILES} == set(projects.PROJECTS)


class TestStandIns:
    def test_an_image_that_nothing_stands_for(self) -> None:
        with pytest.raises(NotRun, match="nothing stands for image:1"):
            bases.standin("image:1")

    def test_alpine_without_a_python_is_named(self) -> None:
        with pytest.raises(NotRun, match=r"no CPython 3\.13 for musl"):
            bases.standin("python:3.13-alpine3.22")

    def test_the_platform_of_alpine_is_musl(self) -> None:
        assert images.platform_of(["node:24-alpine3.22"]).endswith("-musl")
        assert images.platform_of(["node:24-trixie-slim"]).endswith("-gnu")


class TestPackages:
    def test_a_platform_that_is_not_there_is_missing(self) -> None:
        with pytest.raises(Missing, match="c for linux-x64-gnu"):
            projects.of([Artefact(Path("a"), "c", "linux-x64-musl")], "c", "linux-x64-gnu")

    def test_what_npm_names_and_dist_lacks_is_empty_and_fits_no_system(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(projects, "WORK", tmp_path)
        manifest = {"name": "tink-webhooks", "version": "7.6.5", "optionalDependencies": {"a": "7.6.5", "b": "7.6.5"}}
        own = {"name": "a", "version": "7.6.5"}
        packages = []
        for content in (manifest, own):
            folder = tmp_path / content["name"] / "package"
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps(content))
            packages.append(tmp_path / f"{content['name']}.tgz")
            subprocess.run(["tar", "czf", packages[-1], "package"], cwd=folder.parent, check=True)
        (made,) = projects.absent(packages)
        assert {name: json.loads(text) for name, text in members(made)} == {
            "package/package.json": {"name": "b", "version": "7.6.5", "os": ["none"]}
        }


class TestTheRun:
    def test_a_process_that_started_another_one_is_not_counted(self) -> None:
        # A user that no other process has: its shell is the parent of sleep.
        if os.geteuid() != 0:
            pytest.skip("it needs root to be another user")
        uid = 61234
        with subprocess.Popen(
            ["sh", "-c", "sleep 60 & echo started; wait"], user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE
        ) as shell:
            assert shell.stdout
            shell.stdout.readline()
            (found,) = images.processes(uid, uid)
            assert found != shell.pid
            os.kill(found, signal.SIGKILL)

    def test_without_dist_it_says_what_to_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert images.main(["--dist", str(tmp_path)]) == 1
        assert "first run: make dist-quick" in capsys.readouterr().out

    def test_without_buildah_it_is_skipped_by_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "table.json").write_text("[]")
        monkeypatch.setenv("PATH", str(tmp_path))
        assert images.main(["--dist", str(tmp_path)]) == 0
        assert "skipped: buildah is missing" in capsys.readouterr().out
