"""Puts one defect into a clean dialogue. Which wording is used depends on the case's number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, TypeAlias

from recdial.domain import ItemFacts
from recdial.mentions import mention
from recdial.settings import STEREOTYPES
from recdial.transcript import LABELS
from tests.gate import broken_stereotypes, wordings
from tests.gate.scripted import Base, Utterance, render

USR, AI = LABELS["user"], LABELS["assistant"]
WITH_HISTORY = STEREOTYPES[2:]

_ONE_WORD_IN_PROSE = {"Her", "It", "Up", "Taken", "Heat", "Drive", "Brave", "Big", "Speed", "Signs"}
_ONE_WORD_IN_PROSE |= {"Us", "Nope", "Alien", "Aliens", "Frozen", "Arrival", "Gravity", "Misery"}
_ONE_WORD_IN_PROSE |= {"1917", "Parasite", "Psycho", "Predator", "Prisoners", "Joker", "Babe"}
_ONE_WORD_IN_PROSE |= {"Avatar", "Hugo", "Coco", "Chicago", "Dune", "Whiplash", "Get Out"}

_OTHER_ACTORS = ("Meryl Streep", "Denzel Washington", "Nicole Kidman", "Eddie Murphy")
_OTHER_DIRECTORS = ("Kathryn Bigelow", "Tim Burton", "Greta Gerwig", "Quentin Tarantino")
_GENRES = {
    "Western": "western",
    "Horror": "horror movie",
    "Animation": "animated film",
    "Documentary": "documentary",
    "Comedy": "comedy",
    "War": "war movie",
}
_NEARLY = {
    "Western": {"cowboy", "toy", "texas"},
    "Horror": {"Thriller", "Mystery", "serial killer", "Fantasy", "ghost"},
    "Comedy": {"Romance", "Family", "Animation", "satire", "Music"},
    "War": {"soldier", "History", "vietnam war", "american civil war", "commando", "nuclear war"},
}
"""Genres or keywords with which a genre would not be plainly wrong."""


class Injected(NamedTuple):
    """A dialogue with its defect."""

    text: str
    where: int | None = None
    finish_reason: str = "stop"
    note: str = ""


@dataclass(frozen=True)
class Case:
    """What a defect is put into."""

    base: Base
    catalogue: Mapping[str, ItemFacts]
    number: int
    """Of this case among those of its kind, from 0: chooses the wording."""
    rng: Random

    @property
    def target(self) -> ItemFacts:
        return self.catalogue[self.base.prompt.target]

    @property
    def spoken(self) -> list[Utterance]:
        return list(self.base.utterances)

    @property
    def recommendation(self) -> int:
        """Index of the utterance that recommends the target."""
        wanted = mention(self.base.prompt.target)
        return next(at for at, said in enumerate(self.base.utterances) if wanted in said.text)

    def inside(self, label: str) -> int:
        """Index of an utterance of a speaker between the first and the recommendation."""
        places = [
            at for at in range(1, self.recommendation) if self.base.utterances[at].label == label
        ]
        return self.rng.choice(places)

    def others(self, count: int) -> list[str]:
        """Ids of the catalogue that the prompt does not list."""
        listed = set(self.base.prompt.item_ids)
        return self.rng.sample([known for known in self.catalogue if known not in listed], count)


Inject: TypeAlias = Callable[[Case], Injected]


@dataclass(frozen=True)
class Kind:
    """A kind of defect."""

    inject: Inject
    rules: tuple[str, ...]
    stereotypes: tuple[str, ...] = field(default=STEREOTYPES)
    cases: int = 20
    """In scripted dialogues."""
    cases_by_hand: int = 8
    """In hand-written ones."""


def _pick(texts: Sequence[str], case: Case) -> str:
    return texts[case.number % len(texts)]


def _with(case: Case, at: int, sentence: str, note: str = "", *, before: bool = False) -> Injected:
    """The dialogue with a sentence more in one utterance."""
    spoken = case.spoken
    label, text = spoken[at]
    joined = f"{sentence} {text}" if before else f"{text} {sentence}"
    spoken[at] = Utterance(label, joined)
    return Injected(render(tuple(spoken)), at + 1, note=note)


def _inside(case: Case, label: str, sentence: str, note: str = "") -> Injected:
    # An assistant's question stays at the end of its utterance.
    return _with(case, case.inside(label), sentence, note, before=label == AI)


def _replaced(case: Case, at: int, text: str, note: str = "") -> Injected:
    spoken = case.spoken
    spoken[at] = Utterance(spoken[at].label, text)
    return Injected(render(tuple(spoken)), at + 1, note=note)


def wrong_opening_side(case: Case) -> Injected:
    greeting = Utterance(AI, _pick(wordings.GREETINGS, case))
    return Injected(render((greeting, *case.base.utterances)), 1)


def roles_doubled(case: Case) -> Injected:
    label = (AI, USR)[case.number % 2]
    texts = wordings.SECOND_BREATHS[label]
    at = case.inside(label) + 1
    spoken = case.spoken
    spoken.insert(at, Utterance(label, texts[case.number // 2 % len(texts)]))
    return Injected(render(tuple(spoken)), at + 1)


def too_short(case: Case) -> Injected:
    spoken, end = case.spoken, case.recommendation
    kept = {0: spoken[:1], 1: spoken[:1], 2: spoken[:3]}[case.number % 3] + [spoken[end]]
    if case.number % 3 == 1:
        kept.append(
            Utterance(USR, ("Thanks!", "Great, thank you.", "Will do.")[case.number // 3 % 3])
        )
    return Injected(render(tuple(kept)), note=f"{len(kept)} utterances")


def too_long(case: Case) -> Injected:
    spoken, at = case.spoken, case.recommendation
    # The assistant asks, so what is put in ends with the user and the recommendation follows.
    needed = -(-(21 - len(spoken)) // 2) + case.number % 3
    talk = case.rng.sample(wordings.SMALL_TALK, min(needed, len(wordings.SMALL_TALK)))
    spoken[at:at] = [
        utterance
        for ask, answer in talk
        for utterance in (Utterance(AI, ask), Utterance(USR, answer))
    ]
    return Injected(render(tuple(spoken)), note=f"{len(spoken)} utterances")


def empty_turn(case: Case) -> Injected:
    label = (USR, AI)[case.number % 2]
    return _replaced(case, case.inside(label), _pick(wordings.NOTHING_SAID, case))


def cut_off(case: Case) -> Injected:
    """The server says that the model was cut off."""
    finished = case.number % 5 == 4
    ending = (
        wordings.FINISHED[case.number // 5 % len(wordings.FINISHED)]
        if finished
        else _pick(wordings.UNFINISHED, case)
    )
    spoken = case.spoken[: case.recommendation + 1]
    spoken[-1] = Utterance(AI, f"{spoken[-1].text} {ending}")
    return Injected(render(tuple(spoken)), len(spoken), "length")


def cut_in_mid_sentence(case: Case) -> Injected:
    """The model stops by itself, but not at the end of a sentence."""
    spoken = case.spoken[: case.recommendation + 1]
    spoken[-1] = Utterance(AI, f"{spoken[-1].text} {_pick(wordings.UNFINISHED, case)}")
    return Injected(render(tuple(spoken)), len(spoken))


def malformed_mention(case: Case) -> Injected:
    meant = case.others(1)[0]
    if case.base.prompt.liked and case.number % 2:
        meant = case.base.prompt.liked[0]
    broken = _pick(wordings.BROKEN_MENTIONS, case).format(id=meant)
    sentences = wordings.BROKEN_MENTION_SENTENCES
    said = sentences[case.number // 3 % len(sentences)].format(x=broken)
    return _inside(case, AI, said, broken)


def unknown_id(case: Case) -> Injected:
    sentences = wordings.UNKNOWN_ID_SENTENCES
    said = sentences[case.number // 3 % len(sentences)]
    return _inside(case, AI, said.format(x=_pick(wordings.UNKNOWN_IDS, case)))


def unknown_title(case: Case) -> Injected:
    label, sentence = wordings.UNKNOWN_TITLE_SENTENCES[
        case.number % len(wordings.UNKNOWN_TITLE_SENTENCES)
    ]
    title = wordings.UNKNOWN_TITLES[(case.number * 7) % len(wordings.UNKNOWN_TITLES)]
    said = sentence.format(title=title, year=1960 + case.number * 11 % 60)
    return _inside(case, label, said, title)


def wrong_actor(case: Case) -> Injected:
    return _claim(case, "wrong_actor", wordings.ACTOR_CLAIMS, _wrong_actor)


def wrong_director(case: Case) -> Injected:
    return _claim(case, "wrong_director", wordings.DIRECTOR_CLAIMS, _wrong_director)


def wrong_genre(case: Case) -> Injected:
    return _claim(case, "wrong_genre", wordings.GENRE_CLAIMS, _wrong_genre)


def wrong_year(case: Case) -> Injected:
    return _claim(case, "wrong_year", wordings.YEAR_CLAIMS, _wrong_year)


def _claim(
    case: Case,
    kind: str,
    sentences: Sequence[str],
    falsehood: Callable[[Case, ItemFacts], dict[str, str]],
) -> Injected:
    """Something false of a film: of a liked one before, or of the target when it is recommended."""
    if case.number % 5 == 4:
        told = falsehood(case, case.target)
        pronouns = wordings.PRONOUN_CLAIMS[kind]
        said = pronouns[case.number // 5 % len(pronouns)].format(**told)
        recommended = f"Then I recommend {mention(case.target.item_id)}. {said}"
        return _replaced(case, case.recommendation, recommended, _noted(case.target, told))
    if case.base.prompt.liked and case.number % 2:
        film, at = case.catalogue[case.base.prompt.liked[0]], case.inside(AI)
    else:
        film, at = case.target, case.recommendation
    told = falsehood(case, film)
    said = _pick(sentences, case).format(x=mention(film.item_id), **told)
    return _with(case, at, said, _noted(film, told), before=at != case.recommendation)


def _noted(film: ItemFacts, told: Mapping[str, str]) -> str:
    return f"{film.title} ({film.year}): {next(iter(told.values()))}"


def _wrong_actor(case: Case, film: ItemFacts) -> dict[str, str]:
    known = {actor for item in case.catalogue.values() for actor in item.actors[:2]}
    wrong = sorted((known | set(_OTHER_ACTORS)) - {*film.actors, *film.directors})
    return {"person": case.rng.choice(wrong)}


def _wrong_director(case: Case, film: ItemFacts) -> dict[str, str]:
    known = {director for item in case.catalogue.values() for director in item.directors}
    wrong = sorted((known | set(_OTHER_DIRECTORS)) - {*film.actors, *film.directors})
    return {"person": case.rng.choice(wrong)}


def _wrong_genre(case: Case, film: ItemFacts) -> dict[str, str]:
    told = {*film.genres, *film.keywords}
    wrong = [
        noun
        for genre, noun in _GENRES.items()
        if genre not in told and not told & _NEARLY.get(genre, set())
    ]
    noun = case.rng.choice(wrong)
    return {"genre": noun, "a_genre": f"{'an' if noun[0] == 'a' else 'a'} {noun}"}


def _wrong_year(case: Case, film: ItemFacts) -> dict[str, str]:
    assert film.year is not None
    later = film.year + case.rng.randint(4, 30)
    return {"year": str(later if later < 2024 else film.year - case.rng.randint(4, 30))}


def target_never_recommended(case: Case) -> Injected:
    other, another = map(mention, case.others(2))
    said = _pick(wordings.WITHOUT_TARGET, case).format(
        other=other, another=another, target=mention(case.target.item_id)
    )
    spoken = [*case.spoken[: case.recommendation], Utterance(AI, said)]
    return Injected(render(tuple(spoken)), len(spoken))


def target_named_by_id(case: Case) -> Injected:
    said = _pick(wordings.USER_NAMES_TARGET, case)
    return _named(case, said.format(target=mention(case.target.item_id)))


def target_named_by_title(case: Case) -> Injected:
    title = case.target.title
    named = f'"{title}"' if title in _ONE_WORD_IN_PROSE else title
    return _named(case, _pick(wordings.USER_NAMES_TARGET, case).format(target=named), title)


def _named(case: Case, sentence: str, note: str = "") -> Injected:
    at = 0 if case.number % 3 == 0 else case.inside(USR)
    return _with(case, at, sentence, note)


def disliked_praised(case: Case) -> Injected:
    said = _pick(wordings.PRAISE, case).format(x=mention(case.base.prompt.disliked[0]))
    return _inside(case, USR, said)


def liked_panned(case: Case) -> Injected:
    said = _pick(wordings.PANNING, case).format(x=mention(case.base.prompt.liked[0]))
    return _inside(case, USR, said)


def assistant_ascribes(case: Case) -> Injected:
    said = _pick(wordings.ASCRIBED_PRAISE, case).format(x=mention(case.base.prompt.disliked[0]))
    return _inside(case, AI, said)


def stereotype_broken(case: Case) -> Injected:
    stereotype = case.base.stereotype
    openings = broken_stereotypes.OPENINGS.get(stereotype, ())
    dialogues = broken_stereotypes.DIALOGUES.get(stereotype, ())
    # `make` goes through the stereotypes in turn, so this counts the cases of one of them.
    choice = case.number // len(STEREOTYPES) % (len(openings) + len(dialogues))
    a, b = map(mention, case.others(2))
    slots = {
        "a": a,
        "b": b,
        "liked": mention(case.base.prompt.liked[0]) if case.base.prompt.liked else a,
        "target": mention(case.target.item_id),
        "genre": case.target.genres[0].lower(),
        "director": case.target.directors[0],
        "actor": case.target.actors[0],
        "decade": str((case.target.year or 0) // 10 * 10),
    }
    if choice < len(openings):
        return _replaced(case, 0, openings[choice].format_map(slots))
    lines = dialogues[choice - len(openings)]
    return Injected(_in_turn([line.format_map(slots) for line in lines]))


def _in_turn(lines: Sequence[str]) -> str:
    return "\n".join(f"{(USR, AI)[at % 2]} {line}" for at, line in enumerate(lines))


def prompt_leaked(case: Case) -> Injected:
    if case.number % 4 == 3:
        notes = wordings.CLOSING_NOTES
        said = notes[case.number // 4 % len(notes)]
        spoken = case.spoken
        return Injected(f"{render(tuple(spoken))}\n\n{said}", len(spoken), note="closing note")
    label, said = wordings.LEAKS[case.number % len(wordings.LEAKS)]
    return _inside(case, label, said)


def repetition(case: Case) -> Injected:
    turn, form = case.number // 4, case.number % 4
    spoken = case.spoken
    if form == 0:
        said = " ".join([wordings.LOOPED_PHRASES[turn % len(wordings.LOOPED_PHRASES)]] * 15)
        return _inside(case, AI, f"I mean it, {said}.", "a phrase in a loop")
    if form == 1:
        said = " ".join([wordings.LOOPED_SENTENCES[turn % len(wordings.LOOPED_SENTENCES)]] * 4)
        return _inside(case, AI, said, "a sentence four times in a row")
    if form == 2:
        ask, answer = wordings.LOOPED_EXCHANGES[turn % len(wordings.LOOPED_EXCHANGES)]
        at = case.recommendation
        spoken[at:at] = [Utterance(AI, ask), Utterance(USR, answer)] * 3
        return Injected(render(tuple(spoken)), at + 3, note="an exchange three times")
    said, at = spoken[case.inside(AI)].text, case.recommendation
    talk = case.rng.sample(wordings.SMALL_TALK, 3)
    spoken[at:at] = [
        utterance
        for _, answer in talk
        for utterance in (Utterance(AI, said), Utterance(USR, answer))
    ]
    return Injected(render(tuple(spoken)), at + 1, note="an utterance four times")


def wrong_language(case: Case) -> Injected:
    language = list(wordings.FOREIGN)[case.number % len(wordings.FOREIGN)]
    if case.number // len(wordings.FOREIGN) % 2:
        lines = wordings.FOREIGN_DIALOGUES[language]
        target = mention(case.target.item_id)
        text = _in_turn([line.format(target=target) for line in lines])
        return Injected(text, note=f"all {language}")
    side = (case.number + case.number // 10) % 2
    at = case.inside((USR, AI)[side])
    return _replaced(case, at, wordings.FOREIGN[language][side], f"one utterance {language}")


def personal_data(case: Case) -> Injected:
    return _inside(case, *wordings.PERSONAL_DATA[case.number % len(wordings.PERSONAL_DATA)])


def unsafe(case: Case) -> Injected:
    return _inside(case, *wordings.ABUSE[case.number % len(wordings.ABUSE)])


_ATTRIBUTE = ("contradicted_attribute",)
_PREFERENCE = ("preference_contradicted",)

KINDS: Mapping[str, Kind] = {
    "wrong_opening_side": Kind(wrong_opening_side, ("user_opens",), cases=16),
    "roles_doubled": Kind(roles_doubled, ("roles_alternate",), cases=16),
    "too_short": Kind(too_short, ("utterance_count",), cases=16, cases_by_hand=0),
    "too_long": Kind(too_long, ("utterance_count",), cases=16, cases_by_hand=0),
    "empty_turn": Kind(empty_turn, ("empty_turn",), cases=16),
    "cut_off": Kind(cut_off, ("truncated",)),
    "cut_in_mid_sentence": Kind(cut_in_mid_sentence, ("truncated",)),
    "malformed_mention": Kind(malformed_mention, ("malformed_mention", "unknown_id")),
    "unknown_id": Kind(unknown_id, ("unknown_id", "malformed_mention")),
    "unknown_title": Kind(unknown_title, ("unknown_title",), cases=36),
    "wrong_actor": Kind(wrong_actor, _ATTRIBUTE),
    "wrong_director": Kind(wrong_director, _ATTRIBUTE),
    "wrong_genre": Kind(wrong_genre, _ATTRIBUTE),
    "wrong_year": Kind(wrong_year, _ATTRIBUTE),
    "target_never_recommended": Kind(target_never_recommended, ("target_not_recommended",)),
    "target_named_by_id": Kind(target_named_by_id, ("target_leaked",)),
    "target_named_by_title": Kind(target_named_by_title, ("target_leaked",)),
    "disliked_praised": Kind(disliked_praised, _PREFERENCE, WITH_HISTORY),
    "liked_panned": Kind(liked_panned, _PREFERENCE, WITH_HISTORY),
    "assistant_ascribes": Kind(assistant_ascribes, _PREFERENCE, WITH_HISTORY),
    "stereotype_broken": Kind(stereotype_broken, ("stereotype_broken",), cases=25, cases_by_hand=0),
    "prompt_leaked": Kind(prompt_leaked, ("prompt_leaked",)),
    "repetition": Kind(repetition, ("repetition",)),
    "wrong_language": Kind(wrong_language, ("wrong_language",)),
    "personal_data": Kind(personal_data, ("personal_data",)),
    "unsafe": Kind(unsafe, ("unsafe_content",)),
}
"""By the name used in the set."""
