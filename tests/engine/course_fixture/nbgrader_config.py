from autograder.nbgrader_bridge import configure

configure(get_config(), __file__)  # noqa: F821  (nbgrader provides get_config)
