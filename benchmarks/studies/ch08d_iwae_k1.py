"""Chapter 08d: the IWAE paper's network trained as a VAE (k = 1), on all of dynamically binarised MNIST.

    python benchmarks/run.py ch08d_iwae_k1

About 40 minutes on 2 cores. Interrupted, it goes on there. The published figure is -86.76 nats (Burda et al. 2016,
table 1); what differs from theirs: 60,000 training images instead of 50,000, 800 epochs instead of 3,280, Adam with
one cosine instead of eight steps, batches of 100 instead of 20, and the gradient of Roeder et al. (2017).
"""

from dlcourse.experiments import vae_training
from dlcourse.training import objectives

if __name__ == "__main__":
    vae_training.record(
        "ch08d_iwae_k1",
        "Importance-weighted bound (nats, 5,000 draws) on 10,000 binarised test images of MNIST; network of the IWAE "
        "paper, k = 1",
        vae_training.iwae,
        (objectives.importance_weighted(1), 800),
        batch_size=100,
    )
