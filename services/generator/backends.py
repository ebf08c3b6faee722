"""Makes the text backend a role's configuration asks for, and keeps it while it is used."""

from __future__ import annotations

from recdial.llm import TextBackend
from recdial.llm.limited import LimitedBackend
from recdial.llm.limits import AdaptiveLimit
from recdial.llm.local_models import resolve_model
from recdial.llm.traced import TracedBackend
from recdial.settings import BackendConfig, ProcessSettings
from services.generator.patience import GatedBackend
from services.generator.spreading import Server, SpreadBackend


def make_backend(config: BackendConfig, settings: ProcessSettings) -> TextBackend:
    """The backend of a configuration. Raises BackendError where it cannot be had."""
    if config.backend == "scripted":
        from services.generator.scripted import ScriptedBackend

        return ScriptedBackend()
    if config.backend == "hub":
        from recdial.llm.hub import HubBackend

        servers = []
        for url in config.base_urls:
            limit = AdaptiveLimit(config.max_in_flight)
            hub = HubBackend(url, config.model, timeout_s=config.timeout_s)
            servers.append(Server(GatedBackend(LimitedBackend(hub, limit)), limit))
        return SpreadBackend(servers)
    from services.generator.local import LocalBackend

    return LocalBackend(
        resolve_model(config.model, settings.models),
        name=config.model,
        batch_size=config.batch_size,
        threads=config.threads,
    )


class Backends:
    """The backends in use, one for each distinct configuration."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._made: dict[BackendConfig, TextBackend] = {}

    def get(self, config: BackendConfig) -> TextBackend:
        """The backend of a configuration, made at its first use."""
        if config not in self._made:
            made = make_backend(config, self._settings)
            self._made[config] = TracedBackend(made, config)
        return self._made[config]

    async def close(self) -> None:
        """Release all backends."""
        for backend in self._made.values():
            await backend.close()
        self._made.clear()
