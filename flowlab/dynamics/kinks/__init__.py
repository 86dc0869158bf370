"""Flows of losses that are not smooth: stopped at each kink, and led across it or along it."""
