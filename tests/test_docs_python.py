"""Every program of docs/python.md runs, against the real framework."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: What is appended to a program to try it, and what it must then print. By heading, in the document's order.
POST = """
from tink_webhooks.testing import post, signed_delivery
print(post(app, signed_delivery("refresh:finished"), "/webhooks/tink").text.strip() in ("ok", "null"))
print(post(app, signed_delivery("refresh:finished", secret="x"), "/webhooks/tink").status)
"""
USER = "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED"
TRIALS = {
    "FastAPI": [("POST", [USER, "True", "401"])] * 2,
    "Flask": [("POST", [USER, "True", "401"])],
    "Django": [
        (
            """
            import sys
            import django
            from django.conf import settings
            settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", LOGGING_CONFIG=None,
                               MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])
            django.setup()
            from django.core.wsgi import get_wsgi_application
            app = get_wsgi_application()
            POST
            """,
            [USER, "True", "401"],
        )
    ],
    "AWS Lambda": [
        (
            """
            from tink_webhooks.testing import signed_delivery
            delivery = signed_delivery("refresh:finished")
            event = {"version": "2.0", "headers": {"x-tink-signature": delivery.signature},
                     "requestContext": {"http": {"method": "POST"}}, "body": delivery.body.decode()}
            print(lambda_handler(event, None)["statusCode"])
            """,
            [USER, "200"],
        )
    ],
    "Handlers": [
        (
            "",
            [
                r"payment:updated 20\d\d-.*\+00:00",
                r"1 handler failed.* \(LookupError\('no such order'\),\) payment:updated",
            ],
        ),
        ("", ["23.00"]),
    ],
    "Celery, RQ and other queues": [
        (
            """
            from celery.contrib.testing.worker import start_worker
            with start_worker(queue, perform_ping_check=False, loglevel="CRITICAL"):
                POST
            """,
            [r"True", "401", r"[0-9a-f]{32} UPDATED"],
        )
    ],
    "Rotation": [
        (
            """
            from tink_webhooks.testing import signed_delivery
            hooks.handle_webhook(*signed_delivery(secret="the new secret"))
            hooks.handle_webhook(*signed_delivery(secret="the old secret"))
            """,
            ["the old secret is still in use"],
        )
    ],
    "Testing": [
        (
            "PYTEST",
            [r"\.\. .*", "2 passed.*"],
        )
    ],
}


def programs() -> list[tuple[str, int, str]]:
    """Heading, number below it, and text of every program."""
    found: list[tuple[str, int, str]] = []
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, rest = section.partition("\n")
        blocks = re.findall(r"^```python\n(.*?)^```", rest, re.MULTILINE | re.DOTALL)
        found += [(heading, number, block) for number, block in enumerate(blocks)]
    return found


def test_every_program_is_tried() -> None:
    assert [(heading, number) for heading, number, _ in programs()] == [
        (heading, number) for heading, trials in TRIALS.items() for number in range(len(trials))
    ]


@pytest.mark.parametrize(("heading", "number", "program"), programs(), ids=lambda value: str(value)[:12])
def test_program(heading: str, number: int, program: str, tmp_path: Path) -> None:
    trial, expected = TRIALS[heading][number]
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if trial == "PYTEST" else []
    trial = re.sub(
        r"^( *)POST$", lambda found: textwrap.indent(POST, found[1]), textwrap.dedent(trial), flags=re.MULTILINE
    )
    (tmp_path / "program.py").write_text(f"{program}\n{trial.replace('PYTEST', '')}", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, *how, "program.py"],
        cwd=tmp_path,
        env={"TINK_WEBHOOK_SECRET": "s3cret", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # The worker of a queue prints when it gets to it.
    lines = sorted(line for line in result.stdout.splitlines() if line)
    assert len(lines) == len(expected), result.stdout + result.stderr
    for pattern in expected:
        assert any(re.fullmatch(pattern, line) for line in lines), (pattern, result.stdout + result.stderr)
