"""Helper package of the course "Deep learning, measured".

Every chapter imports from here: ``datasets`` (real data), ``models`` (Keras models), ``training`` (the compiled
loop and its objectives), ``figures``, ``claims`` (a statement, its measured value, its bound, its verdict).

Importing ``dlcourse`` itself loads neither TensorFlow nor NumPy.
"""

from dlcourse.reproducibility import set_environment

__version__ = "0.2.0"

# TensorFlow and Keras read these once, when they are first imported, so they are set before anything else.
set_environment("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL")
