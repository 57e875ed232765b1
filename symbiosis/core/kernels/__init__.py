"""Loops over arrays, compiled by numba. Typed by their arrays, hence without annotations.

Kernels take every array of the state by name: a structure would cost an indirection per access.
"""
