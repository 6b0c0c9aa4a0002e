-- SPDX-License-Identifier: Apache-2.0
-- Tells once, ever, that a better model can be had where the small one runs that comes with krait.

local message = require('krait.message')

local M = {}

--- How the server describes the model that comes with it.
local embedded = '^krait%-default %('

local function marker()
  return vim.fs.joinpath(vim.fn.stdpath('state') --[[@as string]], 'krait-setup-offered')
end

--- Whether it was told before, now that it is noted.
---@return boolean
local function noted()
  local file = marker()
  if vim.uv.fs_stat(file) then
    return true
  end
  vim.fn.mkdir(vim.fs.dirname(file), 'p')
  local handle = io.open(file, 'w')
  if handle then
    handle:close()
  end
  return handle == nil -- else it would be told each time
end

---@param status any what the server said (`didChangeStatus`)
function M.consider(status)
  local details = type(status) == 'table' and status.krait
  local model = type(details) == 'table' and details.model
  if type(model) ~= 'string' or not model:find(embedded) or noted() then
    return
  end
  message.info(
    'the small model that comes with it is in use. `krait setup` in a terminal shows better ones for '
      .. 'this machine, and fetches the one that you choose'
  )
end

return M
