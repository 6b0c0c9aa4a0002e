-- SPDX-License-Identifier: Apache-2.0
-- Ghost text as extmarks in one namespace: drawing only.

local M = {}

---@type integer?
local namespace
local group = 'KraitSuggestion'

---@return integer
local function space()
  namespace = namespace or vim.api.nvim_create_namespace('krait')
  return namespace
end

--- Links the highlight group; a colour scheme or the user may have defined it.
---@param link? string
function M.define_highlight(link)
  local default = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'Comment'
  vim.api.nvim_set_hl(0, group, { link = link or default, default = link == nil })
end

--- Virtual text shows a tab as one cell, the text that it stands for does not.
---@param text string
---@param column integer the screen column where it begins
---@param width integer
---@return string
local function expand_tabs(text, column, width)
  if not text:find('\t', 1, true) then
    return text
  end
  local parts = {} ---@type string[]
  for part, tab in text:gmatch('([^\t]*)(\t?)') do
    column = column + vim.fn.strdisplaywidth(part, column)
    parts[#parts + 1] = part
    if tab ~= '' then
      local fill = width - column % width
      parts[#parts + 1] = (' '):rep(fill)
      column = column + fill
    end
  end
  return table.concat(parts)
end

--- Shows `rest` at the cursor; what was shown before moves there, so that nothing flickers.
---@param buf integer
---@param cursor integer[]
---@param rest string
---@param hint? string what is said behind it, such as (1/2)
function M.draw(buf, cursor, rest, hint)
  local lines = vim.split(rest, '\n', { plain = true })
  local width = vim.bo[buf].tabstop
  local before = vim.api.nvim_buf_get_lines(buf, cursor[1] - 1, cursor[1], false)[1] or ''
  local column = vim.fn.strdisplaywidth(before:sub(1, cursor[2]))
  local rows = {} ---@type [string, string][][]
  for i, line in ipairs(lines) do
    rows[i] = { { expand_tabs(line, i == 1 and column or 0, width), group } }
  end
  if hint then
    table.insert(rows[#rows], { hint, group })
  end
  vim.api.nvim_buf_set_extmark(buf, space(), cursor[1] - 1, cursor[2], {
    id = 1,
    virt_text = rows[1],
    virt_text_pos = 'inline',
    virt_lines = #rows > 1 and vim.list_slice(rows, 2) or nil,
    hl_mode = 'combine',
  })
end

--- `char` is about to be typed: what is shown begins behind it, or is not shown any more. The
--- events that come after the change can come after the screen was drawn, if something else, such
--- as a message of a server, comes in between; the old text would jump for a moment.
---@param buf integer
---@param char string
---@param of? integer the namespace, if it is not this plugin's
function M.expect(buf, char, of)
  for _, mark in
    ipairs(vim.api.nvim_buf_get_extmarks(buf, of or space(), 0, -1, { details = true }))
  do
    local id, row, col, details = mark[1], mark[2], mark[3], mark[4]
    local first = details.virt_text and details.virt_text[1]
    if first and vim.startswith(first[1], char) then
      first[1] = first[1]:sub(#char + 1)
      vim.api.nvim_buf_set_extmark(buf, of or space(), row, col, {
        id = id,
        virt_text = details.virt_text,
        virt_text_pos = details.virt_text_pos,
        virt_lines = details.virt_lines,
        hl_mode = details.hl_mode,
      })
    else
      vim.api.nvim_buf_del_extmark(buf, of or space(), id)
    end
  end
end

---@param buf integer
function M.clear(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, space(), 0, -1)
  end
end

return M
