"""Chapter 08d: five gated VAEs with a learnt mixture as prior, whose weights the chapter ships and evaluates.

    python benchmarks/run.py ch08d_gated

A minute or two per seed on 2 cores. Writes data/vae_gated_<seed>.npz; put the SHA-256 that is printed into
data/datasets.toml. A smaller sister of the network in ch08d_mixture; the settings were not tuned.
"""

from dlcourse.experiments import vae_weights
from dlcourse.training import objectives

if __name__ == "__main__":
    vae_weights.record(
        "ch08d_gated", "vae_gated", objectives.importance_weighted(1), epochs=12, batch_size=200
    )
