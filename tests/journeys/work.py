"""The stages of the work as people do them on the pages: typed, read off the page, clicked or pressed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import pypdfium2
import zxingcpp
from playwright.sync_api import Locator, Page, expect

from pharmacy.demo import paper
from pharmacy.domain.dates import day_text
from tests.journeys.browser import Visitor
from tests.journeys.people import PIN


@dataclass(frozen=True)
class Patient:
    """A patient as Tina types one in."""

    given: str
    family: str
    born: str
    phone: str
    medicines: tuple[tuple[str, str], ...] = ()
    """Name as told, and how it is taken; none at all is "asked: none"."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Doctor:
    """A prescriber as Tina types one in; the NPI's check digit fits."""

    given: str
    family: str
    npi: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Ordered:
    """What stands on the prescription."""

    strength: str
    quantity: str
    form: str = "capsule"
    amount: str = "1"
    refills: str = "3"
    purpose: str = "fibromyalgia"
    caller: str = ""
    """Who telephoned; empty where paper came."""


def add_patient(visitor: Visitor, patient: Patient) -> None:
    """Enter a patient, then the list of medicines that the program asks for next."""
    page = visitor.page
    visitor.go("/patients")
    page.get_by_role("link", name="Add a patient").click()
    type_into(page, "given_name", patient.given)
    type_into(page, "family_name", patient.family)
    type_into(page, "born", patient.born)
    page.get_by_label("Sex").select_option("female")
    page.get_by_label("Pregnant").select_option("no")
    page.get_by_label("Breast-feeding").select_option("no")
    type_into(page, "street", "12 Bindweed Walk")
    type_into(page, "town", "Sampleton, IL 00000")
    type_into(page, "phone", patient.phone)
    page.get_by_label("Asked: no known allergies or sensitivities").check()
    visitor.look("entry-patient")
    page.keyboard.press("Control+s")
    arrive(page, "Medicines taken")
    tell_medicines(visitor, patient)


def tell_medicines(visitor: Visitor, patient: Patient) -> None:
    """Type the list of medicines on its page, or that there are none."""
    page = visitor.page
    for number, (name, use) in enumerate(patient.medicines, 1):
        page.get_by_label(f"Medicine {number}, name as told").fill(name)
        page.get_by_label(f"Medicine {number}, taken").select_option(use)
    if not patient.medicines:
        page.get_by_label("Asked: the patient takes no medicine at all").check()
    visitor.look("entry-medicines")
    page.keyboard.press("Control+s")
    arrive(page, patient.name)


