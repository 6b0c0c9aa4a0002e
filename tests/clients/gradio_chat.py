# SPDX-License-Identifier: Apache-2.0
"""A chat page as people write it first, with Gradio and Mistral's client; of krait it has the address
only.  gradio_chat.py URL
"""

import sys

import gradio
from mistralai.client import Mistral

client = Mistral(api_key='any', server_url=sys.argv[1])


def chat(message):
    """What the model answers."""
    answer = client.chat.complete(model='mistral-small-latest', max_tokens=40, temperature=0,
                                  messages=[{'role': 'user', 'content': message}])
    return answer.choices[0].message.content


page = gradio.Interface(fn=chat, inputs=gradio.Textbox(label='Message'),
                        outputs=gradio.Markdown(label='Answer', elem_id='answer'), title='Chat')
_, url, _ = page.launch(server_name='127.0.0.1', prevent_thread_lock=True, quiet=True)
print(url, flush=True)
sys.stdin.read()
