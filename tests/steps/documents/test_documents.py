"""What may be kept, how it is kept once, and how it is shown again."""

import io
import threading
import zlib
from collections.abc import Callable

import pypdfium2
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen, acting
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry, AuditSubject
from pharmacy.documents import pictures, queries, service
from pharmacy.documents.models import Document
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.patients.models import Patient
from tests import factories

SignIn = Callable[[Actor], FlaskClient]


def pdf(pages: int = 1, size: tuple[float, float] = (612, 792)) -> bytes:
    """A PDF that PDFium itself made."""
    document, to = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        document.new_page(*size).close()
    document.save(to)
    document.close()
    return to.getvalue()


def image(sort: str = "PNG", size: tuple[int, int] = (60, 80), mode: str = "RGB", **more: object) -> bytes:
    made, to = Image.new(mode, size, "white" if mode in {"RGB", "L", "1"} else (0, 0, 0, 0)), io.BytesIO()
    if mode == "RGB":
        ImageDraw.Draw(made).rectangle((5, 5, 20, 20), fill="black")
    made.save(to, sort, **more)
    return to.getvalue()


def encrypted_pdf(user_password: bool) -> bytes:
    """A PDF with the standard handler: with an empty user password it opens, and yet is encrypted."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    to = io.BytesIO()
    canvas = Canvas(to, encrypt=StandardEncryption("open" if user_password else "", ownerPassword="owner"))
    canvas.drawString(72, 720, "Rx")
    canvas.save()
    return to.getvalue()


def huge_png() -> bytes:
    """Some kilobytes that would unpack to 30000 × 30000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    side = (30000).to_bytes(4)
    header = side + side + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(3751 * 40)))
        + chunk(b"IEND", b"")
    )


def keep(db: Session, actor: Actor, content: bytes) -> str:
    with acting(db, actor, Action.ADD_PATIENT, Seen(Patient)) as opened:
        digest = service.keep(opened, content, service.check_upload(content))
        opened.answer = digest
    return digest


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (pdf(), "application/pdf"),
        (pdf(3), "application/pdf"),
        (image("PNG"), "image/png"),
        (image("JPEG"), "image/jpeg"),
        (image("PNG", mode="RGBA"), "image/png"),
        (image("PNG", mode="1"), "image/png"),
        (image("JPEG", mode="L"), "image/jpeg"),
    ],
)
def test_content_decides_what_a_file_is(content: bytes, media_type: str) -> None:
    assert service.check_upload(content) == media_type


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 an executable called prescription.pdf", "no PDF, JPEG or PNG"),
        (b"<html><script>alert(1)</script>", "no PDF, JPEG or PNG"),
        (b"GIF89a" + b"\x00" * 40, "no PDF, JPEG or PNG"),
        (b"%PDF-1.7\nthis is no PDF at all", "damaged"),
        (pdf()[:200], "damaged"),
        (image("PNG")[:60], "damaged"),
        (image("JPEG", (400, 400))[:700], "damaged"),
        (b"\xff\xd8\xff" + b"\x00" * 100, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "damaged"),
        (b"%PDF-" + b"x" * (10 * 2**20), "larger than 10 MB"),
        (huge_png(), "too many pixels"),
        (pdf(41), "41 pages"),
        (encrypted_pdf(user_password=True), "password"),
        (encrypted_pdf(user_password=False), "encrypted"),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(PharmacyError, match=why) as refused:
        service.check_upload(content)
    assert refused.value.field == "original"


def test_ten_megabytes_are_still_taken() -> None:
    whole = image("PNG")
    content = whole + b"\x00" * (10 * 2**20 - len(whole))
    assert service.check_upload(content) == "image/png"
    with pytest.raises(PharmacyError, match="larger"):
        service.check_upload(content + b"\x00")


def test_the_same_bytes_are_kept_once(db: Session, tina: Actor) -> None:
    content = pdf()
    assert keep(db, tina, content) == keep(db, tina, content)
    assert db.scalar(select(func.count()).select_from(Document)) == 1
    assert queries.content(db, keep(db, tina, content)) == (content, "application/pdf")


def test_what_was_kept_comes_back_unchanged_and_counts_its_pages(db: Session, tina: Actor) -> None:
    content = pdf(4)
    digest = keep(db, tina, content)
    assert queries.content(db, digest)[0] == content
    assert queries.pages(db, digest) == 4
    with pytest.raises(NotFound):
        queries.content(db, "0" * 64)


