"""The issue forms are what GitHub accepts. It silently shows nothing where a form is wrong."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("check_jsonschema") is None,
    reason="check-jsonschema is not installed (Python 3.11 or newer)",
)


def check(form: Path) -> subprocess.CompletedProcess[str]:
    """With the schemas that check-jsonschema carries: nothing is downloaded."""
    schema = "vendor.github-issue-config" if form.name == "config.yml" else "vendor.github-issue-forms"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(form)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_there_are_forms() -> None:
    assert {form.stem for form in FORMS} == {"bug", "config", "question"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_fits_its_schema(form: Path) -> None:
    ran = check(form)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_wrong_form_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "bug.yml"
    wrong.write_text((ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text().replace("type: dropdown", "type: droplist"))
    assert check(wrong).returncode == 1


def test_links_into_this_repository_lead_somewhere() -> None:
    targets = {target for form in FORMS for target in re.findall(r"/blob/main/([^)\s]+)\)", form.read_text())}
    assert targets
    assert {target for target in targets if not (ROOT / target).is_file()} == set()
