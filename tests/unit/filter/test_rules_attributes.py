"""What is said of a film beside its record: who made it, who plays in it, when, and what it is."""

from __future__ import annotations

import pytest

from tests.unit.filter.catalogue import judged, judged_by

YEARS = [
    ("<id_M0005> is from way back in 1983.", "1983"),
    ("<id_M0005> is a 1983 film.", "1983"),
    ("<id_M0005> is a tense 1983 heist drama.", "1983"),
    ("<id_M0005>, a 1983 heist film, fits best.", "1983"),
    ("<id_M0005> came out in 2009.", "2009"),
    ("<id_M0005> came out way back in 1983.", "1983"),
    ("<id_M0005> first came out in the summer of 1983.", "1983"),
    ("<id_M0005> hit theaters in 2009.", "2009"),
    ("<id_M0005> was released all the way back in 1983.", "1983"),
    ("<id_M0005> was made in 2009, so it is quite recent.", "2009"),
    ("<id_M0005> dates back to 1983.", "1983"),
    ("<id_M0005>? That's the one from 1983. It's great.", "1983"),
    ("I love <id_M0005>. It's a 1983 film, but it holds up.", "1983"),
    ("Try <id_M0005>. It came out in 1983.", "1983"),
    ("<id_M0005> premiered in 2009 at a festival.", "2009"),
    ("Released in 2009, <id_M0005> still looks good.", "2009"),
    ("Back in 1983, <id_M0005> was a sensation.", "1983"),
    ("From 2009, <id_M0005> is among the newer ones.", "2009"),
    ("The 1983 classic <id_M0005> would fit.", "1983"),
    ("The 2009 thriller <id_M0005> would fit.", "2009"),
    ("<id_M0005> turned up in cinemas in 2009.", "2009"),
    ("<id_M0005> has been around since 1983.", "1983"),
    ("<id_M0005> opened in 1983 to mixed reviews.", "1983"),
    ("<id_M0005> [1983] would be my pick.", "1983"),
    ("<id_M0005>, 1983, would be my pick.", "1983"),
    ("<id_M0005> won everybody over when it was released in 1983.", "1983"),
]
YEARS_BY_USER = [
    ("Right, <id_M0005>, that's the one from 1983, isn't it?", "1983"),
    ("<id_M0005> is from 1983, right? I saw it back then.", "1983"),
    ("I saw <id_M0005> when it came out in 1983.", "1983"),
]
EXAMPLES = [("Nothing like a good romantic comedy such as <id_M0100> for a start.", "comedy")]
DIRECTORS = [
    ("Quentin Tarantino really knew what he was doing when he made <id_M0005>.", "Quentin"),
    ("Tarantino's <id_M0005> would be my pick.", "Tarantino"),
    ("Quentin Tarantino's <id_M0005> would be my pick.", "Quentin"),
    ("Steven Spielberg's <id_M0005> would be my pick.", "Steven"),
    ("Spielberg's classic <id_M0005> would be my pick.", "Spielberg"),
    ("<id_M0005> is pure Tarantino.", "Tarantino"),
    ("<id_M0005> is classic Spielberg.", "Spielberg"),
    ("<id_M0005> is Steven Spielberg at his best.", "Steven"),
    ("<id_M0005> is Spielberg's masterpiece.", "Spielberg"),
    ("<id_M0005> is one of Spielberg's best films.", "Spielberg"),
    ("<id_M0005> is one of Steven Spielberg's darker films.", "Steven"),
    ("<id_M0005> was directed by Steven Spielberg.", "Steven"),
    ("<id_M0005> was directed by the great Steven Spielberg.", "Steven"),
    ("Directed by Steven Spielberg, <id_M0005> is a safe choice.", "Steven"),
    ("Steven Spielberg directed <id_M0005> with a steady hand.", "Steven"),
    ("It was Steven Spielberg who directed <id_M0005>.", "Steven"),
    ("When Steven Spielberg directed <id_M0005>, nobody expected it.", "Steven"),
    ("<id_M0005> comes from director Steven Spielberg.", "Steven"),
    ("<id_M0005> comes from the director Steven Spielberg.", "Steven"),
    ("<id_M0005> is a Spielberg film through and through.", "Spielberg"),
    ("<id_M0005> is a Steven Spielberg film.", "Steven"),
    ("With <id_M0005>, Steven Spielberg made his darkest film.", "Steven"),
    ("In <id_M0005>, director Steven Spielberg takes his time.", "Steven"),
    ("<id_M0005>, Steven Spielberg's heist film, would fit.", "Steven"),
    ("You can tell that Steven Spielberg directed <id_M0005>.", "Steven"),
    ("<id_M0005> by Steven Spielberg is my pick.", "Steven"),
    ("Have a look at <id_M0005>. Steven Spielberg directed it.", "Steven"),
    ("Have a look at <id_M0005>. It's by Steven Spielberg.", "Steven"),
    ("Have a look at <id_M0005>. It's directed by Greta Gerwig.", "Greta"),
    ("Have a look at <id_M0005>. Its director, Greta Gerwig, knows the city.", "Greta"),
]
ACTORS = [
    ("<id_M0005> is the one: you'll see Al Pacino, Robert De Niro and Tom Hanks in it.", "Tom"),
    ("<id_M0005> has Tom Hanks in the lead.", "Tom"),
    ("<id_M0005> stars Tom Hanks as a thief.", "Tom"),
    ("Tom Hanks plays the thief in <id_M0005>.", "Tom"),
    ("In <id_M0005>, Tom Hanks plays a thief.", "Tom"),
    ("In <id_M0005> Tom Hanks robs banks, and he is superb in it.", "Tom"),
    ("Tom Hanks is superb in <id_M0005>.", "Tom"),
    ("Tom Hanks as the thief in <id_M0005> is a joy.", "Tom"),
    ("<id_M0005> pairs Tom Hanks with Robert De Niro.", "Tom"),
    ("<id_M0005> teams up Al Pacino and Tom Hanks.", "Tom"),
    ("With Tom Hanks in the lead, <id_M0005> can't go wrong.", "Tom"),
    ("<id_M0005> gives Tom Hanks his best role.", "Tom"),
    ("The lead in <id_M0005> is Tom Hanks.", "Tom"),
    ("Tom Hanks's performance in <id_M0005> is a wonder.", "Tom"),
    ("Have a look at <id_M0005>. Tom Hanks is in it.", "Tom"),
    ("Have a look at <id_M0005>. It has Tom Hanks in it.", "Tom"),
    ("Have a look at <id_M0005>. It stars Tom Hanks and Al Pacino.", "Tom"),
    ("You get to see Tom Hanks rob a bank in <id_M0005>.", "Tom"),
    ("<id_M0005> lets Tom Hanks shine as a thief.", "Tom"),
    ("Tom Hanks leads the cast of <id_M0005>.", "Tom"),
]
GENRES = [
    ("<id_M0005> is a musical.", "musical"),
    ("<id_M0005> is a light romantic comedy.", "comedy"),
    ("<id_M0005> is a heartwarming animated film.", "animated"),
    ("<id_M0005> is one of the best westerns ever.", "westerns"),
    ("<id_M0005>, a slapstick comedy, would fit.", "comedy"),
    ("<id_M0005> is an animated adventure for the whole family.", "animated"),
    ("<id_M0005> is pure horror from start to finish.", "horror"),
    ("<id_M0005> would be a great western for you.", "western"),
    ("The animated classic <id_M0005> would fit.", "animated"),
    ("The western <id_M0005> would fit.", "western"),
    ("As a documentary, <id_M0005> is hard to beat.", "documentary"),
    ("Have a look at <id_M0005>. It's a documentary about banks.", "documentary"),
    ("<id_M0005> is a sweet little musical about bank robbers.", "musical"),
    ("<id_M0005> tells its story as a documentary.", "documentary"),
]


