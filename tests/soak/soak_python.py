"""``soak_python.py COUNT``: COUNT deliveries in Python; prints ``DONE RESIDENT_KIB`` at intervals. As soak.rs."""

from __future__ import annotations

import gc
import itertools
import resource
import sys
from pathlib import Path

from tink_webhooks import Event, WebhookError, WebhookHandler, generate_signature
from tink_webhooks.testing import signed_delivery

SECRETS = ["67abc1e08fb64c92b450a13e0876330b", "5a1d9c3e7b2f48069e0c4d8b6a3f1e27"]
SAMPLES = 50
ANEW = 5_000

ran = 0


def every(event: Event) -> None:
    global ran
    ran += event.data is not None


def failing(event: Event) -> None:
    raise RuntimeError("the database is away")


def register(hooks: WebhookHandler) -> WebhookHandler:
    # Lambdas, so that each registration is of another function.
    hooks.register_handler("*", lambda event: every(event))
    hooks.register_handler("account:updated", lambda event: failing(event))
    return hooks


def made() -> WebhookHandler:
    return register(WebhookHandler(SECRETS, tolerance=1_000_000))


def deliveries() -> list[tuple[bytes, str, str]]:
    def v1(body: bytes, secret: str = SECRETS[0], timestamp: int | None = None) -> str:
        return generate_signature(body, secret, timestamp=timestamp)

    payment = signed_delivery("payment:updated", secret=SECRETS[0]).body
    account = signed_delivery("account:updated", secret=SECRETS[0]).body
    escaped = rb'{"event":"a\u003ab","context":{"userId":"u\u00e41"},"content":{"x":[1,2,{"y":null}]}}'
    large = b'{"event":"payment:updated","content":{"amount":1,"padding":"%s"}}' % (b"x" * 10_000)
    ping = b'{"event":"test"}'
    return [
        (payment, v1(payment), "ok"),
        (payment, v1(payment, SECRETS[1]), "ok"),
        (payment, generate_signature(payment, SECRETS[0], scheme="body"), "ok"),
        (escaped, v1(escaped), "ok"),
        (large, v1(large), "ok"),
        (account, v1(account), "handler_failed"),
        (payment, v1(b"another"), "signature_mismatch"),
        (payment, v1(payment, timestamp=1), "timestamp_too_old"),
        (payment, "t=1,v1=", "malformed_signature"),
        (b"{", v1(b"{"), "invalid_json"),
        (ping, v1(ping), "test_webhook"),
    ]


def with_ids_of_its_own(number: int) -> tuple[bytes, str, str]:
    """A delivery with strings, short and long, of which none comes again."""
    ids = b",".join(b'"%x-%d"' % (number, index) for index in range(20))
    names = b",".join(b'"%x.%d":"%032x"' % (number, index, number * 20 + index) for index in range(20))
    body = b'{"event":"payment:updated","content":{"ids":[%s],"names":{%s}}}' % (ids, names)
    return body, generate_signature(body, SECRETS[0]), "ok"


def resident_kib() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def main() -> None:
    count = int(sys.argv[1])
    hooks, expected = made(), 0
    for done, delivery in zip(range(1, count + 1), itertools.cycle([*deliveries(), None])):
        body, signature, ends = delivery or with_ids_of_its_own(done)
        ended = "ok"
        try:
            hooks.handle_webhook(body, signature)
        except WebhookError as error:
            ended = error.reason
        assert ended == ends, f"delivery {done} ended in {ended}, not in {ends}"
        expected += ends in ("ok", "handler_failed")
        if done % (10 * ANEW) == 0:
            hooks = made()
        elif done % ANEW == 0:
            hooks.unregister_handlers("*")
            hooks.unregister_handlers("account:updated")
            register(hooks)
        if done % max(1, count // SAMPLES) == 0:
            print(done, resident_kib(), flush=True)
    assert ran == expected, f"{ran} handlers ran, not {expected}"


if __name__ == "__main__":
    main()
