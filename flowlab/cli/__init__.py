"""The ``flowlab`` command: argument parsing and printing only.

Every command imports what it computes with when it runs, so that ``flowlab --help`` stays quick.
"""

import click

from flowlab import __version__
from flowlab.cli import catalogue, certify, figure, flow, solve, threshold, tightness, verify
from flowlab.cli._shell import Shell

__all__ = ["main"]


@click.group(cls=Shell, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="flowlab", message="%(prog)s %(version)s")
def main() -> None:
    """A laboratory for the dynamics of learning.

    Solves gradient flows exactly, runs descent beside them, and puts theorems to the test. Time is
    gradient-flow time throughout; a descent's time is learning rate × step.

    Exit status: 0 if all went well, 1 if a verdict is not the one on record or a run failed, 2 for bad input.
    """


for _command in (
    catalogue.list_command,
    catalogue.show_command,
    solve.solve_command,
    flow.flow_command,
    threshold.threshold_command,
    verify.verify_command,
    tightness.tightness_command,
    certify.certify_command,
    figure.figure_command,
):
    main.add_command(_command)