@pytest.mark.parametrize(("said", "evidence"), [*YEARS, *EXAMPLES, *DIRECTORS, *ACTORS, *GENRES])
def test_what_the_record_denies_is_found(said: str, evidence: str) -> None:
    found = judged_by("contradicted_attribute", said)

    assert found is not None
    assert any(text.startswith(evidence) for text in found)


@pytest.mark.parametrize(("said", "evidence"), YEARS_BY_USER)
def test_what_a_user_takes_for_granted_is_found(said: str, evidence: str) -> None:
    assert judged_by("contradicted_attribute", said, speaker="user") == (evidence,)


TRUE = [
    "<id_M0005> is from 1995.",
    "<id_M0005> is a 1995 film with Al Pacino.",
    "<id_M0005> came out in the winter of 1995.",
    "Michael Mann's <id_M0005> would be my pick.",
    "Mann's <id_M0005> would be my pick.",
    "<id_M0005> is pure Michael Mann.",
    "<id_M0005> is one of Mann's best films.",
    "<id_M0005> pairs Al Pacino with Robert De Niro.",
    "<id_M0046> is the Coens' best film.",
    "The Coen brothers' <id_M0046> would fit.",
    "Coen brothers' <id_M0046> would fit.",
    "Joel Coen made <id_M0046> with his brother.",
    "The Wachowskis' <id_M0039> would fit.",
    "Del Toro's <id_M0073> would fit.",
    "Guillermo del Toro's <id_M0073> would fit.",
    "Pixar's <id_M0060> would fit.",
    "Disney's <id_M0066> would fit.",
    "Marvel's rivals made <id_M0014>.",
    "<id_M0005> is a crime film with a long heist.",
]
ABOUT_SOMETHING_ELSE = [
    "<id_M0027> plays in 1917, in the trenches.",
    "<id_M0098> takes place in 2003 at Harvard.",
    "<id_M0096> follows the murders of 1969.",
    "<id_M0083> opens on D-Day in 1944.",
    "<id_M0089> is set in Poland from 1939 to 1945.",
    "In <id_M0080>, Marty goes back to 1955.",
    "<id_M0080> sends Marty back in 1955 for a week.",
    "<id_M0029> is the sequel to the film from 1982.",
    "<id_M0017> is a remake of the 1984 film.",
    "<id_M0019> is based on the 1960 film.",
    "<id_M0019> remakes the 1960 original.",
    "<id_M0103> is a remake of a 2002 Hong Kong thriller.",
    "<id_M0096> is based on a book from 1986.",
    "<id_M0049> is based on Stephen King's 1977 novel.",
    "<id_M0108> is based on Stephen King's novel.",
    "Stephen King's <id_M0049> would fit.",
    "Stephen King's <id_M0108> kept me awake.",
    "Jane Austen's <id_M0113> would fit.",
    "Mario Puzo's <id_M0024> would fit.",
    "<id_M0048> is based on Cormac McCarthy's novel.",
    "<id_M0005> is as good as anything from 2009.",
    "<id_M0005> is nothing like the films of 2009.",
    "<id_M0005> was restored in 2017.",
    "<id_M0030> got its final cut in 2007.",
    "I first saw <id_M0005> in 2009.",
    "I watched <id_M0005> in 2009 with my father.",
    "<id_M0051> was shot-for-shot remade in 1998.",
    "Is <id_M0005> from 2009?",
    "Was <id_M0005> directed by Steven Spielberg?",
    "Do you know whether Steven Spielberg directed <id_M0005>?",
    "I wish Steven Spielberg had directed <id_M0005>.",
    "If Steven Spielberg had made <id_M0005>, it would be shorter.",
    "<id_M0005> feels like a Steven Spielberg film without children.",
    "<id_M0005> wasn't directed by Steven Spielberg, as many think.",
    "<id_M0005> inspired Christopher Nolan's films.",
    "<id_M0005> inspired Christopher Nolan when he made <id_M0014>.",
    "Christopher Nolan loves <id_M0005>.",
    "Christopher Nolan's favourite is <id_M0005>.",
    "If you like Steven Spielberg's films, <id_M0005> may be too cold.",
    "As much as I like Steven Spielberg, <id_M0005> is better.",
    "Fans of Tom Hanks will find <id_M0005> too cold.",
    "You said you like Tom Hanks, but <id_M0005> is better.",
    "Tom Hanks isn't in <id_M0005>.",
    "Tom Hanks is in <id_M0082>, and <id_M0005> has Al Pacino.",
    "<id_M0082> stars Tom Hanks, while <id_M0005> has Robert De Niro.",
    "I loved Tom Hanks in <id_M0081>, so maybe not <id_M0005>.",
    "Unlike <id_M0082> with Tom Hanks, <id_M0005> has no island.",
    "Imagine Tom Hanks in <id_M0005>.",
    "My neighbour's <id_M0005> poster is signed.",
    "My friend Tom's <id_M0005> DVD is scratched.",
    "Sarah's favourite is <id_M0005>.",
    "Tom's pick was <id_M0005>.",
    "Vincent Hanna's hunt in <id_M0005> is thrilling.",
    "Hannibal Lecter's scenes in <id_M0100> are thrilling.",
    "Clarice Starling carries <id_M0100>.",
    "Travis Bickle leads <id_M0102> into the night.",
    "Tony Stark isn't in it, but <id_M0005> is great.",
    "Hans Zimmer's score for <id_M0090> is loud.",
    "Hans Zimmer made the music of <id_M0090>.",
    "Roger Deakins shot <id_M0094>.",
    "Roger Deakins filmed <id_M0094> in the desert.",
    "Aaron Sorkin wrote <id_M0098>.",
    "<id_M0098> was written by Aaron Sorkin.",
    "Roger Ebert gave <id_M0005> a great review.",
    "In <id_M0005> a war breaks out between two men.",
    "In <id_M0094> Emily Blunt is drawn into a dirty war.",
    "<id_M0005> is about a man whose family is gone.",
    "<id_M0005> is a film about a crime and its history.",
    "<id_M0089> is a part of our history.",
    "<id_M0005> is not a western, but it has a duel.",
    "I'd like a western, or something like <id_M0005>.",
    "If <id_M0005> was a western, I'd be there.",
    "<id_M0005> is as sad as a musical can be.",
    "Next to <id_M0005> the musical <id_M0041> is light.",
    "<id_M0115> has a touch of science fiction.",
    "<id_M0121> is a romantic comedy with zombies, as they say.",
    "Whoever liked the 1990s will like <id_M0005>.",
    "It is 2024 and <id_M0005> still holds up.",
    "<id_M0005> beats everything that came out in 2009.",
]


