"""What the scripted dialogues say: phrases with slots, by stereotype.

The slots are made in `words.py`. A phrase is only said when all its slots have words, and of the
phrases that can be said the ones with the most slots are preferred, so each group may end with a
phrase that needs no facts. Only a recommendation names `{target}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

Phrases = tuple[str, ...]
"""Ways to say the same thing."""


@dataclass(frozen=True)
class Exchange:
    """A question of the assistant and the user's answer."""

    ask: Phrases
    answer: Phrases


@dataclass(frozen=True)
class Script:
    """How the dialogues of one stereotype go."""

    opening: tuple[Phrases, ...]
    """The user's first utterance: one phrase of each group."""
    exchanges: tuple[Exchange, ...]
    """What may be talked about before the recommendation, in this order."""
    recommendation: tuple[Phrases, ...]
    """The assistant's last utterance: one phrase of each group."""
    thanks: Phrases
    small_talk: tuple[Exchange, ...]
    """What may be talked about in between; it needs no facts."""


_NEWCOMER_GREETING = (
    "Hi, I am new here.",
    "Hello, this is my first time asking.",
    "Hey there, I just signed up.",
    "Good evening, I am trying this for the first time.",
    "Hi, somebody told me to ask you.",
    "Hello, I do not have an account yet.",
    "Hey, quick question.",
    "Good evening, I have not used this before.",
    "Hello, I hope you can help.",
    "Hi, this is all new to me.",
    "Hey, I am told you know movies.",
    "Good day, a first question.",
    "Hi!",
    "Hello!",
)

_REQUEST = (
    "What do you recommend?",
    "Can you help me?",
    "What would you suggest?",
    "Any ideas?",
    "What should I watch?",
    "Do you know one?",
    "Which one would you pick?",
    "Is there such a movie?",
    "I would be glad of a hint.",
    "Have you got something like that?",
)

_GREETING = (
    "Hi!",
    "Hello again.",
    "Hey there.",
    "Good evening.",
    "Hi there.",
    "Hello!",
    "Hey, me again.",
    "Good to be back.",
    "Hello there.",
    "Good day.",
)

_SMALL_TALK = (
    Exchange(
        ask=(
            "How much attention do you want to give it?",
            "Do you want to follow closely or rather lean back?",
        ),
        answer=(
            "I will give it my full attention, nothing else is on.",
            "I want to follow it properly, so it may ask something of me.",
            "Somewhere in between, it should simply carry me along.",
        ),
    ),
    Exchange(
        ask=(
            "Does the ending have to be a happy one?",
            "How do you feel about sad endings?",
        ),
        answer=(
            "Any ending is fine, as long as it is earned.",
            "I can live with a sad one if the story calls for it.",
            "I have no rule there, just do not tell me how it ends.",
        ),
    ),
    Exchange(
        ask=(
            "Do you mind if many people know it already?",
            "Would you rather have something well known or something hidden?",
        ),
        answer=(
            "It makes no difference to me whether others have seen it.",
            "I do not follow what is popular, so either will do.",
        ),
    ),
    Exchange(
        ask=(
            "Are subtitles all right with you?",
            "Do you mind reading subtitles, if it comes to that?",
        ),
        answer=(
            "Subtitles are fine, I am used to them.",
            "If it is worth it, I will gladly read along.",
        ),
    ),
)

_PLANS = (
    Exchange(
        ask=(
            "Who will be watching with you?",
            "Will you be watching alone or in company?",
            "Is it just for you, or for others as well?",
        ),
        answer=(
            "Just me and the sofa tonight, nobody else to please.",
            "My partner will join me, and we share most of our taste.",
            "A couple of friends are coming over, they will go along with anything.",
            "I will watch it alone, with the phone switched off.",
        ),
    ),
    Exchange(
        ask=(
            "When do you plan to watch it?",
            "Is this for tonight or for later in the week?",
        ),
        answer=(
            "Tonight, as soon as we have settled on one.",
            "Tomorrow evening, so there is no rush.",
            "At the weekend, when I have time to enjoy it.",
        ),
    ),
)

