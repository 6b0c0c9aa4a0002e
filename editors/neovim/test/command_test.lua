-- SPDX-License-Identifier: Apache-2.0
-- `:Krait`, the status line and `:checkhealth krait`.

local T = require('harness')
local child = require('child')

local case = T.suite('commands')

---@param stub? table
---@param options? table
---@return krait.test.Child
local function start(stub, options)
  return child.start(vim.tbl_extend('force', {
    files = { ['a.py'] = 'def add(a, b):\n    \n' },
    open = 'a.py',
    stub = stub,
  }, options or {}))
end

--- Waits for the window of that name, and returns its text.
---@param nvim krait.test.Child
---@param name string
---@return string
local function window(nvim, name)
  return nvim:wait('the window ' .. name .. ' is open', function()
    local text = nvim:lua(
      [[
        if vim.api.nvim_buf_get_name(0):find(..., 1, true) == nil then return '' end
        return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      ]],
      name
    )
    return text ~= '' and text
  end)
end

---@param nvim krait.test.Child
---@return string
local function last_told(nvim)
  return nvim:wait('something is told', function()
    local told = nvim:told()
    return #told > 0 and told[#told].text
  end)
end

local status = {
  busy = false,
  kind = 'Normal',
  message = 'krait-default, 5.6 M', -- as the server has it while all is well
  krait = {
    model = 'krait-default, 5.6 M',
    loading = false,
    warm = true,
    tokens_reused = 950,
    tokens_computed = 1,
    tokens_generated = 9,
    ms = 12.4,
    states_bytes = 3145728,
    states_budget_bytes = 1073741824,
  },
}

case('status: what the server says', function()
  local nvim = start({
    status = status,
    answers = {
      ['krait/status'] = {
        statistics = {
          since = '2026-11-22',
          shown = 120,
          accepted = 31,
          partially = 4,
          characters = 812,
        },
      },
    },
  })
  nvim:wait('the status is there', function()
    return nvim:lua([[return require('krait').status() ~= nil]])
  end)
  nvim:cmd('Krait status')
  local text = window(nvim, 'krait://status')
  for _, part in ipairs({
    'krait: on',
    'server: krait 0.1.0',
    'last completion: 12 ms, 950 tokens reused, 1 read, 9 written',
    'warm states: 3.0 MiB of 1.0 GiB',
    'since 2026-11-22: 120 shown, 31 accepted, 4 in part, 812 characters not typed',
  }) do
    T.contains(text, part)
  end
  local _, times = text:gsub('krait%-default', '')
  T.equal(times, 1, 'the model is named once')
  nvim:input('q')
  nvim:wait('it is closed', function()
    return #nvim:lua('return vim.api.nvim_list_wins()') == 1
  end)
end)

case('status: a server that cannot say more', function()
  local nvim = start({ requests = {} })
  nvim:cmd('Krait')
  T.contains(window(nvim, 'krait://status'), 'krait: on')
  T.equal(nvim:received('krait/status'), {})
end)

case('status: why krait is not at work', function()
  local nvim = start()
  nvim:cmd('Krait disable python | Krait status')
  T.contains(window(nvim, 'krait://status'), 'off for this buffer (:Krait enable buffer')
  nvim:cmd('close | Krait enable python | Krait stop | Krait status')
  T.contains(window(nvim, 'krait://status'), 'stopped (:Krait restart)')
  nvim:cmd('close | Krait disable | Krait status')
  T.contains(window(nvim, 'krait://status'), 'off (:Krait enable)')
  nvim:cmd('Krait status')
  T.contains(window(nvim, 'krait://status'), 'off (:Krait enable)')
end)

case('what the server wants to be shown is, and where completions come from instead', function()
  local why = "completions come from krait's own model until https://there answers again: HTTP 500"
  local nvim = start({
    status = { busy = false, kind = 'Warning', message = why },
    messages = {
      { type = 2, message = why },
      { type = 3, message = 'https://there answers again' },
    },
  })
  nvim:wait('both are told', function()
    return #nvim:told() == 2
  end)
  T.equal(nvim:told(), {
    { text = 'krait: ' .. why, level = vim.log.levels.WARN },
    { text = 'krait: https://there answers again', level = vim.log.levels.INFO },
  })
  nvim:cmd('Krait status')
  T.contains(window(nvim, 'krait://status'), 'https://there answers again: HTTP 500')
end)

