# SPDX-License-Identifier: Apache-2.0
"""End to end: the installed units under a real systemd, a user's manager.

    systemd_test.py KRAIT

The manager is a process of this test, in a namespace where systemd is taken
to have started the system. That needs root; without it nothing is tested, and
the exit status is 77.
"""

import os
import signal
import subprocess
import sys
import time
import unittest

from lsp_client import Places

KRAIT = sys.argv[1]
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(KRAIT)))
SYSTEMD = '/lib/systemd/systemd'
START = ('mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/system'
         ' && exec ' + SYSTEMD + ' --user --log-target=console')
SKIPPED = 77


def why_not():
    if not os.path.exists(SYSTEMD):
        return 'there is no ' + SYSTEMD
    probe = subprocess.run(['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'],
                           capture_output=True, text=True, check=False)
    return probe.stderr.strip() if probe.returncode else None


class SystemdTest(unittest.TestCase):
    def setUp(self):
        self.places = Places()
        self.addCleanup(self.places.remove)
        prefix = os.path.join(self.places.root, 'prefix')
        subprocess.run(['cmake', '--install', BUILD, '--prefix', prefix, '--component', 'krait'],
                       check=True, stdout=subprocess.DEVNULL)
        self.krait = os.path.join(prefix, 'bin', 'krait')
        self.env = {**self.places.env, 'XDG_DATA_HOME': os.path.join(prefix, 'share')}
        self.log = open(os.path.join(prefix, 'systemd.log'), 'w+', encoding='utf-8')
        self.addCleanup(self.log.close)
        manager = subprocess.Popen(['unshare', '-m', 'sh', '-c', START], env=self.env,
                                   stdout=self.log, stderr=self.log)
        self.addCleanup(manager.wait)
        self.addCleanup(manager.send_signal, signal.SIGTERM)
        self.wait_until(lambda: self.systemctl('show', '-p', 'Version', '--value'))
        self.addCleanup(self.systemctl, 'stop', 'krait.socket', 'krait.service')

    def wait_until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.log.seek(0)
                self.fail('not in time; systemd wrote:\n' + self.log.read())
            time.sleep(0.05)

    def systemctl(self, *arguments):
        return subprocess.run(['systemctl', '--user', *arguments], env=self.env, text=True,
                              capture_output=True, timeout=60, check=False).stdout.strip()

    def run_krait(self, *arguments):
        done = subprocess.run([self.krait, *arguments], env=self.env, text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def process(self):
        return int(self.systemctl('show', 'krait.service', '-p', 'MainPID', '--value'))

    def test_the_socket_starts_the_service_whenever_there_is_none(self):
        self.systemctl('start', 'krait.socket')
        self.assertEqual(self.systemctl('is-active', 'krait.socket'), 'active')
        self.assertEqual(self.systemctl('is-active', 'krait.service'), 'inactive')

        self.assertIn('process', self.run_krait('status'))
        self.assertEqual(self.systemctl('is-active', 'krait.service'), 'active')
        first = self.process()
        self.assertIn('process %d,' % first, self.run_krait('status'))

        self.assertIn('(process %d)' % first, self.run_krait('stop'))
        self.wait_until(lambda: self.systemctl('is-active', 'krait.service') == 'inactive')
        self.assertEqual(self.systemctl('is-active', 'krait.socket'), 'active')

        self.run_krait('status')
        second = self.process()
        self.assertNotEqual(second, first)
        os.kill(second, signal.SIGKILL)
        self.wait_until(lambda: self.systemctl('is-active', 'krait.service') == 'failed')
        self.run_krait('status')
        self.assertNotIn(self.process(), (0, first, second))


if __name__ == '__main__':
    reason = why_not()
    if reason:
        print('skipped: needs a systemd to start, and root: ' + reason)
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
