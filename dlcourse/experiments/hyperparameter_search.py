"""Chapter 05's search: four hyperparameters of a small network, and their ranges."""

from dlcourse.training import hyperparameters, search

SPACE = {
    "learning_rate": search.Range(1e-3, 3.0, log=True),
    "hidden": search.Range(2, 128, log=True, whole=True),
    "batch_size": search.Range(8, 256, log=True, whole=True),
    "l2": search.Range(1e-6, 1.0, log=True),
}


def objective(network, validation, seed):
    """A function of a setting that trains it with one seed, and yields the validation error after every epoch.

    Args:
        network: ``hyperparameters.Tunable``.
        validation: Split.
        seed: of weights and order.
    """

    def errors(setting):
        members = network.start([hyperparameters.Setting(**setting)], [seed])
        while True:
            members.epoch()
            yield float(members.errors(validation)[0])

    return errors
