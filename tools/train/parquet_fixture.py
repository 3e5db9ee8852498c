#!/usr/bin/env python3
"""Makes the Parquet files that shared/evaluation's tests read, and the same table as CSV.

    scripts/train's environment, then: python tools/train/parquet_fixture.py    # -> shared/evaluation/tests/records

    table.csv                              a label, a region and columns of every numeric type, some values missing
    table.{none,snappy,gzip,zstd}.parquet  the same, in row groups of 25; gzip with data pages of version 2
    types.parquet                          columns of types that are refused
    codec.{brotli,lz4}.parquet             codecs that are refused
    nulls.parquet                          a column of nulls only, which has no type
    declared.parquet                       38 columns of 70,001 rows that say they have 1,048,575
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 60
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("shared/evaluation/tests/records"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    table = make_table(np.random.default_rng(427))
    options = {
        "none": {"use_dictionary": False},
        "snappy": {},
        "gzip": {"data_page_version": "2.0"},
        "zstd": {"use_byte_stream_split": FLOATS, "use_dictionary": ["customer_region"]},
    }
    for codec, more in options.items():
        pq.write_table(table, out / f"table.{codec}.parquet", compression=codec, row_group_size=25, **more)
    (out / "table.csv").write_text(as_csv(table))
    pq.write_table(make_refused(), out / "types.parquet", compression="none")
    few = pa.table({"label": pa.array([0, 1, 0]), "x": pa.array([1.0, 2.0, 3.0])})
    for codec in ("brotli", "lz4"):
        pq.write_table(few, out / f"codec.{codec}.parquet", compression=codec)
    pq.write_table(pa.table({"void": pa.nulls(3), "x": few["x"]}), out / "nulls.parquet")
    (out / "declared.parquet").write_bytes(make_declared())


def make_table(rng: np.random.Generator) -> pa.Table:
    columns = {"label": pa.array(rng.integers(0, 2, ROWS), pa.int8())}
    for name in INTEGERS:
        kind = np.iinfo(name)
        values = [int(value) for value in rng.integers(kind.min, kind.max, ROWS, dtype=name, endpoint=True)]
        # Both ends of the range, and every seventh value missing.
        values[:2] = [kind.min, kind.max]
        columns[name] = pa.array([None if row % 7 == 5 else value for row, value in enumerate(values)], name)
    columns["customer_region"] = pa.array(rng.choice(["europe", "japan", "brazil"], ROWS)).dictionary_encode()
    for name in FLOATS:
        values = rng.standard_cauchy(ROWS).astype(name)
        # Null and NaN are both missing; a negative zero and the smallest numbers keep their bits.
        values[:4] = [np.nan, -0.0, 1.401298464324817e-45, np.finfo(np.float32).max]
        columns[name] = pa.array([None if row % 9 == 8 else value for row, value in enumerate(values)], name)
    columns["bool"] = pa.array([None if row == 3 else bool(row % 2) for row in range(ROWS)], pa.bool_())
    columns["required"] = pa.array(rng.normal(size=ROWS), pa.float64())
    fields = [pa.field(name, column.type, nullable=name not in ("label", "required")) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def as_csv(table: pa.Table) -> str:
    def field(value: object) -> str:
        if value is None or value != value:
            return ""
        return str(int(value)) if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)

    lines = [",".join(table.column_names)]
    lines += [",".join(field(value) for value in row.values()) for row in table.to_pylist()]
    return "\n".join(lines) + "\n"


def make_declared() -> bytes:
    """A file whose directory claims more rows than there are."""
    rows = 70_001
    buffer = io.BytesIO()
    table = pa.table({f"f{index}": pa.array([1.0] * rows, pa.float32()) for index in range(38)})
    pq.write_table(table, buffer, compression="zstd", write_statistics=False, store_schema=False)
    whole = buffer.getvalue()
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    # Numbers in Thrift's compact form, both of three bytes.
    return whole[:start] + whole[start:].replace(b"\xe2\xc5\x08", b"\xfe\xff\x7f")


def make_refused() -> pa.Table:
    moment = datetime.datetime(2026, 11, 20, 3)
    return pa.table(
        {
            "label": pa.array([0, 1], pa.int8()),
            "decimal": pa.array([decimal.Decimal("1.50")] * 2, pa.decimal128(9, 2)),
            "date": pa.array([moment.date()] * 2),
            "timestamp": pa.array([moment] * 2, pa.timestamp("us")),
            "text": pa.array(["1", "2"]),
            "half": pa.array(np.array([1, 2], np.float16)),
            "list": pa.array([[1.0], [2.0]]),
            "float": pa.array([1.0, np.inf], pa.float32()),
            "large": pa.array([1.0, 1e39]),
            "two": pa.array([1, 2], pa.int32()),
            "void": pa.array([1, None], pa.int32()),
        }
    )


if __name__ == "__main__":
    main()