case('that there are better models is told once, of the one that comes along', function()
  local told_of = vim.deepcopy(status)
  told_of.krait.model =
    'krait-default (5.6 M parameters) from /usr/share/krait/models/x.gguf, 2 threads'
  local nvim = start({ status = told_of }, { offer = true })
  T.contains(last_told(nvim), '`krait setup`')
  nvim:cmd('Krait restart')
  nvim:wait('the server is another', function()
    return #nvim:received('initialize') == 2
  end)
  nvim:wait('the status is there', function()
    return nvim:lua([[return require('krait').status() ~= nil]])
  end)
  T.equal(#nvim:told(), 1)

  told_of.krait.model = 'another (1.00 B parameters) from /x.gguf, 2 threads'
  local other = start({ status = told_of }, { offer = true })
  other:wait('the status is there', function()
    return other:lua([[return require('krait').status() ~= nil]])
  end)
  T.equal(other:told(), {})
end)

case('the status line', function()
  local nvim = start({ status = status })
  local function word()
    return nvim:lua([[return require('krait').statusline()]])
  end
  nvim:wait('the status is there', function()
    return nvim:lua([[return require('krait').status() ~= nil]])
  end)
  T.equal(word(), 'krait')
  nvim:lua([[
    vim.api.nvim_create_autocmd('User', { pattern = 'KraitStatus', callback = function()
      package.loaded['changes'] = (package.loaded['changes'] or 0) + 1
    end })
  ]])
  local changes = {
    { { busy = true, kind = 'Normal' }, 'krait: busy' },
    { { busy = true, kind = 'Normal', krait = { loading = true } }, 'krait: loading' },
    { { busy = false, kind = 'Inactive' }, 'krait: off' },
    { { busy = false, kind = 'Warning' }, 'krait: warning' },
    { { busy = false, kind = 'Error', message = 'no model' }, 'krait: error' },
  }
  for _, change in ipairs(changes) do
    nvim:lua(
      [[
        local client = vim.lsp.get_clients({ name = 'krait' })[1]
        client.handlers['didChangeStatus'](nil, ..., { client_id = client.id })
      ]],
      change[1]
    )
    T.equal(word(), change[2])
  end
  nvim:wait('the changes are told', function()
    return nvim:lua([[return package.loaded['changes'] ]]) == #changes
  end)
  nvim:cmd('help')
  T.equal(word(), '', 'in a buffer without krait')
end)

case('a filetype that the server leaves alone by itself is turned on', function()
  local nvim = start({
    status = { busy = false, kind = 'Inactive', message = 'this model does not know python' },
  })
  nvim:wait('the status is there', function()
    return nvim:lua([[return require('krait').status() ~= nil]])
  end)
  nvim:cmd('Krait toggle python')
  local change = nvim:wait('the server is told', function()
    local all = nvim:received('workspace/didChangeConfiguration')
    return #all > 1 and all[#all].params.settings.krait.completion
  end)
  T.equal(change, { languages = { python = true } })
end)

case('the component of lualine', function()
  local nvim = start({}, {
    before = [[
      package.loaded['lualine.component'] = { extend = function() return {} end }
    ]],
  })
  T.equal(nvim:lua([[return require('lualine.components.krait').update_status()]]), 'krait')
end)

case('explain: what is suggested, where, how sure the model was, and what it took', function()
  local nvim = start({
    answers = {
      ['krait/explain'] = {
        plan = 'spm',
        plan_reason = vim.NIL,
        tokens_reused = 950,
        tokens_replayed = 3,
        tokens_computed = 1,
        tokens_generated = 9,
        mean_logprob = -0.96410779953003,
        extent = 'auto',
        stop = 'line_end',
        syntax = 'grammar',
        ms = { queue = 0.1, tokenize = 0.004, prefill = 2.124, decode = 9.0, post = 0.3 },
        suppressed_by = vim.NIL,
        typed_through = true,
        shown = {
          text = 'return a + b',
          typed = 're',
          position = { line = 6, character = 4 },
        },
      },
    },
  })
  nvim:cmd('Krait explain')
  T.equal(
    window(nvim, 'krait://explain'),
    table.concat({
      'suggested in line 7:',
      '    return a + b',
      'of which you have typed "re"',
      'what follows is of the suggestion as it was made; typing along took no model',
      'how sure: 38 % for each token on average (log-probability -0.96)',
      'tokens: 953 known from before, 1 read anew, 9 written',
      'time: 12 ms (waiting 0.1 ms, reading 2.1 ms, writing 9.0 ms, checking 0.3 ms)',
      'what was read: the text behind the cursor, then the text before it',
      'how far it may reach: a line or a block, by the syntax at the cursor',
      'where it ended: the line was complete',
      "syntax: checked with the language's grammar",
    }, '\n')
  )
end)

case('explain: why nothing was shown', function()
  local nvim = start({
    answers = {
      ['krait/explain'] = {
        plan = 'spm',
        tokens_reused = 950,
        tokens_computed = 1,
        suppressed_by = 'the model is not sure',
        ms = { queue = 0.1, decode = 9 },
        stop = 'a stop of tomorrow',
        hurried = 'the syntax tree',
      },
    },
  })
  nvim:cmd('Krait explain')
  local text = window(nvim, 'krait://explain')
  T.contains(text, 'nothing was shown: the model is not sure')
  T.contains(text, 'tokens: 950 known from before, 1 read anew, 0 written')
  T.contains(text, 'where it ended: a stop of tomorrow')
  T.contains(text, 'not waited for: the syntax tree')
  T.equal(
    nvim:received('krait/explain')[1].params.textDocument.uri,
    vim.uri_from_fname(nvim.folder .. '/a.py')
  )
end)

case('explain: nothing yet, nothing known, no krait', function()
  local nvim = start({ answers = { ['krait/explain'] = vim.NIL } })
  nvim:cmd('Krait explain')
  T.contains(last_told(nvim), 'nothing was asked for')
  nvim = start()
  nvim:cmd('Krait explain')
  T.contains(last_told(nvim), 'krait/explain is unknown')
  nvim = start()
  nvim:cmd('help | Krait explain')
  T.contains(last_told(nvim), 'not in this buffer: it is no file')
  nvim = start()
  nvim:cmd('enew | Krait explain')
  T.contains(last_told(nvim), 'its filetype is not known')
end)

case('ask: a server that cannot is not asked, and the question not offered', function()
  local nvim = start()
  local offered = [[return vim.list_contains(vim.fn.getcompletion('Krait a', 'cmdline'), 'ask')]]
  T.equal(nvim:lua(offered), false)
  nvim:cmd('Krait fly')
  T.ok(not last_told(nvim):find('ask', 1, true), 'nor among what there is')
  nvim:cmd('Krait ask where is the parser?')
  T.contains(last_told(nvim), 'does not know krait/ask')
  T.equal(nvim:received('krait/ask'), {})
end)

case('ask: the answer and its places', function()
  local nvim = start({
    requests = { 'krait/ask' },
    answers = {
      ['krait/ask'] = {
        answer = 'In the parser.\nReally.',
        citations = {
          {
            uri = 'file:///src/parser.py',
            range = { start = { line = 6, character = 0 }, ['end'] = { line = 6, character = 1 } },
            text = 'def parse():',
          },
          {
            uri = 'file:///doc/manual.pdf',
            range = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 0 } },
            page = 3,
            text = '',
          },
        },
      },
    },
  })
  T.ok(vim.list_contains(nvim:lua([[return vim.fn.getcompletion('Krait a', 'cmdline')]]), 'ask'))
  nvim:cmd('Krait ask')
  T.contains(last_told(nvim), ':Krait ask QUESTION')
  nvim:cmd('Krait ask where is the parser?')
  local text = window(nvim, 'krait://answer')
  T.contains(text, '# where is the parser?\n\nIn the parser.\nReally.')
  T.contains(text, '/src/parser.py:7 def parse():')
  T.contains(text, '/doc/manual.pdf:1 page 3')
  T.equal(nvim:received('krait/ask')[1].params.question, 'where is the parser?')
  T.equal(nvim:lua('return vim.fn.getqflist()[1].lnum'), 7)
