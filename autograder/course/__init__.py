"""course.yaml as typed, frozen models: the only configuration of a course.

    course = Course.find(Path.cwd())
    course.assignments["ass1"].limits.notebook_s

Every mistake in the file is a `CourseError` that names file, line, key and value, and says what is allowed.
"""

from autograder.course.assignment import Assignment, DataSets, Defaults, LatePolicy, Limits
from autograder.course.course import FILE_NAME, Course, Groups
from autograder.course.prepared import DATA_VARIABLE
from autograder.course.services import Certificates, Cluster, DataFolder
from autograder.course.wording import CourseError

__all__ = [
    "DATA_VARIABLE",
    "FILE_NAME",
    "Assignment",
    "Certificates",
    "Cluster",
    "Course",
    "CourseError",
    "DataFolder",
    "DataSets",
    "Defaults",
    "Groups",
    "LatePolicy",
    "Limits",
]
