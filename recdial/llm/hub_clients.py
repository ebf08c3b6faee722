"""The clients of one server: as many as the calls in flight need connections."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from huggingface_hub import AsyncInferenceClient

CALLS_PER_CLIENT = 90
"""Below the 100 connections of a client's pool, so that no call waits for one unseen."""


@dataclass
class _Client:
    client: AsyncInferenceClient
    calls: int = 0


class HubClients:
    """Clients of one server, each with no more calls than it has connections."""

    def __init__(self, base_url: str) -> None:
        """The environment's `HF_TOKEN` is sent if it is set, and no other."""
        self._base_url = base_url
        self._token = os.environ.get("HF_TOKEN")
        self._clients: list[_Client] = []

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncInferenceClient]:
        """A client with a connection to spare."""
        found = next((one for one in self._clients if one.calls < CALLS_PER_CLIENT), None)
        if found is None:
            found = _Client(self._made())
            self._clients.append(found)
        found.calls += 1
        try:
            yield found.client
        finally:
            found.calls -= 1

    async def close(self) -> None:
        """Close the connections."""
        while self._clients:
            await self._clients.pop().client.close()  # type: ignore[no-untyped-call]

    def _made(self) -> AsyncInferenceClient:
        return AsyncInferenceClient(
            base_url=self._base_url,
            token=self._token,
            # Without this the client would send the token of `hf auth login` to any server.
            headers=None if self._token else {"authorization": None},  # type: ignore[dict-item]
        )
