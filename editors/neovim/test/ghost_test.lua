-- SPDX-License-Identifier: Apache-2.0
-- What users see and type, with each of the two displays that this Neovim can have.

local T = require('harness')
local child = require('child')

local goal = 'return a + b'
local python = { ['a.py'] = 'def add(a, b):\n    \n' }

--- A Neovim in insert mode at the end of line 2, in an empty body.
---@param options? krait.test.Options
---@return krait.test.Child
local function begin(options)
  local nvim =
    child.start(vim.tbl_extend('force', { files = python, open = 'a.py' }, options or {}))
  nvim:input('jA')
  nvim:mode('i')
  return nvim
end

---@param display 'builtin'|'own'
local function add_suite(display)
  local case = T.suite('ghost text (' .. display .. ')')

  ---@param stub? table
  ---@param setup? table
  ---@param options? table
  local function start(stub, setup, options)
    options = options or {}
    options.stub = vim.tbl_extend('keep', stub or {}, { goals = { goal } })
    options.setup = vim.tbl_extend('keep', setup or {}, { display = display })
    return begin(options)
  end

  case('appears while typing, and <Tab> accepts exactly it', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
    nvim:sees_nothing()
    local command = nvim:receives('workspace/executeCommand').params
    T.equal(command, { command = 'krait.didAcceptCompletionItem', arguments = { 'goal-0' } })
    T.equal(nvim:lua('return vim.api.nvim_win_get_cursor(0)'), { 2, 16 })
    nvim:input('!')
    nvim:has({ 'def add(a, b):', '    return a + b!' })
  end)

  case('several lines', function()
    local nvim = start({ goals = { 'return (\n        a + b\n    )' } })
    nvim:input('re')
    nvim:sees('turn (\n        a + b\n    )')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return (', '        a + b', '    )' })
    T.equal(nvim:lua('return vim.api.nvim_win_get_cursor(0)'), { 4, 5 })
  end)

  case('one step of undo takes back what was accepted, not what was typed', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
    nvim:input('<Esc>u')
    nvim:has({ 'def add(a, b):', '    re' })
  end)

  case('stays while it is typed, and the server is asked again', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:script({ goals = { goal }, hold = true })
    local asked = #nvim:received('textDocument/inlineCompletion')
    nvim:input('tur')
    nvim:sees('n a + b')
    nvim:receives('textDocument/inlineCompletion', asked + 1)
    T.equal(nvim:ghost(), 'n a + b', 'before the answer')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
  end)

  case('is never drawn wrong or away while it is typed', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    -- What each screen update would show.
    nvim:lua(
      [[
      local seen = {}
      package.loaded['seen'] = seen
      local spaces = vim.api.nvim_get_namespaces()
      local space = vim.api.nvim_create_namespace('test')
      local name = spaces['nvim.lsp.inline_completion'] and ... == 'builtin'
        and 'nvim.lsp.inline_completion' or 'krait'
      vim.api.nvim_set_decoration_provider(space, { on_start = function()
        local mark = vim.api.nvim_buf_get_extmarks(0, spaces[name], 0, -1, { details = true })[1]
        local line = vim.api.nvim_get_current_line()
        local text = mark and mark[4].virt_text[1][1] or ''
        table.insert(seen, mark and line:sub(1, mark[3]) .. text .. line:sub(mark[3] + 1) or line)
      end })
    ]],
      display
    )
    for key in ('turn a +'):gmatch('.') do
      local drawn = nvim:lua([[return #package.loaded['seen'] ]])
      nvim:input(key)
      nvim:wait('the screen is drawn', function()
        return nvim:lua([[return #package.loaded['seen'] ]]) > drawn
      end)
    end
    nvim:has({ 'def add(a, b):', '    return a +' })
    local seen = nvim:lua([[return package.loaded['seen'] ]])
    T.ok(#seen >= 8, 'the screen was drawn')
    for _, line in ipairs(seen) do
      T.equal(line, '    return a + b')
    end
  end)

  case('goes when something else is typed, before any answer', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:script({ goals = { goal }, hold = true })
    nvim:input('x')
    nvim:sees_nothing()
    nvim:input('<Tab>')
    nvim:wait('a tab is typed', function()
      return nvim:lines()[2]:find('^    rex%s+$')
    end)
  end)

  case('a stale request is cancelled, and its late answer not shown', function()
    local nvim = start({ hold = true, late = true })
    nvim:input('r')
    local first = nvim:receives('textDocument/inlineCompletion')
    nvim:input('x')
    nvim:wait('it is cancelled', function()
      return vim.iter(nvim:received('$/cancelRequest')):any(function(cancelled)
        return cancelled.params.id == first.id
      end)
    end)
    nvim:wait('the server is asked again', function()
      return nvim:receives('textDocument/inlineCompletion').id > first.id
    end)
    T.equal(nvim:ghost(), nil)
  end)

  case('each request names the version of the text', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    local request = nvim:receives('textDocument/inlineCompletion')
    local change = nvim:receives('textDocument/didChange')
    T.equal(request.params.textDocument.version, change.params.textDocument.version)
    T.equal(request.params.context.triggerKind, 2)
  end)

  case('the next word, and the next, are accepted', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:script({ goals = { goal }, hold = true })
    nvim:input('<M-Right>')
    nvim:has({ 'def add(a, b):', '    return' })
    nvim:sees(' a + b')
    local partial = nvim:receives('textDocument/didPartiallyAcceptCompletion').params
    T.equal(partial.acceptedLength, 4)
    T.equal(partial.item.command.arguments, { 'goal-0' })
    nvim:input('<M-Right>')
    nvim:has({ 'def add(a, b):', '    return a' })
    nvim:sees(' + b')
    partial = nvim:receives('textDocument/didPartiallyAcceptCompletion', 2).params
    T.equal(partial.acceptedLength, 6, 'cumulative')
    T.equal(nvim:received('workspace/executeCommand'), {})
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
    nvim:receives('workspace/executeCommand')
  end)

  case('a line is accepted, the rest stays', function()
    local nvim = start({ goals = { 'return (\n        a + b\n    )' } })
    nvim:input('re')
    nvim:sees('turn (\n        a + b\n    )')
    nvim:script({ goals = { 'return (\n        a + b\n    )' }, hold = true })
    nvim:input('<M-C-Right>')
    nvim:has({ 'def add(a, b):', '    return (' })
    nvim:sees('\n        a + b\n    )')
    nvim:input('<M-C-Right>')
    nvim:has({ 'def add(a, b):', '    return (', '        a + b' })
    nvim:sees('\n    )')
    T.equal(nvim:receives('textDocument/didPartiallyAcceptCompletion', 2).params.acceptedLength, 20)
    nvim:input('<M-C-Right>')
    nvim:has({ 'def add(a, b):', '    return (', '        a + b', '    )' })
    nvim:receives('workspace/executeCommand')
  end)

  case('lengths are UTF-16 units, columns those of the encoding', function()
    for _, encoding in ipairs({ 'utf-8', 'utf-16', 'utf-32' }) do
      local nvim = start({ goals = { 're("😀é", x)' }, encoding = encoding })
      nvim:input('"ż😀" + re')
      nvim:sees('("😀é", x)')
      nvim:input('<M-Right>')
      nvim:sees('😀é", x)')
      nvim:input('<M-Right>')
      nvim:has({ 'def add(a, b):', '    "ż😀" + re("😀é' })
      nvim:receives('textDocument/didPartiallyAcceptCompletion', 2)
      local parts = nvim:received('textDocument/didPartiallyAcceptCompletion')
      T.equal(parts[1].params.acceptedLength, 2)
      nvim:sees('", x)')
      nvim:input('<Tab>')
      nvim:has({ 'def add(a, b):', '    "ż😀" + re("😀é", x)' })
    end
  end)

  case('what it replaces behind the cursor is replaced', function()
    local nvim = start({ goals = { 'foo(a, b)' }, replace = 1 })
    nvim:input('foo()<Left>a')
    nvim:sees(', b)')
    nvim:input(',')
    nvim:sees(' b)')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    foo(a, b)' })
  end)

  case('a key dismisses it until the next key', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<C-]>')
    nvim:sees_nothing()
    nvim:input('t')
    nvim:sees('urn a + b')
  end)

  case('leaving insert mode removes it', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<Esc>')
    nvim:sees_nothing()
    T.equal(nvim:lua([[return require('krait').accept()]]), false)
    nvim:input('A')
    nvim:sees('turn a + b')
  end)

  local several = { goals = { goal, 'return a - b', 'return a * b' }, one_unasked = true }

  case('one of several, which the server is asked for only when they are wanted', function()
    local nvim = start(several)
    nvim:input('re')
    nvim:sees('turn a + b')
    local asked = #nvim:received('textDocument/inlineCompletion')
    nvim:input('<M-]>')
    nvim:sees('turn a - b (2/3)')
    T.equal(nvim:receives('textDocument/inlineCompletion').params.context.triggerKind, 1)
    nvim:input('<M-]>')
    nvim:sees('turn a * b (3/3)')
    nvim:input('<M-]>')
    nvim:sees('turn a + b (1/3)')
    nvim:input('<M-[>')
    nvim:sees('turn a * b (3/3)')
    nvim:input('<M-[>')
    nvim:sees('turn a - b (2/3)')
    T.equal(#nvim:received('textDocument/inlineCompletion'), asked + 1, 'asked once')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a - b' })
    T.equal(nvim:receives('workspace/executeCommand').params.arguments, { 'goal-1' })
    local told = vim.tbl_map(function(message)
      return message.params.item.command.arguments[1]
    end, nvim:received('textDocument/didShowCompletion'))
    T.equal(vim.list_slice(told, 1, 3), { 'goal-0', 'goal-1', 'goal-2' })
  end)

  case('the one before the first is the last', function()
    local nvim = start(several)
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<M-[>')
    nvim:sees('turn a * b (3/3)')
    nvim:input('<M-Right>')
    nvim:has({ 'def add(a, b):', '    return' })
    local partial = nvim:receives('textDocument/didPartiallyAcceptCompletion').params
    T.equal(partial.item.command.arguments, { 'goal-2' })
  end)

  case('where there is only one it stays', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<M-]>')
    nvim:receives('textDocument/inlineCompletion', 2)
    nvim:wait('it is still there', function()
      return vim.startswith(nvim:ghost() or '', 'turn a + b')
    end)
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
  end)

  case('a key asks where automatic completion is off', function()
    local nvim = start({ demand = true }, { trigger = 'on_demand' })
    nvim:input('re')
    nvim:receives('textDocument/inlineCompletion')
    T.equal(nvim:ghost(), nil)
    nvim:input('<M-Bslash>')
    nvim:sees('turn a + b')
    local kinds = vim.tbl_map(function(message)
      return message.params.context.triggerKind
    end, nvim:received('textDocument/inlineCompletion'))
    T.equal(kinds[#kinds], 1)
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return a + b' })
  end)

  case('what is shown is told once', function()
    local nvim = start()
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('t')
    nvim:sees('urn a + b')
    nvim:input('u')
    nvim:sees('rn a + b')
    nvim:receives('textDocument/didShowCompletion')
    nvim:input('<Tab>')
    nvim:receives('workspace/executeCommand')
    local told = nvim:received('textDocument/didShowCompletion')
    T.equal(#told, 1)
    T.equal(told[1].params.item.command.arguments, { 'goal-0' })
  end)

  case('errors of the server are not shown', function()
    for _, code in ipairs({ -32802, -32801, -32603 }) do
      local nvim = start({
        errors = { ['textDocument/inlineCompletion'] = { code = code, message = 'no' } },
      })
      nvim:input('re')
      nvim:receives('textDocument/inlineCompletion')
      nvim:script({ goals = { goal } })
      nvim:input('t')
      nvim:sees('urn a + b')
      T.equal(nvim:told(), {})
    end
  end)

  case('a change by somebody else does not bring it to the wrong place', function()
    local nvim = start({ hold = true, late = true })
    nvim:input('re')
    nvim:receives('textDocument/inlineCompletion')
    nvim:lua([[vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# one', '# two' })]])
    nvim:script({ goals = { goal } })
    nvim:input('t')
    nvim:sees('urn a + b')
    nvim:input('<Tab>')
    nvim:has({ '# one', '# two', 'def add(a, b):', '    return a + b' })
  end)

  case('each buffer has its own', function()
    local nvim = start({ goals = { goal, 'import os' } }, {}, {
      files = vim.tbl_extend('error', { ['b.py'] = '\n' }, python),
    })
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:input('<Esc>')
    nvim:cmd('silent write')
    nvim:edit('b.py')
    nvim:attached()
    nvim:input('iim')
    nvim:sees('port os')
    nvim:input('<Tab>')
    nvim:has({ 'import os' })
    nvim:input('<Esc>')
    nvim:cmd('silent write | buffer a.py')
    nvim:input('A')
    nvim:sees('turn a + b')
  end)
end

if vim.lsp.inline_completion then
  add_suite('builtin')
end
add_suite('own')

local case = T.suite('ghost text')

case('by default the server is asked with the key, without any waiting', function()
  local nvim = begin({ stub = { goals = { goal }, hold = true } })
  nvim:receives('textDocument/inlineCompletion')
  -- What is asked by the end of what Neovim does for a key.
  nvim:lua([[
    local seen = {}
    package.loaded['seen'] = seen
    local client = vim.lsp.get_clients({ name = 'krait' })[1]
    vim.api.nvim_create_autocmd('TextChangedI', { callback = function()
      local asked = false
      for _, request in pairs(client.requests) do
        asked = asked
          or request.type == 'pending' and request.method == 'textDocument/inlineCompletion'
      end
      table.insert(seen, asked)
    end })
  ]])
  for _, key in ipairs({ 'r', 'e' }) do
    nvim:lua([[while table.remove(package.loaded['seen']) do end]])
    nvim:input(key)
    local seen = nvim:wait('the key is seen', function()
      local all = nvim:lua([[return package.loaded['seen'] ]])
      return #all > 0 and all
    end)
    T.equal(seen[1], true)
  end
end)

for _, display in ipairs({ 'own', 'builtin' }) do
  case('what the answer took stands beside it, if that is wanted (' .. display .. ')', function()
    local krait = { ms = 12.4, tokens_reused = 950, tokens_computed = 1 }
    local nvim = begin({
      stub = { goals = { goal }, status = { busy = false, kind = 'Normal', krait = krait } },
      setup = { display = display, timing = true },
    })
    local function timing()
      return nvim:lua([[
        local space = vim.api.nvim_create_namespace('krait.timing')
        local mark = vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })[1]
        return mark and { mark[2], mark[4].virt_text[1][1] } or {}
      ]])
    end
    local wanted = { 1, '12 ms, 950 tokens reused, 1 read' }
    nvim:input('re')
    nvim:sees('turn a + b')
    nvim:wait('it is shown', function()
      return vim.deep_equal(timing(), wanted)
    end)
    nvim:input('x')
    nvim:sees_nothing()
    nvim:wait('it goes with the suggestion', function()
      return #timing() == 0
    end)
    nvim:input('<BS>')
    nvim:sees('turn a + b')
    nvim:wait('and comes with it', function()
      return vim.deep_equal(timing(), wanted)
    end)
    nvim:lua([[require('krait').configure({ timing = false })]])
    nvim:wait('it is not wanted any more', function()
      return #timing() == 0
    end)
  end)
end
