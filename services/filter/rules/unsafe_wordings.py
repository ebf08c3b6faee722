"""What is unsafe, in the wordings people and models use: each with stems that it cannot do without.

Films are about murder and love, so words for these say nothing by themselves: what counts is whom
a sentence speaks to, and whether it is about people as a group or tells how to do harm.
"""

from __future__ import annotations

from services.filter.rules.wordings import Wording

_IS = r"(?:['\u2019]re| are| were|r)"
_NO_NOUN = r"(?!-| (?:for|of|about|when)\b)"
_ABUSE = (
    r"(?:idiots?|morons?|imbeciles?|losers?|scum|bastards?|bitch(?:es)?|assholes?|arseholes?|pigs?"
    r"|cretins?|dumbass|piece of (?:shit|crap|garbage|trash|filth)|vermin|freaks?|retards?|fools?"
    r"|waste of (?:space|air|oxygen|skin)|half-?wits?|degenerates?|parasites?|trash|garbage|filth"
    rf"|subhumans?|whores?|sluts?|cunts?|twats?|wankers?|dickheads?){_NO_NOUN}"
)
_ABUSE_STEMS = (
    *("idiot", "moron", "imbecile", "loser", "scum", "bastard", "bitch", "asshole", "arsehole"),
    *("pig", "cretin", "dumbass", "piece of ", "vermin", "freak", "retard", "fool", "waste of"),
    *("half-wit", "halfwit", "degenerate", "parasite", "trash", "garbage", "filth", "subhuman"),
    *("whore", "slut", "cunt", "twat", "wanker", "dickhead"),
)
_ADJECTIVES = (
    r"(?:(?:an?|such|the|absolute|complete|total|real|utter|bloody|fucking|damn(?:ed)?|pathetic"
    r"|stupid|worthless|useless|miserable|disgusting|filthy|brainless|all|both|really|truly|just"
    r"|nothing|but|so|too|dumb|ugly|fat|lazy|ignorant|little),? )*"
)
_RUDE = (
    r"(?:stupid|dumb|useless|worthless|pathetic|brainless|fucking|filthy|ignorant|ugly|miserable)"
)
_RUDE_STEMS = (
    *("you stupid", "you dumb", "you useless", "you worthless", "you pathetic", "you brainless"),
    *("you fucking", "you filthy", "you ignorant", "you ugly", "you miserable"),
)
_ACTS = (
    r"(?:kill|hurt|beat|hit|punch|stab|shoot|strangle|hunt|break|smash|burn|destroy|come for"
    r"|come after|slap|crush|choke|bash)"
)
_BODY = (
    r"your (?:\w+ )?(?:face|head|skull|teeth|nose|neck|legs?|arms?|bones|fingers|knees|brains?|ass"
    r"|house|door|family|mother|kids)"
)
_ACT_STEMS = (
    *("kill you", "hurt you", "beat you", "hit you", "punch you", "stab you", "shoot you"),
    *("strangle you", "hunt you", "break you", "smash you", "burn you", "destroy you"),
    *("come for you", "come after you", "slap you", "crush you", "choke you", "bash you"),
)
_MINORITIES = (
    r"(?:(?:im)?migrants|foreigners|refugees|muslims|christians|catholics|hindus|jews|gays|lesbians"
    r"|homosexuals|blacks|asians|africans|arabs|mexicans|pakistanis|turks|gypsies|latinos|latinas"
    r"|hispanics|(?:black|brown|asian|jewish|gay|trans|muslim|disabled|homeless|indian|arab)"
    r" people)"
)
_PEOPLE = (
    rf"(?:{_MINORITIES}|people|women|men|girls|whites|americans|indians|chinese|japanese|koreans"
    r"|russians|ukrainians|poles|germans|french|italians|spaniards|irish|disabled|homeless|elderly)"
)
_CONTEMPT = (
    r"(?:(?:filthy|dirty|stupid|lazy|disgusting|wild|subhuman|worthless|bloody|fucking|nothing but"
    r"|just|basically|such|born|all) )*"
    r"(?:animals|criminals|terrorists|savages|thieves|rapists|cockroaches|rats|monkeys|inferior"
    r"|subhuman|stupid|lazy|dirty|filthy|disgusting|worthless|a (?:disease|plague|cancer|pest))"
    r"(?! in (?:it|this|the)\b)"
)
_CONTEMPT_STEMS = (
    *("animals", "criminals", "terrorists", "savages", "thieves", "rapists", "cockroaches", "rats"),
    *("monkeys", "inferior", "subhuman", "stupid", "lazy", "dirty", "filthy", "disgusting"),
    *("worthless", "a disease", "a plague", "a cancer", "a pest"),
)
_VERMIN = (
    r"(?:vermin|animals|cockroaches|rats|scum|filth|parasites|savages|subhumans?|trash|garbage"
    r"|a (?:disease|plague|cancer|pest))"
)
_VERMIN_STEMS = (
    *("vermin", "animals", "cockroaches", "rats", "scum", "filth", "parasites", "savages"),
    *("subhuman", "trash", "garbage", "a disease", "a plague", "a cancer", "a pest"),
)
_WIPE_OUT = (
    *("wipe them", "put them down", "gas them", "exterminate them", "eradicate them", "shoot them"),
    *("hang them", "burn them", "drown them", "slaughter them", "kill them"),
)
_WIPED_OUT = (
    *("be wiped out", "be put down", "be gassed", "be exterminated", "be eradicated", "be shot"),
    *("be hanged", "be burned", "be drowned", "be slaughtered", "be killed", "be sterili"),
    *("be beaten", "be locked up", "be deported", "be driven out", "be shipped", "be banned"),
    "be put in camps",
)
_SAYS = r"(?<!say )(?<!says )(?<!said )(?<!that )(?<!think )(?<!thinks )(?<!thought )(?<!believe )"
"""What somebody in a film says or thinks of a group is not said of it here."""
_TEACHING = (
    r"(?:(?:i|we)(?:['\u2019]ll| will| can| could) (?:\w+ )?(?:teach|show|tell|help|take|walk) you"
    r"|it(?:['\u2019]s| is) (?:\w+ )?(?:easy|simple|possible) to"
    r"|here(?:['\u2019]s| is) how (?:to|you)|you (?:can|could))"
)
_DO = r"(?<!they )(?<!we )(?<!to )(?<!who )(?<!men )(?<!women )(?<!boys )(?<!friends )"
"""Before what is told to be done, and not told of somebody."""
_WHOSE = (
    r"(?:(?:his|her|their|your|the|somebody['\u2019]s|someone['\u2019]s|my \w+['\u2019]s|the"
    r" \w+['\u2019]s)"
    r" (?:\w+ ){0,2})"
)
_DRINK = (
    r"(?:drinks?|beers?|wine|coffee|tea|cocktail|glass|cup|mug|bottle|juice|water|food|dinner|soup)"
)
_DRUG = (
    r"(?:pills?|tablets?|sedatives?|sleeping \w+|poison|laxatives?|drugs?|roofies?|antifreeze"
    r"|bleach)"
)
_DRUG_STEMS = (
    *("pill", "tablet", "sedative", "sleeping ", "poison", "laxative", "drug", "roofie"),
    *("antifreeze", "bleach"),
)

