"""Makes the synthetic sample in `examples/sample/`: `python examples/make_sample.py`.

The films are real, and so are their titles, years, genres, directors, cast and countries. Keywords
and overviews are written here. Users, tastes, ratings and reviews are invented by this program: no
review is by a person. It is seeded and needs only the standard library, and writes the same bytes
on every machine (a test compares them with the committed files).
"""

from __future__ import annotations

import argparse
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")

SEED = 20250
USERS = 60
DAY_MS = 24 * 60 * 60 * 1000
FIRST_DAY_MS = 1_420_070_400_000
"""1 January 2015, UTC."""


class Film(NamedTuple):
    """What is known of a film. Several names in one text are separated by `; `."""

    title: str
    year: int
    genres: str
    directors: str
    cast: str
    countries: str
    keywords: str
    overview: str
    collection: str = ""


FILMS = (
    Film(
        "The Shawshank Redemption",
        1994,
        "Drama; Crime",
        "Frank Darabont",
        "Tim Robbins; Morgan Freeman; Bob Gunton; William Sadler; Clancy Brown",
        "US",
        "prison friendship; patient hope; a wrongful sentence; corrupt warden",
        "A banker sentenced for life finds a friend and a long plan behind the walls of a prison.",
    ),
    Film(
        "The Green Mile",
        1999,
        "Drama; Crime; Fantasy",
        "Frank Darabont",
        "Tom Hanks; David Morse; Michael Clarke Duncan; Bonnie Hunt; James Cromwell",
        "US",
        "death row; a gentle giant; healing gift; guilt of a guard",
        "Guards on death row come to doubt the guilt of a prisoner who can heal the sick.",
    ),
    Film(
        "The Godfather",
        1972,
        "Drama; Crime",
        "Francis Ford Coppola",
        "Marlon Brando; Al Pacino; James Caan; Robert Duvall; Diane Keaton",
        "US",
        "mafia family; a reluctant heir; loyalty and betrayal; old New York",
        "The youngest son of a crime family, who wanted no part in it, becomes its head.",
        "The Godfather Collection",
    ),
    Film(
        "The Godfather Part II",
        1974,
        "Drama; Crime",
        "Francis Ford Coppola",
        "Al Pacino; Robert Duvall; Diane Keaton; Robert De Niro; John Cazale",
        "US",
        "father and son in parallel; immigrant youth; power and loneliness; brothers",
        "The rise of a young immigrant is told beside the hardening of the son who inherits it.",
        "The Godfather Collection",
    ),
    Film(
        "Pulp Fiction",
        1994,
        "Thriller; Crime",
        "Quentin Tarantino",
        "John Travolta; Samuel L. Jackson; Uma Thurman; Bruce Willis; Ving Rhames",
        "US",
        "shuffled timeline; talkative hitmen; a briefcase; diner robbery",
        "Killers, a boxer and a pair of robbers cross paths in stories told out of order.",
    ),
    Film(
        "Inglourious Basterds",
        2009,
        "Drama; Thriller; War",
        "Quentin Tarantino",
        "Brad Pitt; Mélanie Laurent; Christoph Waltz; Eli Roth; Michael Fassbender",
        "US; DE",
        "occupied France; a cinema as a trap; revenge fantasy; polite menace",
        "Soldiers behind the lines and the owner of a cinema plot against the same premiere.",
    ),
    Film(
        "Django Unchained",
        2012,
        "Drama; Western",
        "Quentin Tarantino",
        "Jamie Foxx; Christoph Waltz; Leonardo DiCaprio; Kerry Washington; Samuel L. Jackson",
        "US",
        "bounty hunters; a rescue from slavery; revenge; an odd partnership",
        "A freed man and a bounty hunter set out to bring his wife back from a plantation.",
    ),
    Film(
        "Goodfellas",
        1990,
        "Drama; Crime",
        "Martin Scorsese",
        "Ray Liotta; Robert De Niro; Joe Pesci; Lorraine Bracco; Paul Sorvino",
        "US",
        "life in the mob; fast money; paranoia; an informer",
        "A boy who always wanted to be a gangster tells how he became one and what it cost.",
    ),
    Film(
        "Taxi Driver",
        1976,
        "Crime; Drama",
        "Martin Scorsese",
        "Robert De Niro; Jodie Foster; Cybill Shepherd; Harvey Keitel; Peter Boyle",
        "US",
        "sleepless nights; urban loneliness; a self-made avenger; seventies New York",
        "A sleepless driver sees only filth in the city and decides to clean it up himself.",
    ),
    Film(
        "The Departed",
        2006,
        "Drama; Thriller; Crime",
        "Martin Scorsese",
        "Leonardo DiCaprio; Matt Damon; Jack Nicholson; Mark Wahlberg; Martin Sheen",
        "US",
        "moles on both sides; Boston police; double lives; shifting loyalty",
        "A policeman among gangsters and a gangster among policemen try to unmask each other.",
    ),
    Film(
        "Shutter Island",
        2010,
        "Drama; Thriller; Mystery",
        "Martin Scorsese",
        "Leonardo DiCaprio; Mark Ruffalo; Ben Kingsley; Michelle Williams; Max von Sydow",
        "US",
        "asylum on an island; unreliable memory; a missing patient; a storm",
        "A marshal looks for a patient who vanished from an island asylum, and loses his footing.",
    ),
    Film(
        "The Dark Knight",
        2008,
        "Action; Crime; Drama; Thriller",
        "Christopher Nolan",
        "Christian Bale; Heath Ledger; Aaron Eckhart; Michael Caine; Gary Oldman",
        "US; GB",
        "masked hero; an agent of chaos; a city on trial; moral choices",
        "A masked vigilante meets a criminal who wants nothing but to see the city give in.",
        "The Dark Knight Collection",
    ),
    Film(
        "Inception",
        2010,
        "Action; Science Fiction; Adventure",
        "Christopher Nolan",
        "Leonardo DiCaprio; Joseph Gordon-Levitt; Elliot Page; Tom Hardy; Ken Watanabe",
        "US; GB",
        "dreams within dreams; a heist of the mind; grief; spinning top",
        "A thief of secrets is hired to plant an idea deep in the dream of an heir.",
    ),
    Film(
        "Interstellar",
        2014,
        "Adventure; Drama; Science Fiction",
        "Christopher Nolan",
        "Matthew McConaughey; Anne Hathaway; Jessica Chastain; Michael Caine; Casey Affleck",
        "US; GB",
        "wormhole; father and daughter; dying Earth; stretched time",
        "A pilot leaves his children to look for a new home for mankind beyond a wormhole.",
    ),
    Film(
        "Memento",
        2000,
        "Mystery; Thriller",
        "Christopher Nolan",
        "Guy Pearce; Carrie-Anne Moss; Joe Pantoliano",
        "US",
        "told backwards; memory loss; tattooed clues; revenge",
        "A man who cannot form new memories hunts a killer with notes, photographs and tattoos.",
    ),
    Film(
        "The Prestige",
        2006,
        "Drama; Mystery; Science Fiction",
        "Christopher Nolan",
        "Hugh Jackman; Christian Bale; Michael Caine; Scarlett Johansson; Rebecca Hall",
        "US; GB",
        "rival magicians; obsession; Victorian stage; the price of a trick",
        "Two magicians ruin each other over the secret of one impossible trick.",
    ),
    Film(
        "Fight Club",
        1999,
        "Drama",
        "David Fincher",
        "Edward Norton; Brad Pitt; Helena Bonham Carter; Meat Loaf; Jared Leto",
        "US",
        "office boredom; a secret club; split self; consumer rage",
        "A tired clerk and a charming soap maker start a club that grows out of hand.",
    ),
    Film(
        "Se7en",
        1995,
        "Crime; Mystery; Thriller",
        "David Fincher",
        "Morgan Freeman; Brad Pitt; Gwyneth Paltrow; Kevin Spacey; R. Lee Ermey",
        "US",
        "serial killer; endless rain; veteran and rookie; deadly sins",
        "Two detectives follow a murderer who stages his crimes after the deadly sins.",
    ),
    Film(
        "The Social Network",
        2010,
        "Drama",
        "David Fincher",
        "Jesse Eisenberg; Andrew Garfield; Justin Timberlake; Armie Hammer; Rooney Mara",
        "US",
        "start-up; broken friendship; lawsuits; campus ambition",
        "A student builds a website that makes him rich, and is sued by those who were there.",
    ),
    Film(
        "Forrest Gump",
        1994,
        "Comedy; Drama; Romance",
        "Robert Zemeckis",
        "Tom Hanks; Robin Wright; Gary Sinise; Sally Field; Mykelti Williamson",
        "US",
        "a life across decades; innocent narrator; first love; running",
        "A kind man of slow wit stumbles through decades of history and waits for one woman.",
    ),
    Film(
        "Back to the Future",
        1985,
        "Adventure; Comedy; Science Fiction",
        "Robert Zemeckis",
        "Michael J. Fox; Christopher Lloyd; Lea Thompson; Crispin Glover; Thomas F. Wilson",
        "US",
        "time machine; parents as teenagers; skateboard; clock tower",
        "A teenager is sent thirty years back and must see to it that his parents fall in love.",
        "Back to the Future Collection",
    ),
    Film(
        "Jurassic Park",
        1993,
        "Adventure; Science Fiction",
        "Steven Spielberg",
        "Sam Neill; Laura Dern; Jeff Goldblum; Richard Attenborough; Samuel L. Jackson",
        "US",
        "cloned dinosaurs; island park; science out of control; children in danger",
        "Visitors are shown an island of living dinosaurs on the day its fences fail.",
        "Jurassic Park Collection",
    ),
    Film(
        "Jaws",
        1975,
        "Horror; Thriller; Adventure",
        "Steven Spielberg",
        "Roy Scheider; Robert Shaw; Richard Dreyfuss; Lorraine Gary; Murray Hamilton",
        "US",
        "shark attack; beach town; three men in a boat; fear of the water",
        "A police chief, a scientist and a fisherman go after the shark that empties the beaches.",
        "Jaws Collection",
    ),
    Film(
        "E.T. the Extra-Terrestrial",
        1982,
        "Science Fiction; Adventure; Family; Fantasy",
        "Steven Spielberg",
        "Henry Thomas; Drew Barrymore; Robert MacNaughton; Dee Wallace; Peter Coyote",
        "US",
        "a visitor left behind; childhood friendship; bicycles; a way home",
        "A lonely boy hides a stranded visitor from space and helps him to get home.",
    ),
    Film(
        "Raiders of the Lost Ark",
        1981,
        "Adventure; Action",
        "Steven Spielberg",
        "Harrison Ford; Karen Allen; Paul Freeman; John Rhys-Davies; Denholm Elliott",
        "US",
        "archaeologist hero; ancient relic; chases; snakes",
        "An archaeologist races against soldiers for a relic said to hold a terrible power.",
        "Indiana Jones Collection",
    ),
    Film(
        "Schindler's List",
        1993,
        "Drama; History; War",
        "Steven Spielberg",
        "Liam Neeson; Ben Kingsley; Ralph Fiennes; Caroline Goodall; Embeth Davidtz",
        "US",
        "Holocaust; a change of heart; black and white; lives saved",
        "A businessman who came to profit from the war spends all he has to save his workers.",
    ),
    Film(
        "Saving Private Ryan",
        1998,
        "Drama; History; War",
        "Steven Spielberg",
        "Tom Hanks; Tom Sizemore; Edward Burns; Barry Pepper; Matt Damon",
        "US",
        "landing in Normandy; rescue mission; duty; cost of one life",
        "A small unit is sent behind the front to bring home the last son of a family.",
    ),
    Film(
        "Star Wars",
        1977,
        "Adventure; Action; Science Fiction",
        "George Lucas",
        "Mark Hamill; Harrison Ford; Carrie Fisher; Peter Cushing; Alec Guinness",
        "US",
        "space opera; farm boy; a princess in command; rebels",
        "A farm boy, a smuggler and an old knight set out to free a princess from an empire.",
        "Star Wars Collection",
    ),
    Film(
        "The Empire Strikes Back",
        1980,
        "Adventure; Action; Science Fiction",
        "Irvin Kershner",
        "Mark Hamill; Harrison Ford; Carrie Fisher; Billy Dee Williams; Anthony Daniels",
        "US",
        "space opera; a small teacher; family secret; rebels in flight",
        "Scattered rebels flee across the galaxy while a young pilot learns from a strange master.",
        "Star Wars Collection",
    ),
    Film(
        "Blade Runner",
        1982,
        "Science Fiction; Drama; Thriller",
        "Ridley Scott",
        "Harrison Ford; Rutger Hauer; Sean Young; Edward James Olmos; Daryl Hannah",
        "US",
        "neon city; artificial humans; tired detective; what makes us human",
        "In a rainy future city a detective must hunt artificial humans who only want more life.",
        "Blade Runner Collection",
    ),
    Film(
        "Blade Runner 2049",
        2017,
        "Science Fiction; Drama",
        "Denis Villeneuve",
        "Ryan Gosling; Harrison Ford; Ana de Armas; Jared Leto; Robin Wright",
        "US",
        "neon city; artificial humans; a buried secret; loneliness",
        "A hunter of artificial humans finds bones that put his own past in question.",
        "Blade Runner Collection",
    ),
    Film(
        "Alien",
        1979,
        "Horror; Science Fiction",
        "Ridley Scott",
        "Tom Skerritt; Sigourney Weaver; Veronica Cartwright; Harry Dean Stanton; John Hurt",
        "GB; US",
        "monster on a ship; dread; working crew in space; survival",
        "The crew of a freighter answers a signal and brings something deadly back on board.",
        "Alien Collection",
    ),
    Film(
        "Aliens",
        1986,
        "Action; Thriller; Science Fiction",
        "James Cameron",
        "Sigourney Weaver; Carrie Henn; Michael Biehn; Paul Reiser; Lance Henriksen",
        "US; GB",
        "space marines; a lost colony; a child to protect; siege",
        "A survivor goes back with soldiers to the planet where her nightmare began.",
        "Alien Collection",
    ),
    Film(
        "Gladiator",
        2000,
        "Action; Drama; Adventure",
        "Ridley Scott",
        "Russell Crowe; Joaquin Phoenix; Connie Nielsen; Oliver Reed; Richard Harris",
        "US; GB",
        "ancient Rome; arena fights; revenge; a jealous emperor",
        "A betrayed general fights his way up through the arenas to face the emperor.",
    ),
    Film(
        "The Terminator",
        1984,
        "Action; Thriller; Science Fiction",
        "James Cameron",
        "Arnold Schwarzenegger; Michael Biehn; Linda Hamilton; Paul Winfield; Lance Henriksen",
        "US",
        "killer machine; a soldier from the future; chase by night; fate",
        "A machine is sent back in time to kill a waitress whose son will matter one day.",
        "The Terminator Collection",
    ),
    Film(
        "Terminator 2: Judgment Day",
        1991,
        "Action; Thriller; Science Fiction",
        "James Cameron",
        "Arnold Schwarzenegger; Linda Hamilton; Edward Furlong; Robert Patrick",
        "US",
        "machine as protector; mother and son; liquid metal; stopping the future",
        "A boy and his mother are chased by one machine and guarded by another.",
        "The Terminator Collection",
    ),
    Film(
        "Titanic",
        1997,
        "Drama; Romance",
        "James Cameron",
        "Leonardo DiCaprio; Kate Winslet; Billy Zane; Kathy Bates; Frances Fisher",
        "US",
        "sinking ship; love across classes; an old woman remembers; disaster",
        "Two passengers from different decks fall in love on a voyage that will not arrive.",
    ),
    Film(
        "The Matrix",
        1999,
        "Action; Science Fiction",
        "Lana Wachowski; Lilly Wachowski",
        "Keanu Reeves; Laurence Fishburne; Carrie-Anne Moss; Hugo Weaving; Joe Pantoliano",
        "US",
        "simulated world; hacker; chosen one; martial arts",
        "A hacker learns that his world is a simulation, and that some are fighting it.",
        "The Matrix Collection",
    ),
    Film(
        "The Lord of the Rings: The Fellowship of the Ring",
        2001,
        "Adventure; Fantasy; Action",
        "Peter Jackson",
        "Elijah Wood; Ian McKellen; Viggo Mortensen; Sean Astin; Liv Tyler",
        "NZ; US",
        "a long quest; a ring that tempts; companions; wizards",
        "A small hero and eight companions set out to destroy a ring everybody wants.",
        "The Lord of the Rings Collection",
    ),
    Film(
        "The Lord of the Rings: The Return of the King",
        2003,
        "Adventure; Fantasy; Action",
        "Peter Jackson",
        "Elijah Wood; Ian McKellen; Viggo Mortensen; Sean Astin; Andy Serkis",
        "NZ; US",
        "end of a quest; great battles; friendship; a king comes home",
        "Armies gather for a last battle while two friends climb a mountain of fire.",
        "The Lord of the Rings Collection",
    ),
    Film(
        "Harry Potter and the Prisoner of Azkaban",
        2004,
        "Adventure; Fantasy; Family",
        "Alfonso Cuarón",
        "Daniel Radcliffe; Rupert Grint; Emma Watson; Gary Oldman; David Thewlis",
        "GB; US",
        "school of magic; an escaped prisoner; growing up; turning back time",
        "A young wizard is told that a murderer has escaped and is looking for him.",
        "Harry Potter Collection",
    ),
    Film(
        "Children of Men",
        2006,
        "Drama; Action; Thriller; Science Fiction",
        "Alfonso Cuarón",
        "Clive Owen; Julianne Moore; Michael Caine; Chiwetel Ejiofor; Clare-Hope Ashitey",
        "GB; US",
        "a world without births; refugees; long takes; reluctant guide",
        "Where no child was born for years, a weary man must bring one woman to safety.",
    ),
    Film(
        "Pan's Labyrinth",
        2006,
        "Fantasy; Drama; War",
        "Guillermo del Toro",
        "Ivana Baquero; Sergi López; Maribel Verdú; Doug Jones; Ariadna Gil",
        "ES; MX",
        "dark fairy tale; Spain after the war; three tasks; a cruel stepfather",
        "A girl in postwar Spain is given three tasks by a faun and one home to fear.",
    ),
    Film(
        "The Shape of Water",
        2017,
        "Drama; Fantasy; Romance",
        "Guillermo del Toro",
        "Sally Hawkins; Michael Shannon; Richard Jenkins; Doug Jones; Octavia Spencer",
        "US",
        "an unlikely love; secret laboratory; cold war; outsiders",
        "A mute cleaner falls in love with the creature a laboratory keeps in a tank.",
    ),
    Film(
        "Spirited Away",
        2001,
        "Animation; Family; Fantasy",
        "Hayao Miyazaki",
        "Rumi Hiiragi; Miyu Irino; Mari Natsuki",
        "JP",
        "bath house of spirits; a brave girl; lost names; hand drawn",
        "A girl must work in a bath house for spirits to win her parents back.",
    ),
    Film(
        "My Neighbor Totoro",
        1988,
        "Animation; Family; Fantasy",
        "Hayao Miyazaki",
        "Noriko Hidaka; Chika Sakamoto; Hitoshi Takagi; Shigesato Itoi",
        "JP",
        "forest spirit; two sisters; country summer; hand drawn",
        "Two sisters move to the country and meet the large, quiet spirit of the forest.",
    ),
    Film(
        "Toy Story",
        1995,
        "Animation; Adventure; Family; Comedy",
        "John Lasseter",
        "Tom Hanks; Tim Allen; Don Rickles; Jim Varney; Wallace Shawn",
        "US",
        "living toys; jealousy; an unlikely friendship; computer animation",
        "A cowboy doll fears for his place when a space ranger is unpacked.",
        "Toy Story Collection",
    ),
    Film(
        "Finding Nemo",
        2003,
        "Animation; Family",
        "Andrew Stanton",
        "Albert Brooks; Ellen DeGeneres; Alexander Gould; Willem Dafoe",
        "US",
        "lost child; ocean journey; an anxious father; a forgetful friend",
        "A timid fish crosses an ocean to find his son, with a friend who forgets everything.",
        "Finding Nemo Collection",
    ),
    Film(
        "WALL·E",
        2008,
        "Animation; Family; Science Fiction",
        "Andrew Stanton",
        "Ben Burtt; Elissa Knight; Jeff Garlin; Fred Willard; Sigourney Weaver",
        "US",
        "lonely robot; abandoned Earth; love without words; waste",
        "The last robot on a deserted Earth follows a visitor he adores into space.",
    ),
    Film(
        "The Lion King",
        1994,
        "Family; Animation; Drama",
        "Roger Allers; Rob Minkoff",
        "Matthew Broderick; James Earl Jones; Jeremy Irons; Moira Kelly; Nathan Lane",
        "US",
        "animal kingdom; a jealous uncle; exile and return; songs",
        "A young lion flees after his father's death and must find the courage to come back.",
        "The Lion King Collection",
    ),
    Film(
        "Ratatouille",
        2007,
        "Animation; Comedy; Family; Fantasy",
        "Brad Bird",
        "Patton Oswalt; Lou Romano; Ian Holm; Peter O'Toole; Janeane Garofalo",
        "US",
        "a rat who cooks; Paris kitchen; a feared critic; talent from anywhere",
        "A rat with a fine nose and a boy without talent run the kitchen of a restaurant.",
    ),
    Film(
        "The Incredibles",
        2004,
        "Action; Adventure; Animation; Family",
        "Brad Bird",
        "Craig T. Nelson; Holly Hunter; Samuel L. Jackson; Jason Lee; Sarah Vowell",
        "US",
        "superhero family; hidden powers; middle age; a resentful fan",
        "A family of retired heroes is drawn back when the father takes a secret job.",
        "The Incredibles Collection",
    ),
    Film(
        "The Silence of the Lambs",
        1991,
        "Crime; Drama; Thriller",
        "Jonathan Demme",
        "Jodie Foster; Anthony Hopkins; Scott Glenn; Ted Levine; Anthony Heald",
        "US",
        "young agent; a brilliant cannibal; psychological duel; manhunt",
        "A trainee asks an imprisoned killer for help in catching one who is still free.",
    ),
    Film(
        "The Shining",
        1980,
        "Horror; Thriller",
        "Stanley Kubrick",
        "Jack Nicholson; Shelley Duvall; Danny Lloyd; Scatman Crothers; Barry Nelson",
        "US; GB",
        "empty hotel; a father's madness; snowed in; second sight",
        "A writer minds an empty hotel through the winter and turns against his family.",
    ),
    Film(
        "2001: A Space Odyssey",
        1968,
        "Science Fiction; Mystery; Adventure",
        "Stanley Kubrick",
        "Keir Dullea; Gary Lockwood; William Sylvester; Douglas Rain",
        "GB; US",
        "black monolith; a computer that errs; silence of space; evolution",
        "A voyage to Jupiter after a black slab is endangered by the ship's own computer.",
    ),
    Film(
        "Psycho",
        1960,
        "Horror; Thriller; Mystery",
        "Alfred Hitchcock",
        "Anthony Perkins; Janet Leigh; Vera Miles; John Gavin; Martin Balsam",
        "US",
        "lonely motel; stolen money; a mother's shadow; sudden turn",
        "A woman on the run with stolen money stops at the wrong motel.",
    ),
    Film(
        "Rear Window",
        1954,
        "Thriller; Mystery",
        "Alfred Hitchcock",
        "James Stewart; Grace Kelly; Wendell Corey; Thelma Ritter; Raymond Burr",
        "US",
        "watching neighbours; a broken leg; one room; suspicion",
        "A photographer with a broken leg believes he has seen a murder across the yard.",
    ),
    Film(
        "Vertigo",
        1958,
        "Mystery; Romance; Thriller",
        "Alfred Hitchcock",
        "James Stewart; Kim Novak; Barbara Bel Geddes; Tom Helmore",
        "US",
        "fear of heights; obsession; San Francisco; a woman twice",
        "A detective afraid of heights follows a woman and cannot let go of her image.",
    ),
    Film(
        "Casablanca",
        1942,
        "Drama; Romance; War",
        "Michael Curtiz",
        "Humphrey Bogart; Ingrid Bergman; Paul Henreid; Claude Rains; Conrad Veidt",
        "US",
        "a bar in exile; lost love returns; letters of transit; sacrifice",
        "The owner of a bar must choose between an old love and a cause.",
    ),
    Film(
        "12 Angry Men",
        1957,
        "Drama",
        "Sidney Lumet",
        "Henry Fonda; Lee J. Cobb; Martin Balsam; E.G. Marshall; Jack Klugman",
        "US",
        "jury room; one dissenter; reasonable doubt; a hot afternoon",
        "One juror asks eleven others to talk before they send a young man to his death.",
    ),
    Film(
        "Seven Samurai",
        1954,
        "Action; Drama",
        "Akira Kurosawa",
        "Toshiro Mifune; Takashi Shimura; Yoshio Inaba; Seiji Miyaguchi; Keiko Tsushima",
        "JP",
        "village under threat; hired swords; battle in the rain; honour",
        "Poor farmers hire masterless warriors to defend their harvest against bandits.",
    ),
    Film(
        "Some Like It Hot",
        1959,
        "Comedy; Romance",
        "Billy Wilder",
        "Marilyn Monroe; Tony Curtis; Jack Lemmon; George Raft; Joe E. Brown",
        "US",
        "men in disguise; jazz band; gangsters; mistaken identity",
        "Two musicians who saw too much hide from gangsters in a band of women.",
    ),
    Film(
        "The Apartment",
        1960,
        "Comedy; Drama; Romance",
        "Billy Wilder",
        "Jack Lemmon; Shirley MacLaine; Fred MacMurray; Ray Walston",
        "US",
        "office ladder; a borrowed key; quiet loneliness; New Year's Eve",
        "A clerk lends his flat to his bosses until he learns whom one of them brings there.",
    ),
    Film(
        "Amélie",
        2001,
        "Comedy; Romance",
        "Jean-Pierre Jeunet",
        "Audrey Tautou; Mathieu Kassovitz; Rufus; Dominique Pinon; Yolande Moreau",
        "FR; DE",
        "small kindnesses; Montmartre; a shy heroine; playful narrator",
        "A shy waitress secretly improves the lives of others and nearly forgets her own.",
    ),
    Film(
        "Parasite",
        2019,
        "Comedy; Thriller; Drama",
        "Bong Joon-ho",
        "Song Kang-ho; Lee Sun-kyun; Cho Yeo-jeong; Choi Woo-shik; Park So-dam",
        "KR",
        "two families; class divide; a hidden cellar; sudden turn",
        "A poor family talks its way, one by one, into the house of a rich one.",
    ),
    Film(
        "Memories of Murder",
        2003,
        "Crime; Drama; Thriller",
        "Bong Joon-ho",
        "Song Kang-ho; Kim Sang-kyung; Kim Roi-ha; Park Hae-il",
        "KR",
        "unsolved murders; clumsy police; rainy nights; doubt",
        "Country policemen and a man from the capital fail to catch a murderer of women.",
    ),
    Film(
        "The Grand Budapest Hotel",
        2014,
        "Comedy; Drama",
        "Wes Anderson",
        "Ralph Fiennes; Tony Revolori; F. Murray Abraham; Adrien Brody; Willem Dafoe",
        "US; DE",
        "elegant concierge; a stolen painting; pastel frames; lost Europe",
        "A concierge and his lobby boy flee across a vanishing Europe with a painting.",
    ),
    Film(
        "Moonrise Kingdom",
        2012,
        "Comedy; Drama; Romance",
        "Wes Anderson",
        "Jared Gilman; Kara Hayward; Bruce Willis; Edward Norton; Bill Murray",
        "US",
        "runaway children; scouts; first love; an island storm",
        "Two children run away together and a whole island goes looking for them.",
    ),
    Film(
        "The Big Lebowski",
        1998,
        "Comedy; Crime",
        "Joel Coen",
        "Jeff Bridges; John Goodman; Julianne Moore; Steve Buscemi; John Turturro",
        "US",
        "bowling; a ruined rug; mistaken identity; lazy hero",
        "A man of leisure is taken for a millionaire and only wants his rug replaced.",
    ),
    Film(
        "Fargo",
        1996,
        "Crime; Drama; Thriller",
        "Joel Coen",
        "Frances McDormand; William H. Macy; Steve Buscemi; Peter Stormare",
        "US",
        "botched kidnapping; snow; a pregnant police chief; dry humour",
        "A salesman has his wife kidnapped, and a police chief calmly follows the bodies.",
    ),
    Film(
        "No Country for Old Men",
        2007,
        "Crime; Drama; Thriller",
        "Joel Coen; Ethan Coen",
        "Tommy Lee Jones; Javier Bardem; Josh Brolin; Woody Harrelson; Kelly Macdonald",
        "US",
        "a case of money; a killer with a coin; desert border; tired sheriff",
        "A hunter takes money he found in the desert, and a killer comes to take it back.",
    ),
    Film(
        "La La Land",
        2016,
        "Comedy; Drama; Romance; Music",
        "Damien Chazelle",
        "Ryan Gosling; Emma Stone; John Legend; Rosemarie DeWitt; J.K. Simmons",
        "US",
        "jazz pianist; auditions; love or career; dancing at dusk",
        "An actress and a pianist fall in love while both chase a life on stage.",
    ),
    Film(
        "Whiplash",
        2014,
        "Drama; Music",
        "Damien Chazelle",
        "Miles Teller; J.K. Simmons; Paul Reiser; Melissa Benoist",
        "US",
        "young drummer; a cruel teacher; obsession; jazz band",
        "A young drummer is pushed to the edge by a teacher who calls nothing good enough.",
    ),
    Film(
        "Mad Max: Fury Road",
        2015,
        "Action; Adventure; Science Fiction",
        "George Miller",
        "Tom Hardy; Charlize Theron; Nicholas Hoult; Hugh Keays-Byrne; Zoë Kravitz",
        "AU; US",
        "desert chase; escape of captives; war machines; few words",
        "A driver and a drifter race across a desert with the captives of a tyrant.",
        "Mad Max Collection",
    ),
    Film(
        "Get Out",
        2017,
        "Mystery; Thriller; Horror",
        "Jordan Peele",
        "Daniel Kaluuya; Allison Williams; Catherine Keener; Bradley Whitford; Lil Rel Howery",
        "US",
        "meeting the parents; hypnosis; polite racism; growing unease",
        "A young man visits his girlfriend's parents, who are friendlier than they should be.",
    ),
    Film(
        "Arrival",
        2016,
        "Drama; Science Fiction; Mystery",
        "Denis Villeneuve",
        "Amy Adams; Jeremy Renner; Forest Whitaker; Michael Stuhlbarg",
        "US",
        "first contact; a linguist; circular time; a mother's choice",
        "A linguist must learn to talk with visitors before the world turns on them.",
    ),
    Film(
        "When Harry Met Sally...",
        1989,
        "Comedy; Romance; Drama",
        "Rob Reiner",
        "Billy Crystal; Meg Ryan; Carrie Fisher; Bruno Kirby",
        "US",
        "friends or lovers; autumn in New York; years of talk; New Year's Eve",
        "Two people who keep meeting over the years insist that they are only friends.",
    ),
    Film(
        "The Princess Bride",
        1987,
        "Adventure; Family; Fantasy; Comedy; Romance",
        "Rob Reiner",
        "Cary Elwes; Robin Wright; Mandy Patinkin; Chris Sarandon; Wallace Shawn",
        "US",
        "bedtime story; true love; sword fights; playful fairy tale",
        "A grandfather reads of a farm boy, a swordsman and a giant out to save a bride.",
    ),
    Film(
        "Groundhog Day",
        1993,
        "Romance; Fantasy; Comedy",
        "Harold Ramis",
        "Bill Murray; Andie MacDowell; Chris Elliott; Stephen Tobolowsky",
        "US",
        "time loop; small town; a cynic softens; second chances",
        "A vain weatherman lives the same day again and again until he learns to live it well.",
    ),
    Film(
        "Ghostbusters",
        1984,
        "Comedy; Fantasy",
        "Ivan Reitman",
        "Bill Murray; Dan Aykroyd; Sigourney Weaver; Harold Ramis; Ernie Hudson",
        "US",
        "ghosts for hire; New York; failed professors; silly gadgets",
        "Unemployed professors catch ghosts for money just as the city fills with them.",
        "Ghostbusters Collection",
    ),
)

