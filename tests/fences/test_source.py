"""What no line of the program does. Each failure says how to comply."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from pharmacy.actions.catalogue import Action
from pharmacy.log import words
from tests.fences.source import PROGRAM, ROOT, calls, docstrings, modules, set_attributes, texts, within

# --- SQL ---------------------------------------------------------------------------------------------------------

SQL = re.compile(
    r"^\s*(SELECT\b.+\bFROM\b|SELECT\s+\w+\(|INSERT\s+(OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\s+(OR\s+\w+\s+)?\w+\s+SET\b|"
    r"DELETE\s+FROM\b|(CREATE|DROP|ALTER)\s+(TEMP\s+)?(TABLE|VIEW|INDEX|TRIGGER|UNIQUE)\b|PRAGMA\b|ATTACH\b|VACUUM\b|"
    r"WITH\s+\w+\s+AS\b|BEGIN\s+IMMEDIATE\b)",
    re.IGNORECASE | re.DOTALL,
)
SQL_ALLOWED = {
    "pharmacy/actions/models.py": "the record's triggers, and the start-up check of them",
    "pharmacy/db.py": "pragmas and the kind of BEGIN",
    "pharmacy/backup.py": "SQLite's own integrity check",
}
DRIVER = re.compile(r"\.(exec_driver_sql|executescript|driver_connection|raw_connection)$")


def sql_in(tree: ast.Module) -> list[int]:
    """The lines that hold SQL text, or hand text to the database."""
    found = [node.lineno for node in texts(tree) if SQL.search(str(node.value))]
    for call, name in calls(tree):
        if (
            name in {"text", "sqlalchemy.text", "sa.text", "literal_column"}
            or DRIVER.search(name)
            or (name.endswith(".execute") and call.args and isinstance(call.args[0], (ast.Constant, ast.JoinedStr)))
        ):
            found.append(call.lineno)
    return sorted(set(found))


@pytest.mark.parametrize("path", [path for path in modules() if not path.startswith("pharmacy/migrations/")])
def test_sql_text_stands_in_migrations_and_triggers_only(path: str) -> None:
    if path in SQL_ALLOWED:
        assert sql_in(modules()[path]), f"{path} holds no SQL any more: take it out of SQL_ALLOWED"
    else:
        lines = sql_in(modules()[path])
        assert not lines, (
            f"{path}, lines {lines}: write it with SQLAlchemy's select(); the door records only what it sees"
        )


@pytest.mark.parametrize(
    "line",
    [
        'db.execute(text("x"))',
        'db.connection().exec_driver_sql("x")',
        'connection.execute(f"x {y}")',
        'a = "select id from lot"',
        'a = f"DELETE FROM {table}"',
        'a = "UPDATE lot SET x = 1"',
    ],
)
def test_the_fence_sees_sql_however_it_is_written(line: str) -> None:
    assert sql_in(ast.parse(line)) == [1]


@pytest.mark.parametrize("line", ['a = "Select a patient"', 'a = "Update the record"', "db.execute(select(Lot))"])
def test_the_fence_takes_no_words_for_sql(line: str) -> None:
    assert sql_in(ast.parse(line)) == []


# --- states ------------------------------------------------------------------------------------------------------

# Rows whose states have no table of transitions: each is set by its own verbs, which the permits hold to a state.
OWN_STATES = {
    "pharmacy/formulary/service.py": {"_approve_formula", "_retire_formula", "_withdraw_formula"},
    "pharmacy/labelling/packing.py": {"void_labels_within"},
    "pharmacy/screening/service.py": {"screen_within", "decide_row"},
    "pharmacy/stock/movements.py": {"release_made", "reject_made"},
    "pharmacy/stock/service.py": {"_release_lot", "_quarantine_lot", "_reject_lot"},
}
WITH_A_TABLE = ("prescriptions", "preparations", "verification", "dispensing", "desk", "log", "demo")


def states_set(tree: ast.Module) -> set[tuple[str, str]]:
    """The functions outside ``become`` that set a status, and the statements."""
    named = within(tree)
    found = {
        (named[part], said) for part, said in set_attributes(tree) if part.attr == "status" and named[part] != "become"
    }
    for call, name in calls(tree):
        if name == "setattr" and ast.unparse(call.args[1]) in {"'status'", "'since'"}:
            found.add((named[call], ast.unparse(call)))
        if name.endswith(".values") and any(word.arg == "status" for word in call.keywords):
            found.add((named[call], ast.unparse(call)))
    return found


@pytest.mark.parametrize("path", modules())
def test_a_state_changes_only_through_become(path: str) -> None:
    found = states_set(modules()[path])
    if path in OWN_STATES:
        assert not any(f"/{step}/" in path for step in WITH_A_TABLE)
        where = {function for function, _ in found}
        assert where == OWN_STATES[path], f"{path}: name the verb in OWN_STATES, or use become()"
    else:
        assert not found, f"{path}: {found}: call fill.become(Status.X, clock.now()), so that the one table decides"


def test_a_fill_and_a_preparation_begin_in_their_first_state() -> None:
    begun = {
        (name, ast.unparse(word.value))
        for tree in modules().values()
        for call, name in calls(tree)
        if name in {"Fill", "Preparation"}
        for word in call.keywords
        if word.arg == "status"
    }
    assert begun <= {("Fill", "Status.ENTERED.value"), ("Preparation", "Making.PLANNED.value")}, begun


@pytest.mark.parametrize(
    "line", ["fill.status = x", "a, fill.status = 1, 2", "setattr(fill, 'status', x)", "update(Fill).values(status=x)"]
)
def test_the_fence_sees_a_state_however_it_is_set(line: str) -> None:
    assert len(states_set(ast.parse(line))) == 1


# --- time, numbers -----------------------------------------------------------------------------------------------

TELLS_TIME = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))$")


def asks_time(tree: ast.Module) -> list[int]:
    return [call.lineno for call, name in calls(tree) if TELLS_TIME.search(name)]


@pytest.mark.parametrize("path", [path for path in modules() if path != "pharmacy/clock.py"])
def test_only_the_clock_asks_the_time(path: str) -> None:
    lines = asks_time(modules()[path])
    assert not lines, (
        f"{path}, lines {lines}: use clock.now() or clock.today(), which know the pharmacy's wall calendar"
    )


@pytest.mark.parametrize("line", ["datetime.now(UTC)", "datetime.datetime.now()", "date.today()", "time.time()"])
def test_the_fence_sees_who_asks_the_time(line: str) -> None:
    assert asks_time(ast.parse(line)) == [1]


DRAWING = {"pharmacy/preparations/paper.py", "pharmacy/dispensing/calendar_paper.py"}  # places on paper, never amounts
# The one approximate number of the domain: text that says "about", which nothing is computed from.
APPROXIMATE = {"pharmacy/domain/expected_share.py": "share_outside"}
EXACT_MATH = {"isqrt", "gcd", "lcm", "ceil", "floor"}


def inexact(tree: ast.Module) -> list[tuple[int, str]]:
    """Floats, whatever makes them, and whole numbers divided into one."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            found.append((node.lineno, repr(node.value)))
        if isinstance(node, ast.Name) and node.id == "float":
            found.append((node.lineno, "float"))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "math" and node.attr not in EXACT_MATH:
            found.append((node.lineno, ast.unparse(node)))
        if isinstance(node, ast.ImportFrom) and node.module in {"math", "statistics"}:
            found += [(node.lineno, one.name) for one in node.names if one.name not in EXACT_MATH]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _whole(node.left) and _whole(node.right):
            found.append((node.lineno, ast.unparse(node)))
    return found