_CURIOUS = Script(
    opening=(
        _NEWCOMER_GREETING,
        ("{occasion}.", "{occasion}, so I thought I would ask.", "{occasion}, as it happens."),
        (
            "I would like to {mood}, but I have no idea what to watch.",
            "I am in the mood to {mood}, nothing more precise than that.",
            "I just want to {mood}. Any suggestion is welcome.",
            "I feel like I need to {mood}. What do you have?",
            "All I know is that I want to {mood}.",
            "Could you pick something for me? I want to {mood}.",
            "I do not know much about movies, I only hope to {mood}.",
            "What would you put on for someone who wants to {mood}?",
            "It would be nice to {mood}, and I do not mind how.",
            "Is there anything that would let me {mood}?",
            "I cannot describe it better than this: I want to {mood}.",
            "Surprise me, as long as I get to {mood}.",
        ),
    ),
    exchanges=(
        Exchange(
            ask=(
                "Welcome! Tell me a little more: should it lift you up, or may it be heavier?",
                "Happy to help. What would make this a good evening for you?",
                "Welcome! How do you want to feel when the credits roll?",
            ),
            answer=(
                "Hard to say. As long as I can {mood}, I will be content.",
                "I only know the feeling: I want to {mood}, the rest is up to you.",
                "I trust you there. I just hope to {mood} for a while.",
            ),
        ),
        Exchange(
            ask=(
                "How does {a_genre} sound to you, or would you rather have something else?",
                "From what you say I think of {a_genre}. Would that suit you tonight?",
                "That mood makes me think of {a_genre}. Does it appeal to you?",
            ),
            answer=(
                "Oh, I had not thought of that, but it does sound right for tonight.",
                "Yes, why not? I do not watch that often, so surprise me.",
                "That could be just the thing, I am glad I asked.",
            ),
        ),
        Exchange(
            ask=(
                "I could look for something with themes like {theme}. Are you curious about that?",
                "Would {theme} as a theme be welcome, or is it too much for tonight?",
            ),
            answer=(
                "Now you have made me curious, please go on.",
                "That sounds fine to me, I am open to anything that fits my mood.",
                "I would not have asked for it, but I like the idea.",
            ),
        ),
        Exchange(
            ask=(
                "Shall it also have something of {a_genre2} in it?",
                "I could lean towards {a_genre2} as well. Is that all right with you?",
            ),
            answer=(
                "Sure, a mix might be even better for the way I feel.",
                "I leave that to you, it does sound pleasant.",
            ),
        ),
        Exchange(
            ask=(
                "One more thought: does {theme2} as a theme put you off?",
                "It may also bring up {theme2}. Would you mind?",
            ),
            answer=(
                "Not at all, I am easy to please tonight.",
                "No, go ahead, it is the mood that counts for me.",
            ),
        ),
    ),
    recommendation=(
        (
            "Then I recommend {target}.",
            "In that case, watch {target}.",
            "My pick for you is {target}.",
            "I think {target} is what you need.",
        ),
        (
            "It is {a_genre} with themes like {theme} and {theme2}, made for your mood.",
            "It is {a_genre} with {theme} as a theme, and it should suit your mood well.",
            "This is {a_mood_genre}, so you can {your_mood}.",
            "It should let you {your_mood}.",
        ),
    ),
    thanks=(
        "That sounds lovely, I will put it on right away. Thank you!",
        "Perfect, I would never have found that myself. Thanks a lot!",
        "Great, that is my evening sorted. Thank you!",
        "Thanks, I feel better already. I will give it a try.",
    ),
    # A curious newcomer has told of the evening already: no questions about company or time.
    small_talk=_SMALL_TALK,
)

