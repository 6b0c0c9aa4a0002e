# SPDX-License-Identifier: Apache-2.0
"""End to end: what the daemon takes of the memory, with the default model.

    daemon_memory_test.py KRAIT SOURCE_DIR
"""

import resource
import signal
import time

from daemon_case import URI, DaemonCase, main, wait_until

MIB = 1 << 20


def source(name, functions):
    """Python whose lines no other file has."""
    return ''.join('def %s_%d(x):\n    return [x, {"%s": x * %d}]\n\n' % (name, i, name, i)
                   for i in range(functions))


class DaemonMemoryTest(DaemonCase):
    @staticmethod
    def kibibytes(pid, what):
        with open('/proc/%d/status' % pid, encoding='utf-8') as status:
            line = next(line for line in status if line.startswith(what + ':'))
        return int(line.split()[1])

    def resident(self, pid):
        return self.kibibytes(pid, 'VmRSS') // 1024

    def test_closed_files_take_no_memory(self):
        client = self.editor()
        client.inline(URI, 5, 17)
        pid = self.status()['pid']
        before = self.resident(pid)
        text = 'def f(x):\n    return [x, {"a": x}]\n\n' * 1400
        for _ in range(4):
            uris = ['file:///project/%d.py' % i for i in range(100)]
            for uri in uris:
                client.open(uri, text)
            for uri in uris:
                client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        # Nothing is parsed later that is not open: one tree after the other would be.
        for _ in range(24):
            time.sleep(0.5)
            self.assertLess(self.resident(pid), before + 100)
        self.assertEqual(client.finish(), 0)

    # One budget for all -------------------------------------------------------

    def test_all_that_is_kept_has_one_budget(self):
        """States, trees and texts of many files in several editors."""
        self.config('state_bytes = "24 MiB"\n')
        editors = [self.editor() for _ in range(2)]
        memory = self.status()['memory']
        self.assertEqual(memory['budget_bytes'], 40 * MIB)
        most = 0
        for number, client in enumerate(editors):
            for i in range(24):
                name = 'm%d_%d' % (number, i)
                uri = 'file:///project/%s.py' % name
                client.open(uri, source(name, 900))  # trees of some 1.3 MiB
                if i % 4 == 0:
                    client.inline(uri, 100, 4)
            client.settle()
            held = self.status()['memory']['held_bytes']
            self.assertLessEqual(held, 40 * MIB)
            most = max(most, held)
        self.assertGreater(most, 20 * MIB)  # or else nothing was put to the test
        # Without the trees and texts the states are left, and theirs goes back.
        pid = self.status()['pid']
        full = self.resident(pid)
        for number, client in enumerate(editors):
            for i in range(24):
                uri = 'file:///project/m%d_%d.py' % (number, i)
                client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
            client.settle()
        status = self.status()
        self.assertLess(status['memory']['held_bytes'], status['states']['held_bytes'] + 12 * MIB)
        wait_until(lambda: self.resident(pid) < full, 'less than with the files open')
        self.assertEqual(self.run_krait('forget', '--all').returncode, 0)
        wait_until(lambda: self.status()['memory']['held_bytes'] < MIB, 'nothing but a file')
        for client in editors:
            self.assertEqual(client.finish(), 0)

    # Running short ------------------------------------------------------------

    def test_a_daemon_that_runs_short_answers_on(self):
        """As `ulimit -v`: memory is refused, wherever it is asked for."""
        daemon = self.daemon('--state-bytes', '512MiB')
        wait_until(lambda: self.status().get('model', {}).get('state') == 'ready', 'the model')
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        # Now there is room for a dozen states beside what it has.
        used = self.kibibytes(daemon.pid, 'VmSize') // 1024
        if used > 1 << 20:
            self.skipTest('built with a sanitizer, which takes all addresses there are')
        limit = (used + 60) * MIB
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (limit, limit))
        failed = 0
        for i in range(30):
            uri = 'file:///project/%d.py' % i
            client.open(uri, source('f%d' % i, 30))
            answer = client.answer(client.ask_inline(uri, 88, 12))
            failed += 'error' in answer
            client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
        self.assertIsNone(daemon.poll())
        self.assertEqual(failed, 0)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(20), 0)
        self.assertIn('out of memory: warm states were dropped', daemon.stderr.read())


if __name__ == '__main__':
    main()
