"""The program's own formulas, to be read, changed where the pharmacy's own measurements differ, and approved.

Each file of ``data`` is a formula in the format in which formulas are exported (docs/formula-format.md), read by the
same reader, with the strengths of its family. Sources and what is the program's own proposal stand above each.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pharmacy.domain.formula import CapsuleFormula, Formula, LiquidFormula, Role, TriturationFormula
from pharmacy.formulary.definition import component_unit, product_code, product_unit, title
from pharmacy.formulary.exchange import formula_of, parsed
from pharmacy.formulary.variants import at_strength
from pharmacy.stock.words import PREPARATION

DATA = Path(__file__).parent / "data"
# In the order of the page; the first that makes a strength is the one proposed for it.
ORDER = (
    "capsules-mcc",
    "triturations-mcc",
    "solution-preserved-1",
    "solution-preserved-5",
    "capsules-lactose",
    "triturations-lactose",
    "solution-nonpreserved",
    "suspension-tablets",
    "suspension-oil",
)


@dataclass(frozen=True, slots=True)
class Family:
    """One formulation in several strengths: a record for each."""

    key: str
    title: str
    base: Formula
    strengths: tuple[Decimal, ...]

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formula at each of the strengths that the program brings."""
        return tuple(at_strength(self.base, one) for one in self.strengths)


def _family(key: str) -> Family:
    data: dict[str, Any] = parsed((DATA / f"{key}.toml").read_bytes())
    told = data.pop("family")
    return Family(key, told["title"], formula_of(data), tuple(Decimal(one) for one in told["strengths"]))


FAMILIES = {key: _family(key) for key in ORDER}
STARTING_FORMULAS: tuple[Formula, ...] = tuple(one for family in FAMILIES.values() for one in family.formulas)


def capsule(strength: str, family: str = "capsules-mcc") -> CapsuleFormula:
    """Capsules of that many mg, size 3, immediate release; in microcrystalline cellulose unless another is named."""
    made = at_strength(FAMILIES[family].base, Decimal(strength))
    assert isinstance(made, CapsuleFormula)
    return made


def liquid(concentration: str) -> LiquidFormula:
    """The preserved oral solution of 1 or 5 mg/mL."""
    made = FAMILIES[f"solution-preserved-{concentration}"].base
    assert isinstance(made, LiquidFormula)
    return made


@dataclass(frozen=True, slots=True)
class StartingItem:
    """A stock item that the formulas need: a component, or what lots of the product are kept as."""

    code: str
    name: str
    kind: str
    unit: str


def component_items(formula: Formula) -> tuple[StartingItem, ...]:
    """The stock items of the components of one formula."""
    return tuple(
        StartingItem(one.code, one.name, one.role.value, component_unit(formula, one)) for one in formula.components
    )


def product_item(formula: Formula, code: str = "") -> StartingItem:
    """What lots of the formula are kept as, under a code of its own where the usual one is taken."""
    kind = Role.TRITURATION.value if isinstance(formula, TriturationFormula) else PREPARATION
    name = title(formula)
    return StartingItem(code or product_code(formula), name[0].upper() + name[1:], kind, product_unit(formula))


def items_of(formula: Formula) -> tuple[StartingItem, ...]:
    """The stock items of one formula: its components, then its product."""
    return (*component_items(formula), product_item(formula))


def starting_items() -> tuple[StartingItem, ...]:
    """Every stock item of the starting formulas, once."""
    return tuple({one.code: one for formula in STARTING_FORMULAS for one in items_of(formula)}.values())