TASTES = (
    "Action",
    "Adventure",
    "Animation",
    "Comedy",
    "Crime",
    "Drama",
    "Fantasy",
    "Horror",
    "Mystery",
    "Romance",
    "Science Fiction",
    "Thriller",
    "War",
)

ERAS = ((0, 1979), (1980, 1999), (2000, 2100), (0, 2100))

REVIEW_TITLES = {
    5: ("Loved every minute", "One for the shelf", "Could not ask for more", "Simply wonderful"),
    4: ("Very good indeed", "Well worth an evening", "Nearly perfect", "Glad I saw it"),
    3: ("Good in parts", "Fine, no more", "Expected a little more", "In the middle"),
    2: ("Not for me", "A long evening", "Lost me early", "Below what I hoped"),
    1: ("Gave up caring", "Not again", "A waste of an evening", "Very disappointed"),
}

OPENINGS = {
    5: (
        "I did not look at the clock once.",
        "This is the kind of film I want to show to everyone.",
        "I watched it twice in one week.",
        "From the first scene I was in.",
        "It has been days and I still think of it.",
    ),
    4: (
        "A strong film with only small weak spots.",
        "I enjoyed this more than I thought I would.",
        "It takes its time, but it gets there.",
        "Solid work, and some scenes are great.",
        "Most of it is really good.",
    ),
    3: (
        "It is all right.",
        "Half of it works for me.",
        "I did not mind it, but I will not watch it again soon.",
        "There is a better film hiding in this one.",
        "I can see why others like it.",
    ),
    2: (
        "I tried to like this.",
        "It dragged from the middle on.",
        "Too much noise around too little.",
        "My mind kept wandering.",
        "I do not get the praise.",
    ),
    1: (
        "I turned it off and came back only to finish it.",
        "Nothing in it worked for me.",
        "I regret the time.",
        "What a letdown.",
        "I was bored and then annoyed.",
    ),
}

