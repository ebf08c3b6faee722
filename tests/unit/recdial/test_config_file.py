from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recdial.config_file import (
    ConfigError,
    differences,
    dump_config,
    load_config,
    read_config,
    validate_config,
)
from recdial.settings import STEREOTYPES

MINIMAL = {
    "name": "small",
    "source": {"reviews": "reviews.jsonl", "tmdb": "../tmdb.json"},
    "teacher": {"backend": "scripted"},
    "student": {"backend": "scripted"},
    "distillation": {"mode": "none"},
}


def write(folder: Path, content: object) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def wrong(tmp_path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, MINIMAL), overrides)
    return str(caught.value)


def test_source_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    config = load_config(write(folder, MINIMAL))
    assert config.source.reviews == folder / "reviews.jsonl"
    assert config.source.tmdb == tmp_path / "tmdb.json"
    assert config.source.metadata is None


def test_an_override_reaches_its_key_with_a_yaml_value(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, MINIMAL),
        ["grounding.users=40", "prompting.stereotypes=[guided_explorer]", "profile=paper"],
    )
    assert config.grounding.users == 40
    assert config.prompting.stereotypes == ("guided_explorer",)
    assert config.profile == "paper"


@pytest.mark.parametrize("override", ["users", "=3", "grounding..users=3", "grounding.users=[1"])
def test_a_malformed_override_is_shown_with_how_to_write_it(tmp_path: Path, override: str) -> None:
    assert f"--set {override}" in wrong(tmp_path, override)


def test_an_override_below_a_value_says_so(tmp_path: Path) -> None:
    assert "name is a value" in wrong(tmp_path, "name.first=x")


def test_an_unknown_key_names_the_allowed_ones_and_the_nearest(tmp_path: Path) -> None:
    message = wrong(tmp_path, "grounding.histroy=3")
    assert "grounding.histroy: unknown key" in message
    assert "did you mean history?" in message
    assert "min_user_interactions" in message


def test_an_unknown_key_at_the_top_names_the_sections(tmp_path: Path) -> None:
    message = wrong(tmp_path, "grunding=3")
    assert "grunding: unknown key; did you mean grounding?" in message


def test_a_value_out_of_range_names_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    message = wrong(tmp_path, "distillation.teacher_share=1.5")
    assert "distillation.teacher_share: 1.5 is not allowed" in message
    assert "less than or equal to 1" in message


def test_a_value_of_a_choice_names_the_choices(tmp_path: Path) -> None:
    message = wrong(tmp_path, "teacher.backend=gpt")
    assert "teacher.backend: 'gpt' is not allowed" in message
    for choice in ("scripted", "local", "hub"):
        assert choice in message


def test_every_wrong_key_is_reported_at_once(tmp_path: Path) -> None:
    message = wrong(tmp_path, "seed=many", "window=0", "student.colour=red")
    assert all(key in message for key in ("seed:", "window:", "student.colour:"))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {key: value for key, value in MINIMAL.items() if key != "source"})
    with pytest.raises(ConfigError, match="source: is missing"):
        load_config(path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("prompting.stereotypes=[tourist]", "unknown tourist; allowed: curious_newcomer"),
        ("prompting.min_utterances=11", "min_utterances must not be above max_utterances"),
        ("filtering.min_utterances=21", "min_utterances must not be above max_utterances"),
        ("distillation.mode=lora", "student.backend scripted cannot be fine-tuned"),
        ("teacher.backend=hub", "backend hub needs base_url"),
        ("student.backend=local", "backend local needs model"),
        ("until=teacher", None),
    ],
)
def test_keys_that_contradict_each_other_are_explained(
    tmp_path: Path, override: str, message: str | None
) -> None:
    if message is None:
        assert load_config(write(tmp_path, MINIMAL), [override]).until == "teacher"
    else:
        assert message in wrong(tmp_path, override)


def test_lora_without_teacher_dialogues_is_refused(tmp_path: Path) -> None:
    message = wrong(
        tmp_path,
        "student={backend: local, model: smollm2-135m}",
        "distillation={mode: lora, teacher_share: 0}",
    )
    assert "nothing to learn from" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "not valid YAML"), ("- 1\n- 2", "keys and values"), ("", "keys and values")],
)
def test_a_file_that_is_no_config_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "none.yaml")


def test_a_dumped_config_reads_back_equal(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, MINIMAL), ["grounding.users=3"])
    path = tmp_path / "run.yaml"
    path.write_text(dump_config(config), encoding="utf-8")
    again = load_config(path)
    assert again == config
    assert again.digest() == config.digest()
    assert differences(config, again) == []


