-- SPDX-License-Identifier: Apache-2.0
-- What differs between the Neovim versions that are supported (0.10 and newer): the functions of
-- an LSP client became methods in 0.11.

local M = {}

local methods = vim.fn.has('nvim-0.11') == 1

--- Sends a request; returns its id, nil if the client is gone.
---@param client vim.lsp.Client
---@param method string
---@param params table?
---@param handler lsp.Handler
---@param buf? integer
---@return integer?
function M.request(client, method, params, handler, buf)
  local ok, id
  if methods then
    ok, id = client:request(method, params, handler, buf)
  else
    ok, id = client.request(method, params, handler, buf)
  end
  return ok and id or nil
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client vim.lsp.Client
---@param id integer
function M.cancel(client, id)
  if methods then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

---@param client vim.lsp.Client
---@param force? boolean
function M.stop(client, force)
  if methods then
    client:stop(force)
  else
    client.stop(force)
  end
end

---@param client vim.lsp.Client
---@return boolean
function M.is_stopped(client)
  if methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

return M