GOOD_REMARKS = (
    "{actor} is excellent in this.",
    "{director} knows what to leave out.",
    "What it does with {keyword} stays with me.",
    "I watch a lot of {genre}, and this is one I will come back to.",
    "The theme of {keyword} could have been a cliche, and it is not.",
    "{actor} and {other_actor} are very good together.",
    "{other_actor} has fewer scenes and makes the most of them.",
    "Anyone who likes {genre} should know this one.",
    "It has lost nothing since {year}.",
    "{director} makes it look easy.",
)

MIXED_REMARKS = (
    "{actor} is better than the script.",
    "The theme of {keyword} deserved more time.",
    "{director} has a good eye, but the pace is uneven.",
    "For {genre} it is a little tame.",
    "{other_actor} made me wish for a bigger part.",
    "I liked the idea of {keyword} more than what becomes of it.",
    "I have seen {director} do better, and worse.",
    "You can tell that it was made in {year}.",
)

BAD_REMARKS = (
    "Even {actor} cannot save it.",
    "I never believed in {keyword} as it is told here.",
    "If you do not care for {genre}, this will not change your mind.",
    "{director} seems more interested in the look than in the people.",
    "{actor} and {other_actor} might be in two different films.",
    "So much about {keyword}, and so little came of it for me.",
    "I wanted {genre} and got mostly talk about it.",
    "I suppose {director} is an acquired taste.",
)

