"""Balancedness of the factors of a product, which every gradient flow of the product conserves."""

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import kernel

Array = NDArray[np.float64]


@kernel
def write_balance(after: Array, before: Array, values: Array, sizes: Array) -> None:
    """Write the upper triangle of AᵀA − BBᵀ row by row, and of each entry the bound that its two diagonals give."""
    hidden = before.shape[0]
    left, right = np.dot(after.T, after), np.dot(before, before.T)
    place = 0
    for i in range(hidden):
        for j in range(i, hidden):
            values[place] = left[i, j] - right[i, j]
            sizes[place] = np.sqrt((left[i, i] + right[i, i]) * (left[j, j] + right[j, j]))
            place += 1


@kernel
def two_layer_balance(w: Array, constants: Array, out: Array) -> None:
    """Write W_2ᵀW_2 − W_1W_1ᵀ and sizes; w holds W_1, then W_2, the constants begin with inputs, hidden, outputs."""
    inputs, hidden, outputs = int(constants[0]), int(constants[1]), int(constants[2])
    split, half = hidden * inputs, out.size // 2
    before, after = w[:split].reshape(hidden, inputs), w[split:].reshape(outputs, hidden)
    write_balance(after, before, out[:half], out[half:])


@kernel
def frequency_balance(w: Array, constants: Array, out: Array) -> None:
    """Write |ŵ_{n+1}|² − |ŵ_n|² at each frequency and sizes; the constants begin with depth and size."""
    depth, size = int(constants[0]), int(constants[1])
    single, pairs, half = 2 - size % 2, (size - 1) // 2, out.size // 2
    place = 0
    for n in range(depth - 1):
        before, after = w[n * size : (n + 1) * size], w[(n + 1) * size : (n + 2) * size]
        for k in range(single + pairs):
            left, right = before[k] ** 2, after[k] ** 2
            if k >= single:
                left += before[k + pairs] ** 2
                right += after[k + pairs] ** 2
            out[place], out[half + place] = right - left, right + left
            place += 1


def frequency_names(depth: int, size: int) -> tuple[str, ...]:
    """Return a name for each layer but the last and each real frequency, pairs last.

    Examples
    --------
    >>> frequency_names(2, 4)
    ('|w2^|² - |w1^|² [0]', '|w2^|² - |w1^|² [2]', '|w2^|² - |w1^|² [1]')
    """
    frequencies = [0, *[size // 2] * (size % 2 == 0), *range(1, (size + 1) // 2)]
    return tuple(f"|w{n + 1}^|² - |w{n}^|² [{k}]" for n in range(1, depth) for k in frequencies)


def balance_names(after: str, before: str, hidden: int) -> tuple[str, ...]:
    """Return a name for each entry.

    Examples
    --------
    >>> balance_names("W2", "W1", 2)
    ('W2ᵀW2 - W1W1ᵀ [0,0]', 'W2ᵀW2 - W1W1ᵀ [0,1]', 'W2ᵀW2 - W1W1ᵀ [1,1]')
    """
    difference = f"{after}ᵀ{after} - {before}{before}ᵀ"
    return tuple(f"{difference} [{i},{j}]" for i in range(hidden) for j in range(i, hidden))
