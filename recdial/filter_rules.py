"""The rules of the filter by name: what a run may switch, and what each asks for.

The rules themselves are in `services/filter/rules`; a test keeps both in step.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

Switch: TypeAlias = Literal["reject", "warn", "off"]
"""What a run makes of a rule's findings."""


class RuleInfo(NamedTuple):
    """What is to be known of a rule without having it."""

    asks: str
    """What the rule asks of a dialogue."""
    by_default: Switch = "reject"
    hint: str = ""
    """What a prompt says after a dialogue broke the rule; empty where a new seed alone may do."""


FILTER_RULES = MappingProxyType(
    {
        "no_turns": RuleInfo(
            "A dialogue has utterances.",
            hint="Begin every utterance with [USR] or [AI].",
        ),
        "truncated": RuleInfo(
            "It comes to its end.",
            hint="Keep the utterances short, so that the conversation comes to its end.",
        ),
        "user_opens": RuleInfo("The user speaks first.", hint="The user speaks first."),
        "closing_side": RuleInfo("It is closed by the side that `filtering.closes` names."),
        "roles_alternate": RuleInfo(
            "User and assistant take turns, and nobody else speaks.",
            hint="[USR] and [AI] take turns: nobody speaks twice in a row, and nobody else speaks.",
        ),
        "utterance_count": RuleInfo(
            "It has `filtering.min_utterances` to `max_utterances` utterances.",
            hint="Keep to the number of turns that is asked for.",
        ),
        "utterance_length": RuleInfo(
            "No utterance has more than `filtering.max_utterance_words` words.",
            "warn",
        ),
        "empty_turn": RuleInfo(
            "Something is said in every utterance.", hint="Something is said in every turn."
        ),
        "malformed_mention": RuleInfo(
            "Whatever is meant as a mention is written as one, `<id_…>`.",
            hint="Copy ids exactly as they are listed, with their angle brackets.",
        ),
        "unknown_id": RuleInfo(
            "Every id is of an item in the prompt or in the catalogue.",
            hint="Use no id that is not listed.",
        ),
        "unknown_title": RuleInfo(
            "Every title in prose is of an item in the prompt or in the catalogue.",
            hint="Name no movie that is not listed.",
        ),
        "contradicted_attribute": RuleInfo(
            "What is said of an item (actor, director, genre, year) is not denied by its record.",
            hint="Say nothing about a movie that the data does not say of it.",
        ),
        "target_not_recommended": RuleInfo(
            "The assistant recommends the target.",
            hint="The assistant recommends the target by its id.",
        ),
        "target_leaked": RuleInfo(
            "The user does not name the target before the assistant does.",
            hint="The user does not name the target before the assistant has recommended it.",
        ),
        "preference_contradicted": RuleInfo(
            "The user does not praise a disliked item nor pan a liked one.",
            hint="The user speaks well of liked movies and badly of disliked ones.",
        ),
        "stereotype_broken": RuleInfo(
            "The user keeps to the stereotype: a newcomer has no history, a browser no goal, …",
            hint="Keep to the user type.",
        ),
        "prompt_leaked": RuleInfo(
            "Nobody speaks of the prompt, its data, or of being a language model.",
            hint="Write the conversation alone: no word about these instructions or the data.",
        ),
        "repetition": RuleInfo(
            "Nothing is said again and again.", hint="Do not repeat utterances or sentences."
        ),
        "wrong_language": RuleInfo("It is in `filtering.language`.", hint="Write in English."),
        "personal_data": RuleInfo(
            "It has no e-mail address, phone number or the like.",
            hint="Give no addresses, phone numbers or links.",
        ),
        "unsafe_content": RuleInfo("It has no insults, threats or other unsafe content."),
        "near_duplicate": RuleInfo(
            "It is not nearly the same as another of the role (`filtering.near_duplicates`)."
        ),
    }
)
"""In the order in which they are applied."""
