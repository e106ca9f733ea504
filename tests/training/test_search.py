"""The search over hyperparameters: what it finds, what it costs, and what it says about bad input."""

import subprocess
import sys
from concurrent import futures

import numpy as np
import pytest

from dlcourse.training import search

SPACE = {"rate": search.Range(1e-3, 1.0, log=True), "units": search.Range(1, 64, log=True, whole=True)}


def distance(setting):
    """Smallest at rate 0.03; the units matter little."""
    return (np.log10(setting["rate"]) + 1.5) ** 2 + 0.01 * np.log(setting["units"])


def falling(setting):
    for epoch in range(1, 10):
        yield distance(setting) + 1 / epoch


@pytest.mark.parametrize("sampler", search.SAMPLERS)
@pytest.mark.parametrize("pruning", [False, True])
def test_the_budget_is_spent_to_the_epoch_and_never_exceeded(sampler, pruning):
    found = search.run(falling, SPACE, budget=100, epochs=9, sampler=sampler, pruning=pruning, seed=3)
    assert found.epochs == 100
    assert all(len(trial.errors) == 9 for trial in found.trials if trial.complete)
    assert found.best.error == min(trial.error for trial in found.trials if trial.complete)
    assert 0.005 < found.best.setting["rate"] < 0.2
    for trial in found.trials:
        assert 1e-3 <= trial.setting["rate"] <= 1 and trial.setting["units"] in range(1, 65)
        assert np.allclose(trial.errors, list(falling(trial.setting))[: len(trial.errors)])


def test_pruning_looks_at_more_settings_for_the_same_price():
    plain, pruned = (
        search.run(falling, SPACE, budget=270, epochs=9, sampler="random", pruning=each)
        for each in (False, True)
    )
    assert len(plain.trials) == 30 and len(pruned.trials) > 45


def test_same_seed_same_search_and_another_seed_another():
    runs = [
        search.run(falling, SPACE, budget=90, epochs=9, pruning=True, seed=seed).trials for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_progress_never_rises():
    spent, best = search.run(falling, SPACE, budget=90, epochs=9, sampler="random").progress()
    assert spent.tolist() == list(range(9, 91, 9)) and (np.diff(best) <= 0).all()


def test_random_search_covers_a_logarithmic_range_evenly():
    trials = search.run(lambda setting: iter([0.0]), SPACE, budget=600, epochs=1, sampler="random").trials
    shares = np.log10([trial.setting["rate"] for trial in trials]) / 3 + 1
    assert abs(shares.mean() - 0.5) < 0.05 and abs(shares.std() - 12**-0.5) < 0.03


def test_importance_goes_to_what_matters_and_adds_up():
    found = search.run(
        lambda setting: iter([distance(setting)]), SPACE, budget=60, epochs=1, sampler="random"
    )
    shares = found.importances()
    assert (
        list(shares) == ["rate", "units"]
        and shares["rate"] > 0.9
        and sum(shares.values()) == pytest.approx(1)
    )
    assert len(found.part(range(10)).trials) == 10


WORKER = """
import sys
from dlcourse.training import search
space = {"rate": search.Range(1e-3, 1.0, log=True)}
print(search.work(lambda setting: setting["rate"], space, sys.argv[1], trials=15, seed=2))
"""


def test_two_processes_share_a_study_and_find_what_one_finds(tmp_path):
    def start(name):
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path / name)], stdout=-1, stderr=-1, text=True
        )

    workers = [start("both"), start("both"), start("one")]
    told = [worker.communicate(timeout=300) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], told
    done = [int(out) for out, _ in told]
    assert done[0] + done[1] == 15 == done[2]
    assert search.read(tmp_path / "both").trials == search.read(tmp_path / "one").trials


def test_work_goes_on_where_it_was(tmp_path):
    assert search.work(distance, SPACE, tmp_path / "study", trials=3) == 3
    assert search.work(distance, SPACE, tmp_path / "study", trials=5) == 2
    assert [trial.error for trial in search.read(tmp_path / "study").trials] == [
        pytest.approx(distance(trial.setting)) for trial in search.read(tmp_path / "study").trials
    ]