end)

---@param nvim krait.test.Child
---@param text string
local function panel_has(nvim, text)
  nvim:wait('the panel has ' .. text, function()
    return window(nvim, 'krait://answer'):find(text, 1, true) ~= nil
  end)
end

case('ask: a question that goes on carries the conversation, which the panel has', function()
  local nvim = start({
    requests = { 'krait/ask' },
    parts = { ['krait/ask'] = { 'In the ', 'parser [1].' } },
    answers = { ['krait/ask'] = { answer = 'In the parser.', citations = {} } },
  })
  local offered =
    [[return vim.list_contains(vim.fn.getcompletion('Krait f', 'cmdline'), 'follow_up')]]
  T.equal(nvim:lua(offered), false)
  nvim:cmd('Krait ask where is the parser?')
  panel_has(nvim, '# where is the parser?\n\nIn the parser.')
  T.ok(not window(nvim, 'krait://answer'):find('[1]', 1, true), 'the parts give way')
  T.equal(nvim:lua(offered), true)
  nvim:cmd('Krait follow_up who calls it?')
  panel_has(nvim, '## who calls it?\n\nIn the parser.')
  nvim:cmd('Krait follow_up and then?')
  panel_has(nvim, '## and then?\n\nIn the parser.')
  nvim:cmd('Krait ask something else')
  panel_has(nvim, 'parser.\n\n# something else\n\nIn the parser.')
  local asked = nvim:received('krait/ask')
  local first = { question = 'where is the parser?', answer = 'In the parser.' }
  T.equal(asked[1].params.earlier, nil)
  T.equal(asked[2].params.earlier, { first })
  T.equal(
    asked[3].params.earlier,
    { first, { question = 'who calls it?', answer = 'In the parser.' } }
  )
  T.equal(asked[4].params.earlier, nil)
  -- In the panel the document is still the one that was in front of the user.
  T.equal(asked[2].params.textDocument, asked[1].params.textDocument)
  T.ok(asked[1].params.textDocument ~= nil)
  -- Closed and opened again, it has all.
  nvim:cmd('close')
  nvim:cmd('Krait ask')
  panel_has(nvim, '# where is the parser?')
  nvim:lua([[vim.ui.input = function(_, done) done('from the key') end]])
  nvim:input('a')
  panel_has(nvim, '## from the key\n\nIn the parser.')
end)

