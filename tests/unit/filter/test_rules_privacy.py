"""Personal data is found, and the numbers of film talk are not taken for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate
from services.filter.rules.privacy import personal_data

Said = Callable[..., Candidate]


def find(said: Said, text: str) -> Reason | None:
    return personal_data(said("Hello there.", text))


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Write to jane.doe@example.org for it.", "jane.doe@example.org"),
        ("I am jane at example dot com, by the way.", "jane at example dot com"),
        ("Call me on 555-123-4567 tonight.", "555-123-4567"),
        ("My number is (555) 123-4567.", "(555) 123-4567"),
        ("Come over, 37b Wetherby Rise, Leeds LS9 4TQ.", "37b Wetherby Rise"),
        ("Ring +44 20 7946 0958 then.", "+44 20 7946 0958"),
        ("Just ring 555-0199.", "555-0199"),
        ("See https://example.org/users/jane for my list.", "https://example.org/users/jane"),
        ("My list is on letterboxd.com/jane_doe now.", "letterboxd.com/jane_doe"),
        ("Follow @jane_doe88 for more.", "@jane_doe88"),
        ("I live at 12 Maple Grove Road in town.", "12 Maple Grove Road"),
        ("Send the disc to 4 Elm Street, please.", "4 Elm Street"),
        ("It is 742 Birch Lane, Springfield, IL 62704.", "742 Birch Lane, Springfield, IL 62704"),
        ("My number is 123-45-6789.", "123-45-6789"),
        ("Charge 4111 1111 1111 1111 for the ticket.", "4111 1111 1111 1111"),
    ],
)
def test_personal_data_is_found_where_it_stands(said: Said, text: str, evidence: str) -> None:
    reason = find(said, text)

    assert reason is not None
    assert (reason.rule, reason.turn) == ("personal_data", 2)
    (place,) = reason.spans
    assert place.text == evidence == text[place.start : place.end]


@pytest.mark.parametrize(
    "text",
    [
        "It came out in 1999, runs 136 minutes and cost $63,000,000.",
        "From 1994-1998 I saw 2001, 1984, 300, 21 and 1917, all 8/10 or 9.5/10.",
        "<id_0883929012> and <id_5551234567> are both on <id_B000067J1J>.",
        "The numbers were 07 11 23 30 41 44, and I had none of them.",
        "84 Charing Cross Road, 21 Jump Street and 10 Cloverfield Lane are fine.",
        "A Nightmare on Elm Street is a classic, so is Mulholland Drive.",
        "You will find 77 Sunset Strip and 13 Rillington Place on Netflix.com.",
        "It is on imdb.com and on Amazon.com, 4 stars.",
        "I rate it 10/10, 5 stars, 100 %, season 2, episode 13, at 20:15 on 12/05/2004.",
        "You've got mail @ the cinema. Meet me at 8.",
        "THX 1138 and 12 Monkeys, then 50 First Dates, 101 Dalmatians, 10,000 BC.",
        "It made 1,342,321,665 dollars, 2,798 million in all.",
    ],
)
def test_film_talk_with_numbers_is_not_personal(said: Said, text: str) -> None:
    assert find(said, text) is None


def test_a_long_number_without_the_check_digit_of_a_card_is_none(said: Said) -> None:
    assert find(said, "Box 4111 1111 1111 1112 of the set.") is None


def test_every_finding_is_counted_once(said: Said) -> None:
    reason = personal_data(said("jane@example.org", "No.", "Mail jim@example.org or 555-0199."))

    assert reason is not None
    assert [place.turn for place in reason.spans] == [1, 3, 3]
    assert reason.detail == (
        "3 pieces of personal data: e-mail address (utterance 1), e-mail address (utterance 3), "
        "phone number (utterance 3)"
    )
