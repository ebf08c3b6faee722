"""Films that are none of the catalogue's are found in prose; other names in capitals are none."""

from __future__ import annotations

import pytest

from tests.unit.filter.catalogue import judged_by

FOREIGN = [
    # after what people do with films
    ("Go on to Howl's Moving Castle afterwards.", "Howl's Moving Castle"),
    ("If you fall for it, move on to Kiki's Delivery Service.", "Kiki's Delivery Service"),
    ("Start with Manchester by the Sea and see how you feel.", "Manchester by the Sea"),
    ("You might also enjoy Little Miss Sunshine.", "Little Miss Sunshine"),
    ("You might appreciate Midnight in Paris.", "Midnight in Paris"),
    ("Consider Dark Waters for a sad evening.", "Dark Waters"),
    ("Give Captain Fantastic a try.", "Captain Fantastic"),
    ("Give Captain Fantastic a chance.", "Captain Fantastic"),
    ("How about Little Miss Sunshine?", "Little Miss Sunshine"),
    ("What about Little Miss Sunshine?", "Little Miss Sunshine"),
    ("I'd go with Little Miss Sunshine.", "Little Miss Sunshine"),
    ("I'd pick Little Miss Sunshine.", "Little Miss Sunshine"),
    ("My pick is Little Miss Sunshine.", "Little Miss Sunshine"),
    ("My favourite is Little Miss Sunshine.", "Little Miss Sunshine"),
    ("My recommendation: Little Miss Sunshine.", "Little Miss Sunshine"),
    ("Then I have to say Little Miss Sunshine.", "Little Miss Sunshine"),
    ("Last week I finally caught Everything Everywhere All at Once.", "Everything Everywhere"),
    ("I put on Little Miss Sunshine yesterday.", "Little Miss Sunshine"),
    ("Pair it with Bullet Train for a double feature.", "Bullet Train"),
    ("Save Bullet Train for the weekend.", "Bullet Train"),
    ("It has the same energy as Bullet Train.", "Bullet Train"),
    ("It is as funny as Bullet Train.", "Bullet Train"),
    ("It is better than Bullet Train.", "Bullet Train"),
    ("It reminds me of Bullet Train.", "Bullet Train"),
    ("Think of Bullet Train, only quieter.", "Bullet Train"),
    ("Unlike Bullet Train, it takes its time.", "Bullet Train"),
    ("Similar to Bullet Train in tone, but slower.", "Bullet Train"),
    # lists
    ("Waterworld, The Book of Eli and <id_M0123> come to mind.", "The Book of Eli"),
    ("Okay. Waterworld, The Book of Eli and <id_M0123> come to mind.", "The Book of Eli"),
    ("<id_M0123>, The Book of Eli and Waterworld come to mind.", "The Book of Eli"),
    ("There is <id_M0123>, and there is The Book of Eli.", "The Book of Eli"),
    ("You could see <id_M0123> or The Book of Eli.", "The Book of Eli"),
    ("<id_M0123> or The Book of Eli?", "The Book of Eli"),
    ("Either <id_M0123> or Waterworld would do.", "Waterworld"),
    ("Between <id_M0123> and The Book of Eli, I'd take the first.", "The Book of Eli"),
    ("You have three options: <id_M0123>, The Book of Eli, or something older.", "The Book of Eli"),
    (
        "1. <id_M0123>, the loud one\n2. The Book of Eli: a walk to the west\n3. Bullet Train",
        "The Book of Eli",
    ),
    ("- <id_M0123>\n- The Book of Eli: a walk west\n- Bullet Train", "The Book of Eli"),
    ("**The Book of Eli** would be my first pick.", "The Book of Eli"),
    ("Films such as Waterworld and The Road Warrior did it first.", "Waterworld"),
    ("Films like The Road Warrior did it first.", "The Road Warrior"),
    ("movies such as The Road Warrior", "The Road Warrior"),
    ("Classics like Casablanca never get old.", "Casablanca"),
    # with year, kind, maker
    ("The Road Warrior (1981) did it first.", "The Road Warrior"),
    ("Brazil (1985) did it first.", "Brazil"),
    ("the 2012 drama Amour", "Amour"),
    ("The 1981 classic The Road Warrior did it first.", "The Road Warrior"),
    ("The horror film Hereditary did it first.", "Hereditary"),
    ("The recent hit Oppenheimer did it first.", "Oppenheimer"),
    ("Greta Gerwig's Little Women did it first.", "Little Women"),
    ("Ari Aster's Hereditary did it first.", "Hereditary"),
    ("Wes Anderson's Asteroid City did it first.", "Asteroid City"),
    ("Tarantino's Jackie Brown did it first.", "Jackie Brown"),
    ("Watch *Hereditary* tonight.", "Hereditary"),
    ("Watch _Hereditary_ tonight.", "Hereditary"),
    ('Watch "Hereditary" tonight.', "Hereditary"),
    ("Watch \u201cHereditary\u201d tonight.", "Hereditary"),
    ("You should watch HEREDITARY tonight.", "HEREDITARY"),
    ("You should watch THE ROAD WARRIOR tonight.", "THE ROAD WARRIOR"),
    ("Little Miss Sunshine is a warm film about a family in a van.", "Little Miss Sunshine"),
    ("Little Miss Sunshine stars Toni Collette as a tired mother.", "Little Miss Sunshine"),
    ("Little Miss Sunshine, directed by Jonathan Dayton, is warm.", "Little Miss Sunshine"),
    ("Little Miss Sunshine would be perfect for tonight.", "Little Miss Sunshine"),
    ("Little Miss Sunshine might be just right.", "Little Miss Sunshine"),
    ("Little Miss Sunshine is a great choice.", "Little Miss Sunshine"),
    ("I'd recommend the film Little Miss Sunshine.", "Little Miss Sunshine"),
    ("A great movie for that is Little Miss Sunshine.", "Little Miss Sunshine"),
    ("Another one is Little Miss Sunshine.", "Little Miss Sunshine"),
    ("One of my favourites is Little Miss Sunshine.", "Little Miss Sunshine"),
    ("The plot of Little Miss Sunshine is simple.", "Little Miss Sunshine"),
    ("The ending of Bullet Train was silly.", "Bullet Train"),
]


