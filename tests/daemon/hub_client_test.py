# SPDX-License-Identifier: Apache-2.0
"""The Hugging Face hub's own client reads what krait stored, and the other way
round.

Usage: hub_client_test.py KRAIT SOURCE_DIR
KRAIT_HUB_PYTHON: a Python that has huggingface_hub.
"""

import json
import os
import subprocess
import sys
import unittest

from model_get_test import GGUF, GetCase


class ClientTest(GetCase):
    def python(self, script):
        done = subprocess.run([os.environ['KRAIT_HUB_PYTHON'], '-c', script], env=self.env,
                              capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_it_finds_what_krait_stored(self):
        path, _ = self.get('hf:owner/repo:Q8_0')
        asked = len(self.hub.asked)
        found = self.python('from huggingface_hub import hf_hub_download as get; '
                            'print(get("owner/repo", "model-Q8_0.gguf", local_files_only=True))')
        self.assertEqual(found, path)
        # Whatever else a client reports to its hub, it asks for no file.
        self.assertEqual([entry for entry in self.hub.asked[asked:] if 'resolve' in entry[1]], [])
        folder = self.python('from huggingface_hub import snapshot_download as get; '
                             'print(get("owner/repo", local_files_only=True))')
        self.assertEqual(folder, os.path.dirname(path))
        scanned = self.python('import json; from huggingface_hub import scan_cache_dir as scan; '
                              'c = scan(); r = next(iter(c.repos)); print(json.dumps('
                              '[r.repo_id, r.nb_files, r.size_on_disk, '
                              'sorted(next(iter(r.revisions)).refs), len(c.warnings)]))')
        self.assertEqual(json.loads(scanned), ['owner/repo', 1, len(GGUF), ['main'], 0])

    def test_it_fetches_nothing_that_krait_has(self):
        path, _ = self.get('hf:owner/repo:Q8_0')
        before = len(self.hub.asked_of('cdn'))
        found = self.python('from huggingface_hub import hf_hub_download as get; '
                            'print(get("owner/repo", "model-Q8_0.gguf"))')
        self.assertEqual(found, path)
        fetched = [headers for _, _, headers in self.hub.asked_of('cdn')[before:]
                   if 'Range' in headers]
        self.assertEqual(fetched, [])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], '-v', *sys.argv[3:]])
