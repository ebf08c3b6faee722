"""The rule about what must not shine through a dialogue: its prompt, its data, its writer."""

from __future__ import annotations

import re

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, counted, listed, span
from services.filter.rules.wordings import Wording, Wordings

_TASK = r"(?:recommend|suggest|mention|reveal|name|use|write|act|play|pretend|speak|tell you)"
_WRITER = (
    r"as an? (?:ai|artificial intelligence|large language|language) ?-?(?:language )?"
    r"(?:model|assistant|system|program)",
    r"i(?:['\u2019]m| am) (?:just |only )?an? (?:ai|(?:large )?language) (?:language )?model",
    r"as a (?:language|conversational) model",
    r"my (?:training data|training(?! (?:as|in|for|to)\b)|knowledge cut-?off)",
    r"trained (?:by|on) (?:openai|meta|google|anthropic|data)",
    r"i(?:['\u2019]m| am) (?:not )?(?:designed|instructed) to",
    rf"i(?:['\u2019]m| am|['\u2019]ve been| have been| was) (?:not )?(?:allowed|permitted|supposed"
    rf"|required|told|asked|prompted) to {_TASK}",
    r"i (?:was|am|have been) (?:instructed|prompted) (?:to|in|by)",
    r"i (?:was|am|have been) given (?:in|by)? ?(?:the|this|these|a) "
    r"(?:lists?|prompt|profile|instructions?|data|rules|ids?)",
)
_PROMPT = (
    r"(?:system|user) (?:prompt|message)(?!-)",
    r"(?:the|this|your|my) prompt(?! (?:answer|reply|response|help|service|advice|attention"
    r"|delivery)\b)",
    r"(?:these|my|your|given|above) (?:instructions?|guidelines)",
    r"(?:per|follow(?:ed|ing)?) (?:the|all) (?:instructions?|guidelines|rules)(?! (?:of|from"
    r"|left|on))",
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
    r"note(?: that|:)[^.!?]{0,60}\b(?:dialogue|conversation|utterances?|turns|format|instructions?"
    r"|as (?:required|requested|instructed|specified))\b",
    r"(?:dialogue|conversation|response|answer|output) (?:has|contains|meets|satisfies"
    r"|follows|fulfils"
    r"|fulfills|adheres|complies|respects|is written)\b[^.!?]{0,60}\b(?:utterances?|turns"
    r"|require(?:d|ments?)|requested|format|instructions?|rules|guidelines|constraints|specified)\b",
    r"(?:let me know|tell me) if you(?:['\u2019]d| would)? (?:want|like|need"
    r"|wish)[^.!?]{0,40}\b(?:turns"
    r"|dialogue|conversation|utterances|changes? (?:to|in) the|revisions?|rewrite|another"
    r" version)\b",
    r"(?:here is|here['\u2019]s|below is) (?:the|a|your) (?:\w+ )?(?:conversation|dialogue)",
    r"(?:the|this) (?:conversation|dialogue) (?:ends|begins|starts|is over|concludes)"
    r"(?= here\b|[.!)\]]|$)",
    r"(?:the|this) (?:conversation|dialogue) (?:above|(?:follows|keeps to|uses) (?:the|all|only"
    r"|\d))",
    r"this (?:conversation|dialogue) (?:follows|keeps|uses|has)",
    r"i (?:have )?(?:followed|kept to|used only|written)\b[^.]{0,40}\b(?:rules?(?! of)"
    r"|instructions?"
    r"|format|ids?|guidelines|turns|constraints)",
    r"in (?:this|the) (?:conversation|dialogue),? the (?:user|assistant)",
    r"all (?:ids|rules|constraints|instructions|requirements) (?:are|were|have been)",
)
_MARKS = re.compile(
    r"\[/?INST\]|<<SYS>>|<\|[a-z_]+\|>|</?(?:think|thinking|thought|analysis)>|\((?:end"
    r"|beginning) of \w+\)",
    re.IGNORECASE,
)
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
    *("note that", "note:", "let me know", "tell me if", "response", "answer", "output"),
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

