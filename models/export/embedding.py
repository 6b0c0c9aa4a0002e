# SPDX-License-Identifier: Apache-2.0
"""The table of terms in a GGUF file: metadata, which other programs skip.

  krait.embedding.dimension   length of a vector
  krait.embedding.max_tokens  so many terms of a text are read
  krait.embedding.pooling     "log_counted_terms"
  krait.embedding.terms       strings, each once
  krait.embedding.rows        int32: the bytes of Q4_0 [terms, dimension], four in each

models/embed/term_table.py says what is computed from them. A file without these
keys has none. Into a file that is there, whoever made it:

  python3 -m models.export.embedding MODEL.gguf terms.npz
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from models.embed import term_table
from models.embed.term_table import POOLING, TermTable, expanded, quantised
from models.export import gguf_file, metadata

PREFIX = "krait.embedding."


def to_values(table: TermTable) -> dict:
    """Returns the table as metadata of a GGUF file."""
    return {
        f"{PREFIX}dimension": table.dimension,
        f"{PREFIX}max_tokens": table.max_terms,
        f"{PREFIX}pooling": POOLING,
        f"{PREFIX}terms": list(table.terms),
        f"{PREFIX}rows": np.frombuffer(quantised(table.rows), "<i4").tolist(),
    }


def from_values(values: dict) -> TermTable | None:
    """Returns the table of a GGUF file's metadata, None if it has none."""
    if f"{PREFIX}dimension" not in values:
        return None
    pooling = values[f"{PREFIX}pooling"]
    if pooling != POOLING:
        raise ValueError(f"{PREFIX}pooling is {pooling!r}, expected {POOLING!r}")
    rows = np.array(values[f"{PREFIX}rows"], "<i4").tobytes()
    return TermTable(
        tuple(values[f"{PREFIX}terms"]),
        expanded(rows, values[f"{PREFIX}dimension"]),
        values[f"{PREFIX}max_tokens"],
    )


def put(data: bytes, table: TermTable) -> bytes:
    """Returns a GGUF file's bytes with the table instead of what it had."""
    header = metadata.read_header(data)
    for key in [key for key in header.values if key.startswith(PREFIX)]:
        del header.values[key]
    for key, value in to_values(table).items():
        header.values[key] = gguf_file.encoded(value)
    return metadata.write_header(header) + data[header.data_begin :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="GGUF file, which is changed")
    parser.add_argument("table", type=Path, help="what models.embed.run wrote")
    args = parser.parse_args()
    changed = put(args.model.read_bytes(), term_table.load(args.table))
    metadata.replace(args.model, changed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
