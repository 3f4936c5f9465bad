"""Every receiver of the demo and of examples/ answers the delivery that the README and the guides sign with openssl."""

from __future__ import annotations

import sys

import pytest
from snippets import ROOT, blocks

sys.path.insert(0, str(ROOT / "tests/demo"))
import demo

DOCUMENTS = ["README.md", *(f"docs/{language}.md" for language in ("python", "node", "go", "rust", "c"))]
EXAMPLES = ["FastAPI", "Express", "net/http", "axum", "libmicrohttpd"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_has_the_same_commands(document: str) -> None:
    assert [text for _, language, text in blocks(document) if language == "sh" and "openssl" in text] == [
        demo.curl_script()
    ]


@pytest.mark.parametrize("name", ["Python", "Node", "C", "Go"])
def test_a_receiver_of_the_demo(name: str) -> None:
    command = demo.receivers()[name]
    if isinstance(command, str):
        pytest.skip(command)
    receiver = demo.Receiver(f"{name}-curl", command)
    try:
        assert demo.curl_answers(receiver.port) == ["200 ok", "401 signature_mismatch"]
        assert receiver.ran(2) == ("on_refresh", "on_any")
    finally:
        assert receiver.stop() == 0


def test_every_example_is_listed() -> None:
    assert sorted(demo.examples()) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    example = demo.examples()[name]
    if isinstance(example, str):
        pytest.skip(example)
    port = demo.free_port()
    log = tmp_path_factory.mktemp("example") / "log"
    with example.running(port, log):
        assert demo.curl_answers(port) == ["200 ok", "401 signature_mismatch"]
    printed = log.read_text(encoding="utf-8")
    assert printed.count("refresh of user u1") == 1, printed
    assert "signature_mismatch" in printed, printed
