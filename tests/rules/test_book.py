"""The book as a whole: every row of its files is sound, and a broken file is refused by file, rule and field."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from pharmacy.domain import dose_band
from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.rules.book import DATA, RuleBook, load
from pharmacy.rules.choices import Choice
from pharmacy.rules.errors import RuleBookError
from pharmacy.rules.heading import Rule
from pharmacy.rules.kinds import Always, DailyDose
from pharmacy.rules.vocabulary import Status
from pharmacy.rules.words import tokens

BOOK = load()
TODAY = date(2026, 11, 23)


def copy_with(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """The data folder with one piece of text changed."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    head, about, body = (folder / file).read_text(encoding="utf-8").partition("[about]")
    assert old in about + body
    (folder / file).write_text(head + (about + body).replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.heading.id)
def test_every_rule_reads_as_a_sentence_with_a_source(rule: Rule) -> None:
    heading = rule.heading
    assert heading.message.endswith((".", "}")), "a message is one or more sentences"
    assert heading.clears_when.endswith(".")
    assert not heading.title.endswith(".")
    assert heading.effective <= TODAY
    assert all(warning.text.endswith(".") and warning.symbol for warning in heading.label_warnings)
    assert all(point.endswith(".") for point in heading.counselling)
    for text in (heading.citation.work, heading.citation.place, heading.citation.via):
        assert text.strip()


@pytest.mark.parametrize(
    ("preparation", "days"),
    [
        (BeyondUseClass.NONPRESERVED_AQUEOUS, 14),
        (BeyondUseClass.PRESERVED_AQUEOUS, 35),
        (BeyondUseClass.NONAQUEOUS_LIQUID, 90),
        (BeyondUseClass.NONAQUEOUS, 180),
    ],
)
def test_each_class_has_the_limit_of_the_table_and_cites_it(
    preparation: BeyondUseClass, days: int, book: RuleBook
) -> None:
    limit = book.beyond_use_limit(preparation, TODAY)
    assert limit.days == days
    assert limit.citation.work == "USP <795> (2023)"
    assert limit.storage
    assert book.beyond_use_limit(preparation.value, TODAY) is limit


def test_what_a_worksheet_says_of_a_daily_dose_has_the_bounds_of_the_rules(book: RuleBook) -> None:
    rules = {one.heading.id: one for one in book.rules if isinstance(one, DailyDose)}
    assert rules["dose.below-band"].below == dose_band.LEAST
    assert rules["dose.above-band"].above == dose_band.MOST
    assert rules["dose.ten-fold"].at_least == dose_band.TEN_FOLD
    assert rules["dose.not-low-dose"].at_least == dose_band.OTHER_THERAPY


def test_a_limit_does_not_hold_before_its_day(book: RuleBook) -> None:
    with pytest.raises(LookupError, match="No beyond-use limit"):
        book.beyond_use_limit(BeyondUseClass.NONAQUEOUS, date(2023, 10, 31))
    with pytest.raises(LookupError):
        book.beyond_use_limit("sterile", TODAY)


def test_a_component_without_a_stated_expiry_is_used_one_year_from_its_receipt(book: RuleBook) -> None:
    rule = book.no_stated_expiry(TODAY)
    assert (rule.id, rule.years, rule.checked_on) == ("expiry.not-stated", 1, None)
    assert rule.citation.via.startswith("from general knowledge")
    assert rule.last_day(date(2026, 3, 2)) == date(2027, 3, 2)
    assert rule.last_day(date(2028, 2, 29)) == date(2029, 2, 28)
    with pytest.raises(LookupError, match="without an expiry"):
        book.no_stated_expiry(date(2023, 10, 31))


def test_the_rule_of_a_component_without_expiry_must_be_there_and_in_years(tmp_path: Path) -> None:
    broken = copy_with(tmp_path, "beyond_use.toml", '{ value = 1, unit = "year" }', '{ value = 1, unit = "day" }')
    with pytest.raises(RuleBookError, match="the unit must be year"):
        load(broken)


@pytest.mark.parametrize("choice", BOOK.choices.conditions, ids=lambda choice: choice.code)
def test_every_condition_is_found_by_each_of_its_names(choice: Choice) -> None:
    for name in (choice.code, choice.words, *choice.also):
        assert BOOK.choices.condition("other", name) == choice


