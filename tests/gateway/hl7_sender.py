"""What a hospital sends over MLLP in tests, and what it is answered."""

import socket

from adapters.formats.hl7 import FRAME_END, FRAME_START
from gateway.mllp import frames

PATIENT = "PID|||BN{0}^^^01999^MR||B\u00ed M\u1eadt^{0}||20260301|F\r"
HEAD = "MSH|^~\\&|HIS|01999|MOTEM|BYT|20260304101500+0700||ADT^A01^ADT_A01|C{0}|P|2.5\r"


def admission(number: int) -> bytes:
    """The admission of patient BN<number>, with the control id C<number>."""
    return (HEAD + "EVN|A01|20260304101500+0700\r" + PATIENT).format(number).encode()


def answer(connection: socket.socket) -> list[str]:
    """The segments of the next answer. Raises ConnectionError where there is none."""
    for content in frames(connection):
        return content.decode().rstrip("\r").split("\r")
    raise ConnectionResetError


def send(connection: socket.socket, content: bytes) -> list[str]:
    connection.sendall(FRAME_START + content + FRAME_END)
    return answer(connection)
