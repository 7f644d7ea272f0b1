# SPDX-License-Identifier: MIT
"""An authority of openssl's, as tls-creds-x509 reads it and as strict as Python 3.13 is."""

import ssl
import subprocess

from .program import need


class Authority:
    """ca-cert.pem and what it signs; each side's files are @side-cert.pem and @side-key.pem."""

    def __init__(self, folder):
        need("openssl")
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-days", "2", "-subj", "/CN=Test CA", "-keyout", "ca-key.pem",
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", "ca-cert.pem")

    def _run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def sign(self, side, name, host="localhost", options=()):
        """A certificate for @name, whose host is @host as well."""
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName=DNS:{host},IP:127.0.0.1\n"
                              "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/O=Lab/CN={name}",
                  "-keyout", f"{side}-key.pem", "-out", f"{side}.csr", *options)
        self._run("x509", "-req", "-in", f"{side}.csr", "-CA", "ca-cert.pem", "-CAkey",
                  "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "extensions",
                  "-out", f"{side}-cert.pem")

    def path(self, name):
        return f"{self.folder}/{name}"


def trusting(authority, side=None):
    """A client's context and the name it asks for: it knows @authority, and shows @side's."""
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    if side:
        context.load_cert_chain(authority.path(f"{side}-cert.pem"),
                                authority.path(f"{side}-key.pem"))
    return context, "localhost"


def anonymous():
    """The same of a client that asks for no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context, None