def test_an_interrupted_trial_is_tried_again_with_its_own_setting(tmp_path):
    calls = []

    def interrupted_once(setting):
        calls.append(setting)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return distance(setting)

    with pytest.raises(KeyboardInterrupt):
        search.work(interrupted_once, SPACE, tmp_path / "cut", trials=5)
    assert search.work(interrupted_once, SPACE, tmp_path / "cut", trials=5) == 3
    search.work(distance, SPACE, tmp_path / "whole", trials=5)
    assert search.read(tmp_path / "cut").trials == search.read(tmp_path / "whole").trials
    assert calls[3] == calls[2]


def test_a_killed_process_leaves_its_trial_to_others(tmp_path):
    script = (
        "import os, signal, sys\nfrom dlcourse.training import search\n"
        "space = {'rate': search.Range(0.0, 1.0)}\n"
        "search.work(lambda setting: os.kill(os.getpid(), signal.SIGKILL), space, sys.argv[1], trials=3, seed=2)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "killed")], capture_output=True)
    space = {"rate": search.Range(0.0, 1.0)}
    assert search.work(lambda setting: setting["rate"], space, tmp_path / "killed", trials=3, seed=2) == 3
    search.work(lambda setting: setting["rate"], space, tmp_path / "whole", trials=3, seed=2)
    assert search.read(tmp_path / "killed").trials == search.read(tmp_path / "whole").trials


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_journal_whose_last_line_was_cut_keeps_the_rest(tmp_path, cut):
    search.work(distance, SPACE, tmp_path / "study", trials=3)
    content = (tmp_path / "study").read_bytes()
    (tmp_path / "study").write_bytes(content[:-cut])
    before = search.read(tmp_path / "study").trials
    assert len(before) >= 2
    search.work(distance, SPACE, tmp_path / "study", trials=4)
    search.work(distance, SPACE, tmp_path / "whole", trials=4)
    assert search.read(tmp_path / "study").trials == search.read(tmp_path / "whole").trials


def test_another_space_in_the_same_file_is_refused(tmp_path):
    search.work(distance, SPACE, tmp_path / "study", trials=1)
    with pytest.raises(ValueError, match="another search"):
        search.work(distance, {**SPACE, "rate": search.Range(1, 2)}, tmp_path / "study", trials=1)
    with pytest.raises(FileNotFoundError, match="no study"):
        search.read(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1), "lower first"),
        ((2, 1), "lower first"),
        ((0, float("nan")), "finite"),
        ((0, 1, True), "starts above 0"),
        ((1, 2.5, False, True), "whole numbers"),
    ],
)
def test_a_range_that_makes_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        search.Range(*arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sampler": "grid"}, "expected one of"),
        ({"budget": 5}, "can't pay"),
        ({"epochs": 0}, "whole number"),
        ({"budget": 9.5}, "whole number"),
        ({"space": {}}, "dict from name"),
        ({"space": {"rate": (0, 1)}}, "dict from name"),
    ],
)
def test_a_search_that_makes_no_sense(change, message):
    arguments = {"space": SPACE, "budget": 90, "epochs": 9, **change}
    with pytest.raises(ValueError, match=message):
        search.run(falling, **arguments)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.5], "gave 1 errors"),
        ([0.5, float("nan")], "epoch 2"),
        ([None, 1], "gave 0 errors"),
        (["bad", 1], "finite number"),
    ],
)
def test_an_objective_that_breaks_its_promise(values, message):
    with pytest.raises(ValueError, match=message):
        search.run(lambda setting: iter(values), SPACE, budget=4, epochs=2)


