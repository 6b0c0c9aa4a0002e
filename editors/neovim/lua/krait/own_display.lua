-- SPDX-License-Identifier: Apache-2.0
-- Inline completion without Neovim's own, which waits before it asks, and which 0.10 and 0.11 lack:
-- asks at every change and every move of the cursor in insert mode, keeps showing what is still right
-- in the meantime, and shows the answer. `builtin_display` has the same functions.

local accept = require('krait.accept')
local compat = require('krait.compat')
local events = require('krait.events')
local ghost = require('krait.ghost')
local inline = require('krait.inline')

local M = {}

---@class krait.OwnState: krait.Attached
---@field chosen? krait.Suggestion The one of several that is shown.
---@field rest? string What is left of it.
---@field picked boolean It is the user's choice, not just the first.
---@field all boolean The server was asked for all that it has.
---@field seen? string The text and the cursor that were asked about.
---@field visible boolean

---@type table<integer, krait.OwnState>
local states = {}

---@param state krait.OwnState
local function hide(state)
  if state.visible then
    ghost.clear(state.buf)
  end
  state.visible, state.rest = false, nil
end

--- Draws what is left of the chosen suggestion, or of the first, or nothing.
---@param state krait.OwnState
---@param hint? boolean
local function show(state, hint)
  local suggestions, rests = inline.left(state)
  local count = #suggestions
  if count == 0 or vim.api.nvim_get_current_buf() ~= state.buf then
    return hide(state)
  end
  local index = 1
  for i, suggestion in ipairs(suggestions) do
    index = suggestion == state.chosen and i or index
  end
  state.chosen, state.rest = suggestions[index], rests[index]
  local label = hint and (' (%d/%d)'):format(index, count) or nil
  local cursor = inline.cursor(state.buf) --[[@as integer[] ]]
  ghost.draw(state.buf, cursor, state.rest, label)
  state.visible = true
  inline.tell_shown(state, state.chosen.item)
end

---@param state krait.OwnState
local function forget(state)
  inline.cancel(state)
  state.suggestions, state.seen, state.chosen, state.picked = {}, nil, nil, false
  hide(state)
end

--- Of a new answer, the one that is shown already; it may go on further now.
---@param state krait.OwnState
---@return krait.Suggestion?
local function shown_among(state)
  local suggestions, rests = inline.left(state)
  for i, rest in ipairs(rests) do
    if state.rest and vim.startswith(rest, state.rest) then
      return suggestions[i]
    end
  end
  return nil
end

---@param state krait.OwnState
---@param kind integer
---@param use fun() called with each answer in time
local function ask(state, kind, use)
  local cursor = inline.cursor(state.buf)
  if not cursor then
    return
  end
  local params = inline.params(state, cursor, kind)
  local handler = inline.handler(state, params.position, function()
    state.all = kind == inline.invoked
    use()
  end)
  state.pending = compat.request(state.client, inline.method, params, handler, state.buf)
end

--- Asks, and shows the answer: what the user chose, if that is in it, or the first.
---@param state krait.OwnState
---@param kind integer
local function ask_and_show(state, kind)
  ask(state, kind, function()
    state.chosen = state.picked and shown_among(state) or nil
    state.picked = state.chosen ~= nil
    show(state)
  end)
end

--- Chooses the suggestion that is `by` further on.
---@param state krait.OwnState
---@param by integer
local function choose(state, by)
  local suggestions = inline.left(state)
  local index = by > 0 and 0 or 1
  for i, suggestion in ipairs(suggestions) do
    index = suggestion == state.chosen and i or index
  end
  state.chosen = suggestions[(index + by - 1) % math.max(1, #suggestions) + 1]
  state.picked = true
  show(state, true)
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
  ask_and_show(state, inline.automatic)
end

---@param client vim.lsp.Client
---@param buf integer
function M.attach(client, buf)
  M.detach(buf)
  local state = inline.attached(client, buf) --[[@as krait.OwnState]]
  state.visible, state.picked, state.all = false, false, false
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
  return state.chosen ~= nil and accept.insert(state.client, state.chosen, extent)
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

--- Shows another suggestion, `by` further on. While typing the server says only its best: the first
--- time it is asked for the others.
---@param buf integer
---@param by integer
---@return boolean
function M.step(buf, by)
  local state = states[buf]
  if not state or not state.visible then
    return false
  end
  if state.all then
    choose(state, by)
    return true
  end
  local before = state.suggestions
  ask(state, inline.invoked, function()
    if #state.suggestions == 0 then
      state.suggestions = before
    else
      state.chosen = shown_among(state)
    end
    choose(state, by)
  end)
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
  ask_and_show(state, inline.invoked)
  return true
end

return M