@pytest.mark.parametrize("choice", BOOK.choices.sensitivities, ids=lambda choice: choice.code)
def test_every_sensitivity_is_found_by_each_of_its_names_and_in_its_components(choice: Choice) -> None:
    for name in (choice.code, choice.words, *choice.also):
        assert BOOK.choices.sensitivity("other", name) == choice
    for name in choice.found_as:
        assert choice.is_in(f"{name} of some grade")
    assert not choice.is_in("purified water")


@pytest.mark.parametrize("choice", BOOK.choices.purposes, ids=lambda choice: choice.code)
def test_every_purpose_has_words(choice: Choice) -> None:
    assert BOOK.choices.purpose(choice.code) == choice
    assert choice.words


def test_the_purposes_are_those_of_the_founding_article(book: RuleBook) -> None:
    assert {choice.code for choice in book.choices.purposes} == {
        "fibromyalgia", "multiple-sclerosis", "crohns-disease", "rheumatoid-arthritis", "lupus", "long-covid", "depression", "cancer-fatigue", "chronic-pain",
    }  # fmt: skip


def test_the_statement_of_every_label_is_the_one_that_the_law_and_the_article_ask_for(book: RuleBook) -> None:
    assert book.statement == "Compounded preparation. Not FDA-approved. Off-label use. Rx only"
    assert any(isinstance(rule, Always) and rule.statement for rule in book.rules)


def test_no_opioid_name_stands_among_the_words_that_need_no_explanation(book: RuleBook) -> None:
    words = book.vocabulary._words
    for phrase in book.vocabulary._lexicon.flag:
        assert not set(phrase) <= words.noise
        assert phrase not in words.phrases
    assert not words.noise & words.never_noise
    assert not any(words.looks_like_opioid(word) for word in words.noise)


def test_short_words_among_the_noise_are_units_forms_routes_release_words_or_salts(book: RuleBook) -> None:
    assert {word for word in book.vocabulary._words.noise if len(word) <= 2} == {
        "mg", "ug", "g", "gm", "ml", "l", "iu", "ng", "po", "sl", "iv", "im", "sc", "er", "xr", "sr", "cr", "la", "xl", "ir", "dr", "ec", "hr",
    }  # fmt: skip


def test_every_ingredient_has_a_code_that_resolves_to_itself(book: RuleBook) -> None:
    for code, name in book.vocabulary.ingredients().items():
        assert book.vocabulary.resolve([code]).ingredients == (code,)
        assert tokens(name)
        assert book.vocabulary.names([code]) == name


def test_the_digest_is_the_same_for_the_same_content_and_another_for_one_changed_word(
    tmp_path: Path, book: RuleBook
) -> None:
    commented = copy_with(tmp_path / "a", "daily_dose.toml", "[[rule]]", "# Another comment\n[[rule]]")
    assert load(commented).digest == book.digest
    changed = load(copy_with(tmp_path / "b", "daily_dose.toml", "Give the reason for going above it", "Say why"))
    assert changed.digest != book.digest
    assert changed.vocabulary.version == book.vocabulary.version
    other = load(copy_with(tmp_path / "c", "opioids.toml", '"Palexia"', '"Palexia", "Yantil"'))
    assert other.vocabulary.version != book.vocabulary.version


def test_a_rule_that_takes_effect_later_waits_for_its_day(tmp_path: Path) -> None:
    folder = copy_with(
        tmp_path,
        "label_rules.toml",
        'clears_when = "Nothing to decide."\neffective = 2024-01-01',
        'clears_when = "Nothing to decide."\neffective = 2030-01-01',
    )
    assert load(folder).rules


def test_a_rule_that_somebody_checked_says_so(tmp_path: Path) -> None:
    folder = copy_with(
        tmp_path, "daily_dose.toml", "effective = 2024-01-01", "effective = 2024-01-01\nchecked_on = 2026-11-22"
    )
    assert next(rule for rule in load(folder).rules).heading.checked_on == date(2026, 11, 22)


def test_a_clear_name_one_edit_from_an_opioid_asks_which_is_meant(tmp_path: Path) -> None:
    folder = copy_with(tmp_path, "medicines.toml", "mirtazapine: Remeron", "mirtazapine: Remeron, Avanza")
    seen = load(folder).vocabulary.recognise("avanza 15 mg")
    assert seen.status is Status.NOT_CHECKED
    assert seen.look_alikes == ("Avinza",)
    assert seen.looks_like_opioid
    assert load(folder).vocabulary.resolve(["mirtazapine"], "avanza 15 mg").status is Status.CLEAR