def _whole(node: ast.AST) -> bool:
    """Whether it is a whole number for certain: ``/`` between two of them is a float."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in {"len", "int", "round"}
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Div):
        return _whole(node.left) and _whole(node.right)
    return False


@pytest.mark.parametrize("path", [path for path in modules() if path not in DRAWING and path not in APPROXIMATE])
def test_no_amount_is_a_float(path: str) -> None:
    found = inexact(modules()[path])
    assert not found, f"{path}: {found}: use Decimal or Fraction, and domain.quantity for what has a unit"


@pytest.mark.parametrize(("path", "function"), APPROXIMATE.items())
def test_the_one_approximate_number_leaves_its_function_as_text(path: str, function: str) -> None:
    tree = modules()[path]
    assert inexact(tree), f"{path} holds no float any more: take it out of APPROXIMATE"
    (only,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert only.name == function
    assert only.returns is not None
    assert ast.unparse(only.returns) == "str", "what comes out is read by people, never computed with again"
    assert {ast.unparse(one.annotation) for one in only.args.args if one.annotation} == {"Fraction"}


@pytest.mark.parametrize(
    "line",
    ["a = 0.5", "a = float(b)", "math.sqrt(2)", "from math import sqrt", "a = 1 / 3", "a = len(b) / (len(c) - 1)"],
)
def test_the_fence_sees_a_float_however_it_comes(line: str) -> None:
    assert inexact(ast.parse(line))


# --- log lines ---------------------------------------------------------------------------------------------------

LOGGED = {"endpoint", "person", "kind", "place"}
LEVELS = {"debug", "info", "warning", "warn", "error", "critical", "exception", "msg", "log"}


def loose_log_lines(tree: ast.Module) -> list[str]:
    """Log lines that could say more than what happened, where, and whose number; and other ways to write one."""
    found = []
    for call, name in calls(tree):
        *owner, verb = name.split(".")
        if owner and owner[-1] in {"log", "logger", "_log"} and verb in LEVELS:
            constant = len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
            if not constant or not {word.arg for word in call.keywords} <= LOGGED:
                found.append(ast.unparse(call))
        if name == "print" or name.startswith("logging.") or name.endswith(("log.bind", "bind_contextvars")):
            found.append(ast.unparse(call))
    return found


@pytest.mark.parametrize("path", modules())
def test_no_log_line_can_hold_patient_data(path: str) -> None:
    found = loose_log_lines(modules()[path])
    assert not found, f"{path}: {found}: log a constant word, and of these only: {sorted(LOGGED)}"


@pytest.mark.parametrize(
    "line",
    ['log.info(f"{name}")', 'log.info("x", patient=1)', 'log.error("x", **all)', "print(1)", 'logging.info("x")',
     'current_app.logger.info("x %s", name)'],
)  # fmt: skip
def test_the_fence_sees_a_loose_log_line(line: str) -> None:
    assert loose_log_lines(ast.parse(line))


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", Action)
def test_every_action_has_its_sentence(action: Action) -> None:
    sentence = words.SENTENCES.get(action, "")
    assert sentence, f"Write the sentence of {action.name} in log/words.py: the log tells people, not codes"
    assert sentence.endswith(tuple("abcdefghijklmnopqrstuvwxyz}s")), (
        f"{action.name}: who did it stands before, no full stop"
    )


def test_the_log_has_no_sentence_of_what_nobody_can_do() -> None:
    assert set(words.SENTENCES) == set(Action)
    assert set(words.MARKS) <= set(Action)


def test_no_two_actions_are_told_alike() -> None:
    assert len(set(words.SENTENCES.values())) == len(words.SENTENCES)


OF_ONE_MACHINE = re.compile(r"(?<![\w.~{}\-/])/(?:work|tmp|home|root|Users|mnt|private)/[\w.]")
NEVER = re.compile(r"\b(?:sub-?agents?|llm|chatgpt|claude|copilot|openai|anthropic|ai[- ]generated)\b", re.IGNORECASE)
UNREADABLE = {".ttf", ".otf", ".woff", ".woff2", ".png", ".jpg", ".jpeg", ".pdf", ".ico", ".gz"}


def committed() -> list[str]:
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        pytest.skip("this is no git checkout: what belongs to the repository is not known")
    return [name for name in told.stdout.splitlines() if (ROOT / name).suffix not in UNREADABLE]


def test_the_repository_speaks_of_the_product_alone() -> None:
    """No path of one machine, and nothing of who or what wrote it."""
    own = "tests/fences/test_source.py"
    bad = []
    for name in committed():
        path = ROOT / name
        if name == own or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if OF_ONE_MACHINE.search(line) or NEVER.search(line):
                bad.append(f"{name}:{number}: {line.strip()[:90]}")
    assert not bad, "write a path from the repository's root, and of the product alone:\n" + "\n".join(bad)


def test_public_functions_of_the_core_say_what_they_are() -> None:
    silent = []
    for path in ("domain", "rules"):
        for name, tree in modules(PROGRAM / path).items():
            told = docstrings(tree)
            for node in tree.body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                    first = node.body[0]
                    if not (isinstance(first, ast.Expr) and first.value in told):
                        silent.append(f"{name}:{node.lineno} {node.name}")
    assert not silent, f"say what it is, with its unit and the source of the formula: {silent}"
