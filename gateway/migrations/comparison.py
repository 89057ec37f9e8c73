"""In what models and database are compared when a migration is drafted or checked."""

from sqlalchemy import ForeignKeyConstraint


def compared(thing: object, _name: str | None, kind: str, *_: object) -> bool:
    """Whether models and database are compared in this: not in references to the log.

    Only the migration knows them, because packages do not know each other's tables.
    """
    return not (
        kind == "foreign_key_constraint"
        and isinstance(thing, ForeignKeyConstraint)
        and list(thing.column_keys) == ["event"]
    )
