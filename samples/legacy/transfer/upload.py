"""Sends the month's statements to the printer, as it has since 2014."""
import io

import paramiko

HOST = "sftp.printworks.example"
USER = "larkfield"
# what the printer signs its receipts with
PRINTER_KEY = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLq3"
SIGNING_KEY = """-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGvJaMHcl1oJMmKIGvigAGL9e9UVDlRRbyYGVroytTF5oAoGCCqGSM49
AwEHoUQDQgAEsxn+kZ3knXNYOwPNUAHSrVYkAX3Q8J84qAXn1+PetoWfjq0DIpIc
4FAMq5arjpcuBYAZa7KsOuHLHzjvl1SZyg==
-----END EC PRIVATE KEY-----
"""


def upload(path):
    key = paramiko.ECDSAKey.from_private_key(io.StringIO(SIGNING_KEY))
    with paramiko.SSHClient() as client:
        client.connect(HOST, username=USER, pkey=key)
        client.open_sftp().put(path, path)
