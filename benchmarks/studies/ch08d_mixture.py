"""Chapter 08d: a better network for the same data: gated layers, and a learnt mixture as prior.

    python benchmarks/run.py ch08d_mixture

About 25 minutes on 2 cores. Interrupted, it goes on where it was. Two hidden layers of 300 gated units each way and
40 latents, as in Tomczak & Welling (2018), whose VampPrior of 500 pseudo-inputs gives -82.38 nats in their table 1, the
standard normal prior -84.50. Here the 500 components are Gaussians of their own.
"""

from dlcourse import models
from dlcourse.experiments import vae_training
from dlcourse.training import objectives


def gated(means, seed=0):
    """784-300-300-40 with gated layers, and back; prior: 500 learnt Gaussians."""
    return models.vae(
        (28, 28, 1),
        40,
        hidden=(300, 300),
        activation="gated",
        prior="mixture",
        components=500,
        means=means,
        seed=seed,
    )


if __name__ == "__main__":
    vae_training.record(
        "ch08d_mixture",
        "Importance-weighted bound (nats, 5,000 draws) on 10,000 binarised test images of MNIST; gated network with a "
        "learnt mixture of 500 Gaussians as prior",
        gated,
        (objectives.importance_weighted(1), 200),
        batch_size=200,
    )
