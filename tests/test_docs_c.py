"""Every program of docs/c.md is compiled and run, and so is every command that links one.

What is not run: the installation into /usr/local, which changes the system (bindings-c/tests installs elsewhere), and
that of libmicrohttpd.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from snippets import ROOT, block, c, free_port, receives

GUIDE = "docs/c.md"
PREFIX = ROOT / "target/capi"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-fsanitize=address,undefined"]
BODY = r'"{\"event\":\"payment:updated\",\"context\":{\"userId\":\"u1\"},\"content\":{\"status\":\"SENT\"}}"'

#: What stands behind each program to try it; `hooks` and a signed delivery, `body` and `header`, are at hand.
SIGN = f"""
static char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
static const char body[] = {BODY};
static int sign(const char *secret, int64_t at) {{
    return tink_webhooks_generate_signature(BYTES(body), BYTES(secret), TINK_WEBHOOKS_SCHEME_V1, at, header,
                                            sizeof header, NULL) == TINK_WEBHOOKS_OK;
}}
int main(void) {{
    tink_webhooks *hooks = make_hooks();
    if (hooks == NULL || !sign("the new secret", TINK_WEBHOOKS_NOW)) return 1;
    TRIAL
    tink_webhooks_free(hooks);
    return 0;
}}
"""
HANDLE = "tink_webhooks_handle_webhook(hooks, BYTES(body), BYTES(header), NULL, NULL)"

#: Another event, `event`, from a body of its own.
PARSE = """
        tink_webhooks_event *event;
        const char *own = JSON;
        if (tink_webhooks_parse_event(hooks, BYTES(own), &event, NULL) != TINK_WEBHOOKS_OK) return 1;
