-- SPDX-License-Identifier: Apache-2.0
-- A Neovim that a test drives over RPC as a user would, by keys, with a user's folders of its own.

local T = require('harness')

local M = {}

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
M.plugin = vim.fs.dirname(here)
M.stub = here .. '/stub_server.py'

local patience_ms = 30000

---@class krait.test.Child
---@field channel integer
---@field folder string
---@field env table<string, string>
local Child = {}
Child.__index = Child

---@type krait.test.Child[]
local alive = {}

--- Written before the user's configuration: the messages are collected, since a prompt for a key
--- would hold everything up.
local prelude = [[
vim.opt.runtimepath:prepend(%q)
vim.o.swapfile, vim.o.more, vim.o.cmdheight, vim.o.shortmess = false, false, 5, 'aAIcFoOtTW'
local collected = {}
package.loaded['collected'] = collected
vim.notify = function(text, level) table.insert(collected, { text = text, level = level }) end
vim.g.loaded_python3_provider = 0 -- looking for it takes seconds
vim.filetype.add({ extension = { py = 'python', md = 'markdown', lua = 'lua' } })
]]

---@class krait.test.Options
---@field setup? table|false What `setup` is called with; false: it is not called.
---@field before? string Lua that runs before it.
---@field stub? table What stub.json has.
---@field server? string[] Another server than the stub.
---@field files? table<string, string>
---@field open? string
---@field env? table<string, string>
---@field places? krait.test.Child Uses the folders of that one.
---@field offer? boolean It has not been told yet that there are better models.

---@param path string
---@param text string
local function write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

---@param root string
---@return table<string, string>
local function environment(root)
  local env = { HOME = root, TERM = 'xterm-256color', LANG = 'C.UTF-8', NVIM_APPNAME = 'nvim' }
  for name, folder in pairs({
    XDG_CONFIG_HOME = 'config',
    XDG_STATE_HOME = 'state',
    XDG_DATA_HOME = 'data',
    XDG_CACHE_HOME = 'cache',
    XDG_RUNTIME_DIR = 'run',
  }) do
    env[name] = root .. '/' .. folder
    vim.fn.mkdir(env[name], 'p', tonumber('700', 8))
  end
  return env
end

---@param options krait.test.Options
---@return krait.test.Child
function M.start(options)
  local self = setmetatable({}, Child)
  -- Short: the path of a socket has about 100 characters.
  self.folder = options.places and options.places.folder
    or assert(vim.uv.fs_mkdtemp('/tmp/kn-XXXXXX'))
  self.env = vim.tbl_extend('force', environment(self.folder), options.env or {})
  self.owner = not options.places
  self:script(options.stub or {})
  if not options.offer then
    write(self.env.XDG_STATE_HOME .. '/nvim/krait-setup-offered', '')
  end
  for name, text in pairs(options.files or {}) do
    write(self.folder .. '/' .. name, text)
  end
  local setup = ''
  if options.setup ~= false then
    local given = vim.tbl_extend('keep', options.setup or {}, {
      cmd = options.server or { vim.fn.exepath('python3'), M.stub, self.folder },
    })
    setup = ("require('krait').setup(%s)\n"):format(vim.inspect(given))
  end
  local init = self.folder .. '/init.lua'
  write(init, prelude:format(M.plugin) .. (options.before or '') .. '\n' .. setup)
  self.env.VIMRUNTIME = vim.env.VIMRUNTIME
  self.channel = vim.fn.jobstart(
    { vim.v.progpath, '--embed', '--headless', '-u', init, '-i', 'NONE' },
    {
      rpc = true,
      env = self.env,
      cwd = self.folder,
      on_exit = function(_, code)
        self.exit_code = code
      end,
    }
  )
  assert(self.channel > 0, 'Neovim did not start')
  alive[#alive + 1] = self
  if options.open then
    self:edit(options.open)
    if options.setup ~= false then
      self:attached()
    end
  end
  return self
end

--- Runs Lua there; `...` in it are the arguments.
---@param code string
---@param ... any
---@return any
function Child:lua(code, ...)
  return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... })
end

---@param command string
function Child:cmd(command)
  vim.rpcrequest(self.channel, 'nvim_command', command)
end

