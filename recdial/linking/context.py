"""Whether words stand in a text as a title: quoted, in italics, in capitals, beside a cue."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from recdial.linking.film_cues import BEHIND
from recdial.linking.shapes import PLACES
from recdial.linking.tokens import Tokens, tokens_of
from recdial.linking.words import FUNCTION_WORDS, is_known_word, is_ordinary_word

_QUOTED = re.compile(
    r'"([^"\n]{1,100})"|\u201c([^\u201d\n]{1,100})\u201d|\u00ab([^\u00bb\n]{1,100})\u00bb'
    r"|(?<![\w*])\*{1,3}([^*\n]{1,100})\*{1,3}(?![\w*])|(?<!\w)_([^_\n]{1,100})_(?!\w)"
    r"|\u2018([^\u2018\u2019\n]{1,100})\u2019(?!\w)|(?<!\w)'((?:[^'\n]|'(?=\w)){1,100})'(?!\w)"
)
_ANY_QUOTE = re.compile(r"[\"\u201c\u00ab\u2018*_]|(?<!\w)'")
YEAR_BEHIND = re.compile(r"[\"\u201d\u00bb*_'\u2019]*,?\s*[(\[]?((?:18|19|20)\d\d)\b[)\]]?")
BRACKETED_YEAR = re.compile(r"[\"\u201d\u00bb*_'\u2019]*,?\s*[(\[]((?:18|19|20)\d\d)[)\]]")
_ANY_BRACKETED_YEAR = re.compile(r"[(\[](?:18|19|20)\d\d")
_SENTENCE_END = re.compile(r"(?:[.!?:;\u2026\n]|^)[\s\"\u201c\u201d'\u2019*_)\]-]*$")
_BEFORE = frozenset(
    "watch watched watching rewatch rewatched see seen saw recommend recommended recommending "
    "suggest suggested suggesting try tried called titled named film movie films movies remake "
    "love loved enjoy enjoyed adore adored hated like liked disliked about than prefer".split()
)
_TELLING = 3
_ALSO = frozenset({"and", "or"})
_BEHIND = frozenset("starring directed stars movie film".split())


class Context:
    """What surrounds the tokens of one text."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    @cached_property
    def quoted(self) -> tuple[tuple[int, int], ...]:
        """The places in quotation marks, asterisks or underscores, without those."""
        found: list[tuple[int, int]] = []
        if _ANY_QUOTE.search(self.tokens.text) is None:
            return ()
        for match in _QUOTED.finditer(self.tokens.text):
            group = match.lastindex or 0
            found.append(match.span(group))
        return tuple(found)

    def is_quoted(self, first: int, last: int) -> bool:
        """Whether these tokens, and nothing else but a year, are in quotation marks."""
        if not self.quoted:
            return False
        start, end = self.tokens.starts[first], self.tokens.ends[last]
        text = self.tokens.text
        return any(
            left <= start
            and end <= right
            and not text[left:start].strip()
            and (not (rest := text[end:right].strip(" ,.!?;:")) or YEAR_BEHIND.fullmatch(rest))
            for left, right in self.quoted
        )

    def year_behind(self, last: int) -> int | None:
        """The year that stands in brackets behind a token."""
        if not self._has_year:
            return None
        found = BRACKETED_YEAR.match(self.tokens.text, self.tokens.ends[last])
        return int(found[1]) if found else None

    def is_plain(self, place: int) -> bool:
        """Whether a word is written small in a text without quotation marks and years."""
        start = self.tokens.starts[place]
        return self.tokens.text[start].islower() and not (self.quoted or self._has_year)

    def is_number(self, place: int) -> bool:
        """Whether a token is written in digits."""
        return self.tokens.written(place, place).isdigit()

    def begins_sentence(self, first: int) -> bool:
        """Whether a token is the first of its sentence: there a capital says nothing."""
        start = self.tokens.starts[first]
        return _SENTENCE_END.search(self.tokens.text, max(0, start - 12), start) is not None

    def text_between(self, one: int, other: int) -> str:
        """What stands between two tokens."""
        return self.tokens.text[self.tokens.ends[one] : self.tokens.starts[other]]

    def cue(self, first: int, last: int, last_title: int) -> bool:
        """Whether what is beside the tokens says that a title is meant.

        `last_title` is the last token of the title found before: what is listed behind it is one
        too.
        """
        if first and last_title == first - 1:
            return "," in self.text_between(first - 1, first)
        if first > 1 and last_title == first - 2 and self.tokens.forms[first - 1] in _ALSO:
            return True
        before = self.tokens.forms[first - 1] if first else ""
        behind = self.tokens.forms[last + 1] if last + 1 < len(self.tokens) else ""
        if before in _BEFORE or behind in _BEHIND:
            return True
        return BEHIND.match(self.tokens.text, self.tokens.ends[last]) is not None

    def capitals(self, first: int, last: int) -> tuple[int, int, int]:
        """Of the content words: how many there are, in capitals, and small.

        A capital at the beginning of a sentence, or where all words have one, counts for nothing.
        """
        words = capital = small = 0
        for place in range(first, last + 1):
            form, written = self.tokens.forms[place], self.tokens.written(place, place)
            if form in FUNCTION_WORDS and place not in (first, last):
                continue
            words += 1
            if written[0].isupper():
                capital += written != "I" and (place > first or not self.begins_sentence(first))
            elif written[0].islower():
                small += 1
        return words, capital, small

    def is_part_of_name(self, first: int, last: int) -> bool:
        """Whether the words in capitals go on: "Heat" is not named in "Heat Wave"."""
        if not self.tokens.written(first, first)[0].isupper() or self.shouting:
            return False
        behind, before = last + 1, first - 1
        if behind < len(self.tokens) and self.text_between(last, behind) == " ":
            written = self.tokens.written(behind, behind)
            if written[0].isupper() and written not in ("I", "I'm", "I've", "I'd", "I'll"):
                return True
        return (
            before >= 0
            and self.text_between(before, first) == " "
            and self.tokens.written(before, before)[0].isupper()
            and not self.begins_sentence(before)
            and self.tokens.forms[before] not in _BEFORE
        )

    @cached_property
    def capital_words(self) -> tuple[int, ...]:
        """The words in capitals."""
        text = self.tokens.text
        return tuple(
            [place for place, start in enumerate(self.tokens.starts) if text[start].isupper()]
        )

    @cached_property
    def _has_year(self) -> bool:
        return _ANY_BRACKETED_YEAR.search(self.tokens.text) is not None

    @cached_property
    def shouting(self) -> bool:
        """Whether nearly all words of the text are in capitals, so that they say nothing."""
        words = len(self.tokens)
        return words > 4 and len(self.capital_words) > 0.8 * words


