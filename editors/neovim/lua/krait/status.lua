-- SPDX-License-Identifier: Apache-2.0
-- What the server says of its state (`didChangeStatus`), in a word for the status line.

local snooze = require('krait.snooze')

local M = {}

---@class krait.ServerStatus
---@field busy boolean
---@field kind 'Normal'|'Error'|'Warning'|'Inactive'
---@field message string
---@field krait? table

---@type krait.ServerStatus?
local last

---@param params any
function M.change(params)
  if type(params) ~= 'table' then
    return
  end
  last = params
  M.redraw()
end

--- Tells whoever shows the state that it is another.
function M.redraw()
  vim.schedule(function()
    vim.api.nvim_exec_autocmds('User', { pattern = 'KraitStatus', modeline = false })
    vim.cmd.redrawstatus()
  end)
end

--- The server is gone.
function M.reset()
  last = nil
end

---@return krait.ServerStatus?
function M.last()
  return last
end

--- The word for a status: `krait`, with what is special about it.
---@param status? krait.ServerStatus
---@return string
function M.word(status)
  if snooze.active() then
    return 'krait: silent'
  end
  if not status then
    return 'krait'
  end
  if status.kind == 'Error' then
    return 'krait: error'
  end
  if status.kind == 'Inactive' then
    return 'krait: off'
  end
  if type(status.krait) == 'table' and status.krait.loading == true then
    return 'krait: loading'
  end
  if status.busy == true then
    return 'krait: busy'
  end
  return status.kind == 'Warning' and 'krait: warning' or 'krait'
end

return M
