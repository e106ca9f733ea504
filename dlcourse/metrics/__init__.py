"""Predictions against targets."""
