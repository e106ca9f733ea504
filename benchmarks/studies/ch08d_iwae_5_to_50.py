"""Chapter 08d: the IWAE paper's network trained by the bound of 5 draws for 500 epochs, then of 50 draws for 60.

    python benchmarks/run.py ch08d_iwae_5_to_50

About 75 minutes on 2 cores. Interrupted, it goes on where it was. An epoch of 50 draws costs as much as eight of 5:
where the hours are few, cheap draws take most of the way and dear ones the end of it. The published figure for 50 draws
from the start is -84.78 nats after 3,280 epochs (Burda et al. 2016, table 1); what else differs from theirs is said in
ch08d_iwae_k1, and the gradient is the doubly reparameterised one (Tucker et al. 2019).
"""

from dlcourse.experiments import vae_training
from dlcourse.training import objectives

if __name__ == "__main__":
    vae_training.record(
        "ch08d_iwae_5_to_50",
        "Importance-weighted bound (nats, 5,000 draws) on 10,000 binarised test images of MNIST; network of the IWAE "
        "paper, k = 5 and then k = 50",
        vae_training.iwae,
        (objectives.importance_weighted(5), 500),
        (objectives.importance_weighted(50), 60),
        batch_size=100,
    )
