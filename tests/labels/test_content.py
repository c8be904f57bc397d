import json
from dataclasses import replace
from datetime import date

import pytest

from labels import AuxiliaryLabel, LabelContent
from labels.content import NEVER_BLANK, day, printed


def test_a_label_comes_back_from_its_record_as_it_was(liquid: LabelContent) -> None:
    frozen = json.dumps(liquid.to_json(), ensure_ascii=False, sort_keys=True)
    assert LabelContent.from_json(json.loads(frozen)) == liquid
    assert list(liquid.to_json()) == list(LabelContent.from_json(json.loads(frozen)).to_json())


@pytest.mark.parametrize("change", [{"extra": 1}, {"patient": None}])
def test_a_record_with_other_fields_is_refused(change: dict[str, object], capsule: LabelContent) -> None:
    plain = capsule.to_json()
    plain.update(change)
    if plain["patient"] is None:
        del plain["patient"]
    with pytest.raises(ValueError, match="other fields than expected"):
        LabelContent.from_json(plain)


@pytest.mark.parametrize("name", NEVER_BLANK)
def test_what_every_label_must_say_cannot_be_blank(name: str, capsule: LabelContent) -> None:
    with pytest.raises(ValueError, match=name.replace("_", " ")):
        replace(capsule, **{name: " \u00a0\n"})


@pytest.mark.parametrize(("container", "containers"), [(0, 1), (2, 1), (1, 0)])
def test_an_impossible_container_is_refused(container: int, containers: int, capsule: LabelContent) -> None:
    with pytest.raises(ValueError, match=f"no container {container} of {containers}"):
        replace(capsule, container=container, containers=containers)


def test_a_warning_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="without words"):
        AuxiliaryLabel("  ", "cold")


def test_warnings_of_one_weight_keep_their_order(capsule: LabelContent) -> None:
    first, second, third = (AuxiliaryLabel(text, None, weight) for text, weight in (("a", 1), ("b", 1), ("c", 2)))
    assert replace(capsule, warnings=(first, second, third)).warnings_by_weight() == (third, first, second)


def test_a_date_cannot_be_misread() -> None:
    assert day(date(2026, 3, 4)) == "04 MAR 2026"
    assert day(date(2026, 12, 31)) == "31 DEC 2026"


def test_accents_are_composed_and_spaces_tidied_as_they_are_printed() -> None:
    assert printed(" Zo\u0065\u0301 \r\n Fern ") == "Zoé Fern"
    assert printed("1.5\u202fmg") == "1.5\u00a0mg"
    assert printed(None) == ""
