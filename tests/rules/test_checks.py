"""Every rule fires on its facts and is silent without them; the levels, dates and words are what the sources say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form, Strength
from pharmacy.rules.book import RuleBook, load
from pharmacy.rules.checks import check, medicine_fact
from pharmacy.rules.facts import (
    ActivePrescription,
    Answer,
    ComponentFact,
    ConditionFact,
    Facts,
    MedicineFact,
    PreviousLiquid,
    SensitivityFact,
    Use,
)
from pharmacy.rules.findings import Finding, Level, Needs, counselling, label_warnings

BOOK = load()
TODAY = date(2026, 11, 23)
Make = Callable[..., Any]


def takes(text: str, use: Use = Use.CURRENT, **more: Any) -> dict[str, Any]:
    return {"medicines": (medicine_fact(BOOK.vocabulary, text, use, **more),)}


def stopped(text: str, days_ago: int | None) -> dict[str, Any]:
    return takes(text, Use.STOPPED, last_dose=None if days_ago is None else TODAY - timedelta(days=days_ago))


def ill(code: str, words: str = "", **more: Any) -> dict[str, Any]:
    return {"conditions": (ConditionFact(code, words),), **more}


def dose(*doses: str) -> dict[str, Any]:
    return {"doses": doses}


def bears_not(substance: str, words: str = "", **more: Any) -> dict[str, Any]:
    return {"sensitivities": (SensitivityFact(substance, words),), **more}


LIQUID = {"strength": Strength(Mass.of("1", "mg").value, Form.LIQUID)}


def before(concentration: str, daily: str = "4.5") -> PreviousLiquid:
    """The liquid that the patient had before."""
    strength = Strength(Mass.of(concentration, "mg").value, Form.LIQUID)
    return PreviousLiquid("100230-00", strength, Mass.of(daily, "mg"))


GELATIN = {"components": (ComponentFact("shell-3", "gelatin capsule shell, size 3"),)}

# rule: the facts on which it fires, and facts close by on which it is silent
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "dose.not-low-dose": (dose("50"), dose("49.9")),
    "dose.ten-fold": (dose("1.5", "45"), dose("9.99")),
    "dose.far-above-band": (dose("5.01"), dose("5")),
    "dose.above-band": (dose("4.6"), dose("4.5")),
    "dose.below-band": (dose("0.49", "4.5"), dose("0.5", "4.5")),
    "dose.strength-above-band": (
        {"doses": ("4.5",), "strength": Strength(Mass.of("9", "mg").value, Form.CAPSULE)},
        {"doses": ("9",), "strength": Strength(Mass.of("9", "mg").value, Form.CAPSULE)},
    ),
    "dose.unknown": (dose(), dose("4.5")),
    "opioid.current": (takes("oxycodone IR 5 mg"), stopped("oxycodone IR 5 mg", 400)),
    "opioid.last-dose-unknown": (stopped("tramadol", None), stopped("tramadol", 5)),
    "opioid.washout.short": (stopped("oxycodone IR", 9), stopped("oxycodone IR", 10)),
    "opioid.washout.long": (stopped("methadone", 13), stopped("methadone", 14)),
    "opioid.washout.depot": (stopped("Sublocade", 300), stopped("Suboxone", 300)),
    "opioid.marker.pamora": (takes("Relistor"), stopped("Relistor", 1)),
    "opioid.antidiarrheal.prescription": (takes("Lomotil"), stopped("Lomotil", 1)),
    "opioid.antidiarrheal.loperamide": (takes("Imodium A-D", Use.AS_NEEDED), takes("Pepto-Bismol")),
    "opioid.kappa": (takes("Korsuva"), takes("Zyrtec")),
    "opioid.marker.naloxone": (takes("Narcan nasal spray"), takes("Nasonex")),
    "opioid.marker.lofexidine": (takes("Lucemyra"), takes("clonidine")),
    "antagonist.standard-dose": (takes("naltrexone 50 mg"), takes("naltrexone 3 mg")),
    "antagonist.dose-unknown": (takes("naltrexone"), takes("naltrexone 3 mg")),
    "antagonist.depot-recent": (stopped("Vivitrol", 29), stopped("Vivitrol", 30)),
    "antagonist.depot-unknown": (stopped("Vivitrol", None), stopped("Vivitrol", 90)),
    "antagonist.nalmefene": (takes("Opvee"), takes("Narcan")),
    "antagonist.low-dose-duplicate": (takes("LDN 3 mg"), stopped("LDN 3 mg", 1)),
    "prescription.duplicate": ({"other_prescriptions": (ActivePrescription("100117", "3 mg capsule"),)}, {}),
    "history.not-asked": ({"history_asked": False}, {}),
    "medicine.not-recognised": (takes("Sereniva calm syrup"), takes("aspirin")),
    "medicine.resolved-by-hand": (takes("Sereniva", found="Package: valerian only"), takes("Sereniva", named=["valerian"])),
    "medicine.thioridazine": (takes("thioridazine 25 mg"), takes("chlorpromazine")),
    "medicine.disulfiram": (takes("Antabuse"), stopped("Antabuse", 3)),
    "medicine.thyroid": (takes("levothyroxine 75 mcg"), takes("methimazole")),
    "medicine.immunosuppressant": (takes("tacrolimus"), takes("ibuprofen")),
    "medicine.hepatotoxic": (takes("methotrexate 10 mg weekly"), takes("folic acid")),
    "medicine.acamprosate": (takes("acamprosate"), stopped("acamprosate", 3)),
    "medicine.dextromethorphan": (takes("Mucinex DM"), takes("Mucinex")),
    "liver.acute": (ill("acute-hepatitis"), ill("active-liver-disease")),
    "liver.severe": (ill("decompensated-cirrhosis"), ill("renal-impairment")),
    "liver.active": (ill("active-liver-disease"), ill("liver-failure")),
    "kidney.severe": (ill("severe-renal-impairment"), ill("renal-impairment")),
    "kidney.impaired": (ill("renal-impairment"), ill("severe-renal-impairment")),
    "opioid.dependence": (ill("opioid-dependence"), ill("alcohol-use")),
    "condition.depression": (ill("depression"), ill("thyroid-disease")),
    "condition.thyroid": (ill("thyroid-disease"), ill("depression")),
    "condition.transplant": (ill("transplant"), ill("depression")),
    "condition.alcohol": (ill("alcohol-use"), ill("depression")),
    "condition.surgery": (ill("planned-surgery"), {"surgery_on": date(2026, 12, 1)}),
    "condition.not-coded": (ill("other", "high blood pressure"), ill("other", "dialysis")),
    "age.minor": ({"born": date(2008, 11, 24)}, {"born": date(2008, 11, 23)}),
    "age.senior": ({"born": date(1961, 11, 23)}, {"born": date(1961, 11, 24)}),
    "age.unknown": ({"born": None}, {"born": TODAY}),
    "pregnancy.yes": ({"pregnancy": Answer.POSSIBLE}, {"pregnancy": Answer.UNKNOWN}),
    "pregnancy.unknown": ({"pregnancy": Answer.UNKNOWN}, {"pregnancy": Answer.DOES_NOT_APPLY}),
    "lactation.yes": ({"lactation": Answer.YES}, {"lactation": Answer.UNKNOWN}),
    "sensitivity.naltrexone": (bears_not("naltrexone"), bears_not("naloxone")),
    "sensitivity.related-antagonist": (bears_not("other", "Narcan"), bears_not("naltrexone")),
    "sensitivity.opioid": (bears_not("other", "codeine"), bears_not("other", "penicillin")),
    "sensitivity.component": (bears_not("gelatin", **GELATIN), bears_not("gelatin")),
    "sensitivity.not-coded": (bears_not("other", "bee venom"), bears_not("other", "penicillin")),
    "statement.off-label": ({}, {"on_date": date(2023, 12, 31)}),
    "label.every-patient": ({}, {"on_date": date(2023, 12, 31)}),
    "label.alcohol": (LIQUID, {"on_date": date(2023, 12, 31)}),
    "label.oral-syringe": (LIQUID, {}),
    "liquid.concentration-changed": ({**LIQUID, "previous_liquid": before("5")}, {**LIQUID, "previous_liquid": before("1")}),
}  # fmt: skip


def fired(book: RuleBook, facts: Facts) -> list[str]:
    return [finding.rule_id for finding in check(book, facts)]


@pytest.mark.parametrize("rule_id", [rule.heading.id for rule in BOOK.rules])
def test_each_rule_fires_on_its_facts_and_is_silent_on_facts_close_by(
    rule_id: str, book: RuleBook, facts: Make
) -> None:
    fires, silent = CASES[rule_id]
    assert rule_id in fired(book, facts(**fires))
    assert rule_id not in fired(book, facts(**silent))


def test_no_case_is_left_of_a_rule_that_is_gone(book: RuleBook) -> None:
    assert set(CASES) == {rule.heading.id for rule in book.rules}


def test_a_healthy_patient_in_the_band_gets_only_what_every_label_carries(book: RuleBook, facts: Make) -> None:
    found = check(book, facts(medicines=takes("ibuprofen 400 mg")["medicines"]))
    assert {finding.rule_id for finding in found} == {"statement.off-label", "label.every-patient", "label.alcohol"}
    assert {finding.level for finding in found} == {Level.NOTE}


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        (takes("morphine"), Level.BLOCK), (takes("Suboxone", Use.AS_NEEDED), Level.BLOCK), (takes("butorphanol"), Level.BLOCK), (takes("kratom"), Level.BLOCK),
        (stopped("oxycodone", None), Level.BLOCK), (takes("Vivitrol"), Level.BLOCK), (takes("Contrave"), Level.BLOCK), (takes("Lybalvi"), Level.BLOCK),
        (dose("10"), Level.BLOCK), (dose("50"), Level.BLOCK), (dose("100"), Level.BLOCK), (ill("acute-hepatitis"), Level.BLOCK), (ill("liver-failure"), Level.BLOCK),
        (stopped("oxycodone", 2), Level.STOP), (stopped("Sublocade", 2), Level.STOP), (takes("Movantik"), Level.STOP), (takes("Lomotil"), Level.STOP), (ill("severe-renal-impairment"), Level.STOP),
        (ill("decompensated-cirrhosis"), Level.STOP), (dose("6"), Level.STOP), ({"pregnancy": Answer.YES}, Level.STOP), (takes("xyzzy"), Level.NOT_CHECKED), ({"history_asked": False}, Level.NOT_CHECKED),
        (takes("levothyroxine"), Level.CAUTION), (dose("0.25"), Level.CAUTION), (dose("5"), Level.CAUTION), (takes("loperamide"), Level.CAUTION), (takes("Narcan"), Level.NOTE),
    ],
)  # fmt: skip
def test_the_most_serious_finding_has_the_level_of_the_policy(
    changes: dict[str, Any], level: Level, book: RuleBook, facts: Make
) -> None:
    assert check(book, facts(**changes))[0].level is level


def test_only_what_the_policy_lists_blocks(book: RuleBook) -> None:
    assert {rule.heading.id for rule in book.rules if rule.heading.level is Level.BLOCK} == {
        "dose.not-low-dose", "dose.ten-fold", "opioid.current", "opioid.last-dose-unknown", "antagonist.standard-dose", "antagonist.dose-unknown", "liver.acute",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "last", "earliest", "days"),
    [
        ("oxycodone IR 5 mg", date(2026, 3, 1), "11 MAR 2026", "10"),
        ("methadone", date(2026, 3, 1), "15 MAR 2026", "14"),
        ("buprenorphine 8 mg SL", date(2026, 3, 1), "15 MAR 2026", "14"),
        ("OxyContin", date(2024, 2, 20), "05 MAR 2024", "14"),
        ("hydrocodone", date(2026, 4, 14), "24 APR 2026", "10"),
    ],
)
def test_a_stopped_opioid_gives_the_earliest_day_of_the_start(
    text: str, last: date, earliest: str, days: str, findings: Make, taking: Make
) -> None:
    found = findings(on_date=last + timedelta(days=3), medicines=(taking(text, Use.STOPPED, last_dose=last),))
    (finding,) = found.values()
    assert finding.level is Level.STOP
    assert finding.fact("earliest_start") == earliest
    assert finding.fact("days") == days
    assert earliest in finding.message
    assert any(earliest in point for point in finding.counselling)


def test_the_wash_out_ends_on_the_earliest_day_itself(findings: Make, taking: Make) -> None:
    medicine = taking("oxycodone", Use.STOPPED, last_dose=date(2026, 3, 1))
    assert "opioid.washout.short" in findings(on_date=date(2026, 3, 10), medicines=(medicine,))
    assert findings(on_date=date(2026, 3, 11), medicines=(medicine,)) == {}


def test_a_last_dose_that_lies_ahead_is_as_good_as_unknown(findings: Make, taking: Make) -> None:
    medicine = taking("oxycodone", Use.STOPPED, last_dose=TODAY + timedelta(days=1))
    assert findings(medicines=(medicine,))["opioid.last-dose-unknown"].level is Level.BLOCK


def test_an_interval_that_ends_after_the_last_day_of_the_calendar_is_still_running(
    findings: Make, taking: Make
) -> None:
    medicine = taking("oxycodone", Use.STOPPED, last_dose=date(9999, 12, 29))
    assert "opioid.washout.short" in findings(on_date=date(9999, 12, 30), medicines=(medicine,))


def test_the_title_names_the_opioid_alone_and_not_what_comes_with_it(findings: Make, taking: Make) -> None:
    assert findings(medicines=(taking("Norco"),))["opioid.current"].title == "Takes Norco: hydrocodone is an opioid"


def test_a_depot_opioid_names_no_day(findings: Make, taking: Make) -> None:
    finding = findings(medicines=(taking("Sublocade", Use.STOPPED, last_dose=date(2026, 1, 5)),))[
        "opioid.washout.depot"
    ]
    assert finding.fact("earliest_start") == ""
    assert finding.needs.contact


def test_a_planned_operation_names_the_day_of_the_last_dose(findings: Make) -> None:
    ahead = findings(**ill("planned-surgery", surgery_on=date(2026, 12, 10)))["condition.surgery"]
    assert ahead.fact("last_dose") == "07 DEC 2026"
    assert "07 DEC 2026" in ahead.message
    past = findings(**ill("planned-surgery", surgery_on=date(2026, 11, 2)))["condition.surgery"]
    assert "opioids were given" in past.message
    assert "Ask for its day" in findings(**ill("planned-surgery"))["condition.surgery"].message


def test_the_dose_of_each_step_is_checked_and_the_worst_is_named(findings: Make) -> None:
    found = findings(doses=("0.25", "4.5", "45"))
    assert found["dose.ten-fold"].title.startswith("45\u00a0mg a day")
    assert found["dose.below-band"].title.startswith("0.25\u00a0mg a day")


def test_forty_five_typed_for_four_and_a_half_is_presumed_a_slip(findings: Make) -> None:
    finding = findings(doses=("45",))["dose.ten-fold"]
    assert "4.5 mg" in finding.message
    assert not finding.needs.decidable


def test_each_medicine_has_a_finding_of_its_own(book: RuleBook, facts: Make, taking: Make) -> None:
    found = check(book, facts(medicines=(taking("Percocet", key="7"), taking("tramadol", key="8"))))
    current = [finding for finding in found if finding.rule_id == "opioid.current"]
    assert [finding.subject for finding in current] == ["7", "8"]
    assert len({finding.key for finding in current}) == 2


def test_a_half_known_name_is_checked_for_what_is_known_and_still_open(findings: Make, taking: Make) -> None:
    found = findings(medicines=(taking("levothyroxine with xyzzy"),))
    assert {"medicine.thyroid", "medicine.not-recognised"} <= set(found)
    assert "xyzzy" in found["medicine.not-recognised"].message


def test_the_hint_of_an_unknown_name_warns_of_an_opioid(findings: Make, taking: Make) -> None:
    message = findings(medicines=(taking("Tylenol 3"),))["medicine.not-recognised"].message
    assert "looks like an opioid" in message
    assert "Tylenol #3" in message


def test_a_person_who_names_an_opioid_as_the_ingredient_gets_the_block(findings: Make, taking: Make) -> None:
    assert set(findings(medicines=(taking("Sereniva", named=["codeine"]),))) == {"opioid.current"}


def test_naming_a_harmless_ingredient_does_not_undo_an_opioid(findings: Make, taking: Make) -> None:
    assert "opioid.current" in findings(medicines=(taking("Percocet", named=["valerian"]),))
    assert "opioid.current" in findings(medicines=(taking("Percocet xyzzy", named=["valerian"]),))


def test_blank_words_resolve_nothing(findings: Make, taking: Make) -> None:
    assert "medicine.not-recognised" in findings(medicines=(taking("Sereniva", found="  "),))


def test_a_gelatin_sensitivity_meets_only_a_gelatin_shell(findings: Make) -> None:
    finding = findings(**bears_not("gelatin", **GELATIN))["sensitivity.component"]
    assert finding.level is Level.STOP
    assert finding.needs == Needs(decidable=True, reason=True, contact=False, signature=True, resolution=False)
    assert "gelatin capsule shell" in finding.title
    assert findings(**bears_not("gelatin")) == {}


def test_a_sensitivity_without_a_chosen_formula_is_not_silent(findings: Make) -> None:
    assert (
        "No formula is chosen yet" in findings(**bears_not("lactose", components=()))["sensitivity.component"].message
    )


def test_a_typed_substance_is_compared_with_the_components_by_its_words(findings: Make) -> None:
    parts = (ComponentFact("flavour", "peppermint oil"),)
    assert set(findings(**bears_not("other", "peppermint", components=parts))) == {"sensitivity.component"}


def test_years_are_full_years_and_29_february_counts_from_1_march(findings: Make) -> None:
    leap = date(2008, 2, 29)
    assert "age.minor" in findings(born=leap, on_date=date(2026, 2, 28))
    assert "age.minor" not in findings(born=leap, on_date=date(2026, 3, 1))


def test_findings_come_most_serious_first_and_always_alike(book: RuleBook, facts: Make, taking: Make) -> None:
    given = facts(
        doses=("0.3", "45"),
        history_asked=False,
        medicines=(taking("levothyroxine"), taking("xyzzy"), taking("Relistor"), taking("Norco")),
    )
    found = check(book, given)
    assert [one.level for one in found] == sorted((one.level for one in found), reverse=True)
    assert check(book, given) == found
    assert Level.BLOCK > Level.STOP > Level.NOT_CHECKED > Level.CAUTION > Level.NOTE


def test_every_finding_cites_its_source_and_says_that_nobody_checked_it(book: RuleBook, facts: Make) -> None:
    for finding in check(book, facts(doses=("45",))):
        assert finding.citation.work
        assert finding.citation.place
        assert finding.citation.via
        assert finding.verified is False


def test_a_finding_survives_the_record_and_keeps_its_fingerprint(book: RuleBook, facts: Make, taking: Make) -> None:
    for finding in check(book, facts(medicines=(taking("oxycodone", Use.STOPPED, last_dose=TODAY),))):
        again = Finding.from_json(finding.to_json())
        assert again == finding
        assert again.fingerprint == finding.fingerprint


def test_another_last_dose_is_the_same_finding_with_another_fingerprint(findings: Make, taking: Make) -> None:
    one, two = (
        findings(medicines=(taking("oxycodone", Use.STOPPED, last_dose=TODAY - timedelta(days=days)),))[
            "opioid.washout.short"
        ]
        for days in (3, 4)
    )
    assert one.key == two.key
    assert one.fingerprint != two.fingerprint


def test_facts_have_a_digest_that_changes_with_them_and_survive_the_record(facts: Make, taking: Make) -> None:
    given = facts(medicines=(taking("aspirin"),))
    assert Facts.from_json(given.to_json()) == given
    assert given.digest == facts(medicines=(taking("aspirin"),)).digest
    assert given.digest != replace(given, history_asked=False).digest


@pytest.mark.parametrize(
    ("level", "needs"),
    [
        ("opioid.current", Needs(decidable=False, reason=False, contact=False, signature=False, resolution=False)),
        ("opioid.washout.short", Needs(decidable=True, reason=True, contact=True, signature=True, resolution=False)),
        (
            "medicine.not-recognised",
            Needs(decidable=False, reason=False, contact=False, signature=False, resolution=True),
        ),
        ("medicine.thyroid", Needs(decidable=True, reason=True, contact=False, signature=False, resolution=False)),
        ("age.senior", Needs(decidable=False, reason=False, contact=False, signature=False, resolution=False)),
    ],
)
def test_a_finding_says_what_the_decision_must_hold(level: str, needs: Needs, findings: Make) -> None:
    assert findings(**CASES[level][0])[level].needs == needs


def test_the_label_warns_of_opioids_first_and_the_liquid_names_its_syringe(book: RuleBook, facts: Make) -> None:
    capsule = label_warnings(check(book, facts()))
    assert [warning.symbol for warning in capsule] == ["no-opioids", "tell", "alcohol", "sleep"]
    liquid = label_warnings(check(book, facts(**LIQUID)))
    assert "Use only the oral syringe supplied." in [warning.text for warning in liquid]


def test_a_changed_concentration_says_both_volumes_and_the_dose_of_the_old_one(findings: Make) -> None:
    five = Strength(Mass.of("5", "mg").value, Form.LIQUID)
    found = findings(strength=five, previous_liquid=before("1"))["liquid.concentration-changed"]
    assert found.level is Level.CAUTION
    message = found.message.replace("\u00a0", " ")
    assert message.startswith("Fill 100230-00 was 1 mg/mL: 4.5 mL a day. This one is 5 mg/mL: 0.9 mL a day. ")
    assert "The old 4.5 mL of it would be 22.5 mg a day, 5 times as much." in message
    assert [warning.symbol for warning in found.label_warnings] == ["syringe"]
    assert (
        found.counselling[0]
        .replace("\u00a0", " ")
        .startswith("The liquid is now 5 mg/mL and was 1 mg/mL before: take 0.9 mL")
    )


@pytest.mark.parametrize("changes", [{}, {"strength": None, "doses": ()}, {"previous_liquid": None, **LIQUID}])
def test_only_a_liquid_after_a_liquid_changes_its_concentration(changes: dict[str, Any], findings: Make) -> None:
    assert "liquid.concentration-changed" not in findings(**{"previous_liquid": before("5"), **changes})


def test_a_changed_concentration_is_told_even_when_the_new_dose_is_not_known(findings: Make) -> None:
    found = findings(**LIQUID, previous_liquid=before("5"), doses=())["liquid.concentration-changed"]
    assert found.fact("new_volume") == "not known"
    assert found.fact("old_as_new").replace("\u00a0", " ") == "0.9 mg"
    assert found.fact("times") == "0.2"


def test_counselling_holds_each_point_once_and_the_blockade(book: RuleBook, facts: Make, taking: Make) -> None:
    points = counselling(check(book, facts(medicines=(taking("Norco"),))))
    assert len(set(points)) == len(points)
    assert any("overcome the blockade" in point for point in points)
    assert any("Vivid dreams" in point for point in points)


def test_nothing_that_is_printed_claims_that_it_works(book: RuleBook) -> None:
    for rule in book.rules:
        for text in (*rule.heading.counselling, *(warning.text for warning in rule.heading.label_warnings)):
            assert not any(word in text.casefold() for word in ("treats", "cures", "heals", "effective")), text


odd_days = st.dates() | st.none()
odd_texts = st.text(max_size=20) | st.sampled_from(
    ["oxycodone", "Vivitrol", "naltrexone 3 mg", "aspirin {x}", "{", "Sublocade"]
)
odd_medicines = st.builds(
    lambda text, use, last, found: medicine_fact(BOOK.vocabulary, text, use, last_dose=last, found=found),
    odd_texts,
    st.sampled_from(Use),
    odd_days,
    st.text(max_size=8),
)
odd_facts = st.builds(
    Facts,
    on_date=st.dates(),
    born=odd_days,
    daily_doses=st.lists(st.builds(Mass, st.fractions(-5, 100_000)), max_size=3).map(tuple),
    strength=st.none() | st.builds(Strength, st.decimals("0.0001", "900", places=4), st.sampled_from(Form)),
    history_asked=st.booleans(),
    medicines=st.lists(odd_medicines, max_size=3).map(tuple),
    conditions=st.lists(st.builds(ConditionFact, odd_texts | st.just("planned-surgery"), odd_texts), max_size=3).map(
        tuple
    ),
    sensitivities=st.lists(st.builds(SensitivityFact, odd_texts | st.just("gelatin"), odd_texts), max_size=3).map(
        tuple
    ),
    components=st.lists(st.builds(ComponentFact, odd_texts, odd_texts), max_size=2).map(tuple),
    pregnancy=st.sampled_from(Answer),
    lactation=st.sampled_from(Answer),
    surgery_on=odd_days,
    other_prescriptions=st.lists(st.builds(ActivePrescription, odd_texts, odd_texts), max_size=2).map(tuple),
)


@given(odd_facts)
def test_a_check_never_raises_whatever_the_facts(facts: Facts) -> None:
    found = check(BOOK, facts)
    assert found == check(BOOK, facts)
    assert all(finding.title and finding.message for finding in found)


@given(st.lists(odd_medicines, min_size=1, max_size=3))
def test_a_medicine_that_is_not_wholly_known_is_never_passed_over(medicines: list[MedicineFact]) -> None:
    facts = Facts(date(2026, 11, 23), None, (), None, history_asked=True, medicines=tuple(medicines))
    spoken_of = {finding.subject for finding in check(BOOK, facts)}
    assert {medicine.subject for medicine in medicines if medicine.recognition.open} <= spoken_of
