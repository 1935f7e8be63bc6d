"""The guard over TLS: names, certificates, deadlines."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bookingsite.lib import http
from bookingsite.lib.http import GuardPolicy, guarded_session
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server
from tests.lib.guarding import LOOPBACK, OPEN, drip_body, drip_headers, get, point


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `cal.test`, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cal.test")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cal.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


@pytest.fixture
def tls_server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    point(monkeypatch, {"cal.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fault_server(tls=context) as running:
        running.on("GET", "/", Answer(200, b"inner"))
        yield running


def trusting(certificate: Path, **limits: Any) -> GuardPolicy:
    return GuardPolicy(allow=LOOPBACK, ca_file=str(certificate), **limits)


def test_tls_checks_the_name_not_the_address(tls_server: FaultServer, certificate: Path) -> None:
    answer = get(f"https://cal.test:{tls_server.port}/", trusting(certificate), auth=("me", "secret"))

    assert answer.content == b"inner"
    assert tls_server.seen[0].headers["Host"] == f"cal.test:{tls_server.port}"


def test_tls_connection_is_used_again(tls_server: FaultServer, certificate: Path) -> None:
    with guarded_session(trusting(certificate)) as session:
        contents = [session.get(f"https://cal.test:{tls_server.port}/").content for _ in range(3)]

    assert contents == [b"inner"] * 3
    assert len({seen.client for seen in tls_server.seen}) == 1


def test_certificate_for_another_name(tls_server: FaultServer, certificate: Path) -> None:
    with pytest.raises(http.CertificateFailed):
        get(f"https://other.test:{tls_server.port}/", trusting(certificate))


def test_certificate_nobody_vouches_for(tls_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(http.CertificateFailed):
        get(f"https://cal.test:{tls_server.port}/", OPEN, verify=False)


def test_certificates_from_the_environment_are_ignored(
    tls_server: FaultServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate))

    with pytest.raises(http.CertificateFailed):
        get(f"https://cal.test:{tls_server.port}/", OPEN)


@pytest.mark.parametrize("slow", [drip_body, drip_headers])
def test_slow_answer_over_tls_ends_at_the_deadline(
    tls_server: FaultServer, certificate: Path, slow: Any
) -> None:
    tls_server.on("GET", "/", slow)
    started = time.monotonic()

    with pytest.raises(http.TimedOut):
        get(f"https://cal.test:{tls_server.port}/", trusting(certificate, timeout=5, deadline=0.5))

    assert time.monotonic() - started < 4  # the whole answer would take five seconds
