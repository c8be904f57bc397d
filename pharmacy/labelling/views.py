"""The pages of labelling: choose the lots, look at the labels, issue them, print them again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from labels import STOCKS, LabelContent
from pharmacy import clock
from pharmacy.access import access, can, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.forms import ActForm, answer
from pharmacy.labelling import drawing, forms, queries, service
from pharmacy.labelling.content import in_words
from pharmacy.labelling.models import IssuedLabel
from pharmacy.premises import queries as premises
from pharmacy.preparations import on_hand
from pharmacy.prescriptions import kits
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.words import patient_facts, subject_fill

bp = Blueprint("labelling", __name__)
TO_PACK = frozenset({Status.ACCEPTED, Status.TO_PREPARE})
PNG, PDF = "image/png", "application/pdf"


# --- packing ---------------------------------------------------------------------------------------------------------


@bp.get("/fills/<int:fill_id>/containers")
@access(Action.VIEW)
def pack(fill_id: int) -> ResponseReturnValue:
    """The lots that the fill can be packed from, with a proposal; what else can be done when they do not suffice."""
    one = prescriptions.fill(session, fill_id)
    if Status(one.status) not in TO_PACK:
        return redirect(url_for("labelling.show", fill_id=fill_id))
    viewed(Fill, fill_id)
    return _pack_page(fill_id)


@bp.post("/fills/<int:fill_id>/containers")
@access(Action.PACK_FILL)
def fill_containers(fill_id: int) -> ResponseReturnValue:
    offer = on_hand.offer(session, prescriptions.fill(session, fill_id))
    form = forms.pack_form(offer.choices)()
    if form.validate_on_submit():
        with form.catching():
            packed = form.containers(offer.choices)
            service.pack_fill(session, current_actor(), form.seen(Fill, fill_id), packed, form.once())
            return redirect(url_for("labelling.show", fill_id=fill_id))
    return _pack_page(fill_id, pack=form)


@bp.post("/fills/<int:fill_id>/containers/kept")
@access(Action.PACK_FILL)
def keep(fill_id: int) -> ResponseReturnValue:
    form = forms.KeepForm()
    if form.validate_on_submit():
        with form.catching():
            service.keep_containers(session, current_actor(), form.seen(Fill, fill_id), form.once())
            return redirect(url_for("labelling.show", fill_id=fill_id))
    return _pack_page(fill_id, keep=form)


@bp.post("/fills/<int:fill_id>/reduction")
@access(Action.REDUCE_FILL)
def reduce(fill_id: int) -> ResponseReturnValue:
    form = forms.ReduceForm()
    if form.validate_on_submit():
        with form.catching():
            seen, smaller = form.seen(Fill, fill_id), form.smaller()
            service.reduce_fill(session, current_actor(), seen, smaller, form.reason_text(), form.once())
            flash("The fill is smaller; the rest is owed to the patient.", "ok")
            return redirect(url_for("labelling.pack", fill_id=fill_id))
    return _pack_page(fill_id, reduce=form)


def _pack_page(fill_id: int, **refused: ActForm) -> ResponseReturnValue:
    """The page anew; a form that was refused stands in it with what was typed."""
    one = prescriptions.fill(session, fill_id)
    offer = on_hand.offer(session, one)
    kept = queries.containers(session, fill_id)
    form = refused.get("pack") or _blank(forms.pack_form(offer.choices), one)
    reduce_form = refused.get("reduce") or _blank(forms.ReduceForm, one)
    told = _told_to_fit(one)
    fits = told or offer.fits
    if "reduce" not in refused and isinstance(reduce_form, forms.ReduceForm):
        reduce_form.quantity.data = None if fits is None else Decimal(fits)
        reduce_form.reason.data = (
            "The beyond-use date ends before the supply would."
            if told or offer.short_dated
            else "The lots on hand hold too few."
        )
    return answer(
        "labelling/pack.html",
        next(iter(refused.values()), None),
        one=one,
        pack=form,
        rows=form.rows(_shown(offer, form)) if isinstance(form, forms.PackForm) else [],
        offer=offer,
        fits=fits,
        told=told,
        supply=service.supply(one),
        kept=kept,
        why_not_kept=service.why_not_kept(session, one, kept) if kept else None,
        keep=refused.get("keep") or _blank(forms.KeepForm, one),
        reduce=reduce_form,
        **_about(one),
    )


def _told_to_fit(one: Fill) -> int | None:
    """How much of it the plan of a preparation said would fit, where the person comes from there."""
    told = request.args.get("n", 0, type=int)
    return told if 0 < told < one.quantity and one.prescription.kit_id is None else None


def _shown(offer: on_hand.Offer, form: forms.PackForm) -> list[on_hand.Choice]:
    """The lots that the form has fields for: after a refusal there may be others than a moment ago."""
    return [one for one in offer.choices if f"lot_{one.lot.id}" in form]


def _blank(kind: type[Any], row: Any) -> Any:
    form = kind(formdata=None)
    form.seen_id.data, form.seen_version.data = str(row.id), str(row.version)
    return form


def _about(one: Fill) -> dict[str, Any]:
    form = Form(one.prescription.form)
    return {
        "patient": patient_facts(one.prescription.patient, clock.today()),
        "subject": subject_fill(one),
        "amount": form.amount_text,
        "unit": "capsules" if form is Form.CAPSULE else "mL",
        "today": clock.today(),
    }


# --- labels ----------------------------------------------------------------------------------------------------------


@bp.get("/fills/<int:fill_id>/labels")
@access(Action.VIEW)
def show(fill_id: int) -> ResponseReturnValue:
    """The containers of a fill and their labels: as they would be, or as they were issued."""
    prescriptions.fill(session, fill_id)  # 404 before it is said that someone looked at it
    viewed(Fill, fill_id)
    return _label_page(fill_id)


@bp.post("/fills/<int:fill_id>/labels")
@access(Action.ISSUE_LABEL)
def issue(fill_id: int) -> ResponseReturnValue:
    form = forms.IssueForm()
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Fill, fill_id)
            service.issue_labels(session, current_actor(), seen, str(form.stock.data), form.once())
            flash("Issued. Print the label, stick it on, and read it once against the container.", "ok")
            return redirect(url_for("labelling.show", fill_id=fill_id))
    return _label_page(fill_id, form)


@bp.post("/fills/<int:fill_id>/labels/again")
@access(Action.REISSUE_LABEL)
def reissue(fill_id: int) -> ResponseReturnValue:
    form = forms.ReissueForm()
    if form.validate_on_submit():
        with form.catching():
            seen, stock, reason = form.seen(Fill, fill_id), str(form.stock.data), form.reason_text()
            service.reissue_labels(session, current_actor(), seen, stock, reason, form.once())
            flash("Issued again. The former label is void: take it off and destroy it.", "ok")
            return redirect(url_for("labelling.show", fill_id=fill_id))
    return _label_page(fill_id, form)


def _label_page(fill_id: int, refused: ActForm | None = None) -> ResponseReturnValue:
    one = prescriptions.fill(session, fill_id)
    rows = queries.containers(session, fill_id)
    valid, stock = {row.id: queries.valid_label(row) for row in rows}, _stock_asked(rows[0] if rows else None)
    issued = queries.labels(session, fill_id)
    current = [label for label in issued if label.status == queries.VALID]
    shown = [_shown_label(label) for label in sorted(current, key=lambda label: label.container.ordinal)]
    again = can(Action.REISSUE_LABEL, one) and ("again" in request.args or refused is not None)
    reprints = queries.reprints(session, [label.id for label in issued])
    form = refused or _blank(forms.ReissueForm if again else forms.IssueForm, one)
    if refused is None:
        form.stock.data = stock
    people = [
        *(row.packed_by for row in rows),
        *(label.issued_by for label in issued),
        *(one.person_id for one in reprints),
    ]
    return answer(
        "labelling/show.html",
        refused,
        one=one,
        containers=rows,
        valid=valid,
        issued=shown,
        void=[label for label in issued if label.status == queries.VOID],
        withdrawn=queries.withdrawn(session, fill_id),
        reprints=reprints,
        serials={label.id: label.serial for label in issued},
        drafting=again or one.status == Status.PREPARED,
        again=again,
        draft=_drafted(one, stock) if again or one.status == Status.PREPARED else None,
        issuing=form,
        stock=stock,
        stocks=STOCKS,
        names=accounts.names(session, people),
        titrates=kits.titrates(one),
        place=kits.place(session, one),
        **_about(one),
    )


def _stock_asked(container: Any) -> str:
    """The stock that the page is asked for; else that of the label before; else the pharmacy's own."""
    asked = request.values.get("stock", "")
    if asked in STOCKS:
        return asked
    before = container.labels[-1].stock if container is not None and container.labels else ""
    policy = premises.policy(session).label_stock
    return next((code for code in (before, policy) if code in STOCKS), next(iter(STOCKS)))


