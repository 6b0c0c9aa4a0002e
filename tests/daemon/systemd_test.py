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

from lsp_client import Client, Places

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
        # The unit may write below the home only.
        home = os.path.join(self.places.root, 'home')
        os.mkdir(home, 0o700)
        self.state = os.path.join(home, '.local', 'state', 'krait')
        self.env = {**self.places.env, 'XDG_DATA_HOME': os.path.join(prefix, 'share'),
                    'HOME': home, 'XDG_STATE_HOME': os.path.dirname(self.state)}
        self.unit = os.path.join(prefix, 'share', 'systemd', 'user', 'krait.service')
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


    def test_the_service_can_do_nothing_but_its_work(self):
        self.systemctl('start', 'krait.socket')
        client = Client([self.krait, 'lsp', '--min-confidence', '-inf'], self.env)
        self.addCleanup(client.close)
        client.initialize()
        text = 'def read(path):\n    with open(path) as f:\n        return f.\n'
        client.open('file:///a.py', text)
        self.assertEqual(len(client.inline('file:///a.py', 2, 17)), 1)
        pid = self.process()
        self.assertIn('process %d,' % pid, self.run_krait('status'))  # not one of its own
        with open('/proc/%d/status' % pid, encoding='utf-8') as file:
            status = dict(line.rstrip('\n').split(':\t', 1) for line in file)
        self.assertEqual(status['NoNewPrivs'], '1')
        self.assertEqual(status['Seccomp'], '2')
        self.assertEqual(status['Umask'], '0077')
        with open('/proc/%d/limits' % pid, encoding='utf-8') as file:
            self.assertRegex(file.read(), r'Max core file size +0 +0 ')
        with open('/proc/%d/mountinfo' % pid, encoding='utf-8') as file:
            mounts = {line.split()[4]: line.split()[5].split(',') for line in file}
        self.assertIn('ro', mounts['/'])
        self.assertIn('rw', mounts[self.state])
        self.assertNotEqual(os.readlink('/proc/%d/ns/net' % pid), os.readlink('/proc/self/ns/net'))
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        self.assertTrue(os.listdir(os.path.join(self.state, 'states')))

    def test_the_unit_suits_the_manager_of_any_user(self):
        done = subprocess.run(['systemd-analyze', '--user', 'verify', self.unit,
                               self.unit.replace('.service', '.socket')],
                              env=self.env, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        with open(self.unit, encoding='utf-8') as file:
            settings = {line.split('=')[0] for line in file if '=' in line and line[0] != '#'}
        # These drop capabilities; without any that fails, and so does the service.
        self.assertFalse(settings & {'PrivateDevices', 'ProtectClock', 'ProtectKernelLogs',
                                     'ProtectKernelModules', 'CapabilityBoundingSet'})


if __name__ == '__main__':
    reason = why_not()
    if reason:
        print('skipped: needs a systemd to start, and root: ' + reason)
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
