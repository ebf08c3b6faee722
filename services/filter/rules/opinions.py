"""What a speaker thinks of the items of a clause: wordings of praise and blame."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from services.filter.rules.wordings import folded

Opinion: TypeAlias = Literal["good", "bad"]

_PRAISE = (
    r"lov(?:e|ed|es|ing)|moved me|ador(?:e|ed|es|ing)|enjoy(?:ed|s|ing)?|liked?|favou?rites?"
    r"|amazing|awesome"
    r"|brilliant|wonderful|excellent|fantastic|superb|terrific|magnificent|outstanding|great"
    r"|perfect"
    r"|masterpieces?|gem|treasured?|delight(?:ed|ful)?|blew me away|blown away|hooked|impressed"
    r"|charming|captivat(?:ed|ing)|gripping|touching|thrill(?:ed|ing)|best|beautiful|unforgettable"
    r"|rewatch(?:ed)?|worked for me|right up my (?:alley|street)|won me over|spoke to me|a joy"
    r"|could watch (?:it )?(?:again|every)|cannot get enough|can['\u2019]t get enough|fan of"
    r"|fell for"
    r"|soft spot|dear to me|stayed with me|top of my list|first rate|first-rate|marvellous"
    r"|marvelous"
    r"|rated (?:it |this )?(?:very )?high(?:ly)?|rated \S+ (?:very )?high(?:ly)?|five stars"
    r"|high point|hit the spot|exactly my (?:thing|taste)|fond of|appreciated"
)
_BLAME = (
    r"hat(?:e|ed|es|ing)|dislik(?:e|ed|es|ing)|loath(?:e|ed)|detest(?:ed)?|despis(?:e|ed)"
    r"|bor(?:ed|ing)"
    r"|dull|awful|terrible|horrible|dreadful|tedious|worst|waste|disappoint(?:ed|ing|ment)?|letdown"
    r"|let ?-?down|let me down|annoy(?:ed|ing)|irritat(?:ed|ing)|overrated|unbearable|painful"
    r"|pointless"
    r"|mess|rubbish|trash|garbage|fell asleep|asleep|walked out|switched (?:it )?off"
    r"|turned (?:it )?off"
    r"|stopped watching|gave up|could(?:n['\u2019]t| not) (?:finish|stand|get into|bear"
    r"|wait for it to end)"
    r"|can(?:not|['\u2019]t) stand|did(?:n['\u2019]t| not) (?:work|care|like|enjoy|click|do)"
    r"|not for me"
    r"|left me cold|wasn['\u2019]t (?:my|for me)|not my (?:thing|taste|cup)|never warmed"
    r"|regret(?:ted)?"
    r"|lousy|clumsy|weak|silly|stupid|ridiculous|torture|failed|fell flat|flat|bad|poor|avoid"
    r"|less so|not so much|(?:is|was|were|are|did|does) not\W*$|not (?:really|at all|quite)\W*$"
    r"|(?:isn|wasn|weren|didn|doesn)['\u2019]t\W*$|opposite of what i (?:like|love|enjoy)"
    r"|unlucky|wasn['\u2019]t convinced|did nothing for me|lost me|a chore|drag(?:ged)?|miserable"
)
_NEGATION = re.compile(
    r"\b(?:not|never|n['\u2019]t|hardly|no|nor|neither|cannot|without|stopped|isn|wasn|didn|don"
    r"|doesn)"
    r"(?:['\u2019]t)? (?:(?:really|exactly|very|that|so|much|a|an|the|quite|all|been|be|my|any"
    r"|too|as"
    r"|even|particularly|have|find|it|to|into|feel|think|say|i) ){0,4}$"
)
_CUE = re.compile(rf"\b(?:(?P<bad>{_BLAME})|(?P<good>{_PRAISE}))(?!\w)")
_NO_OPINION = re.compile(
    r"\b(?:like[sd]? (?:\S+ )?(?:the )?least|would (?:like|love|enjoy|prefer)"
    r"|['\u2019]d (?:like|love|enjoy|prefer)|will (?:like|love|enjoy)"
    r"|might (?:like|love|enjoy)|may (?:like|love|enjoy)|like to|love to|something like"
    r"|anything like"
    r"|(?:movies|films|stories|ones?|dramas|comedies|thrillers|more|much|looks?|sounds?|feels?|is"
    r"|was|just|nothing|seems?) like"
    r"|what (?:did|do) you (?:like|love|enjoy)|if you (?:like|love|enjoy)|great (?:to|that)"
    r"|best (?:to|of"
    r" luck)|not sure)\b"
)
_NOT_BAD = re.compile(r"\b(?:not bad|never (?:bored|boring|gets old)|can['\u2019]t go wrong)\b")


def opinion_of(text: str) -> Opinion | None:
    """What a clause thinks of what it is about; None where it says nothing, or both."""
    text = folded(text)
    if _NOT_BAD.search(text):
        return "good"
    plain = _NO_OPINION.sub(lambda found: "_" * len(found[0]), text)
    found: set[Opinion] = set()
    for cue in _CUE.finditer(plain):
        good = cue["good"] is not None
        if _NEGATION.search(plain, 0, cue.start()):
            good = not good
        found.add("good" if good else "bad")
    return found.pop() if len(found) == 1 else None
