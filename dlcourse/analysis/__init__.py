"""Looks inside a network, and trains nothing."""
