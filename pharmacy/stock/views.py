"""The pages of stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session
from pharmacy.actions.catalogue import Action
from pharmacy.documents import service as documents
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer
from pharmacy.premises import queries as premises
from pharmacy.stock import forms, queries, service
from pharmacy.stock.certificates import DRUG_KINDS, outside_monograph, potency_steps, shell_facts
from pharmacy.stock.labels import LABELLED, TABLET_KIND
from pharmacy.stock.models import Lot
from pharmacy.stock.words import MADE_HERE, amount_text

bp = Blueprint("stock", __name__)


@bp.get("/stock")
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    soon = premises.policy(session).expiring_soon_days
    rows = queries.shelf(session, clock.today(), soon)
    return answer(
        "stock/index.html",
        bought=[row for row in rows if row.item.kind not in MADE_HERE],
        made=[row for row in rows if row.item.kind in MADE_HERE],
        waiting=queries.in_quarantine(session),
        soon=soon,
        amount=amount_text,
    )


@bp.get("/stock/items/<int:item_id>")
@access(Action.VIEW)
def item(item_id: int) -> ResponseReturnValue:
    found = queries.item(session, item_id)
    return answer(
        "stock/item.html",
        item=found,
        lots=queries.lots_of(session, item_id),
        choice=queries.selectable_lots(session, found.code, clock.today()),
        made_here=found.kind in MADE_HERE,
        **_days(),
    )


@bp.get("/stock/lots/<int:lot_id>")
@access(Action.VIEW)
def lot(lot_id: int) -> ResponseReturnValue:
    found = queries.lot(session, lot_id)
    return answer("stock/lot.html", lot=found, movements=queries.movements(session, lot_id), **_about(found))


@bp.route("/stock/items/new", methods=["GET", "POST"])
@access(Action.ADD_STOCK_ITEM)
def add_item() -> ResponseReturnValue:
    form = forms.ItemForm()
    if form.validate_on_submit():
        with form.catching():
            given = (form.code.data, form.name.data, form.kind.data, form.unit.data)
            item_id = service.add_item(session, current_actor(), *given, form.once())
            return redirect(url_for("stock.item", item_id=item_id))
    return answer("stock/add_item.html", form)


@bp.route("/stock/items/<int:item_id>/receive", methods=["GET", "POST"])
@access(Action.RECEIVE_LOT)
def receive(item_id: int) -> ResponseReturnValue:
    form, found = forms.ReceiveForm.blank(), queries.item(session, item_id)
    if form.validate_on_submit():
        with form.catching():
            receipt = form.receipt(*_uploaded(form))
            lot_id = service.receive_lot(session, current_actor(), item_id, receipt, form.once())
            flash("Received into quarantine.", "ok")
            return redirect(url_for("stock.lot", lot_id=lot_id))
    return answer(
        "stock/receive.html",
        form,
        item=found,
        drug=found.kind in DRUG_KINDS,
        tablets=found.kind == TABLET_KIND,
        labelled=found.kind in LABELLED,
    )


@bp.route("/stock/lots/<int:lot_id>/release", methods=["GET", "POST"])
@access(Action.RELEASE_LOT)
def release(lot_id: int) -> ResponseReturnValue:
    found = queries.lot(session, lot_id)

    def act(form: forms.ReleaseForm) -> None:
        bought = found.origin == "bought"
        read = form.certificate(*_uploaded(form)) if bought else None
        label = form.label() if bought and found.item.kind in LABELLED else None
        reason = form.reason_text()
        service.release_lot(session, current_actor(), form.seen(Lot, lot_id), reason, form.once(), read, label)

    return _act(found, forms.ReleaseForm.of(found), "release", act)


@bp.route("/stock/lots/<int:lot_id>/quarantine", methods=["GET", "POST"])
@access(Action.QUARANTINE_LOT)
def quarantine(lot_id: int) -> ResponseReturnValue:
    def act(form: forms.ReasonForm) -> None:
        service.quarantine_lot(session, current_actor(), form.seen(Lot, lot_id), form.reason_text(), form.once())

    found = queries.lot(session, lot_id)
    return _act(found, forms.ReasonForm.about(found), "quarantine", act)


@bp.route("/stock/lots/<int:lot_id>/reject", methods=["GET", "POST"])
@access(Action.REJECT_LOT)
def reject(lot_id: int) -> ResponseReturnValue:
    def act(form: forms.ReasonForm) -> None:
        service.reject_lot(session, current_actor(), form.seen(Lot, lot_id), form.reason_text(), form.once())

    found = queries.lot(session, lot_id)
    return _act(found, forms.ReasonForm.about(found), "reject", act)


@bp.route("/stock/lots/<int:lot_id>/waste", methods=["GET", "POST"])
@access(Action.WASTE_LOT)
def waste(lot_id: int) -> ResponseReturnValue:
    def act(form: forms.WasteForm) -> None:
        assert form.amount.data is not None
        seen, reason = form.seen(Lot, lot_id), form.reason_text()
        service.waste_lot(session, current_actor(), seen, form.amount.data, reason, form.once())

    found = queries.lot(session, lot_id)
    return _act(found, forms.WasteForm.about(found), "waste", act)


@bp.route("/stock/lots/<int:lot_id>/count", methods=["GET", "POST"])
@access(Action.CORRECT_COUNT)
def count(lot_id: int) -> ResponseReturnValue:
    def act(form: forms.CountForm) -> None:
        assert form.counted.data is not None
        seen, reason = form.seen(Lot, lot_id), form.reason_text()
        service.correct_count(session, current_actor(), seen, form.counted.data, reason, form.once())

    found = queries.lot(session, lot_id)
    return _act(found, forms.CountForm.about(found), "count", act)


@bp.route("/stock/lots/<int:lot_id>/shells", methods=["GET", "POST"])
@access(Action.MEASURE_SHELLS)
def shells(lot_id: int) -> ResponseReturnValue:
    def act(form: forms.ShellsForm) -> None:
        capacity, together, weighed = form.capacity.data, form.together.data, form.weighed.whole
        assert capacity is not None
        assert together is not None
        assert weighed is not None
        seen, how = form.seen(Lot, lot_id), form.reason_text()
        service.measure_shells(session, current_actor(), seen, capacity, together, weighed, how, form.once())

    found = queries.lot(session, lot_id)
    return _act(found, forms.ShellsForm.about(found), "shells", act)


def _act(found: Lot, form: Any, verb: str, act: Callable[[Any], None]) -> ResponseReturnValue:
    """The page of one action on a lot, and the action."""
    if form.validate_on_submit():
        with form.catching():
            act(form)
            return redirect(url_for("stock.lot", lot_id=found.id))
    return answer(f"stock/{verb}.html", form, lot=found, **_about(queries.lot(session, found.id)))


def _uploaded(form: Any) -> tuple[bytes, str]:
    """The certificate's bytes and what they are by their content, checked before any action opens."""
    content = form.upload()
    if not content:
        return b"", ""
    try:
        return content, documents.check_upload(content)
    except PharmacyError as refused:
        refused.field = "file"
        raise


def _about(found: Lot) -> dict[str, Any]:
    return {
        "potency": potency_steps(found),
        "outside": outside_monograph(found),
        "drug": found.item.kind in DRUG_KINDS,
        "tablets": found.item.kind == TABLET_KIND,
        "labelled": found.item.kind in LABELLED,
        "shell": shell_facts(found),
        **_days(),
    }


def _days() -> dict[str, Any]:
    return {"today": clock.today(), "amount": amount_text}
