"""How a prompt's facts are spoken: the slots that phrases are filled with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from typing import TypeVar

from recdial.mentions import mention
from recdial.promptfacts import PromptFacts, PromptItem

_T = TypeVar("_T")

_GENRE_NOUNS = {
    "action": "action movie",
    "adventure": "adventure",
    "animation": "animated movie",
    "comedy": "comedy",
    "crime": "crime movie",
    "documentary": "documentary",
    "drama": "drama",
    "history": "historical movie",
    "music": "music movie",
    "mystery": "mystery",
    "romance": "romance",
    "thriller": "thriller",
    "tv movie": "TV movie",
    "western": "western",
}

_MOODS = {
    "action": ("get my pulse up", "watch something loud and fast"),
    "adventure": ("go somewhere far away", "feel the wind of the open road"),
    "animation": ("see something colourful", "feel like a child again"),
    "comedy": ("laugh and forget the day", "have some silly fun", "smile without much thinking"),
    "crime": ("be pulled into something shady", "see clever people up to no good"),
    "documentary": ("learn something true", "look at the world as it is"),
    "drama": ("be moved a little", "feel something real", "see people I can believe in"),
    "family": ("share something gentle", "see something everybody can enjoy"),
    "fantasy": ("escape into another world", "see a bit of magic"),
    "history": ("step into another time", "feel how people used to live"),
    "horror": ("get a good scare", "sleep with the lights on afterwards"),
    "music": ("tap my feet", "hear some good tunes"),
    "mystery": ("puzzle over something", "work out a secret"),
    "romance": ("feel warm inside", "believe in love for two hours"),
    "science fiction": ("wonder about the future", "see something out of this world"),
    "thriller": ("sit on the edge of my seat", "be kept guessing", "hold my breath for a while"),
    "war": ("watch something with weight", "see people tested to the limit"),
    "western": ("see dust and wide open skies", "ride into the sunset"),
}
_ANY_MOOD = (
    "switch my head off",
    "get away from everything",
    "be taken by surprise",
    "let the evening drift by",
)

_OCCASIONS = (
    "It has been a long week",
    "I just got home from work",
    "It is raining and I am staying in",
    "I have a free evening for once",
    "The kids are finally asleep",
    "I cannot sleep",
    "I had a rather dull day",
    "My plans fell through",
    "I am ill in bed",
    "Dinner is in the oven",
    "I have nothing planned tonight",
    "I am on a slow train home",
    "It is my first night off in ages",
    "My exams are over",
    "I am visiting my parents",
    "It is a lazy Sunday",
    "A friend is coming over",
    "I am alone at home tonight",
)

_LABELS_NOT_THEMES = frozenset(
    {
        "aftercreditsstinger",
        "duringcreditsstinger",
        "independent film",
        "remake",
        "sequel",
        "title spoken by character",
        "woman director",
    }
)
_NO_THEME = re.compile(r"based on|[0-9]")
_LONGEST_NAME = 28
_SPEAKABLE = re.compile(r"[\w' .,&-]+")


def slots(facts: PromptFacts, rng: Random) -> dict[str, str]:
    """What phrases may be filled with, by slot name. A slot without a fact is left out.

    Facts that would name a listed movie by its title are never spoken.
    """
    titles = _title_pattern((*facts.liked, *facts.disliked, facts.target))
    return {
        "target": mention(facts.target.item_id),
        "occasion": rng.choice(_OCCASIONS),
        **_mood_slots(facts.target, titles, rng),
        **_target_slots(facts.target, titles, rng),
        **_history_slots(facts, titles, rng),
    }


def _mood_slots(target: PromptItem, titles: re.Pattern[str], rng: Random) -> Mapping[str, str]:
    genres = [genre for genre in _speakable(target.genres, titles) if genre.casefold() in _MOODS]
    if not genres:
        mood = rng.choice(_ANY_MOOD)
        return {"mood": mood, "your_mood": _to_you(mood)}
    genre = rng.choice(genres)
    mood = rng.choice(_MOODS[genre.casefold()])
    return {
        "mood": mood,
        "your_mood": _to_you(mood),
        "a_mood_genre": _with_article(genre_noun(genre)),
    }


def _target_slots(target: PromptItem, titles: re.Pattern[str], rng: Random) -> Mapping[str, str]:
    genres = _speakable(target.genres, titles)
    found = {
        **_numbered("genre", [genre_noun(genre) for genre in genres]),
        **_numbered("a_genre", [_with_article(genre_noun(genre)) for genre in genres]),
        **_numbered("theme", _shuffled(_themes(target, titles), rng)),
        **_numbered("actor", _shuffled(_cast(target, titles), rng)),
        **_numbered("director", _speakable(target.directors, titles)),
    }
    if target.year is not None:
        found["decade"] = f"{target.year // 10 * 10}s"
    return found


def _history_slots(facts: PromptFacts, titles: re.Pattern[str], rng: Random) -> Mapping[str, str]:
    liked, disliked = _shuffled(facts.liked, rng), _shuffled(facts.disliked, rng)
    count = Counter(genre for item in liked for genre in _speakable(item.genres, titles))
    usual = next((genre for genre, times in count.most_common(1) if times > 1), None)
    # Examples of the usual genre come first: `{usual} like {liked} and {liked2}` has to be true.
    liked.sort(key=lambda item: usual not in item.genres)
    found = {
        **_numbered("liked", [mention(item.item_id) for item in liked]),
        **_numbered("disliked", [mention(item.item_id) for item in disliked]),
    }
    if liked:
        found |= _numbered("liked_theme", _shuffled(_themes(liked[0], titles), rng))
        found |= _numbered("liked_actor", _cast(liked[0], titles))
        found |= _numbered("liked_director", _speakable(liked[0].directors, titles))
    if disliked:
        found |= _numbered("disliked_theme", _shuffled(_themes(disliked[0], titles), rng))
    if usual:
        found["usual"] = _plural(genre_noun(usual))
    new = [genre for genre in _speakable(facts.target.genres, titles) if genre != usual]
    if new:
        # The genre least liked so far is the best hint of a change.
        rarest = min(new, key=lambda genre: count[genre])
        found["a_new_genre"] = _with_article(genre_noun(rarest))
    return found


def _numbered(name: str, values: Iterable[str]) -> dict[str, str]:
    """`name`, `name2`, `name3` for the first three different values."""
    return dict(zip((name, f"{name}2", f"{name}3"), dict.fromkeys(values), strict=False))


def _shuffled(values: Iterable[_T], rng: Random) -> list[_T]:
    found = list(values)
    rng.shuffle(found)
    return found


def _cast(item: PromptItem, titles: re.Pattern[str]) -> list[str]:
    """The head of the cast, without those who also direct: they are spoken of as directors."""
    actors = [name for name in item.actors if name not in item.directors]
    return _speakable(actors, titles)[:3]


def _themes(item: PromptItem, titles: re.Pattern[str]) -> list[str]:
    return [
        keyword
        for keyword in _speakable(item.keywords, titles)
        if keyword not in _LABELS_NOT_THEMES and not _NO_THEME.match(keyword)
    ]


def _speakable(names: Iterable[str], titles: re.Pattern[str]) -> list[str]:
    return [
        name
        for name in names
        if len(name) <= _LONGEST_NAME and _SPEAKABLE.fullmatch(name) and not titles.search(name)
    ]


def _title_pattern(items: Iterable[PromptItem]) -> re.Pattern[str]:
    titles = sorted({item.title for item in items if item.title})
    if not titles:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, titles))})(?!\w)", re.IGNORECASE)


def genre_noun(genre: str) -> str:
    """What a movie of a TMDB genre is called, e.g. Horror → horror movie, Drama → drama."""
    return _GENRE_NOUNS.get(genre.casefold(), f"{genre.lower()} movie")


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def _to_you(wish: str) -> str:
    return re.sub(r"\bI\b", "you", re.sub(r"\bmy\b", "your", wish))


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
