"""Processes of their own, which a test may kill: forked from one that has imported everything.

A process that starts from nothing imports for two seconds before it does what the test is about.
"""

import multiprocessing

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.conftest"])
