import pytest

from autograder.checks import source_names
from autograder.checks.rule_sets import NO_FIT, NO_KERAS_MODELS, NO_RECURRENT_LAYERS, NO_TORCH_NN
from autograder.checks.source_rules import Kind, Rules, check


def judge(text, rules=NO_TORCH_NN, context=""):
    return check([("mlp", text)], rules, [("given", context)])


@pytest.mark.parametrize(
    "code",
    [
        "import torch.nn as q\nq.Linear(3, 4)",
        "import torch.nn",
        "from torch import nn",
        "from torch.nn import Linear",
        "from torch.nn import *",
        "from torch import *\nlayer = nn.Linear(3, 4)",
        "import torch as t\nt.nn.functional.relu(x)",
        "import torch\nm = torch\nm.nn.Linear(1, 2)",
        "import torch\na = torch\nb = a\nc = b\nc.nn",
        "import torch\nm, k = torch, 3\nm.nn",
        "import torch\n(m := torch).nn",
        "import torch\nfor m in [torch]:\n    m.nn",
        "import torch\nlibraries = {'t': torch}\nlibraries['t'].nn",
        "import torch\ndef lib():\n    return torch\nlib().nn.Linear(2, 3)",
        "import torch\nlib = lambda: torch\nlib().nn",
        "import torch\ndef build(m):\n    return m.nn.Linear(2, 3)\nbuild(torch)",
        "import torch\nclass A:\n    lib = torch\nA.lib.nn",
        "import torch\nclass A:\n  def __init__(s):\n    s.lib = torch\n  def f(s):\n    s.lib.nn",
        "import torch\ng = getattr\ng(torch, 'nn')",
        "import torch\nbox = object()\nsetattr(box, 'lib', torch)\nbox.lib.nn",
        "import torch\ngetattr(torch, 'nn').Linear(2, 3)",
        "import torch\ngetattr(torch, 'n' + 'n')",
        "import torch\nname = 'nn'\ngetattr(torch, name).Linear",
        "import torch\nname = f\"{'n'}n\"\ngetattr(torch, name).Linear",
        "import torch\ngetattr(torch, ''.join(['n', 'n'])).Linear",
        "import importlib\nimportlib.import_module('torch.nn')",
        "from importlib import import_module as im\nim('torch.' + 'nn').Linear",
        "__import__('torch').nn.Linear",
        "import sys\nsys.modules['torch.nn'].ReLU()",
        "import sys\nsys.modules['torch'].nn.ReLU()",
        "import operator\noperator.attrgetter('nn.Linear')(torch)\nimport torch",
        "from operator import attrgetter as get\nimport torch\nget('n' + 'n')(torch).Linear",
        "import operator, torch\nlibrary = operator.attrgetter('relu', 'nn')\nr, nn = library(torch)\nnn.Linear(1, 2)",
        "import torch\nvars(torch)['nn'].Linear",
        "import torch\ntorch.__dict__['nn'].Linear",
        "import torch\nglobals()['torch'].nn",
        "import torch\nimport copy\ncopy.copy(torch).nn",
        "import torch\ntorch._C._nn.gelu(x)",
        "import torch\ntorch.ops.aten.linear(x, w)",
        "def f(x):\n    import torch.nn.functional as F\n    return F.relu(x)",
        "import torch\n%timeit -n 3 torch.nn.ReLU()",
        "%%time\nimport torch.nn",
        "import torch\na = 5 \x0c%time(torch.nn.Linear)",
        "try:\n    from torch import nn as N\nexcept ImportError:\n    pass",
    ],
)
def test_forbidden_ways_are_found(code):
    report = judge(code)
    assert not report.ok, code
    assert report.forbidden
    assert report.forbidden[0].line >= 1
    assert report.forbidden[0].text in code


@pytest.mark.parametrize(
    "code",
    [
        "import torch\ny = torch.relu(x @ W + b)\ntorch.logsumexp(y, 1)",
        "import torch\nopt = torch.optim.SGD([W], lr=0.1)\nopt.step()",
        "from torch.utils.data import DataLoader\nDataLoader(d)",
        "from torch.distributions import Uniform",
        "import torch\n# torch.nn is not allowed\ntext = 'import torch.nn'\n'''torch.nn.Linear'''",
        "def nn(x):\n    return x\nnn(3)",
        "class net:\n    nn = 3\nnet.nn",
        "import numpy as nn\nnn.zeros(3)",
        "import torch\nx = torch.zeros(3)\nx.nn",
        "from tensorflow.keras.datasets import mnist",
        "from tensorflow import keras\n(x, y), _ = keras.datasets.mnist.load_data()\nx = x / 255\nx.copy()",
        "getattr(model, 'weights')",
        "",
    ],
)
def test_allowed_ways_pass(code):
    report = judge(code)
    assert report.ok, report.forbidden


