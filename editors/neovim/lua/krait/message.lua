-- SPDX-License-Identifier: Apache-2.0
-- Sentences to the user.

local M = {}

---@param level integer
---@param text string
local function notify(level, text)
  -- Also from callbacks of processes and timers, where little is allowed.
  vim.schedule(function()
    vim.notify('krait: ' .. text, level, { title = 'krait' })
  end)
end

---@param text string
function M.info(text)
  notify(vim.log.levels.INFO, text)
end

---@param text string
function M.warn(text)
  notify(vim.log.levels.WARN, text)
end

---@param text string
function M.error(text)
  notify(vim.log.levels.ERROR, text)
end

--- What the server wants to be shown (`window/showMessage`).
---@param params any
function M.show(params)
  local text = type(params) == 'table' and params.message
  if type(text) ~= 'string' then
    return
  end
  local levels = { vim.log.levels.ERROR, vim.log.levels.WARN }
  notify(levels[params.type] or vim.log.levels.INFO, text)
end

return M