_FOCUSED = Script(
    opening=(
        _NEWCOMER_GREETING,
        (
            "I am looking for {a_genre} with themes like {theme}, preferably with {actor}.",
            "I need {a_genre} by {director} with {theme} as a theme.",
            "I want {a_genre} from the {decade} with {actor}, and with themes like {theme}.",
            "I want to see {actor} and {actor2} in {a_genre} with {theme} as a theme.",
            "I have {a_genre} by {director} in mind, with themes like {theme} and {theme2}.",
            "I am after {a_genre} that is {a_genre2} too, with themes like {theme}.",
            "I would like {a_genre}, ideally from the {decade}.",
            "I am looking for one particular kind of movie, so please be precise.",
        ),
        _REQUEST,
    ),
    exchanges=(
        Exchange(
            ask=(
                "Noted: {a_genre}. Which counts more for you, the cast or the story?",
                "So {a_genre} it is. Do you have somebody in mind for the cast?",
                "Let me repeat it to be sure: {a_genre}. What else does it need to have?",
                "Let me be sure I understand. What is the one thing it must have?",
            ),
            answer=(
                "The story comes first, but I would love to see {actor} in it.",
                "If I may choose, {actor} should be in it, the rest is less important.",
                "The story, with themes like {theme}. I do not want to compromise on that.",
                "A clear story. I do not want to compromise on that.",
            ),
        ),
        Exchange(
            ask=(
                "Do you care who directed it, or does that not matter to you?",
                "Is there a director you would like it to be by?",
            ),
            answer=(
                "Yes, {director}, if you have anything that fits the rest.",
                "I have heard good things about {director}, so that would be a plus.",
            ),
        ),
        Exchange(
            ask=(
                "Should it be recent, or would an older movie do as well?",
                "Which period do you want it to come from?",
            ),
            answer=(
                "Something from the {decade} would be right.",
                "The {decade} suit me best for this kind of movie.",
            ),
        ),
        Exchange(
            ask=(
                "Is there anything else the story must have?",
                "What else should the plot bring?",
            ),
            answer=(
                "It should also have {theme3} as a theme, if that can be arranged.",
                "Themes like {theme3}, please. With that in it I would be happy.",
            ),
        ),
        Exchange(
            ask=(
                "How much of {a_genre2} may be in it?",
                "And what about {a_genre2}, how much of that should it be?",
            ),
            answer=(
                "Quite a bit, that mix is what I have in mind.",
                "As much as you like, as long as it remains {a_genre}.",
            ),
        ),
        Exchange(
            ask=(
                "Understood. Shall I be strict about all this, or may I bend a point?",
                "Good. If nothing fits exactly, may I offer the closest match?",
            ),
            answer=(
                "Please be strict, I would rather have one exact match than five near ones.",
                "I would prefer an exact match, I know what I want.",
            ),
        ),
    ),
    recommendation=(
        (
            "Then {target} is the one I recommend.",
            "I recommend {target}, which fits your request.",
            "{target} is what you are looking for.",
            "My recommendation is {target}.",
        ),
        (
            "It is {a_genre} by {director} with {actor}, and {theme} is one of its themes.",
            "It is {a_genre}, {actor} is in it, and its themes include {theme} and {theme2}.",
            "It is {a_genre} with themes like {theme} and {theme2}.",
            "It is {a_genre} from the {decade}, just as you asked.",
            "It comes closest to your request.",
        ),
    ),
    thanks=(
        "That ticks every box, thank you very much!",
        "Exactly what I was after. Thanks for being so precise!",
        "Great, that is the one I will watch. Thank you!",
        "Thanks, that matches what I asked for.",
    ),
    small_talk=_SMALL_TALK + _PLANS,
)

