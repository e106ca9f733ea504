"""Chapter 08d: VAEs that were trained with another weight of the rate than 1.

    python benchmarks/run.py ch08d_beta

The dense network of ch08d_convolution, trained alike, but for beta: 4 from five seeds; 1/4, 64, and 64 with half a nat
of each latent free, from one. A few seconds each on 2 cores. Writes data/vae_beta_4_<seed>.npz and so on; put the
SHA-256 that are printed into data/datasets.toml. The settings were not tuned.
"""

from dlcourse.experiments import vae_weights
from dlcourse.training import objectives

TRAININGS = {
    "vae_beta_quarter": ({"beta": 0.25}, range(1)),
    "vae_beta_4": ({"beta": 4.0}, range(5)),
    "vae_beta_64": ({"beta": 64.0}, range(1)),
    "vae_free_bits": ({"beta": 64.0, "free_bits": 0.5}, range(1)),
}

if __name__ == "__main__":
    for name, (options, seeds) in TRAININGS.items():
        vae_weights.record(
            "ch08d_beta",
            name,
            objectives.negative_elbo(**options),
            seeds=seeds,
            key=name.removeprefix("vae_"),
            draws=50,
            epochs=8,
        )
