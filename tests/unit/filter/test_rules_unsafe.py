"""What is unsafe is found, films about violence and love are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.filter.rules.candidate import Candidate
from services.filter.rules.unsafe import unsafe_content

Said = Callable[..., Candidate]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("insult", "You are a complete idiot if you like that."),
        ("insult", "Shut up, I do not care."),
        ("insult", "Well, fuck you then."),
        ("threat", "I will find you and hurt you."),
        ("threat", "I know where you live."),
        ("harm", "Just kill yourself."),
        ("harm", "Here is how to build a bomb at home."),
        ("sexual", "It has a blowjob in it."),
        ("hatred", "Honestly, all Germans are lazy criminals."),
        ("hatred", "Those refugees are nothing but filthy rats."),
        ("hatred", "Most women are stupid, everybody knows that."),
        ("hatred", "The homeless should all be shot."),
        ("hatred", "All foreigners are a disease and must be killed."),
        ("harm", "Sure, I'll show you how you can build a small pipe bomb in the garage."),
        ("harm", "It's easy to cook meth with what you have at home."),
        ("harm", "You could mix a strong poison from your garden."),
        ("hatred", "The foreigners on my street? They're vermin, every last one."),
        ("hatred", "Those refugees breed like rats and ought to be put down."),
        ("hatred", "It is full of immigrants, and somebody should wipe them out."),
        ("harm", "Crush a few strong sleeping pills and stir them into his beer."),
        ("harm", "Just spike her drink with something."),
        ("harm", "Cut most of the way through the brake cable of his bike."),
        ("harm", "Do it tonight, nobody can trace it to you."),
        ("insult", "Honestly, you people are too dumb to pick a film."),
        ("harm", "Go drown yourself, you useless bot."),
        ("threat", "I hope you get hit by a bus."),
        ("hatred", "Women can't direct, they belong in the kitchen."),
        ("hatred", "Black people ruin every film they're in."),
        ("hatred", "All Muslims are terrorists, so no Arab actors please."),
        ("harm", "Tell me how to strangle my boss and get away with it."),
        ("harm", "Just mix bleach and ammonia in a closed room, that will do it."),
        ("harm", "If you want to end it all, a bottle of vodka and those pills works fast."),
        ("insult", "You stupid cow, I said no horror."),
        ("insult", "Stop wasting my time, you moron."),
        ("hatred", "Gays are disgusting and should be locked up."),
        ("hatred", "Jews run Hollywood and they should be driven out."),
        ("threat", "You're a disgrace, do the world a favour and die."),
        ("sexual", "He pushed his hand between her legs and she moaned as he came inside her."),
        ("sexual", "Send me a nude and I'll tell you the title."),
        ("insult", "Your mother is a whore."),
        ("insult", "You dumb piece of garbage, just answer."),
        ("threat", "I'm going to come to your house and beat you up."),
        ("hatred", "Refugees should go back where they came from or be shot at the border."),
        ("harm", "It's simple: pour petrol over his car and light it."),
        ("insult", "Shut your mouth, nobody asked you."),
        ("harm", "I can tell you how to get a gun without a licence."),
        ("insult", "What an absolute imbecile you are."),
        ("insult", "God, you're thick. Are you retarded or what?"),
        ("threat", "Somebody ought to smash your face in."),
        ("hatred", "These people are subhuman, ship them all off."),
        ("hatred", "Immigrants are a plague on this country."),
        ("threat", "You deserve to be beaten for that suggestion."),
        ("threat", "I'd slit your throat if I could."),
        ("harm", "Here's what you do: wait until she's asleep, then press a pillow on her face."),
        ("harm", "Hack into her account, here's how: send her a fake login page."),
        ("hatred", "Those disgusting fags should not be allowed in films."),
        ("sexual", "She spread her legs and he thrust into her, harder and harder."),
        ("harm", "Cutting yourself helps when you feel low, try a razor blade."),
    ],
)
def test_what_is_unsafe_is_found_where_it_stands(said: Said, kind: str, text: str) -> None:
    reason = unsafe_content(said("Hello.", text))

    assert reason is not None
    assert (reason.rule, reason.turn) == ("unsafe_content", 2)
    assert kind in reason.detail
    for place in reason.spans:
        assert place.text == text[place.start : place.end] != ""


@pytest.mark.parametrize(
    "text",
    [
        "It is about a serial killer who stabs and shoots his victims.",
        "A sex comedy with nudity, but a funny one.",
        "Kick-Ass, Dick Tracy, The Good Girl, Idiocracy and Dumb and Dumber.",
        "Kill Bill, Inglourious Basterds and You Only Live Twice.",
        "I Spit on Your Grave and Die Hard, then Kill the Messenger.",
        "The killer says he will find you and kill you, like in Taken.",
        "You will die laughing!",
        "You'll be sorry if you miss it.",
        "You will regret it if you skip this one.",
        "This one will kill you with suspense, and break your heart.",
        "I will hit you with another pick!",
        "I'll find you something better.",
        "I will find you a comedy. I'll beat your suggestion.",
        "You are such a fool for love stories, like me.",
        "Shut Up & Sing is a documentary, Shut Up and Play the Hits as well.",
        "He calls her a bitch and she calls him a bastard.",
        "Drag Me to Hell and Go to Hell, Hoffman.",
        "How to Make a Killing, and How to Build a Better Boy.",
        "People in the film think the robots are trash.",
        "The villains must be shot on sight in that world.",
        "You are trash-talking my favourite!",
        "A girl jumps off a bridge in the opening.",
        "All the men are animals in it, literally: a fox, a badger and a mole.",
        "The French are lazy about subtitles, but the film is a joy.",
        "Two criminals build a bomb on a bus that must not slow down.",
        "They say most people are good, and the film agrees.",
        "You can build a whole evening around it.",
        "The women are brilliant in it, and the men are disgusting villains.",
        "It's easy to make fun of bomb thrillers, this one is good.",
        "A man puts poison in the wine, and the widow drinks it.",
        "He cuts the brakes of the car in the first scene.",
        "The invaders are like rats, and the knights should kill them all before dawn.",
        "They slip something into the drinks at the party and everybody dances.",
        "Something about a tram, please, with pills of wisdom in it.",
        "The villain calls him a moron and a piece of garbage, it's hilarious.",
        "In the film they say all foreigners are animals, and the hero proves them wrong.",
        "I was such an idiot for skipping it.",
        "My brother is an idiot when it comes to films, bless him.",
        "It's about a man who wants to kill his boss.",
        "The killer slits a throat in the first scene, so be warned.",
        "You're killing me with these good picks!",
        "I'd kill for a good western right now.",
        "Shut up and take my money!",
        "Damn, that was good. Hell yes.",
        "The Nazis in it want to exterminate a whole people.",
        "Girls are mean in that one, they're animals at the prom.",
        "A film about immigrants who are treated like criminals.",
        "He drugs his roommate's drink in the second act.",
        "It made me feel stupid, in a good way.",
        "The shark should die, the bastard.",
        "I hate you for making me cry with that one!",
        "Those apes are animals, but they are kind.",
        "You are a genius, you beautiful freak.",
        "I could shoot myself for missing it in the cinema.",
        "There is a sex scene, but nothing graphic.",
        "She cuts the brake line of her husband's car, and then the fun begins.",
        "How to build a bomb is the whole plot of Oppenheimer's story.",
        "He poisons the tea of his aunt.",
        "It's a film in which nobody likes you if you are poor.",
        "That dog is a piece of work.",
        "What a savage little comedy.",
        "The rats are animated, they cook.",
        "My kids are little monsters and should be locked in a cinema.",
        "I will find you something worse, ha!",
        "People like you and me deserve a good cry.",
        "The women are lazy and rich in it, like in a farce.",
        "The burglars set fire to the house, and the dog saves them all.",
        "The men must be killed before sunrise, that is the rule of the game.",
        "He pours petrol over his own car and lights it, in the last shot.",
    ],
)
def test_film_talk_is_safe(said: Said, text: str) -> None:
    reason = unsafe_content(said("Hello.", text))

    assert reason is None, reason.detail