_BROWSER = Script(
    opening=(
        _GREETING,
        (
            "I really enjoyed {liked} and {liked2}, while {disliked} did nothing for me.",
            "Lately I watched {liked} and {liked2} and liked both, but {disliked} was a let-down.",
            "Of the movies I have seen, {liked} was a joy and {disliked} was not.",
            "{liked} and {liked2} were great, {disliked} and {disliked2} less so.",
            "I have fond memories of {liked} and {liked2}.",
            "The best thing I have seen in a while was {liked}.",
            "All I have to report is that {disliked} was not for me.",
            "I have watched a lot of movies and have no plan at all.",
        ),
        (
            "What else is out there for me?",
            "I am just browsing, what comes next?",
            "No particular wish, just show me something.",
            "Where could I go from here?",
            "What would you show me?",
            "I am open to anything.",
            "Just show me around a little.",
            "I have no plan, so lead the way.",
        ),
    ),
    exchanges=(
        Exchange(
            ask=(
                "Good choices! What did you enjoy most about {liked}?",
                "Nice to hear. What made {liked} work for you?",
                "Tell me about {liked}: what stayed with you?",
                "Thanks for telling me. What makes you enjoy a movie?",
            ),
            answer=(
                "Themes like {liked_theme} stayed with me, I liked how it was done.",
                "I think it was {liked_theme} as a theme, though it is hard to explain.",
                "The whole feel of it, I could not name one thing.",
            ),
        ),
        Exchange(
            ask=(
                "And what went wrong with {disliked}?",
                "What was it that you did not like about {disliked}?",
            ),
            answer=(
                "With themes like {disliked_theme} it did not reach me at all.",
                "I never warmed to {disliked_theme} as a theme, the way it was told there.",
                "It just left me cold, I kept looking at the clock.",
            ),
        ),
        Exchange(
            ask=(
                "I see a good number of {usual} among your favourites. Do you agree?",
                "Your favourites have many {usual} among them. Is that on purpose?",
            ),
            answer=(
                "You are right, I had not noticed. It just happened that way.",
                "I suppose so, though I never set out to look for them.",
            ),
        ),
        Exchange(
            ask=(
                "Did {liked2} work for you in the same way as {liked}?",
                "What do {liked} and {liked2} share for you?",
            ),
            answer=(
                "More or less, both stayed in my head for days.",
                "They are different, yet I would watch either of them again.",
            ),
        ),
        Exchange(
            ask=(
                "Shall I stay close to {liked}, or wander off a little?",
                "Would another movie in the spirit of {liked} suit you?",
                "Shall I stay close to what you know, or wander off a little?",
            ),
            answer=(
                "As you like, I have no goal. I am curious what you see in my list.",
                "Either is fine, I am only looking around.",
            ),
        ),
    ),
    recommendation=(
        (
            "Since you enjoyed {liked} and {liked2}, I recommend {target}.",
            "With {liked} and {liked2} among your favourites, I recommend {target}.",
            "For somebody who liked {liked}, I recommend {target}.",
            "Looking at your history, I recommend {target}.",
        ),
        (
            "I think it will sit well beside them, and it is nothing like {disliked}.",
            "I expect it to work for you where {disliked} did not.",
            "To me it is the natural next step from there.",
        ),
    ),
    thanks=(
        "Good find, I had not come across it. I will watch it next, thanks!",
        "Thanks, that goes on my list for the weekend.",
        "Sounds like something for me. Thank you!",
        "Nice, I like where this is going. Thanks!",
    ),
    small_talk=_SMALL_TALK + _PLANS,
)

