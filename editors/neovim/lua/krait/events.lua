-- SPDX-License-Identifier: Apache-2.0
-- All autocommands of the plugin are in one group: deleting it leaves none.

local M = {}

---@type integer?
local group

--- Calls `callback` on `events`, in `buf` only if that is given.
---@param events string|string[]
---@param callback fun(args: vim.api.keyset.create_autocmd.callback_args)
---@param buf? integer
function M.on(events, callback, buf)
  group = group or vim.api.nvim_create_augroup('krait', { clear = true })
  vim.api.nvim_create_autocmd(events, {
    group = group,
    buffer = buf,
    desc = 'krait',
    callback = function(args)
      -- An autocommand whose callback returns true would delete itself.
      callback(args)
    end,
  })
end

--- Removes the autocommands of `buf`.
---@param buf integer
function M.clear(buf)
  if group and vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_clear_autocmds({ group = group, buffer = buf })
  end
end

--- Removes all of them.
function M.stop()
  if group then
    vim.api.nvim_del_augroup_by_id(group)
  end
  group = nil
end

return M
