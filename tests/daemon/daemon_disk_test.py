# SPDX-License-Identifier: Apache-2.0
"""End to end: disks that are slow or do not answer, with the default model.

    daemon_disk_test.py KRAIT SOURCE_DIR SLOW_DISK

SLOW_DISK is the library of slow_disk.cc.
"""

import os
import subprocess
import sys

from daemon_case import KRAIT, TEXT, URI, DaemonCase, main, wait_until

SLOW_DISK = os.path.abspath(sys.argv.pop(3))
PATIENCE = 15  # seconds; a daemon that waits for the disk takes longer
FILES = 12


def source(name):
    return ''.join('def %s_%d(x):\n    return x * %d\n\n' % (name, i, i) for i in range(30))


class DaemonDiskTest(DaemonCase):
    def daemon_with_slow_disk(self, path, late_ms):
        self.places.env.update(LD_PRELOAD=SLOW_DISK, KRAIT_SLOW_PATH=path,
                               KRAIT_SLOW_MS=str(late_ms))
        daemon = self.daemon()
        for name in ('LD_PRELOAD', 'KRAIT_SLOW_PATH', 'KRAIT_SLOW_MS'):
            del self.places.env[name]
        wait_until(lambda: self.status()['running'], 'the daemon')
        return daemon

    def fill(self, client):
        """Has states made of as many files."""
        for i in range(FILES):
            uri = 'file:///project/%d.py' % i
            client.open(uri, source('f%d' % i))
            client.inline(uri, 90, 0)
        client.settle()

    def states(self):
        return os.path.join(self.places.state, 'krait', 'states')

    @staticmethod
    def is_read(client, uri):
        client.inline(uri, 5, 17, timeout=PATIENCE)
        return client.explain(uri)['plan'] != 'none'

    def test_files_of_a_file_system_that_hangs_hold_up_no_others(self):
        daemon = self.daemon_with_slow_disk('/dead/', 60_000)
        other = self.editor()
        wanted = other.inline(URI, 5, 17)
        client = self.editor()
        for i in range(40):
            uri = 'file:///dead/folder%d/a.py' % i
            client.open(uri, 'x = 1\ny = ')
            client.ask_inline(uri, 1, 4)
            self.assertEqual(other.inline(URI, 5, 17, timeout=PATIENCE), wanted)
        # Nor others of the same editor, also those that come now; these are not read.
        self.assertEqual(client.inline(URI, 5, 17, timeout=PATIENCE), wanted)
        late = 'file:///project/late.py'
        client.open(late, TEXT)
        wait_until(lambda: self.is_read(client, late), 'it is read', PATIENCE)
        self.assertEqual(client.inline(uri, 1, 4), [])
        self.assertIn('does not answer', client.explain(uri)['suppressed_by'])
        self.assertEqual(client.finish(), 0)
        self.assertEqual(other.finish(), 0)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(daemon.wait(PATIENCE), 0)

    def test_an_end_does_not_wait_for_all_that_could_be_saved(self):
        daemon = self.daemon_with_slow_disk(self.states(), 2_000)
        client = self.editor()
        wanted = client.inline(URI, 5, 17)
        self.fill(client)
        stop = subprocess.Popen([KRAIT, 'stop'], env=self.places.env, stdout=subprocess.DEVNULL)
        self.addCleanup(stop.wait)
        wait_until(lambda: self.status().get('pid') != daemon.pid, 'the end', PATIENCE)
        self.assertEqual(client.inline(URI, 5, 17, timeout=PATIENCE), wanted)
        self.assertEqual(stop.wait(PATIENCE), 0)
        self.assertEqual(client.finish(), 0)

    def test_the_first_answer_does_not_wait_for_all_that_was_saved(self):
        client = self.editor()
        wanted = client.inline(URI, 5, 17)
        self.fill(client)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        saved = sum(len(names) for _, _, names in os.walk(self.states()))
        self.assertGreater(saved, 0)
        self.daemon_with_slow_disk(self.states(), 3_000 * PATIENCE // saved)
        client = self.editor()
        self.assertEqual(client.inline(URI, 5, 17, timeout=PATIENCE), wanted)
        self.assertEqual(client.finish(), 0)


if __name__ == '__main__':
    main()
