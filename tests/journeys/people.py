"""Who walks through the journeys, and how they sign in: through the real form, as anybody does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.journeys.browser import Visitor
from tests.journeys.server import Server

PASSWORD = "correct-horse-battery-staple"
PIN = "864209"

NAMES = {
    "tina": "Tina Mallow",
    "paul": "Paul Sorrel",
    "pia": "Pia Larkspur",
    "ada": "Ada Quill",
    "nora": "Nora Fennimore",
    "adam": "Adam Thyme",
}


@dataclass(frozen=True)
class SignIns:
    """The sign-ins that a demonstration wrote to its file, by sign-in name."""

    passwords: dict[str, str]

    @classmethod
    def of(cls, server: Server) -> SignIns:
        lines = (server.data / "demo-sign-ins.txt").read_text(encoding="utf-8").splitlines()
        found = (re.search(r"signs in as (\w+)\s+with (\S+)$", line) for line in lines)
        return cls({match[1]: match[2] for match in found if match})


def sign_in(visitor: Visitor, name: str, password: str = PASSWORD) -> Visitor:
    """Sign in through the form, and stand at the queue."""
    page = visitor.page
    visitor.go("/sign-in")
    page.get_by_label("Name you sign in with").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.get_by_text(NAMES[name]).first.wait_for()
    return visitor
