"""A cluster of Redis: three servers and a replica that takes over from one of them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from once_servers import Server, redis_server
from tink_webhooks.idempotency import RedisStore
from tink_webhooks.idempotency.conformance import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

redis = pytest.importorskip("redis")

SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))
#: After so many milliseconds a server counts as dead.
TIMEOUT = 1_000


def until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"in 60 s not: {what}"
        time.sleep(0.05)


class Cluster:
    """Its servers, of which the last is the replica of the first."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.nodes: list[Any] = [redis.Redis(port=server.port) for server in servers]
        first = self.nodes[0]
        self.first = first.execute_command("CLUSTER", "MYID")
        if int(first.info("server")["redis_version"].partition(".")[0]) < 7:
            pytest.skip("Redis is older than 7")
        for number, node in enumerate(self.nodes, 1):
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number)
        for node, slots in zip(self.nodes, SLOTS):
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
        for server in servers[1:]:
            first.execute_command("CLUSTER", "MEET", "127.0.0.1", server.port)
        until("all know each other", lambda: self._all_say(self.nodes, f"cluster_known_nodes:{len(servers)}"))
        until("the replica knows whom to follow", self._follows)
        until("it follows", lambda: self.nodes[-1].info("replication")["master_link_status"] == "up")
        until("all slots are served", lambda: self._all_say(self.nodes, "cluster_state:ok"))

    def _all_say(self, nodes: list[Any], line: str) -> bool:
        return all(line.encode() in node.execute_command("CLUSTER", "INFO").split() for node in nodes)

    def _follows(self) -> bool:
        try:
            return bool(self.nodes[-1].execute_command("CLUSTER", "REPLICATE", self.first))
        except redis.ResponseError:  # it does not know the other one yet
            return False

    def keys(self) -> Iterator[str]:
        """Names of records that are kept by the first server, in the scope ``s``."""
        number = 0
        while True:
            number += 1
            slot = self.nodes[0].execute_command("CLUSTER", "KEYSLOT", f"tink-webhooks:once:s:{number}")
            if SLOTS[0][0] <= slot <= SLOTS[0][1]:
                yield str(number)

    def take_over(self) -> None:
        """Waits until the replica has taken over."""
        until("the replica takes over", lambda: self.nodes[-1].info("replication")["role"] == "master")
        until("all slots are served again", lambda: self._all_say(self.nodes[1:], "cluster_state:ok"))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(TIMEOUT))
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(redis_server("redis", *options)) for _ in range(4)]
        yield Cluster(servers)


def asked(store: RedisStore, *claim: Any) -> str:
    """The state of a record, from a client that finds out where it is now."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return store.claim(*claim).state
        except redis.RedisError:  # once says: the store cannot be asked, 503
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_cluster_fails_over(cluster: Cluster) -> None:
    """What was replicated is kept; a replica that missed a commit makes the handler run again, and loses nothing."""
    client = redis.RedisCluster(host="127.0.0.1", port=cluster.servers[1].port, socket_timeout=2)
    store = RedisStore(client)
    check(store)
    done, runs, missed, new = (key for key, _ in zip(cluster.keys(), range(4)))
    first, replica = cluster.nodes[0], cluster.servers[-1]
    assert store.claim("s", done, "a", 10).state == "claimed"
    assert store.commit("s", done, "a", 600)
    assert store.claim("s", runs, "a", 600).state == "claimed"
    assert first.execute_command("WAIT", 1, 60_000) == 1
    os.kill(replica.pid, signal.SIGSTOP)
    first.execute_command("CLIENT", "KILL", "TYPE", "replica")
    assert store.claim("s", missed, "a", 10).state == "claimed"
    assert store.commit("s", missed, "a", 600)
    cluster.servers[0].kill()
    os.kill(replica.pid, signal.SIGCONT)
    cluster.take_over()
    assert asked(store, "s", done, "b", 10) == "done"
    assert store.claim("s", runs, "b", 10).state == "busy"
    assert store.extend("s", runs, "a", 600)
    assert store.commit("s", runs, "a", 600)
    assert store.claim("s", runs, "b", 10).state == "done"
    assert store.claim("s", missed, "b", 10).state == "claimed"
    assert store.claim("s", new, "b", 10).state == "claimed"
    check(store)
    client.close()