_EXPLORER = Script(
    opening=(
        _GREETING,
        (
            "I usually watch {usual} such as {liked}, but it is time for something new.",
            "My shelf is full of {usual} like {liked} and {liked2}, and I want a change.",
            "After {liked} and {liked2} I feel that I keep seeing the same kind of movie.",
            "I keep going back to {usual} like {liked} or {liked2}, which gets a bit dull.",
            "I have had my share of {usual}, {liked} and {liked2} included.",
            "I liked {liked}, but I do not want more of the same.",
            "I have been unlucky lately, {disliked} was not for me, so I want a change.",
            "I want to leave my comfort zone for once.",
        ),
        (
            "Maybe {a_new_genre}, or something with themes like {theme}?",
            "Perhaps {a_new_genre} this time, with {theme} as a theme?",
            "I wonder about {a_new_genre} with themes like {theme} or so.",
            "Could {a_new_genre} be it, say with {theme} as a theme?",
            "It might be {a_new_genre} that touches on {theme}, but I am not sure.",
            "I am thinking of {a_new_genre}, but I am not sure.",
            "Something with themes like {theme} might be interesting.",
            "I cannot say what exactly, only that it should be new to me.",
        ),
    ),
    exchanges=(
        Exchange(
            ask=(
                "You know your {usual} well. How far from {liked} may I take you?",
                "With {liked} as a starting point, how big should the change be?",
                "Gladly. How big should the change be?",
            ),
            answer=(
                "A good distance, as long as there is something to hold on to.",
                "Not to the other end of the world, but I want to be surprised.",
                "Quite far, I have been playing it safe for too long.",
            ),
        ),
        Exchange(
            ask=(
                "Would {a_new_genre} be too much of a change after all those {usual}?",
                "Let me take up your hint: would {a_new_genre} be new enough for you?",
            ),
            answer=(
                "No, that is the kind of change I was hoping for.",
                "It would be new for me, and that is the point.",
            ),
        ),
        Exchange(
            ask=(
                "I could look for themes like {theme}. Is that the direction you mean?",
                "What draws you there, would {theme} as a theme be part of it?",
            ),
            answer=(
                "Yes, themes like {theme} are close to what I was thinking of.",
                "I think so, there is not much of that in what I watch.",
            ),
        ),
        Exchange(
            ask=(
                "Is there something in your history that I should keep away from?",
                "And what should I avoid on the way?",
            ),
            answer=(
                "Please nothing like {disliked}, that was a change I did not enjoy.",
                "{disliked} was not for me, so keep clear of that.",
            ),
        ),
        Exchange(
            ask=(
                "What should it keep from {liked}, so that you still feel at home?",
                "Which part of {liked} would you like to find again?",
            ),
            answer=(
                "A theme like {liked_theme} would be nice to keep.",
                "The feeling it left me with, the rest can be different.",
            ),
        ),
        Exchange(
            ask=(
                "It might also bring up {theme2}. Does that still sound inviting?",
                "And how about {theme2} as a theme on top of that?",
            ),
            answer=(
                "Even better, I would not have looked there myself.",
                "That is unexpected, and I like it.",
            ),
        ),
    ),
    recommendation=(
        (
            "Then try {target}, my recommendation for a change.",
            "I recommend {target} for your first step.",
            "In that case I recommend {target}.",
        ),
        (
            "It is {a_new_genre} with {theme} as a theme, a step on from {liked}.",
            "It takes you from {liked} to {a_new_genre} with themes like {theme}.",
            "It is {a_genre} with themes like {theme}, new ground after {liked}.",
            "It is {a_genre}, and it should be new ground for you.",
            "It should be new ground for you.",
        ),
    ),
    thanks=(
        "I would not have picked that on my own. Thank you, I will try it!",
        "That is new territory for me, and I look forward to it. Thanks!",
        "Thanks, just the right amount of different.",
        "I am intrigued. Thank you for the push!",
    ),
    small_talk=_SMALL_TALK + _PLANS,
)

