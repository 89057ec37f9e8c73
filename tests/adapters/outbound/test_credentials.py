"""The headers by which the exchange platform knows who sends a message."""

import base64

from adapters.outbound.credentials import credentials


def test_the_credentials_are_a_hash_of_address_user_time_and_secret() -> None:
    sent = credentials(
        address="http://platform.invalid/037", user="u", secret="s", at=5, client="c", api_key="k"
    )
    user, _, password = (
        base64.b64decode(sent["Authorization"].removeprefix("Basic ")).decode().partition(":")
    )
    # printf 'http://platform.invalid/037u5s' | sha256sum
    assert (user, password) == ("u", EXPECTED_HASH)
    assert (sent["Timestamp"], sent["X-Road-Client"], sent["ApiKey"]) == ("5", "c", "k")


EXPECTED_HASH = "cb2a140c4b2c15b39cea08730f1386da89898c34cdb8ab6abb4f530b0816a621"
