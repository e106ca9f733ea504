"""Chapter 08d: convolutional VAEs against dense ones with as many weights, and on shuffled pixels.

    python benchmarks/run.py ch08d_convolution

Ten latents, eight epochs; five seeds of each, ten of the dense one. A minute per convolutional seed on 2 cores.
Writes data/vae_convolutional_<seed>.npz, vae_shuffled_<seed>.npz and vae_dense_<seed>.npz; put the SHA-256 that are
printed into data/datasets.toml. The settings were not tuned.
"""

from dlcourse.experiments import vae_weights
from dlcourse.training import objectives

SEEDS = {"vae_dense": range(10), "vae_convolutional": range(5), "vae_shuffled": range(5)}

if __name__ == "__main__":
    for name, seeds in SEEDS.items():
        vae_weights.record(
            "ch08d_convolution",
            name,
            objectives.negative_elbo(),
            seeds=seeds,
            key=name.removeprefix("vae_"),
            draws=50,
            epochs=8,
        )
