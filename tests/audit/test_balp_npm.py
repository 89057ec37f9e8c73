"""The npm validator `fhir` (lantana), written by others in another language, takes every event."""

from audit.balp import resources_of
from audit.event import Action, Outcome, Seen
from tests.audit.test_balp import CHILD, event
from tests.npm_validator import errors_in


def test_the_npm_validator_finds_no_error() -> None:
    seen = (Seen(**CHILD), Seen(record="01jf"))
    told = [
        resource
        for action in Action
        for outcome in Outcome
        for resource in resources_of(event(action, outcome=outcome, seen=seen))
    ]
    assert errors_in(told) == []
