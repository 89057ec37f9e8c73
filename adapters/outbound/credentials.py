"""Who sends a message through the exchange platform, and when: HTTP headers that prove it."""

import base64
import hashlib


def credentials(
    *, address: str, user: str, secret: str, at: int, client: str, api_key: str
) -> dict[str, str]:
    """HTTP headers: Basic with sha256(address + user + timestamp + secret) as password.

    `address` is the service's as registered, `at` milliseconds since 1970, `client` the X-Road
    client of the exchange platform (vn_domain.md 5.1).
    """
    password = hashlib.sha256(f"{address}{user}{at}{secret}".encode()).hexdigest()
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {
        "Timestamp": str(at),
        "Authorization": f"Basic {basic}",
        "X-Road-Client": client,
        "ApiKey": api_key,
    }