"""
PAYMENT = json.dumps(
    r'{"event":"payment:updated","content":{"status":"SENT","amount":10.50,"updated":5,'
    r'"destination":{"name":"Caf\u00e9"}}}'
)
INSIGHTS = json.dumps(
    '{"event":"actionable-insights:created","content":{"insights":[{"id":"i1","type":"A"},{"type":"B","id":"i2"}]}}'
)

#: By heading, in the document's order: how the program is tried, and what it then prints.
TRIALS = {
    "Make a handler": (
        """
        tink_webhooks_verification proof;
        uint32_t code = tink_webhooks_verify_signature(hooks, BYTES(body), BYTES(header), &proof, NULL);
        printf("%u %u\\n", (unsigned)code, (unsigned)proof.secret_index);
        if (!sign("the old secret", TINK_WEBHOOKS_NOW)) return 1;
        code = tink_webhooks_verify_signature(hooks, BYTES(body), BYTES(header), &proof, NULL);
        printf("%u %u\\n", (unsigned)code, (unsigned)proof.secret_index);
        """,
        ["0 0", "0 1"],
    ),
    "Callbacks": (
        f"""
        if (!count_payments(hooks)) return 1;
        for (int i = 0; i < 2; i++) if ({HANDLE} != TINK_WEBHOOKS_OK) return 1;
        """,
        [r'1: {"status":"SENT"}', r'2: {"status":"SENT"}', "let go"],
    ),
    "Handle a delivery": (
        """
        printf("%u\\n", receive(hooks, BYTES(body), BYTES(header)));
        printf("%u\\n", receive(hooks, BYTES("{}"), BYTES(header)));
        printf("%u\\n", receive(hooks, BYTES(body), NULL, 0));
        """,
        ["200", "401", "401"],
    ),
    "Inspect an event": (
        """
        tink_webhooks_event *event;
        if (tink_webhooks_construct_event(hooks, BYTES(body), BYTES(header), &event, NULL) != TINK_WEBHOOKS_OK)
            return 1;
        inspect(event);
        tink_webhooks_event_free(event);
        """,
        [
            "name: payment:updated",
            r'data: {"status":"SENT"}',
            "user: u1",
            r"at: \d{13} ms",
            r"delivery [0-9a-f]{32}, secret 0",
        ],
    ),
    "Read the data": (
        f"""
        {PARSE}
        read_payment(event);
        tink_webhooks_event_free(event);
        """.replace("JSON", PAYMENT),
        ["sent", "to Café", "at 5 ms", "10.50"],
    ),
    "Read a list": (
        f"""
        {PARSE}
        read_insights(event);
        tink_webhooks_event_free(event);
        """.replace("JSON", INSIGHTS),
        ['"i1" is "A"', '"i2" is "B"'],
    ),
    "Verify only": (
        """
        printf("%d", is_authentic(hooks, BYTES(body), BYTES(header)));
        printf("%d", is_authentic(hooks, BYTES(body) - 1, BYTES(header)));
        printf("%d\\n", is_authentic(NULL, BYTES(body), BYTES(header)));
        """,
        ["100"],
    ),
    "A body that arrives in pieces": (
        """
        for (size_t len = strlen(body); len + 3 > strlen(body); len--) {
            tink_webhooks_verification proof;
            struct upload upload;
            if (upload_begin(&upload, hooks, BYTES(header)) != 0) return 1;
            for (size_t i = 0; i < len; i++) if (upload_piece(&upload, (const uint8_t *)body + i, 1) != 0) return 1;
            unsigned status = upload_end(&upload, &proof);
            printf("%u %u\\n", status, (unsigned)proof.scheme);
            upload_free(&upload);
        }
        struct upload refused;
        printf("%u\\n", upload_begin(&refused, hooks, NULL, 0));
        upload_free(&refused);
        """,
        ["200 1", "401 0", "401 0", "401"],
    ),
    "A body that lies in pieces": (
        """
        struct buffer two = {(const uint8_t *)body + 9, (const uint8_t *)body + strlen(body), NULL};
        struct buffer one = {(const uint8_t *)body, (const uint8_t *)body + 9, &two};
        printf("%u\\n", (unsigned)handle_chain(hooks, &one, BYTES(header)));
        printf("%u\\n", (unsigned)handle_chain(hooks, &two, BYTES(header)));
        """,
        ["0", "104"],
    ),
    "Hand an event to a worker": (
        f"""
        uint8_t text[1000];
        FILE *queue = tmpfile();
        tink_webhooks *worker = tink_webhooks_dispatcher_new();
        if (queue == NULL || tink_webhooks_register_handler(hooks, BYTES("*"), 0, pass_on, queue, NULL, NULL) ||
            tink_webhooks_register_handler(worker, BYTES("*"), 0, pass_on, stdout, NULL, NULL) ||
            {HANDLE} != TINK_WEBHOOKS_OK) return 1;
        rewind(queue);
        size_t len = fread(text, 1, sizeof text, queue);
        printf(" %u\\n", (unsigned)work(worker, text, len));
        printf("%u\\n", (unsigned)work(worker, text, len - 1));
        tink_webhooks_free(worker);
        fclose(queue);
        """,
        [r'{"version":2,"timestamp":\d{13},"verification":{.*},"body":".*"} 0', "505"],
    ),
    "Errors": (
        """
        tink_webhooks_error *error;
        if (!sign("the new secret", 1)) return 1;
        uint32_t code = tink_webhooks_verify_signature(hooks, BYTES(body), BYTES(header), NULL, &error);
        explain(code, error);
        """,
        [r"timestamp_too_old \(invalid_signature, HTTP 401\): .*", r"signed \d+ seconds ago", "hint: .*"],
    ),
    "Testing your receiver": (
        """
        tink_webhooks_slice made;
        if (!make_request("the old secret", header, sizeof header, &made)) return 1;
        uint32_t code = tink_webhooks_handle_webhook(hooks, made.ptr, made.len, BYTES(header), NULL, NULL);
        printf("%s\\n", tink_webhooks_code_name(code));
        """,
        ["ok"],
    ),
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Heading and text of every block of a language."""
    found: list[tuple[str, str]] = []
    text = (ROOT / "docs/c.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, rest = section.partition("\n")
        found += [(heading, block) for block in re.findall(rf"^```{language}\n(.*?)^```", rest, re.M | re.S)]
    return found


ALONE, PREAMBLE, *PROGRAMS = blocks("c")
BUILD, _CURL, *LINKS = blocks("sh")
MAKE = PROGRAMS[0][1]


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Where only the installed tree is at hand."""
    result = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def program(heading: str, text: str) -> str:
    trial, _ = TRIALS[heading]
    return "\n".join([PREAMBLE[1], MAKE, "" if text == MAKE else text, SIGN.replace("TRIAL", trial)])


def test_every_block_is_tried() -> None:
    assert [heading for heading, _ in PROGRAMS] == list(TRIALS)
    tried = {"text": 1, "c": 2 + len(PROGRAMS), "sh": 5, "cmake": 3}
    fences = re.findall(r"^```(\w+)$", (ROOT / "docs/c.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {language: fences.count(language) for language in fences} == tried


def test_the_receiver_answers_curl(tmp_path: Path) -> None:
    """Built with the guide's command, and found with one of its ways."""
    if subprocess.run(["pkg-config", "--exists", "libmicrohttpd"], check=False).returncode:
        pytest.skip("libmicrohttpd is not installed")
    port = free_port()
    shutil.copy(ROOT / "examples/c/receiver.c", tmp_path)
    assert BUILD[0] == "A receiver"
    run(["sh", "-ec", f"{BUILD[1].strip()} -Wl,-rpath,{PREFIX / 'lib'}"], tmp_path)
    os.environ["PORT"] = str(port)
    try:
        says = "refresh of user u1: UPDATED"
        receives(GUIDE, "./receiver", port, tmp_path, says)
    finally:
        del os.environ["PORT"]


def test_the_program_without_a_server(tmp_path: Path) -> None:
    says = 'u1 {"credentialsStatus":"UPDATED"}'
    assert f"prints `{says}`" in (ROOT / GUIDE).read_text(encoding="utf-8")
    assert c(block(GUIDE, "Without a server", "c"), tmp_path).strip() == says


@pytest.mark.parametrize(("heading", "text"), PROGRAMS, ids=[heading for heading, _ in PROGRAMS])
def test_program(heading: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "program.c").write_text(program(heading, text), encoding="utf-8")
    flags = run(["pkg-config", "--cflags", "--libs", "tink_webhooks"], tmp_path).split()
    run(["cc", *STRICT, "program.c", "-o", "program", *flags], tmp_path)
    lines = run(["./program"], tmp_path, LD_LIBRARY_PATH=str(PREFIX / "lib")).splitlines()
    expected = TRIALS[heading][1]
    assert len(lines) == len(expected), lines
    for line, pattern in zip(lines, expected):
        assert line == pattern or re.fullmatch(pattern, line), (line, pattern)


@pytest.mark.parametrize("command", [text for _, text in LINKS], ids=["shared", "archive", "static"])
def test_linking(command: str, tmp_path: Path) -> None:
    (tmp_path / "program.c").write_text(program("Verify only", dict(PROGRAMS)["Verify only"]), encoding="utf-8")
    run(["sh", "-c", command], tmp_path)
    assert run(["./program"], tmp_path, LD_LIBRARY_PATH=str(PREFIX / "lib")) == "100\n"
    needed = subprocess.run(
        ["readelf", "-d", "program"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert ("[libtink_webhooks.so.1]" in needed) == ("--variable=archive" not in command and "-static" not in command)


@pytest.mark.parametrize("way", ["package", "pkg-config", "archive"])
def test_cmake(way: str, tmp_path: Path) -> None:
    if not shutil.which("cmake"):
        pytest.skip("CMake is not installed")
    package, first, second = (text for _, text in blocks("cmake"))
    archive = first.rstrip("\n").rpartition("\n")[0] + "\n" + second
    lists = {"package": package, "pkg-config": first, "archive": archive}[way]
    (tmp_path / "CMakeLists.txt").write_text(lists, encoding="utf-8")
    (tmp_path / "program.c").write_text(program("Verify only", dict(PROGRAMS)["Verify only"]), encoding="utf-8")
    run(["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={ROOT / 'target/capi'}"], tmp_path)
    run(["cmake", "--build", "build"], tmp_path)
    assert run(["build/program"], tmp_path) == "100\n"
