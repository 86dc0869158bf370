"""Long figures are made of independent experiments: run in parallel, kept as they end, continued by a rerun.

An experiment is a module-level function of plain arguments; its randomness comes from its own seed. Its result is
written by whoever ran it, beside its place and then renamed, so that an interrupt loses at most what was under way.
Linear algebra runs on one thread in every worker: the same arguments give the same bits whatever the number of jobs.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from flowlab._checks import shown
from flowlab._files import written
from flowlab._processes import interrupts_held, work_for_parent

Arrays = dict[str, NDArray[Any]]
Experiment = Callable[..., Mapping[str, Any]]
Progress = Callable[[str, int, int], None]

#: What shapes an experiment's numbers, besides flowlab's own code.
_LIBRARIES = ("clarabel", "numba", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Workshop:
    """Where experiments run.

    Attributes
    ----------
    jobs : int
        Processes at once, at least 1; a single one works in this process.
    folder : Path, optional
        Results are kept here, one file each, and found again by a rerun; nothing is kept if missing.
    progress : callable, optional
        Called with a label, the experiments done and their total.

    Raises
    ------
    ValueError
        If `jobs` is not an integer >= 1.

    Examples
    --------
    An experiment that returns its arguments:

    >>> Workshop().run("demo", dict, [{"x": 4.0}, {"x": 9.0}])
    [{'x': array(4.)}, {'x': array(9.)}]
    """

    jobs: int = 1
    folder: Path | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if isinstance(self.jobs, bool) or not isinstance(self.jobs, int) or self.jobs < 1:
            raise ValueError(f"jobs: got {shown(self.jobs)}; allowed: an integer >= 1")

    def run(self, label: str, experiment: Experiment, tasks: Sequence[Mapping[str, Any]]) -> list[Arrays]:
        """Return each task's result, in the order of the tasks.

        Parameters
        ----------
        label : str
            Names the files, and the progress.
        experiment : callable
            A module-level function that takes a task's items by name and returns a mapping of arrays.
        tasks : sequence of mappings
            Arguments in JSON's types.

        Returns
        -------
        list of dict of str to ndarray

        Raises
        ------
        ValueError
            If the folder cannot be written.
        """
        places = [self._place(label, experiment, task) for task in tasks]
        results = [_load(place) for place in places]
        waiting = [i for i, result in enumerate(results) if result is None]
        done = len(tasks) - len(waiting)
        self._tell(label, done, len(tasks))
        for i, result in self._work(experiment, tasks, places, waiting):
            results[i] = result
            done += 1
            self._tell(label, done, len(tasks))
        return [result for result in results if result is not None]

    def _work(
        self,
        experiment: Experiment,
        tasks: Sequence[Mapping[str, Any]],
        places: Sequence[Path | None],
        chosen: list[int],
    ) -> Any:
        """Run the chosen tasks, here or in parallel; yield each with its place in the list, as it ends."""
        if self.jobs == 1 or len(chosen) <= 1:
            for i in chosen:
                yield _one(i, experiment, tasks[i], places[i])
            return
        from joblib import Parallel, delayed, parallel_config

        with parallel_config(backend="loky", inner_max_num_threads=1, initializer=work_for_parent):
            pool = Parallel(n_jobs=self.jobs, return_as="generator_unordered", batch_size=1)
            with interrupts_held():
                results = pool(delayed(_one)(i, experiment, tasks[i], places[i]) for i in chosen)
            yield from results

    def _place(self, label: str, experiment: Experiment, task: Mapping[str, Any]) -> Path | None:
        if self.folder is None:
            return None
        name = f"{experiment.__module__}.{experiment.__qualname__}"
        identity = json.dumps([_code(), name, dict(task)], sort_keys=True)
        return self.folder / f"{label}-{hashlib.sha256(identity.encode()).hexdigest()[:20]}.npz"

    def _tell(self, label: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(label, done, total)


def _one(index: int, experiment: Experiment, task: Mapping[str, Any], place: Path | None) -> tuple[int, Arrays]:
    """Run one experiment on one thread, and keep its result."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        result = {name: np.asarray(value) for name, value in experiment(**task).items()}
    if place is not None:
        with written(place, name="out") as (beside,), beside.open("wb") as file:
            np.savez(file, **result)  # type: ignore[arg-type] # names are never those of its own arguments
    return index, result


def _load(place: Path | None) -> Arrays | None:
    """Return a kept result; None where there is none that can be read."""
    if place is None or not place.is_file():
        return None
    try:
        with place.open("rb") as file, np.load(file) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        return None


@lru_cache(maxsize=1)
def _code() -> str:
    """Return a digest of flowlab's code and the libraries' versions: results of other code are not reused."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()
