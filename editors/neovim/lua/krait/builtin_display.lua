-- SPDX-License-Identifier: Apache-2.0
-- Neovim's own inline completion (`vim.lsp.inline_completion`, 0.12), and what it lacks: it lets
-- requests run that were typed past, and shows and accepts what no longer fits the text; it has no
-- way to accept a word, to dismiss, or to ask by a key. All of it is done from the outside: the
-- plugin stands between Neovim and the server (`Client.request`), and reads from the extmarks what
-- is shown. `own_display` has the same functions.

local accept = require('krait.accept')
local events = require('krait.events')
local ghost = require('krait.ghost')
local inline = require('krait.inline')

local M = {}

---@class krait.BuiltinState: krait.Attached
---@field handler? lsp.Handler Neovim's, of its last request: it shows what it is given.
---@field was_enabled boolean Somebody else had enabled it for this buffer.
---@field invoke boolean The next request of Neovim is to be made as one of the user's.
---@field step? integer How many suggestions to go on once its answer is there.
---@field all boolean The server was asked for all that it has.

---@type table<integer, krait.BuiltinState>
local states = {}

--- Clients whose requests pass through here; forgotten with them.
---@type table<vim.lsp.Client, boolean>
local between = setmetatable({}, { __mode = 'k' })

---@return boolean
function M.available()
  return vim.lsp.inline_completion ~= nil
end

---@return integer?
local function space()
  return vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
end

--- What Neovim shows in `buf`, of whatever server; nil if nothing.
---@param buf integer
---@return string?
local function displayed(buf)
  local namespace = space()
  if not namespace then
    return nil
  end
  local marks = vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })
  local details = marks[1] and marks[1][4]
  if not details then
    return nil
  end
  local lines = {} ---@type string[]
  for _, chunks in ipairs({ details.virt_text or {}, unpack(details.virt_lines or {}) }) do
    -- A second chunk says how many there are.
    lines[#lines + 1] = chunks[1] and chunks[1][1] or ''
  end
  return table.concat(lines, '\n')
end

--- The suggestion that is shown, if it is one of krait's.
---@param state krait.BuiltinState
---@return krait.Suggestion?
local function shown_of(state)
  local text = displayed(state.buf)
  if not text then
    return nil
  end
  local suggestions, rests = inline.left(state)
  for i, rest in ipairs(rests) do
    -- Neovim leaves out a beginning that stands behind the cursor already.
    if vim.endswith(rest, text) then
      return suggestions[i]
    end
  end
  return nil
end

---@param state krait.BuiltinState
local function hide(state)
  local namespace = space()
  if namespace and vim.api.nvim_buf_is_valid(state.buf) then
    vim.api.nvim_buf_clear_namespace(state.buf, namespace, 0, -1)
  end
end

--- Gives Neovim what is left of the suggestions, as if the server had just answered it.
---@param state krait.BuiltinState
---@param context? lsp.HandlerContext
local function show(state, context)
  if not state.handler then
    return
  end
  local suggestions, rests = inline.left(state)
  local cursor = inline.cursor(state.buf)
  local here = cursor and inline.position(state.client, state.buf, cursor)
  local items = {} ---@type table[]
  for i, suggestion in ipairs(suggestions) do
    items[i] = {
      insertText = rests[i],
      range = { start = here, ['end'] = here },
      command = suggestion.item.command,
    }
  end
  context = context or { client_id = state.client.id, bufnr = state.buf, method = inline.method }
  state.handler(nil, { items = items }, context)
  if suggestions[1] and displayed(state.buf) then
    inline.tell_shown(state, suggestions[1].item)
  end
end

--- Goes on by `by` suggestions.
---@param state krait.BuiltinState
---@param by integer
local function choose(state, by)
  vim.lsp.inline_completion.select({ bufnr = state.buf, count = by })
  local shown = shown_of(state)
  if shown then
    inline.tell_shown(state, shown.item)
  end
end

--- Between Neovim and the server: `send` is what `Client.request` was.
---@param state krait.BuiltinState
---@param send fun(params: table, handler: lsp.Handler): boolean, integer?
---@param handler lsp.Handler
---@return boolean, integer?
local function ask(state, send, handler)
  local cursor = inline.cursor(state.buf)
  if not cursor then
    return false, nil
  end
  state.handler = handler
  local kind = state.invoke and inline.invoked or inline.automatic
  local step, before = state.step, state.suggestions
  state.invoke, state.step = false, nil
  local params = inline.params(state, cursor, kind)
  local ok, id = send(
    params,
    inline.handler(state, params.position, function(suggestions, context)
      state.all = kind == inline.invoked
      if step and #suggestions == 0 then
        state.suggestions = before
        return
      end
      show(state, context)
      if step then
        choose(state, step)
      end
    end)
  )
  state.pending = ok and id or nil
  return ok, id
end

---@param client vim.lsp.Client
local function stand_between(client)
  if between[client] then
    return
  end
  between[client] = true
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, buf)
    local state = type(buf) == 'number' and states[buf] or nil
    if method ~= inline.method or not state or state.client ~= client or not handler then
      return request(self, method, params, handler, buf)
    end
    return ask(state, function(better_params, better_handler)
      return request(self, method, better_params, better_handler, buf)
    end, handler)
  end
