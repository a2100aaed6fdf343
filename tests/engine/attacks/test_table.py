"""Which test stands for which line of the list of known cheats, and that none is left out."""

from __future__ import annotations

import ast
from pathlib import Path

READING = "test_reading_secrets"
FORGING = "test_forging_results"
ANSWERS = "test_forged_answers"
METADATA = "test_forged_metadata"
MESSAGES = "test_forged_messages"
HOST = "test_hurting_the_host"
CHEATS = "test_deep_learning_cheats"
HAND_INS = "test_hostile_hand_ins"
TEXTS = "test_texts_as_weapons"

LINES: dict[int, tuple[str, tuple[tuple[str, str], ...]]] = {
    1: ("tests in the working directory", ((READING, "test_files_of_the_course"),)),
    2: ("caller frames' locals", ((READING, "test_introspection"),)),
    3: ("constants of a calling test", ((READING, "test_introspection"),)),
    4: ("objects of the garbage collector", ((READING, "test_introspection"),)),
    5: (
        "IPython's history, linecache, inspect",
        ((READING, "test_introspection"), (READING, "test_history_and_database_of_ipython")),
    ),
    6: (
        "/proc of parents and siblings; inherited memory",
        ((READING, "test_other_processes"), (READING, "test_memory_that_the_fork_inherits")),
    ),
    7: (
        "a child that walks the file system; ways out of the root",
        ((READING, "test_a_child_that_walks_the_file_system"), (READING, "test_ways_out_of_the_root")),
    ),
    8: ("source/, submitted/, gradebook.db, .git", ((READING, "test_files_of_the_course"),)),
    9: (
        "inputs and expected values through feedback",
        (
            (READING, "test_hidden_inputs_do_not_come_back"),
            (READING, "test_the_naive_grader_shows_them"),
            (READING, "test_assertions_and_prints_of_tests_reach_the_instructor_only"),
        ),
    ),
    10: ("scores as an oracle", ((READING, "test_feedback_is_no_oracle"), (CHEATS, "test_a_known_seed"))),
    11: (
        "network, sockets, shared memory, leftovers",
        (
            (READING, "test_connections_to_the_machine"),
            (READING, "test_two_sessions_at_once_do_not_meet"),
            (READING, "test_nothing_is_left_for_the_next"),
        ),
    ),
    12: ("tokens in the environment", ((READING, "test_tokens_in_the_environment"),)),
    13: (
        "links that point outside",
        ((READING, "test_links_in_the_scratch_folder"), (HAND_INS, "test_archives")),
    ),
    14: ("rewriting a result file", ((FORGING, "test_rewriting_the_result"),)),
    15: ("printing a score", ((FORGING, "test_printing_a_score"),)),
    16: ("rewriting tests", ((FORGING, "test_rewriting_the_tests"),)),
    17: (
        "pytest's files, variables and plugins",
        ((FORGING, "test_settings_of_pytest"), (FORGING, "test_settings_in_the_graders_environment")),
    ),
    18: (
        "patched runner, builtins, comparisons",
        ((FORGING, "test_patched_process"), (FORGING, "test_patches_win_where_tests_run_with_them")),
    ),
    19: (
        "IPython's hooks, forged kernel messages",
        ((FORGING, "test_patched_process"), (MESSAGES, "test_forged_messages_of_the_kernel")),
    ),
    20: (
        "objects that are equal to everything",
        ((ANSWERS, "test_answers_that_are_none"), (ANSWERS, "test_answers_that_win_where_they_are_trusted")),
    ),
    21: (
        "answers that pass vacuously",
        ((ANSWERS, "test_answers_that_are_none"), (ANSWERS, "test_vacuous_comparisons_are_real")),
    ),
    22: (
        "leaving",
        ((FORGING, "test_leaving"), (FORGING, "test_leaving_wins_where_the_exit_status_counts")),
    ),
    23: (
        "atexit, hooks, shadow modules, start-up files",
        (
            (FORGING, "test_patched_process"),
            (FORGING, "test_settings_of_pytest"),
            (HAND_INS, "test_archives"),
        ),
    ),
    24: (
        "PYTHONOPTIMIZE",
        ((FORGING, "test_optimised_away"), (FORGING, "test_settings_in_the_graders_environment")),
    ),
    25: (
        "edited metadata",
        ((METADATA, "test_edited_metadata"), (METADATA, "test_a_kernel_of_the_students_choice")),
    ),
    26: ("answering for the reference", ((MESSAGES, "test_answering_for_the_reference"),)),
    27: (
        "impersonating the wire",
        ((MESSAGES, "test_impersonating_the_wire"), (MESSAGES, "test_a_connection_that_lingers")),
    ),
    28: (
        "loops without end",
        (
            (HOST, "test_a_cell_without_end"),
            (HOST, "test_a_call_without_end"),
            (TEXTS, "test_a_message_that_takes_hours_to_read"),
        ),
    ),
    29: ("fork and thread bombs", ((HOST, "test_floods"),)),
    30: (
        "floods of memory, disk, files, output",
        (
            (HOST, "test_floods"),
            (HOST, "test_memory_that_leaves_the_map_is_counted"),
            (HOST, "test_the_grader_keeps_its_speed_and_memory"),
        ),
    ),
    31: ("a process that outlives the session", ((HOST, "test_a_process_that_outlives_the_session"),)),
    32: (
        "killing and starving others",
        (
            (HOST, "test_killing_others"),
            (HOST, "test_a_warm_parent_that_died_is_replaced"),
            (HOST, "test_starving_the_others"),
        ),
    ),
    33: ("ptrace, io_uring, keyrings, mounts, namespaces", ((HOST, "test_corners_of_the_kernel"),)),
    34: ("pickles and their like on the way out", ((HOST, "test_objects_that_run_when_loaded"),)),
    35: (
        "stored script and terminal codes",
        (
            (HOST, "test_stored_script"),
            (HOST, "test_terminal_codes_in_what_a_terminal_shows"),
            (TEXTS, "test_an_output_that_takes_hours_to_clean"),
        ),
    ),
    36: (
        "hostile archives and notebooks",
        (
            (HAND_INS, "test_archives"),
            (HAND_INS, "test_notebooks_that_are_weapons"),
            (HAND_INS, "test_a_notebook_of_odd_parts_is_graded"),
            (HAND_INS, "test_format_3"),
        ),
    ),
    37: (
        "clocks, caches, fewer steps, lower precision, stale buffers",
        (
            (CHEATS, "test_a_patched_clock"),
            (CHEATS, "test_work_in_a_child_counts"),
            (CHEATS, "test_cached_and_precomputed_answers"),
            (CHEATS, "test_stale_buffers"),
            (CHEATS, "test_fewer_steps_than_asked"),
            (CHEATS, "test_lower_precision"),
        ),
    ),
    38: ("descriptions of itself", ((CHEATS, "test_descriptions_of_itself"),)),
    39: (
        "recognised and remembered examples",
        ((CHEATS, "test_recognised_examples"), (CHEATS, "test_training_on_what_is_held_out")),
    ),
    40: ("a known seed", ((CHEATS, "test_a_known_seed"),)),
    41: ("hard-coded answers", ((CHEATS, "test_hard_coded_answers"),)),
    42: ("a forbidden part by another name", ((CHEATS, "test_a_forbidden_part_under_another_name"),)),
}
BEYOND = {(HOST, "test_the_victims_are_as_they_were")}  # not of the list


def test_every_line_has_a_test() -> None:
    assert sorted(LINES) == list(range(1, 43))
    assert all(tests for _, tests in LINES.values())


def test_every_test_is_there_and_stands_for_a_line() -> None:
    named = {test for _, tests in LINES.values() for test in tests} | BEYOND
    there = {
        (path.stem, node.name)
        for path in Path(__file__).parent.glob("test_*.py")
        if path.stem != "test_table"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert named == there
