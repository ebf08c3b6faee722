from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recdial.domain import ItemFacts
from services.grounding.rows import BadRow
from services.grounding.tmdb import NO_TITLE, item_facts

RECORD: dict[str, Any] = {
    "parent_asin": "T1",
    "title": "Alien",
    "overview": "A crew answers a signal.",
    "genres": [{"name": "Horror"}, {"name": "Science Fiction"}],
    "keywords": {"keywords": [{"name": "dread"}, {"name": "spaceship"}]},
    "casts": {
        "cast": [
            {"name": "Tom Skerritt", "known_for_department": "Acting", "popularity": 2.0},
            {"name": "Ridley Scott", "known_for_department": "Directing", "popularity": 99.0},
            {"name": "Sigourney Weaver", "known_for_department": "Acting", "popularity": 9.5},
        ],
        "crew": [
            {"name": "Ridley Scott", "department": "Directing", "job": "Director"},
            {"name": "Someone Else", "department": "Directing", "job": "Script Supervisor"},
            {"name": "Gordon Carroll", "department": "Production", "job": "Producer"},
        ],
    },
    "origin_country": ["GB", "US"],
    "belongs_to_collection": {"id": 8091, "name": "Alien Collection"},
    "release_year": 1979,
    "Visual Caption": "A dark poster with an egg.",
}

FACTS = ItemFacts(
    item_id="T1",
    title="Alien",
    year=1979,
    genres=("Horror", "Science Fiction"),
    keywords=("dread", "spaceship"),
    actors=("Sigourney Weaver", "Tom Skerritt"),
    directors=("Ridley Scott",),
    overview="A crew answers a signal.",
    collection="Alien Collection",
    countries=("GB", "US"),
    visual_caption="A dark poster with an egg.",
)

ENCODED = ("genres", "keywords", "casts", "origin_country", "belongs_to_collection")


def facts(**changes: object) -> ItemFacts:
    item = item_facts(RECORD | changes)
    assert item.faults == ()
    return item.facts


def test_every_fact_of_a_record_is_read() -> None:
    assert facts() == FACTS


@pytest.mark.parametrize("encode", [json.dumps, repr])
def test_fields_as_json_or_python_text_say_the_same(encode: Any) -> None:
    assert facts(**{name: encode(RECORD[name]) for name in ENCODED}) == FACTS


def test_text_within_a_field_may_be_encoded_again() -> None:
    casts = {name: repr(people) for name, people in RECORD["casts"].items()}
    assert facts(casts=json.dumps(casts)) == FACTS


def test_keywords_may_be_a_plain_list_of_objects_or_of_names() -> None:
    assert facts(keywords=[{"name": "dread"}, {"name": "spaceship"}]) == FACTS
    assert facts(keywords="['dread', 'spaceship']") == FACTS


@pytest.mark.parametrize("missing", [None, "", " ", math.nan, "nan", "None"])
def test_a_missing_field_is_empty_and_no_fault(missing: object) -> None:
    names = (*ENCODED, "overview", "Visual Caption", "release_year")
    assert facts(**dict.fromkeys(names, missing)) == ItemFacts(item_id="T1", title="Alien")


def test_python_text_is_never_executed(tmp_path: Any) -> None:
    target = tmp_path / "made"
    item = item_facts(RECORD | {"genres": f"[open({str(target)!r}, 'w').write('x')]"})
    assert not target.exists()
    assert [fault.kind for fault in item.faults] == ["malformed genres"]


