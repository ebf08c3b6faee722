"""A copy with other words is a near-duplicate; two dialogues of one template are none."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.filter.near_duplicates import near_duplicates

pytest.importorskip("datasketch", reason="the index of near duplicates is not installed")

RAIN = """It's pouring outside and I could do with something warm. Any ideas?
Would you rather laugh or be moved a little?
A bit of both, as long as nobody dies at the end.
Is a story about cooking all right, or would that make you hungry?
Hungry is fine, I have a cake in the oven.
Then I recommend <id_T1>: a rat becomes a chef in Paris, it's funny and it has a big heart.
That sounds lovely, thank you."""

SHELF = """I adored <id_T2> and <id_T3>, but <id_T4> left me cold. What would you suggest next?
What did you like about <id_T2>, the heist or the people?
The people, and that nobody explains the plan three times.
Does it have to be a crime film again?
Preferably, though I don't insist on it.
How violent may it be?
Not as violent as <id_T3>, please.
In that case go for <id_T5>. It's a crime drama with few shots and many long looks.
Sold, I'll put it on tonight."""

SPACE = """I'm looking for science fiction with a small cast, something like <id_T6>.
Should there be a monster, or is loneliness enough?
Loneliness is plenty.
Do you mind an open ending?
Not at all, I like to argue about it afterwards.
<id_T7> would fit: one man, one moon base, and a question at the end that you can argue about."""

COPIES = {
    "rain, a handful of words": (
        RAIN,
        """It's raining outside and I could use something warm. Any suggestions?
Would you rather laugh or be moved a bit?
A little of both, as long as nobody dies in the end.
Is a story about food all right, or would that make you hungry?
Hungry is okay, I have a cake in the oven.
Then I'd recommend <id_T1>: a rat becomes a cook in Paris, it's funny and it has a huge heart.
That sounds wonderful, thanks.""",
    ),
    "rain, synonyms": (
        RAIN,
        """It's pouring down outside and I could do with something cosy. Got any ideas?
Would you prefer to laugh or be touched a little?
A bit of each, as long as nobody dies at the close.
Is a tale about cooking okay, or would it make you hungry?
Hungry is all right, I've got a pie in the oven.
Then I suggest <id_T1>: a rat turns into a chef in Paris, it's amusing and has a big heart.
That sounds great, thank you.""",
    ),
    "rain, a goodbye more": (
        RAIN,
        f"""{RAIN.replace("pouring", "raining").replace("lovely", "good").replace("fine", "okay")}
Have fun!""",
    ),
    "shelf, a handful of words": (
        SHELF,
        """I loved <id_T2> and <id_T3>, but <id_T4> left me cold. What do you suggest now?
What did you like in <id_T2>, the heist or the characters?
The characters, and that nobody explains the plan three times.
Does it need to be a crime movie again?
Preferably, but I don't insist on it.
How violent can it be?
Not as violent as <id_T3>, please.
In this case go for <id_T5>. It's a crime drama with few shots and many long stares.
Sold, I'll put it on this evening.""",
    ),
    "shelf, words put in": (
        SHELF,
        """Hello! I really adored <id_T2> and <id_T3>, but <id_T4> left me rather cold. What next?
And what did you like most about <id_T2>, the heist or the people?
The people, definitely, and that nobody explains the plan three times over.
Does it have to be a crime film once again?
Preferably yes, though I don't really insist on it.
And how violent may it be?
Not quite as violent as <id_T3>, please.
Well, in that case go for <id_T5>. It's a crime drama with few shots and many long silent looks.
Sold! I'll put it on tonight then.""",
    ),
    "shelf, one favourite left out": (
        SHELF,
        SHELF.replace(" and <id_T3>, but", " so much, but").replace("suggest", "show me"),
    ),
    "space, synonyms": (
        SPACE,
        """I'm searching for sci-fi with a tiny cast, something like <id_T6>.
Should there be a creature, or is solitude enough?
Solitude is plenty.
Do you mind an open end?
Not at all, I love to debate it afterwards.
<id_T7> would suit: one man, one moon base, and a question at the end that you can debate.""",
    ),
    "space, two turns in one breath more": (
        SPACE,
        SPACE.replace("Loneliness is plenty.", "Loneliness will do, thanks.").replace(
            "Not at all, I like", "No, I like"
        ),
    ),
}


