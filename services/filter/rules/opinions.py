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
    r"|high point|hit the spot|exactly my (?:thing|taste)|fond of|appreciated|cherish(?:ed)?"
    r"|stunning|spellbound|flawless|top-notch|sublime|exquisite|obsessed with|a treat|a triumph"
    r"|goosebumps|gold standard|second to none|edge of my seat|glued to|never (?:get )?tired? of"
    r"|knocked my socks off"
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
    r"|nodded off|dozed off|drivel|snooze(?:fest)?|yawn(?:ed|ing)?|cringed?|headache|beneath me"
    r"|left (?:early|halfway|the (?:cinema|theat(?:er|re))|before the end)"
    r"|went home (?:early|halfway|at half-?time|before)|checked my (?:watch|phone)"
    r"|money back|hours of my life|never again"
)
_NEGATION = re.compile(
    r"(?:\b(?:not|never|hardly|no|nor|neither|cannot|without|stopped"
    r"|(?:do|did|does|is|was|could|would)nt)|n['\u2019]t)"
    r" (?:(?:really|exactly|very|that|so|much|a|an|the|quite|all|been|be|my|any|too|as"
    r"|even|particularly|have|find|it|to|into|feel|think|say|i) ){0,4}$"
)
_CUE = re.compile(rf"\b(?:(?P<bad>{_BLAME})|(?P<good>{_PRAISE}))(?!\w)")
_FEEL = r"(?:love|like|enjoy|adore|appreciate|hate|dislike)"
_HOPED = (
    r"(?:want(?:ed|s|ing)?|wish(?:ed)?|tr(?:y|ied|ying)|hop(?:ed?|ing)|expect(?:ed|ing)?|need(?:ed)?"
    r"|struggl(?:ed?|ing)|supposed|prepared|ready)"
)
_NO_OPINION = re.compile(
    r"\b(?:like[sd]? (?:\S+ )?(?:the )?least|would (?:like|love|enjoy|prefer)"
    r"|['\u2019]d (?:like|love|enjoy|prefer)|will (?:like|love|enjoy)"
    r"|might (?:like|love|enjoy)|may (?:like|love|enjoy)|like to|love to|something like"
    r"|anything like"
    r"|(?:movies?|films?|another|stories|ones?|dramas|comedies|thrillers|more|much|looks?|sounds?|feels?|is"
    r"|was|just|nothing|seems?) like"
    r"|what (?:did|do) you (?:like|love|enjoy)|if you (?:like|love|enjoy)|great (?:to|that)"
    rf"|{_HOPED} (?:so |really |very )?(?:much |hard |badly )?to (?:\w+ )?{_FEEL}"
    rf"|(?:wish(?:ed)?|hoped|thought|expected|sure|assumed|figured) (?:that )?i(?:['\u2019]d| would"
    rf"| could| had)? (?:\w+ )?(?:{_FEEL}|liked|loved|enjoyed|be (?:bored|amazed|hooked))"
    r"|(?:should|could|would|might)(?: have|['\u2019]ve) (?:\w+ )?(?:loved|liked|enjoyed|hated"
    r"|been (?:\w+ )?(?:great|brilliant|amazing|wonderful|perfect|terrible|awful))"
    r"|best (?:to|of"
    r" luck)|not sure)\b"
)
_KIN = (
    r"(?:brother|sister|mother|mum|mom|father|dad|wife|husband|partner|boyfriend|girlfriend|friend"
    r"|buddy|mate|boss|colleague|co-?worker|room-?mate|flat-?mate|kid|child|son|daughter|cousin"
    r"|uncle|aunt|nephew|niece|grand\w+|neighbou?r|ex|teacher|professor|date)s?"
)
_OTHERS = re.compile(
    r"\b(?:every(?:body|one)|nobody|no one|some(?:body|one)|people|critics?|reviewers?|reviews"
    rf"|(?:my|our|his|her|the|a) (?:\w+ )?(?:{_KIN}|children|family|parents|folks)"
    r"|the (?:whole |entire |rest of the )?(?:world|internet|press|public|audience|academy)"
    r"|(?:all|most|many|some|half) (?:of )?(?:the )?(?:\w+ )?(?:folks|others|fans|viewers|friends)"
    r"|others|(?:he|she|they) (?:\w+ )?(?:loves?|hates?|adores?|loved|hated|adored|says?|said"
    r"|thinks?|thought|calls?|called|swears?|insists?|claims?|finds|raves?|raved)"
    r"|hailed as|considered)\b"
)
"""Before a cue: whose opinion it is, if not the speaker's."""

_HEARSAY = re.compile(
    r"\b(?:said|supposed|reputed|meant|claimed|rumou?red) to be (?:(?:an?|the|so|such|very|quite"
    r"|really) ){0,2}$"
)

_BY_OTHERS = re.compile(
    r" (?:\w+ ){0,2}by (?:every(?:body|one)|critics|all|millions|others|most|many|people|the )"
)
_OWN = re.compile(rf"\b(?:i|me|my|(?<!of )mine|myself|we|us|our)\b(?! (?:\w+ )?{_KIN}\b)")
_NOT_BAD = re.compile(r"\b(?:not bad|never (?:bored|boring|gets old)|can['\u2019]t go wrong)\b")


def opinion_of(text: str) -> Opinion | None:
    """What the speaker of a clause thinks of what it is about; None for nothing, or for both.

    What others think ("everybody adores it") and what was only hoped for says nothing.
    """
    text = folded(text)
    if _NOT_BAD.search(text):
        return "good"
    plain = _NO_OPINION.sub(lambda found: "_" * len(found[0]), text)
    found: set[Opinion] = set()
    for cue in _CUE.finditer(plain):
        if _is_others(plain, cue):
            continue
        good = cue["good"] is not None
        if _NEGATION.search(plain, 0, cue.start()):
            good = not good
        found.add("good" if good else "bad")
    return found.pop() if len(found) == 1 else None


def _is_others(text: str, cue: re.Match[str]) -> bool:
    """Whether a cue is somebody else's: the last one named before it is not the speaker."""
    if _BY_OTHERS.match(text, cue.end()) or _HEARSAY.search(text, 0, cue.start()):
        return True
    others = list(_OTHERS.finditer(text, 0, cue.start()))
    return bool(others) and not _OWN.search(text, others[-1].end(), cue.end())
