"""Outbound HTTP against real sockets."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exchange.wire import client, guard
from exchange.wire.client import Limits, Request, send, send_all
from tests.delivery.receiver import Receiver, Reply

QUICK = Limits(total_ms=400, connect_ms=300, answer_bytes=100)


def test_sends_what_it_was_given(receiver: Receiver) -> None:
    receiver.replies = [Reply(201, b'{"id":7}', {"X-Buyer": "yes"})]
    answer = send(
        Request(receiver.url + "?a=b%20c", b'{"a":1}', headers={"Content-Type": "application/json", "webhook-id": "dlv_1"})
    )
    assert (answer.status, answer.body, answer.error) == (201, b'{"id":7}', "")
    assert answer.headers["X-Buyer"] == "yes"
    [seen] = receiver.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/leads?a=b%20c", b'{"a":1}')
    assert seen.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["webhook-id"] == "dlv_1"
    assert seen.headers["accept-encoding"] == "identity"
    assert "cookie" not in seen.headers


def test_an_untrusted_loopback_is_not_contacted(receiver: Receiver, settings) -> None:
    settings.WIRE_TRUSTED_ORIGINS = []
    answer = send(Request(receiver.url, b"{}"))
    assert (answer.status, answer.error) == (None, "refused by the guard: personal data leaves over https only")
    answer = send(Request(f"https://127.0.0.1:{receiver.port}/", b"{}"))
    assert answer.error == "refused by the guard: the host's address is private, local or reserved"
    assert receiver.seen == []


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_name_with_one_forbidden_address_is_not_contacted(receiver: Receiver, monkeypatch, addresses: list[str]) -> None:
    asked: list[str] = []

    def resolve(host, port, *args, **options):
        asked.append(host)
        kinds = {address: socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses}
        return [(kind, socket.SOCK_STREAM, 6, "", (address, port)) for address, kind in kinds.items()]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answer = send(Request(f"https://rebind.example:{receiver.port}/", b"{}"))
    assert (answer.status, answer.error) == (None, "refused by the guard: the host's address is private, local or reserved")
    assert asked == ["rebind.example"]
    assert receiver.seen == []


def test_the_socket_itself_is_guarded(receiver: Receiver, monkeypatch) -> None:
    # Were the URL check and the resolver both fooled, the last gate would still hold.
    monkeypatch.setattr(client, "check_url", lambda url, origins: guard.Target(url, "127.0.0.1", receiver.port, trusted=False))
    answer = send(Request(receiver.url, b"{}"))
    assert answer.status is None
    assert receiver.seen == []


def test_a_redirect_is_an_answer_not_an_order(receiver: Receiver) -> None:
    receiver.replies = [Reply(302, b"", {"Location": "http://169.254.169.254/latest"})]
    answer = send(Request(receiver.url, b"{}"))
    assert answer.status == 302
    assert len(receiver.seen) == 1


@pytest.mark.parametrize("reply", [Reply(wait_seconds=1.0), Reply(body=b"x" * 50, drip_seconds=0.05)])
def test_a_slow_receiver_meets_the_deadline(receiver: Receiver, reply: Reply) -> None:
    receiver.replies = [reply]
    started = time.monotonic()
    answer = send(Request(receiver.url, b"{}"), limits=QUICK)
    assert (answer.status, answer.error) == (None, "no answer within 400 ms")
    assert time.monotonic() - started < 0.9


def test_a_hanging_name_server_meets_the_deadline(monkeypatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: release.wait(5) and [])
    started = time.monotonic()
    answer = send(Request("https://slow.example/", b"{}"), limits=QUICK)
    elapsed = time.monotonic() - started
    release.set()
    assert answer.error == "no answer within 400 ms"
    assert elapsed < 0.9


def test_a_large_answer_is_cut(receiver: Receiver) -> None:
    receiver.replies = [Reply(body=b"x" * 5_000_000)]
    answer = send(Request(receiver.url, b"{}"), limits=QUICK)
    assert (answer.status, answer.body) == (200, b"x" * 100)


def test_a_bomb_is_not_unpacked(receiver: Receiver) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    receiver.replies = [Reply(body=bomb, headers={"Content-Encoding": "gzip"})]
    assert send(Request(receiver.url, b"{}"), limits=QUICK).body == bomb[:100]


def test_nobody_listens(receiver: Receiver, settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
        settings.WIRE_TRUSTED_ORIGINS = [origin]
        answer = send(Request(f"{origin}/?key=secret", b"{}"))
    assert answer.status is None
    assert answer.error.startswith("the connection failed: ")
    assert "secret" not in answer.error


def test_an_answer_that_is_no_http(settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        settings.WIRE_TRUSTED_ORIGINS = [origin]

        def speak() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-none\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=speak)
        thread.start()
        answer = send(Request(f"{origin}/", b"{}"), limits=QUICK)
        thread.join()
    assert answer.status is None
    assert answer.error.startswith("the connection failed: ")


def test_one_that_hangs_delays_nobody(receiver: Receiver) -> None:
    receiver.chooses = lambda seen: Reply(wait_seconds=2.0) if seen.body == b"2" else Reply(body=seen.body)
    started = time.monotonic()
    arrived = [
        (place, answer.status, time.monotonic() - started)
        for place, answer in send_all(
            [Request(receiver.url, str(place).encode()) for place in range(5)], limits=Limits(total_ms=800)
        )
    ]
    assert sorted(place for place, _, _ in arrived) == [0, 1, 2, 3, 4]
    assert arrived[-1][:2] == (2, None)
    assert all(status == 200 and seconds < 0.7 for _, status, seconds in arrived[:-1])


def test_nothing_to_send() -> None:
    assert list(send_all([])) == []


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "buyer.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("buyer.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "buyer.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_names_the_host_and_distrusts_an_unknown_certificate(tmp_path, monkeypatch, settings) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    named: list[str | None] = []
    context.sni_callback = lambda sock, name, ctx: named.append(name)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **options: real("127.0.0.1", *args, **options))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.WIRE_TRUSTED_ORIGINS = [f"https://buyer.example:{port}"]

        def shake() -> None:
            connection, _ = server.accept()
            with connection, pytest.raises(OSError):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake)
        thread.start()
        answer = send(Request(f"https://buyer.example:{port}/", b"{}"), limits=Limits(total_ms=3000))
        thread.join()
    assert named == ["buyer.example"]
    assert (answer.status, answer.error) == (None, "the certificate does not belong to this host or is not trusted")
