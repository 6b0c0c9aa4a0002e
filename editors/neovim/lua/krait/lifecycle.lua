-- SPDX-License-Identifier: Apache-2.0
-- Puts the parts together: which buffer is served, what happens when the server comes and goes,
-- and that nothing is left when krait is turned off.

local ask = require('krait.ask')
local buffers = require('krait.buffers')
local compat = require('krait.compat')
local events = require('krait.events')
local ghost = require('krait.ghost')
local inline = require('krait.inline')
local languages = require('krait.languages')
local message = require('krait.message')
local offer = require('krait.offer')
local server = require('krait.server')
local snooze = require('krait.snooze')
local status = require('krait.status')
local timing = require('krait.timing')
local tracking = require('krait.tracking')
local unnamed = require('krait.unnamed')

local M = {}

---@type krait.Config?
local config
local display ---@type table either of the two displays

--- The display of each buffer that is served.
---@type table<integer, table>
local attached = {}

--- The user ended the server: it comes back only when asked to.
local stopped = false

---@param choice 'own'|'builtin'
---@return table
local function choose_display(choice)
  local builtin = require('krait.builtin_display')
  if choice == 'builtin' and builtin.available() then
    return builtin
  end
  return require('krait.own_display')
end

--- Neovim's own display knows only buffers that its client serves.
---@param buf integer
---@return table
local function display_for(buf)
  return unnamed.is_open(buf) and require('krait.own_display') or display
end

---@param client vim.lsp.Client
---@param buf? integer nil if nothing that krait knows is in focus
local function tell_focus(client, buf)
  local params = vim.empty_dict() ---@type table
  local cursor = buf and inline.cursor(buf)
  if buf and cursor then
    params.textDocument = { uri = unnamed.uri(buf) }
    params.position = inline.position(client, buf, cursor)
  end
  compat.notify(client, 'textDocument/didFocus', params)
end

--- The server is told where the user is, so that it is warm when typing begins.
---@param buf integer
local function focus(buf)
  local client = server.ready()
  -- Menus, prompts and pickers come and go above the file that the user is in.
  if not client or vim.bo[buf].buftype ~= '' then
    return
  end
  tell_focus(client, attached[buf] and buf or nil)
end

--- Shows what the suggestion in the current buffer took, if the user wants to know.
local function update_timing()
  local buf = vim.api.nvim_get_current_buf()
  local shown = config and config.timing and attached[buf] and attached[buf].visible(buf)
  local last = status.last()
  local text = shown and last and timing.text(last.krait)
  if text then
    timing.draw(buf, vim.api.nvim_win_get_cursor(0)[1] - 1, text)
  else
    timing.clear(buf)
  end
end

---@param buf integer
local function leave(buf)
  local served_by = attached[buf]
  if not served_by then
    return
  end
  attached[buf] = nil
  served_by.detach(buf)
  timing.clear(buf)
  tracking.stop(buf)
  unnamed.close(buf)
end

---@type krait.ServerHooks
local hooks = {
  on_attach = function(client, buf)
    if not config or not buffers.is_wanted(buf, config) then
      return
    end
    -- The server may not have inline completion, were it some other program.
    if not client.server_capabilities.inlineCompletionProvider then
      return
    end
    attached[buf] = display_for(buf)
    tracking.start(buf)
    attached[buf].attach(client, buf)
    if buf == vim.api.nvim_get_current_buf() then
      tell_focus(client, buf)
    end
  end,
  on_ready = function()
    M.consider_all()
  end,
  on_gone = function()
    stopped = true
    status.reset()
    ask.lost()
  end,
  on_restart = function()
    ask.lost()
    status.reset()
    M.consider_all()
  end,
  handlers = {
    ['didChangeStatus'] = function(_, params)
      status.change(params)
      vim.schedule(update_timing)
      vim.schedule(function()
        offer.consider(params)
      end)
    end,
    ['window/showMessage'] = function(_, params)
      message.show(params)
    end,
    ['$/progress'] = function(err, params, context)
      if not ask.take_part(params) then
        vim.lsp.handlers['$/progress'](err, params, context)
      end
    end,
  },
  language_id = function(_, filetype)
    return languages.id(filetype)
  end,
}

