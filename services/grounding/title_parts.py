"""Takes a title apart: the words that name the film, its year, and what only names an edition.

`The Matrix (1999) [Blu-ray]` and `Matrix, The - Special Edition` are the same words here. What is
normalised is the same on both sides of a comparison, so it may be crude where it loses nothing that
tells two films apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

Words: TypeAlias = tuple[str, ...]

ARTICLES = frozenset({"the", "a", "an"})

_MOVED_ARTICLE = re.compile(
    r"^(?P<rest>[^:;()\[\]]+?),\s*"
    r"(?P<article>the|a|an|le|la|les|un|une|el|los|las|il|der|die|das)(?=\s*(?:$|[:;(\[]|\s-))",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"(?<!\w)(?:\w\.)+\w?(?!\w)")
_APOSTROPHES = re.compile("['\u2018\u2019`\u00b4]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
"""Letters that Unicode does not take for a letter with a mark."""

_SAME_WORD = {
    "pt": "part",
    "vol": "volume",
    "vs": "versus",
    **{
        word: str(number)
        for number, word in enumerate(
            [
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
                "twelve",
            ]
        )
    },
    **{
        roman: str(number)
        for number, roman in enumerate(
            [
                "ii",
                "iii",
                "iv",
                "v",
                "vi",
                "vii",
                "viii",
                "ix",
                "x",
                "xi",
                "xii",
                "xiii",
                "xiv",
                "xv",
            ],
            start=2,
        )
    },
}
_COUNTED = frozenset({"part", "episode", "chapter", "volume"})
"""A single I behind one of these is a number, elsewhere a word."""

_BRACKETS = re.compile(r"\(([^()\[\]]*)(?:\)|$)|\[([^()\[\]]*)(?:\]|$)")
_MAKER = re.compile(r"^(?:walt\s+)?disney['\u2019]s\s+(?=\w)", re.IGNORECASE)
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_SEPARATOR = re.compile(r"\s+[-\u2013\u2014]+\s+|\s*[:;,/]\s+")
_SUBTITLE = re.compile(r"\s+[-\u2013\u2014]+\s+|\s*[:;]\s+")

_EDITION = frozenset(
    [
        "dvd",
        "dvds",
        "bluray",
        "blu",
        "vhs",
        "uhd",
        "4k",
        "hd",
        "3d",
        "hddvd",
        "laserdisc",
        "ld",
        "vcd",
        "umd",
        "widescreen",
        "fullscreen",
        "screen",
        "letterbox",
        "letterboxed",
        "anamorphic",
        "edition",
        "editions",
        "disc",
        "discs",
        "disk",
        "dts",
        "region",
        "pal",
        "ntsc",
        "import",
        "unrated",
        "uncut",
        "remastered",
        "remaster",
        "restored",
        "digital",
        "ultraviolet",
        "steelbook",
        "slipcover",
        "slipcase",
        "subtitled",
        "subtitles",
        "dubbed",
        "version",
        "cut",
        "format",
        "combo",
        "packaging",
        "movie",
        "film",
        "clamshell",
        "criterion",
        "anniversary",
        "colorized",
        "rental",
        "mod",
    ]
)
"""One of these words makes an edition of what is in brackets or behind a dash or colon."""

_BESIDE_EDITION = _EDITION | frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "with",
        "in",
        "of",
        "on",
        "for",
        "by",
        "to",
        "new",
        "special",
        "limited",
        "collectors",
        "collector",
        "directors",
        "director",
        "extended",
        "theatrical",
        "final",
        "ultimate",
        "deluxe",
        "platinum",
        "gold",
        "golden",
        "diamond",
        "silver",
        "collection",
        "set",
        "pack",
        "copy",
        "ray",
        "ultra",
        "high",
        "definition",
        "full",
        "wide",
        "single",
        "double",
        "two",
        "sided",
        "original",
        "rated",
        "rating",
        "r",
        "pg",
        "g",
        "nr",
        "unrated",
        "only",
        "includes",
        "including",
        "bonus",
        "feature",
        "features",
        "feature",
        "exclusive",
        "amazon",
        "target",
        "walmart",
        "signature",
        "series",
        "studio",
        "classics",
        "classic",
        "award",
        "awards",
        "oscar",
        "english",
        "french",
        "spanish",
        "german",
        "italian",
        "japanese",
        "chinese",
        "korean",
        "hindi",
        "language",
        "audio",
        "free",
        "all",
        "multi",
        "multiformat",
        "ws",
        "fs",
        "p",
        "s",
        "aspect",
        "ratio",
        "soundtrack",
        "code",
        "download",
        "uv",
        "keepsake",
        "case",
        "tin",
        "box",
        "day",
        "release",
        "reissue",
        "printed",
        "demand",
        "video",
        "prime",
        "mgm",
        "universal",
        "warner",
        "paramount",
        "columbia",
        "disney",
        "fox",
        "sony",
        "lionsgate",
        "american",
        "canadian",
        "uk",
        "us",
        "usa",
        "british",
        "region",
        "zone",
        "repackaged",
        "1st",
        "2nd",
        "3rd",
        "first",
        "second",
        "third",
        "20th",
        "century",
        "walt",
        "bros",
        "home",
        "entertainment",
        "closed",
        "captioned",
        "color",
        "black",
        "white",
    ]
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)?|\d+disc")

_EDITION_AT_THE_END = re.compile(
    r"\s+(?:"
    r"\(?(?:dvd|vhs|blu-?\s?ray|4k(?:\s+uhd|\s+ultra\s+hd)?|uhd|wide-?screen|full-?screen|hd-?dvd)"
    r"(?:\s+(?:edition|version|disc|combo|combo\s+pack|set))?"
    r"|(?:the\s+)?(?:(?:two|three|\d|double|single)[- ]dis[ck]\s+)?"
    r"(?:(?:special|limited|collector'?s|anniversary|deluxe|ultimate|extended|unrated|platinum"
    r"|diamond|director'?s|widescreen|full\s?screen|\d+th\s+anniversary)\s+)+(?:edition|cut)"
    r"|(?:the\s+)?director'?s\s+cut"
    r"|(?:two|three|\d|double|single)[- ]dis[ck]s?(?:\s+(?:set|edition))?"
    r")\s*$",
    re.IGNORECASE,
)

_SERIES = re.compile(
    r"\b(?:seasons? \d|series \d|season (?:first|finale)|complete (?:\w+ ){0,4}(?:seasons?|series)"
    r"|(?:tv|television|mini|animated|original|classic) series|miniseries|complete (?:tv|show)"
    r"|(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|final|last|\d+(?:st|nd"
    r"|rd|th)) (?:\w+ )?seasons?|episodes \d)\b"
)
_SET = re.compile(
    r"\b(?:trilogy|quadrilogy|anthology|box(?:ed)? set|boxset|(?:double|triple|quadruple) feature"
    r"|\d+ (?:movies?|films?|pack)|(?:movies?|films?|complete|ultimate) collection"
    r"|film favorites|4ff|movies and tv|marathon)\b"
)

Sold: TypeAlias = Literal["film", "series", "set"]
"""What a title names: one film, (part of) a TV series, or several films together."""


@dataclass(frozen=True, slots=True)
class TitleParts:
    """A title taken apart. Words are normalised; `text` is to be read and searched for."""

    text: str
    """The title without year and edition."""
    whole: Words
    """All words but those of the year."""
    words: Words
    """The words without those of an edition."""
    bare: Words
    """`words` without the maker and any brackets: a second try where these name no edition."""
    head: Words
    """`bare` up to the first colon or dash."""
    year: int | None
    """The year in brackets."""
    sold: Sold


def normalised_words(text: str) -> Words:
    """The words of a title: without case, marks and punctuation, numbers as digits.

    An article moved to the end is put back. Idempotent: the words, joined by spaces, give
    themselves.
    """
    text = _without_marks(with_article_in_front(text))
    text = text.replace("&", " and ").replace("+", " and ")
    text = _APOSTROPHES.sub("", _INITIALS.sub(lambda found: found[0].replace(".", ""), text))
    words: list[str] = []
    for word in _BETWEEN_WORDS.sub(" ", text).split():
        same = _SAME_WORD.get(word, word)
        words.append("1" if same == "i" and words and words[-1] in _COUNTED else same)
    return tuple(words)


def with_article_in_front(text: str) -> str:
    """The text on one line; an article moved to the end ("Matrix, The") is put back."""
    return _MOVED_ARTICLE.sub(r"\g<article> \g<rest>", " ".join(text.split()))


def without_article(words: Words) -> Words:
    """The words without a leading article, unless nothing else is there."""
    return words[1:] if len(words) > 1 and words[0] in ARTICLES else words


def title_parts(title: str) -> TitleParts:
    """Take a title apart. Never empty where the title has words: noise alone is the title."""
    years: list[int] = []
    flags: list[Words] = []
    dated = " ".join(_outside_brackets(title, years, flags, keep_unknown=True, keep_noise=True))
    named = " ".join(_outside_brackets(title, [], [], keep_unknown=True, keep_noise=False))
    unbracketed = " ".join(_outside_brackets(title, [], [], keep_unknown=False, keep_noise=False))
    whole = normalised_words(dated)
    text = _without_edition(named)
    bare_text = _without_edition(unbracketed)
    words = normalised_words(text) or whole
    bare = normalised_words(_MAKER.sub("", bare_text)) or words
    head = normalised_words(_SUBTITLE.split(bare_text, maxsplit=1)[0]) or bare
    return TitleParts(
        text=with_article_in_front(text or dated),
        whole=whole,
        words=words,
        bare=bare,
        head=head,
        year=years[0] if len(set(years)) == 1 else None,
        sold="set" if len(set(years)) > 1 else _sold(words, flags),
    )


def _without_marks(text: str) -> str:
    # Case folding can make marks, and taking marks away can make letters to fold: until it rests.
    while True:
        folded = unicodedata.normalize("NFKD", text).casefold().translate(_NOT_DECOMPOSED)
        plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
        if plain == text:
            return plain
        text = plain


def _outside_brackets(
    title: str, years: list[int], flags: list[Words], *, keep_unknown: bool, keep_noise: bool
) -> list[str]:
    """The pieces of a title, without brackets that hold the year and, as told, other brackets.

    Brackets the title begins with belong to it: "(500) Days of Summer".
    """
    title = " ".join(title.split())
    pieces: list[str] = []
    end = 0
    for found in _BRACKETS.finditer(title):
        inner = next(group for group in found.groups() if group is not None)
        before = title[end : found.start()].strip()
        if found.start() == 0:
            continue
        words = normalised_words(inner)
        if before:
            pieces.append(before)
        end = found.end()
        if _YEAR.fullmatch(inner.strip()):
            years.append(int(inner))
            continue
        noise = _is_edition(words)
        if not noise:
            flags.append(words)
        if keep_noise if noise else keep_unknown:
            pieces.append(found[0])
    rest = title[end:].strip()
    return [*pieces, rest] if rest else pieces


def _without_edition(text: str) -> str:
    """The text without what names an edition behind a dash, colon or comma, or at the end."""
    while True:
        shorter = text.strip(" -\u2013\u2014:;,/")
        separators = list(_SEPARATOR.finditer(shorter))
        if separators and _is_edition(normalised_words(shorter[separators[-1].end() :])):
            shorter = shorter[: separators[-1].start()]
        else:
            shorter = _EDITION_AT_THE_END.sub("", shorter)
        if not normalised_words(shorter):
            return text
        if shorter == text:
            return text
        text = shorter


def _is_edition(words: Words) -> bool:
    return any(word in _EDITION for word in words) and all(
        word in _BESIDE_EDITION or _ORDINAL.fullmatch(word) for word in words
    )


def _sold(words: Words, flags: list[Words]) -> Sold:
    texts = [" ".join(each) for each in (words, *flags)]
    if any(_SERIES.search(text) for text in texts):
        return "series"
    return "set" if any(_SET.search(text) for text in texts) else "film"
