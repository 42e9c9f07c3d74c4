"""Which addresses the exchange connects to."""

from __future__ import annotations

import pytest

from exchange.wire.guard import Blocked, Target, check_address, check_url

FORBIDDEN = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "100::1", "3fff::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_forbidden_addresses(address: str) -> None:
    with pytest.raises(Blocked):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_public_addresses(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f000001", "2130706433", "127.0.0.1\n", "٣.1.1.1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Blocked):
        check_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://buyer.example/leads",
        "ftp://buyer.example/",
        "file:///etc/passwd",
        "//buyer.example/",
        "https://",
        "https:///x",
        "https://user@buyer.example/",
        "https://user:word@buyer.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]:8443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://intranet/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://buyer.example:0/",
        "https://buyer.example:99999/",
        "https://buyer.example:x/",
        "https://buyer.example\\@127.0.0.1/",
        "https://buyer.example /",
        "https://buyer.example/\r\nHost: x",
        "https://büyer.example/",
        "https://-buyer.example/",
        "https://buyer..example./",
        "https://[bad/",
        "https://buyer.example/" + "x" * 2048,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(Blocked):
        check_url(url)


def test_a_public_https_url_passes() -> None:
    url = "https://api.buyer.example:8443/v1/leads?key=a%20b"
    assert check_url(url) == Target(url, "api.buyer.example", 8443, trusted=False)
    assert check_url("https://93.184.216.34/x").port == 443


def test_only_the_exact_origin_is_trusted() -> None:
    trusted = ["http://127.0.0.1:9001", "https://[::1]:9002", "http://buyer.local:80"]
    assert check_url("http://127.0.0.1:9001/leads", trusted).trusted
    assert check_url("https://[::1]:9002/leads", trusted).trusted
    assert check_url("http://buyer.local/leads", trusted).trusted
    for other in (
        "http://127.0.0.1:9002/",
        "https://127.0.0.1:9001/",
        "http://127.0.0.2:9001/",
        "http://127.0.0.1/",
        "http://127.0.0.1:90011/",
    ):
        with pytest.raises(Blocked):
            check_url(other, trusted)
