"""The rule book: every file of ``data`` read, checked and frozen. What is wrong stops the program and says where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.rules.choices import Choices, read_choices
from pharmacy.rules.errors import RuleBookError
from pharmacy.rules.heading import Rule
from pharmacy.rules.kinds import (
    Age,
    Always,
    BeyondUseLimit,
    Condition,
    DailyDose,
    DuplicatePrescription,
    NoStatedExpiry,
    Reproduction,
    Sensitivity,
)
from pharmacy.rules.lexicon import read_lexicon
from pharmacy.rules.liquid_kinds import ConcentrationChange
from pharmacy.rules.medicine_kinds import MedicationHistory, MedicineClass, NotRecognised, WashOut
from pharmacy.rules.reading import Table, read_about, read_file
from pharmacy.rules.vocabulary import Vocabulary
from pharmacy.rules.words import read_words

DATA = Path(__file__).parent / "data"
Content = Mapping[str, Any]


AnyRule = Rule | BeyondUseLimit | NoStatedExpiry


class _Reader(Protocol):
    def __call__(self, table: Table, rule_id: str) -> AnyRule: ...


KINDS: Mapping[str, _Reader] = {
    Age.KIND: Age.read,
    Always.KIND: Always.read,
    BeyondUseLimit.KIND: BeyondUseLimit.read,
    ConcentrationChange.KIND: ConcentrationChange.read,
    Condition.KIND: Condition.read,
    DailyDose.KIND: DailyDose.read,
    DuplicatePrescription.KIND: DuplicatePrescription.read,
    MedicationHistory.KIND: MedicationHistory.read,
    MedicineClass.KIND: MedicineClass.read,
    NoStatedExpiry.KIND: NoStatedExpiry.read,
    NotRecognised.KIND: NotRecognised.read,
    Reproduction.KIND: Reproduction.read,
    Sensitivity.KIND: Sensitivity.read,
    WashOut.KIND: WashOut.read,
}


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of one edition. ``digest`` is the sha256 of the content: it tells two books apart to the last word."""

    edition: str
    digest: str
    rules: tuple[Rule, ...]
    limits: tuple[BeyondUseLimit, ...]
    receipts: tuple[NoStatedExpiry, ...]
    choices: Choices
    vocabulary: Vocabulary

    @property
    def statement(self) -> str:
        """The line that stands on the label of every container."""
        return next(rule.statement for rule in self.rules if isinstance(rule, Always) and rule.statement)

    def beyond_use_limit(self, preparation: BeyondUseClass | str, on_date: date) -> BeyondUseLimit:
        """The limit that holds for the class on that day. Raises :class:`LookupError` when none does."""
        holding = [one for one in self.limits if one.preparation == preparation and one.effective <= on_date]
        if not holding:
            raise LookupError(f"No beyond-use limit for {preparation} holds on {on_date}.")
        return max(holding, key=lambda limit: limit.effective)

    def no_stated_expiry(self, on_date: date) -> NoStatedExpiry:
        """How long a component without a stated expiry may be used. Raises :class:`LookupError` when nothing says."""
        holding = [one for one in self.receipts if one.effective <= on_date]
        if not holding:
            raise LookupError(f"No rule says on {on_date} how long a lot without an expiry may be used.")
        return max(holding, key=lambda one: one.effective)


@cache
def load(folder: Path = DATA) -> RuleBook:
    """The book of that folder, read once. Raises :class:`RuleBookError` naming file, rule and field."""
    files = {path.name: read_file(path) for path in sorted(folder.glob("*.toml"))}
    held: dict[str, dict[str, Content]] = {}
    editions: dict[str, str] = {}
    for name, content in files.items():
        holds, editions[name] = read_about(folder / name, content)
        held.setdefault(holds, {})[name] = content
    edition = _one_edition(editions)
    digest = sha256(_canonical(files).encode()).hexdigest()
    vocabulary = _vocabulary(held, edition)
    choices = read_choices(*_only(held, "choices"))
    if "rules" not in held:
        raise RuleBookError("the folder", "-", "holds", "no file holds rules")
    rules = _rules(held["rules"])
    book = RuleBook(
        edition=edition,
        digest=digest,
        rules=tuple(rule for rule in rules.values() if not isinstance(rule, (BeyondUseLimit, NoStatedExpiry))),
        limits=tuple(rule for rule in rules.values() if isinstance(rule, BeyondUseLimit)),
        receipts=tuple(rule for rule in rules.values() if isinstance(rule, NoStatedExpiry)),
        choices=choices,
        vocabulary=vocabulary,
    )
    _check_whole(book, held)
    return book


