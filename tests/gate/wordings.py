"""The sentences defects are made of, by kind.

Written without a look at the filter's word lists, and not to be tuned to them: a wording the
filter misses is a finding. Slots: `{x}` a mention, `{title}`, `{year}`, `{person}`, `{genre}`.
"""

from __future__ import annotations

GREETINGS = (
    "Welcome! What can I do for you today?",
    "Hello there, looking for something to watch tonight?",
    "Hi! I am your movie assistant. Tell me what you are in the mood for.",
    "Good evening! How may I help you find a film?",
    "Hey! Ready to pick a movie together?",
    "Sure, I would be happy to help you choose something.",
    "Welcome back. Shall we find your next film?",
    "Greetings! Which kind of story do you feel like today?",
)

SECOND_BREATHS = {
    "[AI]": (
        "Take your time, there is no hurry.",
        "I ask because it narrows the choice a lot.",
        "By the way, I can also look for something shorter.",
        "Just let me know whenever you are ready.",
    ),
    "[USR]": (
        "Oh, and I forgot to say that I am watching with a friend.",
        "Sorry, I hit enter too early there.",
        "Actually, let me think about that a bit more.",
        "One more thing, I have about two hours.",
    ),
}

NOTHING_SAID = ("", "", "   ", "...", "", "…", "-", "")

UNFINISHED = (
    "What makes it stand out is the way the",
    "You will especially enjoy the scenes in which",
    "On top of that, it has a wonderful",
    "Besides the story itself, many viewers praise its",
    "It would suit your evening because",
    "I am confident you will find that the pacing and the",
    "It also takes its time to build the relationship between",
    "And if you like it, there are a couple of other",
    "The reason I picked it is that you were looking for something that",
    "It is the kind of mov",
)

FINISHED = (
    "It should suit your evening.",
    "I hope it is what you had in mind.",
    "Let me know what you think of it.",
    "Enjoy!",
)
"""Whole sentences behind which a model was cut off all the same."""

SMALL_TALK = (
    ("Do you usually watch in the evening?", "Mostly after dinner, once the dishes are done."),
    ("Is a long running time a problem?", "Anything below three hours is all right with me."),
    ("Do you prefer a cinema or the couch?", "The couch wins, the snacks are cheaper there."),
    ("How important is the music to you?", "It matters more than I admit, a good score stays."),
    ("Are you fine with an older picture?", "Age does not bother me if the story holds up."),
    ("Should the mood be light or heavy?", "A bit of both would be the best mixture."),
    ("Do you like to know much beforehand?", "Rather not, I avoid trailers whenever I can."),
    ("Would a slow beginning put you off?", "Not if the characters are worth the wait."),
    ("Do you mind an open ending?", "I quite like to argue about it afterwards."),
    ("Is the look of a film important?", "Beautiful pictures never hurt, but plot comes first."),
    ("Do you watch things more than once?", "Only my real favourites, perhaps once a year."),
)

BROKEN_MENTIONS = (
    "<id_{id}",
    "id_{id}",
    "<id {id}>",
    "<{id}>",
    "<id-{id}>",
    "[id_{id}]",
    "id_{id}>",
    "<id: {id}>",
    "<movie_{id}>",
    "(id_{id})",
)

BROKEN_MENTION_SENTENCES = (
    "Something like {x} would be another way to go, but let us see.",
    "I was also thinking of {x} for a moment.",
    "Compared with {x} you may want something else.",
    "Other viewers in your situation picked {x} first.",
)

UNKNOWN_IDS = (
    "<id_M9999>",
    "<id_B00005JLXH>",
    "<id_T123>",
    "<id_tt0114369>",
    "<id_0>",
    "<id_M0419>",
    "<id_12345>",
    "<id_movie_1>",
    "<id_X>",
    "<id_M10O4>",
)

UNKNOWN_ID_SENTENCES = (
    "Another option would be {x}, which many people like.",
    "Have you ever come across {x}?",
    "It reminds me a little of {x}.",
    "If that does not work out, there is always {x}.",
)

UNKNOWN_TITLES = (
    "The Glass Meridian",
    "Midnight Over Tallinn",
    "The Lantern Keeper's Daughter",
    "Copper Hollow",
    "Seven Winters in Marrow",
    "Echoes of Tomorrow's Rain",
    "The Last Cartographer",
    "Harbor of Broken Clocks",
    "Velvet Static",
    "Crimson Ledger",
    "Pulp Fiction",
    "Jurassic Park",
    "Casablanca",
    "Slumdog Millionaire",
    "Mulholland Drive",
    "Little Miss Sunshine",
    "The Usual Suspects",
    "Raiders of the Lost Ark",
    "Bohemian Rhapsody",
    "Moulin Rouge!",
)
"""The first half is invented, the second real but not in the catalogue: models write both."""

