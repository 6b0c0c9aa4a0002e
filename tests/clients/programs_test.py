# SPDX-License-Identifier: Apache-2.0
"""Programs that people make of these clients, unchanged but for the address: `./dev test-clients all`.

    programs_test.py KRAIT SOURCE_DIR
"""

import os
import subprocess
import sys

from langchain_community.retrievers import BM25Retriever
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI, OpenAI
from langchain_text_splitters import MarkdownTextSplitter

from clients_case import AFTER, BEFORE, CLIENTS, ROOT, ChatCase, CompletionCase
from daemon_case import main

HERE = ROOT / 'tests' / 'clients'


class GradioTest(ChatCase):
    def test_a_chat_page_over_mistrals_client(self):
        server = subprocess.Popen([sys.executable, HERE / 'gradio_chat.py', self.url],
                                  env=dict(self.places.env, GRADIO_ANALYTICS_ENABLED='False'),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.stdin.close)
        url = server.stdout.readline().strip()
        self.assertTrue(url.startswith('http://127.0.0.1:'), url)
        script = (HERE / 'gradio_chat.mjs').read_text(encoding='utf-8')
        done = subprocess.run(['node', '--input-type=module', '-', url, 'Say hello.'],
                              input=script, cwd=CLIENTS, capture_output=True, text=True, timeout=180,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = self.post('/v1/chat/completions', {
            'messages': [{'role': 'user', 'content': 'Say hello.'}], 'max_tokens': 40, 'temperature': 0})
        self.assertEqual(done.stdout.split(), said['choices'][0]['message']['content'].split())


class LangChainTest(ChatCase):
    def model(self, **fields):
        return ChatOpenAI(base_url=self.url + '/v1', api_key='any', model='krait', temperature=0,
                          max_retries=0, **fields)

    def test_a_retrieval_chain(self):
        text = (ROOT / 'docs' / 'http.md').read_text(encoding='utf-8')
        passages = MarkdownTextSplitter(chunk_size=600, chunk_overlap=0).create_documents([text])
        retriever = BM25Retriever.from_documents(passages, k=2)
        prompt = ChatPromptTemplate.from_template(
            'Answer the question from this text.\n\n{context}\n\nQuestion: {question}')
        chain = ({'context': retriever, 'question': RunnablePassthrough()}
                 | prompt | self.model(max_tokens=60) | StrOutputParser())
        self.assertGreater(len(chain.invoke('At which address does krait serve answer?')), 10)
        self.assertGreater(len(list(chain.stream('Which status says that too many wait?'))), 3)

    def test_usage_and_reuse(self):
        model = self.model(max_tokens=5, stream_usage=True)
        first = model.invoke('Say hello.')
        self.assertEqual(first.usage_metadata['output_tokens'], 5)
        again = model.invoke('Say hello.')
        self.assertGreater(again.usage_metadata['input_token_details']['cache_read'], 20)

    def test_batches(self):
        answers = self.model(max_tokens=5).batch(['Say %d.' % i for i in range(6)])
        self.assertEqual(len(answers), 6)


class LangChainCompletionTest(CompletionCase):
    def test_a_completion_with_a_suffix(self):
        model = OpenAI(base_url=self.url + '/v1', api_key='any', model='krait', temperature=0, max_tokens=8,
                       max_retries=0, model_kwargs={'suffix': AFTER})
        self.assertTrue(model.invoke(BEFORE).startswith('append('))


if __name__ == '__main__':
    os.environ.pop('OPENAI_BASE_URL', None)
    main()
