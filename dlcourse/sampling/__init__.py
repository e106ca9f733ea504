"""Markov chain Monte Carlo: posteriors to sample from, TFP's NUTS, and whether a sampler's ranks are uniform."""
