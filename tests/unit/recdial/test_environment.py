"""What a process is told by its environment, and how it complains."""

from __future__ import annotations

import pytest

from recdial.environment import EnvironmentInvalid, read_environment
from recdial.process_settings import ServiceProcessSettings, StoreSettings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RECDIAL_AMQP_URL", "RECDIAL_DATABASE_URL", "RECDIAL_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_usual_form_of_a_postgres_url_will_do(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECDIAL_DATABASE_URL", f"{scheme}://u:p@h:5432/db")
    found = read_environment(StoreSettings).database_url.get_secret_value()
    assert found == "postgresql+asyncpg://u:p@h:5432/db"


def test_everything_missing_is_named_at_once_with_its_meaning() -> None:
    with pytest.raises(EnvironmentInvalid) as raised:
        read_environment(ServiceProcessSettings)
    said = str(raised.value)
    assert "RECDIAL_AMQP_URL: is not set. The broker, e.g. amqp://" in said
    assert "RECDIAL_DATABASE_URL: is not set. The store, e.g. postgresql://" in said


def test_a_wrong_value_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECDIAL_DATABASE_URL", "sqlite:///secret.db")
    monkeypatch.setenv("RECDIAL_AMQP_URL", "amqp://u:p@h/")
    monkeypatch.setenv("RECDIAL_HTTP_PORT", "eighty")
    with pytest.raises(EnvironmentInvalid) as raised:
        read_environment(ServiceProcessSettings)
    said = str(raised.value)
    assert "RECDIAL_HTTP_PORT" in said
    assert "RECDIAL_DATABASE_URL: Value error, must begin with postgresql://" in said
    assert "secret" not in said
    assert "eighty" not in said


def test_addresses_do_not_show_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECDIAL_DATABASE_URL", "postgresql://user:hidden@h/db")
    monkeypatch.setenv("RECDIAL_AMQP_URL", "amqp://user:hidden@h/")
    assert "hidden" not in repr(read_environment(ServiceProcessSettings))
