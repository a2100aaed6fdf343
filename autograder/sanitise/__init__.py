"""Makes what a student wrote or printed safe to show, in our pages and in notebooks handed to nbgrader's.

Imports nothing else of the engine, so that every part of it may use this one.
"""

from autograder.sanitise.html import clean_html
from autograder.sanitise.images import CleanImage, clean_image
from autograder.sanitise.markdown import clean_markdown
from autograder.sanitise.notebook import clean_notebook
from autograder.sanitise.text import clean_line, clean_text

__all__ = [
    "CleanImage",
    "clean_html",
    "clean_image",
    "clean_line",
    "clean_markdown",
    "clean_notebook",
    "clean_text",
]
