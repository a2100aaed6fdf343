"""nbgrader's formgrader in a browser: scores show, a person's marks stay, a student's script does not run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader_commands import WRONG, answered, needs_sandbox

from autograder import gradebook
from autograder.course import Course
from autograder.grading.engine import grade
from autograder.intake import Submission, read

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

FIXTURE = Path(__file__).parents[1] / "engine" / "course_fixture"
TOKEN = "a-token-for-this-test"
PATIENCE_S = 60
RUNS = "window.ran = (window.ran || '') + "
LOADED = "return formgrader.grade_uis.length == 4 && formgrader.comment_uis.length == 4"
HOSTILE_TEXT = (
    "Its standard deviation is 0.\n\n"
    f"<script>{RUNS}'markdown'</script> <img src=x onerror=\"{RUNS}'image'\">\n\n"
    f"[a link](javascript:{RUNS}'link') and [another](/formgrader?path=/tmp)\n\n"
    "![picture](/formgrader?path=/tmp)\n\n"
    f"$\\href{{javascript:{RUNS}'tex'}}{{formula}}$ <input id='average-values'>"
)
HOSTILE_CODE = (
    "from IPython.display import HTML, SVG, Javascript, Latex, display\n"
    f"display(HTML(\"<b>seen</b><script>{RUNS}'html'</script><i onmouseover=alert(1)>x</i>\"))\n"
    f"display(Javascript(\"{RUNS}'javascript'\"))\n"
    f"display(SVG(data=\"<svg xmlns='http://www.w3.org/2000/svg' onload=\\\"{RUNS}'svg'\\\"><g/></svg>\"))\n"
    f"display(Latex(\"<script>{RUNS}'latex'</script>\"))\n"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in which bob has handed in a wrong solution with all kinds of script, graded by the engine."""
    needs_sandbox()
    folder = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(FIXTURE, folder)
    course = Course.load(folder)
    path = course.submitted / "bob" / "mini" / "mini.ipynb"
    answered(course.release("mini"), {**WRONG, "q-constant": HOSTILE_TEXT}, to=path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(HOSTILE_CODE))
    nbformat.write(notebook, path)
    hand_in = read(course, "mini", "bob")
    assert isinstance(hand_in, Submission)
    gradebook.write(grade(hand_in, course), hand_in, course)
    return course


@pytest.fixture(scope="module")
def address(course: Course) -> Iterator[str]:
    """A Jupyter server with nbgrader's extension on the course; where it listens."""
    home = course.root.parent / "home"
    home.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command.append(f"--ServerApp.root_dir={course.root}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "JUPYTER"))}
    environment = {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    with (course.root.parent / "server.log").open("w+") as log:
        server = subprocess.Popen(command, cwd=course.root, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/formgrader/api/status?token={TOKEN}", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE_S)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Any) -> None:
    def answers(_: object) -> bool:
        if server.poll() is not None:
            log.seek(0)
            pytest.fail(f"the Jupyter server ended:\n{log.read()}")
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    WebDriverWait(object(), PATIENCE_S).until(answers)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[Any]:
    """Headless Chromium, logged in."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium and its driver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,1600"
    )
    for flag in (*flags.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        started.set_page_load_timeout(PATIENCE_S)
        started.get(f"{address}/login?next=%2Fformgrader&token={TOKEN}")
        yield started
    finally:
        started.quit()


def until(browser: Any, condition: Callable[[], Any]) -> Any:
    return WebDriverWait(browser, PATIENCE_S).until(lambda _: condition())


def open_submission(browser: Any, address: str) -> None:
    """From the list of hand-ins to bob's."""
    browser.get(f"{address}/formgrader/gradebook/mini/mini")
    link = until(
        browser, lambda: browser.find_elements(By.CSS_SELECTOR, "a[href*='/formgrader/submissions/']")
    )
    browser.get(link[0].get_attribute("href"))
    # Not `formgrader.loaded`: without the network there is no MathJax, and nbgrader's script stops short of it.
    until(browser, lambda: browser.execute_script(LOADED))


def recorded(course: Course) -> gradebook.RecordedGrades:
    return gradebook.recorded_grades(course, "mini", "bob")


def test_automatic_scores_and_sentences_show(browser: Any, address: str):
    open_submission(browser, address)
    shown = {
        name: browser.find_element(By.ID, name).get_attribute("placeholder")
        for name in ("standardise-values", "average-values")
    }
    assert {name: float(score) for name, score in shown.items()} == {
        "standardise-values": 0.0,
        "average-values": 3.0,
    }
    text = browser.find_element(By.TAG_NAME, "body").text
    assert "The columns differ from the standardised ones." in text
    assert "Marking guide" in text
    comment = browser.find_element(By.ID, "standardise-comment").get_attribute("placeholder")
    assert "The columns differ" in comment


def test_students_script_does_not_run(browser: Any, address: str, course: Course):
    open_submission(browser, address)
    page = browser.page_source
    assert "Its standard deviation is 0." in page
    assert "<b>seen</b>" in page
    addresses = [
        a.get_attribute("href") or "" for a in browser.find_elements(By.CSS_SELECTOR, "#notebook-container a")
    ]
    assert not [
        address_ for address_ in addresses if address_.startswith("javascript") or "path=" in address_
    ]
    pictures = [
        i.get_attribute("src") or ""
        for i in browser.find_elements(By.CSS_SELECTOR, "#notebook-container img")
    ]
    assert not [source for source in pictures if not source.startswith("data:")]
    assert browser.execute_script("return window.ran") is None
    assert len(browser.find_elements(By.CSS_SELECTOR, "[id='average-values']")) == 1


def test_a_persons_marks_are_saved_and_survive_regrading_by_the_button(
    browser: Any, address: str, course: Course
):
    before = {name: item.auto_score for name, item in recorded(course).items.items()}
    open_submission(browser, address)
    score = browser.find_element(By.ID, "q-constant")
    score.send_keys("1.5")
    browser.execute_script("arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", score)
    until(browser, lambda: recorded(course).items["q-constant"].manual_score == 1.5)
    comment = browser.find_element(By.ID, "q-constant-comment")
    comment.send_keys("Think of 0/0.")
    browser.execute_script("arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", comment)
    until(browser, lambda: recorded(course).items["q-constant"].comment == "Think of 0/0.")

    browser.get(f"{address}/formgrader/manage_submissions/mini")
    button = until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "td.autograde a"))
    browser.execute_script("arguments[0].click()", button[0])
    message = until(browser, lambda: _message(browser))
    assert "Successfully autograded 'mini' for student 'bob'" in message

    after = recorded(course)
    assert {name: item.auto_score for name, item in after.items.items()} == before
    assert (after.items["q-constant"].score, after.items["q-constant"].comment) == (1.5, "Think of 0/0.")
    open_submission(browser, address)
    assert browser.find_element(By.ID, "q-constant").get_attribute("value") == "1.5"
    picture = os.environ.get("AUTOGRADER_SCREENSHOTS")
    if picture:
        browser.save_screenshot(str(Path(picture) / "formgrader.png"))


def _message(browser: Any) -> str:
    """The text of the dialog that ends an action of the formgrader, once there is one."""
    found = browser.find_elements(By.CSS_SELECTOR, ".modal-body")
    # Not `.text`, what is to be seen: while the dialog slides in, its first sentence is still above the window.
    text = str(found[0].get_attribute("textContent")) if found else ""
    return text if "autograd" in text or "rror" in text else ""
