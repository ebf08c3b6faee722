from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from services.evaluator.report.html import render_html
from services.evaluator.report.model import RunReport
from tests.unit.evaluator.conftest import MakeRecord, MakeReport

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>"
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """The text and the attributes of a page; fails on elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_a_full_report_has_every_section(make_report: MakeReport) -> None:
    page = Page(render_html(make_report()))
    for said in (
        "1,234 interactions",
        "246.8 of each user",
        "1 dropped: no liked item",
        "25.0% of 4 accepted",
        "Beside published datasets",
        "DistillRecDial 21,039 9.89 58.16",
        "this run, student 1 2.00 3.50",
        "student: unknown_id 2, user_opens 1",
        "from 1.50 at step 1 to 0.25 at step 3",
        "on validation examples lowest 0.75 at step 2",
        "published step 2",
        "Guided Explorer",
        "not JSON",
        "catalogue none",
        "unknown_id 1 of 2 ids",
        "[USR] Hi [AI] <id_X>",
    ):
        assert said in page.text
    plots = {attributes.get("id") for tag, attributes in page.elements if tag == "g"}
    for name in ("turns", "tokens", "reasons", "loss"):
        assert f"{name}-figure_1" in plots


def test_dialogues_show_titles_with_the_id_at_hand(make_report: MakeReport) -> None:
    html = render_html(make_report())
    assert '<cite title="A">Jaws (1975)</cite>' in html
    assert '<cite title="B, the target" class="target">Heat (1995)</cite>' in html


def test_a_mention_without_a_title_is_shown_as_it_is(
    make_report: MakeReport, make_record: MakeRecord
) -> None:
    samples = {"accepted": [make_record("Is it <id_X>?")]}
    assert "Is it <id_X>?" in "".join(Page(render_html(make_report(samples=samples))).texts)


def test_texts_of_users_and_models_are_escaped_wherever_they_are_shown(
    make_report: MakeReport, make_record: MakeRecord
) -> None:
    report = make_report().model_dump(mode="json")
    report["run"] |= {"name": ATTACK, "state": "failed", "stage": ATTACK, "cause": ATTACK}
    report["models"]["teacher"] |= {"model": ATTACK}
    report["models"]["student"] |= {"adapter_id": ATTACK, "base_model": ATTACK}
    report["grounding"] = {ATTACK: [{ATTACK: ATTACK}], "b": [ATTACK], "c": {ATTACK: ATTACK}}
    report["dropped_profiles"] = {ATTACK: 1}
    report["reasons_by_role"] = {"student": {ATTACK: 1}}
    report["prompts_by_stereotype"] = {ATTACK: 1}
    report["samples"]["rejected"][0] |= {
        "text": ATTACK,
        "stereotype": ATTACK,
        "reasons": [{"rule": ATTACK, "detail": ATTACK}],
    }
    item = {"item_id": '"><script>', "title": ATTACK, "year": None, "rating": 4.0, "liked": True}
    record = make_record(
        f"{ATTACK} <id_A>",
        items={"A": ATTACK},
        target=item,
        stereotype=ATTACK,
        user_id=ATTACK,
        history=[{"item_id": "A", "title": ATTACK, "rating": 4.0, "liked": True}],
    )
    report["samples"]["accepted"] = [record.model_dump(mode="json")]
    page = Page(render_html(RunReport.model_validate(report)))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert page.text.count("<script>alert('x')</script>") > 15


def test_the_page_fetches_nothing_and_runs_no_script(make_report: MakeReport) -> None:
    html = render_html(make_report())
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "img", "object", "embed", "form"}
    for tag, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on")}
        assert "src" not in attributes
        href = attributes.get("href")
        assert href is None or href.startswith("#") or tag == "a"
    assert not re.search(r"@import|url\((?!#)", html)
    assert "default-src 'none'" in html


def test_ids_of_the_page_are_unique_and_its_links_lead_somewhere(make_report: MakeReport) -> None:
    page = Page(render_html(make_report()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        href = attributes.get("href") or ""
        if tag == "a" and href.startswith("#"):
            assert href[1:] in ids


def test_a_scripted_role_is_marked(make_report: MakeReport) -> None:
    assert "the dialogues of the teacher." in Page(render_html(make_report())).text
    models = make_report().model_dump(mode="json")["models"]
    models["student"]["scripted"] = True
    text = Page(render_html(make_report(models=models))).text
    assert "Not written by a language model:" in text
    assert "the dialogues of the teacher and the student." in text
    models["student"]["scripted"] = models["teacher"]["scripted"] = False
    assert "Not written" not in Page(render_html(make_report(models=models))).text


def nothing_done(make_report: MakeReport, **run: Any) -> RunReport:
    facts = make_report().run.model_dump() | run
    counts = {"users": 0, "items": 0, "interactions": 0, "prompts": 0}
    empty: dict[str, Any] = {
        name: {}
        for name in (
            "verdicts",
            "reasons",
            "prompts_by_stereotype",
            "dropped_profiles",
            "verdicts_by_stereotype",
            "reasons_by_role",
            "statistics",
            "models",
            "grounding",
            "samples",
        )
    }
    return make_report(run=facts, training=None, **counts, **empty)


def test_a_run_that_failed_at_once_says_why(make_report: MakeReport) -> None:
    report = nothing_done(make_report, state="failed", stage="grounding", cause="no such file: x")
    text = Page(render_html(report)).text
    assert "This run failed in grounding." in text
    assert "no such file: x" in text
    assert "No dialogue was accepted." in text


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_the_last_role_that_wrote_makes_the_headlines(make_report: MakeReport, role: str) -> None:
    text = Page(render_html(make_report(verdicts={role: {"accepted": 3, "rejected": 1}}))).text
    assert "accepted 75.0%" in text
    assert f"3 accepted {role} dialogues" in text


def test_equal_reports_give_equal_pages(make_report: MakeReport) -> None:
    assert render_html(make_report()) == render_html(make_report())


def test_the_report_survives_json(make_report: MakeReport) -> None:
    report = make_report()
    assert RunReport.model_validate_json(report.model_dump_json()) == report
