-- SPDX-License-Identifier: Apache-2.0
-- What users call. See |krait.txt|.

local buffers = require('krait.buffers')
local config = require('krait.config')
local keys = require('krait.keys')
local lifecycle = require('krait.lifecycle')
local message = require('krait.message')
local server = require('krait.server')
local snooze = require('krait.snooze')
local status = require('krait.status')

local M = {}

--- What `setup` made, also while krait is turned off.
---@type krait.Config?
local settled

---@return table? display
---@return integer buf
local function here()
  local buf = vim.api.nvim_get_current_buf()
  return lifecycle.display_of(buf), buf
end

--- Accepts the suggestion, or its next word or line. Returns false if there is none.
---@param extent? krait.Extent
---@return boolean
function M.accept(extent)
  local display, buf = here()
  return display ~= nil and display.accept(buf, extent or 'all')
end

---@return boolean
function M.accept_word()
  return M.accept('word')
end

---@return boolean
function M.accept_line()
  return M.accept('line')
end

--- Hides the suggestion until the next key.
---@return boolean
function M.dismiss()
  local display, buf = here()
  return display ~= nil and display.dismiss(buf)
end

--- Shows the next of several suggestions.
---@return boolean
function M.next()
  local display, buf = here()
  return display ~= nil and display.step(buf, 1)
end

--- Shows the one before.
---@return boolean
function M.prev()
  local display, buf = here()
  return display ~= nil and display.step(buf, -1)
end

--- Asks for a suggestion, even where automatic completion is off.
---@return boolean
function M.trigger()
  local display, buf = here()
  return display ~= nil and display.trigger(buf)
end

--- Silence for some minutes (10 if absent), in all buffers; 0 ends it. A key still asks.
---@param minutes? number
function M.snooze(minutes)
  minutes = minutes or 10
  local most = snooze.most_minutes
  if type(minutes) ~= 'number' or not (minutes >= 0 and minutes <= most) then
    return message.error(('snooze takes minutes, a number from 0 to %d'):format(most))
  end
  if not lifecycle.running() then
    return message.warn('krait is turned off (:Krait enable)')
  end
  lifecycle.snooze(minutes)
  message.info(minutes > 0 and 'silent until ' .. snooze.ends() or 'suggests again')
end

--- Whether a suggestion is shown.
---@return boolean
function M.visible()
  local display, buf = here()
  return display ~= nil and display.visible(buf)
end

---@type table<string, { act: (fun(): boolean), description: string }>
local actions = {
  accept = { act = M.accept, description = 'accept the suggestion' },
  accept_word = { act = M.accept_word, description = 'accept its next word' },
  accept_line = { act = M.accept_line, description = 'accept its next line' },
  dismiss = { act = M.dismiss, description = 'hide the suggestion' },
  next = { act = M.next, description = 'show the next suggestion' },
  prev = { act = M.prev, description = 'show the suggestion before' },
  trigger = { act = M.trigger, description = 'ask for a suggestion' },
}

--- Shows what is wrong in one message.
---@param caller 'setup'|'configure'
---@param problems string[]
local function tell(caller, problems)
  if #problems > 0 then
    message.error(caller .. ': ' .. table.concat(problems, ('\nkrait: %s: '):format(caller)))
  end
end

--- Turns krait on with `opts` (|krait-settings|).
---@param opts? table
function M.setup(opts)
  if vim.fn.has('nvim-0.10') == 0 then
    message.error('Neovim 0.10 or newer is needed')
    return
  end
  local problems
  settled, problems = config.merge(opts)
  tell('setup', problems)
  M.enable()
end

--- Changes settings while krait runs: those in `opts`, the others stay. It may be called by what
--- belongs to a project, so it adds to `disabled_files`, and what `setup` alone sets is refused.
---@param opts table
function M.configure(opts)
  if not settled then
    return M.setup(opts)
  end
  local problems
  settled, problems = config.merge(opts, settled)
  tell('configure', problems)
  if not lifecycle.running() then
    return
  end
  lifecycle.change(settled)
  keys.map(settled.keymaps, actions)
end

---@return krait.Config?
local function need_setup()
  if not settled then
    message.error("call require('krait').setup{} first")
  end
  return settled
end

--- Switches a filetype or the current buffer.
---@param what string
---@param on boolean
local function switch(what, on)
  if what == 'buffer' then
    buffers.switch(vim.api.nvim_get_current_buf(), on)
    lifecycle.consider(vim.api.nvim_get_current_buf())
  else
    local filetypes = vim.tbl_extend('force', settled and settled.filetypes or {}, { [what] = on })
    M.configure({ filetypes = filetypes })
  end
end

--- Turns krait on: everything, `'buffer'` or a filetype.
---@param what? string
function M.enable(what)
  if not need_setup() then
    return
  end
  if what then
    return switch(what, true)
  end
  local now = settled --[[@as krait.Config]]
  lifecycle.start(now)
  keys.map(now.keymaps, actions)
end

--- Turns krait off: everything, `'buffer'` or a filetype.
---@param what? string
function M.disable(what)
  if not need_setup() then
    return
  end
  if what then
    return switch(what, false)
  end
  keys.unmap()
  lifecycle.stop()
  buffers.forget()
end

--- Whether krait is on: at all, in the current `'buffer'`, or for a filetype.
---@param what? string
---@return boolean
function M.is_enabled(what)
  local now = lifecycle.config()
  if not now then
    return false
  end
  if what == 'buffer' then
    return buffers.is_wanted(vim.api.nvim_get_current_buf(), now)
  end
  return not what or buffers.filetype_is_on(now.filetypes, what)
end

--- Whether the server leaves files of the current buffer's type alone by itself, as its model does
--- not know them.
---@param filetype string
---@return boolean
local function off_by_itself(filetype)
  local now = settled and settled.filetypes or {}
  local last = status.last()
  return vim.bo.filetype == filetype
    and now[filetype] == nil
    and now['*'] == nil
    and last ~= nil
    and last.kind == 'Inactive'
    and not snooze.active()
end

---@param what? string
function M.toggle(what)
  if M.is_enabled(what) and not (what and off_by_itself(what)) then
    M.disable(what)
  else
    M.enable(what)
  end
end

--- Starts the server again, also after `:Krait stop`.
function M.restart()
  if not need_setup() then
    return
  end
  if lifecycle.running() then
    lifecycle.restart()
  else
    M.enable()
  end
end

--- Ends the server of this Neovim until |:Krait-restart|.
function M.stop()
  if need_setup() then
    lifecycle.stop_server()
  end
end

--- What the server said last about its state (`didChangeStatus`).
---@return krait.ServerStatus?
function M.status()
  return status.last()
end

--- A word for the status line: empty where krait is not at work.
---@return string
function M.statusline()
  local display = here()
  if not display or not server.ready() then
    return ''
  end
  return status.word(status.last())
end

return M
