"""What a speaker thinks of the items of a clause."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from services.filter.rules.opinion_words import (
    BAD_ADJECTIVES,
    BAD_PHRASES,
    BAD_VERBS,
    GOOD_ADJECTIVES,
    GOOD_PHRASES,
    GOOD_VERBS,
)
from services.filter.rules.wordings import folded

Opinion: TypeAlias = Literal["good", "bad"]

_CUE = re.compile(
    rf"(?<!\w)(?:(?P<bad_phrase>{BAD_PHRASES})|(?P<good_phrase>{GOOD_PHRASES})"
    rf"|(?P<bad_verb>{BAD_VERBS})|(?P<good_verb>{GOOD_VERBS})"
    rf"|(?P<bad_adjective>{BAD_ADJECTIVES})|(?P<good_adjective>{GOOD_ADJECTIVES}))(?!\w)"
)
_NEGATION = re.compile(
    r"(?:\b(?:not|never|hardly|no|nor|neither|cannot|without|stopped|nothing|anything but"
    r"|less than|(?:do|did|does|is|was|could|would)nt)|n['\u2019]t)"
    r" (?:(?:really|exactly|very|that|so|much|a|an|the|quite|all|been|be|my|his|her|their|any|too"
    r"|as|even|particularly|have|find|it|to|into|feel|think|say|i|of|single|one|ever|call"
    r"|<id_[^<>]+>"
    r"|remotely|terribly|you|your|least|huge|big|anything|more) ){0,4}$"
)
_MARVELLED = re.compile(r"\b(?:believe|imagine|help but|deny|only|just) (?:\w+ ){0,3}$")
"""Between a negation and a cue that it does not turn."""

_FILM = (
    r"(?:films?|movies?|flicks?|pictures?|cinema|thrillers?|comed(?:y|ies)|dramas?|horror"
    r"|westerns?"
    r"|musicals?|romances?|myster(?:y|ies)|satires?|adventures?|epics?|classics?|capers?"
    r"|fantas(?:y"
    r"|ies)|animations?|documentar(?:y|ies)|sequels?|remakes?|adaptations?|stor(?:y|ies)|plots?"
    r"|scripts?|tales?|pieces?|works?|things?|ones?|experiences?|rides?|watch|fun|times?"
    r"|entertainment|stuff|film-?making|storytelling|art|choices?|picks?|mess|bore)"
)
_OF_ELSE = re.compile(
    rf" (?!(?:[\w'\u2019-]+ ){{0,2}}{_FILM}\b)(?!(?:and|or|but|if|when|from|to|for|in|on|at|of|as"
    r"|that|which|because|until|with|by|both|all|again|too|enough|throughout|overall|though|so"
    r"|despite|after|before|then|than|every|even|just|i|me|it|last|yesterday|tonight|really|indeed"
    r"|imo|tbh|lol|either|not|the|is|was|were|are|beyond|while|since|\w+ly)\b)[a-z]"
)
"""Behind an adjective: the noun it is said of, which is no film."""

_SUBJECT_ELSE = re.compile(
    rf"\b(?:the|my|his|her|its|our|their|this|that|every|everyone|people|all|i|we) ?"
    rf"(?:(?!{_FILM}\b)(?!like\b)\w[\w'\u2019-]* ){{0,3}}(?:(?:of|in|from|for|to|behind|about"
    r"|around)"
    r" <id_[^<>]+> )?(?:is|was|were|are|felt|feels?|am|['\u2019]m|looks?|looked)"
    r" (?:(?:so|really|very|just|all|quite|a|an|the|pretty|rather|simply|absolutely|truly|too"
    r"|completely|both) ){0,3}$"
)
"""Before an adjective: what it is said of, which is no film."""

_SEEMING = re.compile(
    r"\b(?:look|sound|seem|appear)(?:s|ed|ing)? (?:(?:so|really|very|quite|too|pretty) )?$"
    r"|\b(?:tr(?:y|ies|ied)|wants?|wanted|meant|supposed|claims?|said|thinks?|pretends?|promised"
    r"|going|reputed|rumou?red) (?:\w+ ){0,3}(?:to be|it is|it['\u2019]s) (?:\w+ ){0,2}$"
    r"|(?:\b(?:would|should|could|might|may|will|must)(?:n['\u2019]t)?|['\u2019](?:d|ll))"
    r" (?:not )?(?:have )?(?:be|been) (?:\w+ ){0,3}$"
)
"""Before a cue that was not found to be so: hoped for, promised, feared or only looked so."""

_PART = re.compile(
    r" (?:(?:about|in) )?(?:the|its|his|her|that|this|these|those|some|such|each|every|a few|many"
    r"|most|parts?|bits?|a lot)"
    r"(?! (?:whole|film|movie|hell|entire|heck|minutes?|seconds?|frames?|moments?|shit|story|way"
    r"|one)\b)"
    r"(?: (?:<id_[^<>]+>|[\w'\u2019-]+)){1,6}"
)
_ELSE = re.compile(
    r" (?!it\b|this (?:film|movie|one)\b|this\b|that (?:film|movie|one)\b|them\b|both\b|all\b"
    r"|every"
    r"|the\b|that\b|watching|seeing|rewatching|how\b|when\b|and\b|or\b|but\b|so\b|to\b|for\b|in\b"
    r"|at\b|with\b|from\b|because\b|a lot|a great|very\b|most\b|best\b|is\b|was\b|were\b|\w+ly\b"
    r"|what\b|films? like|movies? like|stuff like|things like|by\b|as\b|too\b|more\b|less\b|not\b"
    r"|since\b|about\b|of\b|if\b|until\b|of\b|ever\b|again\b|my\b|anything\b|everything\b)[a-z]"
)
"""Behind a verb: an object that is no film of the clause."""

_FEARED = re.compile(r" (?:that|having|to|how|when|it when|leaving|waiting|not|myself|it that)\b")
"""Behind "hate": what is hated is something else, often that a film ends."""

_VERB_LIKE = re.compile(
    r"(?:\b(?:i|we|you|they|he|she|really|also|do|does|did|never|still|both|always|actually|not"
    r"|who"
    r"|quite|even|to|truly|and|or|rather|just)|n['\u2019]t) $"
)
_HOPED = (
    r"(?:want(?:ed|s|ing)?|wish(?:ed)?|tr(?:y|ied|ying)|hop(?:ed?|ing)|expect(?:ed|ing)?"
    r"|need(?:ed)?"
    r"|struggl(?:ed?|ing)|supposed|prepared|ready)"
)
_FEEL = r"(?:love|like|enjoy|adore|appreciate|hate|dislike)"
_NO_OPINION = re.compile(
    r"\"[^\"<>]{1,80}\"|\u201c[^\u201d<>]{1,80}\u201d"
    r"|\b(?:like[sd]? (?:\S+ )?(?:the )?least|would (?:like|love|enjoy|prefer|hate)"
    r"|['\u2019]d (?:like|love|enjoy|prefer|hate)|will (?:like|love|enjoy)"
    r"|might (?:like|love|enjoy)|may (?:like|love|enjoy)|like to|love to|hate to"
    r"|what (?:did|do) you (?:like|love|enjoy|dislike|hate)|if you (?:like|love|enjoy)"
    r"|great (?:to|that)|best (?:to|of luck)|not sure"
    r"|(?:best|worst|only \w+|favou?rite|weakest|great) (?:things?|parts?|bits?|scenes?|moments?)"
    r" (?:about|of|in|was|is)"
    r"|(?:love|hate) (?:stor(?:y|ies)|affairs?|triangles?|letters?|interests?|scenes?|songs?"
    r"|crimes?)"
    r"|(?:lot|lots|all the|much|the|so much|any) (?:of )?(?:hate|dislike)(?! it)"
    r"|fe(?:el|els|lt|eling) (?:so |really |very |too |pretty )?(?:awful|terrible|horrible|bad"
    r"|poor"
    r"|stupid|silly|great|amazing|wonderful|miserable)|scared (?:stupid|silly)|with or without"
    r"|(?:great|amazing|wonderful|brilliant|fine|perfect|fun|hilarious|good) (?:if|when"
    r"|for (?:those"
    r"|people|anyone|kids|a nap)|as a)"
    rf"|{_HOPED} (?:so |really |very )?(?:much |hard |badly )?to (?:\w+ )?{_FEEL}"
    rf"|(?:wish(?:ed)?|hoped|thought|expected|sure|assumed|figured|swore) (?:that )?i(?:['\u2019]d"
    rf"| would| could| had| was going to)? (?:\w+ )?(?:{_FEEL}|liked|loved|enjoyed|be (?:bored"
    r"|amazed"
    r"|hooked))|(?:expect(?:ed|ing)|afraid|prepared) to (?:\w+ )?(?:love|hate|dislike|be \w+)"
    rf"|if i (?:\w+ )?{_FEEL}"
    r"|(?:should|could|would|might)(?: have|['\u2019]ve) (?:\w+ )?(?:loved|liked|enjoyed|hated"
    r"|been \w+(?: up my (?:alley|street))?))\b"
    r"|^\W*(?:great|perfect|wonderful|fantastic|brilliant|lovely|excellent|awesome"
    r"|amazing)[,!] (?=\w)"
)
_KIN = (
    r"(?:brother|sister|mother|mum|mom|father|dad|wife|husband|partner|boyfriend|girlfriend|friend"
    r"|buddy|mate|boss|colleague|co-?worker|room-?mate|flat-?mate|kid|child|son|daughter|cousin"
    r"|uncle|aunt|nephew|niece|grand\w+|neighbou?r|ex|teacher|professor|date|bloke|guy|girl)s?"
)
_OTHERS = re.compile(
    r"\b(?:every(?:body|one)|nobody|no one|(?<!as )some(?:body|one)|people|critics?|reviewers?"
    r"|reviews?"
    r"|(?:his|her|their)(?= (?:\w+ )?$)"
    rf"|(?:my|our|his|her|the|a|your) (?:\w+ )?(?:{_KIN}|children|family|parents|folks)"
    r"|the (?:whole |entire |rest of the )?(?:world|internet|press|public|audience|academy|crowd)"
    r"|(?:all|most|many|some|half) (?:of )?(?:the )?(?:\w+ )?(?:folks|others|fans|viewers|friends)"
    r"|others|according to|(?:he|she|they)(?! (?:is|was|are|were)\b)"
    r"|hailed as|considered|known as|(?:was|were|been|am|['\u2019]m|kept|keep) (?:being )?(?:told"
    r"|promised|assured|hearing|warned)|(?:had|['\u2019]d|have|['\u2019]ve|i) (?:\w+ )?(?:heard"
    r"|read))\b"
)
"""Before a cue: whose opinion it is, if not the speaker's."""

