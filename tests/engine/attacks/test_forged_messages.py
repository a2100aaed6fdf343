"""Lines 19, 26 and 27 of the notes: messages of the kernel, of the reference and on the wire that are none."""

from __future__ import annotations

import nbformat
import pytest
from arena import FULL, HONEST, SESSION_PARTS, WRONG, Arena
from special_courses import with_tests

KERNEL_MESSAGES = {
    "an early end": "forge('status', {'execution_state': 'idle'})\nimport time; time.sleep(0.2)",
    "an error and its end": "forge('error', {'ename': 'E', 'evalue': 'v', 'traceback': ['x']})",
    "replies to come": """
parent = kernel.get_parent()
session, pid, number = parent["header"]["msg_id"].rsplit("_", 2)
for ahead in range(1, 12):
    header = dict(parent, header=dict(parent["header"], msg_id=f"{session}_{pid}_{int(number) + ahead}"))
    reply = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    kernel.session.send(kernel.shell_socket if hasattr(kernel, "shell_socket") else kernel.iopub_socket,
                        "execute_reply", reply, parent=header, ident=kernel._parent_ident)
    forge("status", {"execution_state": "idle"}, parent=header)
""",
    "a display that is updated": """
from IPython.display import display, update_display
display({"text/plain": "a"}, raw=True, display_id="d")
for i in range(3): update_display({"text/plain": "b" * 5_000_000}, raw=True, display_id="d")
""",
    "content that makes no sense": """
import json
kernel.session.pack = lambda thing: json.dumps(thing, default=str).encode()
for kind in ("stream", "display_data", "execute_result", "error", "update_display_data", "clear_output", "status",
             "execute_input", "comm_open", "comm_msg", "input_request", "debug_event", "shutdown_reply"):
    for content in ({}, {"text": 3, "name": []}, {"data": 1, "metadata": 2, "transient": 3}, {"execution_count": "<b>"},
                    {"execution_state": {}}, {"data": {"text/html": None}}, {"text": "\\ud800\\x00", "name": "stdout"},
                    {"data": {"application/json": float("nan")}}, {"transient": {"display_id": ["d"]}}):
        forge(kind, content)
""",
    "depth and size": """
deep = b"[" * 100_000 + b"]" * 100_000
wide = b'{"text": "' + b"x" * 20_000_000 + b'", "name": "stdout"}'
number = b'{"text": ' + b"9" * 200_000 + b"}"
packed = iter([deep, wide, number, b"\\xff\\xfe", b"null", b"[]", b'"text"', b""])
real = kernel.session.pack
for body in packed:
    kernel.session.pack = lambda thing, body=body: body if "text" in thing else real(thing)
    forge("stream", {"text": 1})
kernel.session.pack = real
""",
    "frames without order": """
for frames in ([b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"sig"], [b"x"] * 50, [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"],
               [b"stream", b"<IDS|MSG>", b"0" * 64, b"{}", b"{}", b"{}", b"{}", b"buffer"]):
    for _ in range(20): kernel.iopub_thread.socket.send_multipart(frames)
""",
    "thousands of small ones": "for i in range(20_000): forge('stream', {'name': 'stdout', 'text': 'x'})",
    "a comm that runs code": """
from comm import create_comm
create_comm(target_name="jupyter.widget", data={"state": {"_model_module": "@jupyter-widgets/output",
            "_model_name": "OutputModel", "msg_id": kernel.get_parent()["header"]["msg_id"]}})
""",
    "a question to the person": "kernel._allow_stdin = True\ntry: input('password?')\nexcept Exception: pass",
    "the sockets closed": "kernel.iopub_thread.socket.close(0)",
    "a shutdown": "kernel.do_shutdown(False); kernel.shell.exit_now = True; get_ipython().ask_exit()",
}


@pytest.mark.parametrize("forgery", KERNEL_MESSAGES)
def test_forged_messages_of_the_kernel(arena: Arena, forgery: str) -> None:
    """19: what the kernel says of itself decides nothing, breaks nothing, and is bounded.

    nbclient believes most of it: shown by `test_outputs` for what a notebook would hold, and by hand for the
    rest, since without the bounds these messages take the grader's own memory.
    """
    result = arena.attack(SESSION_PARTS + KERNEL_MESSAGES[forgery])
    notebook = result.grade.notebook
    nbformat.validate(nbformat.reads(notebook, 4))
    notebook.encode("utf-8")
    assert len(notebook) < 2_000_000
    if forgery != "a shutdown":  # which is what it asks for
        assert arena.grade(SESSION_PARTS + KERNEL_MESSAGES[forgery]).grade.score == FULL


# Line 26: the reference


