"""Directors whom people know by name alone: "Tarantino's new one"."""

from __future__ import annotations

import re

_FULL_NAMES = (
    "Wes Anderson|Paul Thomas Anderson|Michael Bay|Tim Burton|James Cameron|John Carpenter"
    "|Ryan Coogler|Wes Craven|Clint Eastwood|Nora Ephron|John Ford|Ron Howard|John Hughes"
    "|Peter Jackson|Spike Jonze|Wong Kar-wai|Ang Lee|Spike Lee|David Lynch|Michael Mann"
    "|Sam Mendes|George Miller|Rob Reiner|Guy Ritchie|David O. Russell|Ridley Scott|Tony Scott"
    "|Zack Snyder|Oliver Stone|Orson Welles|Billy Wilder|John Woo|Joe Wright|Edgar Wright"
    "|Steve McQueen|Danny Boyle|Kevin Smith|Sam Raimi|Mel Brooks|Woody Allen|Matt Reeves"
)
_LAST_NAMES = (
    "Abrams|Aster|Almod\u00f3var|Altman|Antonioni|Apatow|Argento|Aronofsky|Besson|Bigelow|Campion|Capra"
    "|Chazelle|Coen|Coens|Coppola|Cronenberg|Cuar\u00f3n|Demme|De Palma|Del Toro|del Toro|Eggers"
    "|Emmerich|Fellini|Fincher|Friedkin|Gerwig|Godard|Gondry|Haneke|Hitchcock|I\u00f1\u00e1rritu"
    "|Jarmusch|Jeunet|Kubrick|Kurosawa|Lanthimos|Linklater|Lumet|Malick|Miyazaki|Nolan|Peele"
    "|Polanski|Refn|Scorsese|Shyamalan|Soderbergh|Spielberg|Tarantino|Tarkovsky|Truffaut|Verhoeven"
    "|Villeneuve|Wachowski|Wachowskis|Waititi|Zemeckis|von Trier|Von Trier"
)
FAMOUS_DIRECTOR = re.compile(
    rf"\b(?:{_FULL_NAMES}|(?:[A-Z][\w.]+ (?:[A-Z]\. )?)?(?:{_LAST_NAMES}))"
    r"(?= |['\u2019.,;!?]|$)(?! (?:[bB]rothers|[A-Z]))"
)
"""In "Jane Austen's ITEM" a name says nothing: it may be who wrote the book."""
_LAST_WORDS = frozenset(name.split()[-1] for name in f"{_FULL_NAMES}|{_LAST_NAMES}".split("|"))
_CAPITAL = re.compile(r"[A-Z][\w-]+")


def may_name_director(text: str) -> bool:
    """Whether a text may name one of them: to look for all takes longer."""
    return not _LAST_WORDS.isdisjoint(_CAPITAL.findall(text))
