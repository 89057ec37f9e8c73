"""Certificates for tests: an authority of a moment, and one certificate that serves both sides."""

import subprocess
from pathlib import Path


def certificates_in(folder: Path) -> Path:
    """Makes `ca.pem`, and `one.pem` with `one.key` for 127.0.0.1."""

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca")
    run("req", *new[:-2], "-keyout", "one.key", "-out", "one.csr", "-subj", "/CN=one")
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    run("x509", "-req", "-in", "one.csr", *signed, "-extfile", "ext", "-out", "one.pem")
    return folder