_BY_OTHERS = re.compile(
    r" (?:\w+ ){0,2}by (?:every(?:body|one)|critics|all|millions|others|most|many|people|the )"
)
_OWN = re.compile(
    r"(?<!next to )(?<!around )(?<!telling )(?<!tell )(?<!tells )(?<!told )(?<!assured )"
    r"(?<!promised )(?<!behind )(?<!asking )(?<!warned )(?<!beside )(?<!for )"
    rf"\b(?:i|me|my|(?<!of )mine|myself|we|us|our|you|your)\b(?! (?:\w+ )?{_KIN}\b)"
    r"(?! (?:know|trust|work|met|talk|asked|read|follow|live|respect|admire)\b)"
)
_NOT_BAD = re.compile(
    r"\b(?:not (?:half )?bad|isn['\u2019]t bad|never (?:bored|boring|gets old|drags)"
    r"|can['\u2019]t (?:go wrong|beat|be beaten)|in (?:the|a) (?:best|good) (?:possible )?(?:way"
    r"|sense)"
    r"|(?:no(?:thing|t an?y?thing)?|not a (?:\w+ )?(?:thing|minute|frame|scene)"
    r"|little)\b[^.,;]{0,24} (?:i|we|to)"
    r" (?:do(?:n['\u2019]t| not)|did(?:n['\u2019]t| not)|dis)(?: ?like| love| enjoy)?"
    r"|(?:could|can) (?:not|never|n['\u2019]t) (?:possibly |ever )?(?:dislike|hate|fault)"
    r"|best kind of|proved (?:me|us) wrong|was (?:so )?wrong)\b"
)
_WISHED = re.compile(
    r"\b(?:i (?:\w+ )?(?:want|need|wish)|looking for|give me|find me|show me|in the mood|please"
    r"|i(?:['\u2019]d| would) (?:\w+ )?(?:like|love|prefer|hate|welcome)|hop(?:e|ing) for|after)\b"
)
"""Before a cue: what it is said of is wished for."""

