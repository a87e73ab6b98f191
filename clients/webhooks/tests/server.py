"""A real HTTP server on the loopback that receives, or fails in every way."""

import datetime as dt
import ipaddress
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


OK = answer(200, b"thanks")
Behaviour = Callable[[socket.socket, Received], None]


def says(reply: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(reply)


thanks = says(OK)


def silence(connection: socket.socket, _: Received) -> None:
    time.sleep(30)


def hangs_up(connection: socket.socket, _: Received) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def resets(connection: socket.socket, _: Received) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())  # close() would wait for the stream that reads


def drips(text: bytes) -> Behaviour:
    """A byte every tenth of a second: no single read ever waits for long."""

    def drip(connection: socket.socket, _: Received) -> None:
        for position in range(len(text)):
            connection.sendall(text[position : position + 1])
            time.sleep(0.1)

    return drip


def floods(connection: socket.socket, _: Received) -> None:
    """A gigabyte, announced, as fast as anybody takes it."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _each in range(1024):
        connection.sendall(bytes(1024 * 1024))


@dataclass
class Receiver:
    """What arrived, and what to do about it; `behave` may be changed at any time."""

    port: int = 0
    scheme: str = "http"
    behave: Behaviour = thanks
    got: list[Received] = field(default_factory=list)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Threads, one a connection, that end with the process at the latest."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    receiver = Receiver(listener.getsockname()[1], "https" if context else "http")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(
                target=_serve, args=(connection, receiver, context), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield receiver
    finally:
        listener.close()


def _serve(connection: socket.socket, receiver: Receiver, context: ssl.SSLContext | None) -> None:
    try:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        stream = connection.makefile("rb")
        while request := _read(stream):
            receiver.got.append(request)
            receiver.behave(connection, request)
    except OSError:
        pass  # the client left, which many of these tests are about
    finally:
        connection.close()


def _read(stream) -> Received | None:
    line = stream.readline()
    if len(line.split()) != 3:  # the end, or no HTTP
        return None
    headers = {}
    while (raw := stream.readline().strip()) != b"":
        name, _, value = raw.decode("latin-1").partition(":")
        headers[name.strip()] = value.strip()
    body = stream.read(int(headers.get("Content-Length", 0)))
    return Received(line.split()[1].decode("latin-1"), headers, body)


def certificate(directory: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for these names: its file (to be trusted), a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.IPAddress(ipaddress.ip_address(name))
                    if name[0].isdigit()
                    else x509.DNSName(name)
                    for name in names
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = directory / "cert.pem", directory / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return chain, context
