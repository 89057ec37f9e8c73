"""Keeps the models that were made here and which of them is in use: rows for ever."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from ulid import ULID

from linkage.model import MatchModel, read
from linkage.tables import model, model_activation


@dataclass(frozen=True, kw_only=True, slots=True)
class Activation:
    """Who put a model into use, when and why: the sign-off."""

    version: str
    author: str
    reason: str = field(repr=False)
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A model that was made here, and its newest activation."""

    version: str
    author: str
    made_at: datetime
    activation: Activation | None
    in_use: bool


class TamperedError(Exception):
    """A kept model is not what its version says."""


def add(session: Session, made: MatchModel, author: str) -> bool:
    """Keep a model; False where it was kept before."""
    values = {"version": made.version, "content": made.as_json(), "author": author}
    added = insert(model).values(values).on_conflict_do_nothing().returning(model.c.version)
    return session.scalar(added) is not None


def find(session: Session, version: str) -> MatchModel | None:
    """The model of a version, None where none is kept.

    Raises TamperedError, and ValueError where it was made for other features than are compared now.
    """
    text = session.scalar(select(model.c.content).where(model.c.version == version))
    if text is None:
        return None
    found = read(text)
    if found.version != version:
        raise TamperedError
    return found


def activate(session: Session, version: str, author: str, reason: str) -> str:
    """Put a kept model into use; the activation's id."""
    id_ = str(ULID()).lower()
    values = {"id": id_, "version": version, "author": author, "reason": reason}
    session.execute(insert(model_activation).values(values))
    return id_


def in_use(session: Session) -> str | None:
    """The version activated last, None where none ever was: then the shipped one is in use."""
    c = model_activation.c
    return session.scalar(select(c.version).order_by(c.made_at.desc(), c.id.desc()).limit(1))


def kept(session: Session) -> list[Kept]:
    """Every model that was made here, the oldest first."""
    c = model_activation.c
    newest = {
        row.version: Activation(
            version=row.version, author=row.author, reason=row.reason, made_at=row.made_at
        )
        for row in session.execute(select(model_activation).order_by(c.made_at, c.id))
    }
    used = in_use(session)
    rows = session.execute(
        select(model.c.version, model.c.author, model.c.made_at).order_by(
            model.c.made_at, model.c.version
        )
    )
    return [
        Kept(
            version=row.version,
            author=row.author,
            made_at=row.made_at,
            activation=newest.get(row.version),
            in_use=row.version == used,
        )
        for row in rows
    ]
