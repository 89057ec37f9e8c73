"""`python -m gateway.client`: makes a key, and asks for a token, for whoever tries things with curl."""

import argparse
import json
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.client.client import Client
from gateway.client.credentials import Credentials
from gateway.client.errors import MotemError


def main(arguments: list[str] | None = None) -> int:
    """0 done; 1 what failed is said in one sentence."""
    asked = _parser().parse_args(arguments)
    try:
        sys.stdout.write(f"{asked.work(asked)}\n")
    except (MotemError, OSError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.client", description=__doc__)
    commands = parser.add_subparsers(required=True)
    key = commands.add_parser("key", help="make a private key; print its public half as JWK")
    token = commands.add_parser("token", help="print an access token, good for five minutes")
    for one in (key, token):
        one.add_argument("file", type=Path, help="the private key, PEM")
        one.add_argument("key_id", help="the id of the key (kid)")
    token.add_argument("client", help="the id under which it is registered")
    token.add_argument("address", help="of the service, as http://127.0.0.1:8000")
    token.add_argument("scopes", nargs="+")
    key.set_defaults(work=_key)
    token.set_defaults(work=_token)
    return parser


def _key(asked: argparse.Namespace) -> str:
    """A file that is there already is not written over."""
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(os.open(asked.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return json.dumps(_credentials(asked, "", ()).public_key)


def _token(asked: argparse.Namespace) -> str:
    with Client(asked.address, _credentials(asked, asked.client, asked.scopes)) as client:
        return client.token()


def _credentials(asked: argparse.Namespace, client: str, scopes: tuple[str, ...]) -> Credentials:
    return Credentials.from_file(asked.file, client=client, key_id=asked.key_id, scopes=scopes)


if __name__ == "__main__":
    sys.exit(main())
