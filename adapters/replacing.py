"""What a later write took the place of: left out before anything is made of what was said."""

from collections.abc import Container, Sequence
from dataclasses import replace

from adapters.contract import Conversion
from adapters.history import Pair


def standing(pairs: Sequence[Pair]) -> Sequence[Pair]:
    """The pairs without what another of them replaced, in their order; mostly the same ones.

    A write names the statements whose word it takes the place of, so that what stands is a function
    of the set of statements: in which order they arrived decides nothing (promise 3).
    """
    gone = {
        (role, digest)
        for _, conversion in pairs
        for role, digests in (conversion.replaces or {}).items()
        for digest in digests
    }
    if not gone:
        return pairs
    found = []
    for statement, conversion in pairs:
        digest = statement.content_hash
        found.append((statement, _without(conversion, {r for r, of in gone if of == digest})))
    return found


def _without(conversion: Conversion, roles: Container[str]) -> Conversion:
    kept = [one for one in conversion.resources if one["id"] not in roles]
    return (
        conversion
        if len(kept) == len(conversion.resources)
        else replace(conversion, resources=kept)
    )
