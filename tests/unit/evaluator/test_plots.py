from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from xml.etree import ElementTree

import pytest

from recdial.domain import Role
from services.evaluator.report.plots import histogram_plot, loss_plot, reasons_plot

BOTH = {Role.teacher: {5: 2, 7: 9}, Role.student: {5: 20, 6: 3, 9: 41}}


def turns_plot(name: str, histograms: dict[Role, dict[int, int]] | None = None) -> str:
    return histogram_plot(
        name,
        histograms or BOTH,
        quantity="utterances",
        counted="dialogues",
        published=("Another", 9.89),
    )


PLOTS = [
    turns_plot,
    partial(turns_plot, histograms={Role.student: {5: 1}}),
    partial(turns_plot, histograms={Role.student: {0: 3, 9999: 1}}),
    partial(reasons_plot, reasons={Role.teacher: {"b": 1}, Role.student: {"a": 1000, "b": 7}}),
    partial(loss_plot, losses=(1.9, 0.7, 0.4)),
    partial(loss_plot, losses=tuple(1 / step for step in range(1, 500))),
    partial(loss_plot, losses=(1.9, 0.7, 0.4), validation=((2, 0.9), (3, 0.8))),
]


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_is_one_svg_element_that_takes_its_looks_from_the_page(
    plot: Callable[[str], str],
) -> None:
    svg = plot("a")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "width" not in root.attrib
    assert not re.search(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]", svg), "a stand-in for a colour is left"
    assert "var(--muted)" in svg
    assert "font-family" not in svg
    assert "<style" not in svg
    assert "date" not in svg


def test_text_stays_text() -> None:
    texts = ElementTree.fromstring(turns_plot("a")).itertext()
    assert {"% of dialogues", "utterances", "Another 9.89"} <= {text.strip() for text in texts}


@pytest.mark.parametrize("plot", PLOTS)
def test_equal_numbers_give_equal_bytes_in_any_thread(plot: Callable[[str], str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(plot, ["a"] * 4))) == 1


def test_losses_on_validation_examples_are_named() -> None:
    with_them = loss_plot("a", (1.9, 0.7), ((2, 0.9),))

    assert "validation" in "".join(ElementTree.fromstring(with_them).itertext())
    assert "validation" not in loss_plot("a", (1.9, 0.7))


def test_two_plots_share_no_ids() -> None:
    found = [set(re.findall(r' id="([^"]+)"', turns_plot(name))) for name in ("a", "b")]
    assert found[0]
    assert not found[0] & found[1]
    assert all(set(re.findall(r"url\(#([^)]+)\)", turns_plot("a"))) <= ids for ids in found[:1])


def test_the_most_broken_rule_is_on_top() -> None:
    svg = reasons_plot("a", {Role.student: {"rare": 1, "frequent": 9}})
    height = {
        name: float(re.search(rf'y="([0-9.]+)"[^>]*>{name}<', svg)[1])  # type: ignore[index]
        for name in ("rare", "frequent")
    }
    assert height["frequent"] < height["rare"]
