"""The wordings in which somebody says of a film who made it, when, and what it is."""

from __future__ import annotations

import re
from types import MappingProxyType

NAME = r"(?:[A-Z][\w.'\u2019-]*(?: (?:de|del|von|van|la|le|di|da|el|bin))?(?: (?=[A-Z]))?){2,4}"
"""Two to four words in capitals: what a name of a person looks like."""

ITEM = "ITEM"
"""What stands for the mention of an item in what a frame is looked for in."""

ACTOR_BEFORE = re.compile(
    r"\b(?:co-?starring|starring|co-?stars?|stars?|starred|features?|featuring|played by"
    r"|portrayed by|(?:the )?cast(?: of ITEM)?(?: includes?| has| features?|:)?"
    r"|lead(?:ing)? (?:actor|actress|role|part)(?: (?:of|in) ITEM)?(?: is| was"
    r"| goes to| went to|:)?|stars? of ITEM (?:is|was)|headlined by|led by|carried by|fronted by"
    r"|performances? (?:by|from|of)|(?:acting|role|turn|work|lead) (?:by|from|of)"
    r"|(?:see|watch|get|has|have|with|includes?)"
    r") (?:(?:the|a) (?:[\w-]+ ){0,2}|both )?$",
    re.IGNORECASE,
)
ACTOR_BEHIND = re.compile(
    r"^(?:(?:['\u2019]s)? (?:stars?|starred|plays?|played|is (?:in|part of) (?:it|this|ITEM)"
    r"|is (?:the|its) (?:lead|star)|leads|takes the lead|has the lead|heads|headlines|carries"
    r"|appears|acts|shines|gives an?|delivers|in the (?:lead|title|main|leading)|as (?:the|an?) "
    r"(?:[\w-]+ )?(?:lead|hero|heroine|protagonist|star|main)"
    r"|is (?:terrific|great|brilliant|wonderful|fantastic|excellent|superb) (?:in|as))"
    r"|['\u2019]s? (?:[\w-]+ )?(?:performance|role|acting|turn|part|portrayal)"
    r" (?:in|of) (?:ITEM|it)"
    r"|(?:,| is) who (?:plays|stars|carries|leads|has))",
    re.IGNORECASE,
)
DIRECTOR_BEFORE = re.compile(
    r"\b(?:directed (?:\w+ )?by|(?:director|maker|filmmaker)(?: (?:of|behind) (?:ITEM|it))?"
    r"(?: is| was|,|:)?|direction (?:by|of|from)|(?:film|movie|picture|work|drama|comedy|thriller"
    r"|adventure|story|classic|masterpiece) (?:by|from)|filmed by|helmed by|made by|shot by"
    r"|ITEM by|from (?:the )?director|by director"
    r"|behind the camera(?: (?:of|on|for|in) ITEM)?,? (?:is|was|sat|sits|stood|stands)"
    r"|from the (?:mind|hand|eye) of|in the hands of|brainchild of|directing (?:is|was)"
    r"|sat in the director['\u2019]s chair,?) (?:the (?:[\w-]+ ){0,2})?$",
    re.IGNORECASE,
)
DIRECTOR_BEHIND = re.compile(
    r"^(?:['\u2019]s? (?:[\w-]+ )?(?:film|movie|picture|direction|directing|work|masterpiece"
    r"|classic|ITEM)"
    r"|(?:['\u2019]s)? (?:(?:\w+ )?(?:directed|directs|helmed|made|shot|filmed)|was the director"
    r"|was behind|is the director|is behind|behind the camera|sat in the director"
    r"|in the director|as (?:the )?director)|,? the director)",
    re.IGNORECASE,
)
YEAR_FRAMES = re.compile(
    r"(?:\b(?:from|released in|came out (?:back )?in|made in|out in|dates (?:back to|from)|of"
    r"|premiered in|hit (?:the )?(?:cinemas|theaters|theatres|screens) in|shot in|a product of"
    r"|year|goes back to|back in|opened in|appeared in|arrived in|the) )((?:18|19|20)\d\d)\b"
    r"|\(((?:18|19|20)\d\d)\)"
    r"|\b((?:18|19|20)\d\d)(?='s| (?:film|movie|picture|classic|release|thriller|comedy|drama"
    r"|original|production|version|gem))",
    re.IGNORECASE,
)
GENRE_BEHIND = re.compile(
    r"^s?(?:[- ](?:film|movie|picture|flick|story|tale|classic|piece|gem|masterpiece|at heart"
    r"|through and through|from start|adventure)|[.!,;]|$"
    r"| (?:about|with|that|which|set|from|starring|and|at|by|in|for|of)\b)",
    re.IGNORECASE,
)
_QUALIFIED = (
    r"(?:(?!(?:with|of|about|and|or|film|movie|story|for|to|in|that|which|as|not|no|like|than|but)\b)"
    r"[\w'\u2019-]+ ){0,4}$"
)
GENRE_BEFORE = re.compile(
    r"(?:\b(?:is|was|as|being|remains|counts as|works as|qualifies as|one of)"
    r"|['\u2019]s|\b(?:call|consider|file|label) (?:ITEM|it)(?: (?:under|as))?"
    r"|\b(?:belongs to|falls under|falls into|filed under|considered)) " + _QUALIFIED,
    re.IGNORECASE,
)
GENRE_EXACTLY = re.compile(
    r"^[^.]{0,30}, (?:then )?(?:ITEM|it|this) (?:is|will be) (?:exactly|just|precisely)"
    r" (?:that|it|one|what)",
    re.IGNORECASE,
)
"""Behind the genre: "If you want a comedy, ITEM is exactly that"."""

