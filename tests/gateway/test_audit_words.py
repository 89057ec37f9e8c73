"""Whatever stands in the log can be said to a guardian in words."""

import pytest

from audit.event import Action
from audit.purposes import PURPOSES
from gateway.audit_words import done, purpose


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_in_both_languages(action: Action) -> None:
    assert all(done(action))


@pytest.mark.parametrize("code", sorted(PURPOSES))
def test_every_purpose_has_words_in_both_languages(code: str) -> None:
    assert code not in purpose(code)
