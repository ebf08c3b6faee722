"""Utterances in another language are found, foreign names and titles are fine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.language import wrong_language

pytest.importorskip("pycld2", reason="the language detector is not installed")

Said = Callable[..., Candidate]

SPANISH = "Me encantó esa película, la vi dos veces con mi hermana el verano pasado."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", SPANISH),
        ("fr", "J'ai beaucoup aimé ce film, surtout la fin, et la musique est magnifique."),
        ("de", "Ich habe den Film schon gesehen, er war großartig. Kennst du etwas Ähnliches?"),
        ("it", "Mi è piaciuto molto quel film, grazie mille. Ne hai un altro da consigliarmi?"),
        ("ru", "Мне очень понравился этот фильм, спасибо за совет, посмотрю сегодня вечером."),
    ],
)
def test_an_utterance_in_another_language_is_found(said: Said, language: str, text: str) -> None:
    reason = wrong_language(said("I liked <id_T1> a lot, what else is there?", text))

    assert reason is not None
    assert (reason.rule, reason.turn) == ("wrong_language", 2)
    assert [place.text for place in reason.spans] == [text]
    assert f"{language} (utterance 2)" in reason.detail


@pytest.mark.parametrize(
    "text",
    [
        "Merci beaucoup!",
        "Hasta la vista, baby!",
        "I loved Amélie and La Dolce Vita, Audrey Tautou is superb.",
        "Cidade de Deus by Fernando Meirelles blew me away.",
        "Y Tu Mamá También, directed by Alfonso Cuarón, starring Gael García Bernal.",
        "Nosferatu, eine Symphonie des Grauens is a silent horror film by F. W. Murnau.",
        "Kurosawa's Seven Samurai with Toshiro Mifune and Takashi Shimura.",
        "<id_T1> <id_T2> <id_T9>",
        "",
        "\x00\ud7ff\ufffd",
    ],
)
def test_foreign_names_and_greetings_are_fine(said: Said, text: str) -> None:
    assert wrong_language(said("Hi.", text)) is None


def test_the_wanted_language_is_that_of_the_run(said: Said) -> None:
    assert wrong_language(said(SPANISH, language="es")) is None
    assert wrong_language(said(SPANISH, language="")) is None
    assert wrong_language(said(SPANISH, language="fr")) is not None