--- Types keys.
---@param keys string
function Child:input(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

---@param name string
function Child:edit(name)
  self:cmd('edit ' .. vim.fn.fnameescape(self.folder .. '/' .. name))
end

---@param options table
function Child:script(options)
  -- Renamed, so that the stub never reads half of it.
  local path = self.folder .. '/stub.json'
  write(path .. '.new', vim.json.encode(vim.tbl_isempty(options) and vim.empty_dict() or options))
  assert(vim.uv.fs_rename(path .. '.new', path))
end

--- Waits until `condition` returns something true, and returns that.
---@generic R
---@param what string
---@param condition fun(): R
---@return R
function Child:wait(what, condition)
  local result
  local ok = vim.wait(patience_ms, function()
    result = condition()
    return result
  end, 10)
  if not ok then
    local state = ''
    pcall(function()
      state = vim.inspect({ ghost = self:ghost(), lines = self:lines(), told = self:told() })
    end)
    error('waited in vain until ' .. what .. '\n' .. state, 2)
  end
  return result
end

--- Waits until the server serves the current buffer.
function Child:attached()
  self:wait('the server serves the buffer', function()
    return self:lua(
      [[return require('krait.lifecycle').display_of(vim.api.nvim_get_current_buf()) ~= nil]]
    )
  end)
end

--- What is shown as ghost text in the current buffer; nil if nothing.
---@return string?
function Child:ghost()
  local text = self:lua([[
    local spaces = vim.api.nvim_get_namespaces()
    local found = {}
    for _, name in ipairs({ 'krait', 'nvim.lsp.inline_completion' }) do
      local marks = spaces[name]
          and vim.api.nvim_buf_get_extmarks(0, spaces[name], 0, -1, { details = true })
        or {}
      for _, mark in ipairs(marks) do
        local lines = {}
        for _, chunks in ipairs({ mark[4].virt_text or {}, unpack(mark[4].virt_lines or {}) }) do
          lines[#lines + 1] = table.concat(vim.tbl_map(function(chunk) return chunk[1] end, chunks))
        end
        found[#found + 1] = table.concat(lines, '\n')
      end
    end
    return #found > 0 and table.concat(found, '<and>') or vim.NIL
  ]])
  return text ~= vim.NIL and text or nil
end

---@param expected string
function Child:sees(expected)
  self:wait(('%q is suggested'):format(expected), function()
    return self:ghost() == expected
  end)
end

function Child:sees_nothing()
  self:wait('nothing is suggested', function()
    return self:ghost() == nil
  end)
end

---@return string[]
function Child:lines()
  return vim.rpcrequest(self.channel, 'nvim_buf_get_lines', 0, 0, -1, false)
end

---@param expected string[]
function Child:has(expected)
  self:wait('the buffer has ' .. vim.inspect(expected), function()
    return vim.deep_equal(self:lines(), expected)
  end)
end

---@param mode string
function Child:mode(mode)
  self:wait('the mode is ' .. mode, function()
    return vim.rpcrequest(self.channel, 'nvim_get_mode').mode == mode
  end)
end

--- What was said by `vim.notify`.
---@return { text: string, level: integer }[]
function Child:told()
  return self:lua([[return package.loaded['collected'] ]])
end

--- The messages that the stub received, of one method if that is given.
---@param method? string
---@return table[]
function Child:received(method)
  local messages = {}
  local file = io.open(self.folder .. '/log.jsonl')
  if not file then
    return messages
  end
  for line in file:lines() do
    local ok, message = pcall(vim.json.decode, line)
    if ok and (not method or message.method == method) then
      messages[#messages + 1] = message
    end
  end
  file:close()
  return messages
end

--- Waits until the stub received `count` of a method (1 if absent), and returns the last.
---@param method string
---@param count? integer
---@return table
function Child:receives(method, count)
  return self:wait(('the server receives %s'):format(method), function()
    local messages = self:received(method)
    return #messages >= (count or 1) and messages[#messages]
  end)
end

--- Leaves, as a user would, and returns what it printed as errors.
---@return string
function Child:quit()
  local errors = self:lua([[return vim.trim(vim.fn.execute('messages'))]])
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, patience_ms)[1] == -1 then
    vim.fn.jobstop(self.channel)
    error('Neovim did not end')
  end
  self.channel = nil
  return errors
end

--- Ends what a case started; fails if one of them had printed an error.
function M.clean()
  local problems = {}
  for _, child in ipairs(alive) do
    if child.channel then
      local ok, errors = pcall(child.quit, child)
      if not ok or errors:find('E%d+:') or errors:find('Error') then
        problems[#problems + 1] = errors
      end
    end
  end
  for _, child in ipairs(alive) do
    if child.owner then
      vim.fn.delete(child.folder, 'rf')
    end
  end
  alive = {}
  T.equal(problems, {}, 'messages of Neovim')
end

return M