def _drafted(one: Fill, stock: str) -> dict[str, Any]:
    """The labels as they would be issued now, or why they cannot be."""
    try:
        made = service.drafts(session, one.id, stock)
    except PharmacyError as refused:
        return {"problem": refused.sentence, "labels": []}
    return {
        "problem": None,
        "labels": [
            {"ordinal": draft.content.container, "words": in_words(draft.content), "pages": drawing.pages(draft.pdf)}
            for draft in made
        ],
    }


def _shown_label(label: IssuedLabel) -> dict[str, Any]:
    """One issued label: its row, its words, how many pages, and whether it may go to the printer as it is."""
    return {
        "row": label,
        "words": in_words(LabelContent.from_json(label.content)),
        "pages": drawing.pages(queries.stored(session, label)),
        "prints": queries.may_be_printed_now(session, label, clock.now()),
        "why_not": queries.why_not_printed(label),
    }


@bp.get("/fills/<int:fill_id>/labels/draft.png")
@access(Action.VIEW)
def draft(fill_id: int) -> ResponseReturnValue:
    """The picture of a label that is not issued; nothing is stored."""
    stock, ordinal, number = (request.args.get(name, "") for name in ("stock", "container", "page"))
    try:
        made = service.drafts(session, fill_id, stock)
    except NotFound:
        raise
    except PharmacyError:  # the page itself says why there is no such picture
        abort(404)
    found = next((one for one in made if str(one.content.container) == ordinal), None)
    if found is None or not number.isdecimal():
        abort(404)
    return _png(found.pdf, int(number))


