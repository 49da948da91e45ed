# SPDX-License-Identifier: MIT
"""An authority of one test's own, which vouches for servers by their address."""
import ssl
import subprocess

import rig


class Authority:
    """Makes certificates. `openssl` comes with ca-certificates."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.openssl("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=home", "-keyout", "ca.key", "-out",
                     "ca.pem")
        self.file = folder / "ca.pem"

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=rig.PATIENCE)

    def certificate(self, address):
        """Files for a server that is at this address: its certificate, and its key."""
        name = f"at-{address}"
        self.openssl("req", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-copy_extensions", "copy", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def server(self, address):
        """A context for a server that is at this address."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(address))
        return context
