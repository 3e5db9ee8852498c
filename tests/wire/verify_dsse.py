"""Verifies a release's signature with securesystemslib, and prints the files that were signed.

usage: verify_dsse.py SIGNATURE PUBLIC_KEY
"""

import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def main(signature: str, public_key: str):
    with open(signature, encoding="utf-8") as file:
        data = json.load(file)["dsseEnvelope"]
    keyid = data["signatures"][0]["keyid"]
    with open(public_key, "rb") as file:
        key = SSlibKey.from_crypto(load_pem_public_key(file.read()), keyid=keyid)
    envelope = Envelope.from_dict(data)
    envelope.verify([key], 1)
    for resource in json.loads(envelope.payload)["predicate"]["resources"]:
        print(resource["digest"], resource["name"])
    # What anybody alters is refused.
    envelope.payload += b" "
    try:
        envelope.verify([key], 1)
    except Exception:
        return
    sys.exit("an altered payload was believed")


main(*sys.argv[1:])
