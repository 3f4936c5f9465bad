"""Explains refused deliveries to the log: the option ``explain_failures`` of the adapters, for development."""

from __future__ import annotations

import threading
import time

from tink_webhooks import WebhookError, WebhookHandler, _native
from tink_webhooks._logging import logger

#: What there is to explain. The others say what is the matter themselves.
REASONS = frozenset({"signature_mismatch", "malformed_signature"})


class Why:
    """One delivery, kept until it is known whether it was refused. No frame holds it in variables of its own."""

    __slots__ = ("_body", "_hooks", "_signature")

    def __init__(self, hooks: WebhookHandler, body: bytes | str, signature: str | bytes | None) -> None:
        self._hooks, self._body, self._signature = hooks, body, signature

    def log(self, error: WebhookError | None) -> None:
        """Explains a refusal in a thread of its own, beside the answer.

        At most one in ten seconds, of all clients, and none in production.
        """
        if error is None or error.reason not in REASONS or not _native._may_explain(time.monotonic()):
            return
        threading.Thread(target=self._explain, name="tink-webhooks-explain", daemon=True).start()

    def _explain(self) -> None:
        try:
            found = self._hooks._explain(self._body, self._signature)
        except Exception as error:
            # A clock of the application, for one.
            logger.warning("tink webhook: a refusal could not be explained: %s", type(error).__name__)
            return
        causes, text = found[0], found[4]
        logger.warning("tink webhook: explained: %s", text, extra={"cause": causes[0], "proved": found[1]})
