-- SPDX-License-Identifier: Apache-2.0
-- What a terminal shows: Neovim in tmux, whose screen is captured with its colours.
-- KRAIT_CAPTURE: a file that the screen with the ghost text is written to.

local T = require('harness')
local child = require('child')

local case = T.suite('screen')

local patience_ms = 30000

local init = [[
vim.opt.runtimepath:prepend(%q)
vim.o.swapfile, vim.o.termguicolors, vim.o.ruler, vim.o.showmode = false, true, false, false
vim.o.laststatus, vim.g.python_recommended_style = 0, 0
vim.api.nvim_set_hl(0, 'KraitSuggestion', { fg = '#808080' })
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#808080' })
vim.g.loaded_python3_provider = 0
require('krait').setup({ display = %q, cmd = { %q, %q, %q } })
]]

---@param path string
---@param text string
local function write(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

---@class krait.test.Terminal
---@field socket string
local Terminal = {}
Terminal.__index = Terminal

---@param ... string
---@return string
function Terminal:tmux(...)
  local words = { 'tmux', '-f', '/dev/null', '-S', self.socket, ... }
  local result =
    vim.system(words, { text = true, env = { LANG = 'C.UTF-8', TERM = 'xterm-256color' } }):wait()
  return result.stdout or ''
end

--- Waits until the screen, with its colours, has `pattern`.
---@param what string
---@param pattern string
---@return string
function Terminal:sees(what, pattern)
  local screen
  local ok = vim.wait(patience_ms, function()
    screen = self:tmux('capture-pane', '-pe')
    return screen:find(pattern) ~= nil
  end, 50)
  if not ok then
    error(('waited in vain for %s:\n%s'):format(what, screen), 2)
  end
  return screen
end

--- A terminal with Neovim that edits a file; `use` gets it.
---@param display 'builtin'|'own'
---@param goal string
---@param text string
---@param use fun(terminal: krait.test.Terminal)
local function with_terminal(display, goal, text, use)
  if vim.fn.executable('tmux') == 0 then
    T.skip('tmux is not installed')
  end
  local folder = assert(vim.uv.fs_mkdtemp('/tmp/kn-XXXXXX'))
  local terminal = setmetatable({ socket = folder .. '/tmux' }, Terminal)
  write(folder .. '/stub.json', vim.json.encode({ goals = { goal } }))
  write(folder .. '/a.py', text)
  write(
    folder .. '/init.lua',
    init:format(child.plugin, display, vim.fn.exepath('python3'), child.stub, folder)
  )
  local environment = { 'env', 'HOME=' .. folder, 'VIMRUNTIME=' .. vim.env.VIMRUNTIME }
  for _, name in ipairs({ 'CONFIG', 'STATE', 'DATA', 'CACHE' }) do
    environment[#environment + 1] = ('XDG_%s_HOME=%s/%s'):format(name, folder, name:lower())
  end
  local ok, problem = xpcall(function()
    local words = { 'new-session', '-d', '-x', '72', '-y', '14' }
    vim.list_extend(words, environment)
    vim.list_extend(
      words,
      { vim.v.progpath, '-u', folder .. '/init.lua', '-i', 'NONE', folder .. '/a.py' }
    )
    terminal:tmux(unpack(words))
    terminal:sees('the file', 'def')
    use(terminal)
  end, debug.traceback)
  terminal:tmux('kill-server')
  vim.fn.delete(folder, 'rf')
  if not ok then
    error(problem, 0)
  end
end

--- The colour of the ghost text, as tmux writes it.
local grey = '\27%[38;2;128;128;128m'

---@param display 'builtin'|'own'
local function add_cases(display)
  case('ghost text is grey behind the cursor and below it (' .. display .. ')', function()
    local goal = 'result = sum(values) / len(values)\n    return result'
    with_terminal(
      display,
      goal,
      'def mean(values):\n    \n\nprint(mean([1, 2, 3]))\n',
      function(terminal)
        terminal:tmux('send-keys', 'j', 'A', 're')
        local screen = terminal:sees('the ghost text', grey .. 'sult = sum%(values%)')
        T.ok(screen:find(grey .. '    return result'), 'the second line is grey, too')
        T.ok(not screen:find(grey .. '[^\n]*re' .. grey), 'what was typed is not')
        if vim.env.KRAIT_CAPTURE then
          write(vim.env.KRAIT_CAPTURE, screen)
        end
        terminal:tmux('send-keys', 'Tab')
        local plain
        local accepted = vim.wait(patience_ms, function()
          plain = terminal:tmux('capture-pane', '-p')
          screen = terminal:tmux('capture-pane', '-pe')
          return plain:find('return result', 1, true) and not screen:find(grey)
        end, 50)
        T.ok(accepted, 'it is text:\n' .. screen)
        T.contains(plain, '    result = sum(values) / len(values)\n    return result\n\nprint(')
      end
    )
  end)
end

if vim.lsp.inline_completion then
  add_cases('builtin')
end
add_cases('own')

case('tabs are as wide as in the text', function()
  local goal = 'return (\n\t\ta)\tX'
  with_terminal('own', goal, 'def f(a):\n\t\n', function(terminal)
    terminal:tmux('send-keys', 'j', 'A', 're')
    terminal:sees('the ghost text', grey .. 'turn %(')
    T.contains(terminal:tmux('capture-pane', '-p'), '\n                a)      X\n')
  end)
end)
