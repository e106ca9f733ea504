"""Recorded studies: resumable, whole or not at all."""

import os

import pytest

from dlcourse import recording


def test_a_study_goes_on_where_it_was(tmp_path):
    first = recording.Recording("study", "a thing, in s", folder=tmp_path)
    first.add("a", [1.0, 2.0])
    again = recording.Recording("study", "a thing, in s", folder=tmp_path)
    assert again.done("a") and not again.done("b")
    again.add("b", {"x": 3})
    assert recording.load("study", folder=tmp_path) == {"a": [1.0, 2.0], "b": {"x": 3}}
    assert "tensorflow" in recording.environment("study", folder=tmp_path)


def test_a_crash_keeps_what_was_recorded(tmp_path, monkeypatch):
    study = recording.Recording("study", "", folder=tmp_path)
    study.add("a", 1)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        study.add("b", 2)
    assert recording.load("study", folder=tmp_path) == {"a": 1}


def test_a_study_that_is_not_recorded_says_how(tmp_path):
    with pytest.raises(FileNotFoundError, match="make bench STUDY=absent"):
        recording.load("absent", folder=tmp_path)
