#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes this folder: a Granite of random weights, and what transformers says.

    python3 tests/data/models/granite-tiny/make.py

Needs torch, transformers, safetensors and gguf. The weights are numbers that
binary16 has, so that both files, of half the size, hold the same model.
"""
import json
import pathlib

import gguf
import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import GraniteConfig, GraniteForCausalLM

HERE = pathlib.Path(__file__).parent
NAME = 'granite-tiny'
SEED = 7
VOCAB = 260  # <unk>, <s>, </s>, bytes, a space
CONFIG = GraniteConfig(
    vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
    tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    rope_theta=10000.0, rms_norm_eps=1e-5,
    # None of them is 1, nor 1 / sqrt(head_dim).
    embedding_multiplier=3.0, attention_multiplier=0.5,
    residual_multiplier=0.4, logits_scaling=2.0)


def make_model():
    random = np.random.default_rng(SEED)
    model = GraniteForCausalLM(CONFIG).eval()
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith('norm.weight'):
                values = random.uniform(0.5, 1.5, weight.shape)
            else:
                values = random.normal(0, 0.3, weight.shape)
            weight.copy_(torch.from_numpy(values.astype(np.float16)))
    return model


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].float().numpy()


def continuation(model, tokens, count):
    """Greedy tokens, and the smallest margin by which one was the first."""
    tokens, chosen, margin = list(tokens), [], float('inf')
    for _ in range(count):
        last = logits_of(model, tokens)[-1]
        order = np.sort(last)
        margin = min(margin, float(order[-1] - order[-2]))
        chosen.append(int(last.argmax()))
        tokens.append(chosen[-1])
    return chosen, margin


def write_expected(model):
    random = np.random.default_rng(SEED)
    expected = {'name': NAME, 'prompts': {}, 'greedy_32': {},
                'greedy_min_top1_top2_margin': {}}
    arrays = {}
    for size in (1, 7, 64, 150):
        tokens = random.integers(3, VOCAB, size).tolist()
        logits = logits_of(model, tokens)
        rows = min(size, 7)
        name = f'logits_{size}' if rows == size else f'logits_{size}_last{rows}'
        arrays[name] = np.ascontiguousarray(logits[-rows:])
        greedy, margin = continuation(model, tokens, 32)
        expected['prompts'][size] = tokens
        expected['greedy_32'][size] = greedy
        expected['greedy_min_top1_top2_margin'][size] = round(margin, 5)
    (HERE / 'expected').mkdir(exist_ok=True)
    save_file(arrays, HERE / 'expected/logits.safetensors')
    (HERE / 'expected/expected.json').write_text(json.dumps(expected) + '\n')


def write_directory(model):
    (HERE / 'hf').mkdir(exist_ok=True)
    model.config.architectures = ['GraniteForCausalLM']
    model.config.to_json_file(HERE / 'hf/config.json')
    save_file({name: weight.detach().half().numpy()
               for name, weight in model.named_parameters()},
              HERE / 'hf/model.safetensors', metadata={'format': 'pt'})


def permuted(weight, heads):
    """Rows of a head from half-split rotary pairs to adjacent ones."""
    rows, cols = weight.shape
    return (weight.reshape(heads, 2, rows // heads // 2, cols)
            .swapaxes(1, 2).reshape(rows, cols))


NAMES = {
    'input_layernorm': 'attn_norm', 'post_attention_layernorm': 'ffn_norm',
    'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k',
    'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output',
    'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up',
    'mlp.down_proj': 'ffn_down'}


def gguf_name(name):
    if name == 'model.embed_tokens.weight':
        return 'token_embd.weight'
    if name == 'model.norm.weight':
        return 'output_norm.weight'
    _, _, layer, rest = name.split('.', 3)
    return f"blk.{layer}.{NAMES[rest.removesuffix('.weight')]}.weight"


def write_gguf(model):
    """As llama.cpp's converter writes it; the vocabulary is of bytes."""
    (HERE / 'gguf').mkdir(exist_ok=True)
    out = gguf.GGUFWriter(HERE / 'gguf/model-f16.gguf', 'granite')
    out.add_name(NAME)
    out.add_context_length(CONFIG.max_position_embeddings)
    out.add_embedding_length(CONFIG.hidden_size)
    out.add_block_count(CONFIG.num_hidden_layers)
    out.add_feed_forward_length(CONFIG.intermediate_size)
    out.add_head_count(CONFIG.num_attention_heads)
    out.add_head_count_kv(CONFIG.num_key_value_heads)
    out.add_layer_norm_rms_eps(CONFIG.rms_norm_eps)
    out.add_rope_freq_base(10000.0)
    out.add_rope_dimension_count(8)
    out.add_vocab_size(VOCAB)
    out.add_embedding_scale(CONFIG.embedding_multiplier)
    out.add_attention_scale(CONFIG.attention_multiplier)
    out.add_residual_scale(CONFIG.residual_multiplier)
    out.add_logit_scale(CONFIG.logits_scaling)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    out.add_tokenizer_model('llama')
    out.add_token_list(['<unk>', '<s>', '</s>'] +
                       [f'<0x{byte:02X}>' for byte in range(256)] + ['\u2581'])
    out.add_token_scores([0.0] * VOCAB)
    out.add_token_types([2, 3, 3] + [6] * 256 + [1])
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    for name, weight in model.named_parameters():
        values = weight.detach().numpy()
        if 'q_proj' in name:
            values = permuted(values, CONFIG.num_attention_heads)
        elif 'k_proj' in name:
            values = permuted(values, CONFIG.num_key_value_heads)
        if values.ndim == 2:
            values = values.astype(np.float16)
        out.add_tensor(gguf_name(name), np.ascontiguousarray(values))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    model = make_model()
    write_directory(model)
    write_gguf(model)
    write_expected(model)


if __name__ == '__main__':
    main()
