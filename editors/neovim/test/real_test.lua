-- SPDX-License-Identifier: Apache-2.0
-- The real krait: its daemon and its default model, under a user's folders of their own.

local T = require('harness')
local child = require('child')

local case = T.suite('real krait')

local program = vim.env.KRAIT

local source = [[
import os


def sizes(folder):
    result = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        result[name] = os.path.getsize(path)
    return result


def names(folder):
    result = []
    for name in os.listdir(folder):

]]

---@param nvim krait.test.Child
---@param words string[]
---@return vim.SystemCompleted
local function krait(nvim, words)
  return vim.system(vim.list_extend({ program }, words), { env = nvim.env, text = true }):wait()
end

--- Whether the process runs; one that nobody waited for does not.
---@param pid integer
---@return boolean
local function is_alive(pid)
  local file = io.open(('/proc/%d/stat'):format(pid))
  if not file then
    return false
  end
  local state = file:read('*a'):match('%) (%a)')
  file:close()
  return state ~= 'Z'
end

---@param options? table
---@return krait.test.Child
local function start(options)
  if not program then
    T.skip('KRAIT does not name the program')
  end
  local nvim = child.start(vim.tbl_extend('force', {
    files = { ['sizes.py'] = source },
    setup = { cmd = { program, 'lsp' }, min_confidence = -1000 },
    open = 'sizes.py',
  }, options or {}))
  nvim:input('GA')
  nvim:mode('i')
  return nvim
end

-- On a busy machine an answer may be one that was hurried, which is not shown: the next key asks again.
local again_ms = 2000

--- Types into the last line until something is suggested, and returns it.
---@param nvim krait.test.Child
---@param text string
---@return string
local function suggested(nvim, text)
  nvim:input(text)
  local typed_at = vim.uv.hrtime()
  return nvim:wait('something is suggested', function()
    if vim.uv.hrtime() - typed_at > again_ms * 1e6 then
      nvim:input('<BS>' .. text:sub(-1))
      typed_at = vim.uv.hrtime()
    end
    return nvim:ghost()
  end)
end

---@param nvim krait.test.Child
---@return integer?
local function daemon(nvim)
  local decoded, status = pcall(vim.json.decode, krait(nvim, { 'status', '--json' }).stdout)
  return decoded and status.pid or nil
end

--- Calls `use` with a Neovim that has krait, and stops the daemon afterwards, whatever happened.
---@param options table?
---@param use fun(nvim: krait.test.Child)
local function with_krait(options, use)
  local nvim = start(options)
  local ok, problem = xpcall(use, debug.traceback, nvim)
  krait(nvim, { 'stop' })
  if not ok then
    error(problem, 0)
  end
end

case('typing, accepting, and the death of the daemon in between', function()
  with_krait(nil, function(nvim)
    local rest = suggested(nvim, '        path = ')
    local before = nvim:lines()
    nvim:input('<Tab>')
    local expected = vim.list_slice(before, 1, #before - 1)
    vim.list_extend(expected, vim.split(before[#before] .. rest, '\n'))
    nvim:has(expected)

    local pid = nvim:wait('the daemon runs', function()
      return daemon(nvim)
    end)
    vim.uv.kill(pid, 'sigkill')
    nvim:wait('it is dead', function()
      return not is_alive(pid)
    end)
    nvim:input('<CR><C-u>        ')
    suggested(nvim, 'result')
    T.ok(daemon(nvim) ~= pid, 'another daemon')
    T.equal(nvim:told(), {})

    nvim:input('<Esc>')
    nvim:cmd('Krait explain')
    nvim:wait('it is explained', function()
      return table.concat(nvim:lines(), '\n'):find('\nhow sure: %d+ %% ')
    end)
    nvim:cmd('close | Krait status')
    nvim:wait('its state is shown', function()
      return table.concat(nvim:lines(), '\n'):find('krait: on\nserver: krait', 1, true)
    end)
    nvim:cmd('close | checkhealth krait')
    local health = table.concat(nvim:lines(), '\n')
    T.contains(health, 'tokenizer: ')
    T.contains(health, 'the server runs')
  end)
end)

case('after typing along, the explanation is that of the suggestion', function()
  with_krait({ setup = { cmd = { program, 'lsp' }, min_confidence = -1000 } }, function(nvim)
    local rest = suggested(nvim, '        path = os.')
    local first = rest:sub(1, 1)
    nvim:input(first)
    nvim:sees(rest:sub(2))
    local typed = ('of which you have typed %q'):format(first)
    nvim:wait('the server has seen it', function()
      nvim:input('<Cmd>Krait explain<CR>')
      vim.wait(200)
      local text = table.concat(nvim:lines(), '\n')
      nvim:input('<Cmd>close<CR>')
      return text:find(typed, 1, true) and text:find('tokens: %d+ known from before, [^,]+, [1-9]')
    end)
  end)
end)

case('there are others to choose from', function()
  with_krait({ setup = { cmd = { program, 'lsp' }, min_confidence = -1000 } }, function(nvim)
    local first = suggested(nvim, '        path = os.')
    local before = nvim:lines()
    nvim:input('<M-]>')
    local second = nvim:wait('the second is shown', function()
      return (nvim:ghost() or ''):match('^(.*) %(2/%d%)$')
    end)
    T.ok(second ~= first, second)
    nvim:input('<Tab>')
    local expected = vim.list_slice(before, 1, #before - 1)
    vim.list_extend(expected, vim.split(before[#before] .. second, '\n'))
    nvim:has(expected)
    nvim:wait('it is counted', function()
      local counted = vim.json.decode(krait(nvim, { 'status', '--stats', '--json' }).stdout)
      return counted.accepted == 1
    end)
  end)
end)

case('a buffer without a name is completed', function()
  with_krait(nil, function(nvim)
    nvim:input('<Esc>')
    nvim:cmd('set hidden | enew | set filetype=python')
    nvim:attached()
    nvim:input('iimport os<CR>for name in os.')
    T.ok(#suggested(nvim, 'list') > 0, 'something is suggested')
  end)
end)

case('a word of it is accepted, and counted', function()
  local setup = { cmd = { program, 'lsp' }, min_confidence = -1000, extent = 'line' }
  with_krait({ setup = setup }, function(nvim)
    local rest = suggested(nvim, '        path = os.')
    local line = nvim:lines()
    local word = require('krait.pieces').first(rest, 'word')
    nvim:input('<M-Right>')
    nvim:wait('the word is there', function()
      return nvim:lines()[#line] == line[#line] .. word
    end)
    T.ok(not rest:find('\n'), 'a line only')
    nvim:wait('it is counted', function()
      local counted = vim.json.decode(krait(nvim, { 'status', '--stats', '--json' }).stdout)
      return counted.characters == vim.fn.strchars(word)
        and counted.partially + counted.accepted == 1
    end)
  end)
end)
