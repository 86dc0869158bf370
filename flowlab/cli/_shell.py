"""What every command shares: one-line errors, exit statuses, and options that take several values."""

import contextlib
import io
import math
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from flowlab.cli import _ending

BAD_INPUT = 2
FAILED = 1


def complain(message: str) -> None:
    """Print one line on stderr, if anybody reads that."""
    with contextlib.suppress(BrokenPipeError):
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
        _open_what_is_closed()
        _tolerate_narrow_encodings()
        try:
            with _ending.ended_as_interrupted():
                status = super().main(args, prog_name, complete_var, False, **extra)
            # Flushed here, where a closed pipe can still be told from other failures.
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(BAD_INPUT)
        except click.ClickException as error:
            _leave(BAD_INPUT, _reworded(error, self))
        except click.Abort:
            _leave(_ending.status(), "interrupted")
        except BrokenPipeError:
            _silence_stdout()
            sys.exit(0)
        except OSError as error:
            _leave(BAD_INPUT, f"{error.filename or 'file'}: {error.strerror or error}")
        except ValueError as error:
            _leave(BAD_INPUT, str(error), *getattr(error, "__notes__", ()))
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt is told in one line, and an argument goes by its option's name."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise click.UsageError(_reworded(error, self.commands.get(ctx.invoked_subcommand or ""))) from error
        except ValueError as error:
            told = ValueError(_by_option(str(error), self.commands.get(ctx.invoked_subcommand or "")))
            for note in getattr(error, "__notes__", ()):
                told.add_note(note)
            raise told from error
        except KeyboardInterrupt:
            complain("interrupted")
            ctx.exit(_ending.status())
        except BrokenPipeError:
            # The reader of our output has left (as `head` does): nothing to tell, nobody to tell it to.
            _silence_stdout()
            ctx.exit(0)


def _leave(status: int, message: str, *notes: str) -> NoReturn:
    complain(message)
    for note in notes:
        click.echo(f"\n{note.rstrip()}", err=True)
    sys.exit(status)


def _silence_stdout() -> None:
    # Python flushes stdout once more at exit, and would complain about the closed pipe.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_what_is_closed() -> None:
    """Let nothing be read from, and nobody read, what the caller closed; or the next file opened would be it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the smallest number that is free
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 -- as long as the process


def _tolerate_narrow_encodings() -> None:
    # σ and η cannot be written in every encoding; a question mark is better than a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")


def _by_option(message: str, command: click.Command | None) -> str:
    """Return a message about ``learning_rate`` as one about the option ``--learning-rate``, about ``id`` as ``ID``."""
    name, colon, rest = message.partition(":")
    names = {f"--{name.replace('_', '-')}", name.upper()}
    for param in command.params if command and colon else ():
        if used := names.intersection([_label(param), *param.opts]):
            return f"{used.pop()}:{rest}"
    return message


def _label(param: click.Parameter | None) -> str:
    """Return what the user calls a parameter: ``--depth``, ``ID``."""
    if param is None:
        return "argument"
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "argument").strip("[].").partition("|")[0]


def _reworded(error: click.ClickException, command: click.Command | None) -> str:
    """Return click's message in flowlab's words: what is meant, what came, and what is allowed."""
    options = [param for param in command.params if isinstance(param, click.Option)] if command else []
    if isinstance(error, click.MissingParameter):
        allowed = _allowed(error.param.type) if error.param else "a value"
        return f"{_label(error.param)}: got nothing; allowed: {allowed}"
    if isinstance(error, click.NoSuchOption):
        known = [_label(option) for option in options]
        near = f"; did you mean {error.possibilities[0]!r}?" if error.possibilities else ""
        return f"option: got {error.option_name!r}; allowed: {', '.join([*known, '--help'])}{near}"
    if isinstance(error, click.BadOptionUsage):
        option = next((each for each in options if error.option_name in each.opts), None)
        if option is None or option.is_flag:
            return f"{error.option_name}: got a value; allowed: the option alone"
        return f"{error.option_name}: got no value; allowed: {_allowed(option.type)}"
    extra = re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", error.message)
    if extra:
        known = [_label(param) for param in command.params if isinstance(param, click.Argument)] if command else []
        return f"argument: got {extra[1]!r} too many; allowed: {', '.join([*known, 'options'])}"
    return _by_option(error.message, command)


def _refusal(
    value: Any, allowed: str, param: click.Parameter | None, context: click.Context | None
) -> click.UsageError:
    return click.UsageError(f"{_label(param)}: got {value!r}; allowed: {allowed}", context)


def _allowed(kind: click.ParamType[Any]) -> str:
    """Say in words what a type accepts."""
    return kind.allowed if isinstance(kind, Number | Whole | OneOf | Place) else "a value"


class Number(click.ParamType[float]):
    """A real number, ``inf`` where the quantity may be infinite."""

    name = "number"

    def __init__(self, *, infinite: bool = False) -> None:
        self.infinite = infinite
        self.allowed = "a number, or inf" if infinite else "a finite number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; refuse text, nan, and an infinity where it has no meaning."""
        with contextlib.suppress(TypeError, ValueError):
            number = float(value)
            if math.isfinite(number) or (self.infinite and not math.isnan(number)):
                return number
        raise _refusal(value, self.allowed, param, ctx)


class Whole(click.ParamType[int]):
    """An integer, from `least` on and up to `most` where they are given."""

    name = "integer"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least = least
        self.most = most
        self.allowed = "an integer" if least is None else f"an integer >= {least}"
        if most is not None:
            self.allowed += f" and <= {most}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the integer; refuse anything else."""
        with contextlib.suppress(TypeError, ValueError):
            number = int(value)
            if (self.least is None or number >= self.least) and (self.most is None or number <= self.most):
                return number
        raise _refusal(value, self.allowed, param, ctx)


class OneOf(click.Choice[str]):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        super().__init__(words)
        self.allowed = ", ".join(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word; refuse any other."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            raise _refusal(value, self.allowed, param, ctx) from None


class Place(click.ParamType[Path]):
    """A path to write to: of a folder, or of a file."""

    name = "path"

    def __init__(self, *, file: bool = False) -> None:
        self.file = file
        self.allowed = "a path of a file" if file else "a path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; refuse the empty one, which `Path` takes for the current folder.

        Of a file also those that end in a folder, which `Path` forgets: ``out/``, ``out/.``.
        """
        text = os.fspath(value)
        last = os.path.basename(text)
        if not text.strip() or (self.file and last in ("", os.curdir, os.pardir)):
            raise _refusal(text, self.allowed, param, ctx)
        return Path(text)


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
                    raise click.UsageError(f"{name}: got no value; allowed: one number or more", ctx)
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
