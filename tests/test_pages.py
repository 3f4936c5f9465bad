"""The pages in docs/ and beside the README: links, anchors, what they say of errors and events, programs, commands."""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from snippets import ROOT, block, free_port, python, serving, shell

if TYPE_CHECKING:
    pass

DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")})
#: The pages that this file is responsible for; the guides have tests of their own.
PAGES = [
    "SECURITY.md",
    *(
        f"docs/{name}.md"
        for name in (
            "design",
            "explain",
            "migration",
            "performance",
            "performance-history",
            "platforms",
            "production",
            "security",
            "tink",
            "tools",
            "troubleshooting",
        )
    ),
]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A document without its fenced blocks and code spans, in which brackets mean something else."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(text: str) -> list[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        copies = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other) is not None for other in found)
        found.append(f"{anchor}-{copies}" if anchor in found else anchor)
    return found


def links(document: Path) -> list[tuple[str, str]]:
    """The relative links of a document: file, and anchor or nothing."""
    text = re.sub(r"\[`[^`\n]*`\]", "[code]", document.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\((?!\w+:)([^)\s]*)\)", prose(text))
    return [(target.partition("#")[0], target.partition("#")[2]) for target in targets]


class TestLinks:
    """Every relative link leads to a file, and every anchor to a heading."""

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_they_lead_somewhere(self, document: Path) -> None:
        wrong = []
        for target, anchor in links(document):
            path = document.parent / target if target else document
            if not path.exists() or (
                anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8"))
            ):
                wrong.append(f"{target}#{anchor}")
        assert wrong == []

    def test_anchors_are_made_as_on_github(self) -> None:
        text = "# Why not `t.body`?\n## A  [link](b.md), C++\n## signature_mismatch\n## A\n```\n# no\n```\n## A\n"
        assert anchors(text) == ["why-not-tbody", "a--link-c", "signature_mismatch", "a", "a-1"]

    def test_every_page_is_two_clicks_away(self) -> None:
        reached = {ROOT / "README.md"}
        for _ in range(2):
            reached |= {
                (page.parent / target).resolve()
                for page in reached
                if page.exists()
                for target, _ in links(page)
                if target.endswith(".md")
            }
        pages = {*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")}
        assert sorted(str(page.relative_to(ROOT)) for page in pages - reached) == []

    def test_lines_are_no_wider_than_code(self) -> None:
        for page in ["README.md", *PAGES]:
            text = re.sub(r"<!-- made by.*?<!-- end -->", "", read(page), flags=re.DOTALL)
            wide = [line for line in text.splitlines() if len(line) > 120 and not line.startswith(("|", ">"))]
            assert wide == [], page


class TestWords:
    """What is said on several pages is said alike."""

    KEY = re.compile(r"delivery_?id`?[^.]* (is|as) (the|an) idempotency key", re.IGNORECASE)

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_no_page_calls_the_delivery_id_a_key(self, document: Path) -> None:
        text = " ".join(document.read_text(encoding="utf-8").split())
        assert not self.KEY.search(text)

    def test_a_page_that_did_would_be_found(self) -> None:
        assert self.KEY.search("`event.verification.delivery_id` is the idempotency key: keep it")

    @pytest.mark.parametrize("page", ["README.md", "docs/tink.md"])
    def test_the_statuses_that_are_retried(self, page: str) -> None:
        text = " ".join(read(page).split())
        assert re.search(r"408, 429, 500, 502, 503 (and|or) 504", text)
        assert "at most three times" in text
        assert "5xx" not in text


class TestReport:
    """The tables are those of the committed results."""

    def test_pages(self) -> None:
        program = """
import report
made = {
    report.PAGE: report.page(),
    report.README: report.in_short(),
    report.EDGE: report.edge_results.section(),
    report.ONCE: report.once_results.scaling(),
}
for path, lines in made.items():
    text = path.read_text(encoding="utf-8")
    assert report.replaced(text, lines) == text, f"{path} is stale: run benchmarks/report.py"
print("ok")
"""
        result = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT / "benchmarks", capture_output=True, text=True, check=False
        )
        assert result.stdout == "ok\n", result.stderr