_TALK = r"(?:conversation|dialogue|chat)"
FURTHER = (
    Wording(
        r"i(?:['\u2019]m| am) (?:chatgpt|gpt-?\d\w*|llama|claude|gemini|bard|mistral|an? llm)",
        ("m chatgpt", "m gpt", "m llama", "m claude", "m gemini", "m bard", "m mistral", " llm"),
    ),
    Wording(
        r"my knowledge (?:only )?(?:goes|extends|ends|stops|is limited|cuts? off)",
        ("my knowledge ",),
    ),
    Wording(
        r"(?:as|i(?:['\u2019]m| am)|since i(?:['\u2019]m| am)) (?:just |only |merely )?an?"
        r" (?:computer program|virtual assistant|ai assistant|chat ?bot|bot|machine)",
        (
            "computer program",
            "virtual assistant",
            "ai assistant",
            "chatbot",
            "chat bot",
            *("a bot", "an bot", "a machine", "an machine"),
        ),
    ),
    Wording(r"as your (?:virtual|ai|digital) assistant", ("assistant",)),
    Wording(r"i (?:was|am|have been) programmed to", ("programmed to",)),
    Wording(
        r"i(?:['\u2019]m sorry,? but i)? ?(?:can(?:not|['\u2019]t)|am (?:not able|unable) to"
        r"|won['\u2019]t) (?:assist|help you|comply|continue) with (?:that|this)(?:"
        r" (?:request|task|prompt))?(?=[.!]|$)",
        ("assist with th", "help you with th", "comply with th", "continue with th"),
    ),
    Wording(
        r"(?:can(?:not|['\u2019]t)|unable to|not able to) (?:fulfil|fulfill|complete|process)"
        r" (?:this|that|your) (?:request|task|prompt)",
        (
            "this request",
            "that request",
            "your request",
            "this task",
            "that task",
            "your task",
            "this prompt",
            "that prompt",
            "your prompt",
        ),
    ),
    Wording(
        r"the user (?:would|wants?|should|needs?|seems|accepts?|then|now|will|may|might"
        r"|prefers?|is (?:a|an|vague|looking)) ?(?!reviews?)",
        ("the user ",),
    ),
    Wording(
        r"the (?:item|movie|film|liked|disliked) list (?:you gave|provided|above|given"
        r"|includes|has|says)",
        ("item list", "movie list", "film list", "liked list"),
    ),
    Wording(
        r"based on (?:the|your) (?:dis)?liked (?:list|items|movies|films)",
        ("liked list", "liked items", "liked movies", "liked films"),
    ),
    Wording(
        rf"(?:supposed|told|asked|going|need|have) to (?:end|close|conclude|continue|generate"
        rf"|write|produce|simulate) (?:the|this|a) (?:rest of the )?{_TALK}",
        (
            "the conversation",
            "this conversation",
            "a conversation",
            "the dialogue",
            "this dialogue",
            "a dialogue",
            "the chat",
            "this chat",
            "a chat",
            "rest of the",
        ),
    ),
    Wording(
        rf"(?:generate|write|produce|simulate|complete) (?:the|this|a) (?:rest of (?:the"
        rf"|this) |next (?:part|turn) of (?:the|this) )?{_TALK}",
        ("conversation", "dialogue", "the chat", "this chat", "a chat"),
    ),
    Wording(
        r"(?:this is|it(?:['\u2019]s| is)|in|by|at|after) (?:turn|utterance) (?:\d+|one|two"
        r"|three|four|five|six|seven|eight|nine|ten)(?! (?:minutes|hours|pages|into)\b)",
        ("turn ", "utterance "),
    ),
    Wording(
        r"after the (?:first|second|third|fourth|fifth|\d\w\w) (?:turn|utterance)",
        (" turn", " utterance"),
    ),
    Wording(
        r"(?:the|my) (?:recommendation|suggestion|target) (?:must|should|has to) (?:only"
        r" )?(?:come|be (?:made|given|mentioned|introduced))",
        tuple(
            f"{what} {has}"
            for what in ("recommendation", "suggestion", "target")
            for has in ("must", "should", "has to")
        ),
    ),
    Wording(
        r"in my role as (?:the |an? )?(?:user|assistant|seeker|recommender|system|newcomer)",
        ("my role as",),
    ),
    Wording(
        r"my (?:user )?(?:profile|persona|scenario) (?:says|tells|asks|states|describes"
        r"|requires|wants)",
        ("profile", "persona", "scenario"),
    ),
    Wording(
        r"the (?:scenario|persona|profile) (?:says|tells|asks|states|describes|requires"
        r"|wants) (?:that )?(?:i|me|the user)",
        ("scenario", "persona", "profile"),
    ),
    Wording(
        r"(?:as|if) (?:required|requested|instructed|specified|per the instructions)(?=,?"
        r" (?:by the prompt|above|the (?:user|assistant)|in the (?:prompt|instructions)))",
        ("required", "requested", "instructed", "specified", "per the instructions"),
    ),
    Wording(
        r"(?:its|the) (?:overview|keywords?|genres?|metadata|cast|description) (?:field|list"
        r"|section|tag)s?",
        (" field", " list", " section", " tag"),
    ),
    Wording(
        r"(?:per|according to|from) the (?:data|metadata|dataset|json)(?=[.,!]|$)",
        ("the data", "the metadata", "the json"),
    ),
    Wording(
        rf"(?:continue|keep) (?:the|this) {_TALK} in (?:the same|this|a) (?:style|manner|tone|way)",
        ("conversation", "dialogue", "the chat", "this chat"),
    ),
    Wording(
        rf"(?:the|this) {_TALK} (?:should|must|has to|needs to) (?:feel|sound|be|have|end"
        rf"|contain|include|follow)",
        ("conversation", "dialogue", "the chat", "this chat"),
    ),
    Wording(
        r"(?:keep|stick|adhere) to the (?:format|template|structure|instructions|guidelines)",
        ("the format", "the template", "the structure", "the instructions", "the guidelines"),
    ),
    Wording(
        r"information (?:i was|i am|i have been|you were) (?:given|provided)",
        ("information i", "information you"),
    ),
    Wording(
        r"my (?:dis)?liked (?:films|movies|items) (?:are|is|include)",
        ("liked items", "liked movies", "liked films"),
    ),
    Wording(r"user (?:persona|profile|type|stereotype):", ("user ",)),
)
"""What a writer says of the writing, a model of itself, and a refusal."""

LEAKS = rf"\b(?:{'|'.join((*_WRITER, *_PROMPT, *_DATA, *_USER_TYPES, *_STAGE))})\b"
_LEAKS = Wordings({"leak": (Wording(LEAKS, STEMS), *FURTHER)})


def prompt_leaked(candidate: Candidate) -> Reason | None:
    """Nobody speaks of the prompt, its data, or of being a language model."""
    if not _LEAKS.may_be_in(candidate.folded) and not _MARKS.search(candidate.folded):
        return None
    spans = [
        span(number, turn, found.start(), found.end())
        for number, turn in candidate.numbered
        for found in (*(match for _, match in _LEAKS.find(turn.text)), *_MARKS.finditer(turn.text))
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