CLOSINGS = {
    5: ("", "See it.", "I already know whom to give it to.", "Five stars without a doubt."),
    4: ("", "Recommended.", "I would watch it again with friends.", "Nearly the full five."),
    3: ("", "Three stars feel fair.", "Perhaps on a rainy day.", "Others may like it more."),
    2: ("", "I would skip it.", "Two stars for the effort.", "There are better ones."),
    1: ("", "Avoid.", "One star.", "I will not keep it."),
}


@dataclass(frozen=True)
class Taste:
    """What a synthetic user likes."""

    loved: tuple[str, str]
    disliked: str
    director: str
    era: tuple[int, int]
    mildness: float
    """Added to every rating: some people are hard to please."""


def split(names: str) -> list[str]:
    """The names in a text of names separated by `; `."""
    return names.split("; ")


def pick(rng: Random, options: Sequence[T]) -> T:
    """One of the options. Only `random()` is promised to be the same in every Python version."""
    return options[int(rng.random() * len(options))]


def make_taste(rng: Random, directors: Sequence[str]) -> Taste:
    """A taste with two loved genres and a third that is disliked."""
    genres = list(TASTES)
    chosen = [genres.pop(int(rng.random() * len(genres))) for _ in range(3)]
    return Taste(
        loved=(chosen[0], chosen[1]),
        disliked=chosen[2],
        director=pick(rng, directors),
        era=pick(rng, ERAS),
        mildness=rng.random() - 0.5,
    )


