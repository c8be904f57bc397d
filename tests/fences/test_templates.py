"""What no template holds: the content security policy lets the browser run and paint nothing that stands inside a page."""

from __future__ import annotations

import re

import pytest

from tests.fences.source import ROOT, templates

COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
FORBIDDEN = {
    re.compile(r"\bstyle\s*=\s*[\"'\\{]", re.IGNORECASE): "a style inside a tag: give it a class of triturate.css",
    re.compile(r"<style\b", re.IGNORECASE): "a style sheet inside a page: put it into triturate.css",
    re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE): "a script inside a page: put it into static/script.js",
    re.compile(r"[\s\"'(,]on[a-z]+\s*=\s*[\"'\\]", re.IGNORECASE): "an event attribute: listen in static/script.js",
    re.compile(r"javascript:", re.IGNORECASE): "a javascript: address: listen in static/script.js",
    re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE): "another machine: ship it in static",
    re.compile(r"\|\s*safe\b|\bMarkup\(|autoescape\s+false", re.IGNORECASE): "unescaped text: let Jinja escape it",
    re.compile(r"<form\b(?![^>]*\bmethod\s*=\s*[\"'](?:post|dialog)[\"'])", re.IGNORECASE): (
        'a form without method="post": what is searched for would stand in the address'
    ),
}


def found_in(text: str) -> list[str]:
    """What is wrong with the template, and how to comply."""
    bare = COMMENT.sub("", text)
    return [
        f"{match.group(0).strip()!r} is {why}" for pattern, why in FORBIDDEN.items() for match in pattern.finditer(bare)
    ]


@pytest.mark.parametrize("path", templates())
def test_a_page_holds_no_style_no_script_and_no_other_machine(path: str) -> None:
    found = found_in(templates()[path])
    assert not found, f"{path}: {found}"


@pytest.mark.parametrize(
    "line",
    [
        '<p style="color: red">',
        "{{ form.name(style='x') }}",
        "<style>p {}</style>",
        "<script>alert(1)</script>",
        '<button onclick="x()">',
        "{{ form.name(onchange='x()') }}",
        '<a href="javascript:x()">',
        '<script src="https://elsewhere.example/x.js"></script>',
        "{{ name|safe }}",
        '<form action="/find">',
        '<form method="get">',
    ],
)
def test_the_fence_sees_it_however_it_is_written(line: str) -> None:
    assert found_in(line)


@pytest.mark.parametrize(
    "line", ['<script src="/static/x.js" defer></script>', '<form class="a" method="post">', "<p>Restyle = new</p>"]
)
def test_the_fence_lets_pass_what_is_right(line: str) -> None:
    assert not found_in(line)


LINK = re.compile(r"url_for\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
# ids, numbers, digests, lines of a plan, names of settings and label stocks: nothing that tells who somebody is
IN_ADDRESSES = re.compile(
    r"\w+_id|again|attribute|container|entries|filename|fill|key|line|n|page|patient|sha256|step|stock"
)


@pytest.mark.parametrize("path", templates())
def test_an_address_holds_numbers_and_never_a_name(path: str) -> None:
    for match in LINK.finditer(templates()[path]):
        for word in re.findall(r"(\w+)\s*=(?!=)", match.group(1)):
            assert IN_ADDRESSES.fullmatch(word), f"{path}: {match.group(0)}: post {word}, do not put it into an address"


def test_the_scripts_own_file_makes_no_style_and_no_text_into_program() -> None:
    script = (ROOT / "pharmacy/static/script.js").read_text(encoding="utf-8")
    for wrong in (r"\beval\(", r"new Function", r"document\.write", r"setAttribute\([\"']style", r"https?://"):
        assert not re.search(wrong, script), f"static/script.js: {wrong}"
