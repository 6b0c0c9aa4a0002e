# SPDX-License-Identifier: Apache-2.0
"""End to end: `krait chat` with tiny models of random weights, through pipes and
through a terminal.

    chat_test.py KRAIT SOURCE_DIR
"""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

KRAIT, SOURCE = os.path.abspath(sys.argv[1]), sys.argv[2]
MODELS = os.path.join(SOURCE, 'tests', 'data', 'models')
GRANITE = os.path.join(MODELS, 'granite-h-tiny', 'gguf', 'model-f32.gguf')
CHATML = "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"


def environment(home):
    env = dict(os.environ, HOME=home, TERM='xterm')
    for name in ('KRAIT_MODEL', 'XDG_CONFIG_HOME', 'NO_COLOR'):
        env.pop(name, None)
    return env


class ChatCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def directory_model(self, template=CHATML, generation=None):
        """A Hugging Face directory with a chat template."""
        path = os.path.join(self.dir, 'model')
        shutil.copytree(os.path.join(MODELS, 'qwen2-tiny', 'hf'), path)
        config = os.path.join(path, 'tokenizer_config.json')
        with open(config, encoding='utf-8') as file:
            fields = json.load(file)
        fields['chat_template'] = template
        with open(config, 'w', encoding='utf-8') as file:
            json.dump(fields, file)
        if generation is not None:
            self.write('model/generation_config.json', json.dumps(generation))
        return path

    def chat(self, *arguments, said='', code=0):
        done = subprocess.run([KRAIT, 'chat', '--threads', '1', *arguments], input=said.encode(),
                              capture_output=True, timeout=120, check=False,
                              env=environment(self.dir))
        self.assertEqual(done.returncode, code, done)
        return done.stdout.decode(), done.stderr.decode()


class PipeTest(ChatCase):
    def granite(self, *arguments, **options):
        return self.chat('--model', GRANITE, '--template', 'granite', '--greedy', '-n', '12',
                         *arguments, **options)

    def test_answers_are_plain(self):
        out, _ = self.granite(said='Hello\n')
        self.assertTrue(out.endswith('\n'))
        self.assertNotIn('\x1b', out)
        self.assertNotIn('>', out.split('\n')[0][:2])
        self.assertEqual(self.granite(said='')[0], '')

    def test_history_is_kept(self):
        one, _ = self.granite(said='Hello\n')
        both, _ = self.granite(said='Hello\nAgain\n')
        alone, _ = self.granite(said='Again\n')
        self.assertTrue(both.startswith(one))
        self.assertNotEqual(both[len(one):], alone)
        cleared, _ = self.granite(said='Hello\n/clear\nAgain\n')
        self.assertEqual(cleared, one + alone)

    def test_messages_of_several_lines_are_one(self):
        fenced, _ = self.granite(said='"""\nfirst\nsecond\n"""\n')
        joined, _ = self.granite(said='first\\\nsecond\n')
        self.assertEqual(fenced, joined)
        self.assertNotEqual(fenced, self.granite(said='first\n')[0])
        self.assertEqual(self.granite(said='"""\nfirst\nsecond')[0], fenced)

    def test_files_and_the_system_text_are_read(self):
        plain, _ = self.granite(said='Hello\n')
        path = self.write('a.py', 'print(1)\n')
        self.assertNotEqual(self.granite(path, said='Hello\n')[0], plain)
        self.assertNotEqual(self.granite('--system', 'Be brief.', said='Hello\n')[0], plain)

    def test_a_secret_is_not_read(self):
        _, error = self.granite(self.write('.env', 'KEY=1\n'), code=2)
        self.assertIn('.env', error)
        _, error = self.granite(os.path.join(self.dir, 'none.py'), code=2)
        self.assertIn('none.py', error)

    def test_a_cut_answer_is_told(self):
        _, error = self.granite(said='Hello\n')
        if error:  # random weights may end it themselves
            self.assertEqual(error, 'krait: the answer was cut after 12 tokens (--max-tokens)\n')

    def test_what_does_not_fit_is_refused(self):
        model = os.path.join(MODELS, 'llama3-tiny', 'gguf', 'model-f32.gguf')
        _, error = self.chat('--model', model, '--template', 'llama3', said='word ' * 3000 + '\n',
                             code=2)
        self.assertRegex(error, r'would have \d+ tokens .* 1024 before it')

    def test_bytes_that_are_no_text_are_refused(self):
        done = subprocess.run([KRAIT, 'chat', '--model', GRANITE, '--template', 'granite'],
                              input=b'\xff\xfe\n', capture_output=True, timeout=60, check=False,
                              env=environment(self.dir))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'UTF-8', done.stderr)


