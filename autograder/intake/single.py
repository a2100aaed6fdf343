"""One notebook file, wherever it lies -> a submission, for grading it without a class around it."""

from __future__ import annotations

from pathlib import Path

from autograder.intake.files import UnreadableFile, opened_folder, read_bytes
from autograder.intake.submission import Submission
from autograder.intake.text import MOST_BYTES, notebook_text


def submission_from_file(path: Path | str, assignment: str, student: str = "") -> Submission:
    """Read the notebook at `path` as a hand-in for `assignment`. Raises RejectedSubmission.

    The caller chose the path, so links on the way to the file are followed; the file is still bounded and
    checked.
    """
    path = Path(path)
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise UnreadableFile(f"There is no file {path}. Check the path.") from error
    with opened_folder(real.parent, follow=True) as folder:
        notebook, notices = notebook_text(read_bytes(real.name, folder=folder, most=MOST_BYTES))
    return Submission(
        assignment=assignment,
        student=student,
        group=(student,) if student else (),
        path=str(path),
        notices=notices,
        notebook=notebook,
    )
