"""Networks side by side: Keras layers whose weights, inputs and outputs have the axis ``networks`` in front."""
