"""nbgrader's database: connections, transactions, creation. SQLite in a file, or a server by URL."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import Course
from autograder.gradebook import tables
from autograder.mistakes import Mistake

BUSY_S = 60  # how long to wait for another program's transaction on the same SQLite file
_ADVISORY_LOCK = 0x6E62_6772  # any number that all writers of one PostgreSQL database agree on


class GradebookError(Mistake):
    """The gradebook cannot be read or written; the sentence says what to do."""


@contextmanager
def writing(course: Course) -> Iterator[Connection]:
    """One transaction that no other writer overlaps; committed at the end, rolled back on any exception.

    Creates the database where there is none. Raises GradebookError.
    """
    with _named_errors(course):
        engine = _engine(course.database_url, exclusive=True)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            _create_if_missing(connection, course)
            yield connection


@contextmanager
def reading(course: Course) -> Iterator[Connection | None]:
    """A connection to read with, or None where there is no gradebook yet. Raises GradebookError."""
    url = course.database_url
    if not _exists(url):
        yield None
        return
    with _named_errors(course), _engine(url, exclusive=False).connect() as connection:
        yield connection if inspect(connection).has_table("assignment") else None


def new_id() -> str:
    """An identifier as nbgrader makes them."""
    return uuid4().hex


@functools.lru_cache(maxsize=16)
def _engine(url: str, *, exclusive: bool) -> Engine:
    """An engine. An SQLite file is opened anew for each transaction, for it may have been replaced."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sqlalchemy.create_engine(url, pool_pre_ping=True)
    engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Taking the write lock at once avoids the one deadlock SQLite has: two readers that both want to
        # write.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")

    return engine


def _exists(url: str) -> bool:
    """Whether there may be something to read; opening an SQLite file that is not there would create it."""
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        return True  # reported by whoever connects
    return parsed.get_backend_name() != "sqlite" or not parsed.database or Path(parsed.database).exists()


def _create_if_missing(connection: Connection, course: Course) -> None:
    """Make nbgrader's tables and this course's row within the transaction: never half of them."""
    if not inspect(connection).has_table("assignment"):
        _create(connection)
    known = connection.scalar(sqlalchemy.select(tables.course.c.id).where(tables.course.c.id == course.id))
    if known is None:
        connection.execute(tables.course.insert().values(id=course.id))


def _create(connection: Connection) -> None:
    """Create the tables from nbgrader's own models, marked with the version that its migrations expect."""
    import nbgrader
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from nbgrader.api import Base

    Base.metadata.create_all(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(nbgrader.__file__).parent / "alembic"))
    version = ScriptDirectory.from_config(config).get_current_head()
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    connection.execute(
        text("INSERT INTO alembic_version (version_num) VALUES (:version)"), {"version": version}
    )
    # nbgrader looks its rows up by notebook, but only has an index by cell: without these its pages slow down
    # with the square of the class.
    connection.execute(text("CREATE INDEX grade_by_notebook ON grade (notebook_id)"))
    connection.execute(text("CREATE INDEX comment_by_notebook ON comment (notebook_id)"))


@contextmanager
def _named_errors(course: Course) -> Iterator[None]:
    """Turn errors of the database into GradebookError with the reason and what helps."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise GradebookError(
            f"The gradebook's URL cannot be used ({error}). It stands under `gradebook` in course.yaml; "
            " PostgreSQL needs the extra: pip install 'autograder[postgres]'."
        ) from error
    except DBAPIError as error:
        shown = sqlalchemy.make_url(course.database_url).render_as_string(hide_password=True)
        reason = str(error.orig)
        if "locked" in reason:
            help_ = f"Another program has kept it locked for {BUSY_S} s; close it and run this again."
        elif "no such column" in reason or "no such table" in reason or "does not exist" in reason:
            help_ = "It was made by another version of nbgrader: back it up, then run `nbgrader db upgrade`."
        else:
            help_ = "Nothing of this submission was written; see to it and run this again."
        raise GradebookError(f"The gradebook {shown}: {reason.strip()}. {help_}") from error
    except SQLAlchemyError as error:
        raise GradebookError(f"The gradebook could not be used: {error}.") from error