@pytest.mark.parametrize(
    ("field", "value", "name", "empty"),
    [
        ("genres", "Horror, Action", "genres", ()),
        ("genres", {"name": "Horror"}, "genres", ()),
        ("genres", [{"id": 5}], "genres", ()),
        ("genres", [{"name": "a\x00"}], "genres", ()),
        ("genres", "[" * 100_000, "genres", ()),
        ("genres", "-" * 100_000 + "1", "genres", ()),
        ("keywords", "{'keywords': [", "keywords", ()),
        ("casts", {"cast": [5], "crew": []}, "actors", ()),
        ("casts", {"cast": [], "crew": "someone"}, "directors", ()),
        ("origin_country", 5, "countries", ()),
        ("belongs_to_collection", "[1]", "collection", ""),
        ("overview", ["x"], "overview", ""),
        ("overview", "half \ud83c", "overview", ""),
        ("release_year", "soon", "year", None),
        ("release_year", True, "year", None),
        ("release_year", 0, "year", None),
        ("Visual Caption", 5, "visual caption", ""),
    ],
)
def test_a_malformed_field_is_left_out_and_reported_and_the_item_is_kept(
    field: str, value: object, name: str, empty: object
) -> None:
    item = item_facts(RECORD | {field: value})
    assert [fault.kind for fault in item.faults] == [f"malformed {name}"]
    assert item.facts.title == "Alien"
    assert getattr(item.facts, name.replace(" ", "_")) == empty


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ({"release_year": 1979}, 1979),
        ({"release_year": 1979.0}, 1979),
        ({"release_year": "1979"}, 1979),
        ({"release_year": None, "release_date": "1979-05-25"}, 1979),
        ({"release_year": "", "release_date": ""}, None),
    ],
)
def test_the_year_is_read_from_release_year_or_release_date(
    fields: dict[str, object], year: int | None
) -> None:
    assert facts(**fields).year == year


def cast(*people: tuple[str, object]) -> dict[str, object]:
    return {
        "cast": [
            {"name": name, "known_for_department": "Acting", "popularity": popularity}
            for name, popularity in people
        ]
    }


def test_actors_of_unknown_popularity_come_last_in_the_order_of_billing() -> None:
    people = cast(("B", None), ("A", "high"), ("D", 1), ("C", math.nan), ("E", 2.5))
    assert facts(casts=people).actors == ("E", "D", "B", "A", "C")


def test_at_most_ten_distinct_actors_are_kept() -> None:
    people = cast(("A", 50), ("A", 49), *((f"actor {n}", 40 - n) for n in range(20)))
    actors = facts(casts=people).actors
    assert actors == ("A", *(f"actor {n}" for n in range(9)))


def test_without_jobs_all_of_the_directing_department_are_directors() -> None:
    crew = [
        {"name": "A", "department": "Directing"},
        {"name": "B", "department": "Directing"},
        {"name": "C", "department": "Sound"},
    ]
    assert facts(casts={"crew": crew}).directors == ("A", "B")


@pytest.mark.parametrize("title", [None, "", "  ", math.nan])
def test_a_record_without_a_title_takes_the_fallback_or_is_refused(title: object) -> None:
    record = RECORD | {"title": title}
    assert item_facts(record, fallback_title="From elsewhere").facts.title == "From elsewhere"
    with pytest.raises(BadRow) as refused:
        item_facts(record)
    assert refused.value.kind == NO_TITLE


def test_a_title_of_two_characters_is_refused_and_one_of_three_is_not() -> None:
    with pytest.raises(BadRow, match="'Up' is shorter than 3"):
        item_facts(RECORD | {"title": " Up "})
    assert facts(title="Ran").title == "Ran"


def test_titles_are_put_on_one_line() -> None:
    assert facts(title=" Alien:\n  Resurrection\t").title == "Alien: Resurrection"


@pytest.mark.parametrize("bad", ["a b", "a>b", "<id_a>", "a\nb", "a\x00", 5])
def test_an_id_a_dialogue_cannot_mention_is_refused(bad: object) -> None:
    with pytest.raises(BadRow, match="its id"):
        item_facts(RECORD | {"parent_asin": bad})


def test_a_record_without_id_is_refused_and_asin_stands_in() -> None:
    record = {key: value for key, value in RECORD.items() if key != "parent_asin"}
    with pytest.raises(BadRow, match="its id is None"):
        item_facts(record)
    assert item_facts(record | {"asin": "T9"}).facts.item_id == "T9"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "cast", "crew", "keywords", "x"]), inner)
    ),
    max_leaves=6,
)
field_values = values | values.map(repr) | values.map(json.dumps)


@given(st.dictionaries(st.sampled_from(sorted(RECORD)), field_values, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_fields_hold_an_item_is_read_or_refused_with_a_reason(
    changes: dict[str, object],
) -> None:
    try:
        item = item_facts(RECORD | changes)
    except BadRow:
        assert {"title", "parent_asin"} & set(changes)
    else:
        assert ItemFacts.model_validate_json(item.facts.model_dump_json()) == item.facts
        assert len(item.facts.actors) <= 10
