"""Whatever a label is to say: it is printed whole and proved, or refused in one sentence. Nothing else ever happens."""

from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from labels import AuxiliaryLabel, LabelContent, LabelOverflow, MissingGlyph, render
from labels.content import printed
from labels.proof import proof
from labels.stock import STOCKS
from labels.symbols import SYMBOLS

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéñłŐễỄĐđЖщё’-.()/½µ°≤"
plain_words = some.text(LETTERS, min_size=1, max_size=14)
amounts = some.sampled_from(
    ["1", "2", "4.5", "0.25", "14", "½", "1,000", "20–25", "(0.5", "mg)", "mL", "1.5\u00a0mg", "2,"]
)
words = some.one_of(plain_words, amounts, amounts)


def phrases(most: int) -> some.SearchStrategy[str]:
    return some.lists(words, min_size=1, max_size=most).map(" ".join)


anything = some.text(max_size=60)
codes = some.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=12)
long_codes = some.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=45)
warnings = some.lists(
    some.builds(
        AuxiliaryLabel,
        text=phrases(12),
        symbol=some.one_of(some.none(), some.sampled_from([*SYMBOLS, "no such drawing"])),
        weight=some.integers(0, 100),
    ),
    max_size=8,
).map(tuple)

contents = some.builds(
    LabelContent,
    patient=some.one_of(phrases(6), phrases(30)),
    drug=phrases(8),
    directions=some.one_of(phrases(12), phrases(60), phrases(160)),
    purpose=some.one_of(some.none(), phrases(5)),
    do_not_use_after=some.dates(date(2000, 1, 1), date(2999, 12, 31)),
    container=some.just(1),
    containers=some.integers(1, 12),
    warnings=warnings,
    statement=some.just("Compounded preparation. Not FDA-approved. Off-label use. Rx only"),
    quantity=phrases(3),
    filled_on=some.dates(date(2000, 1, 1), date(2999, 12, 31)),
    lot=codes,
    route=some.just("By mouth"),
    refills=some.one_of(some.just(""), phrases(6)),
    prescriber=phrases(5),
    storage=phrases(8),
    description=some.one_of(some.just(""), phrases(8)),
    pharmacy_name=phrases(5),
    pharmacy_address=phrases(8),
    pharmacy_phone=some.just("(555) 555-0100"),
    fill_number=codes,
    serial=some.one_of(codes, codes, long_codes),
)


def printed_and_proved_or_refused(content: LabelContent, code: str) -> LabelOverflow | None:
    """The refusal, if it was refused; any other error goes through."""
    try:
        pdf = render(content, STOCKS[code])
    except LabelOverflow as refusal:
        return refusal
    proof(pdf, content, STOCKS[code])
    return None


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=contents, code=some.sampled_from([*STOCKS]))
def test_every_label_is_proved_or_refused(content: LabelContent, code: str) -> None:
    refusal = printed_and_proved_or_refused(content, code)
    if refusal:
        assert refusal.message.endswith(".")
        assert refusal.stock_that_would_do != code
        if refusal.stock_that_would_do:
            assert printed_and_proved_or_refused(content, refusal.stock_that_would_do) is None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patient=anything, directions=anything, code=some.sampled_from([*STOCKS]))
def test_any_characters_at_all_are_proved_or_refused(
    capsule: LabelContent, patient: str, directions: str, code: str
) -> None:
    content = replace(capsule, patient=f"A {patient}", directions=f"Take {directions}")
    refusal = printed_and_proved_or_refused(content, code)
    if isinstance(refusal, MissingGlyph):
        assert refusal.character in printed(patient + directions)
