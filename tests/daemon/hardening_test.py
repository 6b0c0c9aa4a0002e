# SPDX-License-Identifier: Apache-2.0
"""How the executable was compiled and linked, as readelf sees it.

    hardening_test.py KRAIT CONFIGURATION

What a parser of downloaded files must be: a mistake in it should end it, not
give it away.
"""

import platform
import re
import subprocess
import sys
import unittest

KRAIT, CONFIGURATION = sys.argv[1:]


def readelf(*options):
    return subprocess.run(['readelf', '--wide', *options, KRAIT], check=True, text=True,
                          capture_output=True, env={'LC_ALL': 'C', 'PATH': '/usr/bin:/bin'}).stdout


class HardeningTest(unittest.TestCase):
    def test_is_loaded_anywhere(self):
        self.assertRegex(readelf('--file-header'), r'Type: +DYN \(Position-Independent Executable')

    def test_no_memory_is_writable_and_executable(self):
        segments = re.findall(r'^ +(\w+) +(?:0x\w+ +){5}([RWE ]{3}) ', readelf('--segments'),
                              re.MULTILINE)
        self.assertIn('GNU_STACK', dict(segments))
        for kind, flags in segments:
            self.assertFalse('W' in flags and 'E' in flags, (kind, flags))
        self.assertNotIn('E', dict(segments)['GNU_STACK'])

    def test_what_was_relocated_is_read_only(self):
        self.assertIn('GNU_RELRO', readelf('--segments'))
        dynamic = readelf('--dynamic')
        self.assertRegex(dynamic, r'\(FLAGS\) +BIND_NOW')
        self.assertRegex(dynamic, r'\(FLAGS_1\) +Flags:.*NOW')

    def test_stacks_and_buffers_are_checked(self):
        symbols = readelf('--dyn-syms')
        self.assertIn('__stack_chk_fail', symbols)
        if CONFIGURATION != 'Debug':  # needs optimisation
            self.assertRegex(symbols, r'__(memcpy|memmove|read|fread|snprintf|vsnprintf)_chk')
        self.assertIn('__glibcxx_assert_fail', symbols)

    def test_jumps_land_where_they_may(self):
        """The mark of the whole file is not asked for: Debian's crt1.o has none."""
        code = subprocess.run(['objdump', '--disassemble=main', KRAIT], check=True, text=True,
                              capture_output=True).stdout
        wanted = {'x86_64': 'endbr64', 'aarch64': 'paciasp|bti'}
        self.assertRegex(code, wanted[platform.machine()])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
