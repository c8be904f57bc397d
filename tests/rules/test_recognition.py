"""What a typed medicine name means: every row of the vocabulary, and the traps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.rules.book import RuleBook, load
from pharmacy.rules.lexicon import Entry
from pharmacy.rules.vocabulary import Recognition, Status

VOCABULARY = load().vocabulary
FLAGS = sorted(VOCABULARY._lexicon.flag.values(), key=lambda entry: entry.name)
CLEARS = sorted(VOCABULARY._lexicon.clear.values(), key=lambda entry: entry.name)
TRAILING = ("", " 5-325 mg tablets", " IR 5mg", " 10 mg/5 mL oral solution", ", as needed", " xyzzy")


def recognise(text: str) -> Recognition:
    return VOCABULARY.recognise(text)


@pytest.mark.parametrize("entry", FLAGS, ids=lambda entry: entry.name)
def test_every_opioid_name_is_an_opioid_whatever_stands_behind_it(entry: Entry) -> None:
    for words in TRAILING:
        for text in (entry.name + words, entry.name.upper() + words, "my " + entry.name + words):
            seen = recognise(text)
            assert seen.status is Status.OPIOID, text
            assert entry.ingredients[0] in seen.ingredients, text
            assert seen.classes, text


@pytest.mark.parametrize("entry", CLEARS, ids=lambda entry: entry.name)
def test_every_known_medicine_clears_and_an_unknown_word_beside_it_never_does(entry: Entry) -> None:
    seen = recognise(entry.name)
    assert seen.status is Status.CLEAR, seen
    assert set(entry.ingredients) == set(seen.ingredients)
    beside = recognise(f"{entry.name} xyzzy")
    assert beside.status is Status.NOT_CHECKED
    assert beside.unexplained == ("xyzzy",)
    assert set(entry.ingredients) <= set(beside.ingredients), "what is known is still looked at"


@pytest.mark.parametrize("entry", CLEARS, ids=lambda entry: entry.name)
def test_codeine_added_to_any_known_medicine_makes_it_an_opioid(entry: Entry) -> None:
    assert recognise(f"{entry.name} with codeine").status is Status.OPIOID
    assert recognise(f"{entry.name} #3").status is not Status.CLEAR


def test_the_hand_list_is_long_enough_to_be_of_use() -> None:
    assert len(VOCABULARY.ingredients()) > 500
    assert len(FLAGS) > 250


@pytest.mark.parametrize(
    "text",
    [
        "Fioricet", "Fiorinal", "Soma 350 mg", "Soma Compound", "promethazine 25 mg", "Phenergan syrup", "guaifenesin", "NyQuil",
        "gabapentin 300 mg", "cyclobenzaprine 10mg", "ibuprofen 800 mg tid", "dextromethorphan", "apomorphine", "naloxone",
        "octreotide", "vitamin D3 2,000 IU", "multivitamin", "acetaminophen 500 mg", "prednisone 5 mg daily", "amlodipine",
        "oxybutynin ER 5 mg", "oxymetazoline nasal spray", "oxcarbazepine", "methylphenidate", "methocarbamol", "Lyrica",
        "hydrocortisone cream", "levothyroxine 75 mcg", "ibuprofen 400 mg q6h", "L-thyroxine", "St. John’s wort", "omega-3",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_opioid_clears(text: str) -> None:
    assert recognise(text).status is Status.CLEAR, recognise(text)


@pytest.mark.parametrize(
    "text",
    [
        "Fioricet with codeine", "Fioricet w/ codeine #30", "Soma Compound w/Codeine", "promethazine VC w/ codeine", "Cheratussin AC",
        "Tylenol #3", "Tylenol no. 3", "TYLENOL № 4", "co-codamol 30/500", "oxy\u200bcodone", "Ｏｘｙcodone", "hydrocodone-apap 5/325",
        "tramadol HCl 50 mg PO", "7-OH tablets", "poppy-seed tea", "OXYCODONE5MG", "oxycodone5mg", "Percocet(R)", "Suboxone® film",
    ],
)  # fmt: skip
def test_an_opioid_is_found_however_it_is_written(text: str) -> None:
    assert recognise(text).status is Status.OPIOID, recognise(text)


@pytest.mark.parametrize(
    ("text", "unexplained"),
    [
        ("Tylenol 3", "3"), ("Tylenol 3 tablets", "3"), ("Fiorinal 3", "3"), ("acetaminophen 300-30 mg", "30"), ("Fioricet 50-300-40-30", "30"),
        ("promethazine 6.25-10 mg/5 mL syrup", "10"), ("guaifenesin AC", "ac"), ("ibuprofen #3", "#3"), ("Tylenol PM forte", "forte"),
        ("T3", "t3"), ("MS", "ms"), ("cod", "cod"), ("cough syrup", "cough"), ("Sereniva calm syrup", "sereniva"), ("оксикодон", "оксикодон"),
        ("丸剤", "丸剤"), ("Fioricet without headache", "without"), ("NyQuil plus", "plus"), ("acetaminophen III", "iii"), ("aspirin three", "three"),
    ],
)  # fmt: skip
def test_what_is_not_wholly_known_is_not_checked_and_names_the_word(text: str, unexplained: str) -> None:
    seen = recognise(text)
    assert seen.status is Status.NOT_CHECKED
    assert unexplained in seen.unexplained


@pytest.mark.parametrize("text", ["", "   ", "!!!", "5 mg", "tablet", "once daily", "#"])
def test_a_text_without_a_substance_is_not_checked(text: str) -> None:
    assert recognise(text).status is Status.NOT_CHECKED


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("avanza", "Avinza"),
        ("endoxan", "Endodan"),
        ("ultrax", "Ultram"),
        ("oxycodne", "oxycodone"),
        ("hydrocodon", "hydrocodone"),
    ],
)
def test_a_word_one_edit_from_an_opioid_asks_for_it_first(typed: str, meant: str) -> None:
    seen = recognise(typed)
    assert seen.status is Status.NOT_CHECKED
    assert seen.looks_like_opioid
    assert meant == seen.suggestions[0]
    assert len(seen.suggestions) <= 5


def test_a_clear_name_one_edit_from_an_opioid_name_is_asked_about() -> None:
    near = [name for name in ("Avanza", "Endoxan") if recognise(name).status is Status.CLEAR]
    assert near == []
    for entry in CLEARS:
        assert recognise(entry.name).look_alikes == (), (
            "a clear name that is nearly an opioid's has no place in the hand list"
        )


@pytest.mark.parametrize(
    "entry", [entry for entry in FLAGS if len(entry.name) > 5 and entry.name.isalpha()], ids=lambda entry: entry.name
)
def test_an_opioid_with_one_letter_missing_never_clears(entry: Entry) -> None:
    for place in range(len(entry.name)):
        typed = entry.name[:place] + entry.name[place + 1 :]
        assert recognise(typed).status is not Status.CLEAR, typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("naltrexone 50 mg", "naltrexone-standard"), ("ReVia", "naltrexone-standard"), ("Contrave", "naltrexone-standard"), ("naltrexone 8 mg / bupropion 90 mg", "naltrexone-standard"),
        ("low dose naltrexone 50 mg", "naltrexone-standard"), ("naltrexone 0.05 g", "naltrexone-standard"), ("naltrexone 10 mg", "naltrexone-standard"), ("Embeda", "naltrexone-standard"),
        ("Vivitrol", "naltrexone-depot"), ("naltrexone 380 mg injection", "naltrexone-depot"), ("LDN", "naltrexone-low"), ("naltrexone 3 mg", "naltrexone-low"), ("LDN 4.5 mg capsules", "naltrexone-low"),
        ("naltrexone 500 mcg", "naltrexone-low"), ("naltrexone", "naltrexone-dose-unknown"), ("naltrexone tablets", "naltrexone-dose-unknown"), ("Lybalvi", "samidorphan"),
        ("oxycodone 5 mg", "opioid-short"), ("OxyContin", "opioid-long"), ("oxycodone ER 10 mg", "opioid-long"), ("fentanyl patch", "opioid-long"), ("tramadol ER", "opioid-long"), ("methadone", "opioid-long"),
        ("Suboxone film", "opioid-long"), ("Sublocade", "opioid-depot"), ("buprenorphine monthly injection", "opioid-depot"), ("oxycodone and methadone", "opioid-long"), ("Xartemis XR", "opioid-long"),
    ],
)  # fmt: skip
def test_strength_and_release_words_decide_the_class(text: str, expected: str) -> None:
    among = {name for name in recognise(text).classes if name.startswith(("naltrexone-", "opioid-", "samidorphan"))}
    assert expected in among
    assert len([name for name in among if name.startswith(expected.partition("-")[0])]) == 1


def test_a_person_may_say_what_is_in_an_unknown_product() -> None:
    seen = VOCABULARY.resolve(["ibuprofen", "caffeine"], "Sereniva calm syrup")
    assert seen.status is Status.CLEAR
    assert seen.ingredients == ("ibuprofen", "caffeine")
    assert not seen.open


def test_naming_an_opioid_as_the_ingredient_makes_it_one_and_its_release_words_count() -> None:
    seen = VOCABULARY.resolve(["morphine"], "Sereniva SR 30 mg")
    assert seen.status is Status.OPIOID
    assert "opioid-long" in seen.classes


def test_naming_ingredients_never_takes_an_opioid_out_of_the_text() -> None:
    assert VOCABULARY.resolve(["ibuprofen"], "Percocet xyzzy").status is Status.OPIOID


def test_an_ingredient_code_that_is_no_longer_known_leaves_the_name_not_checked() -> None:
    assert VOCABULARY.resolve(["no-such-thing"], "Sereniva").open
    assert VOCABULARY.resolve(["ibuprofen", "no-such-thing"], "Sereniva").open
    assert VOCABULARY.resolve([], "Sereniva").open


def test_the_recognition_names_the_version_that_made_it(book: RuleBook) -> None:
    assert recognise("aspirin").vocabulary == book.vocabulary.version
    assert book.vocabulary.version.startswith(book.edition + "-")


def test_a_recognition_survives_the_record() -> None:
    for text in ("Percocet 5-325", "Tylenol 3", "aspirin"):
        assert Recognition.from_json(recognise(text).to_json()) == recognise(text)


@given(st.text(max_size=80))
def test_recognising_never_raises_and_clears_only_with_an_ingredient(text: str) -> None:
    seen = recognise(text)
    assert (seen.status is Status.CLEAR) <= (bool(seen.ingredients) and not seen.unexplained)


@given(
    st.sampled_from(FLAGS), st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=30)
)
def test_nothing_typed_after_an_opioid_makes_it_go_away(entry: Entry, words: str) -> None:
    assert recognise(f"{entry.name} | {words}").status is Status.OPIOID
