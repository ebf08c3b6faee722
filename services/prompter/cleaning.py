"""Makes a review fit to be quoted in a prompt: plain text, without ways to reach a person.

Pure functions. What could break out of a prompt's data is dealt with by
`recdial.promptfacts.one_line`, which every text of a prompt goes through.
"""

from __future__ import annotations

import html
import re

from recdial.contacts import EMAIL, LINK, PHONE, without_contacts

__all__ = ["EMAIL", "LINK", "PHONE", "clean", "without_markup"]

_MARKUP_ROUNDS = 3
"""Shops escape reviews once or twice. Not until nothing changes: `&amp;amp;amp;…` would take
quadratic time."""

# Tags are found by pattern: html.parser raises on `<![x`, and from one Python version to the next
# reads an unclosed `<` differently, so that prompts would differ. `<3` and `<id_1>` are no tags.
_TAG = re.compile(r"<(?:/?(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?:[\s/][^<>]*)?|[!?][^<>]*)>")
_INLINE = frozenset({"a", "b", "big", "em", "font", "i", "s", "small", "span", "strong", "tt", "u"})

# Amazon's own: a product named in a review, `[[ASIN:B000067J1J Heat]]`, and an embedded video.
_PRODUCT = re.compile(r"\[\[(?:ASIN|VIDEOID):[^\s\[\]]+([^\[\]]*)\]\]")

# Control characters but white space, invisible and direction-changing characters (an instruction
# can be hidden in the tag characters of plane 14), halves of surrogate pairs. The joiners U+200C
# and U+200D stay: words of Persian or Hindi and many emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """The text on one line: without HTML, unseen characters and ways to reach a person.

    E-mail addresses (also those spelt with "at" and "dot"), phone numbers and links become `EMAIL`,
    `PHONE` and `LINK`. What looks like a phone number and is a ten-digit one of something else
    becomes `PHONE` as well. Linear in the length of the text.
    """
    return without_contacts(" ".join(without_markup(text).split()))


def without_markup(text: str) -> str:
    """The text without tags and unseen characters, its entities as what they stand for."""
    for _ in range(_MARKUP_ROUNDS):
        before = text
        if not text.isprintable():
            text = _UNSEEN.sub("", text)
        if "<" in text:
            text = _TAG.sub(_gap, text)
        if "[[" in text:
            text = _PRODUCT.sub(r"\1", text)
        if "&" in text:
            text = html.unescape(text)
        if text == before:
            break
    return text


def _gap(tag: re.Match[str]) -> str:
    """Nothing for a tag inside a word or sentence, a space for one that breaks lines."""
    return "" if (tag["name"] or "").lower() in _INLINE else " "