class TestDesign:
    """The modules of core that docs/design.md names are those of core, in its order."""

    def test_modules(self) -> None:
        page = [line.split()[0] for line in block("docs/design.md", "The way of a delivery", "text").splitlines()]
        assert page == re.findall(r"^(?:pub )?mod (\w+);", read("core/src/lib.rs"), re.MULTILINE)


class TestPlatforms:
    """The minimum versions of docs/platforms.md and of the README are those of the manifests."""

    @pytest.mark.parametrize(
        ("part", "manifest", "pattern", "shown"),
        [
            ("Rust", "Cargo.toml", r'^rust-version = "([\d.]+)"', "Rust {}+"),
            ("Python", "bindings-python/pyproject.toml", r'^requires-python = ">=([\d.]+)"', "Python {}+"),
            ("Node", "bindings-node/package.json", r'"node": ">=(\d+)"', "Node {}+"),
            ("Go", "bindings-go/go.mod", r"^go (\d+\.\d+)", "Go {}+"),
        ],
    )
    def test_minimum(self, part: str, manifest: str, pattern: str, shown: str) -> None:
        found = re.search(pattern, read(manifest), re.MULTILINE)
        assert found, manifest
        assert re.search(rf"^\| {part} \| (CPython )?{re.escape(found[1])}\b", read("docs/platforms.md"), re.MULTILINE)
        assert shown.format(found[1]) in read("README.md")

    def test_soname(self) -> None:
        (library,) = [path for path in (ROOT / "target/capi/lib").glob("libtink_webhooks.so.*") if path.is_symlink()]
        assert f"`{library.name}`" in read("docs/platforms.md")


#: Reason and number in C, from the README's table, which is held to the core's.
REASONS = re.findall(r"^\|[^|]*\| `(\w+)` \| (\d+) \|", read("README.md"), re.MULTILINE)


