"""Chat templates in the style of known models, and snippets for every part of the language, as Python's jinja2 renders them.

The environment is the one that `transformers` makes.
"""

import json

from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fixture_files import write_json

CHATML = """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

LLAMA2 = """{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}
{%- else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}
{%- for message in loop_messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif %}
{%- if loop.index0 == 0 and system_message != false %}
{%- set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
{%- else %}{% set content = message['content'] %}{% endif %}
{%- if message['role'] == 'user' %}
{{- bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{%- elif message['role'] == 'assistant' %}
{{- ' ' + content.strip() + ' ' + eos_token }}
{%- endif %}
{%- endfor %}"""

LLAMA3 = """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{#- This block extracts the system message, so we can slot it into the right place. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {{- "You have access to the following functions.\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable and message.content is not string %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

QWEN = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
                {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
                {{- '<tool_call>\\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<tool_response>\\n' + content + '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}"""

MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}{{- '"' + key + '": "' + val + '"' }}{%- else %}{{- '"' + key + '": ' + val|tojson }}{%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {{- '[TOOL_RESULTS] {"content": ' + message.content|string + ", " }}
        {{- '"call_id": "' + message.tool_call_id|default("none") + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
"""

GEMMA = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\\n\\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\\n' }}
{%- endif -%}
"""

MACROS = """{%- macro parameters(params, level=0) -%}
{%- for name, spec in params.items() -%}
{{ '  ' * level }}- {{ name }}: {{ spec.type | default('any') }}{% if not loop.last %}, {% endif %}
{%- if spec.properties %}{{ parameters(spec.properties, level + 1) }}{% endif -%}
{%- endfor -%}
{%- endmacro -%}
{%- for tool in tools or [] %}
{{ tool.function.name }}({{ parameters(tool.function.parameters.properties) }})
{%- endfor %}
{% for m in messages -%}
  {% if m.role == 'system' %}{% continue %}{% endif %}
  {%- generation %}{{ loop.index }}/{{ loop.length }} {{ m.content }}{% endgeneration %}
  {%- if loop.index > 3 %}{% break %}{% endif %}
{% endfor %}"""

TEMPLATES = {"chatml": CHATML, "llama2": LLAMA2, "llama3": LLAMA3, "qwen": QWEN, "mistral": MISTRAL, "gemma": GEMMA, "macros": MACROS}

TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "The weather \"now\" in a city <&> 天气", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "properties": {"x": {}}}}, "required": ["city"]}}}]
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": 2, "exact": True, "unit": None, "lat": 50.9}}}
CHATS = [
    [{"role": "user", "content": "Hi"}],
    [{"role": "system", "content": " You help. "}, {"role": "user", "content": " Hello \n"}, {"role": "assistant", "content": " Hi! "},
     {"role": "user", "content": "你好 👩‍👧 'quoted' \"double\""}],
    [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nb"}, {"role": "user", "content": "c"},
     {"role": "assistant", "content": "d"}],
    [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [CALL]},
     {"role": "tool", "content": "sunny", "tool_call_id": "abcdefghi"}, {"role": "tool", "content": "warm"}, {"role": "assistant", "content": "It is sunny."}],
    [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": " What? "}]}],
    [{"role": "assistant", "content": "first"}], [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
]

SNIPPETS = [
    "{{ 1 + 2 * 3 ** 2 - 7 // 2 % 3 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2.5 * 2 }} {{ 1e3 if false else 10 }}",
    "{{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1, 'x', none, {'k': 2.5}] }} {{ (1, 2) | list }}",
    "{{ 1 < 2 <= 2 != 3 }} {{ 'a' in 'cat' }} {{ 'x' not in ['y'] }} {{ 'k' in {'k': 1} }} {{ not true and false or 'yes' }}",
    "{{ [1,2,3,4][1:3] }} {{ [1,2,3,4][::-1] }} {{ 'hello'[1:-1] }} {{ 'hello'[-3:] }} {{ 'hello'[::2] }} {{ [1,2][5:] }} {{ [1,2,3][-1] }}",
    "{{ undefinedname }}|{{ undefinedname is defined }}|{{ undefinedname | default('d') }}|{{ '' | default('e', true) }}",
    "{{ ' x ' | trim }}|{{ 'aXb' | upper }}|{{ 'aXb' | lower }}|{{ 'ab cd' | title }}|{{ 'ABC def' | capitalize }}|{{ 'aab' | replace('a', 'c') }}",
    "{{ [3,1,2] | sort }} {{ [3,1,2] | sort(reverse=true) }} {{ ['b','A','c'] | sort }} {{ [1,1,2] | unique | list }} {{ [1,2] | reverse | list }}",
    "{{ [1,2,3] | sum }} {{ [1,2,3] | max }} {{ [2,1] | min }} {{ [1,2] | join('-') }} {{ ['a','b'] | first }} {{ 'abc' | last }} {{ 'abc' | length }}",
    "{{ [{'a':1},{'a':2}] | map(attribute='a') | list }} {{ ['a','b'] | map('upper') | join }} {{ [{'a':1},{'b':2}] | selectattr('a','defined') | list }}",
    "{{ [1,2,3,4] | select('odd') | list }} {{ [1,2,3] | reject('equalto', 2) | list }} {{ [{'r':'x'},{'r':'y'}] | rejectattr('r', 'eq', 'x') | list }}",
    "{{ {'b': [1, none], 'a': 'é\\n'} | tojson }} {{ {'b': 1, 'a': {}} | tojson(indent=2) }} {{ [] | tojson }} {{ 'q\"' | tojson }} {{ {'b':1,'a':2} | tojson(sort_keys=true) }}",
    "{% for k, v in {'b': 1, 'a': 2} | items %}{{ k }}{{ v }}{% endfor %} {{ ({'b': 1, 'a': 2} | dictsort)[0][0] }} {{ {'a': 1}.get('z', 5) }} {{ {'a': 1}.get('z') }} {{ {'a': 1}.keys() | list }}",
    "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a-b-c'.rsplit('-', 1) }} {{ 'a-b-c'.split('-', 1) }} {{ 'x'.join(['a','b']) }} {{ 'ab'.find('b') }}",
    "{{ 'abc'.replace('', '-') }} {{ 'abc'.replace('', '-', 2) }} {{ 'é本' | replace('', '-') }} {{ ''.replace('', 'x') }} {{ 'é本'.count('') }} {{ 'aaaa'.count('aa') }}",
    "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('c','d')) }} {{ 'xxaxx'.strip('x') }} {{ 'aXa'.replace('a', 'b') }} {{ 'A b'.title() }} {{ '12'.isdigit() }} {{ 'aaa'.count('a') }}",
    "{% for i in range(3) %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.revindex0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a','b') }}{% else %}none{% endfor %}",
    "{% for i in [] %}x{% else %}empty{% endfor %} {% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %} {% for i in range(5) if i is even %}{{ i }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1,2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}{% set ns = namespace(x=1) %}{% for i in [1,2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set y %}block {{ 1 }}{% endset %}{{ y | length }}{% set a, b = [1, 2] %}{{ a }}{{ b }}",
    "  {% if true %}\n  a\n  {% endif %}\n b {%- if true -%}  c  {%- endif %}\n d\n",
    "a\n  {# comment #}\nb {#- c -#} d\n{{ 'x' }}\n{{- 'y' -}}\n z\n\n",
    "{% raw %}{{ not }}{% endraw %} {% filter upper %}abc{{ 'd' }}{% endfilter %} {%+ if true %} e{% endif +%}\nf",
    "{% macro m(a, b='B', c=none) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m('x', 'y') | upper }}{{ m() }}",
    "{{ 5 is divisibleby 5 }} {{ none is none }} {{ 'a' is string }} {{ 1 is number }} {{ {} is mapping }} {{ [] is sequence }} {{ true is boolean }} {{ 1 is not odd }} {{ 2 is in [1,2] }}",
    "{{ '3' | int + 1 }} {{ '3.7' | float }} {{ 'x' | int(9) }} {{ 3.7 | int }} {{ -3 | abs }} {{ 2.567 | round(1) }} {{ 'a\nb' | indent(2) }} {{ 'a\nb' | indent(2, true) }}",
    "{{ true }} {{ True }} {{ none }} {{ None }} {{ 1.0 }} {{ 1e20 }} {{ 'it\\'s' }} {{ [\"it's\", 'q\"'] }} {{ 'tab\\t|' }} {{ '\\u00e9' }}",
    "{{ messages[0].role }} {{ messages[0]['content'] }} {{ messages | length }} {{ messages[0].missing }} {{ messages[0].get('missing', 'm') }}",
    "{{ [1,2,3] | batch(2) | list }} {{ 'a b c' | wordcount }} {{ '<a>' | escape }} {{ [[1,2],[3]] | sum(start=[]) if false else 'k' }}",
    "{{ 'a' if x is defined else 'b' }} {{ 'c' if false }}| {{ (1 if true else 2) + 3 }} {{ 'abc' == \"abc\" }} {{ 1 == 1.0 }} {{ true == 1 }} {{ '1' == 1 }}",
]
BROKEN = [
    "{{ raise_exception('no: ' ~ messages[0].role) }}", "{{ undefinedname.attribute }}", "{{ 1 + 'a' }}", "{{ [1].append(2) }}", "{{ 'a b'.split('') }}", "{{ 'a b'.rsplit('') }}", "{% if %}", "{% for x in %}",
    "{{ ", "{% endif %}", "{{ 'a' | nofilter }}", "{{ 1 is notest }}", "{% unknown %}", "{{ 1 / 0 }}", "{{ range(999999999) }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ messages.foo.bar }}", "{{ none < 1 }}", "{# open", "{{ (1 }}", "{{ undefinedname() }}",
]


def environment():
    def raise_exception(message):
        raise TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    return env


def render(source, messages, **variables):
    # The tag `generation` is an extension of transformers; it adds nothing to the text.
    from transformers.utils.chat_template_utils import _compile_jinja_template
    template = _compile_jinja_template(source)
    try:
        return template.render(messages=messages, documents=None, **variables)
    except Exception as error:  # noqa: BLE001
        return {"error": str(error) if isinstance(error, TemplateError) and "no" in str(error).lower() else type(error).__name__}


def write(folder):
    cases = []
    for name, source in TEMPLATES.items():
        for index, messages in enumerate(CHATS):
            for tools, prompt in [(None, False), (None, True), (TOOLS, True)]:
                variables = {"tools": tools, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}
                text = render(source, messages, **variables)
                cases.append({"template": name, "messages": messages, "tools": tools, "add_generation_prompt": prompt,
                              "text": text if isinstance(text, str) else None})
    snippets = []
    for source in SNIPPETS:
        text = render(source, CHATS[1], tools=None, add_generation_prompt=False)
        assert isinstance(text, str), (source, text)
        snippets.append({"source": source, "text": text})
    for source in BROKEN:
        try:
            assert not isinstance(render(source, CHATS[1]), str), source
        except Exception:  # noqa: BLE001
            pass
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "chats.json", {
        "generator": "Tools/golden/chat_templates.py", "templates": TEMPLATES, "cases": cases, "snippets": snippets, "broken": BROKEN,
        "messages": CHATS[1]})
