"""What stands beside the title of a film, and what stands beside other names."""

from __future__ import annotations

import re

REACH = 60
"""Letters beside a name in which its cues have room."""
_OPEN = r"[\"\u201c*_'\u2018]*$"

# "have you seen X", "a film called X", "I recommend X": what follows is a title where it has
# capitals. "I love X" may be anybody.
BEFORE = re.compile(
    r"\b(?:(?:seen|watch(?:ed|ing)?|re-?watch(?:ed|ing)?|saw|see|stream(?:ed)?|rent(?:ed)?)"
    r"|(?:recommend(?:ed)?|suggest(?:ed)?|try|tried|check(?:ed)? out)"
    r"|(?:film|movie|picture|thriller|comedy|drama|classic|documentary|sequel|gem|title|hit"
    r"|blockbuster|masterpiece|flick|western|romance|whodunit)"
    r"(?:,? (?:is|called|titled|named|entitled|like|such as))?"
    r"|(?:called|titled|entitled)|(?:loved|enjoyed|adored|hated|liked|disliked|finished)"
    r"|(?:films|movies|stories|pictures|classics|thrillers|comedies|dramas|westerns|hits|gems"
    r"|masterpieces|blockbusters|titles|something|anything|one) (?:like|such as|including)"
    r"|(?:close|similar|akin) to|along the lines of|in the (?:vein|spirit|style) of"
    r"|(?:talk|talking|talked|heard|hear|raved?|raving|know|told me|read) (?:\w+ )?about"
    r"|remind(?:s|ed) me of|compared to)"
    r",? (?:the (?:film|movie|classic|original) )?" + _OPEN,
    re.IGNORECASE,
)
OF_PEOPLE_TOO = re.compile(
    r"\b(?:(?:close|similar|akin) to|reminds? me of|reminded me of|compared to) $",
    re.IGNORECASE,
)
"""Those of the words before titles that as often stand before somebody's name."""
NAMED = re.compile(r"\b(?:called|titled|entitled) " + _OPEN, re.IGNORECASE)
BEHIND = re.compile(
    r"[\"\u201d*_'\u2019]*,? (?:starring|directed by|(?:(?:is|was) )?an? (?:[\w-]+"
    r" ){0,3}(?:film|movie"
    r"|thriller|comedy|drama|western|whodunit|romance|documentary|blockbuster|masterpiece|classic)\b"
    r"|(?:stars|features) [A-Z])"
)

_MINE = (
    r"(?:pick|choice|favou?rites?|recommendation|suggestion|answer|vote|tip|film|movie|one|option"
    r"|best|second|first|last|runner-?up)"
)


def is_beside_films(text: str, start: int, end: int) -> bool:
    """Whether words that go with films are before or behind a name."""
    return (
        BEFORE.search(text, max(0, start - REACH), start) is not None
        or BEHIND.match(text[end : end + REACH]) is not None
    )