class TestTroubleshooting:
    """A heading for every reason of the error table, with the text that its log line has."""

    PAGE = "docs/troubleshooting.md"

    def test_the_table_is_there(self) -> None:
        assert REASONS

    @pytest.mark.parametrize(("reason", "number"), REASONS)
    def test_reason(self, reason: str, number: str) -> None:
        library = ctypes.CDLL(str(ROOT / "target/capi/lib/libtink_webhooks.so"))
        library.tink_webhooks_code_message.restype = ctypes.c_char_p
        message = library.tink_webhooks_code_message(ctypes.c_uint32(int(number))).decode()
        found = re.findall(rf"^### {reason}\n\n> (.*)$", read(self.PAGE), re.MULTILINE)
        assert found == [message]
        assert anchors(read(self.PAGE)).count(reason) == 1

    def test_the_log_line(self) -> None:
        line = block(self.PAGE, "Troubleshooting", "text").strip().removesuffix("…").strip()
        program = """
import logging
from tink_webhooks import WebhookHandler
from tink_webhooks.testing import post, signed_delivery
from tink_webhooks.wsgi import WebhookApp
logging.basicConfig(format="%(message)s")
post(WebhookApp(WebhookHandler(secret="s3cret")), signed_delivery(secret="another"))
"""
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert result.stderr.startswith(line), result.stderr

    def test_which_secret_fits(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from tink_webhooks.testing import signed_delivery

        delivery = signed_delivery(secret="second", timestamp=1_700_000_000)
        (tmp_path / "body.bin").write_bytes(delivery.body)
        (tmp_path / "header.txt").write_text(f"{delivery.signature}\n", encoding="utf-8")
        monkeypatch.setenv("TINK_WEBHOOK_SECRET", "first second")
        monkeypatch.setenv("TINK_WEBHOOK_SECRET_QUOTED", '"second"')
        monkeypatch.setenv("TINK_WEBHOOK_SECRET_COMMA", "second,first")
        printed = python(block(self.PAGE, "signature_mismatch", "python"), tmp_path).splitlines()
        assert sorted(printed) == [
            "TINK_WEBHOOK_SECRET, secret 0: signature_mismatch",
            "TINK_WEBHOOK_SECRET, secret 1: fits",
            "TINK_WEBHOOK_SECRET_COMMA, secret 0: signature_mismatch",
            "TINK_WEBHOOK_SECRET_QUOTED, secret 0: signature_mismatch",
        ]

    def test_a_slash_too_many_is_a_redirect(self, tmp_path: Path) -> None:
        port = free_port()
        (tmp_path / "receiver.py").write_text(
            block("README.md", "Receive one in five minutes", "python"), encoding="utf-8"
        )
        url = f"http://127.0.0.1:{port}/webhooks/tink/"
        with serving(f"uvicorn receiver:app --port {port}", port, tmp_path, TINK_WEBHOOK_SECRET="s3cret"):
            assert shell(f"curl -s -o answer -w '%{{http_code}}' -X POST -d x {url}", tmp_path) == "307"

    def test_fastapi_ignores_a_routers_prefix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from fastapi import APIRouter, FastAPI
        from tink_webhooks import WebhookHandler
        from tink_webhooks.asgi import WebhookApp
        from tink_webhooks.testing import post, signed_delivery

        monkeypatch.setenv("TINK_WEBHOOK_SECRET", "s3cret")

        def statuses(router: APIRouter, prefix: str) -> list[int]:
            router.add_route("/webhooks/tink", WebhookApp(WebhookHandler()))  # type: ignore[arg-type]
            app = FastAPI()
            app.include_router(router, prefix=prefix)
            return [post(app, signed_delivery(), path).status for path in ("/api/webhooks/tink", "/webhooks/tink")]

        assert statuses(APIRouter(prefix="/api"), "") == [404, 200]
        assert statuses(APIRouter(), "/api") == [200, 404]
        app = FastAPI()
        app.mount("/webhooks/tink", WebhookApp(WebhookHandler()))
        assert post(app, signed_delivery(), "/webhooks/tink").status == 307

    def test_a_clock_that_is_given(self) -> None:
        """What is said of frozen clocks: the library's own does not stand still, a clock that is given decides."""
        from tink_webhooks import WebhookHandler
        from tink_webhooks.testing import signed_delivery

        frozen = WebhookHandler(secret="s3cret", clock=lambda: 1_700_000_000.0)
        assert frozen.verify_signature(*signed_delivery(secret="s3cret", timestamp=1_700_000_000))


def event_type(name: str) -> str:
    """The type of an event of a name: `unknown`, or what this library calls it."""
    from tink_webhooks import WebhookHandler

    return WebhookHandler(secret="s3cret").parse_event(json.dumps({"event": name, "content": {}})).type


class TestNames:
    """The names of docs/migration.md: those on the right are Tink's, those on the left are none of Events v2."""

    SECTION = read("docs/migration.md").partition("## Names that Tink never sends")[2].partition("\n## ")[0]
    ROWS = re.findall(r"^\| (`.*?) \| (.*) \|$", SECTION, re.MULTILINE)
    COMMUNITY = (
        "credentials.updated",
        "credentials.refresh.succeeded",
        "credentials.refresh.failed",
        "provider_consents.created",
        "provider_consents.revoked",
    )

    def test_there_are_rows(self) -> None:
        assert len(self.ROWS) >= 8

    @pytest.mark.parametrize(("wrong", "right"), ROWS)
    def test_row(self, wrong: str, right: str) -> None:
        for name in re.findall(r"`([^`]+)`", wrong):
            if name not in self.COMMUNITY and "*" not in name and name != "test":
                assert event_type(name) == "unknown", name
        for name in re.findall(r"`([a-z-]+:[a-z]+)`", right):
            assert event_type(name) != "unknown", name

    def test_the_community_names_are_listed(self) -> None:
        for name in self.COMMUNITY:
            assert f"`{name}`" in self.SECTION
            assert event_type(name) != "unknown"
