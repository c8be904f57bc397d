"""Every table of the program, gathered for Alembic."""

from __future__ import annotations

from pharmacy.accounts import models as _accounts
from pharmacy.actions import models as _actions
from pharmacy.db import Base
from pharmacy.dispensing import models as _dispensing
from pharmacy.documents import models as _documents
from pharmacy.formulary import models as _formulary
from pharmacy.labelling import models as _labelling
from pharmacy.patients import models as _patients
from pharmacy.premises import models as _premises
from pharmacy.preparations import models as _preparations
from pharmacy.prescriptions import models as _prescriptions
from pharmacy.screening import models as _screening
from pharmacy.stock import models as _stock
from pharmacy.verification import models as _verification

STEPS = (
    _actions,
    _accounts,
    _documents,
    _premises,
    _patients,
    _stock,
    _formulary,
    _screening,
    _prescriptions,
    _preparations,
    _labelling,
    _verification,
    _dispensing,
)
metadata = Base.metadata
