"""The fixture ``tink_post``. pytest loads it where this package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tink_webhooks.testing import Response, TinkPost


@pytest.fixture
def tink_post() -> TinkPost:
    """Posts a signed delivery to an application: ``tink_post(app, "refresh:finished", "/webhooks/tink")``.

    ``app`` is an ASGI or WSGI application. The event type is ``refresh:finished`` and the path ``/`` where left out.
    Keyword arguments such as ``secret="s3cret"`` are those of ``tink_webhooks.testing.signed_delivery``. Returns a
    ``tink_webhooks.testing.Response``. Its type is ``tink_webhooks.testing.TinkPost``.
    """

    def send(app: Any, event_type: str = "refresh:finished", path: str = "/", **delivery: Any) -> Response:
        from tink_webhooks.testing import post, signed_delivery

        return post(app, signed_delivery(event_type, **delivery), path)

    return send
