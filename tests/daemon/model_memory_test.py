# SPDX-License-Identifier: Apache-2.0
"""End to end: a model that does not fit into memory is refused, with figures.

    model_memory_test.py KRAIT SOURCE_DIR

The model is the default one in a file of twice this machine's memory, of which
all but the beginning is a hole.
"""

import json
import os
import resource
import shutil
import sys

from daemon_case import URI, DaemonCase, main, wait_until

SOURCE = sys.argv[2]
with open(os.path.join(SOURCE, 'models', 'default'), encoding='utf-8') as name:
    MODEL = os.path.join(SOURCE, 'models', name.read().strip())
MACHINE = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
FIGURES = r'does not fit into memory: it needs \d+(\.\d+)? [GT]B \(.*\), and .* allows \d+(\.\d+)? [MG]B'


class ModelMemoryTest(DaemonCase):
    def setUp(self):
        super().setUp()
        self.large = os.path.join(self.places.config, 'large.gguf')
        os.makedirs(self.places.config, exist_ok=True)
        shutil.copyfile(MODEL, self.large)
        os.truncate(self.large, 2 * MACHINE)
        self.place = os.path.join(self.places.config, 'a.py') + ':2:12'
        with open(self.place.split(':', maxsplit=1)[0], 'w', encoding='utf-8') as file:
            file.write('def add(first, second):\n    return \n')

    def complete(self, *options, **popen):
        return self.run_krait('complete', self.place, '--json', *options, **popen)

    def refused(self, done):
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stderr, FIGURES)
        self.assertIn('--allow-large-model', done.stderr)

    def test_a_command_refuses_it_or_not(self):
        self.refused(self.complete('--model', self.large))
        done = self.complete('--model', self.large, '--allow-large-model')
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = self.complete('--model', MODEL)
        self.assertEqual(json.loads(done.stdout)['completion'],
                         json.loads(expected.stdout)['completion'])

    def test_the_setting_allows_it(self):
        self.config('allow_large_model = true\n')
        self.assertEqual(self.complete('--model', self.large).returncode, 0)
        self.refused(self.complete('--model', self.large, '--no-allow-large-model'))

    def test_a_limit_of_addresses_counts(self):
        """As `ulimit -v`: the file fits into the machine, but not into that."""
        limit = 1 << 30
        os.truncate(self.large, limit + (64 << 20))

        def set_limit():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        done = self.complete('--model', self.large, '--threads', '1', preexec_fn=set_limit)
        if done.returncode < 0 or 'Sanitizer' in done.stderr:
            self.skipTest('built with a sanitizer, which takes all addresses there are')
        self.refused(done)
        self.assertIn('ulimit -v allows 1.1 GB', done.stderr)

    def test_the_daemon_says_so_and_goes_on(self):
        client = self.editor('--model', self.large)
        told = self.told(client, 'window/showMessage', 'does not fit into memory')
        self.assertRegex(told, FIGURES)
        status = self.status()
        self.assertEqual(status['model']['state'], 'failed')
        self.assertEqual(client.finish(), 0)

    def test_an_editors_daemon_may_be_told_to(self):
        client = self.editor('--model', self.large, '--allow-large-model')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_a_daemon_loads_it_when_it_fits(self):
        """The file is replaced by a smaller one."""
        client = self.editor('--model', self.large)
        self.told(client, 'window/showMessage', 'does not fit into memory')
        shutil.copyfile(MODEL, self.large + '.new')
        os.replace(self.large + '.new', self.large)
        wait_until(lambda: self.status()['model']['state'] == 'ready', 'the model')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_what_is_known_before(self):
        info = json.loads(self.run_krait('model', 'info', MODEL, '--json').stdout)
        self.assertTrue(info['fits'])
        self.assertLess(info['memory_needed'], MACHINE)
        # Of the file only the tensors count once they are known.
        self.assertLess(info['memory_needed'], 1 << 30)


if __name__ == '__main__':
    main()
