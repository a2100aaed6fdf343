"""Autograded deep-learning courses: isolated student kernels, hidden pytest tests, nbgrader's gradebook."""

import sys

__version__ = "0.1.0"

# jsonschema, which nbformat imports, would compile a grammar of internationalised addresses for a second, in every
# process, to check a format that no notebook's schema has. Without the grammar it leaves that check out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