NEGATED = re.compile(
    r"\b(?:not|n['\u2019]t|never|no|without|nor|neither|hardly|isn|rather than|instead of|unlike"
    r"|far from|anything but|nothing|other than|more than just|could have|if only|wish)\b",
    re.IGNORECASE,
)
WISHED = re.compile(
    r"\b(?:want(?:ed)?|looking for|in the mood|would like|i['\u2019]d like|prefer|hoping for|need"
    r"|any(?:thing|one)?|something|after|similar|like|reminds?|reminded|compared|fans? of|fond of"
    r"|if you (?:like|love|enjoy)|since you|you (?:like|love|enjoy|mention)(?:ed|d)?|i (?:like"
    r"|love|enjoy|adore)(?:d)?|wish|as much as|better than|more than|than)\b",
    re.IGNORECASE,
)

COMPATIBLE_GENRES = MappingProxyType(
    {
        "Action": frozenset({"Adventure", "Thriller", "War", "Western", "Crime"}),
        "Adventure": frozenset({"Action", "Fantasy", "Family", "Science Fiction", "Western"}),
        "Animation": frozenset(),
        "Comedy": frozenset({"Family"}),
        "Crime": frozenset({"Thriller", "Mystery", "Drama", "Action"}),
        "Documentary": frozenset(),
        "Drama": frozenset(
            {
                "Romance",
                "History",
                "War",
                "Crime",
                "Music",
                "Thriller",
                "Mystery",
                "Western",
                "Family",
                "Comedy",
                "Science Fiction",
                "Fantasy",
                "Adventure",
            }
        ),
        "Family": frozenset({"Animation", "Comedy", "Fantasy", "Adventure"}),
        "Fantasy": frozenset({"Adventure", "Family", "Science Fiction", "Animation"}),
        "History": frozenset({"War", "Drama"}),
        "Horror": frozenset({"Mystery"}),
        "Music": frozenset(),
        "Mystery": frozenset({"Crime", "Thriller", "Horror"}),
        "Romance": frozenset({"Drama"}),
        "Science Fiction": frozenset({"Fantasy"}),
        "Thriller": frozenset({"Crime", "Mystery", "Horror", "Action"}),
        "TV Movie": frozenset(),
        "War": frozenset({"History"}),
        "Western": frozenset(),
    }
)
"""By the genre that is said of a film: the recorded ones that make it no contradiction."""