BROKEN = [
    ("daily_dose.toml", 'kind = "daily-dose"', 'kind = "dosage"', "rule dose.not-low-dose", "kind"),
    ("daily_dose.toml", 'unit = "mg"', 'unit = "day"', "rule dose.not-low-dose", "at_least"),
    ("daily_dose.toml", "value = 50", 'value = "50"', "rule dose.not-low-dose", "at_least"),
    ("daily_dose.toml", "value = 4.5", "value = inf", "rule dose.above-band", "above"),
    ("daily_dose.toml", 'level = "BLOCK"', 'level = "HALT"', "rule dose.not-low-dose", "level"),
    ("daily_dose.toml", 'asks = "correction"', 'asks = "reason"', "rule dose.not-low-dose", "asks"),
    ("daily_dose.toml", "{dose} a day is not", "{dosis} a day is not", "rule dose.not-low-dose", "title"),
    ("daily_dose.toml", "from {bound} a day is standard", "from {bound a day is standard", "rule dose.not-low-dose", "message"),
    ("daily_dose.toml", "effective = 2024-01-01", 'effective = "2024-01-01"', "rule dose.not-low-dose", "effective"),
    ("daily_dose.toml", "effective = 2024-01-01", "effective = 2024-01-01\nurgent = true", "rule dose.not-low-dose", "urgent"),
    ("daily_dose.toml", 'id = "dose.ten-fold"', 'id = "dose.not-low-dose"', "rule dose.not-low-dose", "id"),
    ("daily_dose.toml", 'id = "dose.not-low-dose"\n', "", "rule number 1", "id"),
    ("daily_dose.toml", "at_least = { value = 50", "unknown = true\nat_least = { value = 50", "rule dose.not-low-dose", "unknown"),
    ("daily_dose.toml", 'edition = "2026.11"', 'edition = "2026.12"', "about", "edition"),
    ("daily_dose.toml", 'holds = "rules"', 'holds = "rulez"', "about", "holds"),
    ("daily_dose.toml", 'place = "Dosage and administration: 50 mg once daily", ', "", "rule dose.not-low-dose, source", "place"),
    ("opioid_rules.toml", "source = {", "sauce = {", "rule opioid.current", "source"),
    ("opioid_rules.toml", 'classes = ["opioid"]', 'classes = ["opiod"]', "rule opioid.current", "classes"),
    ("opioid_rules.toml", 'uses = ["current", "as needed"]', 'uses = ["sometimes"]', "rule opioid.current", "uses"),
    ("opioid_rules.toml", "unknown = true", 'unknown = true\ninterval = { value = 1, unit = "day" }', "rule opioid.last-dose-unknown", "interval"),
    ("opioid_rules.toml", 'interval = { value = 10, unit = "day" }', 'interval = { value = 10, unit = "hour" }', "rule opioid.washout.short", "interval"),
    ("opioid_rules.toml", 'interval = { value = 10, unit = "day" }', 'interval = { value = 0, unit = "day" }', "rule opioid.washout.short", "interval"),
    ("patient_rules.toml", 'conditions = ["acute-hepatitis", "liver-failure"]', 'conditions = ["acute-hepatitis", "liver-failur"]', "rule liver.acute", "conditions"),
    ("patient_rules.toml", 'substances = ["naltrexone"]', 'substances = ["naltrexon"]', "rule sensitivity.naltrexone", "substances"),
    ("patient_rules.toml", 'against = "components"\nsubstances = []', 'against = "components"\nsubstances = ["gelatin"]', "rule sensitivity.component", "substances"),
    ("patient_rules.toml", 'answers = ["unknown"]', 'answers = ["no"]', "rule pregnancy.unknown", "answers"),
    ("patient_rules.toml", "below_years = 18", "below_years = -1", "rule age.minor", "below_years"),
    ("patient_rules.toml", "below_years = 18\n", "", "rule age.minor", "unknown"),
    ("label_rules.toml", 'counselling = ["Avoid alcohol while taking this medicine."]', 'counselling = "Avoid alcohol."', "rule label.alcohol", "counselling"),
    ("label_rules.toml", 'forms = ["capsule", "liquid"]', "forms = []", "rule statement.off-label", "forms"),
    ("label_rules.toml", 'forms = ["capsule", "liquid"]', 'forms = ["capsule", "capsule"]', "rule statement.off-label", "forms"),
    ("opioid_rules.toml", "unknown = true", 'unknown = "yes"', "rule opioid.last-dose-unknown", "unknown"),
    ("medicine_rules.toml", 'title = "Nobody has', 'title = "" # "Nobody has', "rule history.not-asked", "title"),
    ("choices.toml", "conditions = [", "conditions = {}\nothers = [", "the file", "conditions"),
    ("label_rules.toml", "weight = 90", 'weight = "high"', "rule label.every-patient", "weight"),
    ("label_rules.toml", 'statement = "Compounded', 'note = "Compounded', "rule statement.off-label", "note"),
    ("beyond_use.toml", 'unit = "day"', 'unit = "month"', "rule bud.nonsterile.aqueous.nonpreserved", "limit"),
    ("beyond_use.toml", "value = 35,", "value = 36,", "rule bud.nonsterile.aqueous.preserved", "limit"),
    ("beyond_use.toml", 'preparation = "nonaqueous-liquid"', 'preparation = "liquid"', "rule bud.nonsterile.nonaqueous.liquid", "preparation"),
    ("choices.toml", 'code = "liver-failure"', 'code = "acute-hepatitis"', "conditions acute-hepatitis", "code"),
    ("choices.toml", 'kind = "shell"', 'kind = "capsule"', "sensitivities gelatin", "kind"),
    ("choices.toml", ', found_as = ["mannitol"]', "", "sensitivities mannitol", "found_as"),
    ("words.toml", 'units = ["mg"', 'units = ["dm", "mg"', "the file", "never_noise"),
    ("words.toml", 'hcl = "hydrochloride"', 'cod = "codeine"', "the file", "abbreviations"),
    ("words.toml", "number_traps", "number_trap", "the file", "number_traps"),
    ("opioids.toml", '"Percodan"', '"Lasix"', "opioid oxycodone", "combined"),
    ("medicines.toml", '"lisinopril: Prinivil', '"lisinopril: Lasix, Prinivil', "group", "ingredients"),
    ("medicines.toml", "Zestoretic: lisinopril + hydrochlorothiazide", "Zestoretic: lisinopril + water pill", "group", "products"),
    ("medicines.toml", "Zestoretic: lisinopril + hydrochlorothiazide", "Zestoretic", "group", "products"),
    ("medicines.toml", 'classes = ["thioridazine"]', 'classes = ["thioridazin"]', "group", "classes"),
    ("medicines.toml", "[about.source]\n", "[about.sauce]\n", "about", "source"),
    ("medicines.toml", 'acamprosate = "acamprosate"', 'acamprosate = "acamprosate"\nspare = "spare"', "all rules", "classes and conditions"),
    ("opioids.toml", 'duration = "long"', 'duration = "forever"', "opioid opioid, composition to be confirmed", "duration"),
    ("opioids.toml", '"droperidol" =', '"droperidon" =', "opioid fentanyl", "combined"),
    ("opioids.toml", 'brands = ["Stadol"]', 'brand = ["Stadol"]', "opioid butorphanol", "brand"),
    ("opioids.toml", '"Stadol"', '"Ibuprofen"', "opioid butorphanol", "brands"),
    ("opioids.toml", 'name = "butorphanol"', 'name = "fentanyl"', "opioid fentanyl", "name"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "rule", "field"), BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_file_is_refused_naming_file_rule_and_field(
    tmp_path: Path, file: str, old: str, new: str, rule: str, field: str
) -> None:
    with pytest.raises(RuleBookError) as refused:
        load(copy_with(tmp_path, file, old, new))
    wrong = refused.value
    assert wrong.file in {file, "the folder"} or field == "edition"
    assert wrong.rule.startswith(rule) or (rule == "the file" and wrong.file == file)
    assert wrong.field == field
    assert wrong.file in str(wrong)
    assert wrong.field in str(wrong)


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RuleBookError, match=r"choices\.toml.*not readable"):
        load(copy_with(tmp_path, "choices.toml", "[choices]", "[choices"))


@pytest.mark.parametrize("file", ["words.toml", "opioids.toml", "medicines.toml", "choices.toml", "beyond_use.toml"])
def test_a_missing_file_is_refused(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / file).unlink()
    with pytest.raises(RuleBookError):
        load(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleBookError, match="no rule file"):
        load(tmp_path)


def test_each_file_tells_at_its_head_who_may_edit_it_and_what_its_fields_mean() -> None:
    for path in DATA.glob("*.toml"):
        head = path.read_text(encoding="utf-8").partition("[about]")[0]
        assert "Who may edit" in head, path.name
        assert "Field" in head, path.name


def test_the_book_is_read_once() -> None:
    assert load() is load()
