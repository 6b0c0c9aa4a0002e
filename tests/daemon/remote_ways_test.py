# SPDX-License-Identifier: Apache-2.0
"""End to end: the ways to an engine elsewhere, encrypted and through a proxy.

    remote_ways_test.py KRAIT SOURCE_DIR
"""

import os
import shutil
import subprocess
import tempfile
import unittest

from daemon_case import main
from proxy_server import ProxyServer
from remote_case import KEY, RemoteCase


class WayCase(RemoteCase):
    def proxy(self):
        proxy = ProxyServer(self.engine.port)
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        return proxy

    def completed_elsewhere(self, name='a.py'):
        shown, trace = self.complete(self.write(name))
        self.assertEqual((shown, trace['plan']), ('lines()', 'remote'), trace)

    def why_completed_here(self, name='a.py'):
        _, trace = self.complete(self.write(name))
        self.assertNotIn(trace['plan'], ('remote', 'none'))
        self.assertEqual(self.engine.requests, [])
        self.assertNotIn(KEY, trace['plan_reason'])
        return trace['plan_reason']


class ProxyTest(WayCase):
    def test_the_proxy_of_the_environment_is_asked(self):
        proxy = self.proxy()
        self.places.env['http_proxy'] = proxy.url
        self.remote(url='http://engine.invalid', key_env='')
        self.completed_elsewhere()
        [(line, headers)] = proxy.asked
        self.assertEqual(line, 'POST http://engine.invalid/v1/completions HTTP/1.1')
        self.assertNotIn('Authorization', headers)
        self.assertEqual(len(self.engine.requests), 1)

    def test_it_is_not_asked_for_this_machine_nor_for_what_is_excepted(self):
        proxy = self.proxy()
        self.places.env['http_proxy'] = proxy.url
        self.remote()
        self.completed_elsewhere()
        self.run_krait('stop')
        self.engine.requests.clear()
        self.places.env['no_proxy'] = 'engine.invalid'
        self.remote(url='http://engine.invalid', key_env='')
        self.assertIn('engine.invalid', self.why_completed_here())
        self.assertEqual(proxy.asked, [])

    def test_what_it_says_itself_is_no_answer(self):
        proxy = self.proxy()
        proxy.refuses = 502
        self.places.env['http_proxy'] = proxy.url
        self.remote(url='http://engine.invalid', key_env='')
        self.assertIn('HTTP 502', self.why_completed_here())


def make_certificate(folder, name, *alternatives):
    """Returns its file and that of its key."""
    files = [os.path.join(folder, name + ending) for ending in ('.pem', '.key')]
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=' + name,
                    '-addext', 'subjectAltName=' + ','.join(alternatives),
                    '-keyout', files[1], '-out', files[0]], check=True, capture_output=True)
    return files


@unittest.skipUnless(shutil.which('openssl'), 'no openssl, which makes a certificate')
class EncryptedTest(WayCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='krait-', dir='/tmp')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.certificate = make_certificate(cls.folder, 'engine', 'DNS:localhost',
                                           'DNS:engine.invalid')

    def setUp(self):
        super().setUp()
        self.trusted = self.certificate[0]
        self.places.env['SSL_CERT_FILE'] = self.trusted
        self.places.env['REQUESTS_CA_BUNDLE'] = '/nowhere'  # which comes after it

    def test_who_proves_who_they_are_is_asked(self):
        self.remote()
        self.completed_elsewhere()
        self.assertEqual(self.engine.requests[0][1]['Authorization'], 'Bearer ' + KEY)
        self.serve()
        self.assertEqual(self.chat()['choices'][0]['message']['content'], 'lines()')
        self.assertIn('ok', self.run_krait('doctor').stdout)

    def test_who_cannot_gets_nothing(self):
        self.places.env['SSL_CERT_FILE'] = make_certificate(
            self.places.root, 'other', 'DNS:localhost')[0]
        self.remote()
        self.assertIn('certificate', self.why_completed_here())

    def test_a_certificate_is_for_its_names(self):
        self.remote(url='https://127.0.0.1:%d' % self.engine.port)
        self.assertIn('certificate', self.why_completed_here())

    def test_a_proxy_sees_nothing_of_it(self):
        proxy = self.proxy()
        self.places.env['https_proxy'] = proxy.url
        self.remote(url='https://engine.invalid:4433')
        self.completed_elsewhere()
        [(line, headers)] = proxy.asked
        self.assertEqual(line, 'CONNECT engine.invalid:4433 HTTP/1.1')
        self.assertNotIn('Authorization', headers)
        self.assertEqual(self.engine.requests[0][1]['Authorization'], 'Bearer ' + KEY)


if __name__ == '__main__':
    main()
