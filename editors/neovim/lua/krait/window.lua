-- SPDX-License-Identifier: Apache-2.0
-- Shows text in a window of its own, closed with q.

local M = {}

--- Opens a split at the bottom, or fills the one that is open, and returns its buffer.
---@param title string
---@param lines string[]
---@param filetype? string
---@return integer buf
function M.show(title, lines, filetype)
  local name = 'krait://' .. title
  local buf = vim.fn.bufnr('^' .. vim.fn.escape(name, '[]*?') .. '$')
  if buf == -1 then
    buf = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buf, name)
    vim.bo[buf].bufhidden = 'wipe'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf, nowait = true })
  end
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  if filetype and vim.bo[buf].filetype ~= filetype then
    vim.bo[buf].filetype = filetype
  end
  if vim.fn.bufwinid(buf) == -1 then
    vim.cmd(('botright %dsplit'):format(math.max(3, math.min(#lines, 15))))
    vim.api.nvim_win_set_buf(0, buf)
    vim.wo.wrap = true
  end
  return buf
end

return M