def test_the_finding_names_cell_line_and_text():
    report = judge("x = 1\n\nlayer = t.nn.Linear(3, 4)  # mine", context="import torch as t")
    (finding,) = report.findings
    assert (finding.cell, finding.line, finding.name) == ("mlp", 3, "torch.nn.Linear")
    assert finding.text == "layer = t.nn.Linear(3, 4)  # mine"
    assert "mlp, line 3" in report.sentence
    assert NO_TORCH_NN.reason in report.sentence


def test_given_cells_explain_names_and_are_not_judged():
    given = "import torch\nfrom torch import nn"
    assert judge("y = torch.relu(x)", context=given).ok
    assert not judge("y = nn.ReLU()(x)", context=given).ok


def test_names_are_followed_across_cells_in_any_order():
    cells = [
        ("a", "def f(x):\n    return q.relu(x)"),
        ("b", "q = t.nn.functional"),
        ("c", "import torch as t"),
    ]
    report = check(cells, NO_TORCH_NN)
    assert {finding.cell for finding in report.forbidden} == {"a", "b"}


@pytest.mark.parametrize(
    "code",
    [
        "eval('torch.n' + 'n')",
        "exec(code)",
        "e = eval\ne('1')",
        "import torch\ngetattr(torch, chr(110) * 2)",
        "import importlib\nimportlib.import_module(secret())",
        "().__class__.__base__.__subclasses__()",
        "get_ipython().run_cell('import torch.nn')",
        "!pip install something",
        "%run other.py",
        "files = !ls",
        "%%bash\nls",
        "import pickle\npickle.loads(b'')",
        "__builtins__['eval']('1')",
        "import functools, torch\nfunctools.reduce(getattr, ['nn', 'Linear'], torch)",
        "import torch\nfetch(torch, 'n', 'n')",
        "import torch\nfetch(library=torch)",
        "import torch\nmatch torch:\n    case object(nn=found):\n        found.Linear(1, 2)",
        "import operator, torch\noperator.attrgetter(chr(110) * 2)(torch)",
        "import sys\nmatch sys:\n    case object(modules=found):\n        found['torch']",
        "with open('toolkit.py', 'w') as out:\n    out.write(text)\nimport toolkit",
        "from toolkit import build",
        "%load_ext toolkit",
        "%config Application.extra = 3",
        "%time(torch.nn.Linear)",
    ],
)
def test_what_cannot_be_followed_is_listed_or_forbidden(code):
    report = judge(code)
    assert report.ok
    assert report.suspicious, code
    strict = Rules(forbidden=NO_TORCH_NN.forbidden, dynamic=Kind.FORBIDDEN)
    assert not judge(code, strict).ok


@pytest.mark.parametrize(
    "code",
    [
        "import torch\ny = torch.relu(x)\nprint(y, torch.__version__)\ntorch.manual_seed(1)",
        "import torch\nopt = torch.optim.SGD([W], lr=0.1)\nfit(opt, torch.float32, torch.optim.SGD)",
        "import torch\ndef use(lib):\n    return lib.relu(1)\nuse(torch)",
        "import operator\nsorted(runs, key=operator.attrgetter('loss'))",
    ],
)
def test_values_of_a_library_may_be_handed_on(code):
    assert judge(code).suspicious == ()


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\ntf.keras.saving.deserialize_keras_object(config)",
        "import keras\nkeras.utils.deserialize_keras_object(config)",
        "import tensorflow as tf\ntf.saved_model.load(folder)",
    ],
)
def test_layers_made_from_a_description_are_suspicious(code):
    assert judge(code, NO_KERAS_MODELS).suspicious