def test_answering_for_the_reference(arena: Arena) -> None:
    """26: handles of another session cannot be named, and what a student's process says of one is its own.

    There is no layer to switch off: the reference is in another process. Where it is in the same one, it is found:
    `test_introspection` shows that.
    """
    course = with_tests(
        arena.course,
        '''
@pytest.mark.item("standardise-values")
def test_reference_is_another_process(student, reference):
    """Compared with the reference."""
    with reference.arrays_as("numpy"):
        table = np.arange(12.0).reshape(4, 3) ** 2
        kept = reference.standardise.keep(table)
        mine = student.standardise.keep(table)
        try:
            student.function("standardise")(kept)
        except WireError as refused:
            print("REFUSED", refused)
        expect(np.allclose(mine.value(), kept.value()), "Not what the reference gives.")

@pytest.mark.item("average-values")
def test_handles_never_issued(student):
    """A handle."""
    handle = student.moving_average.keep(np.ones(3), 1)
    try:
        value = handle.value()
    except StudentError:
        value = None
    assert value is not None and np.allclose(value, 12345.0)
''',
    )
    forge = (
        SESSION_PARTS
        + """
from autograder.remote.encoding import HandleRef
server._Server.keep = lambda self, value: HandleRef(1, "Reference")
import builtins
for thing in gc.get_objects():
    if type(thing) is server._Server:
        for number in range(100): thing.objects[number] = "the reference's weights"
"""
    )
    arena.grade(course=course)  # from now on the reference waits for questions: it is not left over
    result = arena.attack(forge, course=course)
    assert "REFUSED" in result.grade.log


# Line 27: the wire


WIRE = {
    "an answer before the question": "wire.sendall(b'agw1' + bytes(16) + struct.pack('<Q', 1) + b'x')",
    "noise": "wire.sendall(os.urandom(1000))",
    "an endless frame": """
def flood():
    try:
        wire.sendall(b"agw1" + bytes(16) + struct.pack("<Q", 1 << 40))
        while True: wire.sendall(bytes(1 << 20))
    except OSError: pass
threading.Thread(target=flood, daemon=True).start()
""",
    "half a frame": "wire.sendall(b'agw')",
    "a wire that is closed": "wire.close()",
    "a wire shut down": "wire.shutdown(socket.SHUT_RDWR)",
    "questions read by a thread": """
from autograder.remote.encoding import encode_parts
from autograder.remote.frames import read_question, write_answer
copy = socket.socket(fileno=os.dup(wire.fileno()))
def answer():
    while True:
        question, message = read_question(copy)
        write_answer(copy, question, encode_parts({"kind": "value", "value": True}))
threading.Thread(target=answer, daemon=True).start()
""",
    "replayed answers": """
honest, sent = server.write_answer, []
def replay(sock, question, parts):
    sent.append(question)
    honest(sock, sent[0], parts)
server.write_answer = replay
""",
    "every question answered twice": """
honest = server.write_answer
def twice(sock, question, parts):
    honest(sock, question, parts)
    honest(sock, question, parts)
server.write_answer = twice
""",
    "other kinds of answers": """
server._Server._answer = lambda self, message: server.encode_parts({"kind": "passed", "score": 1.0, "value": True})
""",
    "operations of its own": """
for name in list(server._OPERATIONS): server._OPERATIONS[name] = lambda *a: True
""",
    "a deep answer": """
def deep(server_, question):
    value = []
    for _ in range(100_000): value = [value]
    return value
server._OPERATIONS["call"] = deep
""",
    "descriptors along with it": """
pairs = [socket.socketpair() for _ in range(200)]
def flood():
    try:
        while True: socket.send_fds(wire, [b"x"], [each.fileno() for pair in pairs[:100] for each in pair][:250])
    except OSError: pass
threading.Thread(target=flood, daemon=True).start()
""",
}


@pytest.mark.parametrize("impersonation", WIRE)
def test_impersonating_the_wire(arena: Arena, impersonation: str) -> None:
    """27: whoever writes on the wire can only fail its own session.

    No layer can be switched off here. `test_remote_frames` shows, on a plain socket, that an early and a replayed answer
    are taken by a reader that matches nothing, and `test_remote_hostile` what each of the others does to a session.
    """
    result = arena.attack(SESSION_PARTS + WIRE[impersonation])
    assert result.grade.score == HONEST
    assert len(result.grade.items) == 4


def test_a_connection_that_lingers(arena: Arena) -> None:
    """27: a descriptor whose closing takes for ever, sent to whoever reads the wire.

    Linux closes it in the grader's call to recv(), which then waits. Without the filter a grading of this
    took as long as all its sessions together, so the other half only shows that the option can be set there.
    """
    set_it = """
import socket, struct
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 100_000))
print("DONE", s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER))
"""
    assert "DONE 1" not in arena.attack(set_it).grade.notebook
    assert "DONE 1" in arena.grade(set_it, solutions=WRONG, off=["seccomp"]).grade.notebook