@pytest.mark.parametrize(("said", "title"), FOREIGN)
def test_a_foreign_film_is_found(said: str, title: str) -> None:
    found = judged_by("unknown_title", said)

    assert found is not None
    assert any(title in text for text in found)


NO_TITLES = [
    # people
    "I'd pick anything with Meryl Streep.",
    "How about Meryl Streep?",
    "What about Jessica Lange or Glenn Close?",
    "Think of Charlie Chaplin, only sadder.",
    "It is as funny as Charlie Chaplin.",
    "Greta Gerwig and Noah Baumbach wrote it together.",
    "My favourite is Saoirse Ronan.",
    "My favourite actress is Saoirse Ronan.",
    "Start with Akira Kurosawa and see where it leads.",
    "She is better than Meryl Streep in it.",
    "He reminds me of Buster Keaton.",
    "Unlike Stephen King, I like how it ends.",
    "You might appreciate Ennio Morricone's music.",
    "Ennio Morricone would be perfect for that.",
    "Amy Poehler, Bill Hader and Lewis Black are in it.",
    "Between Al Pacino and Robert De Niro, I'd take the first.",
    "I'd take Ryan Gosling or Emma Stone.",
    "Denzel Washington stars in it, I think.",
    "Philip Seymour Hoffman is a great choice.",
    "Daniel Day-Lewis would be perfect for tonight.",
    "You could see Tilda Swinton or Cate Blanchett in it.",
    "With <id_M0005> you get Al Pacino, Val Kilmer and Jon Voight.",
    "There is <id_M0005>, and there is Michael Mann's sense of light.",
    "<id_M0005> and Michael Mann go well together.",
    "<id_M0014> and Heath Ledger, what a match.",
    "I liked <id_M0005>, Al Pacino and the music.",
    "The ending of Vincent Hanna's story is sad.",
    # characters
    "Think of Ellen Ripley, only younger.",
    "The story of Oskar Schindler moved me.",
    "Hannibal Lecter is a great villain.",
    "I'd go with Darth Vader on that one.",
    "How about Sherlock Holmes as a detective?",
    "The Joker would be proud.",
    "He plays Bruce Wayne in it.",
    "The tale of Max Fischer is not for me.",
    # places and peoples
    "Start with Los Angeles at night.",
    "It plays in New Zealand, not in South Africa.",
    "How about Hong Kong or Buenos Aires?",
    "The streets of San Francisco look great in it.",
    "Something about Ancient Rome or the Roman Empire?",
    "I'd pick Eastern Europe as a setting.",
    "It begins in the Middle East and ends in West Berlin.",
    "The war in Viet Nam, or the Second World War?",
    "It is about World War II.",
    "A film about the Civil War, perhaps?",
    "The Great Depression is its background.",
    "The Golden Gate Bridge is in it.",
    "You see the Eiffel Tower and the Grand Canyon.",
    "The Wild West would be perfect for tonight.",
    # studios, services, prizes
    "Consider Studio Ghibli, they never fail.",
    "How about Studio Ghibli?",
    "I'd go with Pixar or Disney.",
    "Have you seen anything by Dream Works?",
    "It is on Amazon Prime and Apple TV.",
    "It won the Golden Globe and the Palme d'Or.",
    "Best Picture went to it, and Best Actor as well.",
    "Rotten Tomatoes gives it 98 %.",
    "The Academy Awards love such films.",
    "It was shown at the Sundance Film Festival.",
    "I watch it on Movie Night.",
    "I put on Netflix and fell asleep.",
    "Released in 1995, <id_M0005> still looks great.",
    "Released in Boston, <id_M0005> still looks great.",
    "LIKED ITEMS and DISLIKED ITEMS are what counts.",
    "She plays the lead in Breaking Bad as well.",
    "I liked a film about Mars, <id_M0091>.",
    "<id_M0019>, Soderbergh's of 2001, is the cool one.",
    "<id_M0019>, Soderbergh at his best, is the cool one.",
    # books, songs, games, bands
    "It's based on the novel The Price of Salt.",
    "It is based on a book called Wiseguy.",
    "Have you read The Price of Salt?",
    "The song Moon River is in it.",
    "They play Bohemian Rhapsody by Queen in one scene.",
    "The soundtrack has Purple Rain on it.",
    "You hear Here Comes the Sun at the end.",
    "The Rolling Stones are on the soundtrack.",
    "It reads like Pride and Prejudice.",
    "The comic Watchmen was before that.",
    "The TV series Breaking Bad has that as well.",
    "I loved the series The Wire.",
    "The video game Red Dead Redemption is like it.",
    "The novel by Cormac McCarthy is even bleaker.",
    # genres and notions
    "How about Science Fiction or Film Noir?",
    "I'd go with Romantic Comedy then.",
    "Consider a Feel-Good Movie.",
    "Something like Film Noir, please.",
    "A Spaghetti Western would be perfect for tonight.",
    "I'd go for Magical Realism.",
    "Classics like Film Noir never get old.",
    "Action, Drama and Romance, all in one.",
    "Genre: Drama, Crime",
    # series of the catalogue and its titles
    "I love the Lord of the Rings series.",
    "How about the Harry Potter films?",
    "The Godfather trilogy is great.",
    "Is it like Mission: Impossible?",
    "Start with The Fellowship of the Ring.",
    "Blade Runner and Alien are both great.",
    "You could see Heat or Aliens.",
    "Terminator 2 is better than the rest.",
    # time and occasions
    "How about Saturday Night?",
    "I'd pick Friday Evening, after work.",
    "Consider Valentine's Day, it's coming up.",
    "It's a tradition on Christmas Eve.",
    "New Year's Eve would be perfect for that.",
    "Happy Birthday!",
    "Happy New Year, and enjoy the film!",
    # starts of sentences, shouts, politeness
    "Absolutely. Great choice, I think.",
    "Perfect Choice! Enjoy it.",
    "No Problem, I have another.",
    "Thank You So Much!",
    "Good Evening! What do you have?",
    "Between Us, I fell asleep.",
    "How about Something Funny?",
    "I'd say Yes to that.",
    "Give Mom a try, she knows films.",
    "Give Grandma a call before you start.",
    "I'd go with A or B.",
    "My pick is Option One.",
    "It is PG-13, or R in some places.",
    "OMG, I LOVE IT.",
    "I want to watch it in IMAX or Dolby Atmos.",
    "I study Computer Science and watch films at night.",
    "I work at Burger King and need a laugh.",
    "She is Jewish, he is Catholic.",
    "Is it about God and the Devil?",
    "Either Monday or Tuesday would do.",
    "1. Cast: Al Pacino\n2. Director: Michael Mann",
    "- Great cast\n- Strong pictures\n- Sad ending",
    "1. Action\n2. Comedy\n3. Drama",
    "Options: Action, Comedy, Drama.",
    "We could order Pad Thai or Pizza Hut while we watch <id_M0005>.",
    "I saw <id_M0005>, Mom saw <id_M0006>.",
    "I liked <id_M0005>, Dad didn't.",
    "For me <id_M0005>, for Aunt Carol <id_M0006>.",
    "Thanks, Captain!",
    "Thank you, Movie Buddy!",
    "My cat Mister Whiskers liked <id_M0005>.",
    "I'm a student at New York University.",
]