def test_harmless_magics_and_plain_code_raise_no_suspicion():
    code = "%matplotlib inline\n%load_ext tensorboard\n%config InlineBackend.figure_format = 'retina'\n"
    code += "x = [i for i in range(3)]\nprint(x, len(x))\nx?"
    assert judge(code).suspicious == () or [f.text for f in judge(code).suspicious] == ["x?"]


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\ntf.keras.layers.Dense(3)",
        "import tensorflow as tf\ntf.keras.Sequential()",
        "from tensorflow.keras.models import Sequential",
        "import keras\nkeras.src.layers.core.dense.Dense(3)",
        "from keras.src import layers",
        "import tensorflow as tf\ntf.compat.v1.keras.layers.Dense(3)",
        "from tensorflow.compat.v2 import keras as kk\nkk.Model()",
        "from tensorflow.python.keras import layers",
        "from keras._tf_keras.keras.layers import Dense",
        "model.fit(x, y)",
        "getattr(model, 'fit')(x, y)",
        "import torch",
        "from sklearn.neural_network import MLPClassifier",
    ],
)
def test_keras_models_are_found_under_all_their_names(code):
    assert not judge(code, NO_KERAS_MODELS).ok


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\ntf.keras.datasets.mnist.load_data()\ntf.nn.relu(x)\ntf.random.normal((3,))",
        "import tensorflow as tf\nopt = tf.keras.optimizers.SGD(0.1)\ntf.keras.losses.MeanSquaredError()",
        "import numpy as np\nnp.polynomial.Polynomial.fit(x, y, 1)",
        "from sklearn.linear_model import LogisticRegression\nLogisticRegression().fit(x, y)",
        "def fit(x):\n    return x\nfit(3)",
        "layers = [784, 128, 10]\nfor n in layers:\n    print(n)",
    ],
)
def test_what_the_rule_against_models_leaves_alone(code):
    assert judge(code, NO_KERAS_MODELS).ok, judge(code, NO_KERAS_MODELS).forbidden


@pytest.mark.parametrize(
    ("code", "ok"),
    [
        ("import tensorflow as tf\ntf.keras.layers.Dense(3)\ntf.scan(f, x)\ntf.while_loop(c, b, v)", True),
        ("import tensorflow as tf\ntf.keras.layers.Embedding(3, 4)", True),
        ("import tensorflow as tf\nclass RNN(tf.Module):\n    pass\nRNN()", True),
        ("import tensorflow as tf\ntf.keras.layers.LSTM(3)", False),
        ("import tensorflow as tf\nclass Mine(tf.keras.layers.GRUCell):\n    pass", False),
        ("from tensorflow.keras.layers import *\nx = SimpleRNN(3)", False),
        ("import tensorflow as tf\ntf.compat.v1.nn.dynamic_rnn(c, x)", False),
        ("import tensorflow as tf\ntf.raw_ops.BlockLSTM(x=x)", False),
        ("from keras.src.backend import rnn\nrnn(f, x, s)", False),
        ("import tensorflow as tf\nl = tf.keras.layers\nl.StackedRNNCells([])", False),
    ],
)
def test_recurrent_layers(code, ok):
    assert judge(code, NO_RECURRENT_LAYERS).ok is ok


def test_required_constructs():
    loop = "import tensorflow as tf\nwith tf.GradientTape() as tape:\n    pass"
    assert judge(loop, NO_FIT).ok
    report = judge("x = 1", NO_FIT)
    assert not report.ok
    assert report.missing == ("a gradient tape (`tf.GradientTape`)",)
    assert "should use a gradient tape" in report.sentence
    plain = Rules(required=(("a loop", ("while_loop",)),))
    assert judge("import tensorflow as tf\ntf.while_loop(c, b, v)", plain).ok
    assert not judge("# while_loop", plain).ok


def test_annotations_are_not_held_against_a_student():
    report = judge(
        "import tensorflow as tf\ndef f(m: tf.keras.Model) -> tf.keras.Model:\n    return m", NO_KERAS_MODELS
    )
    assert report.ok
    assert report.suspicious


@pytest.mark.parametrize(
    "code",
    [
        "def f(:\n  pass",
        "x = (" * 3000,
        "\x00",
        "x" + "+x" * 20000,
        "x" + ".y" * 3000,
        "a = a.b\nb = b.a\n" * 50,
        "import torch\n" + "".join(f"v{i + 1} = v{i}.a\n" for i in range(100)),
        "lambda: " * 50 + "0",
        "é = '\ud800'",
        "x = 1\n" * 200_000,
        "if True:\n    %cd /tmp\n    x = 1",
        "!x\n" + " " * 150_000 + "x",
        "%%time\n" * 28_000 + "(",
        "".join(f"from m{i} import *\n" for i in range(8_000)) + "".join(f"z{i}\n" for i in range(3_000)),
    ],
)
def test_hostile_text_neither_raises_nor_hangs(code):
    report = judge(code)
    assert isinstance(report.ok, bool)


def test_unreadable_cells_are_reported():
    report = judge("def f(:\n  pass")
    assert report.findings[0].kind is Kind.UNREADABLE
    assert "not Python" in report.findings[0].sentence


def test_code_that_branches_without_end_is_given_up_on(monkeypatch):
    monkeypatch.setattr(source_names, "MAX_WORK", 20_000)
    report = judge("def f():\n    return [f(), f()]\nx = f()")
    assert not report.ok
    assert "too convoluted" in report.sentence