def test_differences_name_the_keys_that_changed(tmp_path: Path) -> None:
    before = load_config(write(tmp_path, MINIMAL))
    after = load_config(write(tmp_path, MINIMAL), ["seed=8", "grounding.users=3"])
    assert differences(before, after) == ["seed: 7 -> 8", "grounding.users: None -> 3"]
    assert before.digest() != after.digest()


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8)))
def test_a_mapping_of_anything_is_a_config_error(content: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"hypothesis: [0-9]+ wrong"):
        validate_config(content, "hypothesis")


def test_all_five_stereotypes_are_the_default(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, MINIMAL)).prompting.stereotypes == STEREOTYPES


LOYAL_FAN = Path(__file__).parents[3] / "examples" / "stereotypes" / "loyal_fan.yaml"


def with_stereotype(folder: Path, change: tuple[str, str] = ("", "")) -> Path:
    """A config that names a file of a stereotype beside it."""
    folder.mkdir(exist_ok=True)
    text = LOYAL_FAN.read_text(encoding="utf-8").replace(*change)
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return write(folder, MINIMAL | {"prompting": {"stereotype_files": ["mine.yaml"]}})


def test_a_stereotype_of_ones_own_becomes_part_of_the_config(tmp_path: Path) -> None:
    path = with_stereotype(tmp_path)
    config = load_config(path)
    assert config.prompting.stereotypes == (*STEREOTYPES, "loyal_fan")
    assert [own.display_name for own in config.prompting.own_stereotypes] == ["Loyal Fan"]
    (tmp_path / "mine.yaml").unlink()
    resolved = tmp_path / "run.yaml"
    resolved.write_text(dump_config(config), encoding="utf-8")
    assert load_config(resolved) == config
    assert load_config(resolved).digest() == config.digest()


def test_a_run_is_identified_by_what_a_stereotype_says_and_not_by_where_its_file_is(
    tmp_path: Path,
) -> None:
    def digest(folder: str, change: tuple[str, str] = ("", "")) -> str:
        config = load_config(with_stereotype(tmp_path / folder, change))
        source = config.source.model_copy(update={"reviews": Path("r"), "tmdb": Path("t")})
        return config.model_copy(update={"source": source}).digest()

    assert digest("one") == digest("two")
    assert digest("one") != digest("three", ("people and series", "series and people"))


def test_read_config_takes_the_stereotype_along_for_a_cluster(tmp_path: Path) -> None:
    config = read_config(with_stereotype(tmp_path))
    sent = config.model_dump(mode="json")
    assert validate_config(sent, "request body") == config
    assert config.source.reviews == Path("reviews.jsonl")


def test_files_in_a_request_to_a_cluster_are_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"put what they hold into prompting\.own_stereotypes"):
        validate_config(
            MINIMAL | {"prompting": {"stereotype_files": ["mine.yaml"]}}, "request body"
        )


def test_only_named_stereotypes_are_drawn(tmp_path: Path) -> None:
    path = with_stereotype(tmp_path)
    config = load_config(path, ["prompting.stereotypes=[curious_newcomer, loyal_fan]"])
    assert config.prompting.stereotypes == ("curious_newcomer", "loyal_fan")
    with pytest.raises(ConfigError, match=r"unknown tourist; allowed: curious_newcomer.*loyal_fan"):
        load_config(path, ["prompting.stereotypes=[tourist]"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("name: loyal_fan", "name: guided_explorer"), "two stereotypes guided_explorer: rename"),
        (("opening:", "oppening:"), "mine.yaml: 2 wrong"),
        (("clarity: vague", "clarity: [vague]"), "clarity: ['vague'] is not allowed"),
        (("features:", "features"), "mine.yaml: is not valid YAML"),
    ],
)
def test_a_wrong_stereotype_is_explained(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(with_stereotype(tmp_path, change))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ("[none.yaml]", "none.yaml: there is no such file"),
        ("mine.yaml", "write a list of paths"),
        ("[1]", "write a list of paths"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, files: str, complaint: str) -> None:
    assert complaint in wrong(tmp_path, f"prompting.stereotype_files={files}")


def test_a_wrong_key_of_a_stereotype_in_the_config_is_located(tmp_path: Path) -> None:
    own = yaml.safe_load(LOYAL_FAN.read_text(encoding="utf-8"))
    own["features"]["histroy"] = own["features"].pop("history")
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, MINIMAL | {"prompting": {"own_stereotypes": [own]}}))
    assert "prompting.own_stereotypes.0.features.histroy: unknown key" in str(caught.value)
    assert "did you mean history?" in str(caught.value)
