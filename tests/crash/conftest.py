from tests.limit import limited  # noqa: F401 (every test here has a time limit)
