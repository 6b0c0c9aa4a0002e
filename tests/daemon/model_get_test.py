# SPDX-License-Identifier: Apache-2.0
"""End to end: fetching models from a server that plays the hub, well and badly.

    model_get_test.py KRAIT SOURCE_DIR
"""

import http.server
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from hub_server import COMMIT, Hub, git_oid, sha256

KRAIT, SOURCE = sys.argv[1], sys.argv[2]
with open(os.path.join(SOURCE, 'models', 'default'), encoding='utf-8') as default:
    MODEL = os.path.join(SOURCE, 'models', default.read().strip())
with open(MODEL, 'rb') as model_file:
    GGUF = model_file.read()
ETAG = sha256(GGUF)
TOKEN = 'hf_secret'


class GetCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.hub.files['model-Q8_0.gguf'] = GGUF
        self.hub.files['model.gguf'] = GGUF
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.dir, 'HF_ENDPOINT': self.hub.url,
                    'HF_HUB_DOWNLOAD_TIMEOUT': '3'}
        self.cache = os.path.join(self.dir, '.cache/huggingface/hub/models--owner--repo')
        self.own = os.path.join(self.dir, '.local/share/krait/models')

    def krait(self, *arguments, **options):
        env = {**self.env, **options.pop('env', {})}
        return subprocess.run([KRAIT, *arguments], capture_output=True, text=True, timeout=200,
                              env=env, check=False, **options)

    def get(self, *arguments, **options):
        done = self.krait('model', 'get', *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        path = done.stdout.strip()
        self.assertTrue(os.path.exists(path), path)
        return path, done.stderr

    def refused(self, *arguments, message, **options):
        done = self.krait('model', 'get', *arguments, **options)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(message, done.stderr)
        self.assertNotIn('secret', done.stderr)  # neither a token nor a signature
        return done.stderr

    def blob(self, etag=ETAG):
        return os.path.join(self.cache, 'blobs', etag)

    def assert_is_gguf(self, path):
        with open(path, 'rb') as file:
            self.assertEqual(file.read(), GGUF)

    def assert_nothing(self):
        """Nothing has a final name."""
        self.assertFalse(os.path.exists(self.blob()))
        snapshots = os.path.join(self.cache, 'snapshots')
        self.assertEqual([files for _, _, files in os.walk(snapshots) if files], [])


class HubTest(GetCase):
    def test_a_file_lands_in_the_hubs_layout(self):
        path, said = self.get('hf:owner/repo:Q8_0')
        self.assertEqual(path, os.path.join(self.cache, 'snapshots', COMMIT, 'model-Q8_0.gguf'))
        self.assertEqual(os.readlink(path), '../../blobs/' + ETAG)
        self.assert_is_gguf(path)
        with open(os.path.join(self.cache, 'refs/main'), encoding='ascii') as ref:
            self.assertEqual(ref.read(), COMMIT)
        self.assertIn('100 %', said)
        self.assertNotIn('\x1b', said)  # plain lines where there is no terminal
        # Again: nothing is fetched.
        before = len(self.hub.asked_of('cdn'))
        again, said = self.get('hf:owner/repo:Q8_0')
        self.assertEqual((again, len(self.hub.asked_of('cdn'))), (path, before))
        self.assertIn('already here', said)

    def test_the_token_stays_at_the_hub(self):
        self.hub.gated = TOKEN
        self.refused('hf:owner/repo:Q8_0', message='HF_TOKEN')
        self.get('hf:owner/repo:Q8_0', env={'HF_TOKEN': TOKEN})
        self.assertTrue(self.hub.asked_of('cdn'))
        for _, _, headers in self.hub.asked_of('cdn'):
            self.assertNotIn('Authorization', headers)
        with open(os.path.join(self.dir, 'token'), 'w', encoding='ascii') as file:
            file.write(TOKEN + '\n')
        self.get('hf:owner/repo/model.gguf', env={'HF_TOKEN_PATH': file.name})
        self.refused('hf:owner/repo:Q8_0', message='401',
                     env={'HF_TOKEN': TOKEN, 'HF_HUB_DISABLE_IMPLICIT_TOKEN': '1'})

    def test_an_expired_link_is_asked_for_again(self):
        self.hub.faults = [('truncate', 100_000), 'expired', 'expired']
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        ranges = [headers.get('Range') for _, _, headers in self.hub.asked_of('cdn')]
        self.assertEqual(ranges, [None] + ['bytes=100000-'] * 3)
        self.hub.faults = ['expired'] * 9
        shutil.rmtree(self.cache)
        self.refused('hf:owner/repo:Q8_0', message='the link has expired')
        self.assert_nothing()

    def test_what_ends_early_is_gone_on_with(self):
        self.hub.faults = [('truncate', 1_000_000), '500', ('truncate', 2_000_000)]
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        ranges = [headers.get('Range') for _, _, headers in self.hub.asked_of('cdn')]
        self.assertEqual(ranges, [None, 'bytes=1000000-', 'bytes=1000000-', 'bytes=3000000-'])

    def test_what_never_comes_stays_partial(self):
        self.hub.faults = [('truncate', 70_000)] + ['500'] * 9
        self.refused('hf:owner/repo:Q8_0', message='the same command goes on')
        self.assert_nothing()
        self.assertEqual(os.path.getsize(self.blob() + '.incomplete'), 70_000)
        self.hub.faults = []
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        self.assertEqual(self.hub.asked_of('cdn')[-1][2]['Range'], 'bytes=70000-')

    def test_416_and_no_ranges_start_over(self):
        for faults in ([('truncate', 5000), '416'], [('truncate', 5000), 'whole']):
            self.hub.faults = faults
            self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
            shutil.rmtree(self.cache)

    def test_a_wrong_hash_leaves_nothing(self):
        self.hub.faults = ['wrong']
        self.assertIn(ETAG, self.refused('hf:owner/repo:Q8_0', message='hash'))
        self.assert_nothing()
        self.assertFalse(os.path.exists(self.blob() + '.incomplete'))

    def test_rubbish_of_an_earlier_run_is_fetched_anew(self):
        os.makedirs(os.path.dirname(self.blob()))
        for rubbish in (b'x' * 1000, b'x' * len(GGUF), b'x' * (len(GGUF) + 5)):
            with open(self.blob() + '.incomplete', 'wb') as file:
                file.write(rubbish)
            self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
            os.remove(self.blob())

    def test_a_page_is_no_model(self):
        self.hub.faults = ['html']
        self.refused('hf:owner/repo:Q8_0', message='web page')
        self.assert_nothing()
        self.hub.files['model-Q8_0.gguf'] = b'<html>' + GGUF[6:]
        self.refused('hf:owner/repo:Q8_0', message='web page')
        self.hub.files['model-Q8_0.gguf'] = b'PK\3\4' + GGUF[4:]
        self.refused('hf:owner/repo:Q8_0', message='no GGUF')
        self.hub.pages_as_html = True
        self.refused('hf:owner/repo:Q8_0', message='web page')

    def test_more_than_announced_is_refused(self):
        self.hub.faults = ['longer']
        self.refused('hf:owner/repo:Q8_0', message='expected %d bytes' % len(GGUF))
        self.assert_nothing()

    def test_a_stall_ends(self):
        self.hub.faults = ['stall'] * 3
        self.hub.files['model-Q8_0.gguf'] = GGUF
        begin = time.monotonic()
        # It sends all and only then stalls, so that the hash is what ends it.
        self.get('hf:owner/repo:Q8_0', env={'HF_HUB_DOWNLOAD_TIMEOUT': '1'})
        shutil.rmtree(self.cache)
        self.hub.faults = [('truncate', 0)] * 9
        self.hub.rate = 1
        self.refused('hf:owner/repo:Q8_0', message='attempts',
                     env={'HF_HUB_DOWNLOAD_TIMEOUT': '1'})
        self.assertLess(time.monotonic() - begin, 60)

    def test_unknown_things_are_named(self):
        self.refused('hf:owner/none', message='Repository not found')
        self.refused('hf:owner/none', message='HF_TOKEN')
        self.refused('hf:owner/repo:Q3_K', message='model-Q8_0.gguf')
        self.refused('hf:owner/repo/none.gguf', message='it has no file none.gguf')
        self.refused('hf:owner/repo@nowhere', message='no branch or tag is called "nowhere"')
        self.refused('nonsense', message='krait model list --remote')
        self.refused('hf:../x', message='OWNER/REPO')
        self.refused('hf:owner/repo', env={'HF_ENDPOINT': 'http://127.0.0.1:1'},
                     message='127.0.0.1')

    def test_pages_of_files_and_names_that_leave(self):
        self.hub.page = 2
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        self.hub.files['../../evil.gguf'] = GGUF
        self.refused('hf:owner/repo:Q8_0', message='path')

    def test_a_split_model_comes_whole(self):
        parts = [GGUF[:100], b'GGUF' + GGUF[100:200]]
        for number, part in enumerate(parts, 1):
            self.hub.files['big-Q4_K_M-%05d-of-00002.gguf' % number] = part
        path, _ = self.get('hf:owner/repo:Q4_K_M')
        self.assertTrue(path.endswith('big-Q4_K_M-00001-of-00002.gguf'))
        self.assertTrue(os.path.exists(path.replace('00001-of', '00002-of')))
        del self.hub.files['big-Q4_K_M-00002-of-00002.gguf']
        self.refused('hf:owner/repo:Q4_K_M', message='is missing')

    def test_a_folder_comes_whole(self):
        self.hub.files = {'model-00001-of-00002.safetensors': b'one',
                          'model-00002-of-00002.safetensors': b'two',
                          'tokenizer.model': b'tokens'}
        self.hub.small = {'config.json': b'{}', 'model.safetensors.index.json': b'{"a": 1}',
                          'README.md': b'not needed'}
        path, _ = self.get('hf:owner/repo')
        self.assertEqual(sorted(os.listdir(path)), sorted([
            'config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors',
            'model.safetensors.index.json', 'tokenizer.model']))
        config = os.readlink(os.path.join(path, 'config.json'))
        self.assertEqual(os.path.basename(config), git_oid(b'{}'))

    def test_offline_finds_what_is_here(self):
        offline = {'HF_HUB_OFFLINE': '1'}
        self.refused('hf:owner/repo:Q8_0', message='offline', env=offline)
        self.assertEqual(self.hub.asked, [])
        path, _ = self.get('hf:owner/repo:Q8_0')
        asked = len(self.hub.asked)
        self.assertEqual(self.get('hf:owner/repo:Q8_0', env=offline)[0], path)
        self.assertEqual(self.get('hf:owner/repo:Q8_0', '--offline')[0], path)
        self.assertEqual(len(self.hub.asked), asked)
        # A hub that cannot be reached is told, and no reason to fail.
        found, said = self.get('hf:owner/repo:Q8_0', env={'HF_ENDPOINT': 'http://127.0.0.1:1'})
        self.assertEqual(found, path)
        self.assertIn('could not be asked', said)

    def test_variables_say_where(self):
        for name, folder in (('HF_HUB_CACHE', 'a'), ('HF_HOME', 'b'), ('XDG_CACHE_HOME', 'c')):
            path, _ = self.get('hf:owner/repo:Q8_0', env={name: os.path.join(self.dir, folder)})
            self.assertTrue(path.startswith(os.path.join(self.dir, folder) + '/'), path)

    def test_a_proxy_is_asked(self):
        self.hub.files['m.gguf'] = GGUF
        self.refused('http://models.invalid/elsewhere/m.gguf', message='models.invalid')
        before = len(self.hub.asked)
        self.assert_is_gguf(self.get('http://models.invalid/elsewhere/m.gguf',
                                     env={'http_proxy': self.hub.cdn_url,
                                          'no_proxy': '127.0.0.1'})[0])
        self.assertEqual(self.hub.asked[before][1], 'http://models.invalid/elsewhere/m.gguf')

    def test_addresses_for_another_machine(self):
        done = self.krait('model', 'get', 'hf:owner/repo:Q8_0', '--print-urls', '--json')
        self.assertEqual(json.loads(done.stdout), [{
            'url': f'{self.hub.url}/owner/repo/resolve/{COMMIT}/model-Q8_0.gguf',
            'path': 'model-Q8_0.gguf', 'bytes': len(GGUF), 'hash': ETAG}])
        self.assertFalse(os.path.exists(self.cache))

    def test_what_does_not_fit_is_refused_with_figures(self):
        if 'AddressSanitizer' in self.krait('--version', env={'ASAN_OPTIONS': 'help=1'}).stderr:
            self.skipTest('it maps more than any limit')
        limited = ['bash', '-c', 'ulimit -v 130000; exec "$@"', 'bash', KRAIT, 'model', 'get',
                   'hf:owner/repo:Q8_0']
        done = subprocess.run(limited, capture_output=True, text=True, env=self.env, check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn('does not fit into memory: it needs', done.stderr)
        self.assertIn('ulimit', done.stderr)
        self.assert_nothing()


class KillTest(GetCase):
    def test_killed_at_random_bytes_it_goes_on(self):
        seed = int(os.environ.get('SEED', time.time_ns() % 1_000_000))
        print('SEED=%d' % seed, file=sys.stderr)
        chance = random.Random(seed)
        self.hub.rate = 4_000_000
        partial = self.blob() + '.incomplete'
        for _ in range(8):
            here = os.path.getsize(partial) if os.path.exists(partial) else 0
            if here > len(GGUF) * 0.8:
                break  # it could come to its end before it is killed
            self.kill_at(chance.randint(here, (here + len(GGUF)) // 2), partial)
            self.assert_nothing()
        here = os.path.getsize(partial)
        self.assertGreater(here, 0)
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        # Nothing that had come was asked for again.
        begins = [int(headers.get('Range', 'bytes=0-')[6:-1])
                  for _, _, headers in self.hub.asked_of('cdn')]
        self.assertEqual(begins, sorted(begins))
        if here < len(GGUF):  # else it was killed between the last byte and the name
            self.assertEqual(begins[-1], here)

    def kill_at(self, wanted, partial):
        """Kills a krait that fetches once so many bytes are there."""
        process = subprocess.Popen([KRAIT, 'model', 'get', 'hf:owner/repo:Q8_0'], env=self.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if os.path.exists(partial) and os.path.getsize(partial) >= wanted:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.001)
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def test_two_at_once_do_not_mix(self):
        self.hub.rate = 4_000_000
        command = [KRAIT, 'model', 'get', 'hf:owner/repo:Q8_0']
        both = [subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) for _ in range(2)]
        results = [(p.communicate()[1], p.returncode) for p in both]
        self.assertEqual(sorted(code for _, code in results), [0, 2], results)
        self.assertTrue(any('another process' in said for said, _ in results), results)
        self.assert_is_gguf(self.blob())


class FileTest(GetCase):
    """From any URL, and from Ollama's registry."""

    def test_a_url_with_its_hash(self):
        url = self.hub.url + '/elsewhere/model.gguf'
        self.refused(url, '--sha256', '0' * 64, message='hash')
        path, _ = self.get(url, '--sha256', ETAG)
        self.assertEqual(path, os.path.join(self.own, 'model.gguf'))
        with open(path + '.sha256', encoding='ascii') as note:
            self.assertEqual(note.read(), ETAG + '  model.gguf\n')
        self.assertIn('already here', self.get(url, '--sha256', ETAG)[1])
        verified = self.krait('model', 'verify', 'model')
        self.assertIn('hash as it was fetched', verified.stdout, verified.stderr)
        with open(path, 'r+b') as file:
            file.seek(-1, os.SEEK_END)
            file.write(b'\xff')
        self.assertIn('hash', self.krait('model', 'verify', 'model').stderr)

    def test_a_url_without_a_hash_goes_on_while_it_is_the_same(self):
        url = self.hub.url + '/elsewhere/model.gguf'
        self.hub.faults = [('truncate', 50_000)] + ['500'] * 9
        self.refused(url, message='go')
        self.assertEqual(sorted(os.listdir(self.own)),
                         ['model.gguf.incomplete', 'model.gguf.incomplete.etag'])
        changed = GGUF[:-1] + bytes([GGUF[-1] ^ 1])
        self.hub.files['model.gguf'] = changed  # meanwhile it is another file
        self.hub.faults = []
        path, _ = self.get(url)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(), changed)
        self.assertEqual(os.listdir(self.own), ['model.gguf'])
        os.remove(path)
        self.hub.faults = [('truncate', 50_000)]
        self.get(url)
        self.assertEqual(self.hub.asked_of('cdn')[-1][2]['Range'], 'bytes=50000-')

    def test_a_url_at_the_hub_is_a_file_of_a_repository(self):
        path, _ = self.get(f'{self.hub.url}/owner/repo/resolve/main/model-Q8_0.gguf')
        self.assertTrue(path.startswith(self.cache))
        self.get(f'{self.hub.url}/owner/repo/blob/main/model-Q8_0.gguf')

    def test_other_urls_are_refused(self):
        for url, why in (('ftp://x/y.gguf', 'https://'), ('https://a:b@x/y.gguf', 'password'),
                         (self.hub.url + '/elsewhere/readme.txt', '.gguf'),
                         (self.hub.url + '/elsewhere/a-00001-of-00002.gguf', 'part')):
            self.refused(url, message=why)

    def test_ollama(self):
        name = 'ollama:127.0.0.1:%d/library/tiny' % self.hub.hub.server_address[1]
        path, _ = self.get(name)
        self.assertEqual(path, os.path.join(self.own, 'tiny-latest.gguf'))
        self.assert_is_gguf(path)
        self.assertIn('already here', self.get(name)[1])
        self.refused(name + ':none', message='no such model or tag')
        self.assertIn('hash as it was fetched',
                      self.krait('model', 'verify', 'tiny-latest').stdout)


@unittest.skipUnless(shutil.which('openssl'), 'no openssl, which makes a certificate')
class EncryptedTest(GetCase):
    def setUp(self):
        super().setUp()
        self.certificate = os.path.join(self.dir, 'cert.pem')
        key = os.path.join(self.dir, 'key.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                        '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
                        '-keyout', key, '-out', self.certificate], check=True, capture_output=True)
        plain = self.hub.url + '/elsewhere/model.gguf'

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                body = GGUF if self.path == '/good.gguf' else b''
                self.send_response(200 if body else 302)
                self.send_header('Content-Length', str(len(body)))
                self.send_header('Location', plain)
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *arguments: None  # a client that trusts nobody
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = 'https://127.0.0.1:%d' % self.server.server_address[1]

    def test_who_cannot_prove_who_they_are_is_refused_at_once(self):
        begin = time.monotonic()
        self.refused(self.url + '/good.gguf', message='certificate')
        self.assertLess(time.monotonic() - begin, 10)
        self.assert_is_gguf(self.get(self.url + '/good.gguf',
                                     env={'SSL_CERT_FILE': self.certificate})[0])

    def test_encryption_is_not_lost_by_a_redirection(self):
        self.refused(self.url + '/moved.gguf', message='not encrypted',
                     env={'SSL_CERT_FILE': self.certificate})
        self.assertEqual(self.hub.asked, [])


class StoresTest(GetCase):
    """What other programs have."""

    def put(self, path, data=GGUF):
        path = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def put_ollama(self):
        blob = self.put('.ollama/models/blobs/sha256-' + ETAG)
        self.put('.ollama/models/manifests/registry.ollama.ai/library/tiny/1b', json.dumps({
            'layers': [{'mediaType': 'application/vnd.ollama.image.model',
                        'digest': 'sha256:' + ETAG, 'size': len(GGUF)}]}).encode())
        return blob

    def listed(self):
        done = self.krait('model', 'list', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        return {(model['store'], model['name']): model for model in json.loads(done.stdout)}

    def test_nothing_is_copied(self):
        blob = self.put_ollama()
        self.assertEqual(self.get('hf:owner/repo:Q8_0')[0], blob)
        self.assertEqual(self.get('ollama:tiny:1b')[0], blob)
        shutil.rmtree(os.path.join(self.dir, '.ollama'))
        for path in ('.lmstudio/models/owner/repo/model-Q8_0.gguf',
                     '.cache/llama.cpp/owner_repo_model-Q8_0.gguf'):
            copy = self.put(path)
            self.assertEqual(self.get('hf:owner/repo:Q8_0')[0], copy)
            os.remove(copy)
        self.assertEqual(self.hub.asked_of('cdn'), [])
        # The same length and another content is another file.
        self.put('.lmstudio/models/owner/repo/model-Q8_0.gguf', GGUF[:-1] + b'\0')
        self.assert_is_gguf(self.get('hf:owner/repo:Q8_0')[0])
        self.assertTrue(self.hub.asked_of('cdn'))

    def test_all_are_listed_and_run_by_name(self):
        self.put_ollama()
        self.put('.lmstudio/models/someone/repo/studio-Q8_0.gguf', GGUF)
        self.put('.cache/llama.cpp/flat.gguf', GGUF)
        self.get('hf:owner/repo/model.gguf', env={'OLLAMA_MODELS': self.dir + '/none'})
        listed = self.listed()
        for store, name in (('ollama', 'tiny:1b'), ('LM Studio', 'studio-Q8_0'),
                            ('llama.cpp', 'flat'), ('hub', 'model')):
            model = listed[(store, name)]
            self.assertEqual(model['fim'], 'spm')
            self.assertTrue(model['fits'])
            self.assertGreater(model['memory_needed'], len(GGUF))
            self.assertEqual(self.krait('model', 'info', name).returncode, 0)
        self.assertEqual(self.krait('model', 'info', 'hf:owner/repo').returncode, 0)
        self.assertEqual(self.krait('model', 'info', 'ollama:tiny:1b').returncode, 0)
        self.assertIn('tiny:1b (ollama)', self.krait('model', 'list').stdout)

    def test_add_and_remove(self):
        path = self.put('elsewhere/mine.gguf')
        added = self.krait('model', 'add', path)
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertEqual(added.stdout.strip(), os.path.join(self.own, 'mine.gguf'))
        self.krait('model', 'add', path, '--name', 'other')
        self.assertIn(('krait', 'mine'), self.listed())
        again = self.krait('model', 'add', self.put('b/mine.gguf'))
        self.assertIn('another model', again.stderr)
        self.assertIn('no-such', self.krait('model', 'add', self.dir + '/no-such.gguf').stderr)
        broken = self.put('broken.gguf', b'GGUF')
        self.assertEqual(self.krait('model', 'add', broken).returncode, 2)
        self.assertEqual(self.krait('model', 'remove', 'mine').returncode, 0)
        self.assertTrue(os.path.exists(path))  # a link was all that was krait's
        self.assertEqual(os.listdir(self.own), ['other.gguf'])

    def test_remove_from_the_hubs_cache(self):
        path, _ = self.get('hf:owner/repo:Q8_0')
        self.get('hf:owner/repo/model.gguf')  # the same content
        done = self.krait('model', 'remove', 'model-Q8_0')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.lexists(path))
        self.assert_is_gguf(self.blob())
        done = self.krait('model', 'remove', 'hf:owner/repo')
        self.assertIn('freed', done.stdout, done.stderr)
        self.assertFalse(os.path.exists(self.blob()))

    def test_other_programs_models_stay(self):
        blob = self.put_ollama()
        self.assertIn('stays', self.krait('model', 'remove', 'tiny:1b').stderr)
        self.assertTrue(os.path.exists(blob))
        self.assertIn('stays', self.krait('model', 'remove', MODEL).stderr)

    def test_the_recommended_are_shown_without_the_network(self):
        done = self.krait('model', 'list', '--remote', '--json')
        models = {model['name']: model for model in json.loads(done.stdout)}
        self.assertIn('granite-350m', models)
        for model in models.values():
            self.assertTrue(model['licence'] and model['source'].startswith('hf:'))
        self.assertEqual(self.hub.asked, [])
        self.assertGreater(models['qwen-coder-1.5b']['predicted_tokens_per_second'], 0)
        self.assertIn('granite-350m', self.krait('model', 'list', '--remote').stdout)

    def test_info_says_why(self):
        info = json.loads(self.krait('model', 'info', MODEL, '--json').stdout)
        self.assertIn('krait.fim.order', info['fim_reason'])
        self.assertTrue(info['fits'])
        self.assertIn('needs', self.krait('model', 'info', MODEL).stdout)


class SetupTest(GetCase):
    def setUp(self):
        super().setUp()
        self.config = os.path.join(self.dir, '.config/krait/config.toml')

    def test_not_asked_it_fetches_nothing(self):
        done = self.krait('setup', stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2)
        self.assertIn('--yes', done.stderr)
        done = self.krait('setup', '--model', 'hf:owner/repo:Q8_0', input='n\n')
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.hub.asked, [])
        self.assertFalse(os.path.exists(self.config))

    def test_it_fetches_checks_and_makes_it_the_default(self):
        os.makedirs(os.path.dirname(self.config))
        with open(self.config, 'w', encoding='utf-8') as file:
            file.write('# mine\nmodel = "old"  # gone\nthreads = 1\n[completion]\nmax_lines = 3\n')
        done = self.krait('setup', '--model', 'hf:owner/repo:Q8_0', '--yes')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('return ', done.stdout)
        with open(self.config, encoding='utf-8') as file:
            lines = file.read().splitlines()
        path = os.path.join(self.cache, 'snapshots', COMMIT, 'model-Q8_0.gguf')
        self.assertEqual(lines, ['# mine', f'model = "{path}"', 'threads = 1', '[completion]',
                                 'max_lines = 3'])
        info = json.loads(self.krait('model', 'info', '--json').stdout)
        self.assertEqual(info['path'], path)

    def test_a_bad_model_changes_nothing(self):
        self.hub.files['model-Q8_0.gguf'] = GGUF[:-100]
        done = self.krait('setup', '--model', 'hf:owner/repo:Q8_0', '--yes')
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertFalse(os.path.exists(self.config))

    def test_asked_at_a_terminal(self):
        import pty  # pylint: disable=import-outside-toplevel
        master, slave = pty.openpty()
        process = subprocess.Popen([KRAIT, 'setup'], env=self.env, stdin=slave,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(master, (MODEL + '\n').encode())
        out, err = process.communicate(timeout=100)
        os.close(master)
        os.close(slave)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b'granite-350m', out)
        self.assertIn(b'tokens/s', out)
        self.assertEqual(self.hub.asked, [])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], '-v', *sys.argv[3:]])
