"""The faults, each a small function that does one thing to a site at work.

A fault may wait for what it broke to be there again, never for what that led to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from recdial.bus.topology import contract_queues
from tests.faults.model import Conduct
from tests.faults.site import SERVICES, Site


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    inject: Callable[[Site, Random], str]
    """Does it; what exactly, for the log."""
    loses_messages: bool = False
    """Whether messages are gone for good: `recdial resume` follows."""


def kill_service(site: Site, _rng: Random, service: str) -> str:
    site.kill(service)
    site.restart(service)
    return service


def terminate_service(site: Site, rng: Random) -> str:
    """End a service in order, and start it when it has ended or, as a rollout does, at once."""
    service = rng.choice(SERVICES)
    at_once = rng.random() < 0.5
    ending = site.terminate(service)
    if not at_once:
        ending.wait()
    site.restart(service)
    return f"{service}, {'the next beside it' if at_once else 'then the next'}"


def kill_broker(site: Site, _rng: Random) -> str:
    site.servers.rabbit.kill()
    site.servers.rabbit.start()
    return ""


def restart_broker(site: Site, _rng: Random) -> str:
    site.servers.rabbit.stop()
    site.servers.rabbit.start()
    return ""


def lose_broker(site: Site, _rng: Random) -> str:
    """The broker comes back without any queue, as from a disk that was lost."""
    site.servers.rabbit.kill()
    site.servers.rabbit.forget()
    site.servers.rabbit.start()
    site.mirror.open()
    site.resume()
    return ""


def lose_queue(site: Site, rng: Random) -> str:
    """A work queue is purged: mostly the fullest."""
    depths = {queue: site.place.depth(queue) for queue in contract_queues()}
    fullest = max(depths, key=lambda queue: depths[queue])
    queue = fullest if rng.random() < 0.75 else rng.choice(sorted(depths))
    purged = site.place.purge(queue)
    site.resume()
    return f"{purged} messages of {queue}"


def cut(site: Site, rng: Random, wire: str) -> str:
    share = rng.choice((0.3, 1.0))
    return f"{site.wires[wire].cut(share, rng)} connections"


def crash_store(site: Site, _rng: Random) -> str:
    site.servers.postgres.crash()
    site.servers.postgres.start()
    return ""


def restart_store(site: Site, _rng: Random) -> str:
    site.servers.postgres.stop()
    site.servers.postgres.start()
    return ""


def spoil_model(site: Site, rng: Random, conduct: Conduct) -> str:
    """It is away for a moment; or some prompts are too much for it, until they are given up."""
    if rng.random() < 0.25:
        seconds, share = rng.uniform(30.0, 40.0), rng.uniform(0.02, 0.1)
        site.model.misbehave(conduct, seconds, share, always_the_same=True)
        return f"for {share:.0%} of the prompts, {seconds:.1f} s"
    seconds, share = rng.uniform(1.0, 5.0), rng.choice((0.5, 1.0))
    site.model.misbehave(conduct, seconds, share)
    return f"for {share:.0%} of the requests, {seconds:.1f} s"


def duplicate(site: Site, rng: Random) -> str:
    return f"{site.mirror.repeat(rng.randint(1, 20), rng)} messages"


FAULTS = (
    *(Fault(f"kill -9 {service}", partial(kill_service, service=service)) for service in SERVICES),
    Fault("SIGTERM a service", terminate_service),
    Fault("kill -9 broker", kill_broker),
    Fault("restart broker", restart_broker),
    Fault("broker loses its disk", lose_broker, loses_messages=True),
    Fault("broker loses a queue", lose_queue, loses_messages=True),
    Fault("cut broker connections", partial(cut, wire="broker")),
    Fault("cut store connections", partial(cut, wire="store")),
    Fault("store crashes", crash_store),
    Fault("restart store", restart_store),
    *(
        Fault(f"model: {conduct.value}", partial(spoil_model, conduct=conduct))
        for conduct in Conduct
        if conduct is not Conduct.good
    ),
    Fault("duplicate deliveries", duplicate),
)
