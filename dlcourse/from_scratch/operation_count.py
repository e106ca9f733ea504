"""Counting the multiplications of a NumPy computation, so that its cost can be told without a clock."""

import numpy as np


class Tally:
    """Counts the multiplications of all matrix products of an array computation.

    Arrays made by ``tally.array(a)`` count every ``@`` that they, or arrays computed from them, take part in:
    a product (n, k) @ (k, m) is n·k·m multiplications. Elementwise operations are not counted; a network's
    products outnumber them by the width of its layers.

    Attributes:
        multiplications: int, so far.
    """

    def __init__(self):
        self.multiplications = 0

    def array(self, values):
        """``values`` as an array of the same numbers whose matrix products are counted.

        Raises:
            TypeError: where the values are not numbers.
        """
        counted = np.asarray(values).view(_Counted)
        if counted.dtype.kind not in "iufc":
            raise TypeError(f"Tally.array() takes an array of numbers; got one of dtype {counted.dtype}.")
        counted.tally = self
        return counted


class _Counted(np.ndarray):
    tally = None

    def __array_finalize__(self, source):
        self.tally = getattr(source, "tally", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        tally = next(item.tally for item in (*inputs, *(out or ())) if isinstance(item, _Counted))
        plain = [_plain(item) for item in inputs]
        if out is not None:
            options["out"] = tuple(_plain(item) for item in out)
        result = getattr(ufunc, method)(*plain, **options)
        if tally is None:
            return result
        if ufunc is np.matmul:
            tally.multiplications += int(np.size(result)) * np.shape(plain[0])[-1]
        if out is not None:
            return out[0]
        is_number_array = isinstance(result, np.ndarray) and result.dtype.kind in "iufc"
        return tally.array(result) if is_number_array else result


def _plain(item):
    return item.view(np.ndarray) if isinstance(item, _Counted) else item