def matches(film: Film, taste: Taste) -> int:
    """How many of the loved genres a film has."""
    return len(set(split(film.genres)) & set(taste.loved))


def choose_films(rng: Random, taste: Taste) -> list[int]:
    """Positions of the 15 to 20 films a user has seen, more of them to the user's taste."""
    weights = [
        (1 + 1.5 * matches(film, taste) + 2 * (taste.director in split(film.directors)))
        * (0.5 if taste.disliked in split(film.genres) else 1)
        for film in FILMS
    ]
    seen: list[int] = []
    for _ in range(15 + int(rng.random() * 6)):
        totals = list(accumulate(weights))
        position = bisect_right(totals, rng.random() * totals[-1])
        seen.append(position)
        weights[position] = 0
    return seen


def rate(rng: Random, film: Film, taste: Taste) -> int:
    """One to five stars."""
    score = 3.2 + taste.mildness + 0.8 * matches(film, taste)
    score += 0.9 * (taste.director in split(film.directors))
    score -= 1.3 * (taste.disliked in split(film.genres))
    score += 0.3 if taste.era[0] <= film.year <= taste.era[1] else -0.4
    score += 1.6 * (rng.random() - 0.5)
    return max(1, min(5, int(score + 0.5)))


def write_review(rng: Random, film: Film, rating: int) -> tuple[str, str]:
    """Title and text of a review that fits the rating."""
    remarks = GOOD_REMARKS if rating > 3 else MIXED_REMARKS if rating == 3 else BAD_REMARKS
    cast = split(film.cast)
    first = int(rng.random() * len(remarks))
    chosen = [remarks[first]]
    if rng.random() < 0.4:
        chosen.append(remarks[(first + 1 + int(rng.random() * (len(remarks) - 1))) % len(remarks)])
    remark = " ".join(chosen).format(
        actor=cast[0],
        other_actor=cast[1],
        director=split(film.directors)[0],
        keyword=pick(rng, split(film.keywords)),
        genre=pick(rng, split(film.genres)).lower(),
        year=film.year,
    )
    sentences = (pick(rng, OPENINGS[rating]), remark, pick(rng, CLOSINGS[rating]))
    return pick(rng, REVIEW_TITLES[rating]), " ".join(filter(None, sentences))


