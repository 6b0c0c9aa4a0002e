-- SPDX-License-Identifier: Apache-2.0
-- `:checkhealth krait`.

local buffers = require('krait.buffers')
local config = require('krait.config')
local keys = require('krait.keys')
local lifecycle = require('krait.lifecycle')
local server = require('krait.server')

local M = {}

local health = vim.health
local doctor_timeout_ms = 60000

local function check_neovim()
  health.start('krait: Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 0 then
    health.error('Neovim ' .. version .. ' is too old', 'Install 0.10 or newer.')
  else
    health.ok('Neovim ' .. version)
  end
end

---@param settings krait.Config
---@return string? program
local function check_program(settings)
  health.start('krait: program')
  local program = server.executable(settings)
  if not program then
    health.error(settings.cmd[1] .. ' was not found', {
      'Install krait: `./dev install` in its repository.',
      "Put its folder on the PATH, or name it: require('krait').setup{ cmd = { '/path/to/krait', 'lsp' } }",
    })
    return nil
  end
  health.ok(program)
  return program
end

---@type table<string, fun(text: string)>
local sayers = {
  ok = health.ok,
  warning = health.warn,
  error = health.error,
}

--- What `krait doctor --json` found.
---@param program string
local function check_doctor(program)
  health.start('krait: krait doctor')
  local ran, process = pcall(vim.system, { program, 'doctor', '--json' }, { text = true })
  if not ran then
    return health.error('it could not be run: ' .. tostring(process))
  end
  local result = process:wait(doctor_timeout_ms)
  local decoded, report = pcall(vim.json.decode, result.stdout or '')
  if not decoded or type(report) ~= 'table' or type(report.checks) ~= 'table' then
    return health.warn(('it said nothing that can be read (exit status %d)'):format(result.code))
  end
  for _, check in ipairs(report.checks) do
    local say = sayers[check.health] or health.warn
    say(('%s: %s'):format(check.check, check.found))
  end
end

local function check_server()
  health.start('krait: server')
  if not lifecycle.running() then
    return health.warn('krait is turned off', ':Krait enable')
  end
  if lifecycle.stopped() then
    return health.warn('the server is stopped', ':Krait restart')
  end
  local client = server.ready()
  if not client then
    return health.warn('the server does not run', 'Open a file that krait is on for.')
  end
  health.ok(('the server runs (client %d)'):format(client.id))
  if client.server_capabilities.inlineCompletionProvider then
    health.ok('it has inline completion')
  else
    health.error('it has no inline completion', 'Is `cmd` krait?')
  end
  for _, buf in ipairs(vim.tbl_filter(server.ready, vim.api.nvim_list_bufs())) do
    local display = lifecycle.display_of(buf)
    local path = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ':~:.')
    path = path ~= '' and path or ('buffer %d, without a name'):format(buf)
    health.info(('%s: %s'):format(path, display and 'on' or 'off'))
  end
end

--- The buffer that the user came from.
---@return integer
local function previous_buffer()
  local alternate = vim.fn.bufnr('#')
  return alternate ~= -1 and alternate or vim.api.nvim_get_current_buf()
end

local function check_conflicts()
  health.start('krait: conflicts')
  local clean = true
  for _, conflict in ipairs(keys.conflicts(previous_buffer())) do
    clean = false
    health.warn(
      ('%s is mapped by somebody else%s%s'):format(
        conflict.lhs,
        conflict.in_buffer and ' in the buffer' or '',
        conflict.desc ~= '' and (' (%s)'):format(conflict.desc) or ''
      ),
      "Choose another key (setup{ keymaps = ... }), or have that mapping call require('krait').accept()."
    )
  end
  local ours = server.client()
  for _, client in ipairs(vim.lsp.get_clients()) do
    if
      (not ours or client.id ~= ours.id) and client.server_capabilities.inlineCompletionProvider
    then
      clean = false
      health.warn(
        ('%s has inline completion, too: suggestions of both take turns'):format(client.name),
        'Keep one of them.'
      )
    end
  end
  if clean then
    health.ok('none')
  end
end

function M.check()
  check_neovim()
  local settings = lifecycle.config() or config.defaults
  local program = check_program(settings)
  if program then
    check_doctor(program)
  end
  check_server()
  local buf = previous_buffer()
  if lifecycle.running() and buffers.is_ordinary(buf) and not buffers.is_wanted(buf, settings) then
    health.info('turned off for ' .. vim.bo[buf].filetype)
  end
  check_conflicts()
end

return M
