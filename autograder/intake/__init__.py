"""Hand-ins of any origin -> checked, bounded submissions; what cannot be one gets a sentence for its page.

for hand_in in submissions(course, "ass1"):      # Submission or Rejected, one per student
collect(Path("moodle.zip"), course, "ass1")      # an archive or folder -> submitted/
collect_exchange(course, "ass1")                 # nbgrader's exchange -> submitted/
"""

from autograder.intake.archive import CollectReport, collect
from autograder.intake.exchange import collect_exchange
from autograder.intake.folder import Partners, glance, handed_in, read, submissions
from autograder.intake.roster import Roster, RosterError, Student
from autograder.intake.single import submission_from_file
from autograder.intake.submission import Glance, Rejected, RejectedSubmission, Submission
from autograder.intake.unpack import ArchiveError

__all__ = [
    "ArchiveError",
    "CollectReport",
    "Glance",
    "Partners",
    "Rejected",
    "RejectedSubmission",
    "Roster",
    "RosterError",
    "Student",
    "Submission",
    "collect",
    "collect_exchange",
    "glance",
    "handed_in",
    "read",
    "submission_from_file",
    "submissions",
]
