"""A store in Redis or Valkey."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from tink_webhooks.idempotency._store import Claim, claim_of, classes
from tink_webhooks.idempotency._texts import milliseconds, text

#: What a connection is made with, of the options of a client. Others, such as how often to retry, are objects that
#: belong to a client of the one kind or the other.
_OPTIONS = ("client_name", "credential_provider", "db", "host", "password", "path", "port", "protocol", "username")
_PATIENCE = 5.0
_OPTIONS_OF_GROUPS = ("socket_", "ssl_")


def _script(name: str) -> tuple[str, str]:
    """A script, and the name by which a server knows it."""
    script = text(f"redis/{name}")
    return script, hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


_SCRIPTS = {name: _script(name) for name in ("claim", "commit", "extend", "release")}


class RedisStore:
    """Records in Redis 5 or newer, or Valkey.

    The server must not evict records: ``maxmemory-policy noeviction``. One that forgets, in a failover, makes handlers
    run twice.

    Args:
        client: A client of redis-py: ``redis.Redis``, ``redis.RedisCluster``, or ``redis.asyncio.Redis``. Leases are
            extended over a connection of its own, with the client's options.
        prefix: What the records' names begin with.
    """

    def __init__(self, client: Any, *, prefix: str = "tink-webhooks:once:") -> None:
        inherited = classes(client)
        if not any(module.startswith("redis.") for module, _ in inherited):
            raise TypeError(f"RedisStore takes a client of redis-py, not {'.'.join(inherited[0])}")
        self._client = client
        self._prefix = prefix
        self._is_async = any(module.startswith("redis.asyncio") for module, _ in inherited)
        if self._is_async and not hasattr(client, "connection_pool"):
            raise TypeError("of asynchronous clients RedisStore takes redis.asyncio.Redis")
        self._own: Any = None
        self._unknown: Any = import_module("redis.exceptions").NoScriptError
        if self._is_async:
            self.claim_async = self._claim_async
            self.commit_async = self._commit_async
            self.release_async = self._release_async

    def __repr__(self) -> str:
        return f"<RedisStore of {type(self._client).__module__}.{type(self._client).__qualname__}>"

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """See ``Store``."""
        return claim_of(self._run(self._sync(), "claim", scope, key, token, milliseconds(lease)))

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """See ``Store``."""
        return bool(self._run(self._sync(), "commit", scope, key, token, milliseconds(keep)))

    def release(self, scope: str, key: str, token: str) -> bool:
        """See ``Store``."""
        return bool(self._run(self._sync(), "release", scope, key, token))

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """See ``Store``."""
        return bool(self._run(self._beating(), "extend", scope, key, token, milliseconds(lease)))

    async def _claim_async(self, scope: str, key: str, token: str, lease: float) -> Claim:
        return claim_of(await self._run_async("claim", scope, key, token, milliseconds(lease)))

    async def _commit_async(self, scope: str, key: str, token: str, keep: float) -> bool:
        return bool(await self._run_async("commit", scope, key, token, milliseconds(keep)))

    async def _release_async(self, scope: str, key: str, token: str) -> bool:
        return bool(await self._run_async("release", scope, key, token))

    def _run(self, client: Any, name: str, scope: str, key: str, *values: str | int) -> Any:
        script, sha = _SCRIPTS[name]
        record = f"{self._prefix}{scope}:{key}"
        try:
            return client.execute_command("EVALSHA", sha, 1, record, *values)
        except self._unknown:  # the server keeps it from now on
            return client.eval(script, 1, record, *values)

    async def _run_async(self, name: str, scope: str, key: str, *values: str | int) -> Any:
        script, sha = _SCRIPTS[name]
        record = f"{self._prefix}{scope}:{key}"
        try:
            return await self._client.execute_command("EVALSHA", sha, 1, record, *values)
        except self._unknown:
            return await self._client.eval(script, 1, record, *values)

    def _sync(self) -> Any:
        return self._beating() if self._is_async else self._client

    def _beating(self) -> Any:
        """A client of its own, so that handlers cannot take its connection, nor an event loop its time."""
        if self._own is None:
            self._own = self._made()
        return self._own

    def _made(self) -> Any:
        pool = getattr(self._client, "connection_pool", None)
        if pool is None:
            return self._client  # of a cluster, which has a pool for each node, without a limit
        options: dict[str, Any] = pool.connection_kwargs
        taken = {
            name: value
            for name, value in options.items()
            if name in _OPTIONS or (name.startswith(_OPTIONS_OF_GROUPS) and value is not None)
        }
        redis: Any = import_module("redis")
        connections: Any = import_module("redis.connection")
        of_this = getattr(connections, pool.connection_class.__name__, None)
        if not self._is_async:
            taken, of_this = dict(options), pool.connection_class
        for name in ("socket_timeout", "socket_connect_timeout"):
            if taken.get(name) is None:
                taken[name] = _PATIENCE  # shorter than a lease: one lost packet must not hold all beats up
        return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=of_this, **taken))
