-- SPDX-License-Identifier: Apache-2.0
-- `:Krait log`: the daemon's log, or, before there is one, Neovim's of all language servers.

local M = {}

--- Where the daemon writes.
---@return string
function M.daemon_log()
  local state = vim.env.XDG_STATE_HOME
  if not state or state == '' then
    state = vim.fs.normalize('~/.local/state')
  end
  return state .. '/krait/daemon.log'
end

---@return string
function M.client_log()
  return vim.lsp.log and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
end

function M.open()
  local path = M.daemon_log()
  if not vim.uv.fs_stat(path) then
    path = M.client_log()
  end
  vim.cmd.split({ args = { vim.fn.fnameescape(path) } })
  vim.bo.readonly = true
  vim.cmd('normal! G')
end

return M
