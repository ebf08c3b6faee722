"""Paths and URLs of a configuration, and what is shown of a URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.locations import TMDB_API, location, text_without_secrets, without_secrets
from recdial.settings import SourceConfig


@pytest.mark.parametrize(
    "url",
    [
        "https://host/a.jsonl",
        "http://me:pass@[::1]:8080/a?b=c#sha256=d",
        "hf://datasets/lab/Reviews@main/a.jsonl",
        "s3://bucket/a:b/c.parquet",
        "file:///a/b.jsonl",
    ],
)
def test_a_url_stays_a_url(url: str) -> None:
    assert location(url) == url


@pytest.mark.parametrize("path", ["a.jsonl", "/a/b.jsonl", "~/a", "a:b", "http:/a", "./api"])
def test_anything_else_is_a_path(path: str) -> None:
    assert location(path) == Path(path)


def test_the_api_is_neither() -> None:
    assert location(TMDB_API) == TMDB_API


@pytest.mark.parametrize(
    "url", ["https:///a", "http://host:port/a", "http://[host/a", "https://me:sec/ret@host/a"]
)
def test_a_url_that_names_no_server_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL that can be read") as caught:
        location(url)
    assert url.partition("://")[2] not in str(caught.value)
    assert "sec" not in str(caught.value)
    with pytest.raises(ValueError, match="tmdb"):
        SourceConfig.model_validate({"reviews": "a.jsonl", "tmdb": url})


def test_a_text_is_shown_without_the_secrets_of_its_urls() -> None:
    text = "403 for 'https://me:pass@cdn/a?sig=1' and <s3://k:s@b/c> at http://[x?key=1 now"
    shown = "403 for 'https://cdn/a?…' and <s3://b/c> at http://… now"
    assert text_without_secrets(text) == shown


@given(st.text(alphabet="ab:/@[]&=.% ", max_size=20))
def test_no_secret_is_shown_whatever_the_path(path: str) -> None:
    shown = without_secrets(f"https://me:secret@host/{path}?secret#secret")
    assert shown.startswith("https://host/")
    assert "secret" not in shown


@given(st.text(max_size=20))
def test_any_text_can_be_shown(text: str) -> None:
    assert text_without_secrets(f"at https://{text}").startswith("at https://")
