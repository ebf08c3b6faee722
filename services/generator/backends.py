"""Makes the text backend a role's configuration asks for, and keeps it while it is used."""

from __future__ import annotations

from recdial.llm import TextBackend
from recdial.llm.limited import LimitedBackend
from recdial.llm.limits import AdaptiveLimit
from recdial.llm.local_models import resolve_model
from recdial.llm.traced import TracedBackend
from recdial.process_settings import ProcessSettings
from recdial.settings import BackendConfig
from services.generator.adapter_loading import FetchingBackend, LoadingBackend, VllmLoader
from services.generator.canary import CanaryOf, no_canary
from services.generator.patience import GatedBackend
from services.generator.spreading import Server, SpreadBackend


def make_backend(
    config: BackendConfig,
    settings: ProcessSettings,
    canary_of: CanaryOf = no_canary,
    server_adapters: str | None = None,
) -> TextBackend:
    """The backend of a configuration; a server must use an adapter as `canary_of` records it.

    A local backend needs no canary: it loads the adapter itself and compares its digest.
    `server_adapters` is where the servers see adapters, if they are to be told.
    Raises BackendError where it cannot be had.
    """
    copies = settings.models / "adapters"
    if config.backend == "scripted":
        from services.generator.scripted import ScriptedBackend

        return ScriptedBackend()
    if config.backend == "hub":
        from recdial.llm.hub import HubBackend

        servers = []
        for url in config.base_urls:
            limit = AdaptiveLimit(config.max_in_flight)
            hub: TextBackend = HubBackend(url, config.model, timeout_s=config.timeout_s)
            if config.adapter_loading == "vllm":
                loader = VllmLoader(url, copies, server_adapters, config.timeout_s)
                hub = LoadingBackend(hub, loader)
            gated = GatedBackend(LimitedBackend(hub, limit), canary_of=canary_of)
            servers.append(Server(gated, limit))
        return SpreadBackend(servers)
    from services.generator.local import LocalBackend

    local = LocalBackend(
        resolve_model(config.model, settings.models),
        name=config.model,
        batch_size=config.batch_size,
        threads=config.threads,
    )
    return FetchingBackend(local, copies)


class Backends:
    """The backends in use, one for each distinct configuration."""

    def __init__(
        self,
        settings: ProcessSettings,
        canary_of: CanaryOf = no_canary,
        server_adapters: str | None = None,
    ) -> None:
        self._settings = settings
        self._server_adapters = server_adapters
        self._canary_of = canary_of
        self._made: dict[BackendConfig, TextBackend] = {}

    def get(self, config: BackendConfig) -> TextBackend:
        """The backend of a configuration, made at its first use."""
        if config not in self._made:
            made = make_backend(config, self._settings, self._canary_of, self._server_adapters)
            self._made[config] = TracedBackend(made, config)
        return self._made[config]

    async def close(self) -> None:
        """Release all backends."""
        for backend in self._made.values():
            await backend.close()
        self._made.clear()
