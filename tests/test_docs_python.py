"""Every program and command of docs/python.md runs, against the real framework.

What is not run: `pip install` of the checkout and of frameworks, which were installed when the tests started; the
exemption for Flask-WTF, which is not among the tools; Celery's Redis, for which a broker in files stands in.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from snippets import ROOT, block, blocks, free_port, python, receives

#: What is appended to a program to try it, and what it must then print. By heading, in the document's order.
POST = """
from tink_webhooks.testing import post, signed_delivery
print(post(app, signed_delivery("refresh:finished"), "/webhooks/tink").text.strip() in ("ok", "null"))
print(post(app, signed_delivery("refresh:finished", secret="x"), "/webhooks/tink").status)
"""
USER = "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED"
TRIALS = {
    "A receiver": [("POST", [USER, "True", "401"])],
    "Without a server": [("", ["u1 UPDATED"])],
    "FastAPI": [("POST", [USER, "True", "401"])],
    "Flask": [("POST", [USER, "True", "401"])],
    "Django": [
        (
            """
            import sys
            import django
            from django.conf import settings
            settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", LOGGING_CONFIG=None,
                               MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
                               DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:",
                                                      "ATOMIC_REQUESTS": True}})
            django.setup()
            from django.db import connection
            hooks.register_handler("*", lambda event: print("atomic:", connection.in_atomic_block))
            from django.core.wsgi import get_wsgi_application
            app = get_wsgi_application()
            POST
            """,
            [USER, "atomic: True", "True", "401"],
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
    "Logs, hooks and error reporters": [("", [])],
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
    "Secrets that come later": [
        (
            """
            from tink_webhooks.testing import signed_delivery
            print(hooks.construct_event(*signed_delivery()).name)
            """,
            ["refresh:finished"],
        )
    ],
    "Testing": [
        (
            "PYTEST",
            [r"\.\. .*", "2 passed.*"],
        ),
        ("", ["payment:updated"]),
    ],
}


GUIDE = "docs/python.md"
QUEUES = "Celery, RQ and other queues"


def programs() -> list[tuple[str, int, str]]:
    """Heading, number below it, and text of every program but those of the queue, which are two processes."""
    found: list[tuple[str, int, str]] = []
    for heading, language, text in blocks(GUIDE):
        if language == "python" and heading != QUEUES:
            found.append((heading, sum(known == heading for known, _, _ in found), text))
    return found


def test_every_block_is_tried() -> None:
    assert [(heading, number) for heading, number, _ in programs()] == [
        (heading, number) for heading, trials in TRIALS.items() for number in range(len(trials))
    ]
    others = [(heading, language) for heading, language, _ in blocks(GUIDE) if language != "python"]
    assert others == [("Python", "sh"), ("Try it with curl", "sh")]
    assert [heading for heading, language, _ in blocks(GUIDE) if heading == QUEUES] == [QUEUES] * 2


def test_install_names_the_package() -> None:
    folder = block(GUIDE, "Python", "sh").strip().removeprefix("pip install ../tink-webhooks/")
    assert 'build-backend = "maturin"' in (ROOT / folder / "pyproject.toml").read_text(encoding="utf-8")


def test_the_receiver_answers_curl(tmp_path: Path) -> None:
    port = free_port()
    command = "uvicorn receiver:app --port 8000"
    assert f"`{command}`" in (ROOT / GUIDE).read_text(encoding="utf-8")
    (tmp_path / "receiver.py").write_text(block(GUIDE, "A receiver", "python"), encoding="utf-8")
    receives(GUIDE, command.replace("8000", str(port)), port, tmp_path, "u1 UPDATED")


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


def test_the_queue_in_two_processes(tmp_path: Path) -> None:
    """The web process verifies and passes on; the worker is another process and has no secret."""
    web, worker = (block(GUIDE, QUEUES, "python", number) for number in (0, 1))
    assert "`web.py`" in (ROOT / GUIDE).read_text(encoding="utf-8")
    (tmp_path / "messages").mkdir()
    broker = f"""
queue.conf.broker_url = "filesystem://"
queue.conf.broker_transport_options = {{
    "data_folder_in": "{tmp_path / "messages"}", "data_folder_out": "{tmp_path / "messages"}",
    "control_folder": "{tmp_path / "control"}",
}}
"""
    (tmp_path / "worker.py").write_text(worker + broker, encoding="utf-8")
    folder = tmp_path / "web"
    folder.mkdir()
    printed = python(
        f"""
import os
os.environ["TINK_WEBHOOK_SECRET"] = "s3cret"
{web}{broker}
from tink_webhooks.testing import post, signed_delivery
delivery = signed_delivery("refresh:finished")
print(post(app, delivery, "/webhooks/tink").status, delivery.signature.partition("v1=")[2][:32])
""",
        folder,
    )
    status, delivery_id = printed.split()
    assert status == "200"
    environment = {name: value for name, value in os.environ.items() if name != "TINK_WEBHOOK_SECRET"}
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            *["celery", "-A", "worker", "worker", "--pool", "solo", "--without-mingle", "--without-gossip"],
        ],
        cwd=tmp_path,
        env={**environment, "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        limit = threading.Timer(60, process.kill)
        limit.start()
        try:
            for line in process.stdout:
                lines.append(line)
                if line.strip().endswith(f"{delivery_id} UPDATED"):  # Celery's log puts the time before it
                    break
            else:
                pytest.fail("".join(lines))
        finally:
            limit.cancel()
            process.kill()


class TestWhatTheTextSays:
    """What the guide says beside its programs."""

    def test_an_event_keeps_what_was_verified(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from tink_webhooks import Dispatcher, Event, WebhookHandler
        from tink_webhooks.testing import signed_delivery

        hooks = WebhookHandler(secret="s3cret", schemes=["v1"])
        event = hooks.construct_event(*signed_delivery("refresh:finished", secret="s3cret"))
        monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
        assert Event.deserialize(event.serialize()).verification == event.verification
        Dispatcher().dispatch(event)

    def test_the_default_handler_accepts_bare_signatures(self, tmp_path: Path) -> None:
        printed = python(
            """
import os
os.environ["TINK_WEBHOOK_SECRET"] = "s3cret"
import tink_webhooks
body = b'{"event":"account:created"}'
print(tink_webhooks.handle_webhook(body, tink_webhooks.generate_signature(body, "s3cret", scheme="body")).name)
""",
            tmp_path,
        )
        assert printed == "account:created\n"

    def test_a_router_drops_its_prefix(self) -> None:
        from fastapi import APIRouter, FastAPI
        from tink_webhooks import WebhookHandler
        from tink_webhooks.asgi import WebhookApp
        from tink_webhooks.testing import post, signed_delivery

        hooks = WebhookHandler(secret="s3cret", schemes=["v1"])
        router = APIRouter(prefix="/api")
        router.add_route("/webhooks/tink", WebhookApp(hooks))
        app = FastAPI()
        app.include_router(router)
        delivery = signed_delivery("refresh:finished", secret="s3cret")
        assert post(app, delivery, "/webhooks/tink").status == 200
        assert post(app, delivery, "/api/webhooks/tink").status == 404

    def test_rotation(self) -> None:
        from tink_webhooks import WebhookHandler
        from tink_webhooks.testing import signed_delivery

        hooks = WebhookHandler(secret=["new", "old"], schemes=["v1"])
        for index, secret in enumerate(["new", "old"]):
            event = hooks.construct_event(*signed_delivery("refresh:finished", secret=secret))
            assert event.verification is not None
            assert event.verification.secret_index == index
