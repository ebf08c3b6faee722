"""A review in a prompt is plain text, and nobody can be reached through it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prompter.cleaning import EMAIL, LINK, PHONE, clean

words = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
PIECES = (
    "<br />",
    "<b>",
    "</i>",
    "<!-- x -->",
    "<![CDATA[",
    "<",
    "&amp;",
    "&lt;",
    "&#34;",
    "&",
    "a@b.co",
    "@",
    "www.",
    "http://",
    "x.com",
    "555-123-4567",
    "+44 20 7946 0958",
    " at ",
    " dot com",
    "\u200b",
    "\u202e",
    "\U000e0041",
    "\x07",
    "\ud83d",
    "[USR]",
    "END DATA",
    "[[ASIN:",
    "]]",
    " ",
    "\n",
)
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES) | words, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Great <br /><br />film", "Great film"),
        ("Great<br>film", "Great film"),
        ("a <b>bo</b>ld <a href='https://x.y/z'>claim</a>", "a bold claim"),
        ("Tom &amp; Jerry &#34;rule&#34;", 'Tom & Jerry "rule"'),
        ("twice escaped &amp;lt;br&amp;gt; here", "twice escaped here"),
        ("as in [[ASIN:0756405017 Blood Price (SERIES)]].", "as in Blood Price (SERIES)."),
        ("[[VIDEOID:abc123]] I <3 it", "I <3 it"),
        ("I <3 it, 5 < 6 & 7 > 6", "I <3 it, 5 < 6 & 7 > 6"),
        ("cut <off before its end", "cut <off before its end"),
        ("line\r\none\ttwo\x00three", "line one twothree"),
        ("hid\u200bden \u202etxet\u202c \U000e0041\U000e0042", "hidden txet"),
        ("caf\u00e9 \u6771\u4eac \U0001f468\u200d\U0001f469 ok", "café 東京 👨\u200d👩 ok"),
        ("Write to Jane.Doe+films@mail.example.co.uk.", f"Write to {EMAIL}."),
        ("jane at example dot com, or jane [at] example [dot] org", f"{EMAIL}, or {EMAIL}"),
        ("mailto:jane@example.com", f"mailto:{EMAIL}"),
        ("See http://example.com/a?b=c#d, then www.example.org!", f"See {LINK}, then {LINK}!"),
        ("bought on Amazon.com (imdb.com/title/tt0113277)", f"bought on {LINK} ({LINK})"),
        ("call 555-123-4567 or (555) 123-4567", f"call {PHONE} or {PHONE}"),
        ("+1 555 123 4567, +49 (0)30 1234567, 020 7946 0958", f"{PHONE}, {PHONE}, {PHONE}"),
        ("555-1234", PHONE),
    ],
)
def test_what_is_removed_and_what_stays(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "From 1999-2003 I saw it 12 times, on 12/25/2004 and 2004-05-06.",
        "It cost $19.99 and runs 1:45:30, in 1080p, 24 fps, 2.35:1.",
        "Agent 007 is back. 10 out of 10, top 100, 1,000,000 dollars.",
        "We looked at it. Then we met at noon. Come at once...the end.It was fun.",
        "Mr. T vs. Rocky (1982), 3/5 stars, 90 min. ½ a star @ best",
        "Released 1962 1963 1964 1965 in parts 1 2 3 4 5 6 7.",
        f"Write to {EMAIL}, call {PHONE} or see {LINK}.",
    ],
)
def test_ordinary_writing_is_left_alone(text: str) -> None:
    assert clean(text) == text


@given(texts)
def test_a_clean_text_is_one_line_without_unseen_characters(text: str) -> None:
    line = clean(text)
    assert line == " ".join(line.split())
    line.encode("utf-8")
    assert not set(line) & set("\x00\x07\x1b\u200b\u202e\ufeff\U000e0041")


@given(
    texts,
    st.from_regex(
        r"[a-z][a-z0-9._-]{0,9}[a-z0-9]@[a-z][a-z0-9-]{0,8}[a-z]\.(com|org|de)", fullmatch=True
    ),
)
def test_no_email_address_gets_through(text: str, address: str) -> None:
    assert address not in clean(f"{text} {address} more")


@given(
    texts,
    st.from_regex(r"https?://[a-z]{1,9}\.[a-z]{2,5}(/[a-z0-9]{0,9}){0,3}", fullmatch=True)
    | st.from_regex(r"www\.[a-z]{2,9}\.[a-z]{2,5}", fullmatch=True),
)
def test_no_link_gets_through(text: str, link: str) -> None:
    assert link.rstrip("/") not in clean(f"{text} {link} more")


@given(
    texts,
    st.from_regex(r"(\([2-9][0-9]{2}\) |[2-9][0-9]{2}-)[0-9]{3}-[0-9]{4}", fullmatch=True)
    | st.from_regex(r"\+[1-9][0-9]( [0-9]{3}){3}", fullmatch=True),
)
def test_no_phone_number_gets_through(text: str, number: str) -> None:
    assert number not in clean(f"{text} {number} more")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        "<!",
        "&amp;",
        "a@",
        "@",
        "a.",
        "www.",
        "a://",
        "1",
        "1 ",
        "(at)",
        "a at ",
        "0 12 ",
        "[[ASIN:",
    ],
)
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    begun = time.process_time()
    clean(piece * (200_000 // len(piece)))
    # Quadratic work on so long a text takes minutes.
    assert time.process_time() - begun < 2