@lru_cache(maxsize=256)  # linking and what looks for unlinked titles see the same utterance
def context_of(text: str) -> Context:
    """What surrounds the tokens of a text."""
    return Context(tokens_of(text))


def is_ordinary(forms: tuple[str, ...]) -> bool:
    """Whether a name is made of ordinary words alone, or of numbers."""
    return all(form.isdigit() or is_ordinary_word(form) for form in forms)


def is_telling(forms: tuple[str, ...]) -> bool:
    """Whether words are seldom beside each other but in a title: "saving private ryan"."""
    return len(forms) >= _TELLING and sum(form not in FUNCTION_WORDS for form in forms) > 1


def stands_as_title(
    forms: tuple[str, ...], context: Context, first: int, last: int, last_title: int = -1
) -> bool:
    """Whether tokens that spell a title are meant as it; `last_title` ends the one found before.

    Long and rare names are in any case; ordinary words need quotation marks, a year in brackets, or
    capitals in the midst of a sentence, and a single ordinary word a cue beside it as well.
    """
    if len(forms) == 1 and context.is_plain(first) and is_ordinary(forms):
        return False
    if context.is_quoted(first, last) or context.year_behind(last) is not None:
        return True
    if context.is_part_of_name(first, last):
        return False
    words, capital, small = context.capitals(first, last)
    ordinary = is_ordinary(forms)
    if len(forms) == 1 and forms[0] in PLACES:
        return capital == 1 and context.cue(first, last, last_title)
    if len(forms) == 1:
        if context.shouting or context.is_number(first):
            return (
                context.cue(first, last, last_title)
                and context.is_number(first)
                and len(forms[0]) > 2
            )
        if ordinary:
            return capital == 1 and context.cue(first, last, last_title)
        if small:
            long = len(forms[0]) >= 7
            return long and (not is_known_word(forms[0]) or context.cue(first, last, last_title))
        return capital == 1 or context.cue(first, last, last_title) or len(forms[0]) >= 7
    if not small and (capital >= 1 or (words >= 2 and not context.shouting)):
        # At the beginning of a sentence a two-word name such as "Get Out" has one capital to spare.
        return capital >= 1 or not ordinary or context.cue(first, last, last_title)
    if small == words or small:
        rare = not ordinary
        return (
            (rare and len(forms) >= 2)
            or (len(forms) >= 4)
            or (len(forms) >= 3 and context.cue(first, last, last_title))
        )
    return False
