"""Networks side by side: Keras layers whose weights have one more axis, one entry per network."""
