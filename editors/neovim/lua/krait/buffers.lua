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

--- Why krait has nothing to do in a buffer: it serves texts of a known type, with a name or without;
--- not help, terminals, prompts, or what other plugins show under an address of their own. Nil if it
--- has.
---@param buf integer
---@return string?
function M.why_not(buf)
  if not vim.api.nvim_buf_is_loaded(buf) or vim.bo[buf].buftype ~= '' then
    return 'it is no file'
  end
  local path = vim.api.nvim_buf_get_name(buf)
  -- What a plugin made for itself is not listed.
  if path:find('^%a[%w+.-]+://') or (path == '' and not vim.bo[buf].buflisted) then
    return 'it is no file'
  end
  if vim.bo[buf].filetype == '' then
    return 'its filetype is not known (:set filetype=...)'
  end
  return nil
end

---@param buf integer
---@return boolean
function M.is_ordinary(buf)
  return M.why_not(buf) == nil
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