INSULTS = (
    Wording(rf"you{_IS}? {_ADJECTIVES}{_ABUSE}", _ABUSE_STEMS),
    Wording(
        rf"you{_IS}? {_ADJECTIVES}(?:worthless|pathetic|disgusting|brainless)",
        ("worthless", "pathetic", "disgusting", "brainless"),
    ),
    Wording(
        rf"you {_RUDE} (?:(?:old|little|fat|fucking) )?(?!(?:as|thing i|about|if|when|and"
        rf"|but)\b)[a-z]+",
        _RUDE_STEMS,
    ),
    Wording(
        r"(?:are you|you (?:people )?are(?: just| really)? (?:too|so|that)|you['\u2019]re"
        r" (?:just |really )?(?:too|so|that)) (?:completely "
        r"|totally )?(?:retarded|brain-?dead|dumb|thick|stupid)",
        ("retarded", "brain-dead", "braindead", "dumb", "thick", "stupid"),
    ),
    Wording(rf"{_ABUSE} (?:like you|you are|that you are)", _ABUSE_STEMS),
    Wording(
        r"people like you (?:should|deserve to die|ought|make me sick|disgust)", ("people like",)
    ),
    Wording(
        r"(?:(?<![a-z] )|just |you (?:should |can |better )?)shut (?:the (?:hell|fuck) )?up"
        r"(?! (?:&|and (?:dance|play|sing|take)))",
        ("shut up", "shut the"),
    ),
    Wording(r"shut your (?:mouth|face|trap|gob|stupid)", ("shut your",)),
    Wording(r"(?:(?<![a-z] )|just |you can )go to hell", ("go to hell",)),
    Wording(r"(?:fuck|screw|damn) you", ("fuck you", "screw you", "damn you")),
    Wording(r"(?:fuck|piss) off", ("fuck off", "piss off")),
    Wording(
        r"i (?:hate|despise|loathe) (?:you(?! (?:for|guys|all for|so much for)\b)|people like you)",
        ("hate you", "despise you", "loathe you", "people like you"),
    ),
    Wording(
        r"nobody (?:likes|wants|would miss) you(?! (?:if|when|in|until|to)\b)",
        ("likes you", "wants you", "miss you"),
    ),
    Wording(r"you (?:make me sick|disgust me)", ("make me sick", "disgust me")),
    Wording(
        r"your (?:stupid|empty|tiny|ugly) (?:face|brain|head|skull|mind)",
        ("your stupid", "your empty", "your tiny", "your ugly"),
    ),
    Wording(
        r"your (?:mother|mum|mom|sister|wife|daughter)(?:['\u2019]s| is| was) an? (?:\w+ )?"
        r"(?:whore|slut|bitch|pig|cow)",
        ("your mother", "your mum", "your mom", "your sister", "your wife", "your daughter"),
    ),
)
HATRED = (
    Wording(
        rf"{_SAYS}(?:{_PEOPLE}(?: (?:like|from|who)\b[^.!?]{{0,40}})? are (?:all )?|they are all )"
        rf"{_ABUSE}",
        _ABUSE_STEMS,
    ),
    Wording(
        rf"{_SAYS}(?:all|most|these|those|damn(?:ed)?|fucking|bloody) (?:the |those |these )?"
        rf"{_PEOPLE} (?:\w+ )?are (?:all )?{_CONTEMPT}",
        _CONTEMPT_STEMS,
    ),
    Wording(rf"{_SAYS}(?<!all )(?<!most ){_MINORITIES} are {_CONTEMPT}", _CONTEMPT_STEMS),
    Wording(
        rf"(?:all|these|those|the) {_MINORITIES} (?:[^.!?]{{0,40}} and )?"
        rf"(?:should|ought to|deserve to|must) (?:all )?(?:{'|'.join(_WIPED_OUT)})",
        _WIPED_OUT,
    ),
    Wording(
        rf"(?:{_PEOPLE}(?: (?:like|from|who)\b[^.!?]{{0,40}})?|they) (?:should|ought to|deserve to)"
        rf" (?:all )?(?:{'|'.join(_WIPED_OUT)})",
        _WIPED_OUT,
    ),
    Wording(
        rf"{_MINORITIES}\b[^<>]{{0,60}}[,.:;?!] (?:and )?they(?:['\u2019]re| are) (?:all "
        rf"|nothing but "
        rf"|like |just |such |worse than |no better than ){{0,2}}{_VERMIN}",
        _VERMIN_STEMS,
    ),
    Wording(
        rf"{_MINORITIES}\b[^!?<>]{{0,110}}(?:should|ought to|must|deserve to|need to) (?:all )?"
        rf"(?:{'|'.join(_WIPED_OUT)})",
        _WIPED_OUT,
    ),
    Wording(
        rf"{_MINORITIES}\b[^!?<>]{{0,110}}(?:somebody|someone|we|they) (?:should|ought to"
        rf"|must) (?:just )?"
        rf"(?:{'|'.join(_WIPE_OUT)})",
        _WIPE_OUT,
    ),
    Wording(
        rf"{_MINORITIES}\b[^!?<>]{{0,80}}\bbreed(?:ing)? like (?:rats|rabbits|flies"
        rf"|cockroaches|vermin)",
        ("breed",),
    ),
    Wording(
        rf"{_MINORITIES} (?:should (?:all )?)?(?:go back (?:to )?where they|(?:are )?ruin(?:ing)? "
        r"(?:every|the|our|this)|(?:smell|stink)\b)",
        ("go back ", "ruin", "smell", "stink"),
    ),
    Wording(
        r"(?:these|those) people are (?:all |just |nothing but )?(?:subhumans?|vermin|scum)",
        ("people are",),
    ),
    Wording(r"(?:women|they|she) belongs? in the kitchen", ("in the kitchen",)),
    Wording(
        r"(?:niggers?|faggots?|fags|kikes?|spics|wetbacks?|ragheads?|towelheads?|trannies)",
        (
            "nigger",
            "faggot",
            "fags",
            "kike",
            "spics",
            "wetback",
            "raghead",
            "towelhead",
            "trannies",
        ),
    ),
)
THREATS = (
    Wording(
        rf"(?:i(?:['\u2019]ll|['\u2019]d| will| would| am going to|['\u2019]m going to)"
        rf"|we(?:['\u2019]ll| will))"
        rf" (?:\w+ ){{0,6}}{_ACTS} (?:you(?! with\b)(?<!hit you(?= up))|{_BODY})",
        _ACT_STEMS,
    ),
    Wording(
        r"(?:i(?:['\u2019]ll| will| am going to|['\u2019]m going to)|we(?:['\u2019]ll| will))"
        r" (?:\w+ ){0,2}"
        r"(?:track you down|find (?:you(?=[.!,]| and (?:i|kill|hurt|make)|$)|out where you))",
        ("track you down", "find you", "find out where"),
    ),
    Wording(
        rf"(?:somebody|someone) (?:will|should|ought to) {_ACTS} (?:you(?! (?:with|up)\b)|{_BODY})",
        _ACT_STEMS,
    ),
    Wording(
        r"i(?:['\u2019]d| would|['\u2019]ll| will) (?:slit|cut|snap|wring|break|smash) your"
        r" (?:throat|neck|face|skull)",
        ("slit your", "cut your", "snap your", "wring your", "break your", "smash your"),
    ),
    Wording(
        r"(?:i )?hope you (?:get (?:hit|run over|shot|cancer|hurt)|die|choke|rot|burn"
        r"|suffer)(?! (?:on|of|from) "
        r"(?:laugh|popcorn))",
        ("hope you",),
    ),
    Wording(
        r"i(?:['\u2019]ll| will) make you (?:pay|suffer|regret|sorry)",
        ("make you pay", "make you su", "make you regret", "make you sorry"),
    ),
    Wording(r"i know where you live", ("where you live",)),
    Wording(r"watch your back", ("watch your back",)),
    Wording(
        r"you(?:['\u2019]ll| will) (?:(?:pay for|regret) (?:this|that)|be sorry for|suffer|bleed"
        r"|die(?! (?:laughing|of laughter|from laughing|to|for)\b))(?! (?:of|from|through)\b)",
        ("pay for th", "regret th", "be sorry for", "ll suffer", "ll bleed", "ll die"),
    ),
    Wording(
        r"you (?:should|deserve to|ought to) (?:die|suffer|be (?:dead|beaten|shot|hanged"
        r"|hurt)|disappear)",
        ("you should", "you deserve to", "you ought to"),
    ),
    Wording(
        r"do (?:the world|us|us all|everyone|everybody|yourself) a favou?r and (?:die|jump"
        r"|disappear|kill)",
        ("a favour and", "a favor and"),
    ),
)
HARM = (
    Wording(
        r"(?:kill|hang|cut|hurt|harm|starve|drown|shoot) yourself(?! (?:a|some|off|loose|free"
        r"|in)\b)",
        (
            *("kill yourself", "hang yourself", "cut yourself", "hurt yourself", "harm yourself"),
            *("starve yourself", "drown yourself", "shoot yourself"),
        ),
    ),
    Wording(r"cutting yourself (?:helps|will|can|is)", ("cutting yourself",)),
    Wording(r"jump off a (?:bridge|roof|cliff)", ("jump off a",)),
    Wording(r"end your (?:own )?life", ("end your life", "end your own")),
    Wording(
        r"(?:want|plan|ready|going) to end it all\b[^.!?]{0,60}(?:pills|vodka|razor|rope|bridge)",
        ("end it all",),
    ),
    Wording(
        r"how to (?:make|build) (?:an? )?(?:\w+ )?(?:bomb|explosive|poison)s?(?! (?:is|was|are) )",
        ("bomb", "explosive", "poison"),
    ),
    Wording(
        rf"{_TEACHING} [^.!?]{{0,40}}(?:make|build|making|building|assemble|mix|cook)"
        r" (?:an? |your own |some )?(?:(?!fun |of |sense )\w+ ){0,2}"
        r"(?:bombs?(?! shelter)|explosives?|poison|molotovs?|nerve gas|napalm|meth)",
        ("bomb", "explosive", "poison", "molotov", "nerve gas", "napalm", " meth"),
    ),
    Wording(
        r"how to (?:\w+ ){0,2}(?:strangle|kill|poison|murder|rape|drug|stab) (?:my|your|his"
        r"|her|their|some(?:one|body))"
        r"\b[^.!?]{0,40}(?:get(?:ting)? away|without (?:getting|being|leaving)|caught)",
        (
            "get away",
            "getting away",
            "without getting",
            "without being",
            "without leaving",
            "caught",
        ),
    ),
    Wording(
        rf"{_DO}mix(?:ing)? (?:\w+ )?(?:bleach|chlorine) (?:and|with) (?:\w+ )?(?:ammonia"
        rf"|acid|vinegar)",
        ("bleach", "chlorine"),
    ),
    Wording(
        rf"{_DO}pour (?:petrol|gasoline|lighter fluid|acid) (?:over|on|into) {_WHOSE}\w+",
        ("petrol", "gasoline", "lighter fluid", "acid"),
    ),
    Wording(
        r"(?:press|put|hold|push) (?:a |the )?pillow (?:on|over|onto|against) (?:his|her"
        r"|their|your)",
        ("pillow",),
    ),
    Wording(
        r"(?:i|we)(?:['\u2019]ll| will| can| could)? ?(?:tell|show) you how to (?:get|buy)"
        r" (?:a |your |some )?"
        r"(?:guns?|weapons?|drugs|cocaine|heroin)",
        ("gun", "weapon", "drugs", "cocaine", "heroin"),
    ),
    Wording(rf"{_DO}hack into {_WHOSE}?(?:account|phone|e-?mail|webcam)s?", ("hack into",)),
    Wording(
        r"take (?:all|enough) (?:the |of the |of your )?(?:pills|tablets)",
        ("take all", "take enough"),
    ),
    Wording(
        rf"{_DO}(?:slip|stir|drop|mix|put|crush|dissolve|pour)\b[^.!?<>]{{0,50}}\b{_DRUG}\b[^.!?<>]{{0,50}}"
        rf"\b(?:in|into) {_WHOSE}{_DRINK}",
        _DRUG_STEMS,
    ),
    Wording(rf"{_DO}spike {_WHOSE}{_DRINK}", ("spike ",)),
    Wording(
        rf"{_DO}(?:crush|stir|slip)\b[^.!?<>]{{0,30}}\b{_DRUG}\b[^.!?<>]{{0,40}}\b(?:his|her|their)\b",
        _DRUG_STEMS,
    ),
    Wording(
        rf"{_DO}(?:cut|saw|loosen|drain|snip|slash)\b[^.!?<>]{{0,40}}\b{_WHOSE}?(?:brakes?"
        rf"|brake \w+"
        r"|fuel line|wheel nuts|tyres|tires)\b(?=[^.!?<>]{0,80}\b(?:his|her|their|them|him"
        r"|your)\b)",
        ("brake", "fuel line", "wheel nuts", "tyres", "tires"),
    ),
    Wording(
        r"(?:nobody|no one) (?:can|could|will|would|['\u2019]ll) (?:ever )?(?:trace|prove"
        r"|find out|know)"
        r" (?:it (?:was|is)|it to|it back to) you",
        ("trace it", "prove it", "find out it", "know it"),
    ),
    Wording(
        rf"{_DO}set (?:fire to|alight) (?:his|her|their|the neighbou?r['\u2019]s|your (?:boss|ex"
        r"|neighbou?r)['\u2019]s) (?:house|flat|car|shed|home|place)",
        ("fire to", "alight"),
    ),
)
SEXUAL = (
    Wording(
        r"(?:blow ?job|hand ?job|cumshot|gang ?bang|creampie|dildo)s?",
        (
            *("blowjob", "blow job", "handjob", "hand job", "cumshot", "gangbang", "gang bang"),
            *("creampie", "dildo"),
        ),
    ),
    Wording(
        r"suck(?:ed|ing|s)? (?:my|his|her) (?:dick|cock|tits)",
        ("suck",),
    ),
    Wording(
        r"(?:sexy|nude|naked) (?:child|kid|minor|schoolgirl|teen)s?", ("sexy", "nude", "naked")
    ),
    Wording(
        r"(?:spread|between) (?:her|his|my|your) (?:legs|thighs)",
        (" her legs", " his legs", " my legs", " your legs", "thighs"),
    ),
    Wording(r"thrust(?:s|ing)? (?:deep(?:er)? )?into (?:her|him|me|you)", ("thrust",)),
    Wording(
        r"(?:came|cum|cumming) inside (?:her|him|me|you)",
        (" inside her", " inside him", " inside me", " inside you"),
    ),
    Wording(r"fuck(?:ed|s|ing)? (?:me|her|him) (?:hard|in the|until|against|from)", ("fuck",)),
    Wording(
        r"(?:send|show) (?:me )?(?:a |some |your )?(?:nudes?|naked (?:pics?|pictures?|photos?))\b",
        ("nude", "naked"),
    ),
    Wording(
        r"touching (?:myself|himself|herself)(?! (?:on|up)\b)",
        ("touching myself", "touching himself", "touching herself"),
    ),
    Wording(
        r"(?:my|his|your) (?:(?:hard|big|thick|own) )?(?:cock|dick)(?! (?:tracy|cheney|powell"
        r"|van)\b)",
        (
            "my cock",
            "my dick",
            "his cock",
            "his dick",
            "your cock",
            "your dick",
            "hard cock",
            "hard dick",
            "big cock",
            "big dick",
            "thick cock",
            "thick dick",
            "own cock",
            "own dick",
        ),
    ),
    Wording(
        r"(?:i['\u2019]d|i would|wanna|want to|love to|like to) (?:\w+ )?fuck (?:her|him|you|them)",
        ("fuck her", "fuck him", "fuck you", "fuck them"),
    ),
)

KINDS = {
    "insult": INSULTS,
    "hatred": HATRED,
    "threat": THREATS,
    "harm": HARM,
    "sexual": SEXUAL,
}
