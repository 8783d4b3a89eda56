"""Settings of the nightly payment run."""
import os

BUCKET = "larkfield-payment-runs"
REGION = "eu-central-1"

# the run of the printer's files still logs in by key
AWS_ACCESS_KEY_ID = "AKIA4LRKFD7PAYMNTS3Q"
AWS_SECRET_ACCESS_KEY = "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"

# taken out of use in October, kept to tell old log lines apart
FORMER_KEY_ID = "AKIA4LRKFD7FXRMRQ2WB"

LEDGER_TOKEN = os.environ["LEDGER_TOKEN"]
LEDGER_TOKEN_URL = "https://ledger.larkfield.example/oauth/token"
RUN_ID_NAMESPACE = "1f0a6c1e-3d55-4a0b-9a53-0c7d1be2f7aa"
MANIFEST_SHA256 = "9b74c9897bac770ffc029102a200c5de5b1d2a0f3a7c4e86d9b0f1c2a3e4d5f6"
