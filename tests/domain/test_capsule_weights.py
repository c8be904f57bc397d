"""Capsules one by one: net limits, the mean and its limits, RSD by squares, what pooling hides, what weight cannot prove."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.capsule_weights import (
    CapsuleLimits,
    CapsuleStatistics,
    capsule_statistics,
    mean_shell,
    pooled_text,
    what_weight_cannot_prove,
)
from pharmacy.domain.errors import ChecksDisagree, Impossible
from pharmacy.domain.quantity import Mass
from pharmacy.domain.second_check.quality import statistics_again, verdicts_again
from pharmacy.domain.weight_steps import weight_steps
from tests.domain.builders import mg

LIMITS = CapsuleLimits()
SHELL, TARGET = mg("50"), mg("100")
TEN = [mg(one) for one in ("147.2", "151.5", "145.8", "149.0", "153.1", "148.4", "146.7", "150.9", "144.9", "152.5")]
weights = st.integers(1000, 3000).map(lambda tenth: mg("0.1").times(tenth))
samples = st.lists(weights, min_size=2, max_size=20)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_limits_are_on_net_and_not_on_gross() -> None:
    target, shell = mg("130.9"), mg("48")
    found = capsule_statistics([mg("165.81"), mg("165.80"), mg("191.99"), mg("192.00"), mg("196.7")], shell, target)
    assert [one.within for one in found.each] == [True, False, True, False, False]
    assert found.outside == 3
    assert found.count == 5


def test_the_limits_themselves_are_inside() -> None:
    found = capsule_statistics([mg("140"), mg("160"), mg("139.9"), mg("160.1")], SHELL, TARGET)
    assert [one.within for one in found.each] == [True, True, False, False]
    narrow = capsule_statistics([mg("145"), mg("155"), mg("144.9")], SHELL, TARGET, 5)
    assert [one.within for one in narrow.each] == [True, True, False]


def test_mean_and_spread_of_ten() -> None:
    found = capsule_statistics(TEN, SHELL, TARGET)
    assert (found.mean_gross, found.mean_net, found.mean_percent) == (mg("149"), mg("99"), 99)
    assert (found.sd, found.rsd) == (Decimal("2.884056"), Decimal("2.913188"))
    assert plain(found.expected_outside) == "about 0.1 %"
    assert plain(found.second_way) == "10 capsules, 1,490 mg in all, less 10 shells of 50 mg, leave 990 mg of powder."
    assert (found.each[0].net, found.each[0].percent) == (mg("97.2"), Fraction("97.2"))
    assert found.faults(LIMITS) == ()


def test_a_record_from_before_there_was_an_expected_share_still_reads() -> None:
    stored = capsule_statistics(TEN, SHELL, TARGET).to_json()
    del stored["expected_outside"], stored["second_way"]
    assert CapsuleStatistics.from_json(stored).expected_outside == ""


@pytest.mark.parametrize(
    ("net", "inside"), [("95", True), ("94.9", False), ("105", True), ("105.1", False), ("100", True)]
)
def test_the_mean_has_limits_of_its_own(net: str, inside: bool) -> None:
    found = capsule_statistics([mg(net) + SHELL] * 3, SHELL, TARGET)
    assert found.outside == 0
    assert found.mean_within(LIMITS) is inside
    verdicts_again(found, TARGET, LIMITS)
    fault = f"the mean net mass, {net} %, is outside 95 to 105 %"
    assert [plain(one) for one in found.faults(LIMITS)] == ([] if inside else [fault])


def test_the_rsd_is_judged_by_squares() -> None:
    # net 95 and 105: s = √50, mean 100; RSD = √50 % = 7.0710678…
    found = capsule_statistics([mg("145"), mg("155")], SHELL, TARGET)
    assert found.rsd_squared == 50
    wide, narrow = replace(LIMITS, rsd=Decimal("7.08")), replace(LIMITS, rsd=Decimal("7.07"))
    assert found.rsd_within(wide)
    assert not found.rsd_within(narrow)
    assert plain(found.rsd_text(narrow)) == "7.1 %"
    assert plain(found.rsd_text(wide)) == "7.07 %"  # 7.1 would lie across the limit
    assert [plain(one) for one in found.faults(narrow)] == ["the RSD, 7.1 %, is above 7.07 %"]
    for limits in (wide, narrow):
        verdicts_again(found, TARGET, limits)


def test_an_rsd_of_exactly_the_limit_is_inside() -> None:
    found = capsule_statistics([mg("147"), mg("150"), mg("153")], SHELL, TARGET)
    assert found.rsd == 3
    assert found.rsd_within(replace(LIMITS, rsd=Decimal(3)))
    assert not found.rsd_within(replace(LIMITS, rsd=Decimal("2.999999999")))


@pytest.mark.parametrize("field", ["each", "mean", "rsd"])
@pytest.mark.parametrize("value", ["0", "-1", "100"])
def test_a_limit_is_above_nothing_and_below_all(field: str, value: str) -> None:
    with pytest.raises(Impossible, match="above 0 % and below 100 %") as refused:
        CapsuleLimits(**{field: Decimal(value)})
    assert refused.value.field == field
    CapsuleLimits(**{field: Decimal("99.9")})
    assert plain(LIMITS.each_text()) == "90 to 110 %"


def test_ten_weighed_together_would_hide_what_ten_alone_show() -> None:
    found = capsule_statistics([mg("148"), mg("208")] * 5, mg("48"), mg("130"))
    assert found.mean_percent == 100
    assert found.outside == 10
    assert found.rsd > 20
    assert plain(pooled_text(found)) == (
        "Weighed together, these 10 capsules would show only their mean, 100 % of the target, and would pass; yet "
        "10 single capsules are outside 90 to 110 % (they run from 76.9 % to 123.1 %). A mean says nothing about one "
        "capsule."
    )
    one = capsule_statistics([mg("150")] * 9 + [mg("165")], SHELL, TARGET)
    assert "yet 1 single capsule is outside" in plain(pooled_text(one))


def test_what_pooling_hides_is_said_of_a_good_and_of_a_bad_lot() -> None:
    assert plain(pooled_text(capsule_statistics(TEN, SHELL, TARGET))) == (
        "Weighed together, these 10 capsules would show only their mean, 99 % of the target; that singly they run from "
        "94.9 % to 103.1 % would stay hidden."
    )
    low = capsule_statistics([mg("130"), mg("150")], SHELL, TARGET)
    assert plain(pooled_text(low)).endswith(
        "mean, 90 % of the target; how many single capsules are outside (1 here) would stay hidden."
    )
    alike = capsule_statistics([mg("149.9")] * 3, SHELL, TARGET)
    assert plain(pooled_text(alike)).endswith("only their mean, 99.9 % of the target; singly each is the same.")


def test_the_ends_of_a_sample_are_never_rounded_onto_the_limits() -> None:
    found = capsule_statistics([mg("139.99"), mg("160.01")], SHELL, TARGET)
    assert "(they run from 89.99 % to 110.01 %)" in plain(pooled_text(found))


@pytest.mark.parametrize(
    ("gross", "shell", "target", "limit", "field", "said"),
    [
        (["178"], "48", "130", 10, "gross", "at least 2 capsules"),
        (["178", "48"], "48", "130", 10, "gross", "Capsule 2 weighs no more"),
        (["178", "178"], "0", "130", 10, "shell", "empty shell must weigh more than 0"),
        (["178", "178"], "48", "0", 10, "target", "target net mass must be above 0"),
        (["178", "178"], "48", "130", 0, "limit", "above 0 % and below 100 %"),
        (["178", "178"], "48", "130", 100, "limit", "above 0 % and below 100 %"),
    ],
)
def test_capsules_that_cannot_be_are_refused_at_their_field(
    gross: list[str], shell: str, target: str, limit: int, field: str, said: str
) -> None:
    with pytest.raises(Impossible, match=said) as refused:
        capsule_statistics([mg(one) for one in gross], mg(shell), mg(target), limit)
    assert refused.value.field == field


def test_the_mean_shell_is_of_shells_as_weighed() -> None:
    assert mean_shell([mg("47"), mg("48"), mg("50")]) == Mass(Fraction(145, 3))
    with pytest.raises(Impossible, match="at least 2 empty shells"):
        mean_shell([mg("48")])
    with pytest.raises(Impossible, match="Empty shell 2 must weigh more") as refused:
        mean_shell([mg("48"), mg("0")])
    assert refused.value.field == "shells"


@given(samples, st.integers(1, 400))
def test_a_heavier_shell_changes_the_mean_and_not_the_spread(gross: list[Mass], shell: int) -> None:
    light, heavy = mg("0.1").times(shell), mg("0.1").times(shell + 100)
    one, two = capsule_statistics(gross, light, mg("130")), capsule_statistics(gross, heavy, mg("130"))
    assert one.sd == two.sd
    assert one.mean_gross == two.mean_gross
    assert one.mean_net - two.mean_net == mg("10")
    assert CapsuleStatistics.from_json(one.to_json()) == one


@given(samples, st.fractions(Fraction(1, 50), 50))
def test_another_unit_changes_no_verdict(gross: list[Mass], factor: Fraction) -> None:
    one = capsule_statistics(gross, SHELL, TARGET)
    two = capsule_statistics([each.times(factor) for each in gross], SHELL.times(factor), TARGET.times(factor))
    assert (one.rsd, one.mean_percent, one.outside) == (two.rsd, two.mean_percent, two.outside)
    assert one.mean_within(LIMITS) == two.mean_within(LIMITS)
    assert one.rsd_within(LIMITS) == two.rsd_within(LIMITS)


@given(samples)
def test_net_and_shell_make_gross_again(gross: list[Mass]) -> None:
    found = capsule_statistics(gross, SHELL, TARGET)
    assert [one.net + SHELL for one in found.each] == gross
    assert found.mean_net.times(found.count) + SHELL.times(found.count) == Mass(sum(one.value for one in gross))  # type: ignore[arg-type]
    verdicts_again(found, TARGET, LIMITS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean_net": mg("99.1")},
        {"mean_gross": mg("149.1")},
        {"mean_percent": Fraction("99.1")},
        {"sd": Decimal("2.736054")},  # of the population, n instead of n − 1
        {"sd": Decimal("2.884058")},
        {"rsd": Decimal("1.935608")},  # of the gross mass
        {"each": ()},
    ],
)
def test_the_second_way_refuses_other_sums(wrong: dict[str, Any]) -> None:
    found = capsule_statistics(TEN, SHELL, TARGET)
    with pytest.raises(ChecksDisagree):
        statistics_again(TEN, SHELL, TARGET, Fraction(10), replace(found, **wrong))


@pytest.mark.parametrize(
    "wrong", [{"gross": mg("147.3")}, {"net": mg("97.3")}, {"percent": Fraction(97)}, {"within": False}]
)
def test_the_second_way_looks_at_each_capsule(wrong: dict[str, Any]) -> None:
    found = capsule_statistics(TEN, SHELL, TARGET)
    first = replace(found.each[0], **wrong)
    with pytest.raises(ChecksDisagree, match="capsule 1"):
        statistics_again(TEN, SHELL, TARGET, Fraction(10), replace(found, each=(first, *found.each[1:])))


def test_the_second_way_refuses_a_verdict_that_is_not_so() -> None:
    found = capsule_statistics(TEN, SHELL, TARGET)
    with pytest.raises(ChecksDisagree, match="mean is inside"):
        verdicts_again(replace(found, mean_percent=Fraction(94)), TARGET, LIMITS)
    forged = replace(found, each=tuple(replace(one, net=TARGET) for one in found.each))
    narrow = replace(LIMITS, rsd=Decimal(2))
    with pytest.raises(ChecksDisagree, match="RSD is inside"):
        verdicts_again(forged, TARGET, narrow)


@pytest.mark.parametrize(
    ("net", "shown"),
    [("104.99", "104.99 %"), ("105.01", "105.01 %"), ("95.01", "95.01 %"), ("94.99", "94.99 %"), ("100", "100 %")],
)
def test_a_mean_is_never_rounded_onto_its_limit(net: str, shown: str) -> None:
    gross = SHELL + mg(net)
    found = capsule_statistics([gross, gross], SHELL, TARGET)
    assert plain(found.mean_percent_text(LIMITS)) == shown


def test_a_limit_of_weights_may_be_below_1_per_cent() -> None:
    assert CapsuleLimits(Decimal("0.5"), Decimal("0.5"), Decimal("0.5")).rsd == Decimal("0.5")


def test_what_weight_cannot_prove_depends_on_how_much_drug_there_is() -> None:
    low = plain(what_weight_cannot_prove(mg("4.5"), mg("130.9347")))
    assert "with 4.5 mg of drug in 130.9 mg (3.4 %), below 25 mg or 25 %, content uniformity needs an assay" in low
    assert "needs an assay" in what_weight_cannot_prove(mg("24.999"), mg("50"))
    assert "needs an assay" in what_weight_cannot_prove(mg("25"), mg("100.001"))
    assert low.startswith("Weight shows how evenly the shells are filled, not that each holds its drug: with 4.5 mg")
    assert "0.5 mg of drug in 0.9 mg (55.6 %)" in plain(what_weight_cannot_prove(mg("0.5"), mg("0.9")))
    high = plain(what_weight_cannot_prove(mg("25"), mg("100")))
    assert "25 mg of drug in 100 mg (25 %) weights may stand for content" in high
    for strength, net in (("0", "1"), ("1", "0")):
        with pytest.raises(Impossible, match="above 0"):
            what_weight_cannot_prove(mg(strength), mg(net))


def test_the_steps_can_be_followed_with_a_pencil() -> None:
    found = capsule_statistics(TEN[:3], SHELL, TARGET)
    shells = [mg("49"), mg("51")]
    shell, net, percent, sd, rsd, each = weight_steps(found, SHELL, TARGET, LIMITS, shells)
    assert plain(shell.numbers) == "(49 + 51 mg) ÷ 2"
    assert plain(net.numbers) == "(147.2 + 151.5 + 145.8 mg) ÷ 3 − 50 mg"
    assert plain(net.text()) == "98.1667 mg"
    assert plain(percent.text()) == "98.2 %"
    assert plain(percent.note).startswith("inside 95 to 105 %. Weighed together")
    assert plain(sd.numbers) == "√(17.6467 mg² ÷ 2)"
    assert plain(sd.text()) == "2.9704 mg"
    assert plain(rsd.numbers) == "2.9704 mg ÷ 98.1667 mg × 100 %"
    assert (plain(rsd.text()), plain(rsd.note)) == ("3 %", "inside: at most 5 %")
    assert plain(each.numbers) == "90 mg to 110 mg net, 140 mg to 160 mg with the shell"
    assert each.text() == "0 of 3"
    assert "expected outside in the lot" in each.note
    many = weight_steps(capsule_statistics(TEN * 2, SHELL, TARGET), SHELL, TARGET, LIMITS)
    assert plain(many[0].numbers) == "2,980 mg (of 20 together) ÷ 20 − 50 mg"
    bad = weight_steps(capsule_statistics([mg("130"), mg("150")], SHELL, TARGET), SHELL, TARGET, LIMITS)
    assert plain(bad[1].note).startswith("OUTSIDE 95 to 105 %")
    assert plain(bad[3].note) == "OUTSIDE: at most 5 %"
    assert bad[4].text() == "1 of 2"
