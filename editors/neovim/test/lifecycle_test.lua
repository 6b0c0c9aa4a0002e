-- SPDX-License-Identifier: Apache-2.0
-- The server's life, which buffers it serves, and that nothing is left behind.

local T = require('harness')
local child = require('child')

local case = T.suite('life cycle')

local python = { ['a.py'] = 'def add(a, b):\n    \n' }
local stub = { goals = { 'return a + b' } }

---@param options? table
---@return krait.test.Child
local function start(options)
  return child.start(
    vim.tbl_extend('force', { files = python, open = 'a.py', stub = stub }, options or {})
  )
end

---@param nvim krait.test.Child
---@return integer[]
local function pids(nvim)
  local found = {}
  for _, message in ipairs(nvim:received('started')) do
    found[#found + 1] = message.pid
  end
  return found
end

---@param pid integer
---@return boolean
local function is_alive(pid)
  return vim.uv.kill(pid, 0) == 0
end

---@param nvim krait.test.Child
---@return boolean
local function served(nvim)
  return nvim:lua(
    [[return require('krait.lifecycle').display_of(vim.api.nvim_get_current_buf()) ~= nil]]
  )
end

--- Remembers all timers; and loads what makes global variables of Neovim's own.
local watch = [[
  local timers, new_timer = {}, vim.uv.new_timer
  package.loaded['timers'] = timers
  vim.uv.new_timer = function()
    local timer = new_timer()
    timers[timer] = true
    return timer
  end
  local _ = vim.lpeg, vim.re
]]

--- What a plugin can leave behind.
local traces = [[
  local left = { globals = {}, autocommands = 0, marks = 0, clients = #vim.lsp.get_clients() }
  for name in pairs(_G) do left.globals[tostring(name)] = true end
  for _, autocommand in ipairs(vim.api.nvim_get_autocmds({})) do
    if (autocommand.group_name or ''):find('krait') or autocommand.desc == 'krait' then
      left.autocommands = left.autocommands + 1
    end
  end
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    for _, name in ipairs({ 'krait', 'nvim.lsp.inline_completion' }) do
      local space = vim.api.nvim_get_namespaces()[name]
      if space then left.marks = left.marks + #vim.api.nvim_buf_get_extmarks(buf, space, 0, -1, {}) end
    end
  end
  left.timers = 0
  for timer in pairs(package.loaded['timers']) do
    if not timer:is_closing() then
      left.timers = left.timers + 1
    end
  end
  return left
]]

case('turned off it leaves nothing', function()
  local nvim = child.start({ setup = false, files = python, stub = stub, before = watch })
  nvim:edit('a.py')
  local before = nvim:lua(traces)
  nvim:lua(
    [[require('krait').setup({ cmd = { ... } })]],
    vim.fn.exepath('python3'),
    child.stub,
    nvim.folder
  )
  nvim:lua(
    [[require('krait').setup({ cmd = ... })]],
    { vim.fn.exepath('python3'), child.stub, nvim.folder }
  )
  nvim:attached()
  nvim:input('jAre')
  nvim:sees('turn a + b')
  local during = nvim:lua(traces)
  T.ok(during.autocommands > 0 and during.marks > 0 and during.clients > 0, 'the test sees traces')
  T.equal(during.globals, before.globals, 'global variables')
  local running = pids(nvim)
  nvim:lua([[require('krait').disable()]])
  nvim:wait('nothing is left', function()
    return vim.deep_equal(nvim:lua(traces), before)
  end)
  for _, pid in ipairs(running) do
    nvim:wait('the server is gone', function()
      return not is_alive(pid)
    end)
  end
  nvim:input('t')
  nvim:has({ 'def add(a, b):', '    ret' })
  T.equal(nvim:ghost(), nil)
  nvim:lua([[require('krait').enable()]])
  nvim:attached()
  nvim:input('u')
  nvim:sees('rn a + b')
end)

case('one server for several files and projects, which is told of each', function()
  local nvim = start({
    files = {
      ['one/.git/HEAD'] = '',
      ['two/.git/HEAD'] = '',
      ['one/a.py'] = '\n',
      ['one/sub/b.py'] = '\n',
      ['two/c.py'] = '\n',
      ['d.py'] = '\n',
    },
    open = 'one/a.py',
  })
  for _, name in ipairs({ 'one/sub/b.py', 'two/c.py', 'd.py' }) do
    nvim:edit(name)
    nvim:attached()
  end
  local initialize = nvim:receives('initialize').params
  T.equal(#initialize.workspaceFolders, 1)
  T.equal(initialize.workspaceFolders[1].uri, vim.uri_from_fname(nvim.folder .. '/one'))
  local change = nvim:receives('workspace/didChangeWorkspaceFolders').params.event
  T.equal(change.added[1].uri, vim.uri_from_fname(nvim.folder .. '/two'))
  T.equal(#nvim:received('workspace/didChangeWorkspaceFolders'), 1)
  T.equal(#nvim:received('textDocument/didOpen'), 4)
  T.equal(#pids(nvim), 1)
end)

case('what the server is told of the editor and the settings', function()
  local nvim = start({
    setup = { extent = 'line', filetypes = { markdown = false }, disabled_files = { '*.env' } },
    stub = { configure = true },
  })
  local initialize = nvim:receives('initialize').params
  local settings = {
    completion = {
      extent = 'line',
      disabled_files = { '*.env' },
      languages = { markdown = false },
    },
  }
  T.equal(initialize.initializationOptions.krait, settings)
  T.equal(initialize.initializationOptions.editorInfo.name, 'Neovim')
  T.equal(initialize.initializationOptions.editorPluginInfo.version, require('krait.version'))
  T.ok(initialize.capabilities.textDocument.inlineCompletion, 'the capability is there')
  local answer = nvim:wait('the settings are answered', function()
    for _, message in ipairs(nvim:received()) do
      if message.id == 'settings' then
        return message
      end
    end
  end)
  T.equal(answer.result, { settings })
  nvim:lua([[require('krait').configure({ extent = 'block', max_lines = 3 })]])
  local expected = vim.deepcopy(settings)
  expected.completion.extent, expected.completion.max_lines = 'block', 3
  nvim:wait('the change is told', function()
    local all = nvim:received('workspace/didChangeConfiguration')
    return #all > 0 and vim.deep_equal(all[#all].params.settings, { krait = expected })
  end)
end)

case('filetypes that are off are not even opened', function()
  local nvim = start({
    files = vim.tbl_extend('error', { ['a.md'] = '# x\n' }, python),
    setup = { filetypes = { markdown = false } },
  })
  nvim:edit('a.md')
  T.equal(served(nvim), false)
  nvim:cmd('Krait enable markdown')
  nvim:attached()
  nvim:cmd('Krait toggle markdown')
  T.equal(served(nvim), false)
  nvim:receives('textDocument/didClose')
  local settings = nvim:received('workspace/didChangeConfiguration')
  T.equal(settings[#settings].params.settings.krait.completion.languages, { markdown = false })
  nvim:cmd('buffer a.py')
  T.ok(served(nvim), 'other files are not touched')
end)

case('a buffer can be turned off by itself', function()
  local nvim = start()
  nvim:cmd('Krait disable buffer')
  T.equal(served(nvim), false)
  nvim:input('jAre')
  nvim:has({ 'def add(a, b):', '    re' })
  T.equal(nvim:ghost(), nil)
  nvim:cmd('Krait toggle buffer')
  nvim:attached()
  nvim:input('t')
  nvim:sees('urn a + b')
end)

case('special buffers are left alone', function()
  local nvim = start()
  nvim:receives('textDocument/didOpen')
  nvim:cmd('help help')
  T.equal(served(nvim), false)
  nvim:cmd('enew')
  T.equal(served(nvim), false, 'no filetype')
  nvim:lua([[vim.api.nvim_set_current_buf(vim.api.nvim_create_buf(false, false))]])
  nvim:cmd('setfiletype python')
  T.equal(served(nvim), false, 'what a plugin made for itself')
  nvim:cmd('edit other://place/x.py | setfiletype python')
  T.equal(served(nvim), false, 'an address')
  nvim:cmd('new | setlocal buftype=nofile | file scratch.py | setfiletype python')
  T.equal(served(nvim), false, 'no file')
  nvim:cmd('new | terminal true')
  T.equal(served(nvim), false, 'a terminal')
  T.equal(#nvim:received('textDocument/didOpen'), 1)
end)

case('the server is told what is in focus', function()
  local nvim =
    start({ files = vim.tbl_extend('error', { ['b.py'] = 'x\n', ['c'] = '\n' }, python) })
  local uri = vim.uri_from_fname(nvim.folder .. '/a.py')
  T.equal(nvim:receives('textDocument/didFocus').params, {
    textDocument = { uri = uri },
    position = { line = 0, character = 0 },
  })
  nvim:edit('b.py')
  nvim:attached()
  nvim:cmd('write! | buffer a.py | normal! G$')
  nvim:cmd('doautocmd FocusGained')
  nvim:wait('the place is told', function()
    local all = nvim:received('textDocument/didFocus')
    return vim.deep_equal(all[#all].params, {
      textDocument = { uri = uri },
      position = { line = 1, character = 3 },
    })
  end)
  nvim:edit('c')
  nvim:wait('nothing is in focus', function()
    local all = nvim:received('textDocument/didFocus')
    return next(all[#all].params) == nil
  end)
end)

case('a missing program is one message, which says what to do', function()
  local nvim = child.start({
    files = vim.tbl_extend('error', { ['b.py'] = '\n', ['c.py'] = '\n' }, python),
    setup = { cmd = { 'no-such-krait', 'lsp' } },
  })
  for _, name in ipairs({ 'a.py', 'b.py', 'c.py' }) do
    nvim:edit(name)
  end
  nvim:input('iret<Tab><Esc>')
  nvim:mode('n')
  nvim:wait('it is told', function()
    return #nvim:told() > 0
  end)
  T.equal(#nvim:told(), 1)
  T.contains(nvim:told()[1].text, 'no-such-krait was not found')
  T.contains(nvim:told()[1].text, './dev install')
  T.contains(nvim:told()[1].text, ':Krait restart')
end)

case('wrong settings are one message that names them, and krait runs', function()
  local nvim = start({ setup = { extent = 'page', debounce = 3 } })
  T.equal(#nvim:told(), 1)
  T.contains(nvim:told()[1].text, 'debounce is unknown')
  T.contains(nvim:told()[1].text, "extent must be 'auto', 'line' or 'block', not \"page\"")
end)

case('a server that dies is started again, and goes on', function()
  local nvim = start()
  nvim:input('jAre')
  nvim:sees('turn a + b')
  vim.uv.kill(pids(nvim)[1], 'sigkill')
  nvim:sees_nothing()
  -- Typed while there is no server.
  nvim:input('t')
  nvim:has({ 'def add(a, b):', '    ret' })
  nvim:receives('initialize', 2)
  nvim:attached()
  nvim:input('u')
  nvim:sees('rn a + b')
  nvim:input('<Tab>')
  nvim:has({ 'def add(a, b):', '    return a + b' })
end)

case('one that always dies is given up, with one message', function()
  local nvim = child.start({ files = python, stub = { fail = 3 } })
  nvim:edit('a.py')
  nvim:wait('it is told', function()
    return vim.iter(nvim:told()):any(function(message)
      return message.text:find('the server ended 5 times in a row (exit status 3', 1, true) ~= nil
    end)
  end)
  T.equal(#pids(nvim), 5)
  nvim:script(stub)
  nvim:cmd('Krait restart')
  nvim:attached()
  nvim:input('jAre')
  nvim:sees('turn a + b')
  -- Neovim itself prints that a program failed.
  nvim:cmd('messages clear')
end)

case('stopped it stays so, until it is started', function()
  local nvim = start({ files = vim.tbl_extend('error', { ['b.py'] = '\n' }, python) })
  local first = pids(nvim)[1]
  nvim:cmd('Krait stop')
  nvim:wait('the server is gone', function()
    return not is_alive(first)
  end)
  nvim:edit('b.py')
  T.equal(served(nvim), false)
  T.equal(#pids(nvim), 1)
  nvim:cmd('Krait restart')
  nvim:attached()
  T.equal(#pids(nvim), 2)
end)

case('a server without inline completion is no trouble', function()
  local nvim = child.start({ files = python, stub = { no_inline = true } })
  nvim:edit('a.py')
  nvim:receives('textDocument/didOpen')
  nvim:input('jAre<Tab><Esc>')
  nvim:mode('n')
  T.equal(nvim:told(), {})
end)

case('other servers of the buffer are not touched', function()
  local nvim = start({
    files = vim.tbl_extend('error', { ['other/stub.json'] = '{"no_inline": true}' }, python),
    before = ([[
      vim.api.nvim_create_autocmd('FileType', { pattern = 'python', callback = function()
        local words = { 'python3', %q, vim.fn.getcwd() .. '/other' }
        vim.lsp.start({ name = 'other', cmd = words })
      end })
    ]]):format(child.stub),
  })
  nvim:input('jAre')
  nvim:sees('turn a + b')
  nvim:input('<Tab>')
  nvim:has({ 'def add(a, b):', '    return a + b' })
  nvim:lua([[require('krait').disable()]])
  local names = [[
    return vim.tbl_map(function(client) return client.name end, vim.lsp.get_clients({ bufnr = 0 }))
  ]]
  nvim:wait('only the other is left', function()
    return vim.deep_equal(nvim:lua(names), { 'other' })
  end)
end)

case('leaving Neovim says nothing and ends the server', function()
  for _, keys in ipairs({ 'jAre', 'jA' }) do
    local nvim = start()
    nvim:input(keys)
    nvim:receives('textDocument/inlineCompletion')
    local pid = pids(nvim)[1]
    T.equal(nvim:quit(), '')
    T.equal(nvim.exit_code, 0)
    T.ok(
      vim.wait(20000, function()
        return not is_alive(pid)
      end),
      'the server ended'
    )
  end
end)

case('a deleted buffer takes its suggestion along', function()
  local nvim = start()
  nvim:input('jAre')
  nvim:sees('turn a + b')
  nvim:input('<Esc>')
  nvim:cmd('bwipeout!')
  nvim:receives('textDocument/didClose')
  nvim:edit('a.py')
  nvim:attached()
  nvim:input('jAre')
  nvim:sees('turn a + b')
end)
