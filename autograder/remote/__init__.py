"""The wire between the grader and a student's kernel.

`server` and what it imports (`convert`, `encoding`, `files`, `frames`, `tensors`, `traces`) run in the
student's process, which is untrusted; everything else runs in the grader. Nothing is imported here, so that
the student's side stays small.
"""
