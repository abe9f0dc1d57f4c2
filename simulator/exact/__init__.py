"""Answers without sampling: exact laws given the assumptions, averaged over what is uncertain.

Uses NumPy and nothing heavier; never the compiled kernels, so that each can check the other.
"""
