-- SPDX-License-Identifier: Apache-2.0
-- Inline completion where Neovim has none (0.10 and 0.11), or where the user prefers this one: asks
-- at every change and every move of the cursor in insert mode, keeps showing what is still right in
-- the meantime, and shows the answer. `builtin_display` has the same functions.

local accept = require('krait.accept')
local compat = require('krait.compat')
local events = require('krait.events')
local ghost = require('krait.ghost')
local inline = require('krait.inline')

local M = {}

---@class krait.OwnState: krait.Attached
---@field index integer Which of the suggestions is shown.
---@field seen? string The text and the cursor that were asked about.
---@field visible boolean

---@type table<integer, krait.OwnState>
local states = {}

---@param state krait.OwnState
local function hide(state)
  if state.visible then
    ghost.clear(state.buf)
  end
  state.visible = false
end

--- Draws what is left of the suggestion, or nothing.
---@param state krait.OwnState
---@param hint? boolean
local function show(state, hint)
  local suggestions, rests = inline.left(state)
  local count = #suggestions
  if count == 0 or vim.api.nvim_get_current_buf() ~= state.buf then
    return hide(state)
  end
  state.index = (state.index - 1) % count + 1
  local label = hint and (' (%d/%d)'):format(state.index, count) or nil
  local cursor = inline.cursor(state.buf) --[[@as integer[] ]]
  ghost.draw(state.buf, cursor, rests[state.index], label)
  state.visible = true
  inline.tell_shown(state, suggestions[state.index].item)
end

---@param state krait.OwnState
local function forget(state)
  inline.cancel(state)
  state.suggestions, state.seen = {}, nil
  hide(state)
end

---@param state krait.OwnState
---@param kind integer
local function ask(state, kind)
  local cursor = inline.cursor(state.buf)
  if not cursor then
    return
  end
  local params = inline.params(state, cursor, kind)
  local handler = inline.handler(state, params.position, function()
    state.index = 1
    show(state)
  end)
  state.pending = compat.request(state.client, inline.method, params, handler, state.buf)
end

--- A key was typed, or the cursor moved: `TextChangedI` and `CursorMovedI` come both for one key.
---@param state krait.OwnState
local function on_key(state)
  local cursor = inline.cursor(state.buf)
  if not cursor or not inline.inserting() then
    return
  end
  local tick = vim.api.nvim_buf_get_changedtick(state.buf)
  local seen = ('%d:%d:%d'):format(tick, cursor[1], cursor[2])
  if seen == state.seen then
    return
  end
  state.seen = seen
  show(state)
  ask(state, inline.automatic)
end

---@param client vim.lsp.Client
---@param buf integer
function M.attach(client, buf)
  M.detach(buf)
  local state = inline.attached(client, buf) --[[@as krait.OwnState]]
  state.index, state.visible = 1, false
  states[buf] = state
  events.on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, function()
    on_key(state)
  end, buf)
  events.on('InsertCharPre', function()
    ghost.expect(buf, vim.v.char)
  end, buf)
  events.on('InsertEnter', function()
    -- It comes before the mode is on, and before `A` has moved the cursor.
    vim.schedule(function()
      if states[buf] == state then
        on_key(state)
      end
    end)
  end, buf)
  events.on({ 'InsertLeave', 'BufLeave' }, function()
    forget(state)
  end, buf)
  -- Typing may have begun before the server was there.
  if vim.api.nvim_get_current_buf() == buf then
    on_key(state)
  end
end

---@param buf integer
function M.detach(buf)
  local state = states[buf]
  if not state then
    return
  end
  states[buf] = nil
  events.clear(buf)
  forget(state)
end

---@param buf integer
---@return boolean
function M.visible(buf)
  local state = states[buf]
  return state ~= nil and state.visible
end

---@param buf integer
---@param extent krait.Extent
---@return boolean
function M.accept(buf, extent)
  local state = states[buf]
  if not state or not state.visible then
    return false
  end
  local shown = inline.left(state)[state.index]
  return shown ~= nil and accept.insert(state.client, shown, extent)
end

--- Hides the suggestion until the next key.
---@param buf integer
---@return boolean
function M.dismiss(buf)
  if not M.visible(buf) then
    return false
  end
  local state = states[buf]
  local seen = state.seen
  forget(state)
  state.seen = seen
  return true
end

--- Shows the next of several suggestions.
---@param buf integer
---@return boolean
function M.next(buf)
  local state = states[buf]
  if not state or not state.visible then
    return false
  end
  state.index = state.index + 1
  show(state, true)
  return true
end

--- Asks, even where automatic completion is off.
---@param buf integer
---@return boolean
function M.trigger(buf)
  local state = states[buf]
  if not state or not inline.inserting() then
    return false
  end
  ask(state, inline.invoked)
  return true
end

return M
