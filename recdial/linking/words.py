"""What ordinary words are: they make a title such as "Up" or "Get Out" hard to tell from prose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from recdial.linking.tokens import form_of

_COMMON = 8000
"""Rank among the words of the subtitles of films up to which a word is ordinary."""

_SHORTEST_PLURAL = 4

ARTICLES = frozenset({"the", "a", "an"})

OWNERS = ARTICLES | frozenset("my your his her our their this that these those".split())
"""What stands before a noun, and seldom before a title."""

FUNCTION_WORDS = frozenset(
    "a an the of and or but nor in on at to for from with by as into upon over under is are was "
    "were be been my your his her its our their this that these those it i you he she we they me "
    "him us them not no vs de la le les el los das der die du des".split()
)
"""Words that titles write small."""


@cache
def common_words() -> frozenset[str]:
    """Ordinary English words, as the forms of their tokens."""
    # zxcvbn's lists are no use here: each word is in one of them alone, and "love" is a password.
    counts = _word_counts()
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:_COMMON]
    return FUNCTION_WORDS.union(form_of(word) for word in ranked if not word.endswith("'s"))


def is_ordinary_word(form: str) -> bool:
    """Whether the form of a token is an ordinary word, or the plural of one."""
    words = common_words()
    return form in words or any(one in words for one in singulars(form))


def is_known_word(form: str) -> bool:
    """Whether the form of a token is an English word, however rare, or a name."""
    return form in _all_words() or form in first_names() or form in surnames()


@cache
def _all_words() -> frozenset[str]:
    return frozenset(map(form_of, _word_counts()))


@cache
def _word_counts() -> Mapping[str, int]:
    from spellchecker import SpellChecker

    return MappingProxyType(SpellChecker(language="en").word_frequency.dictionary)


def singulars(form: str) -> tuple[str, ...]:
    """What an English noun may be in the singular if the form is its plural."""
    if len(form) < _SHORTEST_PLURAL or not form.endswith("s") or form.endswith("ss"):
        return ()
    if form.endswith("ies"):
        return (form[:-1], form[:-3] + "y")
    return (form[:-1], form[:-2]) if form.endswith("es") else (form[:-1],)


@cache
def first_names() -> frozenset[str]:
    """First names, in small letters."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["male_names"]).union(FREQUENCY_LISTS["female_names"])


@cache
def surnames() -> frozenset[str]:
    """Frequent family names, in small letters."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["surnames"])
