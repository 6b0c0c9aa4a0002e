# SPDX-License-Identifier: Apache-2.0
"""End to end: a graphics card that fails while somebody types, with the default model.

    card_failure_test.py KRAIT SOURCE_DIR FOLDER

The card is Mesa's lavapipe, which the processor plays; FOLDER has a libvulkan.so.1 whose devices
fail once a file is there (failing_vulkan_library.cc).
"""

import os
import subprocess
import sys

from daemon_case import URI, DaemonCase, main, wait_until

FOLDER = os.path.abspath(sys.argv.pop(3))
WARNING = 'the processor runs the model, not a graphics card: '


def real_vulkan():
    """Returns the path of the machine's own library, or None."""
    listed = subprocess.run(['/sbin/ldconfig', '-p'], capture_output=True, text=True,
                            check=False).stdout
    paths = [line.split()[-1] for line in listed.splitlines()
             if line.split()[:1] == ['libvulkan.so.1']]
    return paths[0] if paths else None


class CardFailureTest(DaemonCase):
    def setUp(self):
        super().setUp()
        real = real_vulkan()
        if real is None:
            self.skipTest('there is no Vulkan')
        self.lost = os.path.join(self.places.root, 'lost')
        self.full = os.path.join(self.places.root, 'full')
        self.places.env.update(KRAIT_TEST_VULKAN=real, KRAIT_TEST_VULKAN_LOST=self.lost,
                               KRAIT_TEST_VULKAN_FULL=self.full, LD_LIBRARY_PATH=FOLDER,
                               XDG_CACHE_HOME=self.places.root)
        if 'llvmpipe' not in self.run_krait('doctor').stdout:
            self.skipTest('there is no lavapipe')

    def config_card(self, more=''):
        self.config(f'state_dir = ""\n[gpu]\ndevice = "llvmpipe"\n{more}')

    def model(self):
        return self.status()['model']['description']

    def fail(self, file):
        with open(file, 'w', encoding='utf-8'):
            pass

    def text(self, client):
        items = client.inline(URI, 5, 17)
        self.assertEqual(len(items), 1)
        return items[0]['insertText']

    def test_a_lost_card_is_told_and_nothing_is_lost(self):
        self.config_card()
        client = self.editor()
        expected = self.text(client)
        self.assertIn('llvmpipe', self.model())
        self.assertNotIn(WARNING, self.model())
        self.assertGreater(self.status()['states']['device_bytes'], 0)
        self.fail(self.lost)
        client.insert(URI, 2, 0, 0, '# one more line\n')
        items = client.inline(URI, 6, 17)
        self.assertEqual([item['insertText'] for item in items], [expected])
        self.assertIn(WARNING, self.told(client, 'window/showMessage', WARNING))
        self.assertIn(WARNING, self.model())
        self.assertIn('the device was lost', self.model())
        self.assertIn(WARNING, self.log())
        self.assertEqual(self.status()['states']['device_budget_bytes'], 0)
        self.assertIn(WARNING, self.run_krait('status').stdout)
        # It stays so, though the card could be opened again.
        os.unlink(self.lost)
        client.insert(URI, 3, 0, 0, '# and another\n')
        self.assertEqual(len(client.inline(URI, 7, 17)), 1)
        self.assertIn(WARNING, self.model())
        self.assertEqual(client.finish(), 0)

    def test_a_card_that_is_full_from_the_start_is_told(self):
        self.config_card()
        self.fail(self.full)
        client = self.editor()
        self.text(client)
        self.assertIn('out of device memory', self.model())
        self.assertIn(WARNING, self.model())
        self.assertEqual(client.finish(), 0)

    def test_states_beyond_their_room_go_to_the_processors_memory(self):
        self.config_card('state_memory = "1 MB"\n')
        client = self.editor()
        self.text(client)
        for number in range(2):
            uri = 'file:///project/b%d.py' % number
            client.open(uri, 'value = %d\n' % number * 30 + 'x = \n')
            client.inline(uri, 30, 4)
        wait_until(lambda: self.status()['states']['held_bytes'] > 0,
                   "states in the processor's memory")
        states = self.status()['states']
        self.assertEqual(states['device_budget_bytes'], 1_000_000)
        self.assertRegex(self.run_krait('status').stdout, r'states .* on graphics cards')
        self.assertEqual(client.finish(), 0)


if __name__ == '__main__':
    main()
