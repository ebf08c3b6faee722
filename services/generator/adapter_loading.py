"""Brings an adapter to where it is used: to this machine, or into a vLLM server that runs."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx
import structlog

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import (
    AdapterNotServed,
    BackendRefused,
    BackendUnavailable,
    Completion,
    TextBackend,
)
from recdial.llm.adapter_storage import StorageUnavailable, StorageUnknown
from recdial.llm.adapters import AdapterDamaged, is_on_this_machine
from recdial.llm.fetching_adapters import adapter_here

log = structlog.get_logger(__name__)


class Loader(Protocol):
    """Has a server load adapters."""

    async def load(self, adapter: AdapterRef) -> None:
        """Have it loaded, also where it is. Raises BackendUnavailable and BackendRefused."""

    async def close(self) -> None:
        """Release connections."""


class FetchingBackend:
    """A backend in this process, given adapters that are on this machine."""

    def __init__(self, backend: TextBackend, copies: Path) -> None:
        """Adapters that are elsewhere are fetched to `copies`."""
        self._backend = backend
        self._copies = copies
        self._here: dict[AdapterRef, AdapterRef] = {}
        self._fetching = asyncio.Lock()

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat.

        Raises what the backend raises, BackendUnavailable where the adapter's storage cannot be
        read, and BackendRefused where it holds other bytes.
        """
        if adapter is not None and not is_on_this_machine(adapter.uri):
            adapter = await self._fetched(adapter)
        return await self._backend.complete(messages, params, adapter)

    async def close(self) -> None:
        """Release the backend."""
        await self._backend.close()

    async def _fetched(self, adapter: AdapterRef) -> AdapterRef:
        async with self._fetching:
            if adapter not in self._here:
                folder = await _folder_of(adapter, self._copies)
                self._here[adapter] = adapter.model_copy(update={"uri": folder.as_uri()})
            return self._here[adapter]


class LoadingBackend:
    """A server that is told to load an adapter whenever it says that it does not have it.

    That is before the first probe of the adapter, and so before its canary, and again after the
    server was restarted.
    """

    def __init__(self, backend: TextBackend, loader: Loader) -> None:
        self._backend = backend
        self._loader = loader
        self._loading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Complete a chat. Raises what the backend and the loader raise."""
        try:
            return await self._backend.complete(messages, params, adapter)
        except AdapterNotServed:
            if adapter is None:
                raise
            async with self._loading[adapter.adapter_id]:
                await self._loader.load(adapter)
            return await self._backend.complete(messages, params, adapter)

    async def close(self) -> None:
        """Release the backend and the loader."""
        await self._backend.close()
        await self._loader.close()


class VllmLoader:
    """Tells one vLLM server, started with `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`."""

    def __init__(
        self, base_url: str, copies: Path, server_adapters: str | None, timeout_s: float
    ) -> None:
        """Connect to nothing yet.

        The server finds adapters in `server_adapters`, by id; without, where this machine has them,
        in their own folder or fetched to `copies`.
        """
        self._root = base_url.rstrip("/").removesuffix("/v1")
        self._copies = copies
        self._server_adapters = server_adapters
        token = os.environ.get("HF_TOKEN")
        self._client = httpx.AsyncClient(
            timeout=timeout_s, headers={"Authorization": f"Bearer {token}"} if token else {}
        )

    async def load(self, adapter: AdapterRef) -> None:
        """Have it loaded; see `Loader`.

        Raises AdapterNotServed where the server does not load it, with what it says.
        """
        body = {"lora_name": adapter.adapter_id, "lora_path": await self._path(adapter)}
        try:
            answer = await self._client.post(f"{self._root}/v1/load_lora_adapter", json=body)
        except httpx.TransportError as error:
            raise BackendUnavailable(
                f"cannot reach {self._root}: {type(error).__name__}: {error}"
            ) from error
        if answer.is_success or _is_loaded_already(answer):
            log.info("adapter.loaded", adapter_id=adapter.adapter_id, server=self._root)
            return
        hint = (
            " Was it started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True?"
            if answer.status_code in (404, 405)
            else ""
        )
        raise AdapterNotServed(
            f"{self._root} did not load adapter {adapter.adapter_id} from {body['lora_path']}: it "
            f"answered {answer.status_code}: {answer.text.strip()[:500]}.{hint}"
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _path(self, adapter: AdapterRef) -> str:
        if self._server_adapters is not None:
            return f"{self._server_adapters.rstrip('/')}/{adapter.adapter_id}"
        return str(await _folder_of(adapter, self._copies))


async def _folder_of(adapter: AdapterRef, copies: Path) -> Path:
    try:
        return await asyncio.to_thread(adapter_here, adapter, copies)
    except StorageUnavailable as error:
        raise BackendUnavailable(f"adapter {adapter.adapter_id}: {error}") from error
    except (AdapterDamaged, StorageUnknown) as error:
        raise BackendRefused(str(error)) from error


def _is_loaded_already(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.BAD_REQUEST and "already" in answer.text
