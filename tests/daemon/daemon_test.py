# SPDX-License-Identifier: Apache-2.0
"""End to end: one daemon for all editors, and its place, with the default model.

    daemon_test.py KRAIT SOURCE_DIR
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

from daemon_case import KRAIT, TEXT, URI, Client, DaemonCase, has_ended, main, wait_until


class DaemonTest(DaemonCase):
    # One daemon for all -------------------------------------------------------

    def test_two_editors_share_one_daemon(self):
        first, second = self.editor(), self.editor()
        wanted = first.inline(URI, 5, 17)
        self.assertEqual(second.inline(URI, 5, 17), wanted)
        status = self.status()
        editors = [c for c in status['connections'] if c['purpose'] == 'lsp']
        self.assertEqual(len(editors), 2)
        self.assertEqual(first.finish(), 0)
        self.assertEqual(second.inline(URI, 5, 17), wanted)
        self.assertEqual(second.finish(), 0)
        self.assertEqual(self.status()['pid'], status['pid'])

    def test_racing_editors_start_one_daemon(self):
        clients = [self.client() for _ in range(8)]
        for client in clients:
            client.initialize()
        status = self.status()
        self.assertEqual(len([c for c in status['connections'] if c['purpose'] == 'lsp']), 8)
        for client in clients:
            self.assertEqual(client.finish(), 0)
        with open(self.places.log, encoding='utf-8') as log:
            self.assertEqual(log.read().count('listens at'), 1)

    def test_of_racing_daemons_one_wins_and_the_others_end_well(self):
        daemons = [self.daemon() for _ in range(6)]
        wait_until(lambda: sum(d.poll() is None for d in daemons) == 1, 'one daemon left')
        self.assertEqual(sorted(d.returncode for d in daemons if d.returncode is not None),
                         [0] * 5)
        winner = next(d for d in daemons if d.poll() is None)
        self.assertEqual(self.status()['pid'], winner.pid)

    def test_a_dead_daemons_socket_is_recovered(self):
        daemon = self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        daemon.kill()
        daemon.wait()
        self.assertTrue(os.path.exists(self.places.socket))
        self.assertEqual(self.status(), {'running': False})
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    # Its place ------------------------------------------------------------------

    def test_the_end_of_a_daemon_leaves_its_successors_socket_alone(self):
        first = self.daemon()
        wait_until(lambda: self.status()['running'], 'the first daemon')
        first.send_signal(signal.SIGSTOP)  # so that it does not take its place again
        shutil.rmtree(os.path.dirname(self.places.socket))  # as a logout does
        second = self.daemon()
        wait_until(lambda: self.status().get('pid') == second.pid, 'the second daemon')
        first.send_signal(signal.SIGCONT)
        self.assertEqual(first.wait(20), 0)  # nobody can reach it any more
        self.assertEqual(self.status()['pid'], second.pid)
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        self.assertIn('(process %d)' % second.pid, self.run_krait('stop').stdout)
        self.assertEqual(second.wait(20), 0)

    def test_a_daemon_that_lost_its_place_serves_its_editors_to_their_end(self):
        client = self.editor()
        first = self.status()['pid']
        os.kill(first, signal.SIGSTOP)
        shutil.rmtree(os.path.dirname(self.places.socket))
        second = self.daemon()
        wait_until(lambda: self.status().get('pid') == second.pid, 'the second daemon')
        os.kill(first, signal.SIGCONT)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.wait_for_log('ending with the last connection')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        wait_until(lambda: has_ended(first), 'the end of the first daemon')
        self.assertEqual(self.status()['pid'], second.pid)

    def test_a_removed_place_is_taken_again(self):
        daemon = self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        shutil.rmtree(os.path.dirname(self.places.socket))
        wait_until(lambda: self.status()['running'], 'the daemon at its place')
        self.assertEqual(self.status()['pid'], daemon.pid)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(daemon.wait(20), 0)
        self.assertFalse(os.path.exists(self.places.socket))

    def test_another_place_is_taken_if_the_runtime_directory_cannot_be_used(self):
        too_long = os.path.join(self.places.runtime, 'x' * 100)
        os.mkdir(too_long, 0o700)
        for unusable in ('/proc/self', os.path.join(self.places.root, 'none'), too_long):
            self.places.env['XDG_RUNTIME_DIR'] = unusable
            begin = time.monotonic()
            client = self.editor()
            self.assertLess(time.monotonic() - begin, 9)  # no ten seconds of trying
            self.assertEqual(len(client.inline(URI, 5, 17)), 1)
            self.assertTrue(self.status()['running'], unusable)
            checks = {check['check']: check for check in
                      json.loads(self.run_krait('doctor', '--json').stdout)['checks']}
            self.assertEqual(checks['runtime dir']['health'], 'warning')
            self.assertIn(unusable, checks['runtime dir']['advice'])
            self.assertIn('process', checks['daemon']['found'])
            self.assertEqual(client.finish(), 0)
            self.assertEqual(self.run_krait('stop').returncode, 0)
        folder = os.path.join(self.places.tmp, 'krait-%d' % os.getuid())
        self.assertEqual(os.stat(folder).st_mode & 0o7777, 0o700)

    def test_without_any_place_the_editor_is_served_all_the_same(self):
        self.places.env['XDG_RUNTIME_DIR'] = '/proc/self'  # nothing can be made there
        with open(os.path.join(self.places.tmp, 'krait-%d' % os.getuid()), 'w',
                  encoding='utf-8'):
            pass
        begin = time.monotonic()
        client = self.editor()
        self.assertLess(time.monotonic() - begin, 9)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.told(client, 'window/showMessage', 'expected a directory')
        self.assertEqual(client.finish(), 0)
        self.assertIn('expected a directory', self.run_krait('doctor').stdout)

    def test_keeps_nothing_of_the_editor_that_started_it(self):
        env = dict(self.places.env, VIRTUAL_ENV='/v', SSH_AUTH_SOCK='/s', PWD='/usb')
        client = self.editor(env=env)
        pid = self.status()['pid']
        if os.getuid() == 0:  # others may not look
            self.assertEqual(os.readlink('/proc/%d/cwd' % pid), '/')
            with open('/proc/%d/environ' % pid, encoding='utf-8') as file:
                names = {variable.split('=')[0] for variable in file.read().split('\0')}
            self.assertFalse(names & {'VIRTUAL_ENV', 'SSH_AUTH_SOCK', 'PWD'}, names)
            self.assertIn('XDG_RUNTIME_DIR', names)
        with open('/proc/%d/status' % pid, encoding='utf-8') as file:
            self.assertIn('Umask:\t0077\n', file.read())
        self.assertEqual(client.finish(), 0)

    def test_what_editors_have_open_gets_into_no_core_dump(self):
        client = self.editor()
        alone = self.editor('--no-daemon')
        for pid in (self.status()['pid'], client.process.pid, alone.process.pid):
            with open('/proc/%d/limits' % pid, encoding='utf-8') as file:
                core = next(line for line in file if line.startswith('Max core file size'))
            self.assertEqual(core.split()[4:6], ['0', '0'])
            # Not dumpable: the files there are root's, whoever runs it.
            self.assertEqual(os.stat('/proc/%d/environ' % pid).st_uid, 0)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(alone.finish(), 0)

    def test_uses_only_the_cpus_that_it_may_use(self):
        cpus = os.sched_getaffinity(0)
        one = min(cpus)
        def confine():
            os.sched_setaffinity(0, {one})
        client = Client([KRAIT, 'lsp'], self.places.env, preexec_fn=confine)
        self.addCleanup(client.close)
        client.initialize()
        client.open(URI, TEXT)
        client.inline(URI, 5, 17)
        status = self.status()
        self.assertEqual(status['threads'], 1)
        for task in os.listdir('/proc/%d/task' % status['pid']):
            self.assertEqual(os.sched_getaffinity(int(task)), {one})
        self.assertEqual(client.finish(), 0)

    # systemd ------------------------------------------------------------------

    def test_takes_a_socket_that_systemd_hands_over(self):
        os.mkdir(os.path.dirname(self.places.socket), 0o700)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.places.socket)
        listener.listen()
        # As systemd does: descriptor 3, and the process's own id.
        script = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$0" daemon 3<&%d' % listener.fileno()
        daemon = subprocess.Popen(['sh', '-c', script, KRAIT], env=self.places.env,
                                  pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        client = self.editor()
        self.assertEqual(self.status()['pid'], daemon.pid)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(20), 0)
        self.assertTrue(os.path.exists(self.places.socket))  # systemd's to remove


if __name__ == '__main__':
    main()
