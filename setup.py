"""Where the agents go: `trained_models` of the repository is `procgen_tools/trained_models` of an
installed package. Everything else is in pyproject.toml.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["procgen_tools*"]), "procgen_tools.trained_models"],
    package_dir={"procgen_tools.trained_models": "trained_models"},
)