@bp.get("/labels/<int:label_id>/<int:page>.png")
@access(Action.VIEW)
def picture(label_id: int, page: int) -> ResponseReturnValue:
    """A page of the label as it was issued, void ones too, drawn from its stored bytes."""
    row = queries.label(session, label_id)
    return _png(queries.stored(session, row), page)


def _png(pdf_bytes: bytes, number: int) -> Response:
    try:
        made = drawing.page_picture(pdf_bytes, number)
    except LookupError:
        abort(404)
    response = Response(made, mimetype=PNG)
    response.headers["Content-Disposition"] = 'inline; filename="label.png"'
    return response


@bp.get("/labels/<int:label_id>.pdf")
@access(Action.VIEW)
def pdf(label_id: int) -> ResponseReturnValue:
    """The bytes as they were issued, for the printer. Later than the first print, a reason is asked for first."""
    row = queries.label(session, label_id)
    why_not = queries.why_not_printed(row)
    if why_not:
        raise NotReady(why_not)
    if not queries.may_be_printed_now(session, row, clock.now()) and can(Action.REPRINT_LABEL):
        return redirect(url_for("labelling.reprint", label_id=label_id))
    viewed(IssuedLabel, label_id)
    response = Response(queries.stored(session, queries.label(session, label_id)), mimetype=PDF)
    response.headers["Content-Disposition"] = 'inline; filename="label.pdf"'
    return response


@bp.route("/labels/<int:label_id>/reprint", methods=["GET", "POST"])
@access(Action.REPRINT_LABEL)
def reprint(label_id: int) -> ResponseReturnValue:
    """Why the label is printed once more; then its stored bytes are sent."""
    row = queries.label(session, label_id)
    fill_id = row.container.fill_id

    def act(form: forms.ReprintForm) -> ResponseReturnValue:
        seen = form.seen(Fill, fill_id)
        service.reprint_label(session, current_actor(), seen, label_id, form.reason_text(), form.once())
        return redirect(url_for("labelling.pdf", label_id=label_id))

    return _reasoned("labelling/reprint.html", fill_id, forms.ReprintForm, act, label_id)


@bp.route("/fills/<int:fill_id>/cancellation/packed", methods=["GET", "POST"])
@access(Action.CANCEL_FILL)
def cancel(fill_id: int) -> ResponseReturnValue:
    """Cancel a fill that has containers: its labels become void, what is in them is emptied."""

    def act(form: forms.CancelForm) -> ResponseReturnValue:
        service.cancel_packed(session, current_actor(), form.seen(Fill, fill_id), form.reason_text(), form.once())
        flash("The fill is cancelled. Take its labels off and destroy them; empty its containers.", "ok")
        return redirect(url_for("labelling.show", fill_id=fill_id))

    return _reasoned("labelling/cancel.html", fill_id, forms.CancelForm, act)


@bp.route("/fills/<int:fill_id>/containers/emptied", methods=["GET", "POST"])
@access(Action.UNPACK_FILL)
def unpack(fill_id: int) -> ResponseReturnValue:
    """Take out again what was packed by mistake, before any label."""

    def act(form: forms.UnpackForm) -> ResponseReturnValue:
        service.unpack_fill(session, current_actor(), form.seen(Fill, fill_id), form.reason_text(), form.once())
        flash("It is taken out again and back in its lot. Fill the containers anew.", "ok")
        return redirect(url_for("labelling.pack", fill_id=fill_id))

    return _reasoned("labelling/unpack.html", fill_id, forms.UnpackForm, act)


def _reasoned(
    template: str, fill_id: int, kind: type[Any], act: Callable[[Any], ResponseReturnValue], label_id: int | None = None
) -> ResponseReturnValue:
    """The page of one action that asks for a reason, and the action."""
    form = kind.about(prescriptions.fill(session, fill_id))
    if form.validate_on_submit():
        with form.catching():
            return act(form)
    containers = queries.containers(session, fill_id)
    label = None if label_id is None else queries.label(session, label_id)
    one = prescriptions.fill(session, fill_id)
    return answer(
        template,
        form,
        one=one,
        containers=containers,
        label=label,
        why_not=None if label is None else queries.why_not_printed(label),
        pages=0 if label is None else drawing.pages(queries.stored(session, label)),
        **_about(one),
    )
