"""Makes what a student wrote or printed safe to show, in our pages and in notebooks handed to nbgrader's.

Imports nothing else of the engine, so that every part of it may use this one.
"""

from autograder.reports.sanitise.html import clean_html
from autograder.reports.sanitise.images import CleanImage, clean_image
from autograder.reports.sanitise.markdown import clean_markdown
from autograder.reports.sanitise.notebook import clean_notebook
from autograder.reports.sanitise.text import clean_line, clean_text

__all__ = [
    "CleanImage",
    "clean_html",
    "clean_image",
    "clean_line",
    "clean_markdown",
    "clean_notebook",
    "clean_text",
]
