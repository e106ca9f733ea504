"""Chapter 08d: five VAEs with two latents, whose weights the chapter ships and evaluates.

    python benchmarks/run.py ch08d_plane

About a minute per seed on 2 cores. Writes data/vae_plane_<seed>.npz; put the SHA-256 that is printed into
data/datasets.toml. The settings were not tuned.
"""

from dlcourse.experiments import vae_weights
from dlcourse.training import objectives

if __name__ == "__main__":
    vae_weights.record("ch08d_plane", "vae_plane", objectives.negative_elbo(), epochs=15)
