"""The rule book as a page: every rule with its level, its source, and whether a person held the source itself."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pharmacy.access import SIGNED_IN, access
from pharmacy.forms import answer
from pharmacy.rules import book
from pharmacy.screening.rule_list import limits, listed

bp = Blueprint("screening", __name__)


@bp.get("/rules")
@access(SIGNED_IN)
def rule_book() -> ResponseReturnValue:
    """All rules, the most serious first."""
    loaded = book.load()
    return answer("screening/rule_book.html", book=loaded, rules=listed(loaded), limits=limits(loaded))
