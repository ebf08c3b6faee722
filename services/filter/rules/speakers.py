"""Finds where somebody speaks who is neither the user nor the assistant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recdial.linking.words import first_names

_PERSON = (
    r"(?:friend|buddy|pal|bro|sis|(?:room|flat|house|class)mate|wife|husband|spouse|partner"
    r"|girlfriend|boyfriend|gf|bf|mom|mum|mother|dad|father|parent|son|daughter|kid|child|brother"
    r"|sister|sibling|grand(?:ma|pa|mother|father)|uncle|aunt|cousin|neighbou?r|colleague"
    r"|co-?worker|boss|guest|visitor|stranger|bystander|waiter|narrator|narration|moderator|host"
    r"|announcer|interviewer|expert|critic|observer|operator|agent|supervisor|teacher|manager"
    r"|everyone|(?:third|other|second|new) (?:person|party|speaker|user|voice)|user|usr|assistant"
    r"|human|system|sys|bot|ai|customer|seeker|recommender|developer)"
)
_NUMBERED = (
    r"(?:(?:speaker|person|user|usr|friend|assistant|ai|voice|guest|kid|child)[ _-]?(?:\d|[A-D]))"
)
_ROLE = "(?:user|usr|assistant|seeker|recommender|moderator)"
"""Who heads no list: with a colon these speak, whatever they say."""
_WHO = (
    rf"(?:(?:(?:the )?user['\u2019]s |the |a |(?:little|older|younger|big|small) )?{_PERSON}"
    rf"|{_NUMBERED})"
)
_ASIDE = r"(?: \([^()\n]{1,40}\))?"
_DRESS = r"(?:#{1,6} |[-*\u2022] |>{1,3} ?)?(?:\*\*|__|\*|_)?"
_LINE = rf"(?:\A|(?<=\n))[ \t]*{_DRESS}"

_BRACKETED = re.compile(
    rf"(?:(?:{_LINE}|(?<=[.!?\u2026>\"\u201d)]) )"
    rf"[\[(](?P<person>(?:[\w'\u2019.-]{{1,12}} ){{0,2}}{_WHO})[\])]"
    rf"|(?<=\n)[ \t]*{_DRESS}\[(?P<name>[A-Z][\w-]{{1,15}})\])"
    r"(?:\*\*|__|\*|_)?:?[ \t]*(?=\S)",
    re.IGNORECASE,
)
"""A label as the dialogue's own are, with something said behind it."""

_COLON = re.compile(
    rf"{_LINE}(?:(?P<sure>{_NUMBERED}|{_ROLE})|(?P<person>{_WHO})|(?P<name>(?-i:[A-Z][a-z]{{1,14}})))"
    rf"{_ASIDE}(?:\*\*|__|\*|_)?:(?:\*\*|__|\*|_)?[ \t]*(?P<said>\S[^\n]*)",
    re.IGNORECASE,
)
_NOTICES = frozenset(
    "spoiler spoilers note edit end pause drama horror comedy action thriller romance western "
    "crime fantasy adventure animation mystery musical documentary family war music history title "
    "movie film plot cast yes no tv imdb warning alert new old draft todo beat silence".split()
)
"""What may stand in brackets at the start of a line without anybody's speaking."""
_SPEECH = re.compile(
    r"\b(?:i|i['\u2019](?:m|d|ve|ll)|me|my|we|us|our|you|your|let['\u2019]?s|please)\b|\?|\bagain!",
    re.IGNORECASE,
)
_OWN_SPEECH = re.compile(
    r"\b(?:i|i['\u2019](?:m|d|ve|ll)|me|my|we|us|our|let['\u2019]?s)\b|\?", re.IGNORECASE
)
_CREDIT = re.compile(r"(?:(?-i:[A-Z])[\w.'\u2019-]*,? ?){1,6}$|(?:nobody|unknown|none|n/?a)\b")
"""Who did it: "Narrator: Morgan Freeman"."""


def other_speakers(text: str, *, by_colon: bool = False) -> Iterator[tuple[int, int]]:
    """Where in an utterance somebody else begins to speak: "[FRIEND] Me too", "Narrator: It rains".

    A name or a member of the family with a colon may head a list ("Mom: comedy"): it is a speaker
    where what follows is said by one, or where all labels of the dialogue are such (`by_colon`).
    """
    if "[" in text or "(" in text:
        for found in _BRACKETED.finditer(text):
            if found["person"] or _is_called(found["name"]):
                yield found.start(), found.end()
    if ":" in text:
        for found in _COLON.finditer(text):
            if _speaks(found, by_colon):
                yield found.start(), found.start("said")


def _is_called(name: str) -> bool:
    """Whether a word in brackets is a name, or a label in capitals such as the dialogue's own."""
    if name.lower() in first_names():
        return True
    return name.isupper() and name.isalpha() and len(name) > 2 and name.lower() not in _NOTICES


def _speaks(found: re.Match[str], by_colon: bool) -> bool:
    said = found["said"]
    if found["sure"]:
        return True
    if found["name"]:
        return found["name"].lower() in first_names() and _OWN_SPEECH.search(said) is not None
    narrates = found["person"].lower().startswith("narrat")
    if _CREDIT.match(said):
        return False
    return narrates or by_colon or _SPEECH.search(said) is not None
