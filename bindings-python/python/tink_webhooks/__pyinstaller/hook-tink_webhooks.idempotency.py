"""The Lua and SQL texts, for programs that use a store."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_hooks: Any = import_module("PyInstaller.utils.hooks")
datas: list[tuple[str, str]] = _hooks.collect_data_files("tink_webhooks.idempotency")