--- Serves `buf`, or leaves it alone, as it should be now.
---@param buf integer
function M.consider(buf)
  if not config or not vim.api.nvim_buf_is_valid(buf) then
    return
  end
  local wanted = buffers.is_wanted(buf, config)
  -- A name that came or went makes it another document.
  local renamed = attached[buf] ~= nil and unnamed.is_open(buf) ~= unnamed.has_no_name(buf)
  if not wanted or renamed then
    leave(buf)
    server.forget(buf)
  end
  if wanted and not stopped then
    server.serve(buf, config, hooks)
  end
end

function M.consider_all()
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    M.consider(buf)
  end
end

local function listen()
  inline.on_show = function()
    update_timing()
  end
  -- `BufWritePost`: writing a buffer that has no name can give it one.
  events.on({ 'FileType', 'BufFilePost', 'BufWritePost' }, function(args)
    M.consider(args.buf)
  end)
  events.on('BufUnload', function(args)
    if unnamed.is_open(args.buf) then
      leave(args.buf)
    end
  end)
  events.on('BufEnter', function(args)
    M.consider(args.buf)
    focus(args.buf)
  end)
  events.on('FocusGained', function()
    focus(vim.api.nvim_get_current_buf())
  end)
  events.on('LspDetach', function(args)
    local client = server.client()
    if not client or args.data.client_id == client.id then
      leave(args.buf)
    end
  end)
  events.on('BufWipeout', function(args)
    leave(args.buf)
    buffers.forget(args.buf)
  end)
  events.on({ 'TextChangedI', 'CursorMovedI', 'InsertLeave' }, function()
    if config and config.timing then
      -- The suggestion goes by other autocommands of the same events.
      vim.schedule(update_timing)
    end
  end)
  events.on('ColorScheme', function()
    ghost.define_highlight(config and config.highlight)
  end)
  events.on('VimLeavePre', function()
    -- Its timer must not outlive the main loop; Neovim itself ends the server.
    server.stop_timer()
    snooze.stop()
  end)
end

---@return krait.Config?
function M.config()
  return config
end

---@return boolean
function M.running()
  return config ~= nil
end

---@return boolean
function M.stopped()
  return stopped
end

--- The display that serves `buf`, nil if none does.
---@param buf integer
---@return table?
function M.display_of(buf)
  return attached[buf]
end

--- Turns krait on.
---@param new_config krait.Config
function M.start(new_config)
  M.stop()
  config, stopped = new_config, false
  display = choose_display(config.display)
  ghost.define_highlight(config.highlight)
  listen()
  M.consider_all()
end

--- Turns it off. Nothing is left: no autocommand, no timer, no server, no text.
function M.stop()
  if not config then
    return
  end
  config = nil
  events.stop()
  for buf in pairs(attached) do
    leave(buf)
  end
  snooze.stop()
  ask.cancel()
  server.stop()
  status.reset()
end

--- Silence for some minutes; 0 ends it.
---@param minutes number
function M.snooze(minutes)
  local function told()
    if config then
      server.change_settings(config)
    end
    status.redraw()
  end
  if minutes > 0 then
    snooze.start(minutes, told)
    for buf, served_by in pairs(attached) do
      served_by.dismiss(buf)
    end
  else
    snooze.stop()
  end
  told()
end

--- Other settings for the running server and the buffers.
---@param new_config krait.Config
function M.change(new_config)
  local redraw = config and config.display ~= new_config.display
  config = new_config
  server.change_settings(config)
  vim.schedule(update_timing)
  if redraw then
    return M.restart()
  end
  M.consider_all()
end

--- Ends the server until `restart`.
function M.stop_server()
  for buf in pairs(attached) do
    leave(buf)
  end
  stopped = true
  ask.cancel()
  server.stop()
  status.reset()
end

function M.restart()
  local now = config
  if now then
    M.start(now)
  end
end

return M
