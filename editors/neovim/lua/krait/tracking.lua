-- SPDX-License-Identifier: Apache-2.0
-- Makes sure that the server has the text that it is asked about. Neovim sends each change itself,
-- but stops listening to a buffer for good when one is made while no server is attached: between
-- the death of a server and its restart, or while krait is turned off. Changes that Neovim misses
-- are noticed here, and the whole text is sent before the next request; as are all changes of
-- buffers without a name, of which Neovim sends none.

local compat = require('krait.compat')
local unnamed = require('krait.unnamed')

local M = {}

--- The version of the text after the last change, by buffer.
---@type table<integer, integer>
local versions = {}

---@param buf integer
function M.start(buf)
  if versions[buf] then
    return
  end
  versions[buf] = unnamed.version(buf)
    or vim.lsp.util.buf_versions[buf]
    or vim.api.nvim_buf_get_changedtick(buf)
  vim.api.nvim_buf_attach(buf, false, {
    on_lines = function(_, _, tick)
      if not versions[buf] then
        return true
      end
      versions[buf] = tick
    end,
    on_detach = function()
      versions[buf] = nil
    end,
  })
end

---@param buf integer
function M.stop(buf)
  versions[buf] = nil
end

--- The version of the text.
---@param buf integer
---@return integer?
function M.version(buf)
  return versions[buf] or vim.lsp.util.buf_versions[buf]
end

--- To be called before a request.
---@param client vim.lsp.Client
---@param buf integer
function M.catch_up(client, buf)
  local version = versions[buf]
  if not version or (unnamed.version(buf) or vim.lsp.util.buf_versions[buf]) == version then
    return
  end
  -- What is said of the version is also what keeps this from being done again without a change.
  if unnamed.is_open(buf) then
    unnamed.set_version(buf, version)
  else
    vim.lsp.util.buf_versions[buf] = version
  end
  compat.notify(client, 'textDocument/didChange', {
    textDocument = { uri = unnamed.uri(buf), version = version },
    contentChanges = { { text = unnamed.text(buf) } },
  })
end

return M