def _one_edition(editions: Mapping[str, str]) -> str:
    if not editions:
        raise RuleBookError("the folder", "-", "-", "it holds no rule file")
    first = next(iter(editions.values()))
    for name, edition in editions.items():
        if edition != first:
            raise RuleBookError(name, "about", "edition", f"it says {edition}, other files say {first}")
    return first


def _only(held: Mapping[str, Mapping[str, Content]], holds: str) -> tuple[str, Content]:
    files = list(held.get(holds, {}).items())
    if len(files) != 1:
        names = ", ".join(name for name, _ in files) or "none"
        raise RuleBookError("the folder", holds, "holds", f"exactly one file is expected, found {names}")
    return files[0]


def _vocabulary(held: Mapping[str, Mapping[str, Content]], edition: str) -> Vocabulary:
    files = {holds: _only(held, holds) for holds in ("words", "opioids", "medicines")}
    words = read_words(*files["words"])
    lexicon = read_lexicon(files["opioids"], files["medicines"], frozenset(words.ambiguous))
    digest = sha256(_canonical(dict(files.values())).encode()).hexdigest()
    return Vocabulary(f"{edition}-{digest[:12]}", lexicon, words)


def _rules(files: Mapping[str, Content]) -> dict[str, AnyRule]:
    rules: dict[str, AnyRule] = {}
    for file, content in files.items():
        top = Table(file, "the file", {name: value for name, value in content.items() if name != "about"})
        for number, raw in enumerate(top.tables("rule"), start=1):
            rule_id = Table(file, f"rule number {number}", {"id": raw.take("id") if raw.has("id") else None}).text("id")
            table = Table(file, f"rule {rule_id}", raw.rest())
            if rule_id in rules:
                raise table.wrong("id", "it is repeated")
            kind = table.text("kind")
            if kind not in KINDS:
                raise table.wrong("kind", f"{kind!r} is none of {', '.join(sorted(KINDS))}")
            rules[rule_id] = KINDS[kind](table, rule_id)
            table.finish()
        top.finish()
    return rules


def _check_whole(book: RuleBook, held: Mapping[str, Mapping[str, Content]]) -> None:
    """What only the whole book can tell: codes and classes that rules name exist, and nothing is forgotten."""
    files = {rule["id"]: name for name, content in held["rules"].items() for rule in content["rule"]}
    conditions = {choice.code for choice in book.choices.conditions}
    substances = {choice.code for choice in book.choices.sensitivities}
    classes = set(book.vocabulary.classes)
    used: set[str] = set()
    for rule in book.rules:
        named: tuple[str, Iterable[str], set[str]] = ("", (), set())
        if isinstance(rule, (MedicineClass, WashOut)):
            named = ("classes", rule.classes, classes)
        elif isinstance(rule, Condition):
            named = ("conditions", rule.conditions, conditions)
        elif isinstance(rule, Sensitivity):
            named = ("substances", rule.substances, substances)
        field, codes, known = named
        for code in sorted(set(codes) - known):
            raise RuleBookError(files[rule.heading.id], f"rule {rule.heading.id}", field, f"{code!r} is not known")
        used |= set(codes)
    for code in sorted((classes | conditions) - used):
        raise RuleBookError("the folder", "all rules", "classes and conditions", f"no rule looks at {code!r}")
    statements = [rule for rule in book.rules if isinstance(rule, Always) and rule.statement]
    if len(statements) != 1:
        raise RuleBookError("the folder", "all rules", "statement", "exactly one rule must have the label statement")
    for preparation in BeyondUseClass:
        if not any(limit.preparation is preparation for limit in book.limits):
            raise RuleBookError("the folder", "all rules", "preparation", f"no limit for {preparation.value}")
    if not book.receipts:
        raise RuleBookError("the folder", "all rules", "kind", "no rule for a component without a stated expiry")


def _canonical(content: Any) -> str:
    """The content as one text that does not depend on the order or layout of the files' fields."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"decimal {value}"
    assert isinstance(value, date)
    return value.isoformat()