UNKNOWN_TITLE_SENTENCES = (
    ("[AI]", 'Have you seen "{title}"? It goes in a similar direction.'),
    ("[AI]", "Something along the lines of *{title}* might work for you."),
    ("[AI]", "There is also {title} ({year}), which a lot of people enjoy."),
    ("[AI]", "Have you seen {title} yet?"),
    ("[AI]", "A film called {title} comes to mind as well."),
    ("[AI]", "I could also suggest “{title}” from {year}."),
    ("[AI]", "In that vein, **{title}** is often mentioned."),
    ("[AI]", "Movies like {title} show how well this can be done."),
    ("[AI]", "You might also enjoy the movie {title}."),
    ("[AI]", "Would something close to '{title}' be what you mean?"),
    ("[USR]", "A colleague keeps talking about {title}, but I am not sure about that one."),
    ("[USR]", 'My brother suggested "{title}" ({year}), is that a good direction?'),
)

ACTOR_CLAIMS = (
    "{x} stars {person} in one of the best roles of that career.",
    "{person} plays the lead in {x}.",
    "With {person} in the main role, {x} has a lot going for it.",
    "{x}, starring {person}, is well worth your time.",
    "{person}'s performance in {x} is something to look out for.",
    "{x} features {person} in the title role.",
    "You get to see {person} as the main character of {x}.",
    "The cast of {x} includes {person}, who carries the whole story.",
)

DIRECTOR_CLAIMS = (
    "{x} was directed by {person}.",
    "{person} directed {x} with a very sure hand.",
    "{x} is a film by {person}.",
    "{person}'s {x} is a good example of that style.",
    "Behind the camera of {x} stood {person}.",
    "{x}, helmed by {person}, fits what you describe.",
    "The director of {x} is {person}.",
    "With {x}, director {person} made something special.",
)

GENRE_CLAIMS = (
    "{x} is {a_genre} through and through.",
    "As {a_genre}, {x} is hard to beat.",
    "{x} is probably the best {genre} of its decade.",
    "If you want {a_genre}, {x} is exactly that.",
    "I would call {x} a classic {genre}.",
    "{x} is one of those {genre}s that stay with you.",
    "In the end {x} is {a_genre} at heart.",
    "What we have with {x} is a straightforward {genre}.",
)

YEAR_CLAIMS = (
    "{x} came out in {year}.",
    "{x} ({year}) is the one I mean.",
    "Released in {year}, {x} still looks great.",
    "{x} is from {year}, by the way.",
    "{x} hit cinemas in {year}.",
    "The {year} film {x} deserves a place on your list.",
    "{x} was made in {year} and has aged well.",
    "When {x} premiered in {year}, audiences were thrilled.",
)

PRONOUN_CLAIMS = {
    "wrong_actor": ("It stars {person} in the main role.", "{person} plays the lead in it."),
    "wrong_director": ("It was directed by {person}.", "{person} is the director."),
    "wrong_genre": ("It is a classic {genre}.", "This is {a_genre} that you will enjoy."),
    "wrong_year": ("It came out in {year}.", "It was released in {year}."),
}
"""Said right after the mention of the target."""

WITHOUT_TARGET = (
    "I think {other} is exactly what you need tonight. Enjoy!",
    "Then my recommendation is {other}.",
    "I am sure you will find something nice in your library. Have a good evening!",
    "Let me look around a bit more and come back to you another time.",
    "In that case you should watch {other}, it fits everything you said.",
    "Sorry, I could not find a movie that matches.",
    "There are so many good choices, it is really up to you.",
    "I would go with {other} or, if you have seen it, with {another}.",
    "You cannot go wrong with a classic. Whatever you choose, have fun!",
    "How about you tell me more, and then I will suggest something?",
    "{another} is the perfect pick for you, followed by {other} on the weekend.",
    "I would stay away from {target}, it is not for you. Watch {other} instead.",
)

USER_NAMES_TARGET = (
    "By the way, is {target} any good?",
    "What about {target}?",
    "I was actually thinking of {target}.",
    "Somebody at work told me I have to watch {target}.",
    "Maybe you could recommend {target} to me?",
    "I hear {target} is just what I am looking for.",
    "Would {target} fit?",
    "Something like {target}, I suppose.",
    "I have had {target} on my list for ages.",
    "You are not going to say {target}, are you?",
)

