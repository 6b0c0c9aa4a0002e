-- SPDX-License-Identifier: Apache-2.0
-- One item of an answer, and where it belongs in its buffer. While the user types along it, less
-- and less of it is left; typing something else ends it.

local columns = require('krait.columns')
local pieces = require('krait.pieces')

local M = {}

---@class krait.Suggestion
---@field client_id integer
---@field buf integer
---@field item table The server's item, as it was answered.
---@field row integer Where its text begins (0-based, bytes).
---@field col integer
---@field tail integer Bytes of the line that are behind what it replaces.

---@param item any
---@return boolean
local function is_plain(item)
  return type(item) == 'table' and type(item.insertText) == 'string' and item.insertText ~= ''
end

---@param buf integer
---@param row integer
---@return string?
local function line_at(buf, row)
  return vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
end

---@param client vim.lsp.Client
---@param buf integer
---@param item table
---@param asked lsp.Position where the request was made
---@return krait.Suggestion?
local function from_item(client, buf, item, asked)
  local range = item.range or { start = asked, ['end'] = asked }
  local line = line_at(buf, range.start.line)
  if not line or range['end'].line ~= range.start.line then
    return nil
  end
  local encoding = client.offset_encoding --[[@as krait.Encoding]]
  return {
    client_id = client.id,
    buf = buf,
    item = item,
    row = range.start.line,
    col = columns.to_bytes(line, range.start.character, encoding),
    tail = #line - columns.to_bytes(line, range['end'].character, encoding),
  }
end

--- The suggestions of an answer to `textDocument/inlineCompletion`: an array, a list, or null.
---@param client vim.lsp.Client
---@param buf integer
---@param result any
---@param asked lsp.Position
---@return krait.Suggestion[]
function M.from_answer(client, buf, result, asked)
  local found = {} ---@type krait.Suggestion[]
  if type(result) ~= 'table' then
    return found
  end
  for _, item in ipairs(result.items or result) do
    found[#found + 1] = is_plain(item) and from_item(client, buf, item, asked) or nil
  end
  return found
end

--- What of it is still to come at the cursor (1-based row, as `nvim_win_get_cursor` has it); nil if
--- the user went or typed elsewhere.
---@param suggestion krait.Suggestion
---@param cursor integer[]
---@return string?
function M.rest(suggestion, cursor)
  local row, col = cursor[1] - 1, cursor[2]
  if row < suggestion.row or (row == suggestion.row and col < suggestion.col) then
    return nil
  end
  local line = line_at(suggestion.buf, row)
  -- Behind the cursor there is still what stood behind the suggestion.
  if not line or #line - col < suggestion.tail then
    return nil
  end
  local ok, typed =
    pcall(vim.api.nvim_buf_get_text, suggestion.buf, suggestion.row, suggestion.col, row, col, {})
  return ok and pieces.rest(suggestion.item.insertText, table.concat(typed, '\n')) or nil
end

return M