_HEDGED = re.compile(
    r" (?:<id_[^<>]+> )?(?:a (?:tad|bit|little)|in places|at times|sometimes|here and there"
    r"|slightly"
    r"|in the (?:middle|beginning|end)|(?:at|towards) the (?:start|beginning|end)|at first"
    r"|initially"
    r"|as a (?:kid|child|teen\w*|boy|girl)|back then|when i was)\b"
)
"""Behind a cue that is only half meant."""

_CONCEDED = re.compile(
    r"\b(?:even (?:if|though)|despite|in spite of|admit\w*|granted|used to|at first|initially"
    r"|when i was|(?:as a|in my) (?:kid|child|teen\w*|youth)|back then|years ago)\b[^,]*$"
)
"""Before a cue that is admitted against the speaker's own opinion, or was so once."""

_OWNED = re.compile(r"\b(?:i|we|you)(?:['\u2019]ve| have)? (?:\w+ ){0,2}$")

_LONGEST = 1000
"""Letters of a clause that are read: each cue is looked at with all that is before it."""


def opinion_of(text: str) -> Opinion | None:
    """What the speaker of a clause thinks of what it is about; None for nothing, or for both.

    What others think ("everybody adores it"), what was only hoped for and what is said of a part
    of a film or of something else ("great cast", "a terrible week") say nothing.
    """
    text = folded(text[:_LONGEST])
    if _NOT_BAD.search(text):
        return "good"
    plain = _NO_OPINION.sub(lambda found: "_" * len(found[0]), text)
    found: set[Opinion] = set()
    for cue in _CUE.finditer(plain):
        if _is_others(plain, cue) or _is_of_else(plain, cue):
            continue
        good = str(cue.lastgroup).startswith("good")
        negation = _NEGATION.search(plain, 0, cue.start())
        if negation and not _MARVELLED.search(plain, negation.start(), cue.start()):
            if not good:
                continue  # "not boring" is no praise yet
            good = False
        found.add("good" if good else "bad")
    return found.pop() if len(found) == 1 else None


def _is_others(text: str, cue: re.Match[str]) -> bool:
    """Whether a cue is somebody else's: the last one named before it is not the speaker."""
    if _BY_OTHERS.match(text, cue.end()):
        return True
    others = list(_OTHERS.finditer(text, 0, cue.start()))
    return bool(others) and not _OWN.search(text, others[-1].end(), cue.end())


def _is_of_else(text: str, cue: re.Match[str]) -> bool:
    """Whether a cue is said of something else than a film the speaker has seen."""
    kind = str(cue.lastgroup).partition("_")[2]
    start, end = cue.span()
    if _HEDGED.match(text, end) or _CONCEDED.search(text, 0, start):
        return True
    if _SEEMING.search(text, 0, start):
        return True
    if _WISHED.search(text, 0, start) and not (kind == "verb" and _OWNED.search(text, 0, start)):
        return True
    if kind == "adjective":
        return bool(_OF_ELSE.match(text, end) or _SUBJECT_ELSE.search(text, 0, start))
    if kind == "verb":
        if cue[0] == "like" and not _VERB_LIKE.search(text, 0, start):
            return True
        if cue[0].startswith("hat") and _FEARED.match(text, end):
            return True
        return bool(_PART.match(text, end) or _ELSE.match(text, end))
    return False