WEAKLY_BEFORE = re.compile(
    r"\b(?:(?:go|going|move|moving|jump|turn|switch) (?:(?:on|straight|over|back|right) )?to"
    r"|(?:continue|start|begin|starting|follow|pair|follow (?:it|that|this)(?: up)?"
    r"|pair (?:it|that|this)) with|go (?:for|with)|consider|give|how about"
    r"|(?:might|may|could|would|will|should|to) (?:also |really |probably |even )?"
    r"(?:appreciate|enjoy|love|adore|like|dig)"
    r"|(?:one|that|this|it|choice|pick|answer|\w+ (?:film|movie|one)) (?:would|could|might"
    r"|may|has to|ought to|should) be"
    rf"|what about|pick|choose|say|{_MINE}(?: for (?:that|it|this|you|tonight))?"
    r"(?: is|['\u2019]s| was| would be| goes to| might be|:)|caught|put on|queue up|save|unlike"
    r"|as \w+ as|(?:better|funnier|darker|longer|shorter|warmer|colder|slower|other|more|less|worse"
    r"|rather) than|same (?:\w+ )?as|(?:energy|mood|tone|feel|vibe) (?:as|of)|think of"
    r"|(?:plot|ending|finale|trailer|remake|sequel|twist|cast|opening|makers?|last scene) of"
    r"|there(?:['\u2019]s| is)(?: also| always)?"
    r"|options?:|suggestions?:|picks?:|along with|followed by|either|between)"
    r",? " + _OPEN,
    re.IGNORECASE,
)
"""What stands beside titles, and beside much else: it takes a name that looks like a title."""
WEAKLY_BEHIND = re.compile(
    r"[\"\u201d*_'\u2019]* (?:(?:is|was|would be|might be|could be|should be|will be|may be"
    r"|sounds like|seems like)(?: (?:an?|the|my|your|just|exactly|really|absolutely|probably"
    r"|perhaps|also|simply|quite)){0,3}(?: \w+)? (?:film|movie|choice|pick|watch|option|right"
    r"|perfect|ideal|bet|fit|recommendation|thriller|comedy|drama|candidate)\b"
    r"|(?:would|might|could|should|will) (?:(?:also|really|probably) )?(?:fit|suit|work|do)\b"
    r"|(?:come|comes) to mind|has (?:that|it all)\b)"
)
GIVE_A_TRY = re.compile(r"^[\"\u201d*_'\u2019]* an? (?:try|chance|shot|go|watch|spin|look)\b")
NOT_A_FILM = re.compile(
    r"\b(?:novels?|books?|memoirs?|songs?|tracks?|albums?|comics?|games?|video ?games?|operas?"
    r"|poems?|(?:tv |television )?(?:series|shows?|sitcoms?)|episodes?|bands?|read|reads|reading"
    r"|binged?|binge-?watch(?:ed|ing)?|bing(?:e|ing)|play(?:s|ed|ing)?|podcasts?|season \w+"
    r" of|wrote|writes|hear|listen(?:ed|ing)? to|sing|sings)"
    r"(?: (?:is|was|called|titled|named|entitled|like|such as|by|about))?,? (?:the )?" + _OPEN,
    re.IGNORECASE,
)
"""Before a name, what makes it something else: a book, a song, a series."""
BEFORE_PEOPLE = re.compile(
    r"\b(?:starring|stars|featuring|features|(?<!go )(?<!start )(?<!continue )(?<!follow )"
    r"(?<!pair it )(?<!pair )with|by|director|directed by|actor|actress|from|and|"
    r"cast|includes?|including|works? of|fan of|likes? of)[:,]? $",
    re.IGNORECASE,
)
PEOPLE_REACH = 24
"""Letters before a name in which the words of `BEFORE_PEOPLE` have room."""
POSSESSOR = re.compile(
    r"((?!(?:There|It|Here|What|That|Who|He|She|Let|Where|How)['\u2019])(?:[A-Z][\w.-]+"
    r" ){0,2}[A-Z][\w.-]+)['\u2019]s? $"
)
STUDIOS = frozenset({"pixar", "disney", "marvel", "ghibli", "dreamworks", "a24", "blumhouse"})
NOT_A_FILM_BEHIND = re.compile(
    r"[\"\u201d*_'\u2019]*(?:['\u2019]s)?(?:,? (?:the|an?))? (?:(?!(?:has|have|had|is|was|and"
    r"|or|with|in|on|at|to|for|by|of|plays?)\b)[\w-]+ )?(?:books?|novels?|novellas?|memoirs?"
    r"|comics?|manga|plays?|poems?|operas?|musicals?|songs?|albums?|soundtracks?|games?|series|shows?"
    r"|sitcoms?|episodes?|seasons?|trilogy|franchise|saga|universe|fans?|toys?|ride|theme"
    r" park|concert"
    r"|tour|exhibition|magazine|club|museum|band|pub|bar|restaurant|caf\u00e9|cafe|hotel|shop|podcast)\b"
)
"""Behind a name, what makes it something else than a film, or more than one."""
SUNG_OR_PLAYED = re.compile(
    r"[\"\u201d*_'\u2019]* (?:by (?:(?:the|The) [A-Z][a-z]+s\b|[A-Z][a-z]+(?= ?[,.;!?]|"
    r" (?:and|three|two|for|on|at|in|last)\b|$))"
    r"|(?:\d+ )?on (?:the |my |a )?(?:PlayStation|Playstation|playstation|Xbox|xbox|Switch|PC"
    r"|Steam|PS\d|radio"
    r"|vinyl|Kindle|stereo|piano|guitar|jukebox)\b)"
)
"""Behind a name: who sings it, or what it is played on."""
OF_MUSIC = re.compile(
    r"\b(?:music|songs?|djs?|radio|playlist|karaoke|sang|sing(?:s|ing)?|howl(?:ing|ed)|humm?\w*|danc(?:e|ed|ing)|choir"
    r"|concerts?|bands?|albums?|records?|vinyl|tunes?)\b",
    re.IGNORECASE,
)
SERIES = re.compile(
    r"^[\"\u201d*_'\u2019]* (?:series|trilogy|franchise|saga|films|movies|universe)\b"
)
LIST_LINE = re.compile(r"(?:\A|\n)[ \t]*(?:\d{1,2}[.)]|[-*\u2022])[ \t]+[\"\u201c*_'\u2018]*$")
LINE_ENDS = re.compile(r"[\"\u201d*_'\u2019]*[ \t]*(?:$|\n|[:(\u2013\u2014-]|\.\s*(?:$|\n))")
_ANOTHER = r",? (?:and|or)(?: (?:then|maybe|also))?|/"
NEXT_IN_LIST = re.compile(rf"[\"\u201d*_'\u2019]*(?:,|{_ANOTHER}) ?[\"\u201c*_'\u2018]*")
AND_IN_LIST = re.compile(rf"[\"\u201d*_'\u2019]*(?:{_ANOTHER}) ?[\"\u201c*_'\u2018]*")
"""What stands between two titles of a list; a comma alone may stand behind any word."""
