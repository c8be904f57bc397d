"""create_app: the configuration, the database, the blueprints, and what every request passes."""

from __future__ import annotations

from flask import Flask, current_app
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from pharmacy import cli, clock, logs, web
from pharmacy.access import PUBLIC, access
from pharmacy.accounts import views as accounts
from pharmacy.accounts.session import LoopbackAwareSessions, login_manager
from pharmacy.actions.acting import watch
from pharmacy.actions.models import AuditHead, altered_triggers
from pharmacy.calculators import views as calculators
from pharmacy.config import ROOT, Config
from pharmacy.db import make_engine
from pharmacy.desk import views as desk
from pharmacy.dispensing import views as dispensing
from pharmacy.documents import views as documents
from pharmacy.formulary import views as formulary
from pharmacy.labelling import views as labelling
from pharmacy.log import views as log
from pharmacy.migrations.run import is_current
from pharmacy.patients import views as patients
from pharmacy.premises import views as premises
from pharmacy.preparations import views as preparations
from pharmacy.prescriptions import views as prescriptions
from pharmacy.screening import views as screening
from pharmacy.stock import views as stock
from pharmacy.verification import views as verification

STEPS = (
    accounts,
    documents,
    premises,
    patients,
    stock,
    formulary,
    screening,
    prescriptions,
    preparations,
    calculators,
    labelling,
    verification,
    dispensing,
    log,
    desk,
)


def create_app(config: Config | None = None) -> Flask:
    """The application for one installation; the migrations must have run."""
    config = config or Config.from_environment()
    logs.configure()
    clock.set_zone(config.timezone)
    app = Flask("pharmacy", root_path=str(ROOT / "pharmacy"), template_folder=str(ROOT / "templates"))
    app.config.update(
        SECRET_KEY=config.secret_key(),
        MAX_CONTENT_LENGTH=12 * 2**20,
        MAX_FORM_MEMORY_SIZE=2**20,
        SESSION_COOKIE_NAME="triturate",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,  # the session ends sooner; a form must not
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = LoopbackAwareSessions()
    if config.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["config"] = config
    app.extensions["engine"] = engine = watch(make_engine(config.url))
    migrated = _is_migrated(config)
    # nothing is served without them, but the command that finds who altered the record must still run
    app.extensions["altered triggers"] = altered = altered_triggers(engine) if migrated else []
    app.extensions["ready"] = migrated and not altered
    CSRFProtect(app)
    Bootstrap5(app)
    # no page needs to know the user by itself, least of all the one that says the database is gone
    login_manager.init_app(app, add_context_processor=False)
    for step in STEPS:
        app.register_blueprint(step.bp)
    app.add_url_rule("/healthz", "healthz", _healthz)
    cli.install(app)
    web.install(app)
    return app


def _is_migrated(config: Config) -> bool:
    """Whether the database is there in its present shape. Alembic's own reads are no business of the guarded engine."""
    if not config.database.exists():
        return False
    engine = make_engine(config.url)
    try:
        return is_current(engine)
    except SQLAlchemyError:  # damaged, or no database: pages say so, and the commands still run, to bring a copy back
        return False
    finally:
        engine.dispose()


@access(PUBLIC)
def _healthz() -> tuple[str, int]:
    """Whether the database answers, with its triggers."""
    if current_app.extensions["altered triggers"]:
        return "the database has lost its triggers\n", 503
    if not current_app.extensions["ready"]:
        return "the database is not migrated\n", 503
    try:
        with current_app.extensions["engine"].connect() as connection:
            connection.execute(select(AuditHead.n)).all()
    except SQLAlchemyError:
        return "the database does not answer\n", 503
    return "ok\n", 200