def add_prescriber(visitor: Visitor, doctor: Doctor) -> None:
    """Enter a prescriber; a wrong check digit is refused first, with nothing lost."""
    page = visitor.page
    visitor.go("/prescribers")
    page.get_by_role("link", name="Add a prescriber").click()
    type_into(page, "given_name", doctor.given)
    type_into(page, "family_name", doctor.family)
    type_into(page, "credentials", "MD")
    type_into(page, "npi", doctor.npi[:-1] + str((int(doctor.npi[-1]) + 1) % 10))
    type_into(page, "licence", "MD-00077")
    page.get_by_label("State of the licence").select_option("IL")
    type_into(page, "phone", "555-0177")
    with visitor.expecting(422):
        page.keyboard.press("Control+s")
    expect(page.locator("#npi")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#family_name")).to_have_value(doctor.family)
    visitor.look("entry-prescriber-refused")
    type_into(page, "npi", doctor.npi)
    page.keyboard.press("Control+s")
    arrive(page, doctor.name)


def arrive(page: Page, heading: str) -> None:
    """Wait for the page of that heading, and until its script listens to the keys."""
    page.get_by_role("heading", name=heading).wait_for()
    page.wait_for_load_state("load")


def type_into(page: Page, field_id: str, text: str) -> None:
    """Put the text into the field of that id, in place of what stood there."""
    page.locator(f"#{field_id}").fill(text)


def tab_to(page: Page, field_id: str, most: int = 4) -> None:
    """Go on with the Tab key until that field has the focus: no mouse, and the order of the paper."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.textContent")
        if here == field_id:
            return
        passed.append(here)
    raise AssertionError(f"Tab does not lead to {field_id}, but over {passed}")


def enter_prescription(visitor: Visitor, patient: Patient, doctor: Doctor, order: Ordered) -> str:
    """Type a prescription from its first field to its last with the keyboard alone; its fill's number comes back."""
    page, keys = visitor.page, visitor.page.keyboard
    visitor.go("/")
    keys.press("n")
    arrive(page, "New prescription")
    keys.press("Alt+1")
    expect(page.locator("#written_on")).to_be_focused()
    keys.type(day_text(date.today() - timedelta(days=1)))
    tab_to(page, "came_by")
    page.locator("#came_by").select_option("telephone" if order.caller else "paper")
    if order.caller:
        tab_to(page, "caller")
        keys.type(order.caller)
        tab_to(page, "read_back")
        keys.press("Space")
    else:
        original = original_of(patient, doctor, order)
        page.locator("#original").set_input_files({"name": "rx.pdf", "mimeType": "application/pdf", "buffer": original})
    keys.press("Alt+2")
    expect(page.locator("#patient")).to_be_focused()
    choose(page, "patient", patient.family)
    tab_to(page, "prescriber")
    choose(page, "prescriber", doctor.family)
    tab_to(page, "form")
    page.locator("#form").select_option(order.form)
    tab_to(page, "strength")
    keys.type(order.strength)
    tab_to(page, "steps-0-amount")
    keys.type(order.amount)
    keys.press("Alt+6")
    expect(page.locator("#quantity")).to_be_focused()
    keys.type(order.quantity)
    tab_to(page, "refills")
    keys.press("Control+a")
    keys.type(order.refills)
    tab_to(page, "purpose")
    keys.type(order.purpose)
    expect(page.locator("#data-preview-target .sentence")).to_contain_text("by mouth at bedtime")
    expect(page.locator("#data-preview-target")).to_contain_text("days")
    visitor.look(f"entry-prescription-{order.form}")
    keys.press("Control+s")
    arrive(page, "Clinical review")
    return fill_number(page)


def choose(page: Page, field_id: str, text: str) -> None:
    """Pick somebody in a combobox: type, wait for what is found, Enter."""
    page.keyboard.type(text)
    expect(page.locator(f"#{field_id}-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(f"#{field_id}-picked")).to_contain_text(text)


def fill_number(page: Page) -> str:
    """The number of the fill that the page is about."""
    found = re.search(r"\d{6}-\d\d", page.locator(".subject").inner_text())
    assert found, page.locator(".subject").inner_text()
    return found[0]


def original_of(patient: Patient, doctor: Doctor, order: Ordered) -> bytes:
    """The prescriber's own page, as a PDF."""
    lines = (
        f"naltrexone HCl {order.strength} mg {order.form}",
        f"Take {order.amount} by mouth at bedtime.",
        f"Dispense {order.quantity}, refills {order.refills}",
        f"For {order.purpose}",
    )
    written = day_text(date.today() - timedelta(days=1))
    return paper.prescription(f"{doctor.name}, MD", f"{patient.name}, born {patient.born}", written, lines)


# --- the review ---------------------------------------------------------------------------------------------------------


def open_from_queue(visitor: Visitor, fill: str, verb: str) -> None:
    """From the queue to where the fill waits, by the row's one button."""
    visitor.go("/")
    row = visitor.page.locator("tr").filter(has_text=fill)
    row.get_by_role("link", name=verb).click()
    visitor.settle()


def confirm_medicines(visitor: Visitor) -> None:
    """Say on the review's page that the list was asked for and stands."""
    visitor.page.get_by_role("button", name=re.compile("Asked (now|again)")).click()
    visitor.page.locator(".same", has_text="confirmed").wait_for()


def decide_each(visitor: Visitor, reason: str, doctor: Doctor) -> list[str]:
    """Decide every open finding in its own form, as far as it may be decided; the titles that were decided."""
    page, decided = visitor.page, list[str]()
    while (forms := page.get_by_role("form", name=re.compile("^Decide: "))).count():
        form = forms.first
        decided.append((form.get_attribute("aria-label") or "").removeprefix("Decide: "))
        form.get_by_label(re.compile("^Reason")).fill(reason)
        if (spoke := form.get_by_label(re.compile("^Spoke with"))).count():
            spoke.fill(doctor.name)
            form.get_by_label("When").fill(page.evaluate(NOW))
        if (secret := form.get_by_label(re.compile("^Sign with"))).count():
            secret.fill(PIN)
        count = forms.count()
        form.get_by_role("button", name="Record decision").click()
        expect(forms).to_have_count(count - 1)
    return decided


NOW = """() => { const d = new Date(); const two = n => String(n).padStart(2, "0");
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`; }"""


def accept(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Accept the fill").click()
    visitor.page.get_by_text("The fill is accepted.").wait_for()


# --- the bench ----------------------------------------------------------------------------------------------------------


@dataclass
class Made:
    """What was read off the pages of a preparation."""

    lot: str = ""
    beyond_use: str = ""
    weighed: list[str] = field(default_factory=list)


def plan_lot(visitor: Visitor, look: str) -> None:
    """Plan a lot for the fill whose containers' page is open."""
    page = visitor.page
    page.get_by_role("link", name="Prepare a lot for this fill").click()
    arrive(page, "Plan a preparation")
    page.get_by_role("link", name=re.compile("^Plan ")).first.click()
    page.get_by_role("button", name="Plan this lot").wait_for()
    expect(page.locator("#data-preview-target section > .calc li").first).to_be_visible()
    visitor.look(f"{look}-plan")
    page.get_by_role("button", name="Plan this lot").click()
    page.locator("form.weigh").wait_for()
    visitor.settle()


def weigh_all(visitor: Visitor, look: str) -> Made:
    """Record every line: the target is read off the page, the container's number too, and typed as a scanner does."""
    page, made = visitor.page, Made()
    found = re.search(r"lot\s(\S+)", page.locator(".subject").inner_text())
    assert found
    made.lot = found[1]
    while page.locator("#reading").count():
        head = page.locator(".weigh-head").inner_text()
        what = page.locator(".weigh .what").inner_text()
        target = page.locator(".weigh .huge").first.inner_text().split()[0].replace(",", "")
        type_into(page, "reading", target)
        page.keyboard.press("Enter")
        lot = re.search(r"lot\s(\S+)$", what)
        if lot:
            expect(page.locator("#lot")).to_be_focused()
            if not made.weighed:
                visitor.look(f"{look}-weigh-scan")
            page.keyboard.type(lot[1])
            page.keyboard.press("Enter")
        expect(page.locator(".weigh-head")).not_to_have_text(head)
        made.weighed.append(what)
    return made


def weigh_capsules(visitor: Visitor, look: str) -> None:
    """Weigh the sample capsule by capsule: a number and Enter each, some a little off, as capsules are."""
    page = visitor.page
    found = re.search(r"target\s([\d.,]+)\smg", page.locator(".weigh-body").inner_text())
    assert found
    fields = page.locator("[data-grid] input")
    fields.first.focus()
    for number in range(fields.count()):
        expect(fields.nth(number)).to_be_focused()
        page.keyboard.type(f"{float(found[1]) + ((number * 7) % 11 - 5) * 0.6:.1f}")
        page.keyboard.press("Tab" if number % 2 else "Enter")
    visitor.look(f"{look}-capsules")
    page.keyboard.press("Control+s")
    arrive(page, "Checks")


def check_all(visitor: Visitor, look: str) -> None:
    """Look at what the formula asks for, and record what is seen."""
    page = visitor.page
    for row in page.locator(".check-row").all():
        expected = row.locator("p").first.inner_text().removeprefix("Expected:").strip()
        row.get_by_label("What you see").fill(expected[:200])
        row.get_by_label("as expected", exact=True).check()
    visitor.look(f"{look}-checks")
    page.keyboard.press("Control+s")
    arrive(page, "Yield and finish")


def finish(visitor: Visitor, amount: str, look: str) -> str:
    """Write the yield; the path of the lot's record comes back."""
    page = visitor.page
    type_into(page, "amount", amount)
    visitor.look(f"{look}-finish")
    page.keyboard.press("Control+s")
    arrive(page, "Compounding record")
    expect(page.locator(".delivered")).to_contain_text("% of the label")
    return page.url.removeprefix(visitor.base)


def release(visitor: Visitor, lot: str, secret: str, look: str) -> None:
    """Read the record of a finished lot and release it, signed."""
    page = visitor.page
    open_from_queue(visitor, lot, "Release")
    visitor.look(f"{look}-release", phone=True)
    page.get_by_label("Your password or PIN").first.fill(secret)
    page.get_by_role("button", name="Release and sign").click()
    page.get_by_text("Released and signed.").wait_for()


# --- container, label, check, hand-over ---------------------------------------------------------------------------------


def pack(visitor: Visitor) -> None:
    """Put what the page proposes into the containers."""
    visitor.page.get_by_role("button", name="Record what is packed").click()
    arrive(visitor.page, "Look at the label, then issue it")


def issue_label(visitor: Visitor, stock: str, look: str) -> str:
    """Issue the label on that stock; the path of its PDF comes back."""
    page = visitor.page
    page.get_by_role("link", name=stock).click()
    button = page.get_by_role("button", name=re.compile(f"Issue the label on {stock}"))
    button.wait_for()
    visitor.look(f"{look}-label-draft")
    button.click()
    printing = page.get_by_role("link", name=re.compile("^Print"))
    printing.wait_for()
    visitor.look(f"{look}-label-issued", phone=True)
    path = printing.get_attribute("href")
    assert path
    return path


@dataclass(frozen=True)
class ReadBack:
    """What a printed label says to an eye and to a scanner."""

    text: str
    barcodes: dict[str, list[str]]
    """What a scanner reads, by the kind of bar code."""
    size_in: tuple[float, float]
    pages: int


def read_label(pdf: bytes) -> ReadBack:
    """The text of the PDF and, from a picture of it at the resolution of a label printer, its barcode."""
    document = pypdfium2.PdfDocument(pdf)
    texts, codes = [], dict[str, list[str]]()
    for page in document:
        texts.append(page.get_textpage().get_text_bounded())
        picture = page.render(scale=203 / 72).to_pil()
        for found in zxingcpp.read_barcodes(picture):
            codes.setdefault(found.format.name, []).append(found.text)
    width, height = document[0].get_size()
    text = re.sub(r"\s+", " ", " ".join(texts))  # a no-break space too
    return ReadBack(text, codes, (round(width / 72, 2), round(height / 72, 2)), len(document))


def verify(visitor: Visitor, fill: str, secret: str, look: str) -> None:
    """Compare everything side by side, tick, sign."""
    page = visitor.page
    open_from_queue(visitor, fill, "Verify")
    arrive(page, "Final verification")
    visitor.look(f"{look}-verification")
    page.get_by_label(re.compile("I have compared")).check()
    page.get_by_label("Your password or PIN").fill(secret)
    page.get_by_role("button", name="Approve and sign").click()
    page.get_by_text("Verified and signed. The fill waits for pick-up.").wait_for()


def hand_over(visitor: Visitor, fill: str, scans: list[str], pharmacist: str, look: str) -> None:
    """Scan each container, say to whom, tick what was told, name the pharmacist who talked."""
    page = visitor.page
    open_from_queue(visitor, fill, "Hand over")
    visitor.look(f"{look}-hand-over")
    fields = page.get_by_label(re.compile("^Bar code of"))
    expect(fields).to_have_count(len(scans))
    expect(fields.first).to_be_focused()
    for scan in scans:
        page.keyboard.type(scan)
        page.keyboard.press("Enter")  # as a scanner does: it goes on, and hands nothing over
    expect(page.get_by_role("button", name="Hand over")).to_be_visible()
    page.get_by_label("The patient", exact=True).check()
    page.get_by_label("Done", exact=True).check()
    points = page.get_by_role("group", name="Tick what was told").get_by_role("checkbox")
    assert points.count() >= 5
    for point in points.all():
        point.check()
    page.get_by_label("Counselled by (a pharmacist)").select_option(label=pharmacist)
    page.get_by_role("button", name="Hand over").click()
    arrive(page, "Who got it")
    visitor.look(f"{look}-handed-over", phone=True)


def finding(page: Page, level: str) -> Locator:
    """The open findings of that level."""
    return page.locator(f".finding-{level}")
