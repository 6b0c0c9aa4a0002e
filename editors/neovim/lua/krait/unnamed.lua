-- SPDX-License-Identifier: Apache-2.0
-- Buffers without a name. Neovim gives all of them the same URI, `file://`, so its own client cannot
-- tell a server of two of them; here each has one of its own, and is opened, changed and closed by
-- hand: the server gets the whole text when it is asked (`krait.tracking`).

local compat = require('krait.compat')

local M = {}

---@class krait.Unnamed
---@field client_id integer
---@field uri string
---@field version integer The version that the server has.

---@type table<integer, krait.Unnamed>
local opened = {}

---@param buf integer
---@return boolean
function M.has_no_name(buf)
  return vim.api.nvim_buf_get_name(buf) == ''
end

--- The URI under which the server knows the buffer.
---@param buf integer
---@return string
function M.uri(buf)
  return opened[buf] and opened[buf].uri or vim.uri_from_bufnr(buf)
end

--- The text as a server gets it.
---@param buf integer
---@return string
function M.text(buf)
  local ending = ({ unix = '\n', dos = '\r\n', mac = '\r' })[vim.bo[buf].fileformat]
  local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  return table.concat(lines, ending) .. (vim.bo[buf].endofline and ending or '')
end

--- Opens the buffer at the server; false if it is open there already.
---@param client vim.lsp.Client
---@param buf integer
---@param language_id string
---@return boolean
function M.open(client, buf, language_id)
  if M.is_open(buf, client) then
    return false
  end
  local version = vim.api.nvim_buf_get_changedtick(buf)
  local uri = ('untitled:Untitled-%d'):format(buf)
  opened[buf] = { client_id = client.id, uri = uri, version = version }
  compat.notify(client, 'textDocument/didOpen', {
    textDocument = { uri = uri, languageId = language_id, version = version, text = M.text(buf) },
  })
  return true
end

--- Whether the server, or any, has the buffer.
---@param buf integer
---@param client? vim.lsp.Client
---@return boolean
function M.is_open(buf, client)
  local entry = opened[buf]
  return entry ~= nil and (not client or entry.client_id == client.id)
end

--- Closes it, if it is open.
---@param buf integer
function M.close(buf)
  local entry = opened[buf]
  opened[buf] = nil
  local client = entry and vim.lsp.get_client_by_id(entry.client_id)
  if entry and client and not compat.is_stopped(client) then
    compat.notify(client, 'textDocument/didClose', { textDocument = { uri = entry.uri } })
  end
end

--- The version that the server has of the buffer; nil if it is none of these.
---@param buf integer
---@return integer?
function M.version(buf)
  return opened[buf] and opened[buf].version
end

---@param buf integer
---@param version integer
function M.set_version(buf, version)
  opened[buf].version = version
end

return M