class TemplateTest(ChatCase):
    def test_the_files_template_is_recognised(self):
        model = self.directory_model()
        known, _ = self.chat('--model', model, '--greedy', '-n', '8', said='Hello\n')
        named, _ = self.chat('--model', model, '--greedy', '-n', '8', '--template', 'chatml',
                             said='Hello\n')
        self.assertEqual(known, named)

    def test_unknown_ones_are_refused_with_a_choice(self):
        _, error = self.chat('--model', self.directory_model('{{ messages }}'), code=2)
        self.assertIn('none that krait knows', error)
        self.assertRegex(error, r'--template NAME, where NAME is one of .*chatml')
        self.assertNotIn('granite', error)

    def test_a_model_that_only_completes_says_what_to_do(self):
        _, error = self.chat(code=2)
        for part in ('no chat template', '--template', '--model', 'krait model list'):
            self.assertIn(part, error)

    def test_wrong_names_are_refused(self):
        _, error = self.chat('--model', GRANITE, '--template', 'grante', code=2)
        self.assertIn('no chat template "grante"; expected one of chatml, granite', error)
        _, error = self.chat('--model', GRANITE, '--template', 'chatml', code=2)
        self.assertIn('<|im_start|>', error)

    def test_sampling_is_the_models(self):
        model = self.directory_model(generation={'do_sample': False, 'top_k': 1})
        greedy, _ = self.chat('--model', model, '--greedy', '-n', '16', said='Hello\n')
        self.assertEqual(self.chat('--model', model, '-n', '16', said='Hello\n')[0], greedy)
        hot = ('--temperature', '5', '--top-k', '0', '--top-p', '1')
        drawn = {self.chat('--model', model, '-n', '16', *hot, '--seed', seed, said='Hello\n')[0]
                 for seed in ('1', '1', '2', '3')}
        self.assertEqual(len(drawn), 3)

    def test_a_broken_generation_config_is_named(self):
        model = self.directory_model(generation={'temperature': -1})
        _, error = self.chat('--model', model, code=2)
        self.assertIn('generation_config.json', error)
        self.assertIn('temperature', error)


class Terminal:
    """A `krait chat` on a terminal of its own."""

    def __init__(self, arguments, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(KRAIT, [KRAIT, 'chat', '--threads', '1', *arguments], env)
        self.seen = ''
        self.status = None

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            data = b''
        self.seen += data.decode(errors='replace')
        return bool(data)

    def until(self, pattern, seconds=60):
        """Waits for the pattern, and returns what came before its end."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > deadline or not self.read(deadline - time.monotonic()):
                raise AssertionError('%r not in %r' % (pattern, self.seen[-2000:]))
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, seconds=30):
        deadline = time.monotonic() + seconds
        while self.status is None and time.monotonic() < deadline:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class TerminalTest(ChatCase):
    PROMPT = r'> \x1b\[0m'

    def terminal(self, *arguments):
        terminal = Terminal(['--model', GRANITE, '--template', 'granite', *arguments],
                            environment(self.dir))
        self.addCleanup(terminal.close)
        terminal.until(self.PROMPT)
        return terminal

    def endless(self):
        """A terminal with an answer that goes on: these weights say one thing for ever."""
        terminal = Terminal(['--model', os.path.join(MODELS, 'qwen2-tiny', 'gguf',
                                                     'model-f16.gguf'),
                             '--template', 'chatml', '-n', '1000000', '--greedy'],
                            environment(self.dir))
        self.addCleanup(terminal.close)
        terminal.until(self.PROMPT)
        terminal.type('Hello\n')
        terminal.until(r'Hello\r\n.')
        return terminal

    def test_control_d_ends(self):
        terminal = self.terminal('-n', '8')
        terminal.type('Hello\n')
        terminal.until(self.PROMPT)
        terminal.type('\x04')
        self.assertEqual(terminal.wait(), 0)

    def test_control_c_stops_the_answer_and_not_the_program(self):
        terminal = self.endless()
        terminal.type('\x03')
        terminal.until(r'\(stopped\)')
        terminal.until(self.PROMPT)
        terminal.type('/help\n')
        terminal.until(r'Ctrl-C stops an answer')
        terminal.until(self.PROMPT)
        terminal.type('\x04')
        self.assertEqual(terminal.wait(), 0)

    def test_control_c_twice_ends(self):
        terminal = self.terminal()
        terminal.type('half a line\x03')
        terminal.until('Ctrl-C once more')
        terminal.until(self.PROMPT)
        terminal.type('\x03')
        self.assertEqual(terminal.wait(), 0)

    def test_several_lines_have_another_prompt(self):
        terminal = self.terminal('-n', '8')
        terminal.type('one\\\n')
        terminal.until(r'\r\n\. ')
        terminal.type('two\n')
        terminal.until(self.PROMPT)
        terminal.type('\x1b[200~three\nfour\x1b[201~')
        terminal.until(r'\. ')
        terminal.type('\n')
        terminal.until(self.PROMPT)

    def test_a_full_context_is_told_and_can_be_cleared(self):
        model = os.path.join(MODELS, 'llama3-tiny', 'gguf', 'model-f32.gguf')
        terminal = Terminal(['--model', model, '--template', 'llama3', '-n', '4'],
                            environment(self.dir))
        self.addCleanup(terminal.close)
        terminal.until(self.PROMPT)
        terminal.type('\x1b[200~' + '\n'.join(['word ' * 100] * 6) + '\x1b[201~\n')
        terminal.until(r'1024 before it; /clear begins a new conversation')
        terminal.until(self.PROMPT)
        terminal.type('/clear\n')
        terminal.until('A new conversation')
        terminal.until(self.PROMPT)
        terminal.type('Hello\n')
        terminal.until(self.PROMPT)
        terminal.type('\x04')
        self.assertEqual(terminal.wait(), 0)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