end

--- After Neovim's own autocommands: it has just drawn what it has, be it right or not.
---@param state krait.BuiltinState
local function on_key(state)
  -- Both CursorMovedI and TextChangedI come for one key, and a request may begin in between.
  inline.cancel(state)
  if #inline.left(state) == 0 then
    if #state.suggestions > 0 then
      hide(state)
    end
    state.suggestions = {}
  elseif not shown_of(state) then
    -- The text goes on in another line, say, where Neovim does not follow.
    show(state)
  end
end

---@param client vim.lsp.Client
---@param buf integer
function M.attach(client, buf)
  M.detach(buf)
  local state = inline.attached(client, buf) --[[@as krait.BuiltinState]]
  state.invoke, state.all = false, false
  state.was_enabled = vim.lsp.inline_completion.is_enabled({ bufnr = buf })
  states[buf] = state
  stand_between(client)
  vim.lsp.inline_completion.enable(true, { bufnr = buf })
  -- Neovim makes its autocommands now, or in what it has scheduled already; ours come after them.
  vim.schedule(function()
    vim.schedule(function()
      if states[buf] ~= state or not vim.api.nvim_buf_is_valid(buf) then
        return
      end
      events.on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, function()
        on_key(state)
      end, buf)
      events.on('InsertCharPre', function()
        local namespace = space()
        if namespace then
          ghost.expect(buf, vim.v.char, namespace)
        end
      end, buf)
      events.on('InsertLeave', function()
        inline.cancel(state)
        state.suggestions, state.invoke, state.step = {}, false, nil
      end, buf)
      if inline.inserting() and vim.api.nvim_get_current_buf() == buf then
        -- Typing began before the server was there. Should Neovim's group have another name one
        -- day, the next key will do.
        pcall(vim.api.nvim_exec_autocmds, 'CursorMovedI', {
          group = ('nvim.lsp.inline_completion:%d'):format(buf),
          buffer = buf,
          modeline = false,
        })
      end
    end)
  end)
end

---@param buf integer
function M.detach(buf)
  local state = states[buf]
  if not state then
    return
  end
  states[buf] = nil
  events.clear(buf)
  inline.cancel(state)
  hide(state)
  if not state.was_enabled and vim.api.nvim_buf_is_valid(buf) then
    vim.lsp.inline_completion.enable(false, { bufnr = buf })
  end
end

---@param buf integer
---@return boolean
function M.visible(buf)
  return states[buf] ~= nil and displayed(buf) ~= nil
end

--- Takes the suggestion from Neovim, then calls `use`.
---@param state krait.BuiltinState
---@param use fun(suggestion?: krait.Suggestion)
---@return boolean
local function take(state, use)
  local shown = shown_of(state)
  return vim.lsp.inline_completion.get({
    bufnr = state.buf,
    on_accept = function(item)
      -- Another server's: Neovim knows what to do with it.
      if not shown then
        return item
      end
      use(shown)
      return nil
    end,
  })
end

---@param buf integer
---@param extent krait.Extent
---@return boolean
function M.accept(buf, extent)
  local state = states[buf]
  if not state or not displayed(buf) then
    return false
  end
  local shown = shown_of(state)
  if extent ~= 'all' then
    return shown ~= nil and accept.insert(state.client, shown, extent)
  end
  return take(state, function(suggestion)
    accept.insert(state.client, suggestion, 'all')
  end)
end

--- Hides the suggestion until the next key.
---@param buf integer
---@return boolean
function M.dismiss(buf)
  local state = states[buf]
  if not state or not displayed(buf) then
    return false
  end
  return vim.lsp.inline_completion.get({
    bufnr = buf,
    on_accept = function()
      state.suggestions = {}
      return nil
    end,
  })
end

--- Shows another suggestion, `by` further on. While typing the server says only its best: the first
--- time it is asked for the others.
---@param buf integer
---@param by integer
---@return boolean
function M.step(buf, by)
  local state = states[buf]
  if not state or not M.visible(buf) then
    return false
  end
  if state.all or not state.handler or not shown_of(state) then
    choose(state, by)
    return true
  end
  state.invoke, state.step = true, by
  state.client:request(inline.method, {}, state.handler, buf)
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
  state.invoke = true
  -- Before its first request, which is at most its 200 ms away, Neovim has nothing to show with.
  if state.handler then
    state.client:request(inline.method, {}, state.handler, buf)
  end
  return true
end

return M
