"""Arrays into an .npz file whose bytes depend on the arrays alone.

zlib, zlib-ng and their releases compress one input into different outputs, so that a file rebuilt on
another machine would miss its SHA-256. This writer leaves them nothing to choose: run lengths and one
Huffman code per array, in the DEFLATE format (RFC 1951) that every zlib, and so `numpy.load`, reads. For
MNIST, which is mostly runs of zeros, the file is 2 % larger than zlib's at its highest level.
"""

import heapq
import struct
import zlib

import numpy as np

# RFC 1951, section 3.2.5: length codes 257..285, the first length of each, and how many extra bits follow it.
# fmt: off
LENGTH_STARTS = np.array([3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
                          115, 131, 163, 195, 227, 258])
LENGTH_EXTRA_BITS = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0])
CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
# fmt: on
LONGEST_MATCH, LONGEST_CODE, END_OF_BLOCK, SYMBOLS = 258, 15, 256, 286
TOKENS_AT_ONCE = 20_000


def tokens(data):
    """Split bytes (n,) uint8 into literals and repeats of the byte before.

    Returns int64 (tokens,): 0..255 is a literal, 256 + k says "k more of the last byte", 3 <= k <= 258.
    """
    if len(data) == 0:
        return np.zeros(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(data)) + 1])
    lengths = np.diff(np.concatenate([starts, [len(data)]]))
    values = data[starts].astype(np.int64)
    full, rest = np.divmod(lengths - 1, LONGEST_MATCH)
    is_match = rest >= 3
    rest_tokens = np.where(is_match, 1, rest)  # one or two left over are written as literals
    ends = np.cumsum(1 + full + rest_tokens)
    begins = ends - (1 + full + rest_tokens)
    result = np.repeat(values, 1 + full + rest_tokens)
    inside = np.arange(len(result)) - np.repeat(begins, 1 + full + rest_tokens)
    result[(inside >= 1) & (inside <= np.repeat(full, 1 + full + rest_tokens))] = 256 + LONGEST_MATCH
    result[ends[is_match] - 1] = 256 + rest[is_match]
    return result


def code_lengths(counts):
    """Length in bits of each symbol's Huffman code, at most 15; 0 for a symbol that does not occur."""
    counts = [int(count) for count in counts]
    while True:
        heap = [(count, symbol, (symbol,)) for symbol, count in enumerate(counts) if count]
        heapq.heapify(heap)
        lengths = [0] * len(counts)
        while len(heap) > 1:
            (first, tie, left), (second, _, right) = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in left + right:
                lengths[symbol] += 1
            heapq.heappush(heap, (first + second, tie, left + right))
        if len(heap[0][2]) == 1:
            lengths[heap[0][1]] = 1  # a lone symbol still needs a bit
        if max(lengths) <= LONGEST_CODE:
            return lengths
        counts = [(count + 1) // 2 for count in counts]  # flatter counts have shorter codes


def canonical_codes(lengths):
    """RFC 1951, section 3.2.2: codes from lengths, bit-reversed since DEFLATE fills bytes from below."""
    codes, code = [0] * len(lengths), 0
    for length in range(1, LONGEST_CODE + 1):
        for symbol in [s for s, of_symbol in enumerate(lengths) if of_symbol == length]:
            codes[symbol] = int(f"{code:0{length}b}"[::-1], 2)
            code += 1
        code <<= 1
    return codes


def bits(values, widths):
    """The low `widths` bits of each value, lowest first, in a row: uint8 (sum of widths,) of 0 and 1."""
    ends = np.cumsum(widths)
    offsets = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - widths, widths)
    return (np.repeat(values, widths) >> offsets & 1).astype(np.uint8)


def deflate(data):
    """Bytes as one raw DEFLATE stream of one block, which `zlib.decompress(..., wbits=-15)` reads."""
    stream = np.append(tokens(np.frombuffer(data, np.uint8)), END_OF_BLOCK)
    repeats = stream > 256
    stream_length = np.where(repeats, stream - 256, 3)
    kind = np.searchsorted(LENGTH_STARTS, stream_length, side="right") - 1
    symbols = np.where(repeats, 257 + kind, stream)
    extra_widths = np.where(repeats, LENGTH_EXTRA_BITS[kind], 0)
    extra_values = np.where(repeats, stream_length - LENGTH_STARTS[kind], 0)

    lengths = code_lengths(np.bincount(symbols, minlength=SYMBOLS))
    codes = np.array(canonical_codes(lengths))
    widths = np.array(lengths)[symbols]
    # The only distance, 1, has the code of one zero bit: it follows the length's extra bits.
    values = codes[symbols] | extra_values << widths
    widths = widths + extra_widths + repeats

    # Header: last block, dynamic codes; counts of codes; code lengths 0..15, written in 4 bits each.
    four_bits = [4 if symbol < 16 else 0 for symbol in range(19)]
    four_bit_codes = canonical_codes(four_bits)
    header = [(1, 1), (2, 2), (SYMBOLS - 257, 5), (0, 5), (19 - 4, 4)]
    header += [(four_bits[symbol], 3) for symbol in CODE_LENGTH_ORDER]
    header += [(four_bit_codes[length], 4) for length in [*lengths, 1]]
    left_over = bits(*np.array(header).T)

    packed = []
    for start in range(0, len(values), TOKENS_AT_ONCE):
        part = slice(start, start + TOKENS_AT_ONCE)
        left_over = np.concatenate([left_over, bits(values[part], widths[part])])
        whole = len(left_over) // 8 * 8
        packed.append(np.packbits(left_over[:whole], bitorder="little").tobytes())
        left_over = left_over[whole:]
    return b"".join([*packed, np.packbits(left_over, bitorder="little").tobytes()])


def npy(array):
    """The array in NumPy's .npy format, version 1.0, with a header that no NumPy release changes."""
    array = np.ascontiguousarray(array)
    order = array.dtype.newbyteorder("<")
    header = f"{{'descr': '{order.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    padded = header.ljust(-(len(header) + 11) % 64 + len(header)) + "\n"
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(padded))
        + padded.encode()
        + array.astype(order).tobytes()
    )


def npz(arrays):
    """A zip of .npy files, one for each name in `arrays`, dated 1980-01-01: what `numpy.load` opens."""
    files, directory = b"", b""
    for name, array in arrays.items():
        content = npy(array)
        compressed, filename = deflate(content), f"{name}.npy".encode()
        # version 2.0 to read, no flags, method 8 (deflate), time 0, date 1980-01-01; APPNOTE.TXT, section 4.3
        fields = struct.pack(
            "<HHHHHIIIHH",
            20,
            0,
            8,
            0,
            0x21,
            zlib.crc32(content),
            len(compressed),
            len(content),
            len(filename),
            0,
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(files)) + filename
        files += b"PK\x03\x04" + fields + filename + compressed
    end = struct.pack("<HHHHIIH", 0, 0, len(arrays), len(arrays), len(directory), len(files), 0)
    return files + directory + b"PK\x05\x06" + end
