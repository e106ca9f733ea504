"""Whole numbers in English words and in Chinese numerals, drawn and encoded as pairs for translation.

English counts by thousands, Chinese by ten thousands: 1,230,000 is one million two hundred thirty thousand, and
123 ten-thousands, 一百二十三万. So the two don't run word by word beside each other.
"""

import dataclasses

import numpy as np

from dlcourse import checks

LARGEST = 99_999_999
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = "零一二三四五六七八九"
PAD, BEGIN, END = 0, 1, 2
"""Symbols that both vocabularies begin with: what fills up, what is read first, and what is written last."""
ENGLISH = ("", "<begin>", "<end>", *ONES, *TENS, "hundred", "thousand", "million")
CHINESE = ("", "<begin>", "<end>", *DIGITS, *"十百千万")
PINYIN = (
    "", "<begin>", "<end>", "ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu", "shi", "bai", "qian",
    "wan",
)  # fmt: skip
"""The Chinese symbols' names, for figures whose fonts have no Chinese."""
PARTS = 10
"""Every number belongs to one of so many parts; the last is kept for the test, the one before it for choices."""


def english(number):
    """A whole number from 0 to 99,999,999 in English words, a list of str; without "and" and hyphens."""
    number = checks.whole_number("english(number)", number, least=0, most=LARGEST)
    if number == 0:
        return ["zero"]
    words = []
    for worth, name in ((1_000_000, "million"), (1_000, "thousand"), (1, None)):
        group, number = divmod(number, worth)
        if group:
            words += _below_thousand(group) + ([name] if name else [])
    return words


def said(number):
    """A whole number from 1 to 999 in English words as many people say it, with "and": three hundred and five."""
    words = english(checks.whole_number("said(number)", number, most=999))
    place = words.index("hundred") + 1 if "hundred" in words else len(words)
    return words[:place] + ["and"] * (place < len(words)) + words[place:]