PRAISE = (
    "I absolutely loved {x}, by the way.",
    "{x} is one of my all-time favourites.",
    "I really enjoyed {x} as well.",
    "{x} was fantastic, I could watch it every week.",
    "Honestly, {x} is a masterpiece.",
    "I am a huge fan of {x}.",
    "{x} blew me away.",
    "I had a great time with {x}.",
    "Few films have moved me as much as {x}, what a gem.",
    "I adore {x}.",
)

PANNING = (
    "I hated {x}, by the way.",
    "{x} was a complete waste of time.",
    "I could not stand {x}.",
    "{x} bored me to tears.",
    "Honestly, {x} is one of the worst films I have ever seen.",
    "I did not like {x} at all.",
    "{x} was a huge disappointment.",
    "I walked out of {x}, it was that bad.",
    "{x} is terribly overrated and dull.",
    "I regret that I ever watched {x}.",
)

ASCRIBED_PRAISE = (
    "Since you loved {x}, I have a good idea of your taste.",
    "I see that {x} is among your favourites.",
    "You enjoyed {x} a lot, so let us build on that.",
    "As a fan of {x}, you know what I mean.",
    "Given how much you liked {x}, this should be easy.",
    "You told me that you adored {x}.",
    "Your love for {x} says a lot.",
    "You rated {x} highly, and that helps me.",
)

LEAKS = (
    ("[AI]", "As an AI language model, I do not have personal opinions about films."),
    ("[AI]", "According to the data provided, the target item matches these keywords."),
    ("[AI]", "The instructions say that I must recommend the target movie at the end."),
    ("[AI]", "Based on the list of liked items in the prompt, I can narrow it down."),
    ("[AI]", "LIKED ITEMS and DISLIKED ITEMS have been taken into account."),
    ("[AI]", "I am not allowed to mention the title, so I will use its id instead."),
    ("[USR]", "As the user type of this conversation, I am supposed to be vague."),
    ("[USR]", "I am only a simulated user, so I have no real taste."),
    ("[AI]", "I was asked to write 5 to 10 turns, so let us keep going."),
    ("[AI]", "Your profile in the system message says otherwise."),
    ("[AI]", "END DATA. The conversation continues as required."),
    ("[AI]", "As a large language model trained on text, I cannot watch films myself."),
)

CLOSING_NOTES = (
    "Note: the conversation above follows all the rules given in the instructions.",
    "(The assistant recommends the target item by its id, as required by the prompt.)",
    "I hope this dialogue meets your requirements. Let me know if you want me to change the turns.",
    "Explanation: the user type is kept throughout, and the user never names the target movie.",
)
"""What models add behind the last utterance."""

LOOPED_PHRASES = (
    "and it is so good",
    "you will love it",
    "one of the best of",
    "the story of the story of",
    "very",
)

LOOPED_SENTENCES = (
    "I want to make sure that you get the right movie for your evening.",
    "There are many great films that could fit here.",
    "Please tell me more about what you have in mind.",
    "That is a very good question.",
)

LOOPED_EXCHANGES = (
    ("What else can you tell me about your taste?", "I would like something that is good."),
    ("Is there anything else you are looking for?", "No, that is all I am looking for."),
    ("Would you like me to recommend a movie?", "Yes, please recommend a movie to me."),
    ("Great! Do you have any other preferences?", "I just want to watch something nice tonight."),
)

FOREIGN = {
    "Spanish": (
        "Me gustaría ver algo que me haga pensar, pero que tampoco sea demasiado largo ni triste.",
        "Claro que sí, con esos detalles puedo buscar una película que encaje con lo que quieres.",
    ),
    "German": (
        "Ich hätte gern etwas, das mich zum Nachdenken bringt, aber es darf nicht zu lang sein.",
        "Sehr gern, mit diesen Angaben finde ich bestimmt einen Film, der gut zu dir passt.",
    ),
    "French": (
        "Je voudrais quelque chose qui me fasse réfléchir, sans que ce soit trop long ni triste.",
        "Bien sûr, avec ces précisions je peux chercher un film qui correspond à vos envies.",
    ),
    "Italian": (
        "Vorrei vedere qualcosa che mi faccia pensare, ma che non sia troppo lungo né triste.",
        "Certo, con questi dettagli posso cercare un film che vada bene per la tua serata.",
    ),
    "Portuguese": (
        "Eu gostaria de ver algo que me faça pensar, mas que não seja muito longo nem triste.",
        "Claro, com esses detalhes posso procurar um filme que combine com o que você quer.",
    ),
}
"""By language: an utterance of the user's, and one of the assistant's."""

