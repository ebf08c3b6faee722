"""The rule about what must not shine through a dialogue: its prompt, its data, its writer."""

from __future__ import annotations

import re

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, counted, listed, span
from services.filter.rules.wordings import Wordings

_TASK = r"(?:recommend|suggest|mention|reveal|name|use|write|act|play|pretend|speak|tell you)"
_WRITER = (
    r"as an? (?:ai|artificial intelligence|large language|language) ?-?(?:language )?"
    r"(?:model|assistant|system|program)",
    r"i(?:['\u2019]m| am) (?:just |only )?an? (?:ai|(?:large )?language) (?:language )?model",
    r"as a (?:language|conversational) model",
    r"my (?:training data|training(?! (?:as|in|for|to)\b)|knowledge cut-?off)",
    r"trained (?:by|on) (?:openai|meta|google|anthropic|data)",
    r"i(?:['\u2019]m| am) (?:not )?(?:programmed|designed|instructed) to",
    rf"i(?:['\u2019]m| am|['\u2019]ve been| have been| was) (?:not )?(?:allowed|permitted|supposed"
    rf"|required|told|asked|prompted) to {_TASK}",
    r"i (?:was|am|have been) (?:instructed|prompted) (?:to|in|by)",
    r"i (?:was|am|have been) given (?:in|by)? ?(?:the|this|these|a) "
    r"(?:lists?|prompt|profile|instructions?|data|rules|ids?)",
)
_PROMPT = (
    r"(?:system|user) (?:prompt|message)",
    r"(?:the|this|your|my) prompt",
    r"(?:these|my|your|given|above) (?:instructions?|guidelines)",
    r"(?:per|follow(?:ed|ing)?) (?:the|all) (?:instructions?|guidelines|rules)(?! (?:of|from"
    r"|left))",
    r"the (?:instructions?|guidelines) (?:says?|asks?|tells?|requires?|above|given|provided|i )",
    r"according to (?:the|my|your) (?:prompt|data|rules|instructions|list|file|notes)(?! of\b)",
    r"user (?:type|persona|stereotype)",
    r"(?:my|your|(?:the )?assigned) (?:stereotype|persona)",
    r"stereotype of (?:the|this|my|your) user",
    r"the (?:stereotype|persona) (?:says|asks|wants|requires|given|provided|above|i (?:was|am"
    r"|have))",
    r"simulat(?:ed|ing|ion of) (?:a |the )?(?:user|dialogue|conversation)",
    r"(?:as )?instructed to",
    r"\d+ (?:to|-) ?\d+ (?:turns|utterances)",
    r"(?:write|use|give|mention) (?:its|the|their|an?) (?:ids?|identifiers?)",
    r"(?:use|using|with|by) its ids?",
)
_LABEL = r"(?:genres?|keywords?|directors?|actors?|cast|overview|release year|rating|id)"
_DATA = (
    r"(?:liked|disliked) items?",
    r"target (?:item|movie|film|id|title)",
    r"(?<=> )(?:which )?is the target",
    r"the target (?:\w+ ){0,2}(?:is|was)(?= (?:the (?:film|movie) )?<id_)",
    r"my target(?= (?:is|was|<id_))",
    r"i(?: am|'m|\u2019m) to (?:relate|recommend|suggest|mention|write|end|close)",
    r"(?:meta-?data|input|context|catalog(?:ue)? entry|database) (?:\w+ ){0,2}"
    r"(?:provided|supplied|given)",
    r"according to the (?:meta-?data|record|database|catalog(?:ue)?)",
    rf"{_LABEL}: ?[^:]{{1,80}}[;,.|] ?{_LABEL}(?=:)",
    r"(?:begin|end) data",
    r"the user(?:['\u2019]s)? (?:profile|history|data|record|asks?|says?|wants?|likes?|mentions?"
    r"|is a|has|wishes|speaks)",
    r"the assistant (?:recommends?|suggests?|replies|responds?|then (?:asks|recommends|suggests)"
    r"|(?:should|must|will) (?:not )?(?:recommend|suggest|mention|ask|use))",
    r"the (?:data|profile|record|metadata|json) (?:provided|given|says?|shows?|lists?|above|below"
    r"|you gave|i have|i was given)",
    r"provided (?:data|profile|information|list)",
    r"(?:item|movie) (?:ids?|identifiers?)",
    r"(?:the|this|my|your) data ?set",
    r"ground truth",
)
_USER_TYPES = (
    r"(?:curious|focused) newcomer",
    r"history-?based browser",
    r"guided explorer",
    r"preference-?driven searcher",
    r"cold[- ]start (?:browser|user)",
)
_STAGE = (
    r"(?:here is|here['\u2019]s|below is) (?:the|a|your) (?:\w+ )?(?:conversation|dialogue)",
    r"(?:the|this) (?:conversation|dialogue) (?:ends|begins|starts|is over|concludes)"
    r"(?= here\b|[.!)\]]|$)",
    r"(?:the|this) (?:conversation|dialogue) (?:above|(?:follows|keeps to|uses) (?:the|all|only"
    r"|\d))",
    r"this (?:conversation|dialogue) (?:follows|keeps|uses|has)",
    r"i (?:have )?(?:followed|kept to|used only|written)\b[^.]{0,40}\b(?:rules?|instructions?"
    r"|format|ids?|guidelines|turns|constraints)",
    r"in (?:this|the) (?:conversation|dialogue),? the (?:user|assistant)",
    r"all (?:ids|rules|constraints|instructions|requirements) (?:are|were|have been)",
)
_MARKS = re.compile(r"\[/?INST\]|<<SYS>>|<\|[a-z_]+\|>|\((?:end|beginning) of \w+\)", re.IGNORECASE)
STEMS = (
    *("model", "assistant", "system", "program", "my training", "my knowledge cut", "trained by"),
    *("trained on", "designed to", "instructed", "allowed to", "permitted to", "supposed to"),
    *("required to", "told to", "asked to", "prompt", "i was given", "i am given"),
    *("have been given", "user", "instruction", "guideline", "the rules", "all rules"),
    *("according to", "stereotype", "my persona", "your persona", "assigned persona"),
    *("the persona", " turns", "utterances", "its id", "the id", "their id", "a id"),
    *("an id", "liked item", "target", "begin data", "end data", "the data", "profile"),
    *("the record", "metadata", "the json", "provided", "item id", "movie id", "data set"),
    *("dataset", "ground truth", "newcomer", "browser", "guided explorer", "searcher"),
    *("conversation", "dialogue", "i followed", "i kept to", "i used only", "i written"),
    *("i have followed", "i have kept to", "i have used only", "i have written", "all ids"),
    *(
        "all constraints",
        "all requirements",
        "i am to",
        "i\u2019m to",
        "i'm to",
        "meta-data",
        "input",
    ),
    *("context", "entry", "database", "catalog", "genre:", "genres:", "keyword:", "keywords:"),
    *("director:", "directors:", "actor:", "actors:", "cast:", "overview:", "year:", "rating:"),
    *("id:",),
)
"""Every leak has one of them in it."""

LEAKS = rf"\b(?:{'|'.join((*_WRITER, *_PROMPT, *_DATA, *_USER_TYPES, *_STAGE))})\b"
_LEAKS = Wordings(LEAKS, STEMS)


def prompt_leaked(candidate: Candidate) -> Reason | None:
    """Nobody speaks of the prompt, its data, or of being a language model."""
    spans = [
        span(number, turn, found.start(), found.end())
        for number, turn in candidate.numbered
        for pattern in (_LEAKS, _MARKS)
        for found in pattern.finditer(turn.text)
    ]
    if not spans:
        return None
    found = [(place.turn, repr(place.text)) for place in spans]
    return Reason(
        rule="prompt_leaked",
        detail=f"{counted(len(spans), 'place')} where the prompt shows through: {listed(found)}",
        turn=spans[0].turn,
        spans=tuple(spans),
    )
