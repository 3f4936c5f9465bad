"""The pytest fixture, which pytest finds by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from typing import Protocol

    from tink_webhooks.testing import Response

    class _TinkPost(Protocol):
        """What the fixture ``tink_post`` is."""

        def __call__(
            self, app: Any, event_type: str = "refresh:finished", path: str = "/", **delivery: Any
        ) -> Response: ...


@pytest.fixture
def tink_post() -> _TinkPost:
    """Posts a signed delivery: ``tink_post(app, "refresh:finished", "/webhooks/tink", secret="s3cret")``.

    ``app`` is an ASGI or WSGI application; further arguments are those of ``tink_webhooks.testing.signed_delivery``.
    """

    def send(app: Any, event_type: str = "refresh:finished", path: str = "/", **delivery: Any) -> Response:
        from tink_webhooks.testing import post, signed_delivery

        return post(app, signed_delivery(event_type, **delivery), path)

    return send
