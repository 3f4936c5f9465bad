"""The logger of the package. The native module logs here what is likely to be a mistake."""

from __future__ import annotations

import logging

logger = logging.getLogger("tink_webhooks")


def warn(text: str) -> None:
    """Logs a warning about the configuration."""
    logger.warning("tink webhook: %s", text)