@pytest.mark.parametrize("seed", [None, -1, 2**31, 0.5])
@pytest.mark.parametrize("sampler", search.SAMPLERS)
def test_a_seed_that_is_none_is_named(seed, sampler):
    with pytest.raises(ValueError, match=r"run\(seed\)=.*: expected a whole number, from 0 to 2,147,483,647"):
        search.run(falling, SPACE, budget=9, epochs=9, sampler=sampler, seed=seed)


@pytest.mark.parametrize("seed", [None, -1, "0"])
def test_a_shared_study_names_its_seed_before_it_writes_a_file(seed, tmp_path):
    with pytest.raises(
        ValueError, match=r"work\(seed\)=.*: expected a whole number, from 0 to 2,147,483,647"
    ):
        search.work(distance, SPACE, tmp_path / "study.log", trials=2, seed=seed)
    assert not list(tmp_path.iterdir())


def test_results_that_say_too_little():
    with pytest.raises(ValueError, match="four complete"):
        search.run(lambda setting: iter([1.0]), SPACE, budget=6, epochs=1).importances()
    with pytest.raises(ValueError, match="None of the"):
        _ = search.Search([], None).best


def test_the_best_of_a_pruned_search_is_one_that_ran_to_its_end():
    """A trial that was stopped early, while its error was still low by luck, is not the best."""
    found = search.run(falling, SPACE, budget=60, epochs=9, sampler="random", pruning=True, seed=0)
    assert any(not trial.complete for trial in found.trials)
    lucky = search.Trial(99, {}, (-1.0,), False)
    assert search.Search([lucky, *found.trials], found.study).best.complete
    assert len(found.best.errors) == 9
    assert found.best.error == min(trial.error for trial in found.trials if trial.complete)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n3,4", b"\x89PNG\r\n", b"{}"])
def test_a_file_that_is_no_study_is_left_as_it_is(content, tmp_path):
    """Its last line, without an end, would be cut off as one of a study is that was not written whole."""
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    for call in [lambda: search.read(file), lambda: search.work(distance, SPACE, file, trials=1)]:
        with pytest.raises(
            ValueError, match=r"table.csv is no study that search.work.. made: it begins with b'"
        ):
            call()
        assert file.read_bytes() == content


def test_a_damaged_line_of_a_study_names_the_file(tmp_path):
    file = tmp_path / "study.log"
    search.work(distance, SPACE, file, trials=2)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], b"{spoilt\n", *lines[2:]]))
    with pytest.raises(ValueError, match=r"study.log can't be read as a study .*a line of it is damaged"):
        search.read(file)
    assert len(file.read_bytes().splitlines()) == len(lines) + 1


@pytest.mark.parametrize("space", [5, [], {}, {"rate": 0.1}, "rate"])
def test_what_is_no_space_is_named(space, tmp_path):
    with pytest.raises(ValueError, match=r"A space is a dict from name to search\.Range"):
        search.work(distance, space, tmp_path / "study.log", trials=1)


def test_progress_counts_epochs_of_all_and_errors_of_complete_trials_alone():
    trials = [
        search.Trial(0, {}, (0.05,), False),
        search.Trial(1, {}, (0.5, 0.4), True),
        search.Trial(2, {}, (0.1,), False),
        search.Trial(3, {}, (0.3, 0.2), True),
    ]
    spent, best = search.Search(trials, None).progress()
    assert spent.tolist() == [3, 4, 6] and best.tolist() == [0.4, 0.4, 0.2]


def test_an_interrupted_trial_is_free_for_others_while_its_process_lives_on(tmp_path):
    """As in a notebook: the cell was interrupted, the kernel is there still, and another worker goes on."""

    def interrupted(setting):
        raise KeyboardInterrupt

    file = tmp_path / "study.log"
    with pytest.raises(KeyboardInterrupt):
        search.work(interrupted, SPACE, file, trials=3)
    with futures.ThreadPoolExecutor(1) as other:
        assert other.submit(search.work, distance, SPACE, file, trials=3).result() == 3
    assert [trial.number for trial in search.read(file).trials] == [0, 1, 2]
