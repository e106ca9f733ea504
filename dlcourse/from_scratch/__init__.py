"""Textbook algorithms written out in NumPy; nothing here loads TensorFlow."""