def found(one: str, other: str, threshold: float = 0.8) -> bool:
    dialogues = [(UUID(int=number), text.split("\n")) for number, text in enumerate((one, other))]
    return bool(near_duplicates(dialogues, threshold))


@pytest.mark.parametrize(("one", "other"), COPIES.values(), ids=COPIES.keys())
def test_a_copy_with_other_words_is_found(one: str, other: str) -> None:
    assert found(one, other)
    assert found(other, one)


@pytest.mark.parametrize(("one", "other"), COPIES.values(), ids=COPIES.keys())
def test_copies_with_other_words_stay_where_only_the_same_ones_are_asked_for(
    one: str, other: str
) -> None:
    assert not found(one, other, 1.0)


APART = {
    "the same film for another mood": (
        RAIN,
        """It's hot outside and I want something silly. Any ideas?
Would you rather laugh or be scared a little?
Laugh, please, and as loud as I can.
Is a story about cooking all right, or would that make you hungry?
I have just eaten, so go ahead.
Then I recommend <id_T1>: a rat becomes a chef in Paris, and nothing goes as it should.
That sounds lovely, thank you.""",
    ),
    "one template, other items and slots": (
        SHELF,
        """I adored <id_A2> and <id_A3>, but <id_A4> left me cold. What would you suggest next?
What did you like about <id_A2>, the songs or the people?
The songs, and that everybody dances in the rain.
Does it have to be a musical film again?
Preferably, though I don't insist on it.
How sad may it be?
Not as sad as <id_A3>, please.
In that case go for <id_A5>. It's a musical comedy with few tears and many long dances.
Sold, I'll put it on tonight.""",
    ),
    "one user, another film": (
        SHELF,
        """I adored <id_T2> and <id_T3>, but <id_T4> left me cold. What would you suggest next?
Do you want to stay with crime, or shall we go somewhere else?
Somewhere else, if there are strong characters.
A family in the country, four sisters, one of whom writes?
That is as far from a bank robbery as can be. Go on.
Then I suggest <id_T9>, a warm drama with quick talk.
Good, I'll try it.""",
    ),
    "one film, one opening": (
        SPACE,
        """I'm looking for science fiction with a small cast, something like <id_T6>.
Are you fine with older films, too?
From the seventies on, yes.
And do you prefer talk or silence?
Silence, and good pictures.
Have a look at <id_T7>. Hardly anybody speaks in it, and the moon has never been greyer.""",
    ),
    "one template for two users of one film": (
        """I rate <id_T2> highly. Next I want a crime film of the nineties about betrayal.
Which matters more to you, who directs it or who plays in it?
The director: somebody who trusts the audience.
If I cannot meet every wish, which one is essential?
The decade, all else is open to debate.
I recommend <id_T5>, point by point. It is a crime film, and betrayal is its theme.""",
        """I rate <id_T4> highly. Next I want a slow drama with a great score and themes like grief.
Between the score and the story, which is nearer to your heart?
The story, music comes second.
If I cannot meet every wish, which one is essential?
It has to be slow, all else is open to debate.
I recommend <id_T5>, point by point. It is a slow drama, and grief is its theme.""",
    ),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART.keys())
def test_different_dialogues_stay_both(one: str, other: str) -> None:
    assert not found(one, other)
    assert not found(other, one)


def test_who_repeats_a_reworded_copy_names_the_lowest_id_that_stays() -> None:
    copies = [RAIN, *(other for one, other in COPIES.values() if one == RAIN)]
    dialogues = [(UUID(int=number), text.split("\n")) for number, text in enumerate(copies)]

    wanted = {UUID(int=number): UUID(int=0) for number in range(1, len(copies))}
    assert near_duplicates(dialogues, 0.8) == wanted
    assert near_duplicates(dialogues[::-1], 0.8) == wanted
