"""Autograded deep-learning courses: isolated student kernels, hidden tests, nbgrader's gradebook."""

__version__ = "0.1.0"
