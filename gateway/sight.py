"""Which children resources show: for the access log."""

from collections.abc import Iterable, Iterator

from audit.event import Seen
from gateway.registry.resources import KeptResource
from gateway.registry.versions import REFERENCE
from linkage.store import IDENTITY_PREFIX


def seen_in(found: Iterable[KeptResource]) -> list[Seen]:
    """Each record that is shown, once; of a golden Patient all records that it was made of then.

    Of a Patient its version is named too. Bodies and places show no child.
    """
    return list(dict.fromkeys(seen for one in found for seen in _seen(one)))


def _seen(one: KeptResource) -> Iterator[Seen]:
    version = one.version_id if one.type == "Patient" else None
    if one.record_id is not None:
        yield Seen(record=one.record_id, version=version)
    elif one.type == "Patient":
        # By its own text: whose a record is said to be may have changed since this version.
        records = [id_ for kind, id_ in REFERENCE.findall(one.body) if kind == "Patient"]
        shown = [id_ for id_ in dict.fromkeys(records) if not id_.startswith(IDENTITY_PREFIX)]
        for record in shown or [None]:
            yield Seen(record=record, identity=one.id, version=version)
