"""Hyperparameter search with Optuna: ranges, samplers, pruning, the budget, and each hyperparameter's importance.

An objective is a function of a setting, a dict from name to value. It returns the error that is to be minimised, one
value per epoch; a generator may yield them, so that a hopeless training can be stopped early. The cost of a search is
counted in epochs, so that searches of different kinds can be compared at equal cost.
"""

import dataclasses
import math
import numbers
import os
import pathlib
import platform
import threading
import zlib
from dataclasses import dataclass, field

import numpy as np

from dlcourse import checks, progress

SAMPLERS = ("random", "tpe")


@dataclass(frozen=True)
class Range:
    """The range of a hyperparameter.

    Args:
        low, high: both ends, included.
        log: whether the logarithm is uniform, rather than the value.
        whole: whole numbers only.

    Raises:
        ValueError: where the range is empty, or a logarithm's range is not above 0.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self):
        for end in (self.low, self.high):
            if not isinstance(end, numbers.Real) or isinstance(end, bool):
                raise ValueError(f"Range({self.low!r}, {self.high!r}): expected two numbers.")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"Range({self.low}, {self.high}): expected two finite numbers, the lower first.")
        if self.log and self.low <= 0:
            raise ValueError(f"Range({self.low}, {self.high}, log=True): a logarithm's range starts above 0.")
        if self.whole and not (float(self.low).is_integer() and float(self.high).is_integer()):
            raise ValueError(
                f"Range({self.low}, {self.high}, whole=True): expected whole numbers at both ends."
            )

    def suggest(self, trial, name):
        """Ask an Optuna trial for a value."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Trial:
    """One setting that was tried. ``errors``: one per epoch; ``complete``: False where it was stopped early."""

    number: int
    setting: dict
    errors: tuple
    complete: bool

    @property
    def error(self):
        """The error after the last epoch."""
        return self.errors[-1]


@dataclass(frozen=True)
class Search:
    """The trials of a search, in order; ``study`` is Optuna's own record of them."""

    trials: list
    study: object = field(repr=False)

    @property
    def best(self):
        """The complete trial with the smallest last error; the first of equals.

        Raises ValueError where none is complete.
        """
        complete = [trial for trial in self.trials if trial.complete]
        if not complete:
            raise ValueError(
                f"None of the {len(self.trials)} trials is complete; give the search a larger budget."
            )
        return min(complete, key=lambda trial: trial.error)

    @property
    def epochs(self):
        """Number of epochs of all trials."""
        return sum(len(trial.errors) for trial in self.trials)

    def progress(self):
        """(epochs spent, smallest error of a complete trial so far), float64: from the first complete trial on."""
        spent, best, points = 0, math.inf, []
        for trial in self.trials:
            spent += len(trial.errors)
            best = min(best, trial.error) if trial.complete else best
            if math.isfinite(best):
                points.append((spent, best))
        return tuple(np.array(points, "float64").reshape(-1, 2).T)

    def part(self, numbers):
        """The Search that consists of some trials only, such as ``range(10)`` for the first ten."""
        import optuna

        study = optuna.create_study()
        study.add_trials([trial for trial in self.study.trials if trial.number in numbers])
        return Search([trial for trial in self.trials if trial.number in numbers], study)

    def importances(self, seed=0):
        """The share of the errors' variance that each hyperparameter explains by itself; the shares add up to 1.

        A random forest is fitted to the complete trials, and its variance decomposed (functional ANOVA, Hutter et al.
        2014). Computed by Optuna; a dict from name to float, sorted by name.

        Raises:
            ValueError: where fewer than four trials are complete, or all have the same error.
        """
        import optuna

        errors = [trial.error for trial in self.trials if trial.complete]
        if len(errors) < 4 or len(set(errors)) < 2:
            raise ValueError(
                f"importances() needs four complete trials or more, with different errors; got {errors}."
            )
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
        shares = optuna.importance.get_param_importances(self.study, evaluator=evaluator)
        return {name: float(share) for name, share in sorted(shares.items())}