case('ask: an answer is seen as it is made, and can be stopped', function()
  local nvim = start({
    requests = { 'krait/ask' },
    parts = { ['krait/ask'] = { 'In the ', 'parser' } },
    held = { 'krait/ask' },
    answers = { ['krait/ask'] = {} },
  })
  nvim:cmd('Krait ask where is the parser?')
  panel_has(nvim, '\n\nIn the parser\n…')
  nvim:input('s')
  panel_has(nvim, '\n\nIn the parser\n(stopped)')
  nvim:receives('$/cancelRequest', 1)
  -- What was not answered is not said to have been.
  nvim:cmd('Krait follow_up and then?')
  panel_has(nvim, '## and then?\n\nIn the parser\n…')
  T.equal(nvim:received('krait/ask')[2].params.earlier, nil)
  -- Nobody would see it.
  nvim:input('q')
  nvim:receives('$/cancelRequest', 2)
end)

case('ask: a key opens the place', function()
  local nvim = start({
    requests = { 'krait/ask' },
    answers = {
      ['krait/ask'] = {
        answer = 'There.',
        citations = { { uri = 'file:///nowhere/else.py', range = { start = { line = 0 } } } },
      },
    },
  })
  nvim:cmd('Krait ask where?')
  panel_has(nvim, 'else.py:1')
  nvim:input('G<CR>')
  nvim:wait('the file is open', function()
    return nvim:lua('return vim.api.nvim_buf_get_name(0)') == '/nowhere/else.py'
  end)
  T.equal(nvim:lua('return #vim.api.nvim_list_wins()'), 2)
end)