def test_a_kept_document_is_shown_as_it_is_and_nothing_in_it_may_run(db: Session, sign_in: SignIn, tina: Actor) -> None:
    content = image("PNG")
    digest = keep(db, tina, content)
    shown = sign_in(tina).get(f"/documents/{digest}")
    assert shown.data == content
    assert shown.mimetype == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"] == 'inline; filename="document.png"'
    assert shown.headers["Cache-Control"] == "no-store"
    policies = shown.headers.getlist("Content-Security-Policy")
    assert any("sandbox" in policy and "default-src 'none'" in policy for policy in policies)
    assert any("frame-ancestors 'none'" in policy for policy in policies)


def test_a_pdf_is_sent_inline_under_a_name_that_says_nothing(db: Session, sign_in: SignIn, tina: Actor) -> None:
    shown = sign_in(tina).get(f"/documents/{keep(db, tina, pdf())}")
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"] == 'inline; filename="document.pdf"'


def test_who_opened_a_document_stands_in_the_record_once_a_quarter_of_an_hour(
    db: Session, sign_in: SignIn, ada: Actor, tina: Actor
) -> None:
    digest = keep(db, tina, pdf(2))
    client = sign_in(ada)
    for path in ("", "/page/1.png", "/page/2.png"):
        assert client.get(f"/documents/{digest}{path}").status_code == 200
    views = (
        select(AuditEntry.actor)
        .join(AuditSubject, AuditSubject.entry_id == AuditEntry.id)
        .where(AuditEntry.action == Action.VIEW, AuditSubject.kind == "document", AuditSubject.subject_id == digest)
    )
    db.rollback()
    assert db.scalars(views).all() == [ada.id]


def test_each_page_has_a_picture(db: Session, sign_in: SignIn, tina: Actor) -> None:
    client, digest = sign_in(tina), keep(db, tina, pdf(2))
    for number in (1, 2):
        shown = client.get(f"/documents/{digest}/page/{number}.png")
        assert shown.mimetype == "image/png"
        drawn = Image.open(io.BytesIO(shown.data))
        assert drawn.width == pictures.WIDEST
        assert abs(drawn.height - pictures.TALLEST) <= 1
    assert client.get(f"/documents/{digest}/page/3.png").status_code == 404
    assert client.get(f"/documents/{digest}/page/0.png").status_code == 404


def test_a_photograph_is_turned_upright_and_made_small(db: Session, sign_in: SignIn, tina: Actor) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    digest = keep(db, tina, image("JPEG", (3000, 2000), exif=exif))
    client = sign_in(tina)
    drawn = Image.open(io.BytesIO(client.get(f"/documents/{digest}/page/1.png").data))
    assert drawn.height > drawn.width
    assert drawn.height <= pictures.TALLEST
    assert client.get(f"/documents/{digest}/page/2.png").status_code == 404


def test_a_page_of_absurd_size_is_drawn_small() -> None:
    drawn = pictures.picture("absurd", pdf(1, (14400, 14400)), "application/pdf", 1)
    assert Image.open(io.BytesIO(drawn)).width <= pictures.WIDEST


def test_many_threads_may_draw_at_once() -> None:
    content, drawn = pdf(4), []

    def draw(n: int) -> None:
        drawn.append(pictures.picture(f"threads {n}", content, "application/pdf", 1 + n % 4))

    threads = [threading.Thread(target=draw, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 8


def test_only_the_last_pictures_are_remembered() -> None:
    content = image("PNG", (8, 8))
    for n in range(pictures.KEPT_PICTURES + 5):
        pictures.picture(f"remembered {n}", content, "image/png", 1)
    assert len(pictures._kept) == pictures.KEPT_PICTURES


def test_a_document_that_does_not_exist_is_not_found(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    assert client.get(f"/documents/{'0' * 64}").status_code == 404
    assert client.get("/documents/x/page/1.png").status_code == 404


def test_an_administrator_sees_no_document_and_is_told_who_may(sign_in: SignIn, adam: Actor, raw: Engine) -> None:
    shown = sign_in(adam).get(f"/documents/{factories.document(raw, pdf())}")
    assert shown.status_code == 403
    assert "pharmacist or technician or auditor" in shown.get_data(as_text=True)