def run(objective, space, *, budget, epochs, sampler="tpe", pruning=False, seed=0):
    """Search until the budget is spent.

    Args:
        objective: function of a setting (dict from name to value) that returns or yields ``epochs`` errors.
        space: dict from name to Range.
        budget: epochs to spend in all.
        epochs: of a complete trial.
        sampler: ``"random"``, settings drawn independently; or ``"tpe"``, Optuna's tree-structured Parzen estimator
            (Bergstra et al. 2011), which tries settings that resemble the good ones so far.
        pruning: whether Hyperband (Li et al. 2018) stops trials that are worse than others after as many epochs.
        seed: of the sampler.

    Returns:
        Search.

    Raises:
        ValueError: where an argument makes no sense, or the objective doesn't return finite errors.
    """
    import optuna

    _check_space(space)
    if not checks.is_one_of(sampler, SAMPLERS):
        raise ValueError(f"run(sampler={sampler!r}): expected one of {SAMPLERS}.")
    checks.whole_number("run(epochs)", epochs)
    checks.whole_number("run(budget)", budget)
    checks.whole_number("run(seed)", seed, least=0, most=2**31 - 1)
    if budget < epochs:
        raise ValueError(f"run(budget={budget}) can't pay for one complete trial of {epochs} epochs.")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = {"random": lambda: NumberedSampler(seed), "tpe": lambda: optuna.samplers.TPESampler(seed=seed)}
    pruner = optuna.pruners.NopPruner()
    if pruning:
        pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    # Hyperband sends a trial to a bracket by the study's name, which is random unless one is given.
    study = optuna.create_study(study_name=f"search {seed}", sampler=samplers[sampler](), pruner=pruner)
    left = budget
    with progress.bar(total=budget, description="search", unit="epoch") as bar:
        while left > 0:
            spent = _try(objective, space, study, epochs, left)
            left -= spent
            bar.update(spent)
    return Search(_trials(study), study)


def _try(objective, space, study, epochs, left):
    """Train one trial; returns the number of epochs that it took."""
    from optuna.trial import TrialState

    trial = study.ask()
    setting = {name: space[name].suggest(trial, name) for name in space}
    values = iter(objective(setting))
    for epoch in range(1, epochs + 1):
        error = _error(next(values, None), setting, epoch, epochs)
        trial.report(error, epoch)
        if epoch < epochs and (epoch == left or trial.should_prune()):
            study.tell(trial, state=TrialState.PRUNED)
            return epoch
    study.tell(trial, error)
    return epochs


def _error(value, setting, epoch, epochs):
    if value is None:
        raise ValueError(
            f"The objective gave {epoch - 1} errors for {setting}; expected {epochs}, one per epoch."
        )
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"The objective gave {value!r} in epoch {epoch} for {setting}; expected a finite number. Give a "
            "training that diverged the error of guessing."
        )
    return number


def _trials(study):
    from optuna.trial import TrialState

    return [
        Trial(
            trial.number,
            dict(trial.params),
            tuple(trial.intermediate_values.values()),
            trial.state == TrialState.COMPLETE,
        )
        for trial in study.trials
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) and trial.intermediate_values
    ]


def work(objective, space, file, *, trials, seed=0):
    """Take part in a random search that is kept in a file, which any number of processes and machines may share.

    The n-th setting depends on ``seed`` and n alone, so the result doesn't depend on which process tried it. A trial
    that was interrupted, or whose process has died, is tried again; a last line of the file that was not written whole
    is dropped.

    Args:
        objective: function of a setting that returns one finite error.
        space: dict from name to Range, the same in all processes.
        file: path of the study; the first process makes it.
        trials: number of trials of all processes together.
        seed: of the settings.

    Returns:
        The number of trials that this process did.

    Raises:
        ValueError: where an argument makes no sense, or the file holds a search in another space or of another seed.
    """
    from optuna.trial import TrialState

    _check_space(space)
    checks.whole_number("work(trials)", trials)
    seed = checks.whole_number("work(seed)", seed, least=0, most=2**31 - 1)
    study = _open(file, NumberedSampler(seed))
    wanted = {
        "seed": seed,
        **{name: [each.low, each.high, each.log, each.whole] for name, each in sorted(space.items())},
    }
    known = study.user_attrs.get("search")
    if known is None:
        study.set_user_attr("search", wanted)
    elif known != wanted:
        raise ValueError(
            f"{file} holds another search: {known}; here it is {wanted}. Give another file, or delete that one."
        )
    done = 0
    while (trial := _next(study, trials, file)) is not None:
        setting = {name: space[name].suggest(trial, name) for name in space}
        try:
            value = _error(objective(setting), setting, 1, 1)
        except BaseException:  # also an interruption: its place is free again
            study.tell(trial, state=TrialState.FAIL)
            raise
        trial.report(value, 1)
        study.tell(trial, value)
        done += 1
    return done