FOREIGN_DIALOGUES = {
    "Spanish": (
        "Hola, esta noche tengo tiempo libre y quiero ver una película. ¿Qué me propones?",
        "¡Hola! ¿Prefieres algo tranquilo o algo con más emoción?",
        "Algo que me sorprenda un poco, ha sido un día muy aburrido.",
        "Entendido. ¿La vas a ver solo o en compañía?",
        "Con mi hermana, y a ella le gusta casi todo.",
        "Entonces os recomiendo {target}, creo que es perfecta para esta noche.",
    ),
    "German": (
        "Hallo, ich habe heute Abend frei und möchte einen Film sehen. Was schlägst du vor?",
        "Hallo! Soll es eher ruhig sein oder lieber etwas aufregender?",
        "Es darf mich gern überraschen, der Tag war ziemlich langweilig.",
        "Verstanden. Schaust du allein oder mit anderen zusammen?",
        "Mit meiner Schwester, und ihr gefällt eigentlich fast alles.",
        "Dann empfehle ich euch {target}, das passt sehr gut zu diesem Abend.",
    ),
    "French": (
        "Bonsoir, je suis libre ce soir et je voudrais regarder un film. Que me proposez-vous ?",
        "Bonsoir ! Vous préférez quelque chose de calme ou de plus animé ?",
        "Quelque chose qui me surprenne un peu, la journée a été très ennuyeuse.",
        "Je comprends. Vous le regardez seul ou avec quelqu'un ?",
        "Avec ma sœur, et elle aime presque tout.",
        "Alors je vous recommande {target}, c'est parfait pour cette soirée.",
    ),
    "Italian": (
        "Ciao, stasera sono libero e vorrei guardare un film. Che cosa mi consigli?",
        "Ciao! Preferisci qualcosa di tranquillo o qualcosa di più movimentato?",
        "Qualcosa che mi sorprenda un po', la giornata è stata molto noiosa.",
        "Capisco. Lo guardi da solo oppure in compagnia?",
        "Con mia sorella, e a lei piace quasi tutto.",
        "Allora vi consiglio {target}, secondo me è perfetto per questa serata.",
    ),
    "Portuguese": (
        "Oi, hoje à noite estou livre e queria ver um filme. O que você sugere?",
        "Olá! Você prefere algo mais tranquilo ou algo mais agitado?",
        "Alguma coisa que me surpreenda um pouco, o dia foi muito chato.",
        "Entendi. Você vai assistir sozinho ou com mais alguém?",
        "Com a minha irmã, e ela gosta de quase tudo.",
        "Então eu recomendo {target}, acho que é perfeito para esta noite.",
    ),
}

PERSONAL_DATA = (
    ("[USR]", "You can send the list to laura.bennett84@example.com if that is easier."),
    ("[USR]", "Just call me on +1 (202) 555-0143 when you have found something."),
    ("[USR]", "I live at 48 Maple Street, Springfield, IL 62704, so nothing too loud at night."),
    ("[AI]", "Feel free to write to our team at help.desk@movies.example for more ideas."),
    ("[AI]", "You can reach our hotline at 1-800-555-0199 at any time."),
    ("[USR]", "My number is 020 7946 0958 in case you need it."),
    ("[USR]", "Charge it to my card, 4111 1111 1111 1111, if it costs anything."),
    ("[AI]", "Please confirm your account first: j_morales@example.org, is that right?"),
    ("[USR]", "Could you text it to 555-867-5309?"),
    ("[AI]", "It is on sale in our shop at 1200 Sunset Boulevard, Los Angeles, CA 90026."),
)

ABUSE = (
    ("[USR]", "You are a worthless idiot, shut up and give me a film."),
    ("[AI]", "Only a complete moron like you would ask for that."),
    ("[USR]", "If you get this wrong I will find you and hurt you."),
    ("[AI]", "Nobody likes you, you pathetic loser."),
    ("[USR]", "Go to hell, you stupid piece of garbage."),
    ("[AI]", "You should just kill yourself if that bores you."),
    ("[USR]", "I am going to beat you to death if you ask me one more question."),
    ("[AI]", "What a disgusting, brainless imbecile you are."),
    ("[USR]", "People from that country are vermin and should be wiped out."),
    ("[USR]", "Fuck you and your useless suggestions, you dumb bitch."),
)