def _below_thousand(number):
    hundreds, rest = divmod(number, 100)
    words = [ONES[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(TENS[rest // 10 - 2])
        rest %= 10
    return words + ([ONES[rest]] if rest else [])


def chinese(number):
    """A whole number from 0 to 99,999,999 in Chinese numerals, such as 一万零三百.

    Zeros between two other digits are one 零; those at the end of a group of four are not said, also before the next
    group where that has its thousands (十万三千). 10 to 19 begin with 十 where the number begins with it. 2 is 二.
    """
    number = checks.whole_number("chinese(number)", number, least=0, most=LARGEST)
    if number == 0:
        return DIGITS[0]
    upper, lower = divmod(number, 10_000)
    text = f"{_below_ten_thousand(upper)}万" if upper else ""
    if upper and 0 < lower < 1_000:
        text += DIGITS[0]
    text += _below_ten_thousand(lower)
    return text[1:] if text.startswith("一十") else text


def _below_ten_thousand(number):
    text, skipped = "", False
    for worth, name in ((1_000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, worth)
        if digit:
            text += (DIGITS[0] if skipped and text else "") + DIGITS[digit] + name
        skipped = not digit
    return text


def word_of_signs(number):
    """Of each sign of a Chinese numeral the place of the English word that says this digit, -1 for 零 十 百 千 万."""
    said = []
    for place, word in enumerate(english(number)):
        if word in ONES[1:]:
            said += [place] * (2 if ONES.index(word) > 10 else 1)
        elif word in TENS:
            said.append(place)
    signs = chinese(number)
    digits = [place for place, sign in enumerate(signs) if sign in DIGITS[1:]]
    found = [-1] * len(signs)
    for place, word in zip(digits, said[len(said) - len(digits) :], strict=True):
        found[place] = word
    return found


def value(text):
    """The number that a Chinese numeral says, or None where ``chinese`` writes no number so: 三百五 is no 350 here."""
    total = group = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign == "万":
            total, group, digit = 10_000 * (group + digit), 0, 0
        elif sign in "十百千":
            group += (digit or 1) * 10 ** (1 + "十百千".index(sign))
            digit = 0
        else:
            return None
    found = total + group + digit
    return found if found <= LARGEST and chinese(found) == text else None


@dataclasses.dataclass(frozen=True, eq=False)
class Pairs:
    """Numbers in both languages: numbers int64 (n,); x int32 (n, steps), English words; y int32 (n, steps), Chinese.

    Rows of y end with ``END``; both are filled up with ``PAD``.
    """

    numbers: np.ndarray
    x: np.ndarray
    y: np.ndarray

    def __len__(self):
        return len(self.numbers)

    def take(self, rows):
        """The pairs of these row numbers."""
        return Pairs(self.numbers[rows], self.x[rows], self.y[rows])

    def words(self):
        """How many English words each has, int (n,)."""
        return (self.x != PAD).sum(axis=1)


def pairs(part, count, *, words=(1, 7), seed=0):
    """Different numbers of one part, drawn at random, in both languages.

    A number's part is its last digits' remainder after mixing, so that no number is in two parts. Numbers of words are
    equally likely, as far as there are numbers; among those of as many words, digits are 0 more often than not.

    Args:
        part: "train", "validation" or "test".
        count: how many pairs; fewer where there are no more numbers of so few words.
        words: fewest and most English words, from 1 to 12.
        seed: of the draws.

    Raises:
        ValueError: where a part is unknown, or numbers make no sense.
    """
    if not checks.is_one_of(part, ("train", "validation", "test")):
        raise ValueError(f"pairs({part!r}): expected 'train', 'validation' or 'test'.")
    count, seed = checks.whole_number("pairs(count)", count), checks.seed("pairs(seed)", seed)
    fewest, most = _range("pairs(words)", words)
    random = np.random.default_rng(seed)
    wanted = {length: -(-count // (most - fewest + 1)) for length in range(fewest, most + 1)}
    found = {length: {} for length in wanted}
    for _ in range(60):  # draws until each length has enough; short numbers run out before
        for number in _drawn(random, 4 * count):
            length = len(english(number))
            if part_of(number) == part and len(found.get(length, ())) < wanted.get(length, 0):
                found[length][number] = None
        if all(len(found[length]) >= number for length, number in wanted.items() if length > 3):
            break
    numbers = np.array([number for of_length in found.values() for number in of_length], "int64")
    return encoded(random.permutation(numbers)[:count])


def part_of(number):
    """ "train", "validation" or "test": which part a number belongs to, by a hash of it."""
    mixed = (int(number) * 2_654_435_761 % 2**32) >> 16
    return {PARTS - 1: "test", PARTS - 2: "validation"}.get(mixed % PARTS, "train")


def _drawn(random, count):
    """Numbers of 1 to 8 digits, each digit but the first 0 with probability 0.4: list of int."""
    digits = random.integers(1, 10, (count, 8)) * (random.random((count, 8)) > 0.4)
    digits[:, 0] = random.integers(1, 10, count)
    lengths = random.integers(1, 9, count)
    return [
        int("".join(map(str, row[:length]))) for row, length in zip(digits.tolist(), lengths, strict=True)
    ]


def encoded(numbers):
    """Whole numbers as Pairs, as wide as the longest needs.

    Raises ValueError where there are none, or one is not from 0 to 99,999,999.
    """
    numbers = np.asarray(numbers)
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu":
        raise ValueError(f"encoded(numbers): {numbers.dtype} {numbers.shape}; expected whole numbers (n,).")
    sources = [[ENGLISH.index(word) for word in english(number)] for number in numbers]
    targets = [[*(CHINESE.index(sign) for sign in chinese(number)), END] for number in numbers]
    return Pairs(numbers.astype("int64"), filled(sources), filled(targets))


def filled(rows, width=None):
    """Lists of symbols as one array, int32 (n, longest), filled up with ``PAD``."""
    width = max(map(len, rows)) if width is None else width
    result = np.full((len(rows), width), PAD, "int32")
    for row, symbols in zip(result, rows, strict=True):
        row[: len(symbols)] = symbols
    return result


def read(symbols, names=CHINESE):
    """Rows of symbols as texts: what stands before the first ``END``, list of str; English words have blanks between.

    Args:
        symbols: int (n, steps).
        names: of the symbols, ``CHINESE``, ``ENGLISH`` or ``PINYIN``.
    """
    between = "" if names is CHINESE else " "
    return [between.join(names[symbol] for symbol in until_end(row)) for row in np.asarray(symbols)]


def until_end(row):
    """The symbols of one row before its first ``END`` or ``PAD``, a list."""
    row = np.asarray(row).tolist()
    ends = [row.index(symbol) for symbol in (END, PAD) if symbol in row]
    return row[: min(ends, default=len(row))]


def _range(name, given):
    if not checks.is_list(given) or len(given) != 2:
        raise ValueError(f"{name}={given!r}: expected two whole numbers, the fewest and the most.")
    fewest = checks.whole_number(f"{name}[0]", given[0], most=12)
    return fewest, checks.whole_number(f"{name}[1]", given[1], least=fewest, most=12)