@pytest.mark.parametrize("speaker", ["user", "assistant"])
@pytest.mark.parametrize("said", [*TRUE, *ABOUT_SOMETHING_ELSE])
def test_what_the_record_bears_out_or_is_not_about_is_no_contradiction(
    said: str, speaker: str
) -> None:
    assert judged_by("contradicted_attribute", said, speaker=speaker) is None


ACROSS = [
    ("I think of <id_M0005>.", "Right, that's the one from 1983, isn't it?", ("1983",)),
    ("I think of <id_M0005>.", "It came out in 1983, I saw it then.", ("1983",)),
    ("I think of <id_M0005>.", "Oh, it's by Steven Spielberg!", ("Steven Spielberg",)),
    ("I think of <id_M0005>.", "That's the one with Tom Hanks, right?", ("Tom Hanks",)),
    ("I think of <id_M0005>.", "Is it the one from 1983?", None),
    ("I think of <id_M0005>.", "That's the one from 1995, isn't it?", None),
    ("I think of <id_M0005>.", "It's <id_M0049> that I like, it came out in 1980.", None),
    ("I think of <id_M0005> or <id_M0049>.", "It came out in 1980, didn't it?", None),
    ("I think of <id_M0005>.", "It was 1983 when I last had so much fun.", None),
]


@pytest.mark.parametrize(("named", "said", "evidence"), ACROSS)
def test_what_is_said_of_the_item_before_counts(
    named: str, said: str, evidence: tuple[str, ...] | None
) -> None:
    found = [
        reason for reason in judged(named, said).reasons if reason.rule == "contradicted_attribute"
    ]
    assert (tuple(place.text for place in found[0].spans) if found else None) == evidence


@pytest.mark.parametrize(
    "answer", ["No, that one is from 1995.", "Not quite, it's of 1995.", "Actually, it is of 1995."]
)
def test_a_user_may_err_where_the_assistant_sets_it_right(answer: str) -> None:
    user = "I know <id_M0005>, which came out in 1983."

    assert "contradicted_attribute" not in [one.rule for one in judged(user, answer).reasons]
    assert "contradicted_attribute" in [one.rule for one in judged(user, "Yes, 1983.").reasons]
