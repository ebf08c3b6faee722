"""Talks to the control API of a cluster (served by grounding), and explains what goes wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, TypeVar

import httpx
import typer
from pydantic import TypeAdapter

TOKEN_VARIABLE = "RECDIAL_API_TOKEN"

ApiOption = Annotated[
    str, typer.Option("--api", metavar="URL", help="The cluster's API, e.g. http://localhost:8000.")
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help=f"File with the API token [default: the environment's {TOKEN_VARIABLE}].",
    ),
]

T = TypeVar("T")

_CONNECT_S = 5.0
_ANSWER_S = 120.0


class ApiError(Exception):
    """The API refused a request, or answered what is no answer."""


class ApiUnreachable(ApiError):
    """Nobody answers at the API's address."""


class Api:
    """A client of one cluster."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is where grounding listens. Raises ApiError for what is no HTTP URL."""
        if not url.startswith(("http://", "https://")):
            raise ApiError(f"--api {url}: must be an http:// or https:// URL")
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
        )

    def get(self, path: str, answer: type[T], **parameters: Any) -> T:
        """Ask for something. Raises ApiError and ApiUnreachable."""
        return self._ask("GET", path, answer, params=parameters)

    def post(
        self, path: str, answer: type[T], body: Any = None, headers: dict[str, str] | None = None
    ) -> T:
        """Have something done. Raises ApiError and ApiUnreachable."""
        return self._ask("POST", path, answer, json=body, headers=headers)

    def _ask(self, method: str, path: str, answer: type[T], **options: Any) -> T:
        try:
            response = self._client.request(method, path, **options)
        except httpx.TransportError as error:
            raise ApiUnreachable(
                f"{self._url} does not answer: {error or type(error).__name__}. Is this where a "
                "grounding service listens? See docs/operations.md"
            ) from error
        if response.is_error:
            raise ApiError(f"{self._url} refuses: {_detail(response)}")
        try:
            return TypeAdapter(answer).validate_json(response.content)
        except ValueError as error:
            raise ApiError(
                f"{self._url}{path} answers something else than recdial's API does; is another "
                f"program listening there? {error}"
            ) from error


def connect(url: str, token_file: Path | None) -> Api:
    """A client with the token of the file, or else of the environment. Raises ApiError."""
    return Api(url, _token(token_file))


def _token(file: Path | None) -> str:
    if file is not None:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ApiError(f"--token-file {file}: cannot be read: {error}") from error
        if not token:
            raise ApiError(f"--token-file {file}: is empty")
        return token
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise ApiError(f"no API token: set {TOKEN_VARIABLE} or give --token-file")
    return token


def _detail(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = response.text[:500]
    return f"{response.status_code} {response.reason_phrase}: {detail}"
