"""A curve's parts as bytes: small, and nothing that could run."""

import json
import zlib

import numpy as np

from studio.optimise.costs import PARTS, Parts
from studio.optimise.resampling import Floats

_POINT = "<f8"
_DRAWN = "<f4"
"""Seven digits: bounds are shown with three."""


def pack(parts: Parts) -> bytes:
    """Compressed; `unpack` is the inverse, up to the bounds' seventh digit."""
    head = json.dumps({"values": parts.point.shape[0], "replicates": parts.replicates.shape[0]})
    body = b"".join(
        (
            parts.point.astype(_POINT).tobytes(),
            parts.replicates.astype(_DRAWN).tobytes(),
            parts.left_out.astype(_DRAWN).tobytes(),
        )
    )
    return zlib.compress(head.encode() + b"\n" + body)


def unpack(stored: bytes) -> Parts:
    """Raises ValueError, zlib.error for what `pack` did not make."""
    head, _, body = zlib.decompress(stored).partition(b"\n")
    shape = json.loads(head)
    values, replicates = int(shape["values"]), int(shape["replicates"])
    one = values * PARTS * np.dtype(_POINT).itemsize
    many = values * PARTS * replicates * np.dtype(_DRAWN).itemsize
    if len(body) != one + 2 * many:
        raise ValueError("a curve's parts are cut")
    return Parts(
        np.frombuffer(body[:one], _POINT).reshape(values, PARTS).astype(np.float64),
        _read(body[one : one + many], replicates, values),
        _read(body[one + many :], replicates, values),
    )


def _read(body: bytes, replicates: int, values: int) -> Floats:
    return np.frombuffer(body, _DRAWN).reshape(replicates, values, PARTS).astype(np.float64)
