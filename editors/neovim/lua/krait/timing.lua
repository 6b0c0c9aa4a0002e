-- SPDX-License-Identifier: Apache-2.0
-- What the last answer took, at the end of the cursor's line (the setting `timing`).

local explanation = require('krait.explanation')

local M = {}

local group = 'KraitTiming'

---@return integer
local function space()
  return vim.api.nvim_create_namespace('krait.timing')
end

---@param value any
---@return integer?
local function count(value)
  return type(value) == 'number' and value >= 0 and value or nil
end

--- Such as `12 ms, 950 tokens reused, 1 read`; nil if the server did not say.
---@param krait any the field of that name of a status
---@return string?
function M.text(krait)
  if type(krait) ~= 'table' then
    return nil
  end
  local ms, reused = count(krait.ms), count(krait.tokens_reused)
  local computed = count(krait.tokens_computed)
  if not ms or not reused or not computed then
    return nil
  end
  return ('%s, %d tokens reused, %d read'):format(explanation.milliseconds(ms), reused, computed)
end

---@param buf integer
function M.clear(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, space(), 0, -1)
  end
end

--- Shows `text` in line `row` (0-based), and nowhere else.
---@param buf integer
---@param row integer
---@param text string
function M.draw(buf, row, text)
  vim.api.nvim_set_hl(0, group, { link = 'Comment', default = true })
  vim.api.nvim_buf_set_extmark(buf, space(), row, 0, {
    id = 1,
    virt_text = { { text, group } },
    virt_text_pos = 'right_align',
    hl_mode = 'combine',
  })
end

return M
