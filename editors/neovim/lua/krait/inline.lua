-- SPDX-License-Identifier: Apache-2.0
-- The request `textDocument/inlineCompletion`, and what an answer to it is worth. A request that
-- the user has typed past is cancelled, and its answer, should it come all the same, dropped.

local columns = require('krait.columns')
local compat = require('krait.compat')
local suggestion = require('krait.suggestion')
local tracking = require('krait.tracking')
local unnamed = require('krait.unnamed')

local M = {}

M.method = 'textDocument/inlineCompletion'
M.invoked, M.automatic = 1, 2

--- What a client and a buffer have to do with each other.
---@class krait.Attached
---@field client vim.lsp.Client
---@field buf integer
---@field pending? integer The id of the request that is not answered yet.
---@field asked integer Counts requests: an answer to an older one is stale.
---@field suggestions krait.Suggestion[] The last answer's.
---@field told? any Names the last item that the server knows to be shown.

---@param client vim.lsp.Client
---@param buf integer
---@return krait.Attached
function M.attached(client, buf)
  return { client = client, buf = buf, asked = 0, suggestions = {} }
end

--- The protocol's position of the cursor (1-based row, column in bytes).
---@param client vim.lsp.Client
---@param buf integer
---@param cursor integer[]
---@return lsp.Position
function M.position(client, buf, cursor)
  local line = vim.api.nvim_buf_get_lines(buf, cursor[1] - 1, cursor[1], false)[1] or ''
  local encoding = client.offset_encoding --[[@as krait.Encoding]]
  return { line = cursor[1] - 1, character = columns.from_bytes(line, cursor[2], encoding) }
end

--- The cursor of the window that shows `buf`; the current one before others.
---@param buf integer
---@return integer[]?
function M.cursor(buf)
  local window = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(window) ~= buf then
    window = vim.fn.bufwinid(buf)
  end
  return window ~= -1 and vim.api.nvim_win_get_cursor(window) or nil
end

---@return boolean
function M.inserting()
  return vim.startswith(vim.api.nvim_get_mode().mode, 'i')
end

--- Cancels what is not answered yet.
---@param attached krait.Attached
function M.cancel(attached)
  local id = attached.pending
  attached.pending = nil
  attached.asked = attached.asked + 1
  local request = id and attached.client.requests[id]
  -- Neovim itself may have cancelled it, or the server be gone.
  if not request or request.type ~= 'pending' or compat.is_stopped(attached.client) then
    return
  end
  compat.cancel(attached.client, id)
end

--- What to ask; the server has the text by then.
---@param attached krait.Attached
---@param cursor integer[]
---@param kind integer
---@return table params
function M.params(attached, cursor, kind)
  local buf = attached.buf
  tracking.catch_up(attached.client, buf)
  return {
    textDocument = { uri = unnamed.uri(buf), version = tracking.version(buf) },
    position = M.position(attached.client, buf, cursor),
    context = { triggerKind = kind },
  }
end

--- Wraps `use`, so that it gets only the suggestions of an answer that is not stale. Call it
--- right before the request is sent: it becomes the one that is waited for.
---@param attached krait.Attached
---@param asked_at lsp.Position
---@param use fun(suggestions: krait.Suggestion[], context: lsp.HandlerContext)
---@return lsp.Handler
function M.handler(attached, asked_at, use)
  M.cancel(attached)
  local number = attached.asked
  local version = tracking.version(attached.buf)
  return function(err, result, context)
    if attached.asked ~= number then
      return
    end
    attached.pending = nil
    -- A server that gave up, mostly because it was asked again, has nothing to say to the user.
    if err or not vim.api.nvim_buf_is_valid(attached.buf) then
      return
    end
    -- The positions of an answer are those of the text that the server saw. If something changed
    -- it since, be it a plugin and not the user, the next request is on its way.
    if tracking.version(attached.buf) ~= version then
      return
    end
    if not M.inserting() then
      return
    end
    attached.suggestions = suggestion.from_answer(attached.client, attached.buf, result, asked_at)
    use(attached.suggestions, context)
  end
end

--- The suggestions of which something is left at the cursor, and what.
---@param attached krait.Attached
---@return krait.Suggestion[] suggestions
---@return string[] rests
function M.left(attached)
  local suggestions, rests = {}, {}
  local cursor = M.cursor(attached.buf)
  for _, candidate in ipairs(cursor and attached.suggestions or {}) do
    local rest = suggestion.rest(candidate, cursor --[[@as integer[] ]])
    if rest then
      suggestions[#suggestions + 1] = candidate
      rests[#rests + 1] = rest
    end
  end
  return suggestions, rests
end

--- Called with the buffer whenever a suggestion is drawn.
---@type fun(buf: integer)?
M.on_show = nil

--- Tells the server, once, that the user sees an item. What is left of one that the user types
--- along comes again with the same id.
---@param attached krait.Attached
---@param item table
function M.tell_shown(attached, item)
  if M.on_show then
    M.on_show(attached.buf)
  end
  local name = vim.tbl_get(item, 'command', 'arguments', 1) or item
  if attached.told == name then
    return
  end
  attached.told = name
  compat.notify(attached.client, 'textDocument/didShowCompletion', { item = item })
end

return M
