-- SPDX-License-Identifier: Apache-2.0
-- Puts a suggestion, or a piece of it, into the text, and tells the server.

local columns = require('krait.columns')
local compat = require('krait.compat')
local inline = require('krait.inline')
local pieces = require('krait.pieces')
local suggestion = require('krait.suggestion')

local M = {}

---@param client vim.lsp.Client
---@param command any
---@param buf integer
local function run_command(client, command, buf)
  if type(command) ~= 'table' or type(command.command) ~= 'string' then
    return
  end
  local provider = client.server_capabilities.executeCommandProvider
  local known = type(provider) == 'table' and provider.commands or {}
  if not vim.list_contains(known, command.command) then
    return
  end
  local params = { command = command.command, arguments = command.arguments }
  -- The server only counts it: whatever it answers does not concern the user.
  compat.request(client, 'workspace/executeCommand', params, function() end, buf)
end

---@param buf integer
---@param cursor integer[]
---@param end_col integer
---@param piece string
local function insert(buf, cursor, end_col, piece)
  -- Undo takes back what was accepted, not what was typed before.
  vim.go.undolevels = vim.go.undolevels
  local row, col = cursor[1] - 1, cursor[2]
  local lines = vim.split(piece, '\n', { plain = true })
  vim.api.nvim_buf_set_text(buf, row, col, row, end_col, lines)
  local last = #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { cursor[1] + #lines - 1, #lines == 1 and col + last or last })
end

--- Inserts what is left of the suggestion, or its next word or line, at the cursor of the current
--- window. Returns false if nothing is left.
---@param client vim.lsp.Client
---@param shown krait.Suggestion
---@param extent krait.Extent
---@return boolean
function M.insert(client, shown, extent)
  local buf, text = shown.buf, shown.item.insertText
  if buf ~= vim.api.nvim_get_current_buf() or not vim.bo[buf].modifiable then
    return false
  end
  local cursor = inline.cursor(buf) --[[@as integer[] ]]
  local rest = suggestion.rest(shown, cursor)
  if not rest then
    return false
  end
  local piece = pieces.first(rest, extent)
  if piece == rest then
    local line = vim.api.nvim_get_current_line()
    insert(buf, cursor, math.max(cursor[2], #line - shown.tail), piece)
    run_command(client, shown.item.command, buf)
  else
    insert(buf, cursor, cursor[2], piece)
    compat.notify(client, 'textDocument/didPartiallyAcceptCompletion', {
      item = shown.item,
      acceptedLength = columns.length(text:sub(1, #text - #rest + #piece), 'utf-16'),
    })
  end
  return true
end

return M
