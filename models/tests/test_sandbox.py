# SPDX-License-Identifier: Apache-2.0
"""The sandbox runs programs and holds them."""

import os
import tempfile
import time
import unittest
from pathlib import Path

from models.evaluate.sandbox import Limits, SandboxError, run_python


class SandboxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        try:
            run_python("pass")
        except SandboxError as error:
            raise unittest.SkipTest(str(error)) from error

    def test_a_program_passes_by_its_status(self) -> None:
        self.assertTrue(run_python("assert sum([1, 2]) == 3").passed)
        outcome = run_python("assert sum([1, 2]) == 4, 'no'")
        self.assertFalse(outcome.passed)
        self.assertIn("AssertionError: no", outcome.reason)

    def test_it_may_write_only_to_its_own_folder(self) -> None:
        self.assertTrue(run_python("open('a', 'w').write('x')").passed)
        with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
            target = Path(folder) / "x"
            self.assertFalse(run_python(f"open({str(target)!r}, 'w').write('x')").passed)
            self.assertFalse(target.exists())

    def test_there_is_no_network(self) -> None:
        outcome = run_python("import socket\nsocket.create_connection(('127.0.0.1', 9), 1)")
        self.assertIn("unreachable", outcome.reason)

    def test_time_and_memory_end(self) -> None:
        begin = time.monotonic()
        self.assertEqual(run_python("while True: pass", Limits(seconds=1.5)).reason, "timeout")
        self.assertLess(time.monotonic() - begin, 10)
        self.assertIn("MemoryError", run_python("x = bytearray(1 << 30)").reason)


if __name__ == "__main__":
    unittest.main()
