-- SPDX-License-Identifier: Apache-2.0
-- Which buffers krait completes in.

local M = {}

--- Buffers that the user turned off, or on although their filetype is off.
---@type table<integer, boolean>
local switches = {}

--- The switch of a filetype; of compound ones, such as `c.doxygen`, that of the first part counts
--- if there is none of the whole.
---@param filetypes table<string, boolean>
---@param filetype string
---@return boolean
function M.filetype_is_on(filetypes, filetype)
  for _, key in ipairs({ filetype, filetype:match('^[^.]*'), '*' }) do
    if filetypes[key] ~= nil then
      return filetypes[key]
    end
  end
  return true
end

--- Files of a known type: not help, terminals, prompts, or what other plugins show under an address
--- of their own.
---@param buf integer
---@return boolean
function M.is_ordinary(buf)
  if not vim.api.nvim_buf_is_loaded(buf) or vim.bo[buf].buftype ~= '' then
    return false
  end
  local path = vim.api.nvim_buf_get_name(buf)
  return path ~= '' and not path:find('^%a[%w+.-]+://') and vim.bo[buf].filetype ~= ''
end

---@param buf integer
---@param config krait.Config
---@return boolean
function M.is_wanted(buf, config)
  if not M.is_ordinary(buf) then
    return false
  end
  if switches[buf] ~= nil then
    return switches[buf]
  end
  return M.filetype_is_on(config.filetypes, vim.bo[buf].filetype)
end

---@param buf integer
---@param on boolean
function M.switch(buf, on)
  switches[buf] = on
end

--- The buffer is gone, or all of them.
---@param buf? integer
function M.forget(buf)
  if buf then
    switches[buf] = nil
  else
    switches = {}
  end
end

return M
