"""What every command shares: one-line errors, exit statuses, and options that take several values."""

import contextlib
import math
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130


def complain(message: str) -> None:
    """Print one line on stderr."""
    click.echo(f"flowlab: {' '.join(str(message).split())}", err=True)


class Shell(click.Group):
    """A group of commands whose errors are one line on stderr, with exit status 2 for bad input.

    Only what speaks about the input is caught: `ValueError`, and `OSError` for files. Any other exception is
    a bug, and keeps its traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they were added, which is the order of use."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; suggest the nearest where there is none."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.commands, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"command: got {args[0]!r}; allowed: {', '.join(self.commands)}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; exit with its status."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        _tolerate_narrow_encodings()
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
            # Flushed here, where a closed pipe can still be told from other failures.
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(BAD_INPUT)
        except click.ClickException as error:
            _leave(BAD_INPUT, error.format_message())
        except click.Abort:
            _leave(INTERRUPTED, "interrupted")
        except BrokenPipeError:
            _silence_stdout()
            sys.exit(0)
        except OSError as error:
            _leave(BAD_INPUT, f"{error.filename or 'file'}: {error.strerror or error}")
        except ValueError as error:
            _leave(BAD_INPUT, str(error))
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt is told in one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("interrupted")
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The reader of our output has left (as `head` does): nothing to tell, nobody to tell it to.
            _silence_stdout()
            ctx.exit(0)


def _leave(status: int, message: str) -> NoReturn:
    complain(message)
    sys.exit(status)


def _silence_stdout() -> None:
    # Python flushes stdout once more at exit, and would complain about the closed pipe.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tolerate_narrow_encodings() -> None:
    # σ and η cannot be written in every encoding; a question mark is better than a traceback.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


class Number(click.ParamType[float]):
    """A real number, ``inf`` where the quantity may be infinite."""

    name = "number"

    def __init__(self, *, infinite: bool = False) -> None:
        self.infinite = infinite

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; refuse text, nan, and an infinity where it has no meaning."""
        allowed = "a number, or inf" if self.infinite else "a finite number"
        with contextlib.suppress(TypeError, ValueError):
            number = float(value)
            if math.isfinite(number) or (self.infinite and not math.isnan(number)):
                return number
        label = param.name if param is not None and param.name else "argument"
        raise click.UsageError(f"{label.replace('_', '-')}: got {value!r}; allowed: {allowed}", ctx)


class Spreading(click.Command):
    """A command whose repeatable options take several values after one flag: ``--target 12 6 4 3``.

    Click's options take a fixed number of values; here ``--target 12 6`` is read as ``--target=12
    --target=6`` before click sees it. A negative number counts as a value, so that it is refused by name.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the flag before each of its values, then parse as usual."""
        flags = {name for p in self.params if isinstance(p, click.Option) and p.multiple for name in p.opts}
        spread: list[str] = []
        current: str | None = None
        for position, argument in enumerate(args):
            if argument == "--":
                spread += args[position:]
                break
            name, equals, value = argument.partition("=")
            if name in flags:
                current = name
                if equals:
                    spread.append(f"{name}={value}")
                elif position + 1 == len(args) or _is_option(args[position + 1]):
                    raise click.UsageError(f"{name.lstrip('-')}: got no value; allowed: one number or more", ctx)
            elif _is_option(argument):
                current = None
                spread.append(argument)
            elif current is not None:
                spread.append(f"{current}={argument}")
            else:
                spread.append(argument)
        return super().parse_args(ctx, spread)


def _is_option(argument: str) -> bool:
    if not argument.startswith("-") or argument == "-":
        return False
    try:
        float(argument)
    except ValueError:
        return True
    return False
