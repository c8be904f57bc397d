"""The blueprint that the pages of this step hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("formulary", __name__)