@pytest.mark.parametrize("speaker", ["user", "assistant"])
@pytest.mark.parametrize("said", NO_TITLES)
def test_other_names_are_no_films(said: str, speaker: str) -> None:
    assert judged_by("unknown_title", said, speaker=speaker) is None


SHAPED = [
    (
        "There's The Lantern Keeper's Daughter, which is enchanting.",
        "The Lantern Keeper's Daughter",
    ),
    (
        "A good one would be The Lighthouse Keeper's Clock, a family film.",
        "The Lighthouse Keeper's",
    ),
    ("My cousin cannot stop quoting The Winter Garden Letters at dinner.", "The Winter Garden"),
    ("People in this house know Bells at Midnight by heart.", "Bells at Midnight"),
]


@pytest.mark.parametrize(("said", "title"), SHAPED)
def test_films_by_shape_alone(said: str, title: str) -> None:
    found = judged_by("unknown_title", said)
    assert found is not None
    assert any(title in one for one in found)


@pytest.mark.parametrize(
    "said",
    [
        "It has Drew Barrymore and Adam Sandler starring, both of them young.",
        "It IS a great movie, I promise.",
        "It is about a Secretary of Defense and his war.",
        "Sean Penn was INCREDIBLE in his last one.",
        "We saw the Museum of Modern Art before lunch.",
        "I was reading The Old Man and the Sea on the train.",
        "We binged The Crown of Glass, the series, all week.",
        "There is a song by The Rolling Stones in it.",
        "I finished Red Dead Redemption 2 on the PlayStation last night.",
        "My head is full of music: Bohemian Rhapsody by Queen, Yesterday by the Beatles.",
    ],
)
def test_names_of_other_things_are_no_films(said: str) -> None:
    assert judged_by("unknown_title", said) is None