def _next(study, trials, file):
    """A trial in the first place that nobody has done or is at work on, or None where there is none."""
    lock = _lock(f"{file}.places")  # two workers that look at once would take the same place
    lock.acquire()
    try:
        place = _free_place(study, trials)
        if place is None:
            return None
        trial = study.ask()
        trial.set_user_attr("place", place)
        trial.set_user_attr("worker", _this_worker())
        return trial
    finally:
        lock.release()


def _free_place(study, trials):
    taken = {_occupies(trial) for trial in study.trials}
    return next((place for place in range(trials) if place not in taken), None)


def _occupies(trial):
    """The place that a trial has done, or is at work on by a worker that lives; else None."""
    from optuna.trial import TrialState

    at_work = trial.state == TrialState.RUNNING and _lives(trial.user_attrs.get("worker"))
    return trial.user_attrs.get("place") if trial.state == TrialState.COMPLETE or at_work else None


def _this_worker():
    import psutil

    return [platform.node(), os.getpid(), psutil.Process().create_time(), threading.get_ident()]


def _lives(worker):
    """Whether the thread of a process that began a trial may still be at it; one of another machine may be."""
    import psutil

    if worker is None:
        return False
    machine, process, began, thread = worker
    if machine != platform.node():
        return True
    if process == os.getpid():
        others = {each.ident for each in threading.enumerate()} - {threading.get_ident()}
        return thread in others
    try:
        return abs(psutil.Process(process).create_time() - began) < 1
    except psutil.Error:
        return False


def read(file):
    """The Search that a file holds, its trials in order.

    Raises:
        FileNotFoundError: where there is no such file.
    """
    if not pathlib.Path(file).exists():
        raise FileNotFoundError(f"There is no study at {file}; search.work() makes one.")
    study = _open(file, None)
    places = {trial.number: trial.user_attrs.get("place", trial.number) for trial in study.trials}
    trials = [dataclasses.replace(trial, number=places[trial.number]) for trial in _trials(study)]
    return Search(sorted(trials, key=lambda trial: trial.number), study)


def _open(file, sampler):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    lock = _lock(file)
    _drop_partial_line(file, lock)
    backend = JournalFileBackend(str(file), lock_obj=lock)
    try:
        return optuna.create_study(
            study_name="search", storage=JournalStorage(backend), sampler=sampler, load_if_exists=True
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{file} can't be read as a study ({type(error).__name__}: {error}): a line of it is damaged. Give another "
            "file, or mend that one."
        ) from None


def _lock(file):
    from optuna.storages.journal import JournalFileOpenLock

    return JournalFileOpenLock(str(file))


BEGINNING = b'{"op_code":'
"""Of a study's file, as Optuna writes it."""


def _drop_partial_line(file, lock):
    """Cut off a last line that was not written whole: what is appended to it could never be read again."""
    path = pathlib.Path(file)
    if not path.exists():
        return
    lock.acquire()
    try:
        with open(path, "r+b") as journal:
            content = journal.read()
            if content[: len(BEGINNING)] != BEGINNING[: len(content)]:
                raise ValueError(
                    f"{file} is no study that search.work() made: it begins with {content[:20]!r}. Give another file; "
                    "this one was left as it is."
                )
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                journal.truncate(whole)
    finally:
        lock.release()


def _check_space(space):
    if (
        not isinstance(space, dict)
        or not space
        or not all(isinstance(each, Range) for each in space.values())
    ):
        raise ValueError(
            f"A space is a dict from name to search.Range, with one entry or more; got {space!r}."
        )


class NumberedSampler:
    """An Optuna sampler: random search whose n-th trial depends on the seed and n alone.

    A trial that is tried again has the number n as its user attribute "place".
    """

    def __init__(self, seed):
        self.seed = seed

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, name, distribution):
        place = trial.user_attrs.get("place", trial.number)
        share = np.random.default_rng([self.seed, place, zlib.crc32(name.encode())]).random()
        low, high, whole = distribution.low, distribution.high, isinstance(distribution.low, int)
        low, high = (low - 0.5, high + 0.5) if whole else (low, high)
        value = low * (high / low) ** share if distribution.log else low + (high - low) * share
        return min(max(round(value), distribution.low), distribution.high) if whole else float(value)

    def before_trial(self, study, trial):
        pass

    def after_trial(self, study, trial, state, values):
        pass

    def reseed_rng(self):
        pass
