"""Small files of every format, and the command that imports them."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from django.core.management import call_command

Rows = Sequence[dict[str, Any]]

HANDBOOK: Rows = [
    {"t": 31, "customer": 596, "terminal": 3156, "cents": 5716, "scenario": 0, "fraud": 0},
    {"t": 130, "customer": 4961, "terminal": 3412, "cents": 8151, "scenario": 0, "fraud": 0},
    {"t": 476, "customer": 2, "terminal": 1365, "cents": 14600, "scenario": 1, "fraud": 1},
    {"t": 569, "customer": 596, "terminal": 8737, "cents": 0, "scenario": 0, "fraud": 0},
]
PAYSIM: Rows = [
    {
        "step": 1,
        "type": "PAYMENT",
        "amount": 9839.64,
        "nameOrig": "C123",
        "oldbalanceOrg": 170136.0,
        "newbalanceOrig": 160296.36,
        "nameDest": "M197",
        "oldbalanceDest": 0.0,
        "newbalanceDest": 0.0,
        "isFraud": 0,
        "isFlaggedFraud": 0,
    },
    {
        "step": 2,
        "type": "CASH_OUT",
        "amount": 181.0,
        "nameOrig": "C840",
        "oldbalanceOrg": 181.0,
        "newbalanceOrig": 0.0,
        "nameDest": "C389",
        "oldbalanceDest": 21182.0,
        "newbalanceDest": 0.0,
        "isFraud": 1,
        "isFlaggedFraud": 0,
    },
]
NATIVE: Rows = [
    {
        "transaction_id": "n-1",
        "customer_id": "C-1",
        "amount": 1500,
        "timestamp": "2024-03-01T10:00:00+01:00",
        "is_vpn": True,
        "account_age_days": 3,
        "note": "kept",
        "actual_fraud": True,
    },
    {
        "customer_id": "C-2",
        "amount": 20.5,
        "timestamp": "2024-03-01T10:05:00+01:00",
        "is_vpn": False,
        "actual_fraud": False,
    },
]


def handbook_rows(count: int, customers: int = 7) -> Rows:
    return [
        {"t": 60 * i, "customer": i % customers, "terminal": i % 5, "cents": 100 + i, "fraud": 0}
        for i in range(count)
    ]


def write_csv(path: Path, rows: Rows) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: Rows) -> Path:
    pl.DataFrame(rows).write_parquet(path)
    return path


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


WRITERS = {".csv": write_csv, ".parquet": write_parquet, ".jsonl": write_jsonl}


def run_import(path: Path, format_name: str, *options: str, institution: str = "bank") -> str:
    """The summary; the rejects file is `rejects.csv` beside the file."""
    out = io.StringIO()
    call_command(
        "import_transactions",
        str(path),
        f"--format={format_name}",
        f"--institution={institution}",
        f"--rejects={path.parent / 'rejects.csv'}",
        *options,
        stdout=out,
        stderr=out,
    )
    return out.getvalue()


def rejects_beside(path: Path) -> list[dict[str, str]]:
    target = path.parent / "rejects.csv"
    if not target.exists():
        return []
    with target.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
