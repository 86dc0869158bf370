"""``python -m flowlab``: the command, where its script is not on the path."""

from flowlab.cli import main

if __name__ == "__main__":
    main(prog_name="python -m flowlab")
