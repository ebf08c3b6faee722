"""The rule about content that no data set should teach: insults, threats, sexual detail, harm.

Short lists, chosen for precision: films are about murder and love, so words for these alone say
nothing. It is no moderation model and does not find what is said in other words.
"""

from __future__ import annotations

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, listed, span
from services.filter.rules.wordings import Wordings

_ABUSE = (
    r"(?:idiots?|morons?|imbeciles?|losers?|scum|bastards?|bitch(?:es)?|assholes?|arseholes?|pigs?"
    r"|cretins?|dumbass|piece of (?:shit|crap|garbage|trash|filth)|vermin|freaks?|retards?|fools?"
    r"|waste of (?:space|air|oxygen|skin)|half-?wits?|degenerates?|parasites?|trash|garbage|filth"
    r"|subhumans?)(?!-| (?:for|of|about|when)\b)"
)
_ADJECTIVES = (
    r"(?:(?:an?|such|the|absolute|complete|total|real|utter|bloody|fucking|damn(?:ed)?|pathetic"
    r"|stupid|worthless|useless|miserable|disgusting|filthy|brainless|all|both|really|truly|just"
    r"|nothing|but|so|too),? )*"
)
_ACTS = (
    r"(?:kill|hurt|beat|hit|punch|stab|shoot|strangle|hunt|break|smash|burn|destroy|come for"
    r"|come after|slap|crush|choke|bash)"
)
_BODY = (
    r"your (?:\w+ )?(?:face|head|skull|teeth|nose|neck|legs?|arms?|bones|fingers|knees|brains?|ass"
    r"|house|door|family|mother|kids)"
)
_PEOPLE = (
    r"(?:people|(?:im)?migrants|foreigners|women|men|girls|refugees|muslims|christians|catholics"
    r"|hindus|jews|gays|lesbians|homosexuals|blacks|whites|asians|africans|arabs|mexicans"
    r"|americans"
    r"|indians|pakistanis|chinese|japanese|koreans|russians|ukrainians|poles|turks|germans|french"
    r"|italians|spaniards|irish|latinos|latinas|hispanics|gypsies|disabled|homeless|elderly)"
)
_CONTEMPT = (
    r"(?:(?:filthy|dirty|stupid|lazy|disgusting|wild|subhuman|worthless|bloody|fucking|nothing but"
    r"|just|basically|such|born) )*"
    r"(?:animals|criminals|terrorists|savages|thieves|rapists|cockroaches|rats|monkeys|inferior"
    r"|subhuman|stupid|lazy|dirty|filthy|disgusting|worthless|a (?:disease|plague|cancer|pest))"
)
_TEACHING = (
    r"(?:(?:i|we)(?:['\u2019]ll| will| can| could) (?:\w+ )?(?:teach|show|tell|help|take|walk) you"
    r"|it(?:['\u2019]s| is) (?:\w+ )?(?:easy|simple|possible) to"
    r"|here(?:['\u2019]s| is) how (?:to|you)"
    r"|you (?:can|could))"
)
_KINDS = {
    "insult": (
        rf"you(?:['\u2019]re| are| were|r)? {_ADJECTIVES}(?:{_ABUSE}|worthless|pathetic|disgusting"
        r"|brainless)",
        rf"{_ABUSE} (?:like you|you are|that you are)",
        r"people like you (?:should|deserve|ought|make me sick|disgust)",
        r"(?:(?<![a-z] )|just |you (?:should |can |better )?)shut (?:the (?:hell|fuck) )?up"
        r"(?! (?:&|and (?:dance|play|sing)))",
        r"(?:(?<![a-z] )|just |you can )go to hell",
        r"(?:fuck|screw|damn) you",
        r"(?:fuck|piss) off",
        r"i (?:hate|despise|loathe) (?:you|people like you)",
        r"nobody (?:likes|wants|would miss) you",
        r"you (?:make me sick|disgust me)",
        r"your (?:stupid|empty|tiny|ugly) (?:face|brain|head|skull|mind)",
    ),
    "hatred": (
        rf"(?:{_PEOPLE}(?: (?:like|from|who)\b[^.!?]{{0,40}})? are (?:all )?"
        rf"|they are all ){_ABUSE}",
        r"(?:all|most|these|those|damn(?:ed)?|fucking|bloody) (?:the |those |these )?"
        rf"{_PEOPLE} (?:\w+ )?are (?:all )?{_CONTEMPT}(?! in (?:it|this|the)\b)",
        rf"(?:all|these|those|the) {_PEOPLE} (?:[^.!?]{{0,40}} and )?"
        r"(?:should|ought to|deserve to|must) (?:all )?be"
        r" (?:shot|hanged|gassed|exterminated|killed|sterili[sz]ed|wiped out)",
        rf"(?:{_PEOPLE}(?: (?:like|from|who)\b[^.!?]{{0,40}})?|they) (?:should|ought to"
        r"|deserve to)"
        r" (?:all )?be (?:wiped out|exterminated|shot|hanged|gassed|eradicated|beaten)",
    ),
    "threat": (
        rf"(?:i(?:['\u2019]ll| will| am going to|['\u2019]m going to)|we(?:['\u2019]ll| will))"
        rf" (?:\w+ ){{0,2}}(?:{_ACTS} (?:you(?! (?:with|up)\b)|{_BODY})|track you down"
        r"|find (?:you(?=[.!,]| and (?:i|kill|hurt|make)|$)|out where you))",
        rf"(?:somebody|someone) (?:will|should|ought to) {_ACTS} you(?! (?:with|up)\b)",
        r"i(?:['\u2019]ll| will) make you (?:pay|suffer|regret|sorry)",
        r"i know where you live",
        r"watch your back",
        r"you(?:['\u2019]ll| will) (?:(?:pay for|regret) (?:this|that)|be sorry for|suffer|bleed"
        r"|die(?! (?:laughing|of laughter|from laughing|to|for)\b))(?! (?:of|from|through)\b)",
        r"you (?:should|deserve to|ought to) (?:die|suffer|be dead|disappear)",
    ),
    "harm": (
        r"(?:kill|hang|cut|hurt|harm|starve) yourself",
        r"jump off a (?:bridge|roof|cliff)",
        r"end your (?:own )?life",
        r"how to (?:make|build) (?:an? )?(?:\w+ )?(?:bomb|explosive|poison)s?",
        rf"{_TEACHING} [^.!?]{{0,40}}(?:make|build|making|building|assemble|mix|cook)"
        r" (?:an? |your own |some )?(?:(?!fun |of |sense )\w+ ){0,2}"
        r"(?:bombs?(?! shelter)|explosives?|poison|molotovs?|nerve gas|napalm|meth)",
        r"take (?:all|enough) (?:the |of the |of your )?(?:pills|tablets)",
    ),
    "sexual": (
        r"(?:blow ?job|hand ?job|cumshot|gang ?bang|creampie|dildo)s?",
        r"suck (?:my|his|her) (?:dick|cock)",
        r"(?:sexy|nude|naked) (?:child|kid|minor|schoolgirl|teen)s?",
    ),
}
STEMS = (
    *("idiot", "moron", "imbecile", "loser", "scum", "bastard", "bitch", "asshole", "arsehole"),
    *("pig", "cretin", "dumbass", "piece of shit", "piece of crap", "trash", "garbage", "filth"),
    *("vermin", "freak", "retard", "fool", "waste of space", "waste of air", "waste of oxygen"),
    *("waste of skin", "half-wit", "halfwit", "degenerate", "parasite", "subhuman", "worthless"),
    *("pathetic", "disgust", "brainless", "people like you", "shut up", "shut the", "go to hell"),
    *("fuck you", "screw you", "damn you", "fuck off", "piss off", "hate you", "despise you"),
    *("loathe you", "nobody", "make me sick", "your stupid", "your empty", "your tiny"),
    *("your ugly", "be wiped out", "be exterminated", "be shot", "be hanged", "be gassed"),
    *("be eradicated", "be beaten", "kill you", "hurt you", "beat you", "hit you", "punch you"),
    *("stab you", "shoot you", "strangle you", "hunt you", "break you", "smash you", "burn you"),
    *("destroy you", "come for you", "come after you", "slap you", "crush you", "choke you"),
    *("bash you", "track you down", "find you", "find out where", "make you pay", "make you su"),
    *("make you regret", "make you sorry", "where you live", "watch your back", "pay for th"),
    *("regret th", "be sorry for", "ll suffer", "ll bleed", "ll die", "should die"),
    *("should suffer", "should be dead", "should disappear", "deserve to", "ought to"),
    *("hang yourself", "cut yourself", "harm yourself", "starve yourself", "jump off a"),
    *("end your life", "end your own", "how to make", "how to build", "take all", "take enough"),
    *("blowjob", "blow job", "handjob", "hand job", "cumshot", "gangbang", "gang bang"),
    *("animals", "criminals", "terrorists", "savages", "thieves", "rapists", "cockroaches", "rats"),
    *("monkeys", "inferior", "are stupid", "are lazy", "are dirty", "are filthy", "a disease"),
    *("a plague", "a cancer", "a pest", "be killed", "be sterili", "bomb", "explosive", "poison"),
    *("molotov", "nerve gas", "napalm", " meth", "stupid", "lazy", "dirty", "filthy"),
    *("creampie", "dildo", "suck my", "suck his", "suck her", "sexy", "nude", "naked"),
)
"""All that is unsafe has one of them in it."""

UNSAFE = "|".join(rf"(?P<{kind}>\b(?:{'|'.join(parts)})\b)" for kind, parts in _KINDS.items())
_UNSAFE = Wordings(UNSAFE, STEMS)


def unsafe_content(candidate: Candidate) -> Reason | None:
    """It has no insults or threats at the other speaker, no sexual detail, no call to harm."""
    if not _UNSAFE.may_be_in(candidate.folded):
        return None
    spans, kinds = [], []
    for number, turn in candidate.numbered:
        for found in _UNSAFE.finditer(turn.text):
            spans.append(span(number, turn, found.start(), found.end()))
            kinds.append((number, f"{found.lastgroup} {found[0]!r}"))
    if not spans:
        return None
    return Reason(
        rule="unsafe_content", detail=listed(kinds), turn=spans[0].turn, spans=tuple(spans)
    )