_SEARCHER = Script(
    opening=(
        (
            "I loved {liked} for {liked_actor}, while {disliked} let me down.",
            "{liked} by {liked_director} is a favourite of mine, {disliked} is not.",
            "I loved {liked} with its themes like {liked_theme}, and I could not stand {disliked}.",
            "I rate {liked} and {liked2} highly, and I want no second {disliked}.",
            "I loved {liked} and {liked2}.",
            "{disliked} let me down, so I am going to be picky.",
            "I know my taste well, so I am going to be picky.",
        ),
        (
            "Now I want {a_genre} with themes like {theme}, ideally with {actor}.",
            "Find me {a_genre} with themes like {theme} and {theme2}, if possible by {director}.",
            "I am after {a_genre} with {actor} and with themes like {theme} and {theme2}.",
            "Next I want {a_genre} from the {decade} with {actor} and with {theme} as a theme.",
            "I want {a_genre} with themes like {theme}.",
            "I want {a_genre}, and a good one.",
            "I want one that fits all of that.",
        ),
    ),
    exchanges=(
        Exchange(
            ask=(
                "To sum up: {a_genre}, themes like {theme}, and nothing like {disliked}. Correct?",
                "So you want {a_genre}, themes like {theme}, in line with {liked}. Is that right?",
                "Let me sum up: you want {a_genre}. Did I get that right?",
                "Let me sum up: you want it to match your history closely. Correct?",
            ),
            answer=(
                "Correct, and I would add {theme3} to the list.",
                "Exactly. If {theme3} is a theme as well, all the better.",
                "Exactly, that is what I want.",
            ),
        ),
        Exchange(
            ask=(
                "Which matters more to you, who directs it or who plays in it?",
                "If I have to choose, shall I go by the director or by the cast?",
            ),
            answer=(
                "The director: I would go for {director} first, then for {actor}.",
                "I value {director} for the direction, but {actor} would please me as well.",
            ),
        ),
        Exchange(
            ask=(
                "What was it in {liked} that you want to find again?",
                "You praised {liked}: what should I take from it?",
            ),
            answer=(
                "{liked_actor}, to begin with, and {liked_theme} as a theme.",
                "The hand of {liked_director}, and themes like {liked_theme}.",
                "That it knew what it wanted to be from start to end.",
            ),
        ),
        Exchange(
            ask=(
                "And what exactly should I keep away from in {disliked}?",
                "What was the trouble with {disliked}?",
            ),
            answer=(
                "The way it treated {disliked_theme} as a theme, I want none of that.",
                "It promised more than it gave, I do not want that again.",
            ),
        ),
        Exchange(
            ask=(
                "You also liked {liked2}. Should the tone be closer to that or to {liked}?",
                "Between {liked} and {liked2}, which is nearer to what you want now?",
            ),
            answer=(
                "Closer to {liked}, but I would accept either.",
                "Rather {liked2}, though {liked} is not far off.",
            ),
        ),
        Exchange(
            ask=(
                "If I cannot meet every wish, which one is essential?",
                "Where could you give way, if I find no perfect match?",
            ),
            answer=(
                "Keep {actor} and themes like {theme}, and I can do without the rest.",
                "It must be {a_genre} with {theme} as a theme, everything else is open to debate.",
                "It must be {a_genre}, everything else is open to debate.",
                "The quality of the story is essential, everything else is open to debate.",
            ),
        ),
    ),
    recommendation=(
        (
            "I recommend {target}, point by point.",
            "Weighing all that, I recommend {target}.",
            "My recommendation is {target}.",
        ),
        (
            "It is {a_genre} by {director} with {actor}, and {theme} is one of its themes.",
            "You get {actor}, themes like {theme} and {theme2}, and {director} as director.",
            "It is {a_genre} with themes like {theme}, and no second {disliked}.",
            "It is {a_genre} with themes like {theme}, as you asked.",
            "It is {a_genre}, as you asked.",
            "It fits your history best.",
        ),
    ),
    thanks=(
        "You have covered all my points, thank you. I will watch it tonight.",
        "That is a convincing case, thanks for taking my list seriously!",
        "Well argued, I am sold. Thank you!",
        "Thanks, that is the match I was hoping for.",
    ),
    small_talk=_SMALL_TALK + _PLANS,
)

SCRIPTS = MappingProxyType(
    {
        "curious_newcomer": _CURIOUS,
        "focused_newcomer": _FOCUSED,
        "history_based_browser": _BROWSER,
        "guided_explorer": _EXPLORER,
        "preference_driven_searcher": _SEARCHER,
    }
)
"""The scripts by stereotype."""
