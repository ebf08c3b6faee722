"""`python scripts/answers.py URL`: does the RabbitMQ or Postgres at a URL answer, and let us in?

Exit status 0: yes. 1: nobody answers there. 2: somebody does, and refuses us (the reason is
printed).
"""

from __future__ import annotations

import asyncio
import logging
import sys

import aio_pika
import asyncpg
from aio_pika.exceptions import AuthenticationError, ConnectionClosed, ProbableAuthenticationError

TIMEOUT_S = 5.0
REFUSALS = (
    AuthenticationError,
    ConnectionClosed,
    ProbableAuthenticationError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


async def ask(url: str) -> None:
    """Log in and out again."""
    if url.startswith("amqp"):
        broker = await aio_pika.connect(url, timeout=TIMEOUT_S)
        await broker.close()
    else:
        server = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=TIMEOUT_S)
        await server.close()


def main() -> int:
    """Ask the server named on the command line."""
    logging.disable()  # aio-pika reports a server that is not there, which is our answer
    try:
        asyncio.run(ask(sys.argv[1]))
    except REFUSALS as refusal:
        print(f"refused: {refusal}")
        return 2
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