case('subcommands and filetypes are completed', function()
  local nvim = start()
  local function completions(line)
    return nvim:lua([[return vim.fn.getcompletion(..., 'cmdline')]], line)
  end
  T.equal(completions('Krait accept'), { 'accept', 'accept_line', 'accept_word' })
  T.equal(completions('Krait sto'), { 'stop' })
  T.equal(completions('Krait toggle buf'), { 'buffer' })
  T.equal(completions('Krait disable markdow'), { 'markdown' })
  T.equal(completions('Krait stop x'), {})
  T.ok(#completions('Krait ') > 10, 'all subcommands')
end)

case('an unknown subcommand, and no setup', function()
  local nvim = start()
  nvim:cmd('Krait fly')
  T.contains(last_told(nvim), "'fly' is unknown; there are accept, ")
  nvim = child.start({ setup = false })
  nvim:cmd('Krait enable')
  T.contains(last_told(nvim), "call require('krait').setup{} first")
end)

case('suggestions by command', function()
  local nvim = start({ goals = { 'return a + b' } })
  nvim:cmd('Krait accept')
  T.contains(last_told(nvim), 'nothing is suggested')
  nvim:input('jAre')
  nvim:sees('turn a + b')
  nvim:input('<Cmd>Krait accept_word<CR>')
  nvim:has({ 'def add(a, b):', '    return' })
  nvim:sees(' a + b')
  nvim:input('<Cmd>Krait dismiss<CR>')
  nvim:sees_nothing()
  nvim:input('<Cmd>Krait trigger<CR>')
  nvim:sees(' a + b')
  nvim:input('<Cmd>Krait accept<CR>')
  nvim:has({ 'def add(a, b):', '    return a + b' })
end)

case('snooze: silence for some minutes, unless a key asks', function()
  local nvim = start({ goals = { 'return a + b' }, status = status })
  local function enabled()
    local all = nvim:received('workspace/didChangeConfiguration')
    return #all > 0 and all[#all].params.settings.krait.completion.enabled
  end
  nvim:input('jAre')
  nvim:sees('turn a + b')
  nvim:input('<Cmd>Krait snooze 30<CR>')
  nvim:sees_nothing()
  nvim:wait('the server is told', function()
    return enabled() == false
  end)
  T.contains(last_told(nvim), 'silent until ')
  T.equal(nvim:lua([[return require('krait').statusline()]]), 'krait: silent')
  nvim:input('<Cmd>Krait status<CR>')
  T.contains(window(nvim, 'krait://status'), '(:Krait snooze 0)')
  nvim:cmd('close | Krait snooze 0')
  nvim:wait('the server is told', function()
    return enabled() == nil
  end)
  T.contains(last_told(nvim), 'suggests again')
  nvim:cmd('Krait snooze soon')
  T.contains(last_told(nvim), 'a number from 0 to 1440')
end)

case('snooze: it ends by itself', function()
  local nvim = start({ status = status })
  nvim:lua([[require('krait').snooze(0.002)]])
  nvim:receives('workspace/didChangeConfiguration', 2)
  nvim:wait('the state is as before', function()
    return nvim:lua([[return require('krait').statusline()]]) == 'krait'
  end)
end)

case("log: the daemon's, or Neovim's", function()
  local nvim = start()
  nvim:cmd('Krait log')
  T.contains(nvim:lua('return vim.api.nvim_buf_get_name(0)'), 'lsp.log')
  nvim:cmd('close')
  local folder = nvim.env.XDG_STATE_HOME .. '/krait'
  vim.fn.mkdir(folder, 'p')
  vim.fn.writefile({ 'first', 'last' }, folder .. '/daemon.log')
  nvim:cmd('Krait log')
  T.equal(nvim:lines(), { 'first', 'last' })
  T.equal(nvim:lua('return vim.fn.line(".")'), 2)
end)

case('checkhealth', function()
  local nvim = start({}, { before = [[vim.o.columns = 200]] })
  nvim:lua([[vim.keymap.set('i', '<Tab>', 'x', { buffer = 0, desc = 'snippets' })]])
  nvim:cmd('checkhealth krait')
  local text = table.concat(nvim:lines(), '\n')
  for _, part in ipairs({
    'krait: Neovim',
    'the server runs',
    'it has inline completion',
    'a.py: on',
    '<Tab> is mapped by somebody else in the buffer (snippets)',
  }) do
    T.contains(text, part)
  end
end)

case('checkhealth without the program', function()
  local nvim = child.start({ setup = { cmd = { 'no-such-krait', 'lsp' } } })
  nvim:cmd('checkhealth krait')
  local text = table.concat(nvim:lines(), '\n')
  T.contains(text, 'no-such-krait was not found')
  T.contains(text, 'the server does not run')
end)