def item_id(position: int) -> str:
    """The id of the film at a position of the table."""
    return f"F{position + 1:03}"


def make_reviews() -> list[dict[str, object]]:
    """All reviews, in the schema of Amazon Reviews 2023, by user and time."""
    films_of = Counter(name for film in FILMS for name in split(film.directors))
    directors = sorted(name for name, films in films_of.items() if films > 1)
    rows: list[dict[str, object]] = []
    for number in range(1, USERS + 1):
        rng = Random(SEED * 1000 + number)
        taste = make_taste(rng, directors)
        time = FIRST_DAY_MS + int(rng.random() * 1500 * DAY_MS)
        for position in choose_films(rng, taste):
            time += int((1 + rng.random() * 60) * DAY_MS)
            rating = rate(rng, FILMS[position], taste)
            title, text = write_review(rng, FILMS[position], rating)
            rows.append(
                {
                    "user_id": f"synthetic-user-{number:02}",
                    "asin": item_id(position),
                    "parent_asin": item_id(position),
                    "rating": float(rating),
                    "title": title,
                    "text": text,
                    "timestamp": time,
                    "_synthetic": True,
                }
            )
    return rows


def make_records() -> list[dict[str, object]]:
    """All films, as TMDB records."""
    return [
        {
            "asin": item_id(position),
            "parent_asin": item_id(position),
            "title": film.title,
            "overview": film.overview,
            "genres": [{"name": name} for name in split(film.genres)],
            "keywords": {"keywords": [{"name": name} for name in split(film.keywords)]},
            "casts": {
                "cast": [
                    {"name": name, "known_for_department": "Acting", "order": order}
                    for order, name in enumerate(split(film.cast))
                ],
                "crew": [
                    {"name": name, "department": "Directing", "job": "Director"}
                    for name in split(film.directors)
                ],
            },
            "origin_country": split(film.countries),
            "belongs_to_collection": {"name": film.collection} if film.collection else None,
            "release_year": film.year,
            "_synthetic": "id, overview and keywords; the other fields are facts",
        }
        for position, film in enumerate(FILMS)
    ]


def write_sample(folder: Path) -> None:
    """Write `reviews.jsonl` and `tmdb.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    reviews = "".join(json.dumps(row) + "\n" for row in make_reviews())
    (folder / "reviews.jsonl").write_text(reviews, encoding="utf-8", newline="\n")
    records = ",\n".join(json.dumps(record) for record in make_records())
    (folder / "tmdb.json").write_text(f"[\n{records}\n]\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the synthetic sample.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sample")
    write_sample(parser.parse_args().out)
