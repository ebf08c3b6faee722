"""The wordings in which somebody says of a film who made it, when, and what it is."""

from __future__ import annotations

import re
from types import MappingProxyType

_PART_OF_NAME = r"[A-Z](?:[\w.-]|['\u2019](?!s\b))*"
NAME = re.compile(
    rf"(?:{_PART_OF_NAME}(?: (?:de|del|von|van|la|le|di|da|el|bin))?(?: (?=[A-Z]))?){{2,4}}"
)
"""Two to four words in capitals: what a name of a person looks like."""

ITEM = "ITEM"
"""What stands for the mention of an item in what a frame is looked for in."""

ACTOR_BEFORE = re.compile(
    r"\b(?:co-?starring|starring|co-?stars?|stars?|starred|features?|featuring|played by"
    r"|portrayed by|(?:the )?cast(?: of ITEM)?(?: includes?| has| features?|:)?"
    r"|lead(?:ing)? (?:actor|actress|role|part)(?: (?:of|in) ITEM)?(?: is| was"
    r"| goes to| went to|:)?|stars? of ITEM (?:is|was)|headlined by|led by|carried by|fronted by"
    r"|performances? (?:by|from|of)|(?:acting|role|turn|work|lead) (?:by|from|of)"
    r"|(?:see|watch|get|has|have|with|includes?)|(?:lead|hero|heroine|star) (?:of|in) (?:ITEM|it)"
    r" (?:is|was)|ITEM (?:gives|lets|offers|shows|casts|pairs|unites|reunites|teams(?: up)?)"
    r"|(?:pairs|unites|teams(?: up)?) [^,.;]{2,30} (?:and|with)"
    r") (?:(?:the|a) (?:[\w-]+ ){0,2}|both )?$",
    re.IGNORECASE,
)
ACTOR_BEHIND = re.compile(
    r"^(?:(?:['\u2019]s)? (?:stars?|starred|plays?|played|is (?:in|part of) (?:it|this|ITEM)"
    r"|is (?:the|its) (?:lead|star)|takes the lead|has the lead|headlines"
    r"|in the (?:lead|title|main|leading)|as (?:the|an?) "
    r"(?:[\w-]+ )?(?:lead|hero|heroine|protagonist|star|main)"
    r"|as (?:the |an? )?[^.,;]{1,40} in (?:ITEM|it)\b"
    r"|is (?:terrific|great|brilliant|wonderful|fantastic|excellent|superb) (?:in|as))"
    r"|['\u2019]s? (?:[\w-]+ )?(?:performance|role|acting|turn|part|portrayal)"
    r" (?:in|of) (?:ITEM|it)"
    r"|(?:,| is) who (?:plays|stars|carries|leads|has))",
    re.IGNORECASE,
)
KNOWN_ACTOR_BEFORE = re.compile(r"\bin ITEM,? $", re.IGNORECASE)
KNOWN_ACTOR_BEHIND = re.compile(
    r"^(?:['\u2019]s)? (?:leads|heads|carries|appears|acts|shines|gives an?|delivers)\b",
    re.IGNORECASE,
)
"""What is said of actors and of whom they play: of a name that the catalogue has it is a claim."""
LISTED = re.compile(rf"(?:{NAME.pattern}(?:,? and |, ))+$")
"""Names before a name in a list: what is said of the first is said of all."""
DIRECTOR_BEFORE = re.compile(
    r"\b(?:directed (?:\w+ )?by|(?:director|maker|filmmaker)(?: (?:of|behind) (?:ITEM|it))?"
    r"(?: is| was|,|:)?|direction (?:by|of|from)|(?:film|movie|picture|work|drama|comedy|thriller"
    r"|adventure|story|classic|masterpiece) (?:by|from)|filmed by|helmed by|made by|shot by"
    r"|(?:ITEM|it|this|that)(?: is| was|['\u2019]s)? by|from (?:the )?director|by director"
    r"|behind the camera(?: (?:of|on|for|in) ITEM)?,? (?:is|was|sat|sits|stood|stands)"
    r"|from the (?:mind|hand|eye) of|in the hands of|brainchild of|directing (?:is|was)"
    r"|sat in the director['\u2019]s chair,?) (?:the (?:[\w-]+ ){0,2})?$",
    re.IGNORECASE,
)
_MADE = (
    r"(?:(?:has |had )?(?:directed|directs|helmed)"
    r"|(?:has |had )?made (?:ITEM|it|this|that|a |an |his |her |the (?:film|movie|picture)))"
)
DIRECTOR_BEHIND = re.compile(
    r"^(?:['\u2019]s? (?:[\w-]+ )?(?:direction|directing)"
    rf"|(?:['\u2019]s)? (?:(?:who )?(?:\w+ )?{_MADE}|was the director"
    r"|(?:came back|comes back|returned|returns|was hired|was brought in|agreed|chose|stepped"
    r" in) to direct"
    r"|is the director|behind the camera|sat in the director"
    r"|in the director|as (?:the )?director)|,? the director"
    rf"|[^.!?;]{{0,60}} (?:when|before|after|as|while) (?:he|she|they) {_MADE})",
    re.IGNORECASE,
)
_FILM = (
    r"(?:films?|movies?|pictures?|features?|work|masterpieces?|classics?|thrillers?|comedy|comedies"
    r"|dramas?|westerns?|debut|epics?|adventures?|best|finest|greatest|darkest|funniest|latest)"
)
_ADJECTIVES = (
    r"(?:(?!(?:on|of|for|in|with|to|and|or|is|was|version|take|favou?rite|love|answer|copy|dvd|poster"
    r"|review)\b)[\w-]+ ){0,2}"
)
OF_HIS_BEFORE = re.compile(
    r"(?:(?:\bITEM|\bit|\bthis|\bthat)(?: is| was|['\u2019]s)) (?:an? |such an? |another "
    r"|(?:(?:maybe|perhaps|easily|probably|still) )?one of |among )?$",
    re.IGNORECASE,
)
OF_HIS_BEHIND = re.compile(
    rf"^(?: at (?:his|her|their) \w+|['\u2019]s? {_ADJECTIVES}{_FILM}\b| {_FILM}\b)", re.IGNORECASE
)
PURELY_BEFORE = re.compile(
    r"(?:(?:\bITEM|\bit|\bthis|\bthat)(?: is| was|['\u2019]s)) (?:just |simply |such |all )?"
    r"(?:pure|purest|classic|vintage|peak|typical|quintessential|early|late|prime|top|very much) $",
    re.IGNORECASE,
)
"""Around a name that stands for who made or carries a film: "ITEM is pure Tarantino"."""
HIS_ITEM = re.compile(rf"^['\u2019]s? {_ADJECTIVES}ITEM", re.IGNORECASE)
HIS_FILM = re.compile(rf"^['\u2019]s? {_ADJECTIVES}{_FILM}\b", re.IGNORECASE)
"""Behind a name that a comma parts from the item: "ITEM, Spielberg's classic"."""
NOT_ITS_OWN = re.compile(
    r"\b(?:based|remakes?|remade|remaking|sequel|prequel|follow-?up|adapt\w*|novels?|books?|plays?"
    r"|set|takes? place|events|murders?|true story|inspired|influenced|restored"
    r"|restoration|re-?release\w*|cut|version|original|followed|everything|whatever|most|nominated|if|imagine)\b",
    re.IGNORECASE,
)
"""Before a year or name, what says that it belongs to something else: the book, an earlier film."""
_MENTION = r"<id_[^<>\s]{1,80}>"
_YEAR = r"((?:18|19|20)\d\d)"
_KIND = (
    r"(?:film|movie|picture|flick|classic|release|thriller|comedy|drama|production|gem|western"
    r"|musical|romance|adventure|horror|masterpiece|blockbuster|hit|documentary|sci-fi)"
)
_BACK = r"(?:(?:all the )?(?:way )?back )?"
ANY_YEAR = re.compile(r"(?:18|19|20)\d\d")
YEAR_FRAMES = re.compile(
    rf"\b(?:is|was|['\u2019]s|{_MENTION},?|one|{_KIND}|it|that|this) (?:from|of) {_BACK}"
    rf"(?:in |the year )?{_YEAR}\b"
    rf"|(?:^|, )(?:from|back in|way back in) {_YEAR}\b"
    rf"|\b(?:released|came out|comes out|made|out|premiered|shot|opened|appeared|arrived"
    r"|hit (?:the )?(?:cinemas|theaters|theatres|screens)|(?:in|into|to) (?:the )?"
    rf"(?:cinemas|theaters|theatres)) {_BACK}in (?:\w+ (?:\w+ )?of )?{_YEAR}\b"
    rf"|\b(?:dates (?:back to|from)|around since|a product of|{_MENTION} goes back to) {_YEAR}\b"
    rf"|{_MENTION},? ?[(\[]{_YEAR}[)\]]|^\({_YEAR}\)|{_MENTION}, {_YEAR}(?=[,.!])"
    rf"|\b(?:a|an|this|that|the) (?:[\w-]+ ){{0,2}}{_YEAR}(?:'s)? (?:[\w-]+ ){{0,3}}"
    rf"(?:{_KIND}\b|{_MENTION})",
    re.IGNORECASE,
)
_GENRE_NOUN = (
    r"(?:film|movie|picture|flick|story|tale|classic|piece|gem|masterpiece|adventure|romp|epic"
    r"|series|ride)"
)
GENRE_BEHIND = re.compile(
    rf"^s?(?:[- ]{_GENRE_NOUN}|[- ](?:at heart|through and through|from start)|[.!,;]|$"
    r"| (?:about|with|that|which|set|from|starring|and|at|by|in|for|of|ever|out there)\b)",
    re.IGNORECASE,
)
GENRE_FILM_BEHIND = re.compile(rf"^[- ]{_GENRE_NOUN}", re.IGNORECASE)
"""Behind a genre whose name is a noun for other things as well: "a dirty war"."""
NOUNS_AS_WELL = frozenset({"war", "history", "crime", "family", "mystery", "music", "romance"})
_QUALIFIED = (
    r"(?:(?!(?:with|of|about|and|or|film|movie|story|for|to|in|that|which|as|not|no|like|than|but|into"
    r"|from|at|by|on|over|through|during|after|before|where|when|who|his|her|their|its|our|your)\b)"
    r"[\w'\u2019-]+ ){0,4}$"
)
GENRE_BEFORE = re.compile(
    r"(?:\b(?:is|was|would be|as|being|remains|makes|counts as|works as|qualifies as|one of)"
    r"|['\u2019]s|\b(?:call|consider|file|label) (?:ITEM|it)(?: (?:under|as))?"
    r"|\b(?:belongs to|falls under|falls into|filed under|considered)|ITEM, (?:an?|the|that|this)) "
    + _QUALIFIED,
    re.IGNORECASE,
)
GENRE_OF_ITEM_BEFORE = re.compile(r"(?:^|[\s(])(?:the|this|that) (?:[\w-]+ ){0,2}$", re.IGNORECASE)
GENRE_OF_ITEM_BEHIND = re.compile(rf"^s?(?:[- ]{_GENRE_NOUN})?,? ITEM", re.IGNORECASE)
"""Around a genre right before the item: "the animated classic ITEM"."""
GENRE_EXAMPLE_BEFORE = re.compile(
    r"(?:^|\b(?:an?|the|another|good|great|classic|some|fine|proper|solid|like|for)"
    r" )(?:[\w-]+ ){0,2}$",
    re.IGNORECASE,
)
GENRE_EXAMPLE_BEHIND = re.compile(rf"^s?(?:[- ]{_GENRE_NOUN})?,? such as ITEM", re.IGNORECASE)
"""Around a genre of which an item is an example: "a comedy such as ITEM"."""
GENRE_EXACTLY = re.compile(
    r"^[^.]{0,30}, (?:then )?(?:ITEM|it|this) (?:is|will be) (?:exactly|just|precisely)"
    r" (?:that|it|one|what)",
    re.IGNORECASE,
)
"""Behind the genre: "If you want a comedy, ITEM is exactly that"."""

NEGATED = re.compile(
    r"n['\u2019]t\b|\b(?:if|whether|imagine|suppose|as though)\b[^,]*$"
    r"|\b(?:inspired|influenced|impressed)(?: by)? $"
    r"|\b(?:not|never|no|without|nor|neither|hardly|rather than|instead of|unlike"
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
        "Musical": frozenset({"Music", "Family", "Animation", "Romance", "Comedy", "Fantasy"}),
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
